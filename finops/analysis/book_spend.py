"""Spend as the books have it: closed months from their own charges and settings, open ones from the ledger.

`finops.analysis.spend` sums one relation; here its answers about the segments of a period are added.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import Segment, books
from finops.analysis.charges import line_sql
from finops.analysis.fx import Exchange, exchange_costs
from finops.analysis.layers import UNCLASSIFIED, layer_rules, layer_sql
from finops.analysis.owned.rows import ORIGIN, add_owned
from finops.analysis.owners.lookup import DIMENSIONS, install_owners, owner_columns
from finops.analysis.owners.registry import Registry, read_registry
from finops.analysis.pools import cost_columns, pool_rules, pool_sql
from finops.analysis.spend import (
    DERIVED,
    RULED,
    Amounts,
    Dimension,
    Group,
    Slice,
    Spend,
    in_order,
    resolve_dimensions,
    slice_condition,
    spend,
    totals_of,
)
from finops.analysis.where import compile_where
from finops.errors import UsageError
from finops.model.basis import Basis
from finops.model.money import ZERO, add, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    import duckdb

    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Opened", "SpendQuestion", "book_spend", "opened", "ruled_sql"]


class SpendQuestion(NamedTuple):
    """What is asked of the bills: names to split by, a period by a basis, a filter as people write it."""

    by: tuple[str, ...] = ()
    period: Period | None = None
    basis: Basis = Basis.BILLING
    where: str | None = None
    currency: str | None = None
    """Currency to exchange all others into; None leaves each in its own."""


def book_spend(ledger: Ledger, config: Config, question: SpendQuestion) -> Spend:
    """The answer to `question`; UsageError where it names what does not exist."""
    parts = books(ledger, config, question.period)
    found = [_spend_of(part, question) for part in parts]
    return found[0] if len(found) == 1 else _together(parts, found)


def ruled_sql(
    by: Sequence[str],
    where: str | None,
    config: Config,
    registry: Registry,
    invoiced: Period | None,
) -> dict[str, str]:
    """SQL of the dimensions named that depend on rules: pool, layer, line and owners of a cost row.

    `invoiced` are the months whose invoices are asked for; None when days of use are. UsageError when an
    owner is asked for and neither owners.csv nor a tag says any.
    """
    by = [name.lower() for name in by]
    mentioned = {name for name in RULED if name in by or name in (where or "").lower()}
    found = {}
    if "pool" in mentioned:
        found["pool"] = pool_sql(pool_rules(config.pools, config.owned))
    if "layer" in mentioned:
        found["layer"] = layer_sql(layer_rules(config.layers, config.owned))
    if "line" in mentioned:
        found["line"] = line_sql(invoiced)
    for name in DIMENSIONS:
        if name in mentioned:
            tag = getattr(config.owners, f"{name}_tag")
            if tag is None and not registry.rows and name in by:
                raise UsageError(
                    f"nothing says which {name.replace('_', ' ')} a cost is of",
                    hint=f"`finops owners check` proposes rows of owners.csv; or set {name}_tag under [owners]",
                )
            found[name] = owner_columns(registry, "costs", name, tag).sql
    return found


class Opened(NamedTuple):
    """A segment's cost rows ready on a connection, owned hardware and exchanged currencies among them."""

    con: duckdb.DuckDBPyConnection
    dimensions: tuple[Dimension, ...]
    chosen: Slice
    registry: Registry
    notes: tuple[str, ...]


@contextmanager
def opened(part: Segment, question: SpendQuestion) -> Iterator[Opened]:
    """The view `costs` of `part` as `question` asks for it; UsageError where it names what does not exist."""
    registry = read_registry(part.config.owners.file)
    invoiced = part.period if question.basis is Basis.BILLING else None
    ruled = ruled_sql(question.by, question.where, part.config, registry, invoiced)
    dimensions = resolve_dimensions(question.by, ruled=ruled)
    where = None
    if question.where is not None:
        where = compile_where(question.where, {**cost_columns(), **DERIVED, **ruled}).sql
    chosen = Slice(part.period, question.basis, where)
    with part.ledger.connect(["costs"]) as con:
        notes = add_owned(con, part.ledger, part.config.owned, part.period)
        install_owners(con, registry)
        if question.currency is not None:
            days = slice_condition(chosen._replace(where=None))
            exchange_costs(con, Exchange.of(part.config), question.currency.upper(), days)
        yield Opened(con, dimensions, chosen, registry, notes)


