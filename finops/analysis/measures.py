"""Measures of any grouping: what cells, rates, histograms and runs say about it.

The statements are `unit.sql`, `run_counts.sql` and `percentiles.sql`; this module fills them in.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.cells import MEASURES, bucket_value
from finops.analysis.grain import TIME, Dimension
from finops.analysis.logged import KEY_COLUMNS
from finops.analysis.metering import KINDS
from finops.ledger.engine import query
from finops.model.money import total
from finops.model.tables import TOKEN_COLUMNS
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import duckdb

    from finops.analysis.sharing import Shares

__all__ = [
    "COMPONENTS",
    "Group",
    "Measured",
    "Sources",
    "Timings",
    "measure",
    "read_timings",
]

COMPONENTS = (
    "tokens_input",
    "tokens_cached",
    "tokens_output",
    "context_growth",
    "retrieval",
    "shared",
    "failed",
    "retried",
    "cancelled",
)
"""What a cost is made of; they sum to it."""

_QUANTILES = ("p50", "p95", "p99")


class Sources(NamedTuple):
    """Relations on the connection: cells, histograms and runs of one grain, and what of them counts.

    `counted` is a filter on the cells' columns; the relations may hold more days than `[start, end)`.
    `ends` has every day of every run, filtered or not, and days after `end`.
    """

    cells: str
    latency: str
    runs: str
    ends: str
    counted: str
    start: date
    end: date


class Group(NamedTuple):
    """Everything measured of one group; `keys` are its dimensions' values."""

    keys: tuple[object, ...]
    counts: dict[str, int]
    components: dict[str, Decimal]
    list_cost: Decimal
    unpriced_tokens: int
    runs: int
    quantiles: dict[str, dict[str, float]]


class Measured(NamedTuple):
    """Every group of a question, and everything together."""

    groups: tuple[Group, ...]
    total: Group


def measure(
    con: duckdb.DuckDBPyConnection,
    sources: Sources,
    by: Sequence[Dimension],
    shares: Shares,
) -> Measured:
    """Measure every group of `by`, and their total; without `by` that is the only group."""
    columns = (*MEASURES, *COMPONENTS, "list_cost", "unpriced_tokens")
    timings = read_timings(con, sources, by)
    groups = []
    for row in _costs(con, sources, by, shares):
        key = row[: len(by)]
        found = dict(zip(columns, row[len(by) :], strict=True))
        groups.append(
            Group(
                key,
                {name: int(found[name] or 0) for name in MEASURES},
                {name: Decimal(found[name] or 0) for name in COMPONENTS},
                Decimal(found["list_cost"] or 0),
                int(found["unpriced_tokens"] or 0),
                timings.runs.get(key, 0),
                timings.quantiles.get(key, {}),
            )
        )
    of_all = timings.quantiles.get((), {})
    return Measured(tuple(groups), _together(groups, timings.runs[()], of_all))


class Timings(NamedTuple):
    """What does not add over time: runs and percentiles by group; the key () is everything."""

    runs: dict[tuple[object, ...], int]
    quantiles: dict[tuple[object, ...], dict[str, dict[str, float]]]


def read_timings(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension]
) -> Timings:
    """Runs and percentiles of every group of `by`, and of everything."""
    runs, all_runs = _runs(con, sources, by)
    quantiles = _percentiles(con, sources, by)
    if by:
        quantiles |= _percentiles(con, sources, ())
    return Timings({**runs, (): all_runs}, quantiles)


def _together(groups: Sequence[Group], runs: int, quantiles: dict[str, dict[str, float]]) -> Group:
    """All groups as one; runs and percentiles do not add and are given."""
    return Group(
        (),
        {name: sum(group.counts[name] for group in groups) for name in MEASURES},
        {name: total(group.components[name] for group in groups) for name in COMPONENTS},
        total(group.list_cost for group in groups),
        sum(group.unpriced_tokens for group in groups),
        runs,
        quantiles,
    )


