"""A compute option on one page: its five dimensions, from measurements, else what would supply them.

Latency profile, cost per response, utilization quality, data locality, operational control. An option is
whatever a filter on the ledger's tables picks out: a vendor, a provider, a deployment. What was not measured
is not guessed: it has a reason and the command that would help.

Definitions. Latencies are of generation calls that succeeded, by nearest rank; a time per output token is
(latency - time to first token) / (output tokens - 1). *At load* is the hour with the most calls. The shares of the
cost of a response sum to 1: what failed, was retried or missed its objective; retrieval; input sent again in the same
run; input read from a cache; capacity nobody used; and the answer itself, which is the rest.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.economics import Question, unit_economics
from finops.analysis.where import quote
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.money import divide, subtract, total
from scorecard.telemetry import ANSWERED, LOADING, Filters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from finops.analysis.measures import Group
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Dimension", "Figure", "Kind", "Option", "Sheet", "not_known", "options_by", "sheet_of"]

_TABLES = ("requests", "costs", "gpu_samples", "changes")


class Dimension(StrEnum):
    """What a compute option is judged by."""

    LATENCY = "Latency profile"
    COST = "Cost per response"
    UTILIZATION = "Utilization quality"
    LOCALITY = "Data locality"
    CONTROL = "Operational control"


class Kind(StrEnum):
    """How a figure is read."""

    MILLISECONDS = "ms"
    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"
    DAY = "day"


class Option(NamedTuple):
    """A compute option: its name, and how the ledger knows it."""

    name: str
    filters: Filters


class Figure(NamedTuple):
    """One figure of one option. A value that is None has a reason, and where one helps a command."""

    dimension: Dimension
    name: str
    title: str
    kind: Kind
    value: Decimal | str | None
    reason: str = ""
    command: str | None = None


class Sheet(NamedTuple):
    """The page of one option."""

    option: str
    currency: str | None
    figures: tuple[Figure, ...]


def options_by(ledger: Ledger, column: str, period: Period | None) -> tuple[Option, ...]:
    """An option for each value of a column of `requests` that served generation calls."""
    if column not in {"provider", "deployment", "pool", "response_model", "region"}:
        raise UsageError(
            f"options are not told apart by {column!r}",
            hint="--by provider, deployment, pool, response_model or region",
        )
    with ledger.connect(["requests"]) as con:
        rows = query(
            con,
            f"select distinct {column} from requests where {column} is not null "
            f"and operation in ('chat', 'text_completion') and {_when(period)} order by 1",
        )
    shared = {"deployment", "pool"}
    return tuple(
        Option(
            name,
            Filters(
                {"requests": f"{column} = {quote(name)}"}
                | ({"gpu_samples": f"pool = {quote(name)}"} if column in shared else {})
            ),
        )
        for (name,) in rows
    )


def sheet_of(ledger: Ledger, config: Config, option: Option, period: Period | None) -> Sheet:
    """Everything known of `option` in `period` (None: all there is)."""
    with ledger.connect(_TABLES) as con:
        reading = _Reading(con, option.filters, period)
        measured = (
            *_latency(reading),
            *_utilization(reading),
            *_locality(reading),
            *_control(reading),
        )
    currency, cost = _cost(ledger, config, option, period)
    order = list(Dimension)
    figures = sorted((*measured, *cost), key=lambda figure: order.index(figure.dimension))
    return Sheet(option.name, currency, tuple(figures))


def _when(period: Period | None, column: str = "timestamp") -> str:
    if period is None:
        return "true"
    day = f"cast({column} as date)"
    return f"{day} >= date '{period.start}' and {day} < date '{period.end}'"


class _Reading(NamedTuple):
    """What figures are read from."""

    con: duckdb.DuckDBPyConnection
    filters: Filters
    period: Period | None

    def first(
        self, table: str, columns: str, among: str = "true", tail: str = ""
    ) -> tuple[Any, ...]:
        """The first row of `columns` over the option's rows of `table`; empty where it has no filter there."""
        if table not in self.filters.tables:
            return ()
        day = "ChargePeriodStart" if table == "costs" else "timestamp"
        where = f"{self.filters.tables[table]} and {_when(self.period, day)} and ({among})"
        rows = query(self.con, f"select {columns} from {table} where {where} {tail}")
        return tuple(rows[0]) if rows else ()


def _decimal(value: object) -> Decimal | None:
    """A measured number to six decimals; None for null."""
    if value is None:
        return None
    return Decimal(str(value)).quantize(Decimal("0.000001")).normalize() + 0


def _figures(
    dimension: Dimension,
    named: Sequence[tuple[str, str, Kind]],
    row: Sequence[object],
    reason: str,
    command: str,
) -> Iterator[Figure]:
    """A figure for each name, its value from `row`; `reason` and `command` stand where it is null."""
    for at, (name, title, kind) in enumerate(named):
        value = _decimal(row[at]) if at < len(row) else None
        missing = value is None
        yield Figure(
            dimension,
            name,
            title,
            kind,
            value,
            reason if missing else "",
            command if missing else None,
        )


