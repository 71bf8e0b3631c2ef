"""The charges behind a line of the reconciliation: rows of bills and of owned hardware, by what they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.explanation import Line
from finops.analysis.where import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from finops.analysis.economics import UnitEconomics
    from finops.config import Config
    from finops.ledger.store import Ledger

    Charged = Callable[[str], list[Line]]
    """Lines of the charges a condition over cost rows lets through, dearest first."""

__all__ = ["charged_lines", "of_pools"]

_BY = ("provider", "ServiceName", "x_Model", "x_TokenType", "InvoiceId", "x_SourceId", "origin")


def of_pools(line: str, pools: Iterable[str]) -> str:
    """The condition that a charge is on `line` and of one of `pools`."""
    names = ", ".join(map(quote, sorted(pools)))
    return f"line = {quote(line)} and pool in ({names})" if names else "1 = 0"


def charged_lines(ledger: Ledger, config: Config, answer: UnitEconomics) -> Charged:
    """Asks for charges of the period and currency of `answer`, in whole months; of other days there are none.

    A charge that covers days beyond a part of a month counts in it in proportion, which no row says.
    """

    def asked(where: str) -> list[Line]:
        if not answer.period.is_whole_months:
            return []
        question = SpendQuestion(_BY, answer.period, where=where, currency=answer.currency)
        lines = []
        for group in book_spend(ledger, config, question).groups:
            if group.currency != answer.currency:
                continue
            provider, service, model, kind, invoice, source, origin = group.values
            named = f" {model or 'no model'} {kind or 'no token kind'}" if model or kind else ""
            step = f"{provider or 'no provider'}: {service or 'no service'}{named}"
            told = f"{origin} rows of {source}, invoice {invoice or 'not named'}"
            lines.append(Line(step, None, None, None, group.amounts.EffectiveCost, told))
        return [line for line in lines if line.amount]

    return asked
