"""What our own ledger says about a vendor: one measurement for each thing a questionnaire's field can be held to.

How the ledger knows a vendor stands in `telemetry.yaml` beside its answers: a filter for each table.

    requests: provider = 'acme'
    costs: ServiceProviderName = 'Acme' and x_Model = 'acme-large'
    gpu_samples: cluster = 'acme-eu'
    jobs: cluster = 'acme-eu'
    gpus_per_unit: 8        # GPUs in one unit of an hour the bill counts

Definitions. Latency, time to first token and speed are of generation calls that succeeded, by nearest rank.
Speed is output tokens by second after the first token, the median call. Availability is the share of
attempts the vendor did not fail: a timeout and an error are the vendor's, unless it is the caller's (rate limit,
invalid request, authentication); cancelled and blocked attempts are left out. Prices are what the bill
charges after discounts, by unit. *Lost* is GPU time of jobs that ended by node failure or preemption.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.where import compile_where
from finops.errors import ConfigError, UsageError
from finops.ledger.engine import query
from finops.model.money import divide, multiply
from finops.model.tables import TABLES
from finops.yamltext import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import duckdb

    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = [
    "ANSWERED",
    "LOADING",
    "METRICS",
    "Filters",
    "Measurement",
    "Metric",
    "measure",
    "read_filters",
    "rows_behind",
]

_TABLES = ("requests", "costs", "gpu_samples", "jobs")
LOADING = {
    "requests": "finops load requests FILE",
    "costs": "finops load costs FILE",
    "gpu_samples": "finops load gpu FILE",
    "jobs": "finops load jobs FILE",
}
_DAY = {
    "requests": "cast(timestamp as date)",
    "costs": "cast(ChargePeriodStart as date)",
    "gpu_samples": "cast(timestamp as date)",
    "jobs": "cast(ended_at as date)",
}

ANSWERED = "operation in ('chat', 'text_completion') and status = 'ok'"
_CALLERS = (
    "rate_limit_exceeded",
    "invalid_request",
    "invalid_request_error",
    "authentication_error",
    "permission_error",
    "not_found",
    "context_length_exceeded",
)
_THEIR_FAULT = (
    "(status = 'timeout' or (status = 'error' and coalesce(error_type, '') not in ("
    + ", ".join(f"'{name}'" for name in _CALLERS)
    + ")))"
)
_HOURS = "lower(PricingUnit) in ('hour', 'hours', 'hrs', 'h', 'gpu-hours')"
_USAGE = "ChargeCategory = 'Usage' and x_CostOrigin = 'bill'"
_SECONDS = "date_diff('second', started_at, ended_at) * gpu_count"


class Metric(NamedTuple):
    """One thing measured: a share of two aggregates over the rows of `table` for which `among` holds.

    `worse` says which way a claim fails: `above` it, `below` it, or `not in` what it lists. A measurement
    may be worse by `tolerance` of the claim before the two contradict each other. `behind` picks the rows that
    show it, given the claim.
    """

    table: str
    among: str
    top: str
    bottom: str = "null"
    times: int = 1
    unit: str = ""
    worse: str = "above"
    tolerance: str = "0.05"
    behind: str = ""
    shows: str = "*"


_REQUEST = "timestamp, request_id, response_model, status, error_type, latency_ms, ttft_ms, output_tokens, region"
_CHARGE = "ChargePeriodStart, SkuId, x_Model, x_TokenType, PricingUnit, PricingQuantity, EffectiveCost, InvoiceId"
_JOB = "job_id, started_at, ended_at, state, gpu_count, data_stall_s"

METRICS: Mapping[str, Metric] = {
    "latency_p95_ms": Metric(
        "requests", f"{ANSWERED} and latency_ms is not null", "quantile_disc(latency_ms, 0.95)",
        unit="ms", behind="latency_ms > {claim}", shows=_REQUEST,
    ),
    "latency_p99_ms": Metric(
        "requests", f"{ANSWERED} and latency_ms is not null", "quantile_disc(latency_ms, 0.99)",
        unit="ms", behind="latency_ms > {claim}", shows=_REQUEST,
    ),
    "ttft_p95_ms": Metric(
        "requests", f"{ANSWERED} and ttft_ms is not null", "quantile_disc(ttft_ms, 0.95)",
        unit="ms", behind="ttft_ms > {claim}", shows=_REQUEST,
    ),
    "tokens_per_second": Metric(
        "requests", f"{ANSWERED} and output_tokens > 0 and latency_ms > coalesce(ttft_ms, 0)",
        "quantile_disc(output_tokens * 1000.0 / (latency_ms - coalesce(ttft_ms, 0)), 0.5)",
        unit="tokens/s", worse="below",
        behind="output_tokens * 1000.0 / (latency_ms - coalesce(ttft_ms, 0)) < {claim}", shows=_REQUEST,
    ),
    "availability_percent": Metric(
        "requests", "status in ('ok', 'error', 'timeout')",
        f"count(*) filter (not {_THEIR_FAULT})", "count(*)", 100, "%", "below", "0",
        behind=_THEIR_FAULT, shows=_REQUEST,
    ),
    "regions": Metric(
        "requests", "region is not null", "list_sort(list(distinct region))",
        worse="not in", behind="true", shows=_REQUEST,
    ),
    "price_gpu_hour": Metric(
        "costs", f"{_USAGE} and {_HOURS} and PricingQuantity > 0",
        "sum(EffectiveCost)", "sum(PricingQuantity) * {gpus}", unit="money", tolerance="0.01",
        behind="EffectiveCost > {claim} * PricingQuantity * {gpus}", shows=_CHARGE,
    ),
    "price_million_input": Metric(
        "costs", f"{_USAGE} and x_TokenType = 'uncached_input' and ConsumedQuantity > 0",
        "sum(EffectiveCost)", "sum(ConsumedQuantity)", 1_000_000, "money", tolerance="0.01",
        behind="EffectiveCost * 1000000 > {claim} * ConsumedQuantity", shows=_CHARGE,
    ),
    "price_million_output": Metric(
        "costs", f"{_USAGE} and x_TokenType = 'output' and ConsumedQuantity > 0",
        "sum(EffectiveCost)", "sum(ConsumedQuantity)", 1_000_000, "money", tolerance="0.01",
        behind="EffectiveCost * 1000000 > {claim} * ConsumedQuantity", shows=_CHARGE,
    ),
    "invoice_agreement": Metric(
        "costs", _USAGE,
        "sum(EffectiveCost) filter (x_Model is not null and SubAccountId is not null "
        "and date_diff('day', ChargePeriodStart, ChargePeriodEnd) <= 1)",
        "sum(EffectiveCost)", 100, "%", "below", "0.05",
        behind="x_Model is null or SubAccountId is null or "
        "date_diff('day', ChargePeriodStart, ChargePeriodEnd) > 1", shows=_CHARGE,
    ),
    "throttle_percent": Metric(
        "gpu_samples", "throttle_s is not null", "sum(throttle_s)", "sum(interval_s)", 100, "%",
        behind="throttle_s > 0", shows="timestamp, node, device_uuid, interval_s, throttle_s",
    ),
    "data_stall_percent": Metric(
        "jobs", "data_stall_s is not null and ended_at > started_at",
        "sum(data_stall_s)", "sum(date_diff('second', started_at, ended_at))", 100, "%",
        behind="data_stall_s > 0", shows=_JOB,
    ),
    "lost_percent": Metric(
        "jobs", "ended_at > started_at and gpu_count > 0",
        f"sum({_SECONDS}) filter (state in ('node_fail', 'preempted'))", f"sum({_SECONDS})", 100, "%",
        behind="state in ('node_fail', 'preempted')", shows=_JOB,
    ),
}  # fmt: skip
"""Everything the ledger can hold a vendor's answer to, by the name the catalog's fields use."""


class Filters(NamedTuple):
    """How the ledger knows a vendor: a checked filter for each table, and GPUs in a billed unit."""

    tables: Mapping[str, str]
    gpus_per_unit: Decimal = Decimal(1)


class Measurement(NamedTuple):
    """What was measured. `value` is None with a reason (and the command that would help) where it was not.

    `query` gives the number again; `rows` of the ledger were counted, the last of `day`. `currency` is that of a
    price. `found` lists the regions, of regions only.
    """

    metric: str
    value: Decimal | None
    unit: str
    rows: int
    day: date | None
    query: str
    reason: str = ""
    command: str | None = None
    currency: str | None = None
    found: tuple[str, ...] = ()


def read_filters(path: Path) -> Filters | None:
    """The filters in `path`, None where there is no such file; ConfigError when one is wrong."""
    if not path.is_file():
        return None
    raw = parse_yaml(path.read_text(encoding="utf-8"), str(path)) or {}
    known = {*_TABLES, "gpus_per_unit"}
    if not isinstance(raw, dict) or set(raw) - known:
        raise ConfigError(f"{path}: has filters for {', '.join(_TABLES)}, and gpus_per_unit")
    tables = {}
    for name in _TABLES:
        if raw.get(name) is None:
            continue
        columns = {column.name: column.name for column in TABLES[name].columns}
        try:
            tables[name] = compile_where(str(raw[name]), columns).sql
        except UsageError as error:
            raise ConfigError(f"{path}: {name}: {error.message}", hint=error.hint) from error
    gpus = raw.get("gpus_per_unit", 1)
    if isinstance(gpus, bool) or not isinstance(gpus, int | Decimal) or gpus <= 0:
        raise ConfigError(f"{path}: gpus_per_unit is a number above 0")
    return Filters(tables, Decimal(gpus))


def measure(ledger: Ledger, filters: Filters, period: Period | None) -> dict[str, Measurement]:
    """Every metric of the vendor in `period` (None: all there is)."""
    with ledger.connect(_TABLES) as con:
        return {name: _measured(con, name, filters, period) for name in METRICS}


def rows_behind(metric: str, filters: Filters, period: Period | None, claim: Decimal | None) -> str:
    """SQL that lists the rows which show that the claim does not hold, to be run with `finops sql`."""
    found = METRICS[metric]
    number = "0" if claim is None else f"{claim:f}"
    condition = found.behind.format(claim=number, gpus=f"{filters.gpus_per_unit:f}")
    where = _where(found, filters, period)
    return f"select {found.shows} from {found.table} where {where} and ({condition})"


def _where(metric: Metric, filters: Filters, period: Period | None) -> str:
    parts = [filters.tables[metric.table], f"({metric.among})"]
    if period is not None:
        day = _DAY[metric.table]
        parts.append(f"{day} >= date '{period.start}' and {day} < date '{period.end}'")
    return " and ".join(parts)


def _measured(
    con: duckdb.DuckDBPyConnection, name: str, filters: Filters, period: Period | None
) -> Measurement:
    metric = METRICS[name]
    if metric.table not in filters.tables:
        reason = f"telemetry.yaml does not say which {metric.table} are the vendor's"
        return Measurement(
            name, None, metric.unit, 0, None, "", reason, f"{metric.table}: … in telemetry.yaml"
        )
    bottom = metric.bottom.format(gpus=f"{filters.gpus_per_unit:f}")
    currency = "list_sort(list(distinct BillingCurrency))" if metric.table == "costs" else "null"
    sql = (
        f"select {metric.top}, {bottom}, count(*), max({_DAY[metric.table]}), {currency} "
        f"from {metric.table} where {_where(metric, filters, period)}"
    )
    ((top, below, rows, day, currencies),) = query(con, sql)
    made = Measurement(name, None, metric.unit, rows, day, sql)
    if not rows or (top is None and below is None):
        when = "" if period is None else f" in {period.label}"
        what = metric.table.replace("_", " ")
        return made._replace(
            reason=f"the ledger has no such {what}{when}", command=LOADING[metric.table]
        )
    return _valued(made, metric, top, below, currencies)


def _valued(
    made: Measurement,
    metric: Metric,
    top: Any,  # noqa: ANN401  (an aggregate of any kind)
    below: Any,  # noqa: ANN401
    currencies: list[str] | None,
) -> Measurement:
    if isinstance(top, list):
        return made._replace(value=Decimal(len(top)), found=tuple(top), unit="regions")
    if currencies and metric.unit == "money":
        if len(currencies) > 1:
            return made._replace(reason=f"its bills are in {' and '.join(currencies)}: not added")
        made = made._replace(currency=currencies[0])
    number = Decimal(str(top or 0))
    if below is None:
        return made._replace(value=_short(number))
    whole = Decimal(str(below))
    if not whole:
        return made._replace(reason="nothing to take a share of")
    return made._replace(value=_short(divide(multiply(number, metric.times), whole)))


def _short(value: Decimal) -> Decimal:
    """`value` to six decimals, which is more than any of them means."""
    return value.quantize(Decimal("0.000001")).normalize() + 0