_TPOT = "(latency_ms - ttft_ms) / (output_tokens - 1)"


def _latency(reading: _Reading) -> Iterator[Figure]:
    named = (
        ("ttft_p50_ms", "First token, p50", Kind.MILLISECONDS),
        ("ttft_p95_ms", "First token, p95", Kind.MILLISECONDS),
        ("tpot_p50_ms", "Each further token, p50", Kind.MILLISECONDS),
        ("latency_p50_ms", "Whole answer, p50", Kind.MILLISECONDS),
        ("latency_p95_ms", "Whole answer, p95", Kind.MILLISECONDS),
        ("latency_p99_ms", "Whole answer, p99", Kind.MILLISECONDS),
        ("p99_over_p50", "p99 to p50", Kind.NUMBER),
    )
    row = reading.first(
        "requests",
        "quantile_disc(ttft_ms, 0.5), quantile_disc(ttft_ms, 0.95), "
        f"quantile_disc({_TPOT}, 0.5) filter (output_tokens > 1), "
        "quantile_disc(latency_ms, 0.5), quantile_disc(latency_ms, 0.95), quantile_disc(latency_ms, 0.99), "
        "quantile_disc(latency_ms, 0.99) / nullif(quantile_disc(latency_ms, 0.5), 0)",
        ANSWERED,
    )
    reason, command = "no call of it has the times logged", LOADING["requests"]
    yield from _figures(Dimension.LATENCY, named, row, reason, command)
    busiest = reading.first(
        "requests",
        "quantile_disc(latency_ms, 0.95)",
        f"{ANSWERED} and latency_ms is not null",
        "group by date_trunc('hour', timestamp) order by count(*) desc, date_trunc('hour', timestamp) limit 1",
    )
    loaded = (("latency_p95_at_load_ms", "p95 in the busiest hour", Kind.MILLISECONDS),)
    yield from _figures(Dimension.LATENCY, loaded, busiest, reason, command)


_SHARES = (
    ("share_failure", "of it retries and failures", ("failed", "retried", "slo_miss", "cancelled")),
    ("share_retrieval", "of it retrieval", ("retrieval",)),
    ("share_context", "of it context sent again", ("context_growth",)),
    ("share_memory", "of it cached input", ("tokens_cached",)),
    ("share_idle", "of it idle capacity", ("gpu_idle", "commitment_unused")),
)


def _cost(
    ledger: Ledger, config: Config, option: Option, period: Period | None
) -> tuple[str | None, list[Figure]]:
    """What a response costs, and the five shares and the rest that make it up."""
    answer, group = None, None
    if "requests" in option.filters.tables:
        try:
            asked = Question(period=period, where=option.filters.tables["requests"])
            answer = unit_economics(ledger, config, asked)
            group = answer.total
        except UsageError as error:
            return None, [_no_cost(error.message)]
    if answer is None or group is None or not group.counts["responses"]:
        return None, [_no_cost("no response of it is logged")]
    if not group.cost:
        return answer.currency, [_no_cost("the bill has nothing for its calls")]
    return answer.currency, list(_priced(group))


def _priced(group: Group) -> Iterator[Figure]:
    per_response = divide(group.cost, group.counts["responses"])
    yield Figure(
        Dimension.COST, "cost_per_response", "A response, everything in", Kind.MONEY, per_response
    )
    left = Decimal(1)
    for name, title, parts in _SHARES:
        amount = total(group.components.get(part, Decimal(0)) for part in parts)
        share = divide(amount, group.cost)
        left = subtract(left, share)
        yield Figure(Dimension.COST, name, title, Kind.SHARE, share)
    yield Figure(Dimension.COST, "share_answer", "of it the answer itself", Kind.SHARE, left)
    judged, good = group.under_slo, group.counts["good_responses"]
    yield Figure(
        Dimension.UTILIZATION,
        "good_share",
        "Responses within their objective",
        Kind.SHARE,
        divide(Decimal(good), judged) if judged else None,
        "" if judged else "no objective applies to its responses",
        None if judged else "[[slo]] in finops.toml",
    )


def _no_cost(reason: str) -> Figure:
    return Figure(
        Dimension.COST,
        "cost_per_response",
        "A response, everything in",
        Kind.MONEY,
        None,
        reason,
        LOADING["costs"],
    )


def _utilization(reading: _Reading) -> Iterator[Figure]:
    named = (
        ("allocated", "Device time held by work", Kind.SHARE),
        ("active", "Device time engines were active", Kind.SHARE),
        ("throttled", "Device time throttled", Kind.SHARE),
    )
    row = reading.first(
        "gpu_samples",
        "sum(interval_s) filter (coalesce(workload, pod, job_id) is not null) / sum(interval_s), "
        "sum(gr_engine_active * interval_s) / sum(interval_s) filter (gr_engine_active is not null), "
        "sum(throttle_s) / sum(interval_s) filter (throttle_s is not null)",
    )
    reason = "no sample of its devices; a provider that bills tokens shows none"
    yield from _figures(Dimension.UTILIZATION, named, row, reason, LOADING["gpu_samples"])


