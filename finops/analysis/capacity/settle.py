"""A device pool's month settled: what a part of device time costs, who held it, what a token of it costs.

    rate of device time = charges of the pool / device time billed         (cut at the 24th decimal place)
    cost of a holder    = rate x its busy and its idle device time
    rate of a token     = cost of the deployment / its weighted tokens     (cut again)

Holders are jobs, deployments of requests, and workloads no request names; what nobody held is idle, and what
was billed and not seen is unobserved. Origins of cost (bill, owned) share the device time, and each has its
own rates. Rates are those of whole months; a shorter window counts its own device time and tokens by them.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.units import PARTS
from finops.analysis.capacity.weights import Weights, weights_of
from finops.analysis.charges import ORIGINS
from finops.model.money import ZERO, add, multiply, total, truncate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.capacity.billed import Billed
    from finops.analysis.capacity.devices import Seen
    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.capacity.weights import Served

__all__ = [
    "NOBODY",
    "Facts",
    "NodeRate",
    "Owner",
    "Rates",
    "Tally",
    "Time",
    "TokenRate",
    "device_facts",
    "settle",
    "tally_of",
]


class Owner(NamedTuple):
    """Who has device time: `job`, `requests` (of a deployment, or of none), `workload`, or `nobody`."""

    kind: str
    name: str | None = None


NOBODY = Owner("nobody")


class Time(NamedTuple):
    """Device time in parts."""

    busy: int = 0
    idle: int = 0

    @property
    def parts(self) -> int:
        """All of it."""
        return self.busy + self.idle


Tally = dict[Owner, dict["str | None", Time]]
"""Device time by owner and rate group (a node, or None for all that is not told apart)."""


class Facts(NamedTuple):
    """What a pool's month is settled on, whatever the dollars. `served` is by deployment."""

    pool: CapacityPool
    month: str
    billed: Mapping[str | None, Billed]
    tally: Tally
    served: Mapping[str | None, Served]
    weights: Mapping[str | None, Weights]
    unmeasured: int = 0

    def observed(self, node: str | None) -> int:
        """Parts of device time seen in a rate group."""
        return sum(times[node].parts for times in self.tally.values() if node in times)

    @property
    def nodes(self) -> tuple[str | None, ...]:
        """Rate groups, billed or seen."""
        seen = {node for times in self.tally.values() for node in times}
        return tuple(sorted(seen | set(self.billed), key=str))

    @property
    def busy(self) -> int:
        """Parts of device time somebody's work ran in."""
        return sum(time.busy for times in self.tally.values() for time in times.values())


class NodeRate(NamedTuple):
    """Dollars of a part of device time by origin, over what: `billed` or `observed` time, or nothing."""

    basis: str | None
    parts: int
    per_part: Mapping[str, Decimal]


class TokenRate(NamedTuple):
    """What a deployment's device time cost, and so one weighted token (or attempt, when it has none).

    `busy`, `idle`, `unused` and the rates are by origin.
    """

    weights: Weights
    units: int
    by_rows: bool
    busy: Mapping[str, Decimal]
    idle: Mapping[str, Decimal]
    unused: Mapping[str, Decimal]
    busy_rate: Mapping[str, Decimal]
    idle_rate: Mapping[str, Decimal]
    unused_rate: Mapping[str, Decimal]

    @property
    def cost(self) -> Decimal:
        """All of it."""
        return total(
            amount for part in (self.busy, self.idle, self.unused) for amount in part.values()
        )

    def per_unit(self, origin: str) -> Decimal:
        """Dollars of one weighted token, of all three."""
        rates = (self.busy_rate, self.idle_rate, self.unused_rate)
        return total(rate.get(origin, ZERO) for rate in rates)

    def units_of(self, served: Served) -> int:
        """Weighted tokens, or attempts, of `served`."""
        return served.rows if self.by_rows else self.weights.weigh(served)


class Rates(NamedTuple):
    """Everything a pool's month costs by: device time by node, what is spread on busy time, tokens."""

    by_node: Mapping[str | None, NodeRate]
    spread_idle: Mapping[str, Decimal]
    spread_unused: Mapping[str, Decimal]
    tokens: Mapping[str | None, TokenRate]


def device_facts(
    pool: CapacityPool,
    month: str,
    billed: Iterable[Billed],
    seen: Sequence[Seen],
    served: Mapping[str | None, Served],
) -> Facts:
    """The facts of a GPU pool's month: what was billed, seen and served."""
    groups = {each.node: each for each in billed}
    return Facts(
        pool,
        month,
        groups,
        tally_of(seen, served.keys(), groups.keys()),
        served,
        {key: weights_of(found, pool.weights) for key, found in served.items()},
        sum(each.unmeasured for each in seen),
    )


