"""Closing as reports: where months stand, what a month still lacks, its invoices, accruals, adjustments."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from finops.analysis.invoices import PARTS
from finops.model.money import ZERO, total
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from finops.analysis.accruals import Accrual
    from finops.analysis.adjustments import Adjustment
    from finops.analysis.completeness import Completeness
    from finops.analysis.invoices import Invoice
    from finops.analysis.months import Books, Month
    from finops.ledger.snapshots import Closed
    from finops.model.period import Period
    from finops.report.model import Row

__all__ = [
    "accruals_report",
    "adjustments_report",
    "books_report",
    "check_report",
    "invoices_report",
    "kept_report",
]


def books_report(found: Books) -> Report:
    """Every month with its state; adjustments and late rows stand in notes."""
    return Report(
        schema="finops.close_list/1",
        title="Months",
        columns=(
            ReportColumn("month", "Month"),
            ReportColumn("state", "State"),
            ReportColumn("currency", "Currency"),
            ReportColumn("BilledCost", "Billed", Style.MONEY),
            ReportColumn("EffectiveCost", "Effective", Style.MONEY),
            ReportColumn("adjustments", "of it earlier months", Style.MONEY),
            ReportColumn("final_on", "Final on", optional=True),
            ReportColumn("close", "Close"),
            ReportColumn("closed_at", "Closed at", Style.TIME, optional=True),
            ReportColumn("closed_by", "Closed by", shown=False),
            ReportColumn("reason", "Reason", shown=False),
            ReportColumn("finops_version", "Closed with", shown=False),
            ReportColumn("price_book", "Prices", shown=False),
            ReportColumn("reopened", "Reopened", Style.COUNT, shown=False),
        ),
        rows=tuple(_month(each) for each in found.months),
        notes=(*_pending_notes(found.adjustments), *_late_notes(found)),
        extras={"late": [each._asdict() for each in found.late]},
    )


def _month(month: Month) -> Row:
    manifest = {} if month.closed is None else month.closed.manifest
    return {
        "month": month.month,
        "state": str(month.state),
        "currency": month.currency,
        "BilledCost": month.billed,
        "EffectiveCost": month.effective,
        "adjustments": month.adjustments,
        "final_on": month.final_on.isoformat(),
        "close": None if month.closed is None else month.closed.name,
        "closed_at": manifest.get("closed_at"),
        "closed_by": manifest.get("closed_by"),
        "reason": manifest.get("reason"),
        "finops_version": manifest.get("finops"),
        "price_book": manifest.get("price_book"),
        "reopened": month.reopened,
    }


def _pending_notes(found: Sequence[Adjustment]) -> list[str]:
    pending = [each for each in found if each.is_pending]
    keys = dict.fromkeys((each.month, each.booked_in, each.currency) for each in pending)
    notes = []
    for month, target, currency in keys:
        mine = [
            e for e in pending if (e.month, e.booked_in, e.currency) == (month, target, currency)
        ]
        amount = total(each.effective for each in mine)
        notes.append(
            f"{month} changed after its close: {amount:+.2f} {currency} is booked in {target} "
            f"(finops close {target} --check --show adjustments)."
        )
    return notes


def _late_notes(found: Books) -> list[str]:
    return [
        f"{each.rows:+,} rows of {each.table} for {each.month} since its close: its books do not count them."
        for each in found.late
    ]


def check_report(found: Completeness, today: date) -> Report:
    """Each source of an open month: how far it has come, and what is missing."""
    obstacles = found.obstacles(today)
    return Report(
        schema="finops.close_check/1",
        title=f"{found.state.capitalize()} month",
        columns=(
            ReportColumn("source", "Source"),
            ReportColumn("table", "Table"),
            ReportColumn("rows", "Rows", Style.COUNT),
            ReportColumn("through", "Through"),
            ReportColumn("loaded_at", "Loaded", Style.TIME),
            ReportColumn("final_on", "Final on"),
            ReportColumn("missing", "Missing"),
        ),
        rows=tuple(
            {
                "source": each.source,
                "table": each.table,
                "rows": each.rows,
                "through": _last_day(each.through),
                "loaded_at": _time(each.loaded_at),
                "final_on": each.final_on.isoformat(),
                "missing": each.missing or "",
            }
            for each in found.deliveries
        ),
        period=found.month,
        notes=tuple(f"Not yet: {each}." for each in obstacles),
        extras={
            "state": str(found.state),
            "can_close": not obstacles,
            "obstacles": list(obstacles),
            "final_on": found.final_on.isoformat(),
        },
    )


def kept_report(closed: Closed, period: Period, damaged: Sequence[str]) -> Report:
    """What a close keeps of each table, every byte of it read again."""
    tables = list(dict.fromkeys(each.table for each in closed.files))
    manifest = closed.manifest
    return Report(
        schema="finops.close_kept/1",
        title="Closed month",
        columns=(
            ReportColumn("table", "Table"),
            ReportColumn("files", "Files", Style.COUNT),
            ReportColumn("rows", "Rows", Style.COUNT),
            ReportColumn("bytes", "Bytes", Style.COUNT),
            ReportColumn("damaged", "Damaged", Style.COUNT),
        ),
        rows=tuple(
            {
                "table": table,
                "files": len(closed.of(table)),
                "rows": sum(each.file.rows or 0 for each in closed.of(table)),
                "bytes": sum(each.file.size for each in closed.of(table)),
                "damaged": sum(each.startswith(f"{table}/") for each in damaged),
            }
            for table in tables
        ),
        period=period,
        notes=(
            (
                f"Closed at {manifest['closed_at']} by {manifest['closed_by']}, close {closed.name}, "
                f"finops {manifest['finops']}, prices of {manifest['price_book']}."
            ),
            *(f"Not what was kept: {each}." for each in damaged),
        ),
        extras={
            "state": "closed",
            "close": closed.name,
            "manifest_sha256": closed.manifest_sha256,
            "damaged_files": list(damaged),
            **{name: manifest[name] for name in _TOLD},
        },
    )


_TOLD = (
    "closed_at",
    "closed_by",
    "reason",
    "obstacles",
    "finops",
    "price_book",
    "config_sha256",
    "ledger_versions",
    "accruals",
    "previous",
)
"""What of a manifest a report repeats."""


def _last_day(through: date | None) -> str | None:
    return None if through is None else (through - timedelta(days=1)).isoformat()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def invoices_report(
    found: Sequence[Invoice], period: Period, currency: str, *, notes: Sequence[str] = ()
) -> Report:
    """Each invoice with where its EffectiveCost went; `difference` is zero in every row."""
    used = [part for part in PARTS if any(each.parts.get(part) for each in found)]
    return Report(
        schema="finops.close_invoices/1",
        title="Invoices",
        columns=(
            ReportColumn("InvoiceId", "Invoice"),
            ReportColumn("InvoiceIssuerName", "Issuer", optional=True),
            ReportColumn("BilledCost", "Billed", Style.MONEY),
            ReportColumn("EffectiveCost", "Effective", Style.MONEY),
            *(
                ReportColumn(
                    part, part.replace("_", " ").capitalize(), Style.MONEY, shown=part in used
                )
                for part in PARTS
            ),
            ReportColumn("difference", "Difference", Style.MONEY),
        ),
        rows=tuple(_invoice(each) for each in found),
        period=period,
        currency=currency,
        totals={
            "InvoiceId": None,
            "InvoiceIssuerName": None,
            "BilledCost": total(each.billed for each in found),
            "EffectiveCost": total(each.effective for each in found),
            **{
                part: total(each.parts[part] for each in found if part in each.parts)
                for part in PARTS
            },
            "difference": total(each.difference for each in found),
        },
        notes=tuple(notes),
    )


def _invoice(invoice: Invoice) -> Row:
    return {
        "InvoiceId": invoice.invoice,
        "InvoiceIssuerName": invoice.issuer,
        "BilledCost": invoice.billed,
        "EffectiveCost": invoice.effective,
        **{part: invoice.parts.get(part, ZERO) for part in PARTS},
        "difference": invoice.difference,
    }


def accruals_report(found: Sequence[Accrual], period: Period, *, is_closed: bool = False) -> Report:
    """What the month used and no bill covers, with the rate it is accrued at; of a closed one what was booked."""
    priced = [each.amount for each in found if each.amount is not None]
    currency = found[0].currency if found else None
    notes = [
        f"{each.quantity:,.0f} {each.unit} of {each.provider} {each.used} ({each.kind}) are not accrued: "
        f"{each.source}."
        for each in found
        if each.amount is None
    ]
    if not found:
        notes.append(
            "The close booked no accruals."
            if is_closed
            else "Bills cover everything the log shows: nothing to accrue."
        )
    return Report(
        schema="finops.close_accruals/1",
        title="Used, not invoiced",
        columns=(
            ReportColumn("provider", "Provider"),
            ReportColumn("used", "Used"),
            ReportColumn("kind", "Kind"),
            ReportColumn("quantity", "Quantity", Style.NUMBER),
            ReportColumn("unit", "Unit"),
            ReportColumn("rate", "Rate", Style.UNIT_MONEY),
            ReportColumn("amount", "Amount", Style.MONEY),
            ReportColumn("source", "Rate from"),
            ReportColumn("first", "From", optional=True),
            ReportColumn("last", "To", optional=True),
        ),
        rows=tuple(
            {
                **{
                    name: value
                    for name, value in each._asdict().items()
                    if name not in {"currency", "pool"}
                },
                "first": each.first.isoformat(),
                "last": each.last.isoformat(),
            }
            for each in found
        ),
        period=period,
        currency=currency,
        totals={
            **dict.fromkeys(("provider", "used", "kind", "quantity", "unit", "rate", "source")),
            **dict.fromkeys(("first", "last")),
            "amount": total(priced),
        },
        notes=tuple(notes),
    )


def adjustments_report(found: Sequence[Adjustment], period: Period | None = None) -> Report:
    """What changed in closed months, by the month that carries it, pool and invoice."""
    currencies = list(dict.fromkeys(each.currency for each in found))
    single = currencies[0] if len(currencies) == 1 else None
    sums: tuple[Decimal | None, Decimal | None] = (None, None)
    if single is not None:
        sums = total(each.billed for each in found), total(each.effective for each in found)
    return Report(
        schema="finops.close_adjustments/1",
        title="Adjustments of closed months",
        columns=(
            ReportColumn("month", "Month"),
            ReportColumn("booked_in", "Booked in"),
            ReportColumn("is_pending", "Pending"),
            ReportColumn("line", "Line"),
            ReportColumn("pool", "Pool"),
            ReportColumn("InvoiceId", "Invoice"),
            ReportColumn("BilledCost", "Billed", Style.MONEY),
            ReportColumn("EffectiveCost", "Effective", Style.MONEY),
            ReportColumn("currency", "Currency", shown=single is None),
        ),
        rows=tuple(
            {
                "month": each.month,
                "booked_in": each.booked_in,
                "is_pending": each.is_pending,
                "line": each.line,
                "pool": each.pool,
                "InvoiceId": each.invoice,
                "BilledCost": each.billed,
                "EffectiveCost": each.effective,
                "currency": each.currency,
            }
            for each in found
        ),
        period=period,
        currency=single,
        totals={
            **dict.fromkeys(("month", "booked_in", "is_pending", "line", "pool", "InvoiceId")),
            "BilledCost": sums[0],
            "EffectiveCost": sums[1],
            "currency": single,
        },
        notes=() if found else ("Nothing changed in a closed month since its close.",),
    )
