"""A period settled once and asked many times: the same answers as `unit_economics`, in a blink.

Settling sets the rates, lays every cost on the roll-up's cells and keeps both in open engines; a question
then only adds what it asks for. The engines show the ledger as it was when the period was settled. What
the roll-ups cannot tell (the hour, a run, a call) is asked of the ledger again, as `unit_economics` does.
"""

from __future__ import annotations

from contextlib import ExitStack
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple, Self

from finops.analysis.books import books_by_month
from finops.analysis.doubling import double
from finops.analysis.economics import (
    Question,
    answer,
    connect_part,
    in_one_currency,
    prepare,
    unit_economics,
)
from finops.analysis.grain import ROLLED_UP
from finops.analysis.growth import read_parts
from finops.analysis.measures import Grouping
from finops.analysis.owners.requests import named_dimensions
from finops.analysis.settled_cells import (
    measure_settled,
    read_settled_timings,
    settle_cells,
    settle_timings,
)
from finops.analysis.settled_first import first_runs, settle_first
from finops.analysis.settled_rates import settle_rates
from finops.analysis.settled_runs import RunsOf, list_runs
from finops.analysis.spans import Stretch, connect_span, relate_span, together
from finops.errors import UsageError
from finops.ledger.engine import hear
from finops.ledger.store import one_version
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.economics import Prepared, UnitEconomics
    from finops.analysis.measures import Group, Measured
    from finops.analysis.settled_runs import RunList
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Settled", "settle"]


class _Part(NamedTuple):
    """Days with books of their own: the open engine, what is on it, and everything it holds."""

    con: duckdb.DuckDBPyConnection
    segment: Segment
    prepared: Prepared
    everything: Group
    run_cost: str
    """SQL of what a piece of a run costs."""


class Settled:
    """A period made ready to be asked. Use it in a `with`, or `close` it; threads take turns."""

    def __init__(
        self,
        ledger: Ledger,
        config: Config,
        question: Question,
        parts: Sequence[_Part],
        whole: duckdb.DuckDBPyConnection | None,
    ) -> None:
        self._ledger, self._config, self._question = ledger, config, question
        self._parts, self._whole = tuple(parts), whole
        self._turn = RLock()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the engines."""
        with self._turn:
            for con in self._engines():
                con.close()
            self._parts, self._whole = (), None

    def _engines(self) -> tuple[duckdb.DuckDBPyConnection, ...]:
        """Every engine there is."""
        whole = () if self._whole is None else (self._whole,)
        return (*(part.con for part in self._parts), *whole)

    @property
    def told(self) -> tuple[Period, str]:
        """The days settled and the currency of every amount; UsageError when this is closed."""
        if not self._parts:
            raise UsageError("the period was closed", hint="settle it again")
        first, last = self._parts[0].prepared, self._parts[-1].prepared
        return Period(first.scope.period.start, last.scope.period.end), first.currency

    def ask(
        self, by: Sequence[str] = (), where: str | None = None, *, marginal: bool = False
    ) -> UnitEconomics:
        """What `unit_economics` answers when asked by `by`, of what `where` lets through.

        UsageError where they name what does not exist, or when this is closed.
        """
        question = self._question._replace(
            by=tuple(by), where=where, marginal=marginal, run_costs=False
        )
        with self._turn:
            if not self._parts:
                raise UsageError("the period was closed", hint="settle it again")
            for con in self._engines():
                hear(con)
            if not self._is_kept(question):
                return unit_economics(self._ledger, self._config, question)
            if self._whole is None:
                return _ask(self._parts[0], question)
            stretches = [_stretch(part, question) for part in self._parts]
            grouping, counted = _grouping(self._whole, self._config, question)
            return together(stretches, read_settled_timings(self._whole, grouping, counted))

    def runs(
        self, where: str | None = None, *, order: str = "cost", limit: int = 1000, offset: int = 0
    ) -> RunList:
        """Runs one by one: `limit` of them after `offset`, of the calls that `where` lets through.

        UsageError where it names what the roll-ups cannot tell, or when this is closed.
        """
        question = self._question._replace(where=where)
        with self._turn:
            if not self._parts:
                raise UsageError("the period was closed", hint="settle it again")
            if not self._is_kept(question):
                raise UsageError(
                    f"runs cannot be listed by {where!r}",
                    hint=f"finops unit --by run filters by any column; here: {', '.join(ROLLED_UP)}",
                )
            for con in self._engines():
                hear(con)
            parts = [_runs_of(part, question) for part in self._parts]
            kept = first_runs(parts[0], order, limit, offset) if len(parts) == 1 else None
            return list_runs(parts, order, limit, offset) if kept is None else kept

    def _is_kept(self, question: Question) -> bool:
        """Whether the roll-ups tell apart everything that is asked, in every part's own settings."""
        for part in self._parts:
            by, where = named_dimensions(part.con, part.segment.config, question.by, question.where)
            needed = {column for each in by for column in each.columns}
            if not needed | (where.columns if where else frozenset()) <= set(ROLLED_UP):
                return False
        return True


