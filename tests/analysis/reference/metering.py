"""Metered pools of the reference: rates per token, from bill and price book; what was not logged."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.analysis.reference.rows import (
    KINDS,
    Attempt,
    Grain,
    Row,
    book_rate,
    cut,
    days_of,
    is_by_day,
    provider_of,
    quantity_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tests.analysis.reference.bill import Bill


class Metering:
    """Sets the rates of every attempt.

    `settled`: (unlogged, rounding) of each line of account; `uncovered`: tokens of days no bill is for.
    """

    def __init__(
        self, bill: Bill, attempts: Sequence[Attempt], prices: Sequence[Row], tolerance: Fraction
    ) -> None:
        self.prices, self.tolerance = prices, tolerance
        self.settled: list[tuple[Fraction, Fraction]] = []
        self.uncovered: list[tuple[Attempt, str]] = []
        lines = bill.metered()
        first, last = bill.months
        log = [each for each in attempts if first <= each.row["day"] < last and each.is_metered]
        spans: dict[str, dict[str, list[tuple[date, date]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for row in lines:
            spans[provider_of(row)][row["x_BillingMonth"]].append(days_of(row))
        grain = Grain(lines, [each for each in log if each.tokens])
        billed: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in lines:
            daily = is_by_day(spans[provider_of(row)][row["x_BillingMonth"]])
            billed[grain.of_bill(row, by_day=daily)].append(row)
        logged: dict[tuple[object, ...], list[tuple[Attempt, str]]] = defaultdict(list)
        for each in log:
            day = each.row["day"]
            mine = spans.get(each.name[0], {}).get(f"{day:%Y-%m}", [])
            is_covered = mine and min(s for s, _ in mine) <= day < max(e for _, e in mine)
            for kind in KINDS:
                book = book_rate(each, kind, self.prices)
                if not is_covered:
                    each.rates[kind] = (book, "unpriced" if book is None else "list")
                    self.uncovered += [(each, kind)] if each.count(kind) else []
                else:
                    each.rates[kind] = (book, "unpriced" if book is None else "billed")
                    if each.count(kind):
                        logged[grain.of_log(each, kind, by_day=is_by_day(mine))].append(
                            (each, kind)
                        )
        for key in {*billed, *logged}:
            self._settle(billed.get(key, []), logged.get(key, []))

    def _settle(self, bill: list[Row], log: list[tuple[Attempt, str]]) -> None:
        """Set the rates of `log`, and keep (unlogged, rounding) of the line of account."""
        paid = sum((Fraction(row["EffectiveCost"]) for row in bill), Fraction(0))
        amounts = [quantity_of(row) for row in bill]
        known = [amount for amount in amounts if amount is not None]
        quantity = sum(known, Fraction(0)) if len(known) == len(bill) else None
        count = sum(each.count(kind) for each, kind in log)
        unlogged: Fraction | None = None
        if bill and quantity:
            rate = cut(paid / quantity)
            for each, kind in log:
                each.rates[kind] = (rate, "billed")
            unlogged = rate * (quantity - count) if log else paid
        elif bill and quantity is None and count:
            books = [(each, kind, book_rate(each, kind, self.prices)) for each, kind in log]
            if any(book is None for *_, book in books):
                for each, kind in log:
                    each.rates[kind] = (cut(paid / count), "billed")
                unlogged = Fraction(0)
            else:
                expected = sum((b * e.count(k) for e, k, b in books if b is not None), Fraction(0))
                if expected and abs(paid / expected - 1) <= self.tolerance:
                    for each, kind, book in books:
                        each.rates[kind] = (cut((book or 0) * paid / expected), "billed")
                    unlogged = Fraction(0)
        spent = sum((each.cost(kind) for each, kind in log), Fraction(0))
        if unlogged is None:
            unlogged = paid - spent
        self.settled.append((unlogged, paid - spent - unlogged))

    def left(self, origin: str) -> tuple[Fraction, Fraction]:
        """(unlogged, rounding) over every line of account; only a bill has any."""
        if origin != "bill":
            return Fraction(0), Fraction(0)
        return (
            sum((unlogged for unlogged, _ in self.settled), Fraction(0)),
            sum((rounding for _, rounding in self.settled), Fraction(0)),
        )