def _costs(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension], shares: Shares
) -> list[tuple[Any, ...]]:
    """Rows of keys, `MEASURES`, `COMPONENTS`, list_cost and unpriced_tokens."""
    _install_workflow_rates(con, shares)
    rate = {kind: f"(r.{kind}_billed + r.{kind}_list)" for kind in KINDS}
    writes = [kind for kind in KINDS if kind.startswith("cache_write")]
    sql = render(
        "unit",
        keys=_keys(by),
        names=_names(by),
        prices=", ".join(KEY_COLUMNS),
        measures=", ".join(f"cast(sum({name}) as bigint) as {name}" for name in MEASURES),
        cells=sources.cells,
        days=f"day >= date '{sources.start}' and day < date '{sources.end}'",
        counted=sources.counted,
        metered=" + ".join(f"s.{kind}_tokens * {rate[kind]}" for kind in KINDS),
        listed=" + ".join(f"s.{kind}_tokens * r.{kind}_list" for kind in KINDS),
        unpriced=" + ".join(
            f"case when r.{kind}_unpriced then s.{kind}_tokens else 0 end" for kind in KINDS
        ),
        cache_writes=" + ".join(f"s.{kind}_tokens * {rate[kind]}" for kind in writes),
        cost_shares=" + ".join(f"s.{kind}_tokens * r.{kind}_share" for kind in KINDS),
        tokens=" + ".join(f"s.{name}" for name in TOKEN_COLUMNS),
        per_request=f"{shares.per_request:f}",
        per_token=f"{shares.per_token:f}",
        per_byte=f"{shares.per_byte:f}",
        per_retrieval=f"{shares.per_retrieval:f}",
        same_price=" and ".join(f"s.{name} is not distinct from r.{name}" for name in KEY_COLUMNS),
        sums=", ".join(f"sum({name}) as {name}" for name in MEASURES),
        grouping="group by all" if by else "",
    )
    return query(con, sql)


def _install_workflow_rates(con: duckdb.DuckDBPyConnection, shares: Shares) -> None:
    """Rates per request of pools that every workflow bears alike."""
    query(
        con,
        "create or replace temp table workflow_rates (of_workflow varchar, rate decimal(38, 24))",
    )
    for workflow, rate in shares.by_workflow.items():
        con.execute("insert into workflow_rates values (?, ?)", [workflow, rate]).fetchall()


def _runs(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension]
) -> tuple[dict[tuple[object, ...], int], int]:
    """Runs by group, and runs in all."""
    timeless = [(f"k{place}", d.sql) for place, d in enumerate(by) if d.name not in TIME]
    sql = render(
        "run_counts",
        runs=sources.runs,
        ends=sources.ends,
        grains=sources.cells,
        counted=sources.counted,
        columns="".join(f"{sql} as {name}, " for name, sql in timeless),
        carried="".join(f"g.{name}, " for name, _ in timeless),
        keys="".join(
            f"{d.sql} as k{place}, " if d.name in TIME else f"k{place}, "
            for place, d in enumerate(by)
        ),
        names=_names(by),
        is_total="grouping(k0)" if by else "1",
        grouping=f"group by grouping sets (({_names(by).rstrip(', ')}), ())" if by else "",
        **_span(sources),
    )
    rows = query(con, sql)
    groups = {tuple(key): runs for *key, is_total, runs in rows if not is_total}
    return groups, sum(runs for *_, is_total, runs in rows if is_total)


def _percentiles(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension]
) -> dict[tuple[object, ...], dict[str, dict[str, float]]]:
    columns = _columns(by) - {"day"}
    sql = render(
        "percentiles",
        latency=sources.latency,
        grains=sources.cells,
        counted=sources.counted,
        columns=_list(columns),
        carried=_list(columns, "g."),
        keys=_keys(by),
        names=_names(by),
        **_span(sources),
    )
    found: dict[tuple[object, ...], dict[str, dict[str, float]]] = {}
    for row in query(con, sql):
        key, name, buckets = row[: len(by)], row[len(by)], row[len(by) + 1 :]
        values = (bucket_value(bucket) for bucket in buckets)
        found.setdefault(key, {})[name] = dict(zip(_QUANTILES, values, strict=True))
    return found


def _keys(by: Sequence[Dimension]) -> str:
    return "".join(f"{dimension.sql} as k{place}, " for place, dimension in enumerate(by))


def _names(by: Sequence[Dimension]) -> str:
    return "".join(f"k{place}, " for place in range(len(by)))


def _columns(by: Sequence[Dimension]) -> set[str]:
    return {column for dimension in by for column in dimension.columns}


def _list(columns: set[str], prefix: str = "") -> str:
    return "".join(f"{prefix}{column}, " for column in sorted(columns))


def _span(sources: Sources) -> dict[str, str]:
    return {"start": f"date '{sources.start}'", "stop": f"date '{sources.end}'"}
