"""Runs of a grouping: how many ended, how many of them well, and what the typical and the dear one cost.

The statements are `run_counts.sql`, `run_pieces.sql` and `run_costs.sql`. A run is in every group its calls are in; of
time it is only in the part it ended in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.install import OF_TOKENS, capacity_sql
from finops.analysis.capacity.usage import PREFILL
from finops.analysis.grain import TIME
from finops.analysis.logged import KEY_COLUMNS
from finops.analysis.metering import KINDS
from finops.analysis.sources import RUN_TOKENS, blanks, names, span
from finops.analysis.where import quote
from finops.ledger.engine import query, read_table
from finops.model.tables import TOKEN_COLUMNS
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    import duckdb
    import pyarrow as pa

    from finops.analysis.grain import Dimension
    from finops.analysis.sharing import Shares
    from finops.analysis.sources import Sources

__all__ = [
    "RunCosts",
    "Runs",
    "cost_of_runs",
    "cost_of_spanned_runs",
    "count_runs",
    "pieces_of_runs",
]

Key = tuple[object, ...]

_CAPACITY = ("busy", "idle", "unused")
_SERVED = {
    "prefill": "(" + " + ".join(f"r.{name}" for name in PREFILL) + ")",
    "cached": "r.cache_read_tokens",
    "output": "r.output_tokens",
    "rows": "r.served_rows",
}
"""What of a run a rate of capacity is for."""


class Runs(NamedTuple):
    """Runs that ended in the period, those that logged an outcome, and the successful ones."""

    ended: int = 0
    with_outcome: int = 0
    successful: int = 0


class RunCosts(NamedTuple):
    """Nearest-rank percentiles of what a run cost, exact."""

    p50: Decimal
    p95: Decimal


def count_runs(
    con: duckdb.DuckDBPyConnection,
    sources: Sources,
    by: Sequence[Dimension],
    success: Sequence[str],
) -> tuple[dict[Key, Runs], Runs]:
    """Runs by group, and in all; `success` are the outcomes, in lower case, of a successful run."""
    words = ", ".join(quote(word) for word in success) or "null"
    sql = render("run_counts", success=words, blanks=blanks(by), **_pieces(sources, by))
    rows = query(con, sql)
    at = len(by)
    groups = {row[:at]: Runs(*row[at + 1 :]) for row in rows if not row[at]}
    (everything,) = (Runs(*row[at + 1 :]) for row in rows if row[at])
    return groups, everything


def cost_of_runs(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension], shares: Shares
) -> dict[Key, RunCosts]:
    """Percentiles of a run's cost by group; needs the tables of rates on `con`."""
    return _percentiles(con, sources, by, _priced(sources, by, shares))


def pieces_of_runs(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension], shares: Shares
) -> pa.Table:
    """What every run cost by group, ended or not, for `cost_of_spanned_runs`; as `cost_of_runs` needs it."""
    return read_table(
        con,
        f"select {_timeless(by)} run_source, workflow_run_id, max(day) as day, "
        f"max(last_at) as last_at, sum(cost) as cost from ({_priced(sources, by, shares)}) as pieces "
        "group by all",
    )


def cost_of_spanned_runs(
    con: duckdb.DuckDBPyConnection,
    sources: Sources,
    by: Sequence[Dimension],
    pieces: Sequence[pa.Table],
) -> dict[Key, RunCosts]:
    """Percentiles of a run's cost by group, and under () of everything, from the `pieces` of each stretch.

    `sources` are of the whole span, which decides the runs that ended.
    """
    names_ = [f"pieces_of_runs_{place}" for place in range(len(pieces))]
    for name, table in zip(names_, pieces, strict=True):
        con.register(name, table)
    try:
        every = " union all ".join(f"select * from {name}" for name in names_)
        whole = _percentiles(con, sources, (), every)
        return {**_percentiles(con, sources, by, every), **whole}
    finally:
        for name in names_:
            con.unregister(name)


def _percentiles(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension], pieces: str
) -> dict[Key, RunCosts]:
    sql = render(
        "run_costs",
        pieces=pieces,
        timeless=_timeless(by, "p."),
        ends=sources.ends,
        keys=_keys(by),
        names=names(by),
        partition=f"partition by {names(by).rstrip(', ')}" if by else "",
        grouping="group by all" if by else "",
        **span(sources),
    )
    return {
        row[: len(by)]: RunCosts(*row[len(by) :]) for row in query(con, sql) if row[-1] is not None
    }


def _priced(sources: Sources, by: Sequence[Dimension], shares: Shares) -> str:
    """The SELECT of what each row of a run's tokens costs."""
    rate = {kind: f"(r.{kind}_billed + r.{kind}_list + r.{kind}_share)" for kind in KINDS}
    given = _pieces(sources, by)
    return render(
        "run_pieces",
        columns=given["columns"],
        carried=given["carried"],
        grains=given["grains"],
        counted=given["counted"],
        runs=RUN_TOKENS,
        prices=", ".join(KEY_COLUMNS),
        cut=_timeless(by, "c."),
        rates=", ".join(f"{rate[kind]} as {kind}_rate" for kind in KINDS),
        metered=" + ".join(f"r.{kind}_tokens * g.{kind}_rate" for kind in KINDS),
        capacity=" + ".join(capacity_sql(part, _SERVED, "g") for part in _CAPACITY),
        capacity_rates=", ".join(
            (*(f"k.{part}_{of}" for part in _CAPACITY for of in OF_TOKENS), "k.seat")
        ),
        token_count=" + ".join(f"r.{name}" for name in TOKEN_COLUMNS),
        per_request=f"{shares.per_request:f}",
        per_token=f"{shares.per_token:f}",
        per_byte=f"{shares.per_byte:f}",
        per_retrieval=f"{shares.per_retrieval:f}",
        same_price=" and ".join(f"c.{name} is not distinct from r.{name}" for name in KEY_COLUMNS),
        **span(sources),
    )


def _timeless(by: Sequence[Dimension], of: str = "") -> str:
    """`k0, …, ` of the dimensions that are no time, of the relation `of`."""
    return "".join(f"{of}k{place}, " for place, d in enumerate(by) if d.name not in TIME)


def _keys(by: Sequence[Dimension]) -> str:
    """The keys of a group; time is where the run ended."""
    return "".join(
        f"{d.sql} as k{place}, " if d.name in TIME else f"k{place}, " for place, d in enumerate(by)
    )


def _pieces(sources: Sources, by: Sequence[Dimension]) -> dict[str, str]:
    """What the statements need: relations, days, and keys that book time where a run ended."""
    timeless = [(f"k{place}", d.sql) for place, d in enumerate(by) if d.name not in TIME]
    return {
        "runs": sources.runs,
        "ends": sources.ends,
        "grains": sources.cells,
        "counted": sources.counted,
        "columns": "".join(f"{sql} as {name}, " for name, sql in timeless),
        "carried": "".join(f"g.{name}, " for name, _ in timeless),
        "keys": _keys(by),
        "names": names(by),
        **span(sources),
    }
