"""Answers of several months as one: what each says by its own books, added.

Amounts and counts add; runs and percentiles do not, and are read over the whole span again, runs at what
each stretch says their calls cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.books import price_book
from finops.analysis.capacity.model import Capacity
from finops.analysis.doubling import double_all
from finops.analysis.logged import Log
from finops.analysis.measures import Group, Measured, Timings, read_timings
from finops.analysis.owners.requests import named_dimensions
from finops.analysis.relations import Scope, months_touched, reach, relate
from finops.analysis.runs import Runs, cost_of_spanned_runs
from finops.analysis.terms import Terms
from finops.errors import UsageError
from finops.ledger.open_months import SpanLedger
from finops.model.money import total
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb
    import pyarrow as pa

    from finops.analysis.books import Segment
    from finops.analysis.economics import Allocation, Question, UnitEconomics
    from finops.analysis.grain import Dimension
    from finops.analysis.growth import Parts
    from finops.analysis.relations import Relations
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = [
    "Stretch",
    "add_groups",
    "missing_of",
    "plus",
    "relate_span",
    "span_ledger",
    "span_of",
    "timed",
    "timings_of",
    "together",
]


class Stretch(NamedTuple):
    """What days with books of their own answer, and where asked for what the whole span is told from."""

    answer: UnitEconomics
    pieces: pa.Table | None = None
    """What every run cost there (`pieces_of_runs`)."""
    parts: Parts | None = None
    """What doubled traffic is told from."""


def span_of(parts: Sequence[Segment]) -> Period:
    """The days of all `parts`, which follow each other."""
    periods = [part.period for part in parts if part.period is not None]
    return Period(periods[0].start, periods[-1].end)


def timings_of(
    ledger: Ledger,
    config: Config,
    question: Question,
    parts: Sequence[Segment],
    pieces: Sequence[pa.Table] = (),
) -> Timings:
    """Runs and percentiles of the whole span of `parts`; `pieces` are what runs cost in each of them."""
    con = connect_span(ledger, parts)
    try:
        by, relations = relate_span(con, ledger, config, question, parts)
        found = read_timings(con, relations.asked, by, config.requests.success)
        if not pieces:
            return found
        return found._replace(run_costs=cost_of_spanned_runs(con, relations.asked, by, pieces))
    finally:
        con.close()


def connect_span(ledger: Ledger, parts: Sequence[Segment]) -> duckdb.DuckDBPyConnection:
    """A connection with the requests of the whole span of `parts`, and of the days they reach."""
    return span_ledger(ledger, parts).connect(["requests"], reach(span_of(parts)))


def span_ledger(ledger: Ledger, parts: Sequence[Segment]) -> SpanLedger:
    """Requests of every part from the ledger that answers for its days."""
    stretches: list[tuple[Period, Ledger]] = []
    for part in parts:
        if part.period is None:
            continue
        if stretches and stretches[-1][1] == part.ledger:
            start = stretches[-1][0].start
            stretches[-1] = (Period(start, part.period.end), part.ledger)
        else:
            stretches.append((part.period, part.ledger))
    return SpanLedger(ledger.location, tuple(stretches))


def relate_span(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    config: Config,
    question: Question,
    parts: Sequence[Segment],
) -> tuple[tuple[Dimension, ...], Relations]:
    """Put on `con`, a connection to `span_ledger`, the whole span's relations; the dimensions asked for beside."""
    span = span_of(parts)
    by, where = named_dimensions(con, config, question.by, question.where)
    columns = frozenset(column for each in by for column in each.columns)
    scope = Scope(span, months_touched(span), columns, where, question.use_rollups)
    terms = Terms.of(config, price_book(ledger, config))
    return by, relate(con, span_ledger(ledger, parts), terms, scope)


