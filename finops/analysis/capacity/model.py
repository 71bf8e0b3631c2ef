"""Capacity of a period: every pool's months settled, and the period accounted for at their rates.

The order: what was billed, who was seen on it, which requests it served, month by month; then rates; then
what of the period's device time and requests costs what.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.account import Stretch, account, seat_account
from finops.analysis.capacity.billed import ms_between, read_billed
from finops.analysis.capacity.devices import install_devices, read_seen, sample_pool
from finops.analysis.capacity.provisioned import provisioned_facts, provisioned_tally
from finops.analysis.capacity.seats import SeatMonth, seat_month
from finops.analysis.capacity.settle import Facts, Rates, device_facts, settle, tally_of
from finops.analysis.capacity.usage import read_demand, read_served
from finops.analysis.capacity.weights import together
from finops.analysis.charges import ORIGINS
from finops.model.money import ZERO, add, subtract, total
from finops.model.period import Period, parse_month

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    import duckdb

    from finops.analysis.capacity.account import Account
    from finops.analysis.capacity.billed import Billed
    from finops.analysis.capacity.devices import Seen
    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.capacity.provisioned import Demand
    from finops.analysis.capacity.settle import Tally
    from finops.analysis.capacity.weights import Served
    from finops.analysis.charges import Charges
    from finops.analysis.pools import PoolRule
    from finops.ledger.store import Ledger

__all__ = ["Asked", "Capacity", "DeviceMonth", "PoolBooks", "capacity"]


class Asked(NamedTuple):
    """What capacity is asked for: the period's own days and the whole months it lies in.

    `is_whole` when the period is taken by the month of the invoice. `include` may name `idle`, `unused`.
    `cells` is the relation of requests, `hours` the one that tells hours apart.
    """

    days: Period
    months: Period
    is_whole: bool
    currency: str
    rules: tuple[PoolRule, ...]
    pools: tuple[CapacityPool, ...]
    include: frozenset[str]
    cells: str
    hours: str


class DeviceMonth(NamedTuple):
    """A GPU or provisioned pool's month: facts, rates, and the period's part of it by origin."""

    facts: Facts
    rates: Rates
    stretch: Stretch
    accounts: Mapping[str, Account]


class PoolBooks(NamedTuple):
    """Where a pool's charges of one origin went; they sum to its usage, and its unused commitment."""

    pool: str
    origin: str
    requests: Decimal
    jobs: Decimal
    workloads: Decimal
    gpu_idle: Decimal
    unobserved: Decimal
    seat: Decimal
    commitment_unused: Decimal
    blending: Decimal
    rounding: Decimal


class Capacity(NamedTuple):
    """Capacity of a period: months by pool, seats, books by pool and origin, and device time of no pool."""

    months: tuple[DeviceMonth, ...]
    seats: tuple[SeatMonth, ...]
    books: tuple[PoolBooks, ...]
    strays: tuple[Seen, ...]


class _Month(NamedTuple):
    """What one month is made of."""

    name: str
    billed: Mapping[str, tuple[Billed, ...]]
    seen: Mapping[str | None, list[Seen]]
    served: Mapping[str, Mapping[str | None, Served]]


class _Within(NamedTuple):
    """What of the period lies in one month."""

    edges: tuple[datetime, datetime] | None
    seen: Mapping[str | None, list[Seen]]
    served: Mapping[str, Mapping[str | None, Served]]
    billed: Mapping[str, tuple[Billed, ...]]


def capacity(
    con: duckdb.DuckDBPyConnection, ledger: Ledger | None, asked: Asked, charges: Charges
) -> Capacity:
    """Settle and account for every capacity pool; views `costs`, `gpu_samples` and `asked.cells` on `con`."""
    devices = [pool.name for pool in asked.pools if pool.kind == "gpu"]
    months = [parse_month(name) for name in asked.months.months]
    nodes: dict[str, frozenset[str]] = {}
    bills = _bills(con, asked, months, nodes)
    seen: list[Seen] = []
    if any(name in bill for bill in bills.values() for name in devices):
        install_devices(con, ledger, asked.months, sample_pool(asked.pools))
        seen = read_seen(con, asked.months)
        nodes = _nodes(asked.pools, seen)
        if nodes:
            bills = _bills(con, asked, months, nodes)
    served = read_served(con, asked.cells, asked.months)
    demand = {
        pool.name: read_demand(con, asked.hours, asked.months, pool.name)
        for pool in asked.pools
        if pool.tokens_per_unit_minute is not None
    }
    by_month = _by_month(seen)
    found = [
        _Month(name, bills[name], by_month.get(name, {}), served.get(name, {}))
        for name in asked.months.months
    ]
    stretches = _stretches(con, asked, found, nodes)
    device_months, seats, parts = [], [], []
    for month, within in zip(found, stretches, strict=True):
        for pool in asked.pools:
            if pool.name not in month.billed:
                continue
            if pool.kind == "seat":
                made = seat_month(
                    pool, month.name, month.billed[pool.name][0], month.served.get(pool.name, {})
                )
                seats.append(made)
                parts.append(_seat_part(made, within))
            else:
                device = _device_month(pool, month, within, asked, demand.get(pool.name, {}))
                device_months.append(device)
                parts.append(_device_part(device))
    known = {pool.name for pool in asked.pools}
    return Capacity(
        tuple(device_months),
        tuple(seats),
        tuple(_books(asked, charges, parts)),
        tuple(each for each in seen if each.pool not in known),
    )


