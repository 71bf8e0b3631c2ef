"""Accruals: what a month used and no bill covers yet, estimated; and taken back when the invoice comes.

Tokens that requests of the month carry at list price because their provider has sent no bill for their
day are accrued at what the provider billed last for one of them (the newest month before with cost and
quantity for the model and token kind), else at the list price. An accrual is a row of `costs` with
origin `estimated`, line `accrual` and no BilledCost. When bills of the provider cover every day it was
made for, the first open month gets the same row with its amounts negated.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.charges import read_metered
from finops.analysis.economics import TABLES, Question, prepare
from finops.analysis.pools import pool_rules
from finops.ledger.schema import identifier, literal
from finops.model.money import ZERO, add, multiply, total, truncate
from finops.model.period import Period, month_of
from finops.model.tables import COSTS
from finops.prices.book import canonical_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.books import Segment
    from finops.analysis.metering import BilledLine

__all__ = ["Accrual", "accrual_rows", "accruals", "accrued", "as_manifest"]

_LOOK_BACK_MONTHS = 12
"""How old a billed rate may be that an accrual is made at."""


class Accrual(NamedTuple):
    """Tokens of one model and kind used and not invoiced; `amount` is None when nothing says a price.

    `source` says where the rate is from; `first` and `last` are the days used.
    """

    provider: str
    model: str
    kind: str
    tokens: int
    rate: Decimal | None
    source: str
    amount: Decimal | None
    currency: str
    first: date
    last: date


class _Used(NamedTuple):
    tokens: int
    listed: Decimal | None
    first: date
    last: date


def accruals(part: Segment) -> tuple[Accrual, ...]:
    """What the whole month of `part` used and no bill covers, dearest first."""
    if part.period is None:
        message = "an accrual is of a month"
        raise ValueError(message)
    con = part.ledger.connect(TABLES)
    try:
        prepared = prepare(con, part.ledger, part.config, Question(part.period))
        before = Period(_months_before(part.period.start), part.period.start)
        billed = read_metered(
            con,
            before,
            prepared.currency,
            pool_rules(part.config.pools),
            canonical_names(prepared.terms.book),
        )
    finally:
        con.close()
    used: dict[tuple[str, str, str], _Used] = {}
    rates = prepared.allocation.metered.rates
    for tokens in prepared.allocation.log.tokens:
        if not part.period.start <= tokens.day < part.period.end:
            continue
        for kind, count in tokens.tokens.items():
            rate = rates.get((tokens.id, kind))
            covered = (tokens.id, kind) in prepared.allocation.metered.settled_on
            if count and rate is not None and not covered:
                key = (tokens.provider, tokens.model, kind)
                used[key] = _more(used.get(key), count, rate.amount, tokens.day)
    last = _last_billed(billed)
    found = [_accrual(key, each, last.get(key), prepared.currency) for key, each in used.items()]
    return tuple(sorted(found, key=lambda each: (-(each.amount or ZERO), each[:3])))


def _months_before(start: date) -> date:
    for _ in range(_LOOK_BACK_MONTHS):
        start = month_of(start - timedelta(days=1)).start
    return start


def _more(before: _Used | None, count: int, rate: Decimal | None, day: date) -> _Used:
    listed = None if rate is None else multiply(rate, count)
    if before is None:
        return _Used(count, listed, day, day)
    both = None if listed is None or before.listed is None else add(before.listed, listed)
    return _Used(before.tokens + count, both, min(before.first, day), max(before.last, day))


class _Billed(NamedTuple):
    month: str
    cost: Decimal
    tokens: Decimal


def _last_billed(lines: Iterable[BilledLine]) -> dict[tuple[str, str, str], _Billed]:
    """Cost and tokens of the newest month each model and kind was billed in by quantity."""
    found: dict[tuple[str, str, str], _Billed] = {}
    for line in lines:
        if not line.tokens:
            continue
        key = (line.provider, line.model, line.kind)
        before = found.get(key)
        if before is None or before.month < line.month:
            found[key] = _Billed(line.month, line.cost, line.tokens)
        elif before.month == line.month:
            sums = (add(before.cost, line.cost), add(before.tokens, line.tokens))
            found[key] = _Billed(line.month, *sums)
    return {key: each for key, each in found.items() if each.tokens}


def _accrual(
    key: tuple[str, str, str], used: _Used, billed: _Billed | None, currency: str
) -> Accrual:
    rate, source, amount = None, "no bill and no list price says what it costs", used.listed
    if billed is not None:
        rate = truncate(Fraction(billed.cost) / Fraction(billed.tokens))
        amount = multiply(rate, used.tokens)
        source = f"billed rate of {billed.month}"
    elif used.listed is not None:
        rate = truncate(Fraction(used.listed) / used.tokens)
        source = "list price"
    return Accrual(*key, used.tokens, rate, source, amount, currency, used.first, used.last)


# --- as rows of the books ----------------------------------------------------------------------


def accrual_rows(month: Period, found: Sequence[Accrual]) -> str | None:
    """A SELECT of the cost rows that accrue `found` in `month`; None when there is nothing to accrue."""
    rows = [_row_sql(month, each) for each in found if each.amount is not None]
    return " UNION ALL ".join(rows) if rows else None


def _row_sql(month: Period, accrual: Accrual) -> str:
    start, end = (moment.isoformat() for moment in month.bounds())
    values: Mapping[str, str] = {
        "BilledCost": "0",
        "EffectiveCost": f"{accrual.amount:f}",
        "BillingCurrency": accrual.currency,
        "BillingPeriodStart": start,
        "BillingPeriodEnd": end,
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        "ChargeCategory": "Usage",
        "ChargeDescription": f"Used, not invoiced: {accrual.source}",
        "ConsumedQuantity": str(accrual.tokens),
        "ConsumedUnit": "Tokens",
        "ServiceProviderName": accrual.provider,
        "x_Model": accrual.model,
        "x_TokenType": accrual.kind,
        "x_BillingMonth": month.label,
        "x_SourceId": "finops close",
        "x_Scope": f"accrual/{accrual.provider}",
        "x_LoadId": "close",
        "x_CostOrigin": "estimated",
        "x_Line": "accrual",
    }
    cells = ", ".join(
        f"CAST({literal(values[c.name]) if c.name in values else 'NULL'} AS {c.kind.stored}) "
        f"AS {identifier(c.name)}"
        for c in COSTS.columns
    )
    return f"SELECT {cells}"


def as_manifest(found: Sequence[Accrual]) -> list[dict[str, Any]]:
    """`found` as the manifest of a close keeps it."""
    return [
        {
            **each._asdict(),
            "rate": None if each.rate is None else f"{each.rate:f}",
            "amount": None if each.amount is None else f"{each.amount:f}",
            "first": each.first.isoformat(),
            "last": each.last.isoformat(),
        }
        for each in found
    ]


def accrued(found: Sequence[Accrual]) -> Decimal:
    """The sum of all that have an amount."""
    return total(each.amount for each in found if each.amount is not None)
