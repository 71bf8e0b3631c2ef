"""The log's side of a period: how many tokens at which price, and rates put back beside them.

Cells are summed to one row per combination of everything that can decide a price; a rate per token
kind is found for each (`finops.analysis.metering`) and stands in a table that SQL multiplies by.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.grain import MODEL, PRICING, model_of, tier_of
from finops.analysis.metering import KINDS, LoggedTokens
from finops.analysis.sharing import Drivers, Share
from finops.ledger.engine import query
from finops.model.money import multiply, subtract, total, truncate
from finops.model.schema import MONEY_INTEGER_DIGITS, MONEY_SCALE
from finops.model.tables import TOKEN_COLUMNS
from finops.prices.cards import PriceKey
from finops.prices.install import install_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.fx import InCurrency
    from finops.analysis.metering import Metered, Rate
    from finops.analysis.sharing import Shares
    from finops.model.period import Period
    from finops.prices.book import Book

__all__ = [
    "CARD_OF_KEY",
    "KEY_COLUMNS",
    "PRICED_KEYS",
    "RATES",
    "Log",
    "cost_in",
    "install_rates",
    "read_drivers",
    "read_log",
    "share_of_cost",
]

KEY_COLUMNS = (*PRICING, "context_from", "minute_from", "served_by")
"""Columns that together decide a price: with none where capacity serves."""

RATES = "unit_rates"
"""Name of the table of rates: `KEY_COLUMNS` and, per kind, `_billed`, `_list`, `_share`, `_unpriced`, `_equivalent`."""

PRICED_KEYS = "priced_keys"
"""Name of the table of keys: an id, `KEY_COLUMNS` and the tokens of everything rates are set over."""

CARD_OF_KEY = """
left join rate_cards as c
    on
        k.provider is not distinct from c.provider
        and coalesce(k.response_model, k.request_model) is not distinct from c.model
        and k.service_tier is not distinct from c.service_tier
        and k.batch is not distinct from c.batch
        and k.speed is not distinct from c.speed
        and k.inference_geo is not distinct from c.inference_geo
        and (c.valid_from is null or cast(k.day as timestamptz) >= c.valid_from)
        and (c.valid_to is null or cast(k.day as timestamptz) < c.valid_to)
        and k.context_from >= c.context_from
        and (c.context_to is null or k.context_from < c.context_to)
        and k.minute_from >= c.minute_from
        and k.minute_from < c.minute_to
"""
"""JOIN that puts the price book's card `c` beside a key `k`."""


class Log(NamedTuple):
    """Logged tokens by price, and why some of them have none (reason to models and tokens)."""

    tokens: tuple[LoggedTokens, ...]
    unpriced: Mapping[tuple[str, str, str], int]


def read_log(
    con: duckdb.DuckDBPyConnection,
    book: Book,
    cells: str,
    money: InCurrency,
    canonical: Callable[[str | None, str | None], tuple[str, str]],
) -> Log:
    """Sum the relation `cells` by `KEY_COLUMNS` and put the book's rates beside the sums.

    Book rates in a currency that cannot be told in `money` are no rates here. Leaves the temp table of keys on
    `con` that `install_rates` joins to.
    """
    keys = ", ".join(KEY_COLUMNS)
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in TOKEN_COLUMNS)
    query(
        con,
        f"create or replace temp table {PRICED_KEYS} as select row_number() over () as id, * from "
        f"(select {keys}, {sums} from {cells} group by all) as summed",
    )
    named = f"select distinct provider, {MODEL}, service_tier, batch, speed, inference_geo from {PRICED_KEYS}"
    install_cards(con, book.cards(PriceKey(*row) for row in query(con, named)))
    rates = ", ".join(f"c.{kind}_rate" for kind in KINDS)
    counts = ", ".join(f"k.{name}" for name in TOKEN_COLUMNS)
    rows = query(
        con,
        f"""
        select
            k.id, k.provider, {model_of("k")} as model,
            case when k.batch then 'batch' else lower(coalesce(k.service_tier, 'standard')) end,
            k.project, k.region, k.day, k.served_by, c.currency, c.unpriced_reason, {counts}, {rates}
        from {PRICED_KEYS} as k
        {CARD_OF_KEY}
        order by k.id
        """,
    )
    return _log(rows, money, canonical)


def _log(
    rows: Sequence[tuple[Any, ...]],
    money: InCurrency,
    canonical: Callable[[str | None, str | None], tuple[str, str]],
) -> Log:
    found: list[LoggedTokens] = []
    unpriced: dict[tuple[str, str, str], int] = {}
    for row in rows:
        number, provider, model, tier, project, region, day, pool, priced_in, reason, *rest = row
        counts, rates = rest[: len(KINDS)], rest[len(KINDS) :]
        name = canonical(provider, model)
        if not money.takes(priced_in):
            reason = f"its price is in {priced_in}, this report in {money.currency}"
            rates = [None] * len(KINDS)
        elif any(counts):
            rates = money.prices(priced_in, day, rates)
        tokens = dict(zip(KINDS, counts, strict=True))
        if reason is not None and pool is None and any(counts):
            key = (str(provider or "?"), str(model or "?"), str(reason))
            unpriced[key] = unpriced.get(key, 0) + sum(tokens.values())
        found.append(
            LoggedTokens(
                number,
                *name,
                tier_of(str(tier)),
                project,
                region,
                day,
                tokens,
                dict(zip(KINDS, rates, strict=True)),
                pool,
            )
        )
    return Log(tuple(found), unpriced)


