"""Currencies: charges exchanged before anything is allocated, at dated rates with a source.

    charge          = amount x rate of the day the charge begins
    invoice         = sum of its amounts x rate of the invoice's day (the end of its billing period)
    fx              = invoice - sum of its charges: a line of its own, so that the invoice still ties

Every product is cut at the 24th decimal place towards zero, so a negated charge gives the negated
amount, and `fx` holds what the cuts leave. A rate holds until a newer one does, but not longer than
`fx_max_age_days`. Where only the other direction is published, the rate is one over it, cut at the 12th
place. Rates are never chained through a third currency.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import ConfigError
from finops.ledger.engine import query
from finops.ledger.schema import identifier, literal
from finops.model.money import truncate
from finops.model.tables import COST_AMOUNTS, COSTS
from finops.sections.close import RATE_PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import duckdb

    from finops.config import Config

__all__ = [
    "Exchange",
    "ExchangeRate",
    "InCurrency",
    "exchange_amount",
    "exchange_costs",
    "exchanged_sql",
]

_ONE = 10**RATE_PLACES
_EXCHANGED = (*COST_AMOUNTS, "ListUnitPrice", "ContractedUnitPrice")
"""Columns of a cost row that are in its BillingCurrency."""


class ExchangeRate(NamedTuple):
    """Units of one currency for one of another, since `day`, by `source`."""

    rate: Decimal
    day: date
    source: str


class Exchange(NamedTuple):
    """The rates of finops.toml by pair, each pair's by day, and how old one may be."""

    rates: Mapping[tuple[str, str], tuple[ExchangeRate, ...]]
    max_age_days: int

    @classmethod
    def of(cls, config: Config) -> Exchange:
        """The rates of `config`; ConfigError when one day has two of a pair."""
        found: dict[tuple[str, str], dict[date, ExchangeRate]] = {}
        for each in config.fx:
            days = found.setdefault((each.from_, each.to), {})
            if each.day in days:
                raise ConfigError(
                    f"[[fx]] has two rates of {each.from_} to {each.to} on {each.day}"
                )
            days[each.day] = ExchangeRate(each.rate, each.day, each.source)
        for (one, other), days in list(found.items()):
            if (other, one) not in found:
                found[other, one] = {day: _turned(rate) for day, rate in days.items()}
        rates = {pair: tuple(days[day] for day in sorted(days)) for pair, days in found.items()}
        return cls(rates, config.fx_max_age_days)

    def knows(self, currency: str | None, into: str) -> bool:
        """Whether there is any rate of the pair."""
        return (currency, into) in self.rates

    def rate(self, currency: str, into: str, day: date) -> ExchangeRate:
        """The newest rate of the pair on or before `day`.

        ConfigError when there is none, or the newest is older than allowed.
        """
        before = [each for each in self.rates.get((currency, into), ()) if each.day <= day]
        if not before:
            raise ConfigError(
                f"there is no rate of {currency} to {into} on or before {day}",
                hint=f"add one to finops.toml: [[fx]] from = {currency!r}, to = {into!r}, date, rate, source",
            )
        newest = before[-1]
        if (day - newest.day).days > self.max_age_days:
            raise ConfigError(
                f"the newest rate of {currency} to {into} on {day} is of {newest.day}, older than "
                f"{self.max_age_days} days",
                hint="add a newer [[fx]] rate to finops.toml, or raise fx_max_age_days",
            )
        return newest


class InCurrency(NamedTuple):
    """The currency of a report, and how others become it."""

    currency: str
    exchange: Exchange

    def takes(self, currency: str | None) -> bool:
        """Whether amounts in `currency` (None: of no currency) can be told in ours."""
        return currency in {None, self.currency} or self.exchange.knows(currency, self.currency)

    def prices(
        self, currency: str | None, day: date, prices: Iterable[Decimal | None]
    ) -> list[Decimal | None]:
        """`prices` at the rate of `day`; ConfigError when that is not known."""
        if currency in {None, self.currency}:
            return list(prices)
        rate = self.exchange.rate(str(currency), self.currency, day).rate
        return [None if price is None else exchange_amount(price, rate) for price in prices]


def _turned(rate: ExchangeRate) -> ExchangeRate:
    value = Decimal(int(_ONE / Fraction(rate.rate))).scaleb(-RATE_PLACES)
    return rate._replace(rate=value, source=f"1 / {rate.rate.normalize():f}, {rate.source}")


def exchange_amount(amount: Decimal, rate: Decimal) -> Decimal:
    """`amount` at `rate`, cut at the 24th decimal place towards zero."""
    return truncate(Fraction(amount) * Fraction(rate))


def exchanged_sql(amount: str, rate: str) -> str:
    """SQL of `exchange_amount`: a DECIMAL(38,24) times a HUGEINT of `rate` x 10^12.

    The amount is taken apart into whole units, 12 places and 12 more, so that no step needs more than
    38 digits.
    """
    million = f"cast({_ONE} as hugeint)"
    whole = f"cast(trunc({amount}) as hugeint)"
    high = f"(({amount} - trunc({amount})) * {_ONE})"
    middle = f"cast(trunc({high}) as hugeint)"
    low = f"cast(({high} - trunc({high})) * {_ONE} as hugeint)"
    steps = f"({whole} * {rate} * {million} + {middle} * {rate} + ({low} * {rate}) // {million})"
    units = f"cast({_ONE**2} as hugeint)"
    return (
        f"(cast({steps} // {units} as decimal(38, 24))"
        f" + cast({steps} % {units} // {million} as decimal(12, 0)) * cast(0.000000000001 as decimal(12, 12))"
        f" + cast({steps} % {million} as decimal(12, 0))"
        " * cast('0.000000000000000000000001' as decimal(24, 24)))"
    )


