"""Who answers for which cost, and what nobody answers for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period
from finops.errors import GateFailed, UsageError

if TYPE_CHECKING:
    from finops.analysis.owners.check import OwnersCheck
    from finops.analysis.owners.registry import Registry
    from finops.api.session import Session
    from finops.model.period import Period

__all__ = ["CheckedOwners", "Owners"]


@dataclass(frozen=True, slots=True)
class CheckedOwners(Answer["OwnersCheck"]):
    """What has no owner in `period` (None: the whole ledger)."""

    period: Period | None = None

    def propose(self) -> Answer[OwnersCheck]:
        """Rows of owners.csv that would settle it."""
        from finops.report.owners import proposal_report

        return Answer(self.value, proposal_report(self.value, period=self.period))

    def require(self, max_unowned: float) -> None:
        """GateFailed when a larger share of what was charged has no team, in any currency."""
        from finops.analysis.owners.check import BILL

        for (side, currency), cost in self.value.spent.items():
            if side != BILL or not cost:
                continue
            share = self.value.left(side, currency) / cost
            if share > max_unowned:
                raise GateFailed(
                    f"{float(share):.1%} of what was charged in {currency} has no team; "
                    f"allowed is {max_unowned:.1%}",
                    hint="finops owners check --propose --format csv",
                )


@dataclass(frozen=True, slots=True)
class Owners:
    """Questions about owners."""

    session: Session

    def check(
        self,
        *,
        month: str | None = None,
        everything: bool = False,
        currency: str | None = None,
        limit: int | None = None,
    ) -> CheckedOwners:
        """What has no owner, dearest first: charges by account or service, requests by key or project."""
        from finops.analysis.owners.check import check_owners
        from finops.report.owners import check_report

        session = self.session
        choice = resolve_period(session.ledger, month=month, everything=everything)
        found = check_owners(session.ledger, session.config, choice.period, currency)
        report = check_report(found, period=choice.period, limit=limit, notes=choice.notes)
        return CheckedOwners(found, report, choice.period)

    def list(self, *, on: str | date | None = None) -> Answer[Registry]:
        """The rows of owners.csv, or those in force `on` a day; UsageError for what is no day."""
        from finops.analysis.owners.registry import read_registry
        from finops.report.owners import list_report

        registry = read_registry(self.session.config.owners.file)
        return Answer(registry, list_report(registry, on=_day(on)))


def _day(on: str | date | None) -> date | None:
    if on is None or isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise UsageError(f"{on!r} is not a date", hint="write it as YYYY-MM-DD") from None
