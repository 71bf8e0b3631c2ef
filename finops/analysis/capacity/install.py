"""Rates of capacity where SQL multiplies by them: a row per pool, month and what tells requests apart in it.

For each of busy, idle and unused there is a rate of a token of input, of cached input, of output, and of an
attempt; `less` and `more` are all three together with output weighing half and one and a half times what was
assumed. `seat` is the rate of a request.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import ORIGINS
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.money import ZERO, multiply, total, truncate
from finops.model.period import parse_month
from finops.model.schema import MONEY_INTEGER_DIGITS, MONEY_SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    import duckdb

    from finops.analysis.capacity.model import Capacity
    from finops.analysis.capacity.settle import Facts, TokenRate

__all__ = ["OF_TOKENS", "PARTS", "RATES", "WEIGHED", "capacity_sql", "install_capacity"]

RATES = "capacity_rates"

PARTS = ("busy", "idle", "unused", "less", "more")
OF_TOKENS = ("prefill", "cached", "output", "rows")

WEIGHED = {"less": Fraction(1, 2), "more": Fraction(3, 2)}
"""What an assumed weight of output is multiplied by to see how much hangs on it."""


class _Row(NamedTuple):
    pool: str
    key: str | None
    month: str
    rates: Mapping[str, Decimal]


def capacity_sql(part: str, counts: Mapping[str, str], rates: str) -> str:
    """SQL of the cost of `counts` (by `OF_TOKENS`) at the rates of one part, zero where there are none."""
    terms = " + ".join(f"{counts[of]} * {rates}.{part}_{of}" for of in OF_TOKENS)
    return f"coalesce({terms}, 0)"


def install_capacity(con: duckdb.DuckDBPyConnection, found: Capacity) -> None:
    """Make temp table `RATES` of everything that capacity's requests cost by."""
    money = f"decimal({MONEY_INTEGER_DIGITS + MONEY_SCALE}, {MONEY_SCALE})"
    names = [*(f"{part}_{of}" for part in PARTS for of in OF_TOKENS), "seat"]
    columns = ", ".join(f"{name} {money}" for name in names)
    query(
        con,
        f"create or replace temp table {RATES} "
        f"(id bigint, of_pool varchar, of_key varchar, from_day date, until_day date, {columns})",
    )
    values = [_values(number, row, names) for number, row in enumerate(_rows(found))]
    if values:
        query(con, f"insert into {RATES} values {', '.join(values)}")


def _values(number: int, row: _Row, names: list[str]) -> str:
    key = "null" if row.key is None else quote(row.key)
    days = parse_month(row.month)
    rates = ", ".join(f"'{row.rates.get(name, ZERO):f}'" for name in names)
    return f"({number}, {quote(row.pool)}, {key}, '{days.start}', '{days.end}', {rates})"


def _rows(found: Capacity) -> Iterator[_Row]:
    for month in found.months:
        facts = month.facts
        for key, rate in month.rates.tokens.items():
            yield _Row(facts.pool.name, key, facts.month, _token_rates(facts, key, rate))
    for seats in found.seats:
        for user, rates in seats.rates.items():
            yield _Row(seats.pool.name, user, seats.month, {"seat": total(rates.values())})


def _token_rates(facts: Facts, key: str | None, rate: TokenRate) -> dict[str, Decimal]:
    parts = {
        "busy": total(rate.busy_rate[origin] for origin in ORIGINS),
        "idle": total(rate.idle_rate[origin] for origin in ORIGINS),
        "unused": total(rate.unused_rate[origin] for origin in ORIGINS),
    }
    whole = total(parts.values())
    if rate.by_rows:
        return {f"{part}_rows": parts.get(part, whole) for part in PARTS}
    weights = rate.weights
    found = {}
    for part in PARTS:
        decode, per_unit = weights.decode, parts.get(part, whole)
        if part in WEIGHED and weights.basis == "assumed":
            decode = int(decode * WEIGHED[part])
            units = weights._replace(decode=decode).weigh(facts.served[key])
            per_unit = truncate(Fraction(rate.cost) / units)
        found[f"{part}_prefill"] = multiply(per_unit, weights.prefill)
        found[f"{part}_cached"] = multiply(per_unit, weights.cached)
        found[f"{part}_output"] = multiply(per_unit, decode)
    return found
