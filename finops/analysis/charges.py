"""The cost side of a period: what was charged, cut into the lines the model treats differently.

Charges are of two origins, the bill and owned hardware (virtual rows beside it), which are kept apart
all the way: each is conserved by itself.

Whole months are taken by the month of the invoice, so that they add up to it; charges for earlier
periods on it stand apart as `prior_period`. Any other period takes charges by the time they cover, and
a charge that crosses its edge counts in proportion, cut so that adjoining periods add up exactly.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.grain import tier_of
from finops.analysis.metering import KINDS, BilledLine
from finops.analysis.pools import OTHER, PoolRule, pool_sql
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.money import subtract, total, truncate
from finops.model.tables import COST_AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    import duckdb

    from finops.model.period import Period

__all__ = [
    "LINES",
    "METERED_COLUMNS",
    "ORIGINS",
    "UNIT_LINES",
    "Charges",
    "InvoiceCharge",
    "PoolCharge",
    "charge_rows",
    "currencies",
    "is_metered_sql",
    "line_sql",
    "metered_lines",
    "read_charges",
    "read_invoices",
    "read_metered",
    "read_sums",
    "selected",
    "tokens_per_unit",
]

ORIGINS = ("bill", "owned")
"""Where cost comes from; estimates are no charges."""

UNIT_LINES = ("usage", "commitment_unused")
"""Lines that are cost of the period's work."""

LINES = (*UNIT_LINES, "credits", "tax", "support", "corrections", "prior_period", "fx")
"""Every line, a charge is on the first of them (last to first) that fits."""

_LINE_SQL = """
case
    when x_Line is not null then x_Line
    when {prior} then 'prior_period'
    when ChargeCategory = 'Credit' then 'credits'
    when ChargeCategory = 'Tax' then 'tax'
    when ChargeClass = 'Correction' or ChargeCategory = 'Adjustment' then 'corrections'
    when ServiceSubcategory = 'Support' or ServiceName ilike '%support%' then 'support'
    when CommitmentDiscountStatus = 'Unused' or CapacityReservationStatus = 'Unused'
        then 'commitment_unused'
    else 'usage'
end
"""

_STEP = timedelta(microseconds=1)

_PROVIDER = "coalesce(ServiceProviderName, ProviderName, PublisherName, InvoiceIssuerName, '?')"


class PoolCharge(NamedTuple):
    """Charges of one pool and origin on one line: the four FOCUS amounts, those a bill lacks zero."""

    origin: str
    pool: str
    kind: str
    driver: str | None
    line: str
    amounts: tuple[Decimal, Decimal, Decimal, Decimal]
    unmapped: Decimal
    """Effective cost of metered usage whose row names no model or token kind we know."""

    @property
    def cost(self) -> Decimal:
        """EffectiveCost."""
        return self.amounts[1]


class Charges(NamedTuple):
    """Everything on the bill for a period and currency."""

    charges: tuple[PoolCharge, ...]

    def cost(self, keep: Callable[[PoolCharge], bool] = lambda _: True) -> Decimal:
        """EffectiveCost of the charges `keep` holds for."""
        return total(charge.cost for charge in self.charges if keep(charge))

    def amounts(self) -> dict[str, Decimal]:
        """The four FOCUS amounts of everything."""
        return {
            name: total(charge.amounts[place] for charge in self.charges)
            for place, name in enumerate(COST_AMOUNTS)
        }


def currencies(con: duckdb.DuckDBPyConnection, period: Period | None) -> dict[str, Decimal]:
    """EffectiveCost by currency of the period's charges."""
    rows = query(
        con,
        f'select "BillingCurrency", sum("EffectiveCost") from costs where {_selected(period)} '
        f"and {_counted()} group by 1 order by 2 desc",
    )
    return dict(rows)


def read_charges(
    con: duckdb.DuckDBPyConnection,
    period: Period | None,
    currency: str,
    rules: Sequence[PoolRule],
) -> Charges:
    """The period's charges in `currency` by pool and line; `costs` is a view on `con`."""
    amounts = ", ".join(f'sum(coalesce("{name}", 0)) as "{name}"' for name in COST_AMOUNTS)
    inside = _inside(period)
    rows = query(
        con,
        f"""
        select
            x_CostOrigin,
            pool,
            {line_sql(period)} as line,
            case when {inside} then null else ChargePeriodStart end as starts,
            case when {inside} then null else ChargePeriodEnd end as ends,
            {amounts},
            sum(EffectiveCost) filter (where not ({is_metered_sql()})) as unmapped
        from ({_rows(period, currency, rules)}) as charges
        group by all
        """,
    )
    by_name = _by_name(rules)
    found: dict[tuple[str, str, str], list[tuple[Decimal, ...]]] = {}
    for origin, pool, line, starts, ends, *sums in rows:
        cut = [_within(period, starts, ends, amount or Decimal(0)) for amount in sums]
        found.setdefault((origin, pool, line), []).append(tuple(cut))
    charges = []
    for (origin, pool, line), parts in sorted(found.items()):
        rule = by_name.get(pool, PoolRule(pool, OTHER, ""))
        sums = [total(part[place] for part in parts) for place in range(len(COST_AMOUNTS) + 1)]
        is_usage = rule.kind == "metered" and line == "usage"
        unmapped = sums[4] if origin == "bill" else sums[1]
        charges.append(
            PoolCharge(
                origin,
                pool,
                rule.kind,
                rule.driver,
                line,
                (sums[0], sums[1], sums[2], sums[3]),
                unmapped if is_usage else Decimal(0),
            )
        )
    return Charges(tuple(charges))