def _locality(reading: _Reading) -> Iterator[Figure]:
    row = reading.first(
        "requests",
        "quantile_disc(network_ms, 0.5), quantile_disc(network_ms, 0.95), "
        "avg(cast(region <> caller_region as integer)), avg(cast(store_region <> caller_region as integer))",
    )
    missing = "the log of its calls does not say"
    named = (
        ("network_p50_ms", "On the network, p50", Kind.MILLISECONDS),
        ("network_p95_ms", "On the network, p95", Kind.MILLISECONDS),
        ("other_region", "Calls leaving the caller's region", Kind.SHARE),
        ("other_store", "Retrievals from another region", Kind.SHARE),
    )
    command = "finops load requests FILE, with network_ms, region and caller_region"
    yield from _figures(Dimension.LOCALITY, named, row, missing, command)
    egress = reading.first(
        "costs",
        "sum(EffectiveCost) filter (ChargeDescription ilike '%datatransfer-out%' or ChargeDescription ilike "
        "'%egress%'), list(distinct BillingCurrency)",
    )
    value = egress[0] if egress and egress[1] is not None and len(egress[1]) == 1 else None
    known = value is not None
    yield Figure(
        Dimension.LOCALITY,
        "egress",
        "Billed for data going out",
        Kind.MONEY,
        value,
        "" if known else "no line of its own bill is data going out",
        None if known else "costs: … in telemetry.yaml",
    )


def _control(reading: _Reading) -> Iterator[Figure]:
    """Whether it can be observed, routed, scaled and isolated, and when that was last done."""
    seen = reading.first(
        "requests",
        "avg(cast(latency_ms is not null as integer)), "
        "max(cast(timestamp as date)), list(distinct coalesce(response_model, request_model)), "
        "count(distinct environment)",
    )
    logged = seen[0] if seen else None
    yield from _figures(
        Dimension.CONTROL,
        (("observe", "Observe: calls with a latency logged", Kind.SHARE),),
        (logged,),
        "no call of it is logged",
        LOADING["requests"],
    )
    models = [name for name in (seen[2] if len(seen) > 1 and seen[2] else []) if name]
    routed = _last_change(reading, models)
    yield Figure(
        Dimension.CONTROL,
        "route",
        "Route: last change of model or route",
        Kind.DAY,
        routed,
        "" if routed else "no change to or from its models is recorded",
        None if routed else "finops load changes FILE",
    )
    yield from _scaled(reading)
    kept_apart = Decimal(seen[3]) if len(seen) > 3 and seen[3] else None  # noqa: PLR2004  (the fourth column)
    yield Figure(
        Dimension.CONTROL,
        "isolate",
        "Isolate: environments told apart",
        Kind.NUMBER,
        kept_apart,
        "" if kept_apart else "its calls name no environment",
        None if kept_apart else "finops load requests FILE, with environment",
    )


def _last_change(reading: _Reading, models: Sequence[str]) -> str | None:
    """The day of the last change of model or route that concerns one of `models`."""
    if not models:
        return None
    listed = ", ".join(quote(model) for model in models)
    concerns = " or ".join(
        f"{name} in ({listed})" for name in ("subject", "changed_from", "changed_to")
    )
    ((day,),) = query(
        reading.con,
        "select max(cast(changed_at as date)) from changes "
        f"where kind in ('model', 'route') and ({concerns})",
    )
    return None if day is None else str(day.isoformat())


def _scaled(reading: _Reading) -> Iterator[Figure]:
    """The day the number of devices seen in an hour last changed."""
    row = _device_counts(reading)
    days = [later[0] for earlier, later in pairwise(row) if later[1] != earlier[1]]
    day = None if not days else str(days[-1].date().isoformat())
    known = bool(row)
    yield Figure(
        Dimension.CONTROL,
        "scale",
        "Scale: last change of devices in use",
        Kind.DAY,
        day if day or not known else "never",
        "" if known else "no sample of its devices",
        None if known else LOADING["gpu_samples"],
    )


def _device_counts(reading: _Reading) -> list[tuple[Any, int]]:
    """Devices that held work in each hour, in order."""
    if "gpu_samples" not in reading.filters.tables:
        return []
    where = f"{reading.filters.tables['gpu_samples']} and {_when(reading.period)}"
    rows = query(
        reading.con,
        "select date_trunc('hour', timestamp) as hour, "
        "count(distinct device_uuid) filter (coalesce(workload, pod, job_id) is not null) "
        f"from gpu_samples where {where} group by 1 order by 1",
    )
    return [(row[0], row[1]) for row in rows]


def not_known(sheets: Sequence[Sheet]) -> Mapping[str, Mapping[str, list[str]]]:
    """By the reason and the command that would help: titles of figures that are not known, with whose they are."""
    found: dict[str, dict[str, list[str]]] = {}
    for sheet in sheets:
        for figure in sheet.figures:
            if figure.value is None:
                why = figure.reason + (f": {figure.command}" if figure.command else "")
                found.setdefault(why, {}).setdefault(figure.title, []).append(sheet.option)
    return found