def together(stretches: Sequence[Stretch], timings: Timings) -> UnitEconomics:
    """Answers to one question about `stretches` of time that follow each other, as one.

    UsageError when they are in different currencies.
    """
    answers = [each.answer for each in stretches]
    first = answers[0]
    same_currency([answer.currency for answer in answers])
    by_key: dict[tuple[object, ...], list[Group]] = {}
    for answer in answers:
        for group in answer.groups:
            by_key.setdefault(group.keys, []).append(group)
    measured = Measured(
        tuple(timed(add_groups(found), timings) for found in by_key.values()),
        timed(add_groups([answer.total for answer in answers]), timings),
    )
    parts = [each.parts for each in stretches if each.parts is not None]
    if parts:
        of_each = [Measured(answer.groups, answer.total) for answer in answers]
        measured = double_all(list(zip(parts, of_each, strict=True)), measured).on(measured)
    notes = [note for answer in answers for note in answer.notes]
    return first._replace(
        period=Period(first.period.start, answers[-1].period.end),
        groups=measured.groups,
        total=measured.total,
        reconciliation=plus([answer.reconciliation for answer in answers]),
        allocation=_allocation([answer.allocation for answer in answers]),
        other_currencies=plus([answer.other_currencies for answer in answers]),
        notes=tuple(dict.fromkeys(notes)),
        missing=missing_of(measured),
        set_aside=tuple(dict.fromkeys(each for answer in answers for each in answer.set_aside)),
    )


def missing_of(measured: Measured) -> dict[str, str]:
    """Why some group has no factor although it was asked for."""
    found = [group.doubled for group in (*measured.groups, measured.total)]
    why = sorted({each.why for each in found if each is not None and each.why is not None})
    return {"marginal_cost_factor": "; ".join(why)} if why else {}


def same_currency(currencies: Iterable[str]) -> str:
    """The one currency of all; UsageError when there are several."""
    found = list(dict.fromkeys(currencies))
    if len(found) > 1:
        raise UsageError(
            f"the months asked for are in {' and '.join(found)}, which are never added",
            hint="choose one with --currency",
        )
    return found[0]


def add_groups(groups: Sequence[Group]) -> Group:
    """Groups of one key as one; runs and percentiles are to be read again."""
    summed: Group = plus(
        [group._replace(keys=(), quantiles={}, run_costs=None, doubled=None) for group in groups]
    )
    return summed._replace(keys=groups[0].keys)


def timed(group: Group, timings: Timings) -> Group:
    """`group` with the runs and percentiles read over the whole span."""
    runs = timings.runs.get(group.keys, Runs())
    return group._replace(
        runs=runs.ended,
        quantiles=timings.quantiles.get(group.keys, {}),
        outcomes=runs,
        run_costs=timings.run_costs.get(group.keys),
    )


def _allocation(parts: Sequence[Allocation]) -> Allocation:
    """What reports read of an allocation: charges, what has no price, settlements and shares."""
    first = parts[0]
    return first._replace(
        bill=tuple(line for part in parts for line in part.bill),
        log=Log(
            tuple(tokens for part in parts for tokens in part.log.tokens),
            plus([part.log.unpriced for part in parts]),
        ),
        metered=first.metered._replace(
            settlements=tuple(each for part in parts for each in part.metered.settlements)
        ),
        charges=first.charges._replace(
            charges=tuple(each for part in parts for each in part.charges.charges)
        ),
        shares=first.shares._replace(
            shares=tuple(each for part in parts for each in part.shares.shares)
        ),
        capacity=Capacity(
            tuple(each for part in parts for each in part.capacity.months),
            tuple(each for part in parts for each in part.capacity.seats),
            tuple(each for part in parts for each in part.capacity.books),
            tuple(each for part in parts for each in part.capacity.strays),
        ),
        without_cost=plus([part.without_cost for part in parts]),
    )


def plus(values: Sequence[Any]) -> Any:  # noqa: ANN401  (the shape of the values)
    """The sum of values of one shape: numbers, mappings of them, named tuples of either.

    Whatever is no number stays as it is first.
    """
    first = values[0]
    if isinstance(first, Mapping):
        names = dict.fromkeys(name for value in values for name in value)
        return {name: plus([value[name] for value in values if name in value]) for name in names}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(plus(found) for found in zip(*values, strict=True)))
    if isinstance(first, Decimal):
        return total(values)
    if isinstance(first, int) and not isinstance(first, bool):
        return sum(values)
    return first
