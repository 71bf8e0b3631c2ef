"""Chargeback as reports: every owner on a line, one owner's statement, the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.chargeback.statements import HEADINGS
from finops.model.money import ZERO, total
from finops.report.cells import cell_text
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from finops.analysis.chargeback.journal import Posting
    from finops.analysis.chargeback.statements import Chargeback, Line, Statement
    from finops.report.model import Row

__all__ = ["chargeback_report", "journal_report", "owner_name", "statement_report"]

_TITLES = {
    "usage": "Usage",
    "shared": "Shared",
    "idle": "Idle",
    "unlogged": "Unlogged",
    "direct": "Direct",
    "tax_and_credits": "Tax & credits",
    "prior_period": "Earlier periods",
    "accrual": "Accruals",
}

UNOWNED = "(unowned)"
"""The name of the statement nobody answers for."""


def owner_name(owner: Sequence[str | None]) -> str:
    """An owner in one word: the names that are known, with a slash between several."""
    if all(name is None for name in owner):
        return UNOWNED
    return " / ".join("(none)" if name is None else name for name in owner)


def chargeback_report(found: Chargeback) -> Report:
    """A row for each statement: EffectiveCost by heading and in all, and BilledCost.

    With one currency `totals` sums the statements, and is the bill; with several it is null.
    """
    money = found.currencies
    single = money[0] if len(money) == 1 else None
    shown = [name for name in HEADINGS if any(each.under(name) for each in found.statements)]
    return Report(
        schema="finops.chargeback/1",
        title=f"Chargeback by {', '.join(found.by)}",
        columns=(
            *(ReportColumn(name, name.replace("_", " ").capitalize()) for name in found.by),
            *(
                ReportColumn(name, _TITLES[name], Style.MONEY, shown=name in shown, optional=True)
                for name in HEADINGS
            ),
            ReportColumn("EffectiveCost", "Charged", Style.MONEY),
            ReportColumn("BilledCost", "Billed", Style.MONEY),
            ReportColumn("BillingCurrency", "Currency", shown=single is None),
        ),
        rows=tuple(_statement_row(each, found.by) for each in found.statements),
        period=found.month,
        currency=single,
        totals=_totals(found, single),
        notes=(*_state_notes(found), *_tie_notes(found), *found.notes),
        extras={
            "closed": found.is_closed,
            "bill": [
                {
                    "BillingCurrency": currency,
                    "EffectiveCost": total(
                        each.effective for each in found.sources if each.currency == currency
                    ),
                    "BilledCost": total(
                        each.billed for each in found.sources if each.currency == currency
                    ),
                    "difference": found.difference(currency),
                    "billed_difference": found.billed_difference(currency),
                }
                for currency in money
            ],
        },
    )


def _statement_row(statement: Statement, by: Sequence[str]) -> Row:
    return {
        **dict(zip(by, statement.owner, strict=True)),
        **{name: statement.under(name) for name in HEADINGS},
        "EffectiveCost": statement.effective,
        "BilledCost": statement.billed,
        "BillingCurrency": statement.currency,
    }


def _totals(found: Chargeback, single: str | None) -> Row:
    names = dict.fromkeys(found.by)
    amounts = (*HEADINGS, "EffectiveCost", "BilledCost")
    if single is None:
        return {**names, **dict.fromkeys(amounts), "BillingCurrency": None}
    return {
        **names,
        **{name: total(each.under(name) for each in found.statements) for name in HEADINGS},
        "EffectiveCost": total(each.effective for each in found.statements),
        "BilledCost": total(each.billed for each in found.statements),
        "BillingCurrency": single,
    }


def _state_notes(found: Chargeback) -> list[str]:
    month = found.month.label
    if not found.sources:
        return [f"No invoice of {month} is in the ledger: load its bill (finops load costs FILE)."]
    if found.is_closed:
        return [f"{month} is closed: these statements will not change."]
    return [f"{month} is open: it can still change. Close it with finops close {month}."]


def _tie_notes(found: Chargeback) -> list[str]:
    """That the statements are the bill, and what of it nobody answers for."""
    notes = []
    for currency in found.currencies:
        mine = [each for each in found.statements if each.currency == currency]
        whole = total(each.effective for each in mine)
        notes.append(
            f"{len(mine)} statements add up to {_money(whole)} {currency}: the bill, with a difference of "
            f"{_money(found.difference(currency))}."
        )
        left = total(each.effective for each in mine if each.is_unowned)
        if left:
            notes.append(
                f"{_money(left)} {currency} nobody answers for: finops owners check says what it is."
            )
    return notes


def _money(amount: Decimal) -> str:
    return cell_text(amount, Style.MONEY)


def statement_report(found: Chargeback, statement: Statement) -> Report:
    """One owner's lines, under their headings, with what each is for."""
    return Report(
        schema="finops.chargeback_statement/1",
        title=f"Statement of {owner_name(statement.owner)}",
        columns=(
            ReportColumn("heading", "Heading"),
            ReportColumn("section", "For"),
            ReportColumn("pool", "Pool"),
            ReportColumn("ServiceName", "Service", optional=True),
            *(ReportColumn(name, name.replace("_", " ").capitalize()) for name in found.detail),
            ReportColumn("cost_centre", "Cost centre", optional=True),
            ReportColumn("gl_code", "GL code", optional=True),
            ReportColumn("x_AdjustsMonth", "Of month", shown=_adjusts(statement.lines)),
            ReportColumn("EffectiveCost", "Charged", Style.MONEY),
            ReportColumn("BilledCost", "Billed", Style.MONEY),
        ),
        rows=tuple(_line_row(line, found.detail) for line in statement.lines),
        period=found.month,
        currency=statement.currency,
        totals={
            **dict.fromkeys(("heading", "section", "pool", "ServiceName", *found.detail)),
            **dict.fromkeys(("cost_centre", "gl_code", "x_AdjustsMonth")),
            "EffectiveCost": statement.effective,
            "BilledCost": statement.billed,
        },
        notes=tuple(_state_notes(found)),
        extras={
            "owner": dict(zip(found.by, statement.owner, strict=True)),
            "closed": found.is_closed,
        },
    )


