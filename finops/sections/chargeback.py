"""`[chargeback]`: accounts of the general ledger that the journal of a chargeback posts to."""

from __future__ import annotations

from pydantic import Field

from finops.sections.base import Section

__all__ = ["Accounts"]


class Accounts(Section):
    """Codes of accounts; the journal leaves one empty that is not given here."""

    expense: str | None = Field(
        default=None,
        description="Debited where no row of owners.csv gives a gl_code.",
    )
    payable: str | None = Field(default=None, description="Credited with what invoices bill.")
    prepaid: str | None = Field(
        default=None,
        description="Credited with EffectiveCost less BilledCost: commitments used up, less those bought.",
    )
    owned: str | None = Field(
        default=None,
        description="Credited with the cost of owned hardware (accumulated depreciation).",
    )
    accrued: str | None = Field(
        default=None, description="Credited with usage that no invoice covers yet."
    )
    rounding: str | None = Field(
        default=None, description="Takes what rounding to the smallest unit of the currency leaves."
    )
