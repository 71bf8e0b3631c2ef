"""Runs of a settled period, one by one: from a workflow to its dearest or newest runs, in a blink.

What a run's cost hangs on is kept by day beside the roll-ups (`run_tokens`, in order of workflow); settling
puts the price of each of its pieces beside the cells. A run here is what a filter lets through of it. Of a
period with closed months in it each month says what it knows of a run, at its own prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.settled_rates import SAME_PRICE, UNPRICED
from finops.analysis.sources import span
from finops.analysis.where import quote
from finops.errors import UsageError
from finops.ledger.engine import query, read_table
from finops.model.money import total
from finops.model.tables import TOKEN_COLUMNS
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    import duckdb
    import pyarrow as pa

    from finops.analysis.sources import Sources

__all__ = [
    "ORDERS",
    "Run",
    "RunList",
    "RunPiece",
    "RunsOf",
    "details_sql",
    "list_runs",
    "pieces_of",
    "run_list",
]


class _Order(NamedTuple):
    """SQL over a run's pieces, the direction, and how the ranks of one run in several stretches are one."""

    rank: str
    direction: str
    together: str


ORDERS = {
    "cost": _Order("sum({cost})", "desc", "sum"),
    "newest": _Order("max(r.last_at)", "desc", "max"),
    "oldest": _Order("min(r.first_at)", "", "min"),
    "requests": _Order("sum(r.requests)", "desc", "sum"),
    "failures": _Order("sum(r.failures)", "desc", "sum"),
}
"""What runs can be ordered by."""

_COUNTS = ("requests", "attempts", "failures", *TOKEN_COLUMNS)
_FEW = 8
"""Workflows that are looked for by name in files that stand by workflow; more are read with all."""


class Run(NamedTuple):
    """One run of a workflow in the period: its calls there, what became of it, what it cost.

    `failures` are requests whose last attempt did not succeed. `cost` is None where nothing of it has a price.
    """

    source: str
    run: str
    started: datetime
    ended: datetime
    outcome: str | None
    counts: Mapping[str, int]
    cost: Decimal | None
    unpriced_tokens: int


class RunList(NamedTuple):
    """Some runs, and of how many."""

    runs: tuple[Run, ...]
    everything: int


class RunsOf(NamedTuple):
    """Days with books of their own: their engine, what `settle_rates` said there, and which calls count.

    Needs `run_tokens` on the engine.
    """

    con: duckdb.DuckDBPyConnection
    sources: Sources
    cost: str
    counted: str


def list_runs(
    parts: Sequence[RunsOf], order: str = "cost", limit: int = 1000, offset: int = 0
) -> RunList:
    """`limit` runs after the first `offset`, by `order` (one of `ORDERS`), of the calls that `parts` count.

    A run with calls in several parts is one. UsageError for an order there is none of.
    """
    if order not in ORDERS:
        raise UsageError(
            f"runs cannot be ordered by {order!r}", hint=f"choose among {', '.join(ORDERS)}"
        )
    by, window = ORDERS[order], f"limit {int(limit)} offset {int(offset)}"
    ranks = [_ranks(part, by) for part in parts]
    if len(parts) == 1:
        found = [_details(parts[0], f"{_in_order(f'({ranks[0]})', by)} {window}")]
    else:
        listed = _listed(parts, ranks, by, window)
        found = [_details_of(part, listed) for part in parts]
    rows = [row for each in found for row in each]
    by_run: dict[tuple[str, str], list[RunPiece]] = {}
    for row in sorted(rows, key=lambda each: each.place):
        by_run.setdefault((row.source, row.run), []).append(row)
    return run_list(by_run.values())


def run_list(pieces: Iterable[Sequence[RunPiece]]) -> RunList:
    """The runs that `pieces` are of, in the order they come in; what several parts say of one stands together."""
    each = tuple(pieces)
    return RunList(tuple(_run(of_one) for of_one in each), each[0][0].everything if each else 0)


def _ranks(part: RunsOf, by: _Order) -> str:
    """The SELECT of the runs of a part with their rank; makes `settled_rated`, what its pieces cost."""
    query(
        part.con,
        "create or replace temp table settled_rated as select g.* from settled_rates as g "
        f"inner join (select grain from settled_cells where {part.counted}) as a on g.grain = a.grain",
    )
    return render(
        "settled_run_ranks",
        rank=by.rank.format(cost=part.cost),
        workflows=_workflows(part),
        same=SAME_PRICE,
        **span(part.sources),
    )