def settle(ledger: Ledger, config: Config, question: Question) -> Settled:
    """Make the period of `question` ready, in its currency and with what it includes.

    Of the rest of `question` (dimensions, filter) nothing is kept: each is said with `Settled.ask`.
    """
    plain = Question(
        question.period, include=question.include, currency=question.currency, run_costs=True
    )
    with one_version(), ExitStack() as opened:
        segments = books_by_month(ledger, config, question.period)
        plain = in_one_currency(segments, config, plain)
        parts = []
        for segment in segments:
            con = opened.enter_context(connect_part(segment))
            parts.append(_settle(con, segment, plain))
        whole = None
        if len(segments) == 1:
            settle_first(_runs_of(parts[0], plain))
        else:
            whole = opened.enter_context(connect_span(ledger, segments))
            _, relations = relate_span(whole, ledger, config, plain, segments)
            settle_timings(whole, relations.asked)
        opened.pop_all()
        return Settled(ledger, config, plain, parts, whole)


def _settle(con: duckdb.DuckDBPyConnection, segment: Segment, question: Question) -> _Part:
    asked = question._replace(period=segment.period)
    prepared = prepare(con, segment.ledger, segment.config, asked)
    settle_cells(con, prepared.relations.asked, prepared.allocation.shares)
    settle_timings(con, prepared.relations.asked)
    run_cost = settle_rates(con, prepared.relations.asked, prepared.allocation.shares)
    everything = measure_settled(con, Grouping(), "true").total
    return _Part(con, segment, prepared, everything, run_cost)


def _ask(part: _Part, question: Question) -> UnitEconomics:
    """The answer of one part, in its own settings."""
    told, measured, prepared, asked = _measured(part, question)
    if question.marginal:
        measured = double(part.con, part.segment.config, prepared, asked, measured).on(measured)
    return answer(told, asked, measured, part.everything)


def _stretch(part: _Part, question: Question) -> Stretch:
    """The answer of one part of several."""
    told, measured, prepared, asked = _measured(part, question)
    found = answer(told, asked, measured, part.everything)
    if not question.marginal:
        return Stretch(found)
    return Stretch(found, parts=read_parts(part.con, part.segment.config, prepared, asked))


def _measured(part: _Part, question: Question) -> tuple[Prepared, Measured, Prepared, Question]:
    """Groups of one part; prepared as a whole, and with what counts; the question about its days."""
    asked = question._replace(period=part.segment.period)
    grouping, counted = _grouping(part.con, part.segment.config, asked)
    told = part.prepared._replace(grouping=grouping)
    sources = told.relations.asked._replace(counted=counted)
    prepared = told._replace(relations=told.relations._replace(asked=sources))
    return told, measure_settled(part.con, grouping, counted), prepared, asked


def _runs_of(part: _Part, question: Question) -> RunsOf:
    _, counted = _grouping(part.con, part.segment.config, question)
    return RunsOf(part.con, part.prepared.relations.asked, part.run_cost, counted)


def _grouping(
    con: duckdb.DuckDBPyConnection, config: Config, question: Question
) -> tuple[Grouping, str]:
    """The groups asked for, and the condition of what counts."""
    by, where = named_dimensions(con, config, question.by, question.where)
    return Grouping(by, config.requests.success), where.sql if where else "true"
