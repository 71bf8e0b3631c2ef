"""Measures of any grouping: what cells, rates, histograms and runs say about it.

The statements are `unit.sql` and `percentiles.sql`; this module fills them in. Runs: `finops.analysis.runs`.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.capacity.install import PARTS as CAPACITY_PARTS
from finops.analysis.capacity.install import capacity_sql
from finops.analysis.capacity.usage import PREFILL
from finops.analysis.cells import MEASURES, bucket_value
from finops.analysis.grain import dimension
from finops.analysis.logged import KEY_COLUMNS
from finops.analysis.metering import KINDS
from finops.analysis.runs import Runs, cost_of_runs, count_runs
from finops.analysis.sources import keys, names, span
from finops.ledger.engine import query, query_many
from finops.model.money import ZERO, add, subtract, total
from finops.model.tables import TOKEN_COLUMNS
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.doubling import Marginal
    from finops.analysis.grain import Dimension
    from finops.analysis.runs import RunCosts
    from finops.analysis.sharing import Shares
    from finops.analysis.sources import Sources

__all__ = [
    "COMPONENTS",
    "Group",
    "Grouping",
    "Measured",
    "Timings",
    "Work",
    "measure",
    "measure_sums",
    "read_timings",
]

COMPONENTS = (
    "tokens_input",
    "tokens_cached",
    "tokens_output",
    "context_growth",
    "retrieval",
    "gpu_busy",
    "gpu_idle",
    "commitment_unused",
    "shared",
    "failed",
    "retried",
    "slo_miss",
    "cancelled",
)
"""What a cost is made of; they sum to it."""

_CAPACITY = ("capacity_cost", "capacity_less", "capacity_more")
SUMMED = (*MEASURES, *COMPONENTS, "list_cost", "unpriced_tokens", "list_equivalent", *_CAPACITY)
"""What adds up, as `unit_sql` selects it."""

AMOUNTS = ", ".join(f"nullif({name}, 0) as {name}" for name in SUMMED[len(MEASURES) :])
"""What of it is an amount, null where it is zero: most are, and a decimal is long to fetch."""

Key = tuple[object, ...]
"""Values of the dimensions of a group."""

WORK_KIND = dimension("work_unit_kind")
IS_WORK = "work_unit_kind is not null"
"""What attempts did that was not tokens, and which of them did such work."""

_NO_RUNS = Runs()
_NO_WORK: Mapping[str, Work] = MappingProxyType({})

_SERVED = {
    "prefill": "(" + " + ".join(f"s.{name}" for name in PREFILL) + ")",
    "cached": "s.cache_read_tokens",
    "output": "s.output_tokens",
    "rows": "s.served_rows",
}
"""What of a cell a rate of capacity is for."""

_APART = 1 << 17
"""How far a bucket of latency is put from one of time to first token, to be one number with its measure."""


class Sensitivity(NamedTuple):
    """What capacity costs a group, and with output weighing half or one and a half times what is assumed."""

    cost: Decimal = ZERO
    less: Decimal = ZERO
    more: Decimal = ZERO


class Work(NamedTuple):
    """Work that is not tokens, of one kind: millionths of its unit, and the cost of the attempts that did it."""

    millionths: int
    cost: Decimal


class Group(NamedTuple):
    """Everything measured of one group; `keys` are its dimensions' values."""

    keys: tuple[object, ...]
    counts: dict[str, int]
    components: dict[str, Decimal]
    list_cost: Decimal
    unpriced_tokens: int
    runs: int
    quantiles: dict[str, dict[str, float]]
    outcomes: Runs = Runs()
    run_costs: RunCosts | None = None
    work: Mapping[str, Work] = MappingProxyType({})
    """By kind, also those of which no unit was logged: in another month of a span one may have been."""
    list_equivalent: Decimal = ZERO
    """What seats served, at list price: beside the cost, never in it."""
    capacity: Sensitivity = Sensitivity()
    doubled: Marginal | None = None
    """What doubled traffic of it would cost, where that is asked."""

    @property
    def cost_range(self) -> tuple[Decimal, Decimal] | None:
        """The cost if assumed weights of output were half or one and a half; None where none are."""
        cost, less, more = self.capacity
        if less == cost == more:
            return None
        rest = subtract(self.cost, cost)
        low, high = sorted((less, more))
        return add(rest, min(low, cost)), add(rest, max(high, cost))

    @property
    def cost(self) -> Decimal:
        """The sum of the components."""
        return total(self.components.values())

    @property
    def measured_work(self) -> dict[str, Work]:
        """Work by kind; a kind of which no unit was logged is no work."""
        return {kind: work for kind, work in self.work.items() if work.millionths}

    @property
    def under_slo(self) -> int:
        """Responses an objective applies to."""
        return sum(self.counts[name] for name in ("good_responses", "slo_missed", "slo_unknown"))


