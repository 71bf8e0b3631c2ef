"""A period's cells with what they cost, in an engine that stays open: what a settled period is asked of.

Three temp tables, the period's own days only: `settled_cells`, a row for each combination of the roll-up's
columns with its measures and cost components; `settled_latency`, histograms by the number of that row; and
`settled_alike` with `settled_lies_in`, runs by the rows they lie in. A question then only adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.cells import MEASURES
from finops.analysis.grain import ROLLED_UP, TIME, Dimension
from finops.analysis.measures import (
    AMOUNTS,
    IS_WORK,
    SUMMED,
    WORK_KIND,
    Timings,
    assemble,
    has_work,
    mark_sql,
    read_quantiles,
    sums_of,
    unit_sql,
)
from finops.analysis.runs import Runs
from finops.analysis.sources import blanks, keys, names, span
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from finops.analysis.measures import Grouping, Key, Measured, Sums
    from finops.analysis.sharing import Shares
    from finops.analysis.sources import Sources

__all__ = ["measure_settled", "read_settled_timings", "settle_cells", "settle_timings"]

_NAMES = (*ROLLED_UP, "grain_key")
_COLUMNS = tuple(Dimension(name, name, (name,), "") for name in _NAMES)
_TABLES = {
    "cells": "settled_cells",
    "latency": "settled_latency",
    "alike": "settled_alike",
    "lies_in": "settled_lies_in",
}


def settle_cells(con: duckdb.DuckDBPyConnection, sources: Sources, shares: Shares) -> None:
    """Make `settled_cells` of the roll-up `sources` and of the rates on `con`."""
    named = ", ".join(f"k{place} as {name}" for place, name in enumerate(_NAMES))
    priced = unit_sql(con, sources, _COLUMNS, shares)
    _number(con, f"select {named}, {', '.join(SUMMED)} from ({priced}) as priced")


def settle_timings(con: duckdb.DuckDBPyConnection, sources: Sources) -> None:
    """Make the tables of histograms and runs; `settled_cells`, too, where nothing priced it."""
    cells = _TABLES["cells"]
    if not query(con, f"select 1 from duckdb_tables() where table_name = '{cells}'"):
        days = f"day >= date '{sources.start}' and day < date '{sources.end}'"
        _number(con, f"select distinct {', '.join(_NAMES)} from {sources.cells} where {days}")
    query(
        con,
        f"create temp table {_TABLES['latency']} as "
        f"select c.grain, l.responses, {mark_sql()} as mark "
        f"from {sources.latency} as l inner join {cells} as c on l.grain_key = c.grain_key",
    )
    parts = {"runs": sources.ends, "cells": cells, **span(sources)}
    query(con, f"create temp table likeness as {render('likeness', **parts)}")
    query(
        con,
        f"create temp table {_TABLES['alike']} as select likeness, outcome, runs from likeness",
    )
    query(
        con,
        f"create temp table {_TABLES['lies_in']} as "
        "select likeness, unnest(grains) as grain from likeness order by likeness",
    )
    query(con, "drop table likeness")


def _number(con: duckdb.DuckDBPyConnection, select: str) -> None:
    query(
        con,
        f"create temp table {_TABLES['cells']} as "
        f"select cast(row_number() over () as integer) as grain, * from ({select}) as found",
    )


def measure_settled(con: duckdb.DuckDBPyConnection, grouping: Grouping, counted: str) -> Measured:
    """Measure the groups of what `counted`, a condition on the roll-up's columns, lets through."""
    costs = _costs(con, grouping.by, counted)
    timings = read_settled_timings(con, grouping, counted)
    work = None
    if has_work(con, _TABLES["cells"], f"({counted})"):
        work = _costs(con, (*grouping.by, WORK_KIND), f"({counted}) and {IS_WORK}")
    return assemble(costs, timings, work)


def _costs(
    con: duckdb.DuckDBPyConnection, by: Sequence[Dimension], counted: str
) -> dict[Key, Sums]:
    counts = ", ".join(f"coalesce(cast(sum({name}) as bigint), 0) as {name}" for name in MEASURES)
    amounts = ", ".join(f"sum({name}) as {name}" for name in SUMMED[len(MEASURES) :])
    grouping = "group by all" if by else ""
    summed = (
        f"select {keys(by)} {counts}, {amounts} from {_TABLES['cells']} where {counted} {grouping}"
    )
    found = f"select {names(by)} {', '.join(MEASURES)}, {AMOUNTS} from ({summed})"
    return sums_of(query(con, found), len(by))


def read_settled_timings(
    con: duckdb.DuckDBPyConnection, grouping: Grouping, counted: str
) -> Timings:
    """Runs and percentiles of the groups of what is `counted`, and of everything."""
    by = grouping.by
    runs: dict[Key, Runs] = {}
    for row in query(con, _runs_sql(grouping, counted)):
        key, (is_total, *found) = row[: len(by)], row[len(by) :]
        if is_total or by:
            runs[() if is_total else key] = Runs(*found)
    cells = (_TABLES["cells"], "grain", counted)
    return Timings(runs, read_quantiles(con, by, cells, _TABLES["latency"]))


def _runs_sql(grouping: Grouping, counted: str) -> str:
    by = grouping.by
    timeless = [(f"k{place}", d.sql) for place, d in enumerate(by) if d.name not in TIME]
    return render(
        "settled_runs",
        columns="".join(f"{sql} as {name}, " for name, sql in timeless),
        carried="".join(f"a.{name}, " for name, _ in timeless),
        keys="".join(
            f"{d.sql} as k{place}, " if d.name in TIME else f"k{place}, "
            for place, d in enumerate(by)
        ),
        names=names(by),
        blanks=blanks(by),
        counted=counted,
        success=", ".join(quote(word) for word in grouping.success) or "null",
        **{name: table for name, table in _TABLES.items() if name != "latency"},
    )
