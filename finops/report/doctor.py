"""Whether everything is in order, as a report: a row for each thing looked at."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from finops.report.model import Report, ReportColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Check", "State", "doctor_report"]


class State(StrEnum):
    """How a check came out; only `broken` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    INFO = "info"


class Check(NamedTuple):
    """One thing looked at."""

    name: str
    state: State
    detail: str


def doctor_report(checks: Sequence[Check]) -> Report:
    """`checks` in the order they were made."""
    broken = sum(check.state is State.BROKEN for check in checks)
    return Report(
        schema="finops.doctor/1",
        title="Doctor: everything is in order" if not broken else f"Doctor: {broken} broken",
        columns=(
            ReportColumn("check", "Check"),
            ReportColumn("state", "State"),
            ReportColumn("detail", "Detail"),
        ),
        rows=tuple(
            {"check": check.name, "state": str(check.state), "detail": check.detail}
            for check in checks
        ),
        extras={"healthy": not broken},
    )
