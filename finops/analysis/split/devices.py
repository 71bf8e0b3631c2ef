"""Who had the accelerators of a month that no bill covers: what an accrual of device time is split by.

The rules are those of a month with a bill at one rate: a holder's busy and idle time to the holder, a deployment's
to its requests by weighted tokens, and what nobody held to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from finops.analysis.capacity.devices import install_devices, read_seen, sample_pool
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.capacity.settle import Owner, tally_of
from finops.analysis.capacity.usage import read_served
from finops.analysis.capacity.weights import weights_of
from finops.analysis.plan_accruals import billed_pools
from finops.analysis.pools import pool_rules
from finops.analysis.split.holders import read_holders
from finops.analysis.split.parts import Part
from finops.analysis.split.plans import read_used

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.capacity.weights import Served
    from finops.analysis.economics import Prepared
    from finops.analysis.split.holders import Holders
    from finops.analysis.split.naming import Names
    from finops.analysis.split.plans import Use

__all__ = ["read_accrued_devices"]


def read_accrued_devices(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, part: Segment, names: Names
) -> dict[str, tuple[Part, ...]]:
    """The parts of each GPU pool that was seen in the month of `part` and has no charge of it, by its name.

    Weights are device time in parts; `prepared` is on `con`.
    """
    month = part.period
    pools = capacity_pools(pool_rules(part.config.pools, part.config.owned), part.config.pools)
    charged = billed_pools(prepared.allocation.charges)
    waiting = [pool for pool in pools if pool.kind == "gpu" and pool.name not in charged]
    if month is None or not waiting:
        return {}
    install_devices(con, part.ledger, month, sample_pool(pools))
    seen = read_seen(con, month)
    found = {pool: [each for each in seen if each.pool == pool.name] for pool in waiting}
    if not any(found.values()):
        return {}
    served = read_served(con, prepared.relations.allocation, month).get(month.label, {})
    used = read_used(con, prepared, names, waiting)
    holders = read_holders(part, names)
    made = {}
    for pool, mine in found.items():
        deployments = served.get(pool.name, {})
        times = {
            owner: sum(time.parts for time in nodes.values())
            for owner, nodes in tally_of(mine, deployments.keys(), ()).items()
        }
        if any(times.values()):
            requests = _requests(pool, deployments, used[pool.name])
            made[pool.name] = tuple(_parts(times, requests, holders))
    return made


def _requests(
    pool: CapacityPool, served: Mapping[str | None, Served], used: Sequence[Use]
) -> dict[str | None, list[Part]]:
    """Requests of each deployment by what they weigh there; by attempts where no token has any weight."""
    found: dict[str | None, list[Part]] = defaultdict(list)
    for each in used:
        whole = served[each.key]
        weights = weights_of(whole, pool.weights)
        weight = weights.weigh(each.served) if weights.weigh(whole) else each.served.rows
        found[each.key].append(Part("requests", each.keys, Fraction(weight), each.tokens, "Tokens"))
    return found


def _parts(
    times: Mapping[Owner, int], requests: Mapping[str | None, Sequence[Part]], holders: Holders
) -> Iterator[Part]:
    """Device time of every holder, that of deployments in proportion to their requests."""
    for owner, time in times.items():
        if owner.kind == "job":
            keys = holders.jobs.get(str(owner.name), holders.nobody)
            yield Part("jobs", keys, Fraction(time))
        elif owner.kind == "workload":
            keys = holders.workloads.get(str(owner.name), holders.nobody)
            yield Part("workloads", keys, Fraction(time))
        elif owner.kind == "requests":
            mine = requests.get(owner.name, ())
            whole = sum((each.weight for each in mine), Fraction())
            for each in mine:
                if each.weight:
                    yield each._replace(weight=time * each.weight / whole)
        else:
            yield Part("gpu_idle", holders.nobody, Fraction(time))