def read_sums(
    con: duckdb.DuckDBPyConnection,
    period: Period | None,
    currency: str,
    rules: Sequence[PoolRule],
    columns: str,
    lines: Iterable[str],
) -> list[tuple[Any, ...]]:
    """EffectiveCost of charges on `lines` by `columns` (SQL of `charge_rows`), which stand before it.

    What charges of one stretch of time come to is cut where the period begins and ends, as one.
    """
    inside, named = _inside(period), ", ".join(quote(line) for line in lines)
    rows = query(
        con,
        f"""
        select {columns},
            case when {inside} then null else ChargePeriodStart end as starts,
            case when {inside} then null else ChargePeriodEnd end as ends,
            sum(EffectiveCost)
        from ({charge_rows(period, currency, rules)}) as charges
        where line in ({named})
        group by all
        """,
    )
    found: dict[tuple[Any, ...], list[Decimal]] = {}
    for *key, starts, ends, amount in rows:
        cut = _within(period, starts, ends, amount or Decimal(0))
        found.setdefault(tuple(key), []).append(cut)
    return [(*key, total(parts)) for key, parts in found.items()]


class InvoiceCharge(NamedTuple):
    """Charges of one invoice on one line of one pool; metered ones by provider and model, as written."""

    invoice: str | None
    issuer: str | None
    pool: str
    line: str
    origin: str
    provider: str | None
    model: str | None
    billed: Decimal
    effective: Decimal


def read_invoices(
    con: duckdb.DuckDBPyConnection, period: Period, currency: str, rules: Sequence[PoolRule]
) -> list[InvoiceCharge]:
    """Charges of whole months in `currency` by invoice, pool and line."""
    rows = query(
        con,
        f"""
        select InvoiceId, InvoiceIssuerName, pool, {line_sql(period)} as line, x_CostOrigin,
            case when {is_metered_sql()} then {_PROVIDER} end, case when {is_metered_sql()} then x_Model end,
            sum(BilledCost), sum(EffectiveCost)
        from ({_rows(period, currency, rules)}) as charges
        group by all
        """,
    )
    return [InvoiceCharge(*row) for row in rows]


METERED_COLUMNS = (
    _PROVIDER,
    "x_Model",
    "x_TokenType",
    "lower(x_ServiceTier)",
    "SubAccountId",
    "RegionId",
    "x_BillingMonth",
    "cast(ChargePeriodStart as date)",
    "cast(ChargePeriodEnd - interval 1 microsecond as date) + 1",
)
"""SQL over a cost row of what decides which line of metered usage it is on."""


def read_metered(
    con: duckdb.DuckDBPyConnection,
    period: Period | None,
    currency: str,
    rules: Sequence[PoolRule],
    canonical: Callable[[str, str], tuple[str, str]],
) -> list[BilledLine]:
    """Lines of metered usage with a model and token kind, names made canonical."""
    return [line for _, line in metered_lines(con, period, currency, rules, canonical)]


def metered_lines(
    con: duckdb.DuckDBPyConnection,
    period: Period | None,
    currency: str,
    rules: Sequence[PoolRule],
    canonical: Callable[[str, str], tuple[str, str]],
) -> list[tuple[tuple[Any, ...], BilledLine]]:
    """The same, each with the values of `METERED_COLUMNS` its rows have."""
    metered = [rule.name for rule in _by_name(rules).values() if rule.kind == "metered"]
    if not metered:
        return []
    rows = query(
        con,
        f"""
        select
            {", ".join(METERED_COLUMNS)},
            case when ConsumedQuantity is null then PricingUnit else ConsumedUnit end as unit,
            sum(EffectiveCost) as cost,
            case
                when bool_and(coalesce(ConsumedQuantity, PricingQuantity) is not null)
                    then sum(coalesce(ConsumedQuantity, PricingQuantity))
            end as quantity
        from ({_rows(period, currency, rules)}) as charges
        where
            pool in ({", ".join(quote(name) for name in metered)})
            and x_CostOrigin = 'bill'
            and {line_sql(period)} = 'usage'
            and {is_metered_sql()}
        group by all
        """,
    )
    return [(row[: len(METERED_COLUMNS)], _billed_line(row, canonical)) for row in rows]


