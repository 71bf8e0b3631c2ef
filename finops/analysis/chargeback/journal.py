"""The journal of a chargeback: debits to whoever is charged, credits to where the money is owed from.

    debit   expense, by owner, cost centre and general-ledger code; earlier months and accruals apart
    credit  payable      what each invoice bills
            prepaid      EffectiveCost less BilledCost of the bill: commitments used up, less those bought
            owned        cost of owned hardware: depreciation and what keeping it takes
            accrued      used and not invoiced yet, or such an accrual taken back
            rounding     what is lost or gained by posting in the currency's smallest unit

Amounts are rounded once, here, half to even, to what the currency can be paid in; debits equal credits in
every currency, to that unit. A negative amount stands on the other side.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO, add, subtract, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.analysis.chargeback.statements import Chargeback, Line
    from finops.sections.chargeback import Accounts

__all__ = ["Posting", "journal", "smallest_unit"]

_PLACES: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Decimal places of currencies that have not two (ISO 4217)."""


def smallest_unit(currency: str) -> Decimal:
    """What amounts in `currency` are rounded to: 0.01 of most."""
    return Decimal(1).scaleb(-_PLACES.get(currency, 2))


class Posting(NamedTuple):
    """One line of the journal; exactly one of `debit` and `credit` is given."""

    entry: str
    account: str | None
    """Code in the general ledger; None where neither owners.csv nor [chargeback] says it."""
    kind: str
    cost_centre: str | None
    owner: tuple[str | None, ...]
    description: str
    reference: str | None
    currency: str
    debit: Decimal | None
    credit: Decimal | None


def journal(charged: Chargeback, accounts: Accounts) -> tuple[Posting, ...]:
    """The postings of `charged`, one entry a currency; accounts that owners.csv does not say are `accounts`."""
    found: list[Posting] = []
    for currency in charged.currencies:
        entry = f"{charged.month.label}-{currency}"
        unit = smallest_unit(currency)
        mine = [
            *_debits(charged, accounts, entry, currency),
            *_credits(charged, accounts, entry, currency),
        ]
        posted = [each for each in (_rounded(one, unit) for one in mine) if each is not None]
        left = subtract(
            total(each.debit for each in posted if each.debit is not None),
            total(each.credit for each in posted if each.credit is not None),
        )
        closing = Posting(
            entry,
            accounts.rounding,
            "rounding",
            None,
            (),
            f"Rounding to {unit} {currency}",
            None,
            currency,
            None,
            left,
        )
        last = _rounded(closing, unit)
        found += [*posted, *([] if last is None else [last])]
    return tuple(found)


def _debits(
    charged: Chargeback, accounts: Accounts, entry: str, currency: str
) -> Iterator[Posting]:
    """What each owner is charged, not rounded."""
    month = charged.month.label
    for statement in charged.statements:
        if statement.currency != currency:
            continue
        sums: dict[tuple[str, str | None, str | None, str], Decimal] = defaultdict(Decimal)
        for line in statement.lines:
            code = line.gl_code or accounts.expense
            key = (_kind(line), code, line.cost_centre, _about(line, month))
            sums[key] = add(sums[key], line.effective)
        for (kind, code, centre, about), amount in sorted(sums.items(), key=str):
            yield Posting(
                entry, code, kind, centre, statement.owner, about, None, currency, amount, None
            )


def _kind(line: Line) -> str:
    return line.heading if line.heading in {"prior_period", "accrual"} else "expense"


def _about(line: Line, month: str) -> str:
    """What a debit is for."""
    if line.heading == "accrual":
        taken = line.adjusts is not None
        return f"Accrual of {line.adjusts} taken back" if taken else f"Accrued usage of {month}"
    if line.heading == "prior_period":
        return "Earlier periods" + (f": {line.adjusts}" if line.adjusts else "")
    return f"Usage of {month}"


def _credits(
    charged: Chargeback, accounts: Accounts, entry: str, currency: str
) -> Iterator[Posting]:
    """Where the money comes from, not rounded."""
    amortised, owned, accrued = ZERO, ZERO, ZERO

    def posting(
        kind: str, account: str | None, about: str, amount: Decimal, reference: str | None = None
    ) -> Posting:
        return Posting(entry, account, kind, None, (), about, reference, currency, None, amount)

    for source in charged.sources:
        if source.currency != currency:
            continue
        if source.origin == "owned":
            owned = add(owned, source.effective)
        elif source.origin == "estimated":
            accrued = add(accrued, source.effective)
        else:
            issuer = source.issuer or "the bill"
            number = f" {source.invoice}" if source.invoice else ""
            yield posting(
                "payable",
                accounts.payable,
                f"Invoice{number} of {issuer}",
                source.billed,
                source.invoice,
            )
            amortised = add(amortised, subtract(source.effective, source.billed))
    month = charged.month.label
    yield posting(
        "prepaid", accounts.prepaid, f"Commitments used up less bought in {month}", amortised
    )
    yield posting("owned", accounts.owned, f"Owned hardware in {month}", owned)
    yield posting("accrued", accounts.accrued, f"Accrued, less taken back, in {month}", accrued)


def _rounded(posting: Posting, unit: Decimal) -> Posting | None:
    """In whole units, on the side its sign says; None for nothing."""
    amount = posting.debit if posting.debit is not None else posting.credit
    rounded = (amount or ZERO).quantize(unit, rounding=ROUND_HALF_EVEN)
    if not rounded:
        return None
    is_debit = (posting.debit is not None) == (rounded > 0)
    size = abs(rounded)
    return posting._replace(debit=size if is_debit else None, credit=None if is_debit else size)