def _bills(
    con: duckdb.DuckDBPyConnection,
    asked: Asked,
    months: Sequence[Period],
    nodes: Mapping[str, frozenset[str]],
) -> dict[str, dict[str, tuple[Billed, ...]]]:
    """Charges by month and pool."""
    return {f"{month.start:%Y-%m}": _billed(con, asked, month, nodes) for month in months}


def _billed(
    con: duckdb.DuckDBPyConnection,
    asked: Asked,
    period: Period,
    nodes: Mapping[str, frozenset[str]],
) -> dict[str, tuple[Billed, ...]]:
    found: dict[str, list[Billed]] = defaultdict(list)
    for each in read_billed(con, period, asked.currency, asked.rules, asked.pools, nodes):
        found[each.pool].append(each)
    return {pool: tuple(groups) for pool, groups in found.items()}


def _nodes(pools: Sequence[CapacityPool], seen: Iterable[Seen]) -> dict[str, frozenset[str]]:
    """Nodes seen in each pool whose rates are as applied."""
    applied = {pool.name for pool in pools if pool.as_applied}
    found: dict[str, set[str]] = defaultdict(set)
    for each in seen:
        if each.pool in applied and each.node is not None:
            found[str(each.pool)].add(each.node)
    return {pool: frozenset(names) for pool, names in found.items()}


def _by_month(seen: Iterable[Seen]) -> dict[str, dict[str | None, list[Seen]]]:
    found: dict[str, dict[str | None, list[Seen]]] = defaultdict(lambda: defaultdict(list))
    for each in seen:
        found[each.month][each.pool].append(each)
    return found


def _stretches(
    con: duckdb.DuckDBPyConnection,
    asked: Asked,
    months: Sequence[_Month],
    nodes: Mapping[str, frozenset[str]],
) -> list[_Within]:
    """The period's part of each month."""
    if asked.is_whole:
        return [_Within(None, month.seen, month.served, month.billed) for month in months]
    has_seen = any(month.seen for month in months)
    seen = _by_month(read_seen(con, asked.days)) if has_seen else {}
    served = read_served(con, asked.cells, asked.days)
    billed = _billed(con, asked, asked.days, nodes)
    found = []
    for month in months:
        whole = parse_month(month.name)
        part = Period(max(whole.start, asked.days.start), min(whole.end, asked.days.end))
        name = month.name
        found.append(_Within(part.bounds(), seen.get(name, {}), served.get(name, {}), billed))
    return found


def _device_month(
    pool: CapacityPool, month: _Month, within: _Within, asked: Asked, demand: Demand
) -> DeviceMonth:
    billed, served = month.billed[pool.name], month.served.get(pool.name, {})
    if pool.kind == "provisioned":
        facts = provisioned_facts(pool, month.name, billed[0], served, _in(demand, month.name))
    else:
        facts = device_facts(pool, month.name, billed, month.seen.get(pool.name, []), served)
    rates = settle(facts, asked.include)
    stretch = _stretch(pool, facts, within, demand)
    accounts = {
        origin: account(facts, rates, origin, stretch, spreads_idle="idle" in asked.include)
        for origin in ORIGINS
    }
    return DeviceMonth(facts, rates, stretch, accounts)


