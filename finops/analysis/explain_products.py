"""What a cost is made of, line by line: tokens at their rates, capacity at its rates, shares of shared pools.

The lines are those of the cells a `Sources` counts, made from the rates the cost was made from; they sum to it.
A component of the cost is the lines of the cells, token kinds and rates that it stands for.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.economics import INCLUDABLE
from finops.analysis.explain_capacity import SEAT, capacity_lines
from finops.analysis.explanation import Line
from finops.analysis.logged import CARD_OF_KEY, KEY_COLUMNS, PRICED_KEYS, RATES, read_drivers
from finops.analysis.metering import KINDS
from finops.analysis.sources import counted_cells, only
from finops.ledger.engine import query
from finops.model.money import ZERO, multiply, total, truncate

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    import duckdb

    from finops.analysis.economics import Prepared
    from finops.analysis.metering import BilledKey, Rate, Settlement
    from finops.analysis.sharing import Share
    from finops.analysis.sources import Sources

__all__ = ["component_lines", "equivalent_lines", "product_lines"]

_RETRIEVAL = "retrievals"
"""The driver whose shares are retrieval, not shared."""

_DRIVERS = ("requests", "tokens", "retrievals", "bytes")
"""Drivers that give a rate per unit."""

_COUNTS = {kind: f"{kind}_tokens" for kind in KINDS}
"""The SQL of how many tokens of each kind a cell has."""

_ANSWERED = "fate = 'ok' and is_generation"

_OF_TOKENS: Mapping[str, Mapping[str, str]] = {
    "tokens_input": {
        "uncached_input": "uncached_input_tokens - resent_uncached_tokens",
        **{kind: count for kind, count in _COUNTS.items() if kind.startswith("cache_write")},
    },
    "tokens_cached": {"cache_read": "cache_read_tokens - resent_cache_read_tokens"},
    "tokens_output": {"output": "output_tokens"},
    "context_growth": {
        "uncached_input": "resent_uncached_tokens",
        "cache_read": "resent_cache_read_tokens",
    },
}
"""Components that are tokens of answers: what of each kind they count."""

_OF_CAPACITY = {"gpu_busy": "busy", "gpu_idle": "idle", "commitment_unused": "unused"}
_OF_FATE = ("failed", "retried", "slo_miss", "cancelled")


def product_lines(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, sources: Sources
) -> tuple[Line, ...]:
    """Everything that what `sources` counts costs, on a connection that `prepared` was made on."""
    tokens = _token_lines(con, prepared, sources)
    capacity = capacity_lines(con, sources, prepared.allocation.capacity)
    return (*tokens, *capacity, *_share_lines(con, prepared, sources, tokens))


def component_lines(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, sources: Sources, component: str
) -> tuple[Line, ...]:
    """What one of `COMPONENTS` is made of."""
    if component in _OF_FATE:
        return product_lines(con, prepared, only(sources, f"fate = '{component}'"))
    if counts := _OF_TOKENS.get(component):
        return tuple(_token_lines(con, prepared, only(sources, _ANSWERED), counts))
    ok = only(sources, "fate = 'ok'")
    capacity = prepared.allocation.capacity
    if part := _OF_CAPACITY.get(component):
        return tuple(capacity_lines(con, ok, capacity, (part,)))
    if component == "retrieval":
        others = only(sources, "fate = 'ok' and not is_generation")
        shares = _share_lines(con, prepared, ok, (), (_RETRIEVAL,))
        return (*_token_lines(con, prepared, others), *shares)
    drivers = [each for each in (*_DRIVERS, "even", "cost") if each != _RETRIEVAL]
    tokens = _token_lines(con, prepared, ok)
    return (
        *capacity_lines(con, ok, capacity, (SEAT,)),
        *_share_lines(con, prepared, ok, tokens, drivers),
    )


class _Keyed(NamedTuple):
    """Tokens by kind of everything with one price: the provider's model, and the price book's card."""

    id: int
    model: str
    card: _Card
    tokens: Mapping[str, int]


def _keyed(
    con: duckdb.DuckDBPyConnection, sources: Sources, counts: Mapping[str, str]
) -> Iterator[_Keyed]:
    """What `sources` counts, by price; `counts` is the SQL of the tokens of each kind."""
    on = " and ".join(f"s.{name} is not distinct from k.{name}" for name in KEY_COLUMNS)
    keys = ", ".join(KEY_COLUMNS)
    sums = ", ".join(
        f"cast(sum({counts.get(kind, '0')}) as bigint) as {kind}_count" for kind in KINDS
    )
    found = ", ".join(f"s.{kind}_count" for kind in KINDS)
    rows = query(
        con,
        f"""
        select k.id, k.provider, coalesce(k.response_model, k.request_model), c.price_source,
            c.price_checked, c.price_rule, c.unpriced_reason, c.currency, {found}
        from (select {keys}, {sums} from {counted_cells(sources)} group by all) as s
        join {PRICED_KEYS} as k on {on}
        {CARD_OF_KEY}
        """,
    )
    for number, provider, model, *told in rows:
        tokens = dict(zip(KINDS, told[5:], strict=True))
        yield _Keyed(number, f"{provider} {model}", _Card(*told[:5]), tokens)


def _token_lines(
    con: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    sources: Sources,
    counts: Mapping[str, str] = _COUNTS,
) -> list[Line]:
    """Tokens of each model and kind at each rate, dearest first."""
    metered = prepared.allocation.metered
    found: dict[_Product, _Tally] = {}
    for key in _keyed(con, sources, counts):
        for kind, count in key.tokens.items():
            rate = metered.rates.get((key.id, kind))
            if rate is None or not count:
                continue
            settlement = metered.settled_on.get((key.id, kind))
            product = _Product(
                f"{key.model} {kind.replace('_', ' ')}",
                rate,
                "" if settlement is None else settlement.rule,
                "" if settlement is None else _account(settlement.key),
                _book(key.card, prepared.currency),
            )
            tally = found.setdefault(product, _Tally([], {}))
            tally.counts.append(count)
            if settlement is not None:
                tally.settlements[settlement.key] = settlement
    lines = [_token_line(product, tally) for product, tally in found.items()]
    return sorted(lines, key=lambda line: (-(line.amount or ZERO), line.step, line.source))


def equivalent_lines(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, sources: Sources
) -> tuple[Line, ...]:
    """Tokens that seats served, at the price book's rates."""
    same = " and ".join(f"k.{name} is not distinct from r.{name}" for name in KEY_COLUMNS)
    kept = ", ".join(f"r.{kind}_equivalent" for kind in KINDS)
    rates = {
        number: dict(zip(KINDS, found, strict=True))
        for number, *found in query(
            con, f"select k.id, {kept} from {PRICED_KEYS} as k join {RATES} as r on {same}"
        )
    }
    found: dict[tuple[str, Decimal, str], int] = {}
    for key in _keyed(con, sources, _COUNTS):
        book = f"list price; {_book(key.card, prepared.currency)}"
        for kind, count in key.tokens.items():
            rate = rates[key.id][kind]
            if rate and count:
                product = (f"{key.model} {kind.replace('_', ' ')}", rate, book)
                found[product] = found.get(product, 0) + count
    lines = [
        Line(step, Decimal(count), "tokens", rate, multiply(rate, count), source)
        for (step, rate, source), count in found.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-(line.amount or ZERO), line.step)))


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


