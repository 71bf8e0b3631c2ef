"""Which relations answer a question: the roll-ups where they can, the requests themselves elsewhere.

Rates are always set over all requests of whole months (`allocation`), whatever the question filters.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis import cells
from finops.analysis.cells import Grained
from finops.analysis.grain import HOUR, HOUR_GRAIN, PRICING, ROLLED_UP
from finops.analysis.rollups import RUN_KINDS, believed, breaks_of, roll_up
from finops.analysis.sources import RUN_TOKENS, Sources
from finops.ledger.engine import query
from finops.model.period import Period, month_of
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    import duckdb

    from finops.analysis.authoritative import Authority
    from finops.analysis.authority import Ruling
    from finops.analysis.terms import Terms
    from finops.analysis.where import Where
    from finops.ledger.store import Ledger

__all__ = ["RUN_SILENCE_DAYS", "Relations", "Scope", "months_touched", "reach", "relate"]

RUN_SILENCE_DAYS = 7
"""A run without a call for this many days has ended."""

_ALWAYS = (*PRICING, "workflow", "work_unit_kind")
"""Columns every grain needs: what decides a price, what even shares go by, and the kind of work."""

_RUNS_OF_CALLS = "runs_of_calls"
_OF_THE_RUNS = (
    f"workflow_run_id in (select workflow_run_id from {_RUNS_OF_CALLS} "
    "where workflow_run_id is not null)"
)
"""The condition of requests that belong to a run some call asked about is of."""


class Scope(NamedTuple):
    """What a question reaches: days asked, whole months they lie in, columns, a filter.

    `run_costs` says that every run is to be priced.
    """

    period: Period
    months: Period
    columns: frozenset[str]
    where: Where | None
    use_rollups: bool
    run_costs: bool = False

    @property
    def after(self) -> Period:
        """The period and the days after it in which a run can still go on."""
        return Period(self.period.start, self.period.end + timedelta(days=RUN_SILENCE_DAYS))

    @property
    def reached(self) -> Period:
        """Every day a question of this scope may read, and the days beside them."""
        return _reached(self.period)

    @property
    def needed(self) -> frozenset[str]:
        """Columns grouped by or filtered on."""
        return self.columns | (self.where.columns if self.where else frozenset())


class Relations(NamedTuple):
    """Names on the connection: cells to set rates by, and what to measure with and without the filter.

    `hours` tells hours apart. `rulings` say which logs gave way to another in the months rates are set over.
    """

    allocation: str
    asked: Sources
    everything: Sources
    hours: str = "hours"
    rulings: tuple[Ruling, ...] = ()


def relate(con: duckdb.DuckDBPyConnection, ledger: Ledger, terms: Terms, scope: Scope) -> Relations:
    """Put on `con` what answers a question of `scope`; `requests` is a view on it."""
    authority = believed(con, ledger, terms.authority, scope.reached)
    found = _relate(con, ledger, terms, scope, authority)
    return found._replace(rulings=authority.within(scope.months.months))


def _relate(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    terms: Terms,
    scope: Scope,
    authority: Authority,
) -> Relations:
    if not scope.use_rollups:
        return _from_requests(con, terms, scope)
    roll_up(con, ledger, terms, scope.months, ("cells", "hours", "latency"), authority)
    roll_up(con, ledger, terms, scope.after, ("runs",), authority)
    kept = _sources(scope, "cells", "latency", "runs", "runs", "true")
    counted = scope.where.sql if scope.where else "true"
    if scope.needed <= set(ROLLED_UP):
        if scope.run_costs:
            roll_up(con, ledger, terms, scope.period, RUN_KINDS, authority)
        return Relations("cells", kept._replace(counted=counted), kept)
    if scope.needed <= set(HOUR_GRAIN):
        attempts = _attempts(con, terms, scope.period)
        _timings(con, attempts, scope, Grained.of(HOUR_GRAIN), None)
        by_hour = _sources(scope, "hours", "raw_latency", "raw_runs", "raw_ends", counted)
        return Relations("cells", by_hour, kept)
    grain = _grain(scope.columns)
    attempts = _attempts(con, terms, _ask_runs(con, scope) if scope.where else scope.period)
    _cells(con, attempts, scope.period, grain, "raw_cells", scope.where)
    _timings(con, attempts, scope, grain, scope.where)
    raw = _sources(scope, "raw_cells", "raw_latency", "raw_runs", "raw_ends", "true")
    return Relations("cells", raw, kept)


def _from_requests(con: duckdb.DuckDBPyConnection, terms: Terms, scope: Scope) -> Relations:
    """Everything from the requests, as if there were no roll-ups."""
    grain = _grain(scope.columns)
    attempts = _attempts(con, terms, scope.months)
    _cells(con, attempts, scope.months, grain, "all_cells", None)
    _hours(con, attempts)
    _timings(con, attempts, scope, grain, None)
    everything = _sources(scope, "all_cells", "raw_latency", "raw_runs", "raw_ends", "true")
    if scope.where is None:
        return Relations("all_cells", everything, everything, "raw_hours")
    _ask_runs(con, scope)
    _cells(con, attempts, scope.period, grain, "raw_cells", scope.where)
    _timings(con, attempts, scope, grain, scope.where, prefix="asked")
    asked = _sources(scope, "raw_cells", "asked_latency", "asked_runs", "raw_ends", "true")
    return Relations("all_cells", asked, everything, "raw_hours")


def _hours(con: duckdb.DuckDBPyConnection, attempts: str) -> None:
    """Make `raw_hours`: what served attempts of each hour read and wrote."""
    tokens = ", ".join(f"coalesce({name}, 0) as {name}" for name in TOKEN_COLUMNS)
    query(
        con,
        f"create or replace temp view raw_hours as select day, {HOUR} as hour, served_by, {tokens} "
        f"from {attempts}",
    )


def _sources(
    scope: Scope, cells_: str, latency: str, runs: str, ends: str, counted: str
) -> Sources:
    return Sources(cells_, latency, runs, ends, counted, scope.period.start, scope.period.end)


def _grain(columns: frozenset[str]) -> Grained:
    return Grained.of((*_ALWAYS, *sorted(columns - set(_ALWAYS))))


def _attempts(con: duckdb.DuckDBPyConnection, terms: Terms, days: Period) -> str:
    """Attempts of `days` and of the days beside them, which tell what became of a call."""
    around = (
        f"(select * from requests where day between date '{days.start - timedelta(days=1)}' "
        f"and date '{days.end}')"
    )
    breaks = breaks_of(con, terms.book, around)
    return cells.install_attempts(con, around, breaks, terms.objectives, terms.serving)


def _ask_runs(con: duckdb.DuckDBPyConnection, scope: Scope) -> Period:
    """Make `runs_of_calls`: the runs of the calls the filter lets through; the days of all those calls."""
    query(
        con,
        f"create or replace temp table {_RUNS_OF_CALLS} as select workflow_run_id, min(day) as first_day, "
        f"max(day) as last_day from requests where {_counted(scope.period, scope.where)} "
        "group by workflow_run_id",
    )
    ((first, last),) = query(con, f"select min(first_day), max(last_day) from {_RUNS_OF_CALLS}")
    first, last = first or scope.period.start, last or scope.period.start
    return Period(first, last + timedelta(days=1))


def _cells(
    con: duckdb.DuckDBPyConnection,
    attempts: str,
    days: Period,
    grain: Grained,
    table: str,
    where: Where | None,
) -> None:
    """Make `table` of the calls of `days`; what was sent again is looked for in the runs of those alone."""
    counted = _counted(days, where)
    links = attempts if where is None else f"(select * from {attempts} where {_OF_THE_RUNS})"
    cells.build_resent(con, "raw_resent", links, {"raw_key": grain}, counted=counted)
    cells.build_cells(
        con, table, attempts, grain, resent="raw_resent", resent_key="raw_key", counted=counted
    )


def _timings(
    con: duckdb.DuckDBPyConnection,
    attempts: str,
    scope: Scope,
    grain: Grained,
    where: Where | None,
    *,
    prefix: str = "raw",
) -> None:
    """Make `<prefix>_latency`, `<prefix>_runs`, `raw_ends` and, where asked for, `run_tokens`.

    With a filter `raw_ends` has the runs of its calls alone.
    """
    counted = _counted(scope.period, where)
    if scope.run_costs:
        cells.build_run_tokens(con, RUN_TOKENS, attempts, grain, counted=counted)
    cells.build_latency(con, f"{prefix}_latency", attempts, grain, counted=counted)
    cells.build_runs(con, f"{prefix}_runs", attempts, grain, counted=counted)
    among = "workflow_run_id is not null" if where is None else _OF_THE_RUNS
    query(
        con,
        "create or replace temp table raw_ends as select source_id, workflow_run_id, max(day) as day, "
        "max(timestamp) filter (where outcome is not null) as outcome_at, "
        "max_by(outcome, (timestamp, outcome)) filter (where outcome is not null) as outcome "
        f"from requests where {among} and {_within(scope.after)} group by all",
    )


def _counted(days: Period, where: Where | None) -> str:
    """The condition of the calls of `days` that a filter lets through."""
    return f"({_within(days)} and {where.sql if where else 'true'})"


def _within(days: Period) -> str:
    return f"day >= date '{days.start}' and day < date '{days.end}'"


def _reached(period: Period) -> Period:
    months = months_touched(period)
    end = max(months.end, period.end + timedelta(days=RUN_SILENCE_DAYS))
    return Period(months.start - timedelta(days=2), end + timedelta(days=2))


def reach(period: Period | None) -> Period | None:
    """The days whose files a question about `period` may open: whole months, since logs are compared by the month."""
    return None if period is None else months_touched(_reached(period))


def months_touched(period: Period) -> Period:
    """The whole months `period` touches."""
    last = date.fromordinal(period.end.toordinal() - 1)
    return Period(month_of(period.start).start, month_of(last).end)
