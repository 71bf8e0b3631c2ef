"""Who used what each account of a month pays for: metered tokens, devices, seats and shared pools.

An account is what charges are split by together: a line of metered usage between bill and log, a pool of
one origin, or tokens, device time and plans that no bill covers and an accrual stands for (and its invoice, once
it comes). The parts are those of the unit economics (`finops.analysis.economics`), so what a charge gives to a
team is what `finops unit` says of it.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import UNIT_LINES, metered_lines
from finops.analysis.economics import Question, connect_part, prepare
from finops.analysis.pools import pool_rules
from finops.analysis.split.devices import read_accrued_devices
from finops.analysis.split.holders import of_devices, of_seats, read_holders, read_served
from finops.analysis.split.parts import Part
from finops.analysis.split.plans import read_accrued_plans
from finops.analysis.split.tokens import Counted, Units, count_tokens, count_units
from finops.model.money import total
from finops.prices.book import canonical_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.economics import Prepared
    from finops.analysis.split.naming import Names

__all__ = ["Account", "Accounts", "read_accounts"]

Account = tuple[object, ...]
"""`("metered", key)`, `("model", provider, model, kind)`, `("accrued", …)` or `("pool", name, origin)`."""

Parts = tuple[Part, ...]


class Accounts(NamedTuple):
    """One month's parts by account, and the account each line of metered usage is on.

    `unbilled` is cost that requests carry of a line the bill has no charge for: on no account.
    """

    parts: Mapping[Account, Parts]
    lines: Mapping[tuple[object, ...], Account]
    others: Mapping[str, Decimal]
    """EffectiveCost in currencies that cannot be exchanged into the month's."""
    currency: str
    unbilled: Decimal


def read_accounts(part: Segment, names: Names, currency: str | None = None) -> Accounts:
    """The accounts of the whole month of `part`, in `currency` (None: the one it is reported in)."""
    con = connect_part(part)
    try:
        question = Question(part.period, by=names.requests, currency=currency)
        prepared = prepare(con, part.ledger, part.config, question)
        rules = pool_rules(part.config.pools, part.config.owned)
        counted = count_tokens(con, prepared)
        found: dict[Account, Parts] = {}
        found |= _metered(prepared, counted, names)
        found |= _capacity(con, prepared, part, names)
        accrued = read_accrued_plans(con, prepared, part, names)
        accrued |= read_accrued_devices(con, prepared, part, names)
        for pool, parts in accrued.items():
            found |= {("pool", pool, origin): parts for origin in ("estimated", "bill")}
        found |= _shared(con, prepared, counted, names)
        canonical = canonical_names(prepared.terms.book)
        raw = metered_lines(con, part.period, prepared.currency, rules, canonical)
    finally:
        con.close()
    accounts = prepared.allocation.metered.accounts
    lines: dict[tuple[object, ...], Account] = {
        values: ("metered", accounts[line]) for values, line in raw
    }
    billed = set(accounts.values())
    unbilled = total(
        each.requests_cost
        for each in prepared.allocation.metered.settlements
        if each.key not in billed
    )
    return Accounts(found, lines, prepared.other_currencies, prepared.currency, unbilled)


def _metered(prepared: Prepared, counted: Counted, names: Names) -> dict[Account, Parts]:
    """Settled lines by who used their tokens, of each model and kind all together, and what no bill covers."""
    found: dict[Account, Parts] = {}
    models: dict[Account, list[Part]] = defaultdict(list)
    for settled in prepared.allocation.metered.settlements:
        key = settled.key
        parts = [
            Part("requests", names.of_requests(keys), Fraction(cost), tokens, "Tokens")
            for keys, tokens, cost in counted.settled.get(key, ())
        ]
        if settled.unlogged:
            parts.append(Part("unlogged", names.nobody, Fraction(settled.unlogged)))
        found["metered", key] = tuple(parts)
        models["model", key.provider, key.model, key.kind] += parts
    for name, rows in counted.unsettled.items():
        found["accrued", *name] = tuple(
            Part("requests", names.of_requests(keys), Fraction(tokens), tokens, "Tokens")
            for keys, tokens, _ in rows
        )
    return {**found, **{key: tuple(parts) for key, parts in models.items()}}


def _capacity(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, part: Segment, names: Names
) -> dict[Account, Parts]:
    """Pools paid for whether used or not, by who had them."""
    capacity = prepared.allocation.capacity
    if not capacity.books:
        return {}
    served = read_served(con, prepared, names)
    holders = read_holders(part, names)
    found: dict[Account, Parts] = {}
    for books in capacity.books:
        parts = [
            each
            for month in capacity.months
            if month.facts.pool.name == books.pool
            for each in of_devices(month, books.origin, served, holders)
        ]
        for seats in capacity.seats:
            if seats.pool.name == books.pool:
                parts += of_seats(seats, books.origin, served)
        left = {"gpu_idle": books.gpu_idle, "unobserved": books.unobserved, "seat": books.seat}
        parts += [
            Part(use, names.nobody, Fraction(amount)) for use, amount in left.items() if amount
        ]
        found["pool", books.pool, books.origin] = tuple(parts)
    return found


def _shared(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, counted: Counted, names: Names
) -> dict[Account, Parts]:
    """Shared pools by their driver; one whose driver counts nothing has no parts and is not split."""
    drivers = {
        (charge.pool, charge.origin): charge.driver or "requests"
        for charge in prepared.allocation.charges.charges
        if charge.kind == "shared" and charge.line in UNIT_LINES
    }
    if not drivers:
        return {}
    units = count_units(con, prepared)
    units["cost"] = [Units(keys, 0, Fraction(cost)) for keys, cost in counted.cost.items()]
    return {
        ("pool", pool, origin): tuple(
            Part(
                "shared",
                names.of_requests(each.keys),
                each.weight,
                each.quantity,
                _UNITS.get(driver),
            )
            for each in units[driver]
            if each.weight
        )
        for (pool, origin), driver in drivers.items()
    }


_UNITS = {
    "requests": "Requests",
    "tokens": "Tokens",
    "retrievals": "Retrievals",
    "bytes": "Bytes",
}
"""What a driver counts."""
