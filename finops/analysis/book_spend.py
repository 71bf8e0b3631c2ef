"""Spend as the books have it: closed months from their own charges and settings, open ones from the ledger.

`finops.analysis.spend` sums one relation; here its answers about the segments of a period are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import Segment, books
from finops.analysis.fx import Exchange, exchange_costs
from finops.analysis.pools import cost_columns, pool_rules, pool_sql
from finops.analysis.spend import (
    DERIVED,
    POOL,
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
from finops.model.basis import Basis
from finops.model.money import add

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["SpendQuestion", "book_spend", "cost_condition", "cost_dimensions"]


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


def cost_dimensions(names: Sequence[str], config: Config) -> tuple[Dimension, ...]:
    """`names` as dimensions of cost rows under the pools of `config`."""
    if POOL not in {name.lower() for name in names}:
        return resolve_dimensions(names)
    return resolve_dimensions(names, pool_sql=pool_sql(pool_rules(config.pools)))


def cost_condition(where: str | None) -> str | None:
    """A filter on cost rows as SQL."""
    return None if where is None else compile_where(where, {**cost_columns(), **DERIVED}).sql


def _spend_of(part: Segment, question: SpendQuestion) -> Spend:
    dimensions = cost_dimensions(question.by, part.config)
    chosen = Slice(part.period, question.basis, cost_condition(question.where))
    with part.ledger.connect(["costs"]) as con:
        if question.currency is not None:
            days = slice_condition(chosen._replace(where=None))
            exchange_costs(con, Exchange.of(part.config), question.currency.upper(), days)
        return spend(con, dimensions, chosen)


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