_CHARGE_DAY = "cast(ChargePeriodStart as date)"
_INVOICE_DAY = "cast(BillingPeriodEnd as date)"


def exchange_costs(
    con: duckdb.DuckDBPyConnection, exchange: Exchange, into: str, selected: str
) -> tuple[str, ...]:
    """Put the view `costs` of `con` into currency `into`, for the billing months `selected` rows are on.

    Returns the currencies exchanged; others stand as they are. Nothing changes when there are none.
    ConfigError names a day without a rate.
    """
    months = f"x_BillingMonth in (select x_BillingMonth from costs where {selected})"
    rows = query(
        con,
        f"select distinct BillingCurrency, unnest([{_CHARGE_DAY}, {_INVOICE_DAY}]) as day from costs "
        f"where {months} order by all",
    )
    wanted = [(str(money), day) for money, day in rows if exchange.knows(str(money), into)]
    if not wanted:
        return ()
    _install_rates(con, exchange, into, wanted)
    billed, number = "billed_costs", 0
    while query(con, f"select 1 from duckdb_views() where view_name = '{billed}'"):
        number += 1
        billed = f"billed_costs_{number}"
    query(con, f"alter view costs rename to {billed}")
    months = months.replace("from costs", f"from {billed}")
    query(con, f"create temp view costs as {_exchanged_rows(billed, into, months)}")
    return tuple(dict.fromkeys(money for money, _ in wanted))


def _install_rates(
    con: duckdb.DuckDBPyConnection,
    exchange: Exchange,
    into: str,
    wanted: Iterable[tuple[str, date]],
) -> None:
    query(
        con,
        "create or replace temp table fx_rates "
        "(currency varchar, day date, rate hugeint, said varchar)",
    )
    for money, day in wanted:
        found = exchange.rate(money, into, day)
        said = f"{found.rate.normalize():f} of {found.day} ({found.source})"
        row = [money, day, int(found.rate * _ONE), said]
        con.execute("insert into fx_rates values (?, ?, ?, ?)", row).fetchall()


def _exchanged_rows(billed: str, into: str, months: str) -> str:
    """Rows in other currencies with their amounts exchanged, the rest as they are, and the fx rows."""
    names = ", ".join(
        f"{literal(into)} as {identifier(name)}" if name == "BillingCurrency"
        else f"{exchanged_sql(f'c.{identifier(name)}', 'r.rate')} as {identifier(name)}"
        if name in _EXCHANGED
        else f"c.{identifier(name)}"
        for name in COSTS.names
    )  # fmt: skip
    return f"""
        select {", ".join(identifier(name) for name in COSTS.names)} from {billed}
        where {months} and BillingCurrency not in (select currency from fx_rates)
        union all
        select {names}
        from (select *, {_CHARGE_DAY} as charge_day from {billed} where {months}) as c
        join fx_rates as r on c.BillingCurrency = r.currency and c.charge_day = r.day
        union all
        {_fx_rows(billed, into, months)}
    """


_INVOICE = (
    "x_BillingMonth",
    "x_SourceId",
    "x_Scope",
    "x_AdjustsMonth",
    "InvoiceId",
    "InvoiceIssuerName",
    "BillingAccountId",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "BillingCurrency",
)
"""What makes charges one invoice; without an InvoiceId, one month of an account."""


def _fx_rows(billed: str, into: str, months: str) -> str:
    """One row an invoice: what it comes to at its own rate, less what its charges came to at theirs."""
    keys = ", ".join(identifier(name) for name in _INVOICE)
    sums = ", ".join(
        f"sum({identifier(name)}) as {identifier(name)}, "
        f"sum({exchanged_sql(identifier(name), 'rate')}) as {identifier(f'at_{name}')}"
        for name in COST_AMOUNTS
    )
    given = {
        **{
            name: f"{exchanged_sql(f'i.{identifier(name)}', 'r.rate')} - i.{identifier(f'at_{name}')}"
            for name in COST_AMOUNTS
        },
        **{name: f"i.{identifier(name)}" for name in _INVOICE},
        "BillingCurrency": literal(into),
        "ChargePeriodStart": 'i."BillingPeriodStart"',
        "ChargePeriodEnd": 'i."BillingPeriodEnd"',
        "ChargeCategory": "'Adjustment'",
        "ChargeDescription": f"'Exchange of ' || i.BillingCurrency || ' into {into}: invoice at ' || r.said",
        "ServiceProviderName": "i.provider",
        "x_LoadId": "'fx'",
        "x_CostOrigin": "'bill'",
        "x_Line": "case when i.x_AdjustsMonth is null then 'fx' else 'prior_period' end",
    }
    columns = ", ".join(
        f"{given[column.name]} as {identifier(column.name)}"
        if column.name in given
        else f"cast(null as {column.kind.stored}) as {identifier(column.name)}"
        for column in COSTS.columns
    )
    return f"""
        select {columns}
        from (
            select {keys}, {_INVOICE_DAY} as invoice_day, {sums},
                case when min(provider) = max(provider) then min(provider) end as provider
            from (
                select *, {_CHARGE_DAY} as charge_day,
                    coalesce(ServiceProviderName, ProviderName) as provider
                from {billed}
                where {months} and x_CostOrigin = 'bill'
            ) as c
            join fx_rates as r on c.BillingCurrency = r.currency and c.charge_day = r.day
            group by all
        ) as i
        join fx_rates as r on i.BillingCurrency = r.currency and i.invoice_day = r.day
    """