def read_drivers(con: duckdb.DuckDBPyConnection, cells: str) -> Drivers:
    """How much of each driver of shared pools the relation `cells` holds."""
    tokens = " + ".join(TOKEN_COLUMNS)
    rows = query(
        con,
        f"select workflow, cast(sum(requests) as bigint), cast(sum({tokens}) as bigint), "
        f"cast(sum(retrievals) as bigint), cast(sum(bytes_moved) as bigint) from {cells} group by 1",
    )
    return Drivers(
        requests=sum(row[1] for row in rows),
        tokens=sum(row[2] for row in rows),
        retrievals=sum(row[3] for row in rows),
        bytes=sum(row[4] for row in rows),
        workflows={row[0]: row[1] for row in rows},
    )


def cost_in(log: Log, metered: Metered, period: Period, *, basis: str | None = None) -> Decimal:
    """Metered cost of the period's tokens; only what has `basis` (`billed`, `list`) when given."""
    return total(
        multiply(rate.amount, count)
        for rate, count in _rated(log, metered, period)
        if rate.amount is not None and basis in {None, rate.basis}
    )


def share_of_cost(shares: Shares, log: Log, metered: Metered, period: Period) -> Shares:
    """`shares` with what pools spread by cost come to, rates being cut at the last decimal place."""
    done = list(shares.shares)
    for pool, fraction in shares.of_cost:
        shared = total(
            multiply(truncate(Fraction(rate.amount) * fraction), count)
            for rate, count in _rated(log, metered, period)
            if rate.amount is not None
        )
        done.append(Share(pool, 0, None, shared, subtract(pool.cost, shared)))
    return shares._replace(shares=tuple(done), rounding=total(each.rounding for each in done))


def _rated(log: Log, metered: Metered, period: Period) -> Iterator[tuple[Rate, int]]:
    """Rate and count of every token kind logged in `period`."""
    for tokens in log.tokens:
        if period.start <= tokens.day < period.end:
            for kind, count in tokens.tokens.items():
                rate = metered.rates.get((tokens.id, kind))
                if rate is not None and count:
                    yield rate, count


def install_rates(
    con: duckdb.DuckDBPyConnection,
    log: Log,
    metered: Metered,
    fractions: Sequence[Fraction],
    seats: Container[str | None] = (),
) -> None:
    """Make temp table `RATES`; `fractions` of metered cost are added as `_share` rates.

    What `seats` (pools) served has its book rate as `_equivalent`: shown, never cost.
    """
    shares: dict[Decimal, Decimal] = {}
    rows = json.dumps(
        [
            _equivalents(each)
            if each.served_by is not None and each.served_by in seats
            else _rates_row(each.id, metered, fractions, shares)
            for each in log.tokens
        ]
    )
    money = f"decimal({MONEY_INTEGER_DIGITS + MONEY_SCALE}, {MONEY_SCALE})"
    columns = ", ".join(
        f"cast(r.{kind}[1] as {money}) as {kind}_billed, cast(r.{kind}[2] as {money}) as {kind}_list, "
        f"cast(r.{kind}[3] as {money}) as {kind}_share, cast(r.{kind}[4] as boolean) as {kind}_unpriced, "
        f"cast(r.{kind}[5] as {money}) as {kind}_equivalent"
        for kind in KINDS
    )
    shape = json.dumps([{"id": "BIGINT", **{kind: ["VARCHAR"] for kind in KINDS}}])
    con.execute(
        f"create or replace temp table rates_of_key as select r.id, {columns} "
        f"from (select unnest(from_json(?, '{shape}')) as r)",
        [rows],
    ).fetchall()
    keys = ", ".join(f"k.{name}" for name in KEY_COLUMNS)
    query(
        con,
        f"create or replace temp table {RATES} as select {keys}, r.* exclude (id) "
        f"from {PRICED_KEYS} as k join rates_of_key as r on k.id = r.id",
    )


def _rates_row(
    number: int, metered: Metered, fractions: Sequence[Fraction], shares: dict[Decimal, Decimal]
) -> dict[str, object]:
    """Per kind the rates billed, at list and of shares, and whether it is unpriced; all as text."""
    row: dict[str, object] = {"id": number}
    for kind in KINDS:
        rate = metered.rates.get((number, kind))
        if rate is None or rate.amount is None:
            row[kind] = ["0", "0", "0", "false" if rate is None else "true", "0"]
            continue
        amount, is_billed = f"{rate.amount:f}", rate.basis == "billed"
        share = _share_rate(rate.amount, fractions, shares)
        row[kind] = [
            amount if is_billed else "0",
            "0" if is_billed else amount,
            f"{share:f}",
            "false",
            "0",
        ]
    return row


def _equivalents(tokens: LoggedTokens) -> dict[str, object]:
    """The row of what a seat served: no rates but what the book says it would have cost."""
    row: dict[str, object] = {"id": tokens.id}
    for kind in KINDS:
        row[kind] = ["0", "0", "0", "false", f"{tokens.rates[kind] or 0:f}"]
    return row


def _share_rate(
    rate: Decimal, fractions: Sequence[Fraction], known: dict[Decimal, Decimal]
) -> Decimal:
    """What pools spread by cost add to one token at `rate`."""
    if rate not in known:
        known[rate] = total(truncate(Fraction(rate) * fraction) for fraction in fractions)
    return known[rate]
