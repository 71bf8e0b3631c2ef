"""Items of the request log: what workflows, tenants, features spend, by model and token kind.

The cost is that of `finops unit`. Metered tokens are items of their model and kind, and a token costs what
it costs however its attempt ended; what capacity served is an item of its pool and model, per token; what
shared pools and seats put on requests is an item per request. The rest of what was charged is on no request,
and a line each.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books_by_month
from finops.analysis.compare.billed import token_family
from finops.analysis.compare.effects import USAGE
from finops.analysis.compare.readings import Reading
from finops.analysis.economics import answer_on, connect_part, in_one_currency
from finops.analysis.grain import model_of
from finops.analysis.logged import KEY_COLUMNS, RATES
from finops.analysis.metering import KINDS
from finops.analysis.sources import keys
from finops.ledger.engine import query
from finops.model.money import ZERO, subtract, total
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.economics import Prepared, Question, UnitEconomics
    from finops.analysis.measures import Group
    from finops.analysis.terms import Terms
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["NO_REQUEST", "Tokens", "answers", "requested_readings"]

NO_REQUEST = "(on no request)"
"""Group of what was charged and no request carries."""

OWNER = "team"


class Tokens(NamedTuple):
    """What a model did for a group: tokens and metered cost by kind, tokens that capacity served."""

    model: str | None
    served_by: str | None
    counts: tuple[int, ...]
    costs: tuple[Decimal, ...]

    @property
    def sum(self) -> int:
        """Tokens of all kinds."""
        return sum(self.counts)


def requested_readings(
    ledger: Ledger, config: Config, question: Question
) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """Every item of the question's period, and what a reader must know of the costs.

    With a filter, what no request carries is left out: nobody can say which of it the filter means.
    """
    asked = question if OWNER in question.by else question._replace(by=(*question.by, OWNER))
    found: list[Reading] = []
    notes: list[str] = []
    for answer, tokens, _ in answers(ledger, config, asked):
        found += _of_groups(answer, tokens, len(question.by))
        if question.where is None:
            found += _on_no_request(answer, len(question.by))
        notes += _notes(answer)
    return tuple(found), tuple(dict.fromkeys(notes))


def answers(
    ledger: Ledger, config: Config, question: Question
) -> Iterator[tuple[UnitEconomics, Mapping[tuple[object, ...], Sequence[Tokens]], Terms]]:
    """For each stretch of the period with books of its own: the answer, each group's tokens, prices in force."""
    parts = books_by_month(ledger, config, question.period)
    question = in_one_currency(parts, config, question)
    for part in parts:
        con = connect_part(part)
        try:
            answer, prepared = answer_on(con, part, question)
            tokens = _tokens(con, prepared)
        finally:
            con.close()
        yield answer, tokens, prepared.terms


def _of_groups(
    answer: UnitEconomics, metered: Mapping[tuple[object, ...], Sequence[Tokens]], width: int
) -> Iterator[Reading]:
    place = answer.by.index(OWNER)
    for each in answer.groups:
        owner = each.keys[place]
        base = Reading(
            each.keys[:width],
            "",
            "",
            USAGE,
            answer.currency,
            ZERO,
            owner=None if owner is None else str(owner),
        )
        yield from _of_group(base, each, metered.get(each.keys, ()))


def _tokens(
    con: duckdb.DuckDBPyConnection, prepared: Prepared
) -> dict[tuple[object, ...], list[Tokens]]:
    """Tokens and metered cost of each group, by model and what served them."""
    width, kinds = len(prepared.grouping.by), len(KINDS)
    found: dict[tuple[object, ...], list[Tokens]] = {}
    for row in query(con, _sql(prepared)):
        model, served_by, *numbers = row[width:]
        tokens = Tokens(model, served_by, tuple(numbers[:kinds]), tuple(numbers[kinds:]))
        found.setdefault(row[:width], []).append(tokens)
    return found


def _sql(prepared: Prepared) -> str:
    asked = prepared.relations.asked
    counts = ", ".join(f"cast(coalesce(sum({name}), 0) as bigint)" for name in TOKEN_COLUMNS)
    costs = ", ".join(
        f"coalesce(sum({kind}_tokens * (r.{kind}_billed + r.{kind}_list)), 0)" for kind in KINDS
    )
    same = " and ".join(f"c.{name} is not distinct from r.{name}" for name in KEY_COLUMNS)
    names = ", ".join(KEY_COLUMNS)
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in TOKEN_COLUMNS)
    grouped = ", ".join(f"k{place}" for place in range(len(prepared.grouping.by)))
    return f"""
        with c as (
            select {keys(prepared.grouping.by)} {names}, {sums}
            from {asked.cells}
            where day >= date '{asked.start}' and day < date '{asked.end}' and {asked.counted}
            group by all
        )
        select {grouped}, {model_of("c")}, c.served_by, {counts}, {costs}
        from c join {RATES} as r on {same}
        group by all
        order by all
    """


def _of_group(base: Reading, group: Group, tokens: Iterable[Tokens]) -> Iterator[Reading]:
    """Items of a group: metered kinds, what capacity served, and what is spread over requests."""
    spent = [group.capacity.cost]
    served = 0
    for each in tokens:
        if each.served_by is not None:
            served += each.sum
            continue
        for kind, count, amount in zip(KINDS, each.counts, each.costs, strict=True):
            if count or amount:
                spent.append(amount)
                yield base._replace(
                    name=f"{each.model} {kind.replace('_', ' ')}",
                    family=token_family(kind),
                    cost=amount,
                    quantity=Fraction(count),
                    unit="tokens",
                )
    if served or group.capacity.cost:
        yield base._replace(
            name="capacity",
            family="capacity",
            cost=group.capacity.cost,
            quantity=Fraction(served),
            unit="tokens",
        )
    if shared := subtract(group.cost, total(spent)):
        yield base._replace(
            name="shared pools",
            family="shared",
            cost=shared,
            quantity=Fraction(group.counts["requests"]),
            unit="requests",
        )


def _on_no_request(answer: UnitEconomics, width: int) -> Iterator[Reading]:
    """What was charged and no request carries, a line each."""
    found = answer.reconciliation
    lines = {
        "jobs": found.jobs,
        "workloads": found.workloads,
        **found.unallocated,
        "other": found.other,
        **found.excluded,
    }
    for line, cost in lines.items():
        if cost:
            group = (NO_REQUEST, *(None for _ in range(width - 1))) if width else ()
            yield Reading(group, line.replace("_", " "), line, line, answer.currency, cost)


def _notes(answer: UnitEconomics) -> tuple[str, ...]:
    found = list(answer.notes)
    if unpriced := sum(answer.allocation.log.unpriced.values()):
        found.append(
            f"{unpriced:,} tokens have no price: they count as use that costs nothing. Add [[prices]]."
        )
    if not any(answer.reconciliation.amounts.values()):
        found.append("No bill covers the period: costs are list prices.")
    return tuple(found)