def tally_of(
    seen: Iterable[Seen], served: Iterable[str | None], nodes: Iterable[str | None]
) -> Tally:
    """Device time by owner: `served` are the deployments requests name, `nodes` those with own rates."""
    deployments, known = frozenset(served), frozenset(nodes)
    found: dict[Owner, dict[str | None, Time]] = defaultdict(dict)
    for each in seen:
        owner = _owner(each, deployments)
        node = each.node if each.node in known else None
        time = found[owner].get(node, Time())
        found[owner][node] = Time(time.busy + each.busy, time.idle + each.parts - each.busy)
    return dict(found)


def _owner(seen: Seen, deployments: frozenset[str | None]) -> Owner:
    if not seen.is_held:
        return NOBODY
    if seen.job is not None:
        return Owner("job", seen.job)
    if seen.work is not None and seen.work in deployments:
        return Owner("requests", seen.work)
    return Owner("requests") if None in deployments else Owner("workload", seen.work)


def settle(facts: Facts, include: frozenset[str]) -> Rates:
    """The rates of a pool's month; `include` may name `idle` and `unused`, to be spread on busy time."""
    by_node = {node: _node_rate(facts, node) for node in facts.nodes}
    nobody = facts.tally.get(NOBODY, {})
    idle = {
        origin: total(_dollars(by_node, nobody, origin)) if "idle" in include else ZERO
        for origin in ORIGINS
    }
    unused = {
        origin: total(each.unused.get(origin, ZERO) for each in facts.billed.values())
        if "unused" in include
        else ZERO
        for origin in ORIGINS
    }
    spread_idle, spread_unused = (
        {origin: _cut(amount[origin], facts.busy) for origin in ORIGINS}
        for amount in (idle, unused)
    )
    tokens = {}
    for owner, times in facts.tally.items():
        if owner.kind == "requests" and any(each.cost for each in facts.billed.values()):
            tokens[owner.name] = _token_rate(
                facts, owner.name, times, by_node, spread_idle, spread_unused
            )
    return Rates(by_node, spread_idle, spread_unused, tokens)


def _node_rate(facts: Facts, node: str | None) -> NodeRate:
    billed, observed = facts.billed.get(node), facts.observed(node)
    ms = 0 if billed is None else billed.ms
    if ms is not None and ms > 0:
        basis, parts = "billed", PARTS * ms
    elif observed > 0:
        basis, parts = "observed", observed
    else:
        return NodeRate(None, 0, dict.fromkeys(ORIGINS, ZERO))
    cost = {} if billed is None else billed.cost
    return NodeRate(
        basis, parts, {origin: _cut(cost.get(origin, ZERO), parts) for origin in ORIGINS}
    )


def _cut(amount: Decimal, units: int) -> Decimal:
    return truncate(Fraction(amount) / units) if units > 0 else ZERO


def _dollars(
    by_node: Mapping[str | None, NodeRate], times: Mapping[str | None, Time], origin: str
) -> list[Decimal]:
    return [multiply(by_node[node].per_part[origin], time.parts) for node, time in times.items()]


def _token_rate(
    facts: Facts,
    key: str | None,
    times: Mapping[str | None, Time],
    by_node: Mapping[str | None, NodeRate],
    spread_idle: Mapping[str, Decimal],
    spread_unused: Mapping[str, Decimal],
) -> TokenRate:
    served, weights = facts.served[key], facts.weights[key]
    mine = sum(time.busy for time in times.values())
    busy = {
        origin: total(multiply(by_node[n].per_part[origin], t.busy) for n, t in times.items())
        for origin in ORIGINS
    }
    held = {
        origin: total(multiply(by_node[n].per_part[origin], t.idle) for n, t in times.items())
        for origin in ORIGINS
    }
    idle = {o: add(held[o], multiply(spread_idle[o], mine)) for o in ORIGINS}
    unused = {o: multiply(spread_unused[o], mine) for o in ORIGINS}
    weighted = weights.weigh(served)
    units = weighted or served.rows
    busy_rate, idle_rate, unused_rate = (
        {origin: _cut(amount[origin], units) for origin in ORIGINS}
        for amount in (busy, idle, unused)
    )
    return TokenRate(
        weights, units, not weighted, busy, idle, unused, busy_rate, idle_rate, unused_rate
    )
