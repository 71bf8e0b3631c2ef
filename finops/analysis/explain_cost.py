"""Where a unit cost comes from: every rate with its source, every product, the sum and the quotient.

The lines are made from the same rates and relations the number was made from, and add up to it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books_by_month
from finops.analysis.economics import connect_part, in_one_currency, prepare
from finops.analysis.explain_capacity import capacity_lines
from finops.analysis.explanation import Explanation, Line
from finops.analysis.logged import CARD_OF_KEY, KEY_COLUMNS, PRICED_KEYS
from finops.analysis.measures import COMPONENTS, Group, measure
from finops.analysis.metering import KINDS
from finops.analysis.numbers import QUOTIENTS, REASONS, Quotient, count_of, numbers_of
from finops.analysis.spans import add_groups, same_currency, span_of, timed, timings_of
from finops.ledger.engine import query
from finops.model.money import ZERO, multiply, subtract, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.economics import Prepared, Question
    from finops.analysis.metering import BilledKey, Rate, Settlement
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["NUMBERS", "Products", "cost_products", "explain_cost", "explain_products"]


NUMBERS = ("cost", *QUOTIENTS)
"""Numbers explained by rates, products, their sum and the quotient."""


def explain_cost(ledger: Ledger, config: Config, question: Question, number: str) -> Explanation:
    """`number` of everything `question` lets through: one of NUMBERS."""
    return explain_products(cost_products(ledger, config, question), number)


def cost_products(ledger: Ledger, config: Config, question: Question) -> Products:
    """What every number of NUMBERS is made of, for everything `question` lets through."""
    parts = books_by_month(ledger, config, question.period)
    asked = in_one_currency(parts, config, question._replace(by=()))
    found = [_products_of(part, asked) for part in parts]
    if len(found) == 1:
        return found[0]
    timings = timings_of(ledger, config, asked, parts)
    group = timed(add_groups([each.group for each in found]), timings)
    lines = [
        line._replace(step=f"{part.period.label}: {line.step}")
        for part, each in zip(parts, found, strict=True)
        for line in each.lines
        if part.period is not None
    ]
    currency = same_currency([each.currency for each in found])
    return Products(tuple(lines), group, span_of(parts), currency)


class Products(NamedTuple):
    """Every rate times its quantity, and what they were measured of."""

    lines: tuple[Line, ...]
    group: Group
    period: Period
    currency: str


def _products_of(part: Segment, question: Question) -> Products:
    con = connect_part(part)
    try:
        asked = question._replace(period=part.period)
        prepared = prepare(con, part.ledger, part.config, asked)
        group = measure(
            con, prepared.relations.asked, prepared.grouping, prepared.allocation.shares
        ).total
        lines = _products(con, prepared, group)
        return Products(tuple(lines), group, prepared.scope.period, prepared.currency)
    finally:
        con.close()


def _products(con: duckdb.DuckDBPyConnection, prepared: Prepared, group: Group) -> list[Line]:
    products = [
        *_token_lines(con, prepared),
        *capacity_lines(con, prepared.relations.asked, prepared.allocation.capacity),
        *_share_lines(prepared, group),
    ]
    cost = total(group.components.values())
    rest = subtract(cost, total(line.amount or ZERO for line in products))
    if rest:
        products.append(
            Line("pools spread by cost or evenly", None, None, None, rest, _spread_pools(prepared))
        )
    return products


def explain_products(found: Products, number: str) -> Explanation:
    """`number`, one of NUMBERS: the products, their sum, what it is made of, and the quotient."""
    group = found.group
    cost = total(group.components.values())
    made_of = [
        Line(f"  of it {name}", None, None, None, group.components[name], "component")
        for name in COMPONENTS
        if group.components[name]
    ]
    summed = Line("cost", None, None, None, cost, "sum of the lines above")
    quotient = QUOTIENTS.get(number)
    value = numbers_of(group)[number]
    closing: list[Line] = []
    formula = "cost = sum of tokens x rate + capacity + shares of shared pools"
    if quotient is not None:
        units = f" x {quotient.units:,}" if quotient.units > 1 else ""
        formula = f"{number} = cost{units} / {quotient.of}"
        closing = _quotient(group, number, quotient, value)
    lines = (*found.lines, summed, *made_of, *closing)
    return Explanation(number, formula, value, found.period, found.currency, lines)


def _quotient(group: Group, number: str, of: Quotient, value: Decimal | None) -> list[Line]:
    """What the cost is divided by, and the quotient; where there is none, why."""
    count = Line(
        of.of, Decimal(count_of(group, of.of)), of.of, None, None, f"finops explain {of.of}"
    )
    units = f" x {of.units}" if of.units > 1 else ""
    source = f"= cost{units} / {of.of}"
    if value is None:
        source = REASONS.get(number, f"there are no {of.of.replace('_', ' ')}")
    return [count, Line(number, None, None, None, value, source)]


def _token_lines(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> list[Line]:
    """Tokens of each model and kind at each rate, dearest first."""
    asked = prepared.relations.asked
    on = " and ".join(f"s.{name} is not distinct from k.{name}" for name in KEY_COLUMNS)
    sums = ", ".join(f"cast(sum(s.{kind}_tokens) as bigint)" for kind in KINDS)
    rows = query(
        con,
        f"""
        select k.id, k.provider, coalesce(k.response_model, k.request_model), c.price_source,
            c.price_checked, c.price_rule, c.unpriced_reason, c.currency, {sums}
        from (
            select * from {asked.cells}
            where day >= date '{asked.start}' and day < date '{asked.end}' and {asked.counted}
        ) as s
        join {PRICED_KEYS} as k on {on}
        {CARD_OF_KEY}
        group by all
        """,
    )
    metered = prepared.allocation.metered
    found: dict[_Product, _Tally] = {}
    for number, provider, model, *card_and_counts in rows:
        card, counts = card_and_counts[:5], card_and_counts[5:]
        for kind, count in zip(KINDS, counts, strict=True):
            rate = metered.rates.get((number, kind))
            if rate is None or not count:
                continue
            settlement = metered.settled_on.get((number, kind))
            product = _Product(
                f"{provider} {model} {kind.replace('_', ' ')}",
                rate,
                "" if settlement is None else settlement.rule,
                "" if settlement is None else _account(settlement.key),
                _book(_Card(*card), prepared.currency),
            )
            tally = found.setdefault(product, _Tally([], {}))
            tally.counts.append(count)
            if settlement is not None:
                tally.settlements[settlement.key] = settlement
    lines = [_token_line(product, tally) for product, tally in found.items()]
    return sorted(lines, key=lambda line: (-(line.amount or ZERO), line.step, line.source))


class _Product(NamedTuple):
    """Tokens of one kind at one rate, met with the bill in one way: days are told together."""

    step: str
    rate: Rate
    rule: str
    account: str
    book: str


class _Tally(NamedTuple):
    """How many tokens a product has, and the lines of account they were settled on."""

    counts: list[int]
    settlements: dict[BilledKey, Settlement]


def _token_line(product: _Product, tally: _Tally) -> Line:
    rate, count = product.rate.amount, sum(tally.counts)
    return Line(
        product.step,
        Decimal(count),
        "tokens",
        rate,
        None if rate is None else multiply(rate, count),
        _source(product, [tally.settlements[key] for key in sorted(tally.settlements, key=str)]),
    )


class _Card(NamedTuple):
    """What the price book says of a price."""

    source: str | None
    checked: object
    rule: str | None
    reason: str | None
    currency: str | None


def _book(card: _Card, currency: str) -> str:
    """Where a price of the book is from, and that it was exchanged where it was."""
    if card.reason:
        return card.reason
    checked = f", checked {card.checked}" if card.checked else ""
    exchanged = "" if card.currency in {None, currency} else f"; {card.currency} at the day's rate"
    return f"{card.source}{checked}: {card.rule}{exchanged}"


def _account(key: BilledKey) -> str:
    parts = (key.provider, key.model, key.kind, key.tier, key.project, key.region)
    return " ".join(part for part in parts if part)


def _source(product: _Product, settlements: Sequence[Settlement]) -> str:
    """Where a rate is from, in one sentence."""
    if not settlements:
        return f"list price; {product.book}" if product.rate.basis == "list" else product.book
    periods = settlements[0].key.period
    if len(settlements) > 1:
        periods += f" to {settlements[-1].key.period}, {len(settlements)} bills"
    told = f"bill {periods} ({product.account}): {product.rule}"
    billed = [each.billed_tokens for each in settlements if each.billed_tokens is not None]
    if billed and product.rule == "billed rate":
        cost = total(each.billed_cost for each in settlements)
        told += f" = {cost.normalize():f} / {total(billed):,.0f} tokens"
    variance = _variance(settlements)
    return (
        told if variance is None else f"{told}; {variance:+.2%} against the book ({product.book})"
    )


def _variance(settlements: Sequence[Settlement]) -> float | None:
    """Rate variance as a share of the book's cost."""
    books = [each.book_cost for each in settlements if each.book_cost]
    if len(books) < len(settlements):
        return None
    return float(total(each.requests_cost for each in settlements) / total(books)) - 1


def _share_lines(prepared: Prepared, group: Group) -> list[Line]:
    """What each pool with a rate per unit adds to this group."""
    units = {
        "requests": group.counts["requests"],
        "tokens": count_of(group, "total_tokens"),
        "retrievals": group.counts["retrievals"],
        "bytes": group.counts["bytes_moved"],
    }
    lines = []
    for share in prepared.allocation.shares.shares:
        if share.rate is None or share.pool.driver not in units:
            continue
        count = units[share.pool.driver]
        source = f"pool {share.pool.name}: {share.pool.cost.normalize():f} / {share.units:,} {share.pool.driver}"
        lines.append(
            Line(
                f"shared: {share.pool.name}",
                Decimal(count),
                share.pool.driver,
                share.rate,
                multiply(share.rate, count),
                source,
            )
        )
    return lines


def _spread_pools(prepared: Prepared) -> str:
    names = [
        f"{share.pool.name} {share.pool.cost.normalize():f} by {share.pool.driver}"
        for share in prepared.allocation.shares.shares
        if share.rate is None and share.shared
    ]
    return "; ".join(names)
