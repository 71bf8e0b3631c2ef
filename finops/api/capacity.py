"""Accelerators, provisioned throughput and seats: used, idle and unseen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.capacity.holders import Holder
    from finops.api.opening import PeriodChoice, When
    from finops.api.session import Session

__all__ = ["By", "UsedCapacity", "capacity"]


class By(StrEnum):
    """What a row is."""

    POOL = "pool"
    HOLDER = "holder"
    TEAM = "team"
    DAY = "day"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class UsedCapacity(Answer[Any]):
    """Capacity as unit economics settled it; `holders` are there when rows are holders or teams.

    `value` is a `UnitEconomics`, or where rows are days or nodes the tuple of `DeviceDay`.
    """

    holders: tuple[Holder, ...] = ()


def capacity(
    session: Session,
    by: By | str = By.POOL,
    *,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    **when: Unpack[When],
) -> UsedCapacity:
    """What capacity was used for in a period: a row per pool, holder or team, with its money, or per day or node.

    `value.allocation.capacity` has every pool and month. UsageError for what there is none of.
    """
    from finops.analysis.capacity.holders import holders, job_teams
    from finops.analysis.economics import Question, unit_economics
    from finops.report.capacity import capacity_report, holders_report

    rows, lines = By(by), split_dimensions(include)
    choice = resolve_period(session.ledger, **when)
    if rows in {By.DAY, By.NODE}:
        return _by_day(session, choice, nodes=rows is By.NODE)
    question = Question(period=choice.period, include=lines, currency=currency)
    found = unit_economics(session.ledger, session.config, question)
    if rows is By.POOL:
        return UsedCapacity(found, capacity_report(found, notes=choice.notes))
    held = holders(found.allocation.capacity.months, job_teams(session.ledger))
    report = holders_report(found, held, rows.value, notes=choice.notes)
    return UsedCapacity(found, report, tuple(held))


def _by_day(session: Session, choice: PeriodChoice, *, nodes: bool) -> UsedCapacity:
    """Device-hours of every day; nothing is settled for it."""
    from finops.analysis.capacity.device_days import device_days
    from finops.report.device_days import device_days_report

    found = device_days(session.ledger, session.config, choice.period)
    report = device_days_report(found, nodes=nodes, period=choice.period, notes=choice.notes)
    return UsedCapacity(found, report)
