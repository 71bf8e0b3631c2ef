"""What capacity was billed: dollars by origin, and for how much time of how many accelerators.

A bill counts instances over time; each is so many accelerators (`units`). Rows of a pool without a unit of
time (storage, a licence) are cost of it and add no device time; charges of owned devices say the time they are in
service. A charge covers its period evenly, cut so that adjoining stretches add up.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.units import Instance, gpu_share, gpus_of, is_device_unit, ms_per_unit
from finops.analysis.charges import charge_rows
from finops.analysis.pools import element_sql
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.money import add

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb

    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.pools import PoolRule
    from finops.model.period import Period

__all__ = ["BASES", "Billed", "Charge", "Span", "ms_between", "read_billed"]

BASES = ("all-to-gpu", "aws-9:1", "opencost", "custom")
"""Ways to say what part of an instance's price its accelerators are."""

_STEP = timedelta(microseconds=1)


class Span(NamedTuple):
    """Device time billed for `[starts, ends)`, in milliseconds."""

    starts: datetime
    ends: datetime
    ms: int


class Charge(NamedTuple):
    """One kind of row of the bill of a pool, summed."""

    pool: str
    origin: str
    line: str
    names: tuple[str | None, str | None]
    unit: str | None
    instance: Instance
    starts: datetime
    ends: datetime
    cost: Decimal
    quantity: Decimal | None


class Billed(NamedTuple):
    """Charges of one pool and rate group: dollars by origin, device time, and what of it is unknown.

    `node` None stands for all that is not told apart. `gpu_cost` is the accelerators' part of `cost` by
    basis, None where the bill does not say enough.
    """

    pool: str
    node: str | None
    cost: Mapping[str, Decimal]
    unused: Mapping[str, Decimal]
    spans: tuple[Span, ...]
    unknown: tuple[str, ...]
    gpu_cost: Mapping[str, Fraction | None]

    @property
    def ms(self) -> int | None:
        """Device-milliseconds billed; None when they cannot be counted."""
        return None if self.unknown else sum(span.ms for span in self.spans)


def read_billed(
    con: duckdb.DuckDBPyConnection,
    period: Period,
    currency: str,
    rules: Sequence[PoolRule],
    pools: Sequence[CapacityPool],
    nodes: Mapping[str, frozenset[str]],
) -> tuple[Billed, ...]:
    """Charges of `pools` in `period`; a pool with rates as applied is told apart by its `nodes`."""
    by_name = {pool.name: pool for pool in pools}
    groups: dict[tuple[str, str | None], list[Charge]] = defaultdict(list)
    for charge in _charges(con, period, currency, rules, pools):
        known = nodes.get(charge.pool, frozenset())
        node = next((name for name in charge.names if name in known), None)
        groups[charge.pool, node].append(charge)
    return tuple(
        _billed(by_name[pool], node, charges)
        for (pool, node), charges in sorted(groups.items(), key=str)
    )


def ms_between(spans: Iterable[Span], start: datetime, end: datetime) -> int:
    """The part of `spans` that falls into `[start, end)`; adjoining stretches add up."""
    return sum(_part(span, start, end) for span in spans)


def _part(span: Span, start: datetime, end: datetime) -> int:
    if span.ends <= span.starts:
        return span.ms if start <= span.starts < end else 0
    whole = (span.ends - span.starts) // _STEP

    def until(moment: datetime) -> int:
        inside = min(max(moment, span.starts), span.ends)
        return span.ms * ((inside - span.starts) // _STEP) // whole

    return until(end) - until(start)


def _charges(
    con: duckdb.DuckDBPyConnection,
    period: Period,
    currency: str,
    rules: Sequence[PoolRule],
    pools: Sequence[CapacityPool],
) -> list[Charge]:
    if not pools:
        return []
    applied = ", ".join(quote(pool.name) for pool in pools if pool.as_applied) or "null"
    names = ", ".join(quote(pool.name) for pool in pools)
    rows = query(
        con,
        f"""
        select
            pool,
            x_CostOrigin,
            line,
            case when pool in ({applied}) then ResourceId end as resource_id,
            case when pool in ({applied}) then ResourceName end as resource_name,
            case
                when {element_sql(rules)} then null
                when ConsumedQuantity is null then PricingUnit
                else ConsumedUnit
            end as unit,
            {_detail("GpuCount", "x_GpuCount")} as gpu_count,
            {_detail("InstanceType")} as instance_type,
            SkuMeter,
            {_detail("CoreCount")} as cores,
            {_detail("MemorySize")} as memory,
            ChargePeriodStart,
            ChargePeriodEnd,
            sum(EffectiveCost) as cost,
            sum(coalesce(ConsumedQuantity, PricingQuantity)) as quantity
        from ({charge_rows(period, currency, rules)}) as charges
        where pool in ({names}) and line in ('usage', 'commitment_unused')
        group by all
        """,
    )
    return [
        Charge(
            pool,
            origin,
            line,
            (resource, name),
            unit,
            Instance(gpus, kind, meter, cores, memory),
            starts,
            ends,
            cost,
            quantity,
        )
        for (
            pool, origin, line, resource, name, unit, gpus, kind, meter, cores, memory,
            starts, ends, cost, quantity,
        ) in rows
    ]  # fmt: skip


def _detail(*names: str) -> str:
    found = ", ".join(f"json_extract_string(SkuPriceDetails, '/{name}')" for name in names)
    return f"coalesce({found})" if len(names) > 1 else found


def _billed(pool: CapacityPool, node: str | None, charges: Sequence[Charge]) -> Billed:
    cost: dict[str, Decimal] = {}
    unused: dict[str, Decimal] = {}
    times: dict[tuple[datetime, datetime], Fraction] = defaultdict(Fraction)
    unknown: list[str] = []
    for charge in charges:
        into = unused if charge.line == "commitment_unused" else cost
        into[charge.origin] = add(into.get(charge.origin, Decimal(0)), charge.cost)
        if charge.line != "usage":
            continue
        size = ms_per_unit(charge.unit)
        if size is None or charge.quantity is None:
            continue
        gpus = _gpus(pool, charge)
        if gpus is None:
            kind = charge.instance.type or charge.instance.meter or "an instance without a type"
            unknown.append(kind)
        else:
            times[charge.starts, charge.ends] += Fraction(charge.quantity) * gpus * size
    spans = tuple(Span(*edges, floor(ms)) for edges, ms in sorted(times.items()))
    return Billed(
        pool.name,
        node,
        cost,
        unused,
        spans,
        tuple(sorted(set(unknown))),
        {basis: _gpu_cost(pool, basis, charges) for basis in BASES},
    )


def _gpus(pool: CapacityPool, charge: Charge) -> int | None:
    """Accelerators in one billed unit; provisioned throughput counts its own units."""
    if pool.kind != "gpu" or is_device_unit(charge.unit):
        return 1
    return pool.gpus_per_unit or gpus_of(charge.instance)


def _gpu_cost(pool: CapacityPool, basis: str, charges: Sequence[Charge]) -> Fraction | None:
    """The accelerators' part of the usage cost; rows without device time are the host's."""
    if pool.kind != "gpu":
        return None
    cost = Fraction(0)
    for charge in charges:
        if charge.line != "usage" or not charge.cost:
            continue
        if basis != "all-to-gpu" and ms_per_unit(charge.unit) is None:
            continue
        share = gpu_share(basis, charge.instance, pool.gpu_share)
        if share is None:
            return None
        cost += Fraction(charge.cost) * share
    return cost