def _share_lines(
    con: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    sources: Sources,
    tokens: Sequence[Line],
    drivers: Container[str] = (*_DRIVERS, "even", "cost"),
) -> Iterator[Line]:
    """What shared pools of `drivers` add; `tokens` are the lines of the metered cost. What adds nothing has no line."""
    shares = prepared.allocation.shares
    asked = [each for each in shares.shares if each.pool.driver in drivers]
    if not asked:
        return
    here = read_drivers(con, counted_cells(sources))
    for share in asked:
        if share.rate is not None and (count := getattr(here, share.pool.driver)):
            yield _by_units(share, count)
    even = [each for each in asked if each.pool.driver == "even" and not each.is_stranded]
    if even:
        days = sources._replace(cells=prepared.relations.allocation, counted="true")
        everyone = read_drivers(con, counted_cells(days)).workflows
        for share in even:
            yield from _evenly(share, here.workflows, everyone)
    for pool, fraction in shares.of_cost:
        if pool.driver in drivers:
            yield from _by_cost(pool.name, pool.cost, fraction, tokens, prepared.currency)


def _by_units(share: Share, count: int) -> Line:
    pool, rate = share.pool, share.rate or ZERO
    source = f"pool {pool.name}: {pool.cost.normalize():f} / {share.units:,} {pool.driver}"
    amount = multiply(rate, count)
    return Line(f"shared: {pool.name}", Decimal(count), pool.driver, rate, amount, source)


def _evenly(
    share: Share, here: Mapping[str | None, int], everyone: Mapping[str | None, int]
) -> Iterator[Line]:
    """A workflow's equal part, over its requests."""
    pool, workflows = share.pool, share.units
    for workflow, requests in sorted(here.items(), key=str):
        if not requests:
            continue
        every = everyone[workflow]
        rate = truncate(Fraction(pool.cost) / workflows / every)
        step = f"shared: {pool.name}, {workflow or 'no workflow'}"
        source = f"pool {pool.name}: {pool.cost.normalize():f} / {workflows:,} workflows / {every:,} requests"
        yield Line(step, Decimal(requests), "requests", rate, multiply(rate, requests), source)


def _by_cost(
    name: str, cost: Decimal, fraction: Fraction, tokens: Sequence[Line], currency: str
) -> Iterator[Line]:
    """A part of a pool that is spread by metered cost: each token bears the fraction of its own rate."""
    rated = [(line.rate, int(line.quantity or 0)) for line in tokens if line.rate is not None]
    shared = total(multiply(truncate(Fraction(rate) * fraction), count) for rate, count in rated)
    if not shared or not fraction:
        return
    here = total(multiply(rate, count) for rate, count in rated)
    every = truncate(Fraction(cost) / fraction)
    told = f"{'line' if name in INCLUDABLE else 'pool'} {name}"
    source = f"{told}: {cost.normalize():f} / {every.normalize():f}, the period's metered cost"
    yield Line(f"shared: {name}", here, f"{currency} metered", truncate(fraction), shared, source)