def _billed_line(
    row: tuple[Any, ...], canonical: Callable[[str, str], tuple[str, str]]
) -> BilledLine:
    provider, model, kind, tier, project, region, month, start, end, unit, cost, quantity = row
    name = canonical(str(provider), str(model))
    size = tokens_per_unit(None if unit is None else str(unit))
    tokens = None
    if isinstance(quantity, Decimal) and size is not None:
        tokens = truncate(Fraction(quantity) * size)
    return BilledLine(
        *name,
        kind,
        None if tier is None else tier_of(str(tier)),
        project,
        region,
        month,
        start,
        end,
        cost,
        tokens,
    )


_MULTIPLES = {"": 1, "1K": 1000, "1000": 1000, "10K": 10_000, "1M": 1_000_000, "1000000": 1_000_000}


def tokens_per_unit(unit: str | None) -> int | None:
    """How many tokens one `unit` of a bill is: `Tokens`, `1K tokens`, `1000 Tokens`, `1M` …, else None."""
    if unit is None:
        return None
    text = unit.casefold().replace(",", "").replace("tokens", "").replace("token", "")
    text = text.replace("million", "1m").replace("thousand", "1k").strip(" /-")
    if text == "" and "token" not in unit.casefold():
        return None
    return _MULTIPLES.get(text.upper().replace(" ", ""))


def is_metered_sql() -> str:
    """The condition on a cost row that it names a model and a token kind we know."""
    kinds = ", ".join(quote(kind) for kind in (*KINDS, "cache_write", "input", "total"))
    return f"(x_Model is not null and coalesce(x_TokenType, '') in ({kinds}))"


def _by_name(rules: Sequence[PoolRule]) -> dict[str, PoolRule]:
    """The rule that says what a pool is: of several with its name, the first."""
    return {rule.name: rule for rule in reversed(rules)}


def _rows(period: Period | None, currency: str, rules: Iterable[PoolRule]) -> str:
    return (
        f"select *, {pool_sql(rules)} as pool from costs where {_selected(period)} "
        f"and {_counted()} and BillingCurrency = {quote(currency)}"
    )


def charge_rows(period: Period | None, currency: str, rules: Sequence[PoolRule]) -> str:
    """SELECT of the period's cost rows in `currency`, with the `pool` and `line` each is on."""
    rows = _rows(period, currency, rules)
    return f"select *, {line_sql(period)} as line from ({rows}) as charges"


def _counted() -> str:
    return f"x_CostOrigin in ({', '.join(quote(origin) for origin in ORIGINS)})"


def _selected(period: Period | None) -> str:
    if period is None:
        return "true"
    if period.is_whole_months:
        return f"x_BillingMonth in ({', '.join(quote(month) for month in period.months)})"
    start, end = _bounds(period)
    return (
        f"(ChargePeriodEnd > {start} or ChargePeriodStart >= {start}) and ChargePeriodStart < {end}"
    )


def selected(period: Period | None, months: Period) -> str:
    """The condition on cost rows of `period`, and of the invoices of the whole `months` it lies in."""
    return "true" if period is None else f"(({_selected(period)}) or ({_selected(months)}))"


def line_sql(period: Period | None) -> str:
    """The line of `LINES` a cost row is on; of whole months it is prior when all of it lies before them."""
    prior = "false"
    if period is not None and period.is_whole_months:
        start, _ = _bounds(period)
        prior = f"ChargePeriodEnd <= {start} and ChargePeriodStart < {start}"
    return _LINE_SQL.format(prior=prior)


def _inside(period: Period | None) -> str:
    if period is None or period.is_whole_months:
        return "true"
    start, end = _bounds(period)
    return f"ChargePeriodStart >= {start} and ChargePeriodEnd <= {end}"


def _bounds(period: Period) -> tuple[str, str]:
    start, end = period.bounds()
    return f"timestamptz '{start.isoformat()}'", f"timestamptz '{end.isoformat()}'"


def _within(
    period: Period | None, starts: datetime | None, ends: datetime | None, amount: Decimal
) -> Decimal:
    """The part of `amount`, spread evenly over `[starts, ends)`, that falls into the period."""
    if period is None or starts is None or ends is None or ends <= starts:
        return amount
    first, last = period.bounds()
    whole = ends - starts

    def until(moment: datetime) -> Decimal:
        share = Fraction((moment - starts) // _STEP, whole // _STEP)
        return amount if moment >= ends else truncate(Fraction(amount) * share)

    return subtract(until(min(ends, last)), until(max(starts, first)))
