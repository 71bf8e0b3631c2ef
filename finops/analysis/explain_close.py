"""Where a number of `finops close` comes from: invoices, accruals and adjustments of a month, and the month itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.accruals import booked_accruals
from finops.analysis.adjustments import adjustments
from finops.analysis.books import books
from finops.analysis.explain_months import LISTED, explain_month
from finops.analysis.explain_rows import chosen
from finops.analysis.explanation import Explanation, Line
from finops.analysis.invoices import PARTS, invoices
from finops.errors import UsageError
from finops.ledger.snapshots import closed_months
from finops.model.money import ZERO, total

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.analysis.accruals import Accrual
    from finops.analysis.adjustments import Adjustment
    from finops.analysis.economics import Question
    from finops.analysis.invoices import Invoice, Invoices
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = [
    "CLOSING",
    "explain_accruals",
    "explain_adjustments",
    "explain_close",
    "explain_invoices",
]

_AMOUNTS = {"BilledCost": "billed", "EffectiveCost": "effective"}

_INVOICES = {
    "BilledCost": "sum of BilledCost over the charges of each invoice",
    "EffectiveCost": "sum of EffectiveCost over the charges of each invoice",
    "difference": "EffectiveCost - every part of it: zero where the invoice ties",
    **{part: f"the part of each invoice's EffectiveCost that went to {part}" for part in PARTS},
}
_ACCRUALS = {
    "amount": "sum of what was used and no bill covers x its rate",
    "quantity": "what was used and no bill covers",
    "rate": "what a unit cost when it was billed last, or by the list",
}
_ADJUSTMENTS = {
    name: f"{name} of a closed month's charges now - {name} at its close, and accruals taken back"
    for name in _AMOUNTS
}

CLOSING = (
    *(f"invoices.{name}" for name in _INVOICES),
    *(f"accruals.{name}" for name in _ACCRUALS),
    *(f"adjustments.{name}" for name in _ADJUSTMENTS),
    *(f"list.{name}" for name in LISTED),
)
"""Numbers of `finops close`, by what is shown and its column."""


def explain_close(
    ledger: Ledger, config: Config, question: Question, name: str
) -> Explanation | None:
    """`name`, one of CLOSING, of the one month asked about; None when there is no such number."""
    if name not in CLOSING:
        return None
    period, where = question.period, question.where
    if period is None or not period.is_whole_months or len(period.months) > 1:
        raise UsageError("a close is of one month", hint="ask about one --month")
    shown, _, column = name.partition(".")
    if shown == "adjustments":
        every = adjustments(ledger, config, closed_months(ledger.location))
        mine = [each for each in every if period.label in {each.month, each.booked_in}]
        return explain_adjustments(mine, column, period, where)
    if shown == "list":
        return explain_month(ledger, config, period, column, where)
    (part,) = books(ledger, config, period)
    if shown == "invoices":
        return explain_invoices(invoices(part, question.currency), column, period, where)
    return explain_accruals(booked_accruals(part), column, period, where)


def explain_invoices(
    found: Invoices, column: str, period: Period, where: str | None = None
) -> Explanation:
    """`column` of the invoices `where` lets through, by `InvoiceId` and `InvoiceIssuerName`."""
    rows = chosen(
        found.invoices,
        lambda each: {"InvoiceId": each.invoice, "InvoiceIssuerName": each.issuer},
        ("InvoiceId", "InvoiceIssuerName"),
        where,
    )
    lines = [line for each in rows for line in _invoice(each, column)]
    value = total(_of_invoice(each, column) for each in rows)
    lines.append(Line(column, None, None, None, value, "sum of the lines above"))
    return Explanation(
        column, f"{column} = {_INVOICES[column]}", value, period, found.currency, tuple(lines)
    )


def _of_invoice(each: Invoice, column: str) -> Decimal:
    if column == "difference":
        return each.difference
    if column in _AMOUNTS:
        amount: Decimal = getattr(each, _AMOUNTS[column])
        return amount
    return each.parts.get(column, ZERO)


def _invoice(each: Invoice, column: str) -> list[Line]:
    """One line of an invoice; of its difference every part, taken off."""
    name = f"invoice {each.invoice or 'not named'}"
    issuer = f"of {each.issuer}" if each.issuer else "issuer not named"
    if column != "difference":
        amount = _of_invoice(each, column)
        source = f"its charges, {issuer}"
        if column in each.parts:
            source += f"; of EffectiveCost {each.effective.normalize():f}"
        return [Line(name, None, None, None, amount, source)] if amount else []
    whole = Line(
        f"{name} EffectiveCost", None, None, None, each.effective, f"its charges, {issuer}"
    )
    parts = [
        Line(f"{name} {part}", None, None, None, -amount, _INVOICES[part])
        for part, amount in each.parts.items()
        if amount
    ]
    return [whole, *parts]


def explain_accruals(
    found: Sequence[Accrual], column: str, period: Period, where: str | None = None
) -> Explanation:
    """`column` of the accruals `where` lets through; a quantity or a rate is of one line only."""
    names = ("provider", "used", "kind", "unit", "pool")
    rows = chosen(found, lambda each: {name: getattr(each, name) for name in names}, names, where)
    lines = [
        Line(
            f"{each.provider} {each.used} ({each.kind})",
            each.quantity,
            each.unit,
            each.rate,
            each.amount,
            f"{each.source}; {each.first} to {each.last}",
        )
        for each in rows
    ]
    value: Decimal | None
    if column == "amount":
        value = total(each.amount for each in rows if each.amount is not None)
        told = "sum of the lines above" if rows else "nothing is accrued"
        lines.append(Line(column, None, None, None, value, told))
    else:
        value = getattr(rows[0], column) if len(rows) == 1 else None
        if value is None:
            told = (
                rows[0].source
                if len(rows) == 1
                else f"{column} is of one line: choose with --where"
            )
            lines.append(Line(column, None, None, None, None, told))
    currency = rows[0].currency if rows else None
    return Explanation(
        column, f"{column} = {_ACCRUALS[column]}", value, period, currency, tuple(lines)
    )


def explain_adjustments(
    found: Sequence[Adjustment], column: str, period: Period, where: str | None = None
) -> Explanation:
    """`column` of the adjustments `where` lets through; currencies are not added."""
    names = ("month", "booked_in", "line", "pool", "currency")
    rows = chosen(
        found,
        lambda each: {"InvoiceId": each.invoice, **{name: getattr(each, name) for name in names}},
        (*names, "InvoiceId"),
        where,
    )
    lines = [
        Line(
            f"{each.month} {each.pool}",
            None,
            each.currency,
            None,
            getattr(each, _AMOUNTS[column]),
            f"{each.line} of invoice {each.invoice or 'not named'}, "
            f"{'to be booked' if each.is_pending else 'booked'} in {each.booked_in}",
        )
        for each in rows
    ]
    currencies = list(dict.fromkeys(each.currency for each in rows))
    value = None
    for currency in currencies:
        value = total(getattr(e, _AMOUNTS[column]) for e in rows if e.currency == currency)
        lines.append(Line(column, None, currency, None, value, "sum of the lines above"))
    if not rows:
        lines.append(Line(column, None, None, None, None, "nothing changed in a closed month"))
    single = currencies[0] if len(currencies) == 1 else None
    return Explanation(
        column,
        f"{column} = {_ADJUSTMENTS[column]}",
        None if single is None else value,
        period,
        single,
        tuple(lines),
    )
