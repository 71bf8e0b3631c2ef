"""Projections side by side: pools to own or rent, pairs of models of which the small one could go first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.model.period import Period

__all__ = ["OwnOrRent", "SmallFirst", "own_or_rent_report", "small_first_report"]


class OwnOrRent(NamedTuple):
    """One pool: its demand, both prices, what owning is worth, and what to do. None with `why`.

    NPV is of owning instead of renting: P10, at the values given, and P90.
    """

    pool: str
    device_model: str | None
    stands: str
    """`owned` or `rented`."""
    command: str
    devices: int | None = None
    utilization: float | None = None
    price_per_hour: float | None = None
    breakeven_utilization: float | None = None
    payback_months: float | None = None
    npv_low: float | None = None
    npv: float | None = None
    npv_high: float | None = None
    decision: str | None = None
    why: str | None = None


class SmallFirst(NamedTuple):
    """One pair: the threshold chosen, quality and saving with their 95 % interval, and what to do."""

    small: str
    large: str | None
    workflow: str | None
    command: str
    requests: int | None = None
    """Attempts of the large model in the month."""
    threshold: Decimal | None = None
    escalation_rate: float | None = None
    quality_low: float | None = None
    quality_delta: float | None = None
    quality_high: float | None = None
    saving: float | None = None
    saving_low: Decimal | None = None
    """Money of the month, as `saving_at` and `saving_high`."""
    saving_at: Decimal | None = None
    saving_high: Decimal | None = None
    decision: str | None = None
    why: str | None = None


def own_or_rent_report(rows: Sequence[OwnOrRent], month: Period, currency: str) -> Report:
    """A row for each pool."""
    return Report(
        schema="finops.own_or_rent/1",
        title="Own or rent, by the demand measured",
        columns=(
            ReportColumn("pool", "Pool"),
            ReportColumn("device_model", "Device"),
            ReportColumn("stands", "Stands"),
            ReportColumn("devices", "Devices", Style.COUNT),
            ReportColumn("utilization", "Held", Style.RATIO),
            ReportColumn("price_per_hour", "Rent an hour", Style.UNIT_MONEY),
            ReportColumn("breakeven_utilization", "Pays from", Style.RATIO),
            ReportColumn("payback_months", "Payback months", Style.NUMBER),
            ReportColumn("npv_low", "NPV, P10", Style.MONEY),
            ReportColumn("npv", "NPV of owning", Style.MONEY),
            ReportColumn("npv_high", "NPV, P90", Style.MONEY),
            ReportColumn("decision", "Decision"),
            *_last(rows),
        ),
        rows=tuple(row._asdict() for row in rows),
        period=month,
        currency=currency,
    )


def small_first_report(rows: Sequence[SmallFirst], month: Period, currency: str) -> Report:
    """A row for each pair."""
    return Report(
        schema="finops.small_first/1",
        title="A small model first, by answers judged",
        columns=(
            ReportColumn("small", "Small model"),
            ReportColumn("large", "Large model"),
            ReportColumn("workflow", "Workflow"),
            ReportColumn("requests", "Requests", Style.COUNT),
            ReportColumn("threshold", "Threshold", Style.NUMBER),
            ReportColumn("escalation_rate", "Escalated", Style.RATIO, shown=False),
            ReportColumn("quality_low", "Quality, low", Style.RATIO),
            ReportColumn("quality_delta", "vs all-large", Style.RATIO),
            ReportColumn("quality_high", "Quality, high", Style.RATIO),
            ReportColumn("saving", "Saving", Style.RATIO, shown=False),
            ReportColumn("saving_low", "A month, low", Style.MONEY),
            ReportColumn("saving_at", "A month", Style.MONEY),
            ReportColumn("saving_high", "A month, high", Style.MONEY),
            ReportColumn("decision", "Decision"),
            *_last(rows),
        ),
        rows=tuple(row._asdict() for row in rows),
        period=month,
        currency=currency,
    )


def _last(rows: Sequence[OwnOrRent | SmallFirst]) -> tuple[ReportColumn, ...]:
    """Why numbers are missing, where any are, and the command that shows a row whole."""
    why = ReportColumn("why", "Why n/a", shown=any(row.why for row in rows))
    return (why, ReportColumn("command", "All of it", shown=False))
