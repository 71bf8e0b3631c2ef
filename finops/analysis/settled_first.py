"""The dearest and the newest runs of a settled period, of each workflow and of all: found once, then only read.

What a drill-down asks for first is kept ready; any other order, filter or page is answered by `list_runs`,
with the same words and digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.settled_rates import SAME_PRICE
from finops.analysis.settled_runs import details_sql, pieces_of, run_list
from finops.analysis.sources import span
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.sql import render

if TYPE_CHECKING:
    import duckdb

    from finops.analysis.settled_runs import RunList, RunsOf

__all__ = ["FIRST", "first_runs", "settle_first"]

FIRST = 1000
"""Runs of each list that are kept."""

_RANKS = {"cost": "cost", "newest": "last_at"}
"""Orders that are kept, and the column of a run's sums they go by."""

_SUMS, _ALL, _PLACES = "settled_run_sums", "settled_run_sums_of_all", "settled_places"
_KEPT = "settled_first_runs"
_LIST = "l.ranked, l.is_all, l.workflow,"
"""What tells one list from another: its order, and the workflow it is of, unless it is of all."""


def settle_first(part: RunsOf) -> None:
    """Make the table of the first runs by each order, on the engine of `part`; `counted` of it is not looked at."""
    con = part.con
    sums = render("settled_run_sums", cost=part.cost, same=SAME_PRICE, **span(part.sources))
    query(con, f"create temp table {_SUMS} as {sums}")
    query(
        con,
        f"create temp table {_ALL} as select cast(null as varchar) as workflow, source_id, "
        "workflow_run_id, sum(cost) as cost, max(last_at) as last_at "
        f"from {_SUMS} group by source_id, workflow_run_id",
    )
    lists = " union all ".join(
        f"select '{order}' as ranked, {of_all} as is_all, * from "
        f"({render('settled_first', most=str(FIRST), rank=rank, sums=table)}) as first"
        for order, rank in _RANKS.items()
        for table, of_all in ((_SUMS, "false"), (_ALL, "true"))
    )
    query(con, f"create temp table {_PLACES} as {lists}")
    query(con, f"drop table {_SUMS}")
    query(con, f"drop table {_ALL}")
    found = details_sql(
        part,
        f"select * from {_PLACES}",
        rated="settled_rates",
        list_key=_LIST,
        listed_of="and (l.is_all or r.workflow is not distinct from l.workflow)",
    )
    query(con, f"create temp table {_KEPT} as {found}")
    query(con, f"drop table {_PLACES}")


def first_runs(part: RunsOf, order: str, limit: int, offset: int) -> RunList | None:
    """What `list_runs` answers of `part`, after `settle_first`; None where that is not kept.

    Kept are the first `FIRST` runs of all calls, and of all the calls of one workflow.
    """
    which = _list_of(part.con, part.counted)
    if order not in _RANKS or limit + offset > FIRST or which is None:
        return None
    rows = query(
        part.con,
        f"select * exclude (ranked, is_all, workflow) from {_KEPT} where ranked = '{order}' and {which} "
        f"and place > {int(offset)} order by place limit {int(limit)}",
    )
    return run_list([piece] for piece in pieces_of(rows))


def _list_of(con: duckdb.DuckDBPyConnection, counted: str) -> str | None:
    """The condition of the list that holds the runs of exactly what is `counted`; None where there is none."""
    rows = query(
        con,
        f"select workflow, count(*) filter (where {counted}), count(*) from settled_cells group by workflow",
    )
    there = [(workflow, some == every) for workflow, some, every in rows if some]
    if not all(is_whole for _, is_whole in there):
        return None
    if len(there) == len(rows):
        return "is_all"
    return (
        f"not is_all and workflow is not distinct from {_text(there[0][0])}"
        if len(there) == 1
        else None
    )


def _text(name: str | None) -> str:
    return "null" if name is None else quote(name)
