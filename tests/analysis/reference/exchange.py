"""Currencies of the reference: a bill exchanged before anything is allocated, one invoice after the other.

A charge is exchanged at the rate of the day it begins, an invoice at the rate of the day its billing period
ends; what the two differ by is a charge of its own. A rate is the newest of its pair on or before the day; where
only the other direction is published, one over it, cut at the 12th place.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.analysis.reference.rows import Row, cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

_INVOICE = (
    "x_BillingMonth", "x_SourceId", "x_Scope", "x_AdjustsMonth", "InvoiceId", "InvoiceIssuerName",
    "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd", "BillingCurrency",
)  # fmt: skip


def exchanged(
    costs: Sequence[Row], rates: Mapping[tuple[str, str], Mapping[date, Decimal]], into: str
) -> tuple[Row, ...]:
    """`costs` in the currency `into`, and a row for each invoice that was in another."""
    found: list[Row] = []
    invoices: dict[tuple[Any, ...], list[tuple[Fraction, Fraction]]] = defaultdict(list)
    patterns: dict[tuple[Any, ...], Row] = {}
    for row in costs:
        if row["BillingCurrency"] == into:
            found.append(row)
            continue
        amount = Fraction(row["EffectiveCost"])
        at_day = cut(amount * _rate(rates, row, into, row["ChargePeriodStart"].date()))
        found.append({**row, "EffectiveCost": at_day, "BillingCurrency": into})
        if row["x_CostOrigin"] == "bill":
            key = tuple(row[name] for name in _INVOICE)
            invoices[key].append((amount, at_day))
            patterns[key] = row
    for key, amounts in invoices.items():
        pattern = patterns[key]
        whole = sum((amount for amount, _ in amounts), Fraction(0))
        whole = cut(whole * _rate(rates, pattern, into, pattern["BillingPeriodEnd"].date()))
        rest = whole - sum((at_day for _, at_day in amounts), Fraction(0))
        found.append(_difference(pattern, rest, into))
    return tuple(found)


def _difference(pattern: Row, amount: Fraction, into: str) -> Row:
    kept = {name: pattern[name] for name in _INVOICE}
    return {
        **dict.fromkeys(pattern),
        **kept,
        "EffectiveCost": amount,
        "BillingCurrency": into,
        "ChargePeriodStart": pattern["BillingPeriodStart"],
        "ChargePeriodEnd": pattern["BillingPeriodEnd"],
        "ChargeCategory": "Adjustment",
        "x_CostOrigin": "bill",
        "x_Line": "fx" if pattern["x_AdjustsMonth"] is None else "prior_period",
    }


def _rate(
    rates: Mapping[tuple[str, str], Mapping[date, Decimal]], row: Row, into: str, day: date
) -> Fraction:
    """Of the row's currency on `day`."""
    pair = (row["BillingCurrency"], into)
    if pair in rates:
        return Fraction(_newest(rates[pair], day))
    return Fraction(int(10**12 / Fraction(_newest(rates[pair[1], pair[0]], day))), 10**12)


def _newest(of_pair: Mapping[date, Decimal], day: date) -> Decimal:
    return of_pair[max(each for each in of_pair if each <= day)]