def _spend_of(part: Segment, question: SpendQuestion) -> Spend:
    with opened(part, question) as found:
        con, chosen = found.con, found.chosen
        answer = spend(con, found.dimensions, chosen)
        owned = _owned_notes(con, chosen) if part.config.owned else []
        lines = _line_notes(con, chosen)
    told = (*found.notes, *_layer_notes(answer), *owned, *lines)
    return replace(answer, notes=(*answer.notes, *told))


_LINES = {
    "prior_period": "of it changes closed months",
    "fx": "of it is the exchange of currencies",
    "accrual": "of it is used and not invoiced yet, or such an accrual taken back",
}
"""What a reader must know of the rows finops adds to a month."""


def _line_notes(con: duckdb.DuckDBPyConnection, chosen: Slice) -> list[str]:
    """How much of the answer finops added to what was delivered."""
    by_line = resolve_dimensions(["x_Line"])
    where = (
        "x_Line is not null" if chosen.where is None else f"({chosen.where}) and x_Line is not null"
    )
    return [
        f"{group.amounts.EffectiveCost:,.2f} {group.currency} {_LINES[str(group.values[0])]} "
        f"(x_Line {group.values[0]})."
        for group in spend(con, by_line, chosen._replace(where=where)).groups
    ]


def _owned_notes(con: duckdb.DuckDBPyConnection, chosen: Slice) -> list[str]:
    """How much of the answer is on no invoice."""
    ours = f"x_CostOrigin = '{ORIGIN}'"
    where = ours if chosen.where is None else f"({chosen.where}) and {ours}"
    return [
        f"{amounts.EffectiveCost:,.2f} {currency} of it is owned hardware, which no invoice has (origin owned)."
        for currency, amounts in spend(con, (), chosen._replace(where=where)).totals
        if amounts.EffectiveCost
    ]


def _layer_notes(answer: Spend) -> list[str]:
    """How much of the answer no layer takes."""
    places = [place for place, each in enumerate(answer.dimensions) if each.name == "layer"]
    notes = []
    for currency, amounts in answer.totals if places else ():
        left = total(
            group.amounts.EffectiveCost or ZERO
            for group in answer.groups
            if group.currency == currency and group.values[places[0]] == UNCLASSIFIED
        )
        if left:
            whole = amounts.EffectiveCost
            share = f" ({float(left / whole):.1%})" if whole else ""
            notes.append(
                f"{left:,.2f} {currency}{share} is on no layer (tax, credits and support among it): "
                "[[layers]] in finops.toml says where it belongs."
            )
    return notes


def _together(parts: Sequence[Segment], found: Sequence[Spend]) -> Spend:
    by_key: dict[tuple[object, ...], Group] = {}
    for group in (group for each in found for group in each.groups):
        key = (*group.values, group.currency)
        before = by_key.get(key)
        by_key[key] = group if before is None else _plus(before, group)
    groups = in_order(by_key.values())
    notes = [
        f"{part.period.label}: {note}"
        for part, each in zip(parts, found, strict=True)
        for note in each.notes
        if part.period is not None
    ]
    return Spend(
        found[0].dimensions,
        groups,
        totals_of(groups),
        sum(each.rows for each in found),
        tuple(notes),
    )


def _plus(one: Group, other: Group) -> Group:
    pairs = zip(one.amounts, other.amounts, strict=True)
    return one._replace(amounts=Amounts(*(_sum(left, right) for left, right in pairs)))


def _sum(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None:
        return left if right is None else right
    return add(left, right)