def _adjusts(lines: Iterable[Line]) -> bool:
    return any(line.adjusts is not None for line in lines)


def _line_row(line: Line, detail: Sequence[str]) -> Row:
    return {
        "heading": line.heading,
        "section": line.section,
        "pool": line.pool,
        "ServiceName": line.service,
        **dict(zip(detail, line.detail, strict=True)),
        "cost_centre": line.cost_centre,
        "gl_code": line.gl_code,
        "x_AdjustsMonth": line.adjusts,
        "EffectiveCost": line.effective,
        "BilledCost": line.billed,
    }


def journal_report(found: Chargeback, postings: Sequence[Posting]) -> Report:
    """The postings; debits equal credits in every currency."""
    return Report(
        schema="finops.chargeback_journal/1",
        title="Chargeback journal",
        columns=(
            ReportColumn("entry", "Entry", optional=True),
            ReportColumn("date", "Date"),
            ReportColumn("account", "Account"),
            ReportColumn("kind", "Kind"),
            ReportColumn("cost_centre", "Cost centre"),
            *(
                ReportColumn(name, name.replace("_", " ").capitalize())
                for name in _owner_columns(found)
            ),
            ReportColumn("description", "Description", optional=True),
            ReportColumn("InvoiceId", "Invoice", optional=True),
            ReportColumn("debit", "Debit", Style.MONEY),
            ReportColumn("credit", "Credit", Style.MONEY),
            ReportColumn("currency", "Currency"),
        ),
        rows=tuple(_posting_row(found, each) for each in postings),
        period=found.month,
        notes=(*_state_notes(found), *_balance_notes(found, postings), *_account_notes(postings)),
        extras={"balances": [_balance(currency, postings) for currency in found.currencies]},
    )


def _owner_columns(found: Chargeback) -> tuple[str, ...]:
    """What an owner is called by, that the journal has no column for."""
    return tuple(name for name in found.by if name not in {"cost_centre", "gl_code"})


def _posting_row(found: Chargeback, posting: Posting) -> Row:
    owner = dict(zip(found.by, posting.owner, strict=True)) if posting.owner else {}
    last_day = found.month.end.fromordinal(found.month.end.toordinal() - 1)
    return {
        "entry": posting.entry,
        "date": last_day.isoformat(),
        "account": posting.account,
        "kind": posting.kind,
        "cost_centre": posting.cost_centre,
        **{name: owner.get(name) for name in _owner_columns(found)},
        "description": posting.description,
        "InvoiceId": posting.reference,
        "debit": posting.debit,
        "credit": posting.credit,
        "currency": posting.currency,
    }


def _balance(currency: str, postings: Sequence[Posting]) -> Row:
    mine = [each for each in postings if each.currency == currency]
    return {
        "currency": currency,
        "debit": total(each.debit or ZERO for each in mine),
        "credit": total(each.credit or ZERO for each in mine),
    }


def _balance_notes(found: Chargeback, postings: Sequence[Posting]) -> list[str]:
    sums = [_balance(currency, postings) for currency in found.currencies]
    return [
        f"{each['currency']}: debits {cell_text(each['debit'], Style.MONEY)}, "
        f"credits {cell_text(each['credit'], Style.MONEY)}."
        for each in sums
    ]


def _account_notes(postings: Sequence[Posting]) -> list[str]:
    kinds = dict.fromkeys(each.kind for each in postings if each.account is None)
    if not kinds:
        return []
    keys = ["expense" if kind in {"prior_period", "accrual"} else kind for kind in kinds]
    missing = ", ".join(dict.fromkeys(keys))
    return [
        f"No account for {missing}: set it under [chargeback] in finops.toml, or gl_code in owners.csv."
    ]