def _stretch(pool: CapacityPool, facts: Facts, within: _Within, demand: Demand) -> Stretch:
    """The period's part of a pool's month."""
    served = within.served.get(pool.name, {})
    if pool.kind == "provisioned":
        served = {None: together(served.values())} if served else {}
    if within.edges is None:
        ms = {node: billed.ms for node, billed in facts.billed.items()}
        return Stretch(facts.tally, served, ms, is_month=True)
    groups = {each.node: each for each in within.billed.get(pool.name, ())}
    billed = {
        node: None
        if month.ms is None
        else (ms_between(groups[node].spans, *within.edges) if node in groups else 0)
        for node, month in facts.billed.items()
    }
    return Stretch(_tally(pool, facts, within, demand), served, billed, is_month=False)


def _in(demand: Demand, month: str) -> Demand:
    return {hour: found for hour, found in demand.items() if f"{hour:%Y-%m}" == month}


def _tally(pool: CapacityPool, facts: Facts, within: _Within, demand: Demand) -> Tally:
    """Device time of the stretch, by the owners of the month."""
    if pool.kind == "provisioned":
        if not facts.served:
            return {}
        return provisioned_tally(
            pool, facts.billed[None], facts.weights[None], demand, within.edges
        )
    return tally_of(within.seen.get(pool.name, []), facts.served, facts.billed)


class _Part(NamedTuple):
    """One pool's month in the books: charges of the month, what of the period is named, and how."""

    pool: str
    cost: Mapping[str, Decimal]
    unused: Mapping[str, Decimal]
    accounts: Mapping[str, Account]
    has_rate: bool
    spreads_unused: bool


def _device_part(month: DeviceMonth) -> _Part:
    facts = month.facts
    billed = facts.billed.values()
    return _Part(
        facts.pool.name,
        {origin: total(each.cost.get(origin, ZERO) for each in billed) for origin in ORIGINS},
        {origin: total(each.unused.get(origin, ZERO) for each in billed) for origin in ORIGINS},
        month.accounts,
        any(rate.basis for rate in month.rates.by_node.values()),
        facts.busy > 0,
    )


def _seat_part(month: SeatMonth, within: _Within) -> _Part:
    served = within.served.get(month.pool.name, {})
    return _Part(
        month.pool.name,
        month.billed.cost,
        month.billed.unused,
        {origin: seat_account(month, origin, served) for origin in ORIGINS},
        bool(month.rates),
        spreads_unused=False,
    )


def _books(asked: Asked, charges: Charges, parts: Sequence[_Part]) -> list[PoolBooks]:
    kinds = {pool.name: pool.kind for pool in asked.pools}
    found = []
    for pool, kind in kinds.items():
        mine = [part for part in parts if part.pool == pool]
        for origin in ORIGINS:
            of_pool = [c for c in charges.charges if (c.pool, c.origin) == (pool, origin)]
            usage, unused = (
                total(c.cost for c in of_pool if c.line == line)
                for line in ("usage", "commitment_unused")
            )
            if of_pool or not all(part.accounts[origin].is_empty for part in mine):
                found.append(_pool_books(asked, (pool, origin, kind), usage, unused, mine))
    return found


def _pool_books(
    asked: Asked,
    of: tuple[str, str, str],
    usage: Decimal,
    unused: Decimal,
    parts: Sequence[_Part],
) -> PoolBooks:
    """Hold what is named against what was charged; the rest is rounding, blending or not known."""
    pool, origin, kind = of
    accounts = [part.accounts[origin] for part in parts]
    spread = [part for part in parts if part.spreads_unused and "unused" in asked.include]
    kept = unused
    if asked.is_whole:
        kept = subtract(unused, total(part.unused.get(origin, ZERO) for part in spread))
    elif spread:
        kept = ZERO
    rest = subtract(add(usage, subtract(unused, kept)), total(found.named for found in accounts))
    unobserved, seat, rounding = total(found.unobserved for found in accounts), ZERO, ZERO
    if asked.is_whole:
        for part in parts:
            if kind == "seat" and not part.has_rate:
                seat = add(seat, part.cost.get(origin, ZERO))
                continue
            charged = part.cost.get(origin, ZERO)
            if part in spread:
                charged = add(charged, part.unused.get(origin, ZERO))
            rounding = add(rounding, subtract(charged, part.accounts[origin].named))
        rest = subtract(rest, add(seat, rounding))
    elif not any(part.has_rate for part in parts):
        if kind == "seat":
            seat = rest
        else:
            unobserved = add(unobserved, rest)
        rest = ZERO
    return PoolBooks(
        pool,
        origin,
        total(found.requests for found in accounts),
        total(amount for found in accounts for amount in found.jobs.values()),
        total(amount for found in accounts for amount in found.workloads.values()),
        total(found.gpu_idle for found in accounts),
        unobserved,
        seat,
        kept,
        rest,
        rounding,
    )