class Measured(NamedTuple):
    """Every group of a question, and everything together."""

    groups: tuple[Group, ...]
    total: Group


class Grouping(NamedTuple):
    """Dimensions to measure by, outcomes of a successful run, and whether to price every run."""

    by: tuple[Dimension, ...] = ()
    success: tuple[str, ...] = ()
    run_costs: bool = False


def measure(
    con: duckdb.DuckDBPyConnection, sources: Sources, grouping: Grouping, shares: Shares
) -> Measured:
    """Measure every group of `grouping.by`, and their total; without dimensions that is the only group."""
    by = grouping.by
    costs = _costs(con, sources, by, shares)
    work = None
    days = f"day >= date '{sources.start}' and day < date '{sources.end}'"
    if has_work(con, sources.cells, f"{days} and ({sources.counted})"):
        done = sources._replace(counted=f"({sources.counted}) and {IS_WORK}")
        work = _costs(con, done, (*by, WORK_KIND), shares)
    measured = assemble(costs, read_timings(con, sources, by, grouping.success), work)
    if not grouping.run_costs:
        return measured
    run_costs = cost_of_runs(con, sources, by, shares)
    whole = cost_of_runs(con, sources, (), shares).get(()) if by else run_costs.get(())
    return Measured(
        tuple(group._replace(run_costs=run_costs.get(group.keys)) for group in measured.groups),
        measured.total._replace(run_costs=whole),
    )


def measure_sums(con: duckdb.DuckDBPyConnection, sources: Sources, shares: Shares) -> Group:
    """What adds up of everything together: no runs, no percentiles, no work."""
    return assemble(_costs(con, sources, (), shares), Timings({(): _NO_RUNS}, {})).total


def assemble(
    costs: Mapping[Key, Sums], timings: Timings, work: Mapping[Key, Sums] | None = None
) -> Measured:
    """Groups of what adds up and of what does not; `work` has the kind of work last in its keys."""
    done = _work(work or {})
    groups = tuple(
        Group(
            key,
            sums.counts,
            sums.components,
            sums.list_cost,
            sums.unpriced_tokens,
            timings.runs.get(key, _NO_RUNS).ended,
            timings.quantiles.get(key, {}),
            timings.runs.get(key, _NO_RUNS),
            work=done.get(key, _NO_WORK),
            list_equivalent=sums.list_equivalent,
            capacity=sums.capacity,
        )
        for key, sums in costs.items()
    )
    quantiles = timings.quantiles.get((), {})
    return Measured(groups, _together(groups, timings.runs[()], quantiles, _all_work(work or {})))


class Timings(NamedTuple):
    """What does not add over time: runs and percentiles by group; the key () is everything."""

    runs: Mapping[Key, Runs]
    quantiles: Mapping[Key, dict[str, dict[str, float]]]
    run_costs: Mapping[Key, RunCosts] = MappingProxyType({})
    """Where they were asked for."""


def read_timings(
    con: duckdb.DuckDBPyConnection,
    sources: Sources,
    by: Sequence[Dimension],
    success: Sequence[str],
) -> Timings:
    """Runs and percentiles of every group of `by`, and of everything."""
    runs, all_runs = count_runs(con, sources, by, success)
    days = "day >= {start} and day < {stop}".format(**span(sources))
    latency = (
        f"(select grain_key as grain, {mark_sql()} as mark, responses "
        f"from {sources.latency} where {days})"
    )
    quantiles = read_quantiles(con, by, (sources.cells, "grain_key", sources.counted), latency)
    return Timings({**runs, (): all_runs}, quantiles)


def _together(
    groups: Sequence[Group],
    runs: Runs,
    quantiles: dict[str, dict[str, float]],
    work: Mapping[str, Work],
) -> Group:
    """All groups as one; runs, percentiles and work do not add and are given."""
    return Group(
        (),
        {name: sum(group.counts[name] for group in groups) for name in MEASURES},
        {name: total(group.components[name] for group in groups) for name in COMPONENTS},
        total(group.list_cost for group in groups),
        sum(group.unpriced_tokens for group in groups),
        runs.ended,
        quantiles,
        runs,
        work=work,
        list_equivalent=total(group.list_equivalent for group in groups),
        capacity=Sensitivity(
            *(total(group.capacity[place] for group in groups) for place in range(len(_CAPACITY)))
        ),
    )


def has_work(con: duckdb.DuckDBPyConnection, cells: str, condition: str) -> bool:
    """Whether an attempt of the relation `cells` that meets `condition` names a kind of work."""
    return bool(query(con, f"select 1 from {cells} where {condition} and {IS_WORK} limit 1"))


def _work(costs: Mapping[Key, Sums]) -> dict[Key, dict[str, Work]]:
    """Work that is not tokens by group and kind."""
    found: dict[Key, dict[str, Work]] = {}
    for key, sums in costs.items():
        work = Work(sums.counts["work_millionths"], total(sums.components.values()))
        found.setdefault(key[:-1], {})[str(key[-1])] = work
    return found


