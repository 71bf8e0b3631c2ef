"""Months: what one still lacks, closing it, taking a close back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from finops.api.answer import Answer
from finops.api.keeping import keep_in_force
from finops.errors import GateFailed
from finops.model.period import parse_month

if TYPE_CHECKING:
    from datetime import date

    from finops.analysis.accruals import Accrual
    from finops.analysis.adjustments import Adjustment
    from finops.analysis.completeness import Completeness
    from finops.analysis.invoices import Invoices
    from finops.analysis.months import Books
    from finops.api.session import Session
    from finops.ledger.snapshots import Closed
    from finops.model.period import Period

__all__ = ["CheckedMonth", "Close", "ClosedMonth", "Evidence", "Shown"]


class Shown(StrEnum):
    """What is shown of a month that is checked."""

    SOURCES = "sources"
    INVOICES = "invoices"
    ACCRUALS = "accruals"
    ADJUSTMENTS = "adjustments"


Evidence: TypeAlias = (
    "Completeness | Closed | Invoices | tuple[Accrual, ...] | tuple[Adjustment, ...]"
)
"""What was asked of a month: what sources delivered, or, once it is closed, what was kept; or one of the others."""


@dataclass(frozen=True, slots=True)
class CheckedMonth(Answer[Evidence]):
    """What was asked of a month, and what keeps it from being closed (of a closed one: what is damaged)."""

    month: str = ""
    obstacles: tuple[str, ...] = ()

    def require(self) -> None:
        """GateFailed when anything keeps the month from being closed."""
        if self.obstacles:
            raise GateFailed(f"{self.month} is not in order: {'; '.join(self.obstacles)}")


@dataclass(frozen=True, slots=True)
class ClosedMonth(Answer["Invoices"]):
    """The invoices of a month just closed, and what was kept of it."""

    closed: Closed


@dataclass(frozen=True, slots=True)
class Close:
    """Questions about months, and closing them: call it to close one."""

    session: Session

    def __call__(
        self,
        month: str,
        *,
        reason: str | None = None,
        accruals: bool = False,
        currency: str | None = None,
    ) -> ClosedMonth:
        """Close `month` (YYYY-MM); its numbers never move again. GateFailed when it is not complete.

        `accruals` accrues what it used and no bill covers. With a `reason` it closes although sources lack.
        """
        from finops.analysis.closing import Decision, close_month
        from finops.analysis.completeness import completeness

        ledger, config = self.session.ledger, self.session.config
        period, decision = parse_month(month), Decision.of_user(reason)
        found = completeness(ledger, config, period, decision.at.date())
        keep_in_force(self.session, ledger, now=decision.at)
        closed = close_month(ledger, config, found, decision, accrue=accruals)
        notes = [f"Closed at {closed.manifest['closed_at']} by {closed.manifest['closed_by']}."]
        if closed.manifest["accruals"]:
            notes.append(f"{len(closed.manifest['accruals'])} lines of usage are accrued.")
        shown = self._invoices(period, currency, *notes)
        return ClosedMonth(shown.value, shown.report, closed)

    def list(self) -> Answer[Books]:
        """Every month and where it stands."""
        from finops.analysis.months import read_books
        from finops.report.close import books_report

        found = read_books(self.session.ledger, self.session.config, _today())
        return Answer(found, books_report(found))

    def check(
        self, month: str, *, show: Shown | str = Shown.SOURCES, currency: str | None = None
    ) -> CheckedMonth:
        """What `month` still lacks, or one thing of it: invoices, accruals, adjustments. Closes nothing."""
        period, today = parse_month(month), _today()
        standing, obstacles = self._standing(period, today)
        shown = Shown(show)
        if shown is Shown.INVOICES:
            standing = self._invoices(period, currency)
        elif shown is Shown.ACCRUALS:
            standing = self._accruals(period)
        elif shown is Shown.ADJUSTMENTS:
            standing = self._adjustments(period)
        return CheckedMonth(standing.value, standing.report, month, obstacles)

    def reopen(self, month: str, *, reason: str | None) -> Closed:
        """Take back the newest close of `month`, on record; UsageError without a reason, or a close."""
        from finops.analysis.closing import Decision, reopen_month

        return reopen_month(self.session.ledger, month, Decision.of_user(reason))

    def folder(self, closed: Closed) -> str:
        """Where what was kept of a month lies: a folder or URL."""
        return f"{self.session.ledger.location.url}/_closed/{closed.name}"

    def _standing(self, period: Period, today: date) -> tuple[Answer[Evidence], tuple[str, ...]]:
        from finops.analysis.books import books
        from finops.analysis.completeness import completeness
        from finops.ledger.snapshots import damage
        from finops.report.close import check_report, kept_report

        session = self.session
        (part,) = books(session.ledger, session.config, period)
        if part.closed is not None:
            damaged = damage(session.ledger.location, part.closed)
            obstacles = tuple(f"{each} is not what was kept" for each in damaged)
            return Answer(part.closed, kept_report(part.closed, period, damaged)), obstacles
        found = completeness(session.ledger, session.config, period, today)
        return Answer(found, check_report(found, today)), found.obstacles(today)

    def _invoices(self, period: Period, currency: str | None, *notes: str) -> Answer[Invoices]:
        from finops.analysis.books import books
        from finops.analysis.invoices import invoices
        from finops.report.close import invoices_report

        (part,) = books(self.session.ledger, self.session.config, period)
        found = invoices(part, currency)
        return Answer(found, invoices_report(found.invoices, period, found.currency, notes=notes))

    def _accruals(self, period: Period) -> Answer[tuple[Accrual, ...]]:
        from finops.analysis.accruals import booked_accruals
        from finops.analysis.books import books
        from finops.report.close import accruals_report

        (part,) = books(self.session.ledger, self.session.config, period)
        found = booked_accruals(part)
        return Answer(found, accruals_report(found, period, is_closed=part.closed is not None))

    def _adjustments(self, period: Period) -> Answer[tuple[Adjustment, ...]]:
        from finops.analysis.adjustments import adjustments
        from finops.ledger.snapshots import closed_months
        from finops.report.close import adjustments_report

        ledger = self.session.ledger
        found = adjustments(ledger, self.session.config, closed_months(ledger.location))
        mine = tuple(each for each in found if period.label in {each.month, each.booked_in})
        return Answer(mine, adjustments_report(mine, period))


def _today() -> date:
    return datetime.now(tz=UTC).date()
