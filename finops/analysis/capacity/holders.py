"""Who held a pool's devices in a period, for how long, and what it cost: jobs with their teams, deployments, workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import ORIGINS
from finops.ledger.engine import query
from finops.model.money import ZERO, add, multiply, total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.capacity.settle import Owner
    from finops.ledger.store import Ledger

__all__ = ["Holder", "holders", "job_teams"]


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


def holders(months: Sequence[DeviceMonth], teams: Mapping[str, str | None]) -> tuple[Holder, ...]:
    """Every holder of the period's device time, dearest first; `teams` are those of jobs."""
    found: dict[tuple[str, Owner], tuple[int, int, Decimal]] = {}
    for month in months:
        for owner, times in month.stretch.tally.items():
            spread = total((*month.rates.spread_idle.values(), *month.rates.spread_unused.values()))
            cost = total(
                add(
                    multiply(
                        total(month.rates.by_node[node].per_part[o] for o in ORIGINS), time.parts
                    ),
                    multiply(spread, time.busy),
                )
                for node, time in times.items()
            )
            if owner.kind == "nobody" and any(month.rates.spread_idle.values()):
                cost = ZERO
            busy, idle, before = found.get((month.facts.pool.name, owner), (0, 0, ZERO))
            found[month.facts.pool.name, owner] = (
                busy + sum(time.busy for time in times.values()),
                idle + sum(time.idle for time in times.values()),
                add(before, cost),
            )
    rows = [
        Holder(
            pool,
            "deployment" if owner.kind == "requests" else owner.kind,
            owner.name,
            teams.get(str(owner.name)) if owner.kind == "job" else None,
            *sums,
        )
        for (pool, owner), sums in found.items()
    ]
    rows.sort(key=lambda row: (-row.cost, row.pool, row.kind, str(row.name)))
    return tuple(rows)


def job_teams(ledger: Ledger) -> dict[str, str | None]:
    """The team of every job in the ledger."""
    with ledger.connect(["jobs"]) as con:
        return dict(query(con, "select job_id, max(team) from jobs group by job_id"))
