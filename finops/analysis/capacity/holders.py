"""Who held a pool's devices in a period, for how long, and what it cost: jobs with their teams, deployments, workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import ORIGINS
from finops.ledger.engine import query
from finops.model.money import ZERO, add, multiply, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.capacity.settle import Time
    from finops.ledger.store import Ledger

__all__ = ["Held", "Holder", "held", "holders", "job_teams"]


class Holder(NamedTuple):
    """One holder of a pool; device time in parts, dollars of both origins.

    `kind` is `job`, `deployment`, `workload` or `nobody`; `team` is that of the job, None elsewhere.
    """

    pool: str
    kind: str
    name: str | None
    team: str | None
    busy: int
    idle: int
    cost: Decimal


class Held(NamedTuple):
    """What one holder had of one node in one month: device time, and what it is charged for it."""

    pool: str
    kind: str
    name: str | None
    team: str | None
    node: str | None
    month: str
    time: Time
    cost: Decimal


def held(months: Iterable[DeviceMonth], teams: Mapping[str, str | None]) -> Iterator[Held]:
    """Device time of the period by holder, node and month; `teams` are those of jobs.

    Nobody is charged for time that is spread on what was busy.
    """
    for month in months:
        spread = total((*month.rates.spread_idle.values(), *month.rates.spread_unused.values()))
        is_spread = any(month.rates.spread_idle.values())
        for owner, times in month.stretch.tally.items():
            kind = "deployment" if owner.kind == "requests" else owner.kind
            team = teams.get(str(owner.name)) if owner.kind == "job" else None
            who = (month.facts.pool.name, kind, owner.name, team)
            for node, time in times.items():
                rate = total(month.rates.by_node[node].per_part[origin] for origin in ORIGINS)
                cost = add(multiply(rate, time.parts), multiply(spread, time.busy))
                is_free = owner.kind == "nobody" and is_spread
                yield Held(*who, node, month.facts.month, time, ZERO if is_free else cost)


def holders(months: Iterable[DeviceMonth], teams: Mapping[str, str | None]) -> tuple[Holder, ...]:
    """Every holder of the period's device time, dearest first; `teams` are those of jobs."""
    found: dict[tuple[str, str, str | None, str | None], tuple[int, int, Decimal]] = {}
    for each in held(months, teams):
        key = (each.pool, each.kind, each.name, each.team)
        busy, idle, cost = found.get(key, (0, 0, ZERO))
        found[key] = (busy + each.time.busy, idle + each.time.idle, add(cost, each.cost))
    rows = [Holder(*key, *sums) for key, sums in found.items()]
    rows.sort(key=lambda row: (-row.cost, row.pool, row.kind, str(row.name)))
    return tuple(rows)


def job_teams(ledger: Ledger) -> dict[str, str | None]:
    """The team of every job in the ledger."""
    with ledger.connect(["jobs"]) as con:
        return dict(query(con, "select job_id, max(team) from jobs group by job_id"))
