"""Every check of a period's data, what most hangs on first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.economics import Question, unit_economics
from finops.analysis.quality.accounts import allocation, invoiced, prices, rows_of_bills
from finops.analysis.quality.finding import ranked
from finops.analysis.quality.sources import deliveries, missing_days, stored_sums
from finops.ledger.status import ledger_status
from finops.model.money import ZERO

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.quality.finding import Finding
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Quality", "quality", "quality_of"]


class Quality(NamedTuple):
    """The answer: every finding, and the EffectiveCost of the period they are shares of."""

    period: Period
    currency: str
    charged: Decimal
    findings: tuple[Finding, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return all(each.is_ok for each in self.findings)


def quality(
    ledger: Ledger,
    config: Config,
    period: Period,
    currency: str | None = None,
    today: date | None = None,
) -> Quality:
    """What the data of `period` lack, as it is known on `today`."""
    day = today or datetime.now(tz=UTC).date()
    answer = unit_economics(ledger, config, Question(period, ("model",), currency=currency))
    return quality_of(ledger, config, answer, day)


def quality_of(ledger: Ledger, config: Config, answer: UnitEconomics, today: date) -> Quality:
    """The same for the period of `answer`, unit economics by model among others."""
    period, money = answer.period, answer.currency
    status = ledger_status(ledger, datetime(today.year, today.month, today.day, tzinfo=UTC))
    found = [
        *deliveries(ledger, config, period, money, today),
        *missing_days(ledger, period, money),
        *stored_sums(status, period, money),
        *invoiced(ledger, config, period, money),
        *prices(answer),
        *allocation(answer),
        *rows_of_bills(ledger, config, period, money),
    ]
    charged = answer.reconciliation.amounts.get("EffectiveCost", ZERO)
    return Quality(period, money, charged, ranked(found))
