"""Accruals: what a month used and no bill covers yet, estimated; and taken back when the invoice comes.

Tokens that requests of the month carry at list price because their provider has sent no bill for their
day are accrued at what the provider billed last for one of them (the newest month before with cost and
quantity for the model and token kind), else at the list price. Device time seen in a GPU pool that has no
charges in the month is accrued at what the pool's device-hour was billed at last; provisioned units and seats
by the plan in force (`finops.analysis.plan_accruals`). An accrual is a row of `costs` with origin `estimated`,
line `accrual` and no BilledCost.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.charges import read_metered, selected
from finops.analysis.device_accruals import last_device_rates, unbilled_devices
from finops.analysis.economics import Question, connect_part, prepare
from finops.analysis.fx import Exchange, exchange_costs
from finops.analysis.plan_accruals import KINDS as PLAN_KINDS
from finops.analysis.plan_accruals import covered_pools, price_plans, unbilled_plans
from finops.analysis.pools import pool_rules
from finops.ledger.schema import identifier, literal
from finops.model.money import ZERO, add, multiply, total, truncate
from finops.model.period import Period, month_of
from finops.model.tables import COSTS
from finops.prices.book import canonical_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from finops.analysis.books import Segment
    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.device_accruals import DeviceRate, DeviceUse
    from finops.analysis.economics import Allocation
    from finops.analysis.metering import BilledLine
    from finops.analysis.plan_accruals import Priced

__all__ = [
    "Accrual",
    "accrual_rows",
    "accruals",
    "accrued",
    "as_manifest",
    "booked_accruals",
    "from_manifest",
]

_LOOK_BACK_MONTHS = 12
"""How old a billed rate may be that an accrual is made at."""


class Accrual(NamedTuple):
    """Usage of one model and token kind, or of one pool; `amount` None when nothing says a price.

    `source` says where the rate is from; `first` and `last` are the days used, of a plan those it is in force.
    """

    provider: str
    used: str
    kind: str
    quantity: Decimal
    unit: str
    rate: Decimal | None
    source: str
    amount: Decimal | None
    currency: str
    first: date
    last: date
    pool: str | None = None


class _Used(NamedTuple):
    tokens: int
    listed: Decimal | None
    first: date
    last: date


def accruals(part: Segment) -> tuple[Accrual, ...]:
    """What the whole month of `part` used and no bill covers, dearest first."""
    month = part.period
    if month is None:
        message = "an accrual is of a month"
        raise ValueError(message)
    con = connect_part(part)
    try:
        prepared = prepare(con, part.ledger, part.config, Question(month))
        devices = unbilled_devices(con, part, prepared.allocation.charges)
        plans = unbilled_plans(con, prepared, part.config, month)
    finally:
        con.close()
    tokens = _unbilled_tokens(prepared.allocation, month)
    if not tokens and not devices and not plans:
        return ()
    before = Period(_months_before(month.start), month.start)
    currency = prepared.currency
    with part.ledger.connect(["costs"]) as con:
        asked = selected(before, Period(before.start, month.end))
        exchange_costs(con, Exchange.of(part.config), currency, asked)
        names = canonical_names(prepared.terms.book)
        rules = pool_rules(part.config.pools, part.config.owned)
        last = _last_billed(read_metered(con, before, currency, rules, names))
        rates = last_device_rates(con, part.config, before, currency, [d.pool for d in devices])
        covered = covered_pools(con, part.config, month) if plans else set()
        waiting = [pool for pool in plans if pool.name not in covered]
        priced = price_plans(con, part.config, waiting, month, before, currency)
    found = [_of_tokens(key, each, last.get(key), currency) for key, each in tokens.items()]
    found += [_of_devices(each, rates.get(each.pool), currency) for each in devices]
    found += [_of_plan(pool, each, currency) for pool, each in priced]
    return tuple(sorted(found, key=lambda each: (-(each.amount or ZERO), each[:3])))


def booked_accruals(part: Segment) -> tuple[Accrual, ...]:
    """What the close of the month of `part` booked; of an open month what it would book."""
    if part.closed is None:
        return accruals(part)
    return from_manifest(part.closed.manifest["accruals"])


def _unbilled_tokens(allocation: Allocation, month: Period) -> dict[tuple[str, str, str], _Used]:
    """Tokens of the month on no line of account, by provider, model and kind."""
    used: dict[tuple[str, str, str], _Used] = {}
    rates, settled = allocation.metered.rates, allocation.metered.settled_on
    for tokens in allocation.log.tokens:
        if not month.start <= tokens.day < month.end:
            continue
        for kind, count in tokens.tokens.items():
            rate = rates.get((tokens.id, kind))
            if count and rate is not None and (tokens.id, kind) not in settled:
                key = (tokens.provider, tokens.model, kind)
                used[key] = _more(used.get(key), count, rate.amount, tokens.day)
    return used


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


_NO_RATE = "no bill and no list price says what it costs"


def _of_tokens(
    key: tuple[str, str, str], used: _Used, billed: _Billed | None, currency: str
) -> Accrual:
    rate, source, amount = None, _NO_RATE, used.listed
    if billed is not None:
        rate = truncate(Fraction(billed.cost) / Fraction(billed.tokens))
        amount = multiply(rate, used.tokens)
        source = f"billed rate of {billed.month}"
    elif used.listed is not None:
        rate = truncate(Fraction(used.listed) / used.tokens)
        source = "list price"
    quantity = Decimal(used.tokens)
    days = (used.first, used.last)
    return Accrual(*key, quantity, "Tokens", rate, source, amount, currency, *days)


def _of_devices(used: DeviceUse, billed: DeviceRate | None, currency: str) -> Accrual:
    blank = Accrual(
        provider="?",
        used=used.pool,
        kind="device time",
        quantity=used.hours,
        unit="GPU-hours",
        rate=None,
        source=_NO_RATE,
        amount=None,
        currency=currency,
        first=used.first,
        last=used.last,
        pool=used.pool,
    )
    if billed is None:
        return blank
    return blank._replace(
        provider=billed.provider,
        rate=billed.per_hour,
        source=f"billed rate of {billed.month}",
        amount=truncate(Fraction(billed.per_hour) * Fraction(used.hours)),
    )


def _of_plan(pool: CapacityPool, plan: Priced, currency: str) -> Accrual:
    exact = None if plan.rate is None else Fraction(plan.rate) * Fraction(plan.quantity)
    return Accrual(
        provider=plan.provider,
        used=pool.name,
        kind=PLAN_KINDS[pool.kind],
        quantity=plan.quantity,
        unit=plan.unit,
        rate=plan.rate,
        source=plan.source,
        amount=None if exact is None else truncate(exact),
        currency=currency,
        first=plan.first,
        last=plan.last,
        pool=pool.name,
    )


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
        "ConsumedQuantity": f"{accrual.quantity:f}",
        "ConsumedUnit": accrual.unit,
        "ServiceProviderName": accrual.provider,
        **(
            {"x_Model": accrual.used, "x_TokenType": accrual.kind}
            if accrual.pool is None
            else {"x_Pool": accrual.pool}
        ),
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
            "quantity": f"{each.quantity:f}",
            "rate": None if each.rate is None else f"{each.rate:f}",
            "amount": None if each.amount is None else f"{each.amount:f}",
            "first": each.first.isoformat(),
            "last": each.last.isoformat(),
        }
        for each in found
    ]


def from_manifest(kept: Sequence[Mapping[str, Any]]) -> tuple[Accrual, ...]:
    """What `as_manifest` wrote down."""
    return tuple(
        Accrual(
            **{
                **each,
                "quantity": Decimal(each["quantity"]),
                "rate": None if each["rate"] is None else Decimal(each["rate"]),
                "amount": None if each["amount"] is None else Decimal(each["amount"]),
                "first": date.fromisoformat(each["first"]),
                "last": date.fromisoformat(each["last"]),
            }
        )
        for each in kept
    )


def accrued(found: Sequence[Accrual]) -> Decimal:
    """The sum of all that have an amount."""
    return total(each.amount for each in found if each.amount is not None)
