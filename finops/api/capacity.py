"""Accelerators, provisioned throughput and seats: used, idle and unseen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.capacity.holders import Holder
    from finops.analysis.economics import UnitEconomics  # noqa: F401  (base of UsedCapacity)
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["By", "UsedCapacity", "capacity"]


class By(StrEnum):
    """What a row is."""

    POOL = "pool"
    HOLDER = "holder"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class UsedCapacity(Answer["UnitEconomics"]):
    """Capacity as unit economics settled it; `holders` are there when rows are holders or teams."""

    holders: tuple[Holder, ...] = ()


def capacity(
    session: Session,
    by: By | str = By.POOL,
    *,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    **when: Unpack[When],
) -> UsedCapacity:
    """What capacity was used for in a period, in device-hours and money: a row per pool, holder or team.

    `value.allocation.capacity` has every pool and month. UsageError for what there is none of.
    """
    from finops.analysis.capacity.holders import holders, job_teams
    from finops.analysis.economics import Question, unit_economics
    from finops.report.capacity import capacity_report, holders_report

    rows, lines = By(by), split_dimensions(include)
    choice = resolve_period(session.ledger, **when)
    question = Question(period=choice.period, include=lines, currency=currency)
    found = unit_economics(session.ledger, session.config, question)
    if rows is By.POOL:
        return UsedCapacity(found, capacity_report(found, notes=choice.notes))
    held = holders(found.allocation.capacity.months, job_teams(session.ledger))
    report = holders_report(found, held, rows.value, notes=choice.notes)
    return UsedCapacity(found, report, tuple(held))
