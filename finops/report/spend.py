"""Spend as a report: `finops costs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.model.tables import COST_AMOUNTS
from finops.report.cells import cell_text
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from finops.analysis.spend import Amounts, Spend
    from finops.model.basis import Basis
    from finops.model.period import Period
    from finops.report.model import Row

__all__ = ["spend_report"]

_TITLES = {
    "BilledCost": "Billed",
    "EffectiveCost": "Effective",
    "ListCost": "List",
    "ContractedCost": "Contracted",
}

_BASES = {"billing": "by invoice month", "charge": "by day of use"}


def spend_report(
    spend: Spend,
    *,
    period: Period | None,
    basis: Basis,
    notes: tuple[str, ...] = (),
    limit: int | None = None,
) -> Report:
    """Rows of the dimensions, the four amounts and BillingCurrency.

    With one currency `totals` sums all groups, also those `limit` leaves out; with several the amounts
    of `totals` are null and `totals_by_currency` has one entry each.
    """
    single = spend.totals[0] if len(spend.totals) == 1 else None
    names = [one.name for one in spend.dimensions]
    shown = spend.groups[:limit]
    return Report(
        schema="finops.costs/1",
        title=_title(names, period, basis),
        columns=_columns(names, single is None),
        rows=tuple(
            {
                **dict(zip(names, group.values, strict=True)),
                **_amounts(group.currency, group.amounts),
            }
            for group in shown
        ),
        period=period,
        currency=single[0] if single else None,
        totals={
            **dict.fromkeys(names),
            **(_amounts(*single) if single else dict.fromkeys((*COST_AMOUNTS, "BillingCurrency"))),
        },
        notes=(*notes, *_notes(spend, len(shown)), *spend.notes),
        extras={
            "basis": str(basis),
            "cost_rows": spend.rows,
            "totals_by_currency": [_amounts(*total) for total in spend.totals],
        },
    )


def _title(names: list[str], period: Period | None, basis: Basis) -> str:
    split = f" by {', '.join(names)}" if names else ""
    when = "" if period is None else f", {_BASES[basis]}"
    return f"Spend{split}{when}"


def _columns(names: list[str], many: bool) -> tuple[ReportColumn, ...]:  # noqa: FBT001  (private)
    return (
        *(ReportColumn(name, name) for name in names),
        *(ReportColumn(name, _TITLES[name], Style.MONEY) for name in COST_AMOUNTS),
        ReportColumn("BillingCurrency", "Currency", shown=many),
    )


def _amounts(currency: str, amounts: Amounts) -> Row:
    return {**amounts._asdict(), "BillingCurrency": currency}


def _notes(spend: Spend, shown: int) -> list[str]:
    notes = []
    if not spend.groups:
        notes.append("No cost rows match.")
    if shown < len(spend.groups):
        notes.append(f"{shown:,} of {len(spend.groups):,} rows shown; totals count all of them.")
    if len(spend.totals) > 1:
        notes.append("Amounts in different currencies are not added.")
        notes.extend(_total_note(currency, amounts) for currency, amounts in spend.totals)
    return notes


def _total_note(currency: str, amounts: Amounts) -> str:
    effective, billed = (
        cell_text(amount, Style.MONEY) for amount in (amounts.EffectiveCost, amounts.BilledCost)
    )
    return f"Total in {currency}: effective {effective}, billed {billed}."
