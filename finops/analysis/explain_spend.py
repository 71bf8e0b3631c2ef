"""Where an amount of `finops costs` comes from: the invoices and services it is the sum of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.derived.arithmetic import SUM
from finops.analysis.derived.sheet import PARTS
from finops.analysis.explanation import Explanation, Line
from finops.model.basis import Basis
from finops.model.money import ZERO
from finops.model.tables import COST_AMOUNTS, COSTS

if TYPE_CHECKING:
    from finops.analysis.economics import Question
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["explain_amount"]

_BY = ("provider", "ServiceName", "InvoiceId", "x_SourceId", "x_CostOrigin")


def explain_amount(
    ledger: Ledger, config: Config, question: Question, number: str, basis: Basis | None = None
) -> Explanation:
    """`number`, one of the four FOCUS amounts, of the cost rows `question` lets through.

    By invoice month or day of use as `basis` says, else by invoice month where the period is whole months.
    """
    period = question.period
    if basis is None:
        basis = Basis.BILLING if period is None or period.is_whole_months else Basis.CHARGE
    answer = book_spend(
        ledger, config, SpendQuestion(_BY, period, basis, question.where, question.currency)
    )
    place = COST_AMOUNTS.index(number)
    lines = []
    several = len(answer.totals) > 1
    for group in answer.groups:
        provider, service, invoice, source, origin = group.values
        amount = group.amounts[place]
        if amount is None:
            continue
        begin = f"{group.currency}: " if several else ""
        step = f"{begin}{provider or 'no provider'}: {service or 'no service'}"
        kept = f"{origin} rows of {source}, invoice {invoice or 'not named'}"
        lines.append(Line(step, None, group.currency, None, amount, kept))
    single = answer.totals[0] if len(answer.totals) == 1 else None
    value = None if single is None else single[1][place]
    lines.sort(key=lambda line: (str(line.unit), -(line.amount or ZERO), line.step, line.source))
    for currency, amounts in answer.totals:
        name, told = (currency, f"{PARTS}{currency}") if several else (number, SUM)
        if amounts[place] is None:
            told = f"no row says its {number}"
        lines.append(Line(name, None, currency, None, amounts[place], told))
    about = COSTS.column(number).about.rstrip(".")
    when = "invoice month" if basis is Basis.BILLING else "day of use"
    return Explanation(
        number,
        f"{number} = sum over cost rows, by {when}: {about[0].lower()}{about[1:]}",
        value,
        period,
        None if single is None else single[0],
        tuple(lines),
    )