def _all_work(costs: Mapping[Key, Sums]) -> dict[str, Work]:
    """Work of all groups by kind; its cost is that of every attempt of the kind, units logged or not."""
    found: dict[str, Work] = {}
    for key, sums in costs.items():
        kind, before = str(key[-1]), found.get(str(key[-1]), Work(0, ZERO))
        cost = add(before.cost, total(sums.components.values()))
        found[kind] = Work(before.millionths + sums.counts["work_millionths"], cost)
    return found


class Sums(NamedTuple):
    """What adds up of one group."""

    counts: dict[str, int]
    components: dict[str, Decimal]
    list_cost: Decimal
    unpriced_tokens: int
    list_equivalent: Decimal
    capacity: Sensitivity


def _costs(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension], shares: Shares
) -> dict[Key, Sums]:
    """What adds up, by group."""
    found = f"select {names(by)} {', '.join(MEASURES)}, {AMOUNTS} from ({unit_sql(con, sources, by, shares)})"
    return sums_of(query_many(con, found), len(by))


def unit_sql(
    con: duckdb.DuckDBPyConnection, sources: Sources, by: Sequence[Dimension], shares: Shares
) -> str:
    """The SELECT of keys `k0`, … and `SUMMED` by group; puts the rates it reads on `con`."""
    _install_workflow_rates(con, shares)
    rate = {kind: f"(r.{kind}_billed + r.{kind}_list)" for kind in KINDS}
    writes = [kind for kind in KINDS if kind.startswith("cache_write")]
    return render(
        "unit",
        keys=keys(by),
        names=names(by),
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
        equivalent=" + ".join(f"s.{kind}_tokens * r.{kind}_equivalent" for kind in KINDS),
        **{f"capacity_{part}": capacity_sql(part, _SERVED, "k") for part in CAPACITY_PARTS},
        sums=", ".join(f"cast(coalesce(sum({name}), 0) as bigint) as {name}" for name in MEASURES),
        grouping="group by all" if by else "",
    )


def sums_of(rows: Iterable[tuple[Any, ...]], width: int) -> dict[Key, Sums]:
    """Rows of `width` keys and `SUMMED`, by key."""
    counts, parts = slice(width, width + len(MEASURES)), width + len(MEASURES)
    rest = parts + len(COMPONENTS)
    found = {}
    for row in rows:
        listed, unpriced, equivalent, *capacity = [value or ZERO for value in row[rest:]]
        found[row[:width]] = Sums(
            dict(zip(MEASURES, row[counts], strict=True)),
            dict(zip(COMPONENTS, [value or ZERO for value in row[parts:rest]], strict=True)),
            listed,
            int(unpriced),
            equivalent,
            Sensitivity(*capacity),
        )
    return found


def _install_workflow_rates(con: duckdb.DuckDBPyConnection, shares: Shares) -> None:
    """Rates per request of pools that every workflow bears alike."""
    query(
        con,
        "create or replace temp table workflow_rates (of_workflow varchar, rate decimal(38, 24))",
    )
    for workflow, rate in shares.by_workflow.items():
        con.execute("insert into workflow_rates values (?, ?)", [workflow, rate]).fetchall()


def mark_sql() -> str:
    """SQL of a bucket and its measure as one number, over the columns of a histogram."""
    return f"cast(case measure when 'latency_ms' then {_APART} else 0 end + bucket as integer)"


def read_quantiles(
    con: duckdb.DuckDBPyConnection,
    by: Sequence[Dimension],
    cells: tuple[str, str, str],
    latency: str,
) -> dict[Key, dict[str, dict[str, float]]]:
    """Percentiles by group, and under () of everything, from a relation `latency` of (grain, mark, responses).

    `cells` are a relation that has the columns of `by`, its column that says the grain, and what of it counts.
    """
    relation, grain, counted = cells
    places = range(len(by))
    sql = render(
        "percentiles",
        keys=keys(by),
        names=names(by),
        cells=relation,
        grain=grain,
        counted=counted,
        latency=latency,
        same=" and ".join(f"a.k{at} is not distinct from g.k{at}" for at in places) or "true",
        is_latency=f"mark >= {_APART // 2}",
    )
    found: dict[Key, dict[str, dict[str, float]]] = {}
    width, value_of = len(by), cache(bucket_value)
    for row in query(con, sql):
        is_total, is_latency, p50, p95, p99 = row[width:]
        measure, base = ("latency_ms", _APART) if is_latency else ("ttft_ms", 0)
        found.setdefault(() if is_total else row[:width], {})[measure] = {
            "p50": value_of(p50 - base),
            "p95": value_of(p95 - base),
            "p99": value_of(p99 - base),
        }
    return found