def _in_order(ranks: str, by: _Order) -> str:
    """The SELECT of ranked runs with their place, and how many there are."""
    return (
        "select source_id, workflow_run_id, "
        f"row_number() over (order by rank {by.direction}, source_id, workflow_run_id) as place, "
        f"cast(count(*) over () as bigint) as everything from {ranks} as ranks order by place"
    )


def _listed(parts: Sequence[RunsOf], ranks: Sequence[str], by: _Order, window: str) -> pa.Table:
    """The runs to list, of all parts together."""
    con = parts[0].con
    tables = [read_table(part.con, sql) for part, sql in zip(parts, ranks, strict=True)]
    names = [f"ranks_of_{place}" for place in range(len(tables))]
    try:
        for name, table in zip(names, tables, strict=True):
            con.register(name, table)
        every = " union all ".join(f"select * from {name}" for name in names)
        one = (
            f"(select source_id, workflow_run_id, {by.together}(rank) as rank from ({every}) as parts "
            "group by source_id, workflow_run_id)"
        )
        return read_table(con, f"{_in_order(one, by)} {window}")
    finally:
        for name in names:
            con.unregister(name)


def _details_of(part: RunsOf, listed: pa.Table) -> list[RunPiece]:
    part.con.register("listed_runs", listed)
    try:
        return _details(part, "select * from listed_runs")
    finally:
        part.con.unregister("listed_runs")


def _details(part: RunsOf, listed: str) -> list[RunPiece]:
    """What a part says of the runs that are listed."""
    sql = details_sql(part, listed, rated="settled_rated", workflows=_workflows(part))
    return pieces_of(query(part.con, sql))


def details_sql(
    part: RunsOf,
    listed: str,
    *,
    rated: str,
    workflows: str = "true",
    list_key: str = "",
    listed_of: str = "",
) -> str:
    """The SELECT of what `part` says of the runs `listed` (a SELECT), at the rates in `rated`, in order."""
    return render(
        "settled_run_list",
        listed=listed,
        rated=rated,
        list_key=list_key,
        listed_of=listed_of,
        counts=", ".join(f"cast(sum(r.{name}) as bigint) as {name}" for name in _COUNTS),
        cost=part.cost,
        unpriced=UNPRICED,
        workflows=workflows,
        same=SAME_PRICE,
        **span(part.sources),
    )


def pieces_of(rows: Iterable[tuple[Any, ...]]) -> list[RunPiece]:
    """Rows of `details_sql`, after its key of a list, as pieces."""
    at = RunPiece._fields.index("counts")
    return [
        RunPiece._make((*row[:at], row[at : at + len(_COUNTS)], *row[at + len(_COUNTS) :]))
        for row in rows
    ]


def _workflows(part: RunsOf) -> str:
    """The condition that lets files of other workflows alone, where there are few that count."""
    names = [
        name
        for (name,) in query(
            part.con,
            f"select distinct workflow from settled_cells where {part.counted} limit {_FEW + 1}",
        )
    ]
    if len(names) > _FEW or None in names or not names:
        return "true"
    return f"r.workflow in ({', '.join(quote(name) for name in names)})"


class RunPiece(NamedTuple):
    """What one part says of a run."""

    source: str
    run: str
    started: datetime
    ended: datetime
    outcome_at: datetime | None
    outcome: str | None
    counts: tuple[int, ...]
    cost: Decimal | None
    unpriced_tokens: int
    place: int
    everything: int


def _run(pieces: Sequence[RunPiece]) -> Run:
    """The run that all of `pieces` are of: what came of it is what was logged last."""
    first = pieces[0]
    outcomes = [
        (each.outcome_at, each.outcome)
        for each in pieces
        if each.outcome is not None and each.outcome_at is not None
    ]
    if len(pieces) == 1:
        cost, sums = first.cost, first.counts
    else:
        cost = total(each.cost for each in pieces if each.cost is not None)
        sums = tuple(sum(column) for column in zip(*(each.counts for each in pieces), strict=True))
    unpriced = sum(each.unpriced_tokens for each in pieces)
    return Run(
        first.source,
        first.run,
        min(each.started for each in pieces),
        max(each.ended for each in pieces),
        max(outcomes)[1] if outcomes else None,
        dict(zip(_COUNTS, sums, strict=True)),
        None if unpriced and not cost else cost,
        unpriced,
    )
