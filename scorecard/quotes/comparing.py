"""Offers side by side in one currency: which is cheapest, and what would have to be otherwise for another to be.

Conversion comes last and by a dated rate somebody named; an offer whose currency has none keeps its own and
is ranked nowhere. *Sensitivity* moves one number at a time, of the need for all offers at once and of an
offer for it alone, and asks by how much the cost of a usable hour moves and when the cheapest one changes.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.model.money import add, divide, multiply, subtract
from scorecard.quotes.inputs import HOURS
from scorecard.quotes.normal import ONE, normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scorecard.quotes.inputs import Need, Quote
    from scorecard.quotes.normal import Normal
    from scorecard.quotes.reading import Rate

__all__ = ["Compared", "Comparison", "Flip", "Swing", "compare_offers", "flips", "moved", "swings"]


class Compared(NamedTuple):
    """An offer with its costs in the common currency; None where there is no cost, or no rate."""

    normal: Normal
    rate: Rate | None
    price: Decimal | None
    """Of a GPU-hour, as offered."""
    month: Decimal | None
    per_hour: Decimal | None
    """Of a GPU-hour that can be used."""
    per_million: Decimal | None
    rank: int | None


class Comparison(NamedTuple):
    """All offers, cheapest usable hour first, unranked ones last."""

    need: Need
    currency: str
    offers: tuple[Compared, ...]
    rates: tuple[Rate, ...]


class Swing(NamedTuple):
    """What one number moved down and up by `step` of itself does to the cost of an offer's usable hour."""

    offer: str
    field: str
    value: Decimal
    low: Decimal
    high: Decimal
    per_hour_low: Decimal | None
    per_hour_high: Decimal | None

    @property
    def width(self) -> Decimal:
        """How far apart the two costs are; 0 where one is not known."""
        if self.per_hour_low is None or self.per_hour_high is None:
            return Decimal(0)
        return abs(subtract(self.per_hour_high, self.per_hour_low))


class Flip(NamedTuple):
    """The value of one number from which another offer is the cheapest."""

    subject: str
    field: str
    now: Decimal
    at: Decimal
    winner: str


def compare_offers(
    quotes: Sequence[Quote], need: Need, currency: str, rates: Sequence[Rate]
) -> Comparison:
    """Every offer for `need`, in `currency`."""
    found = [_compared(normalize(quote, need), currency, rates) for quote in quotes]
    found.sort(key=_by_cost)
    ranked = [
        one._replace(rank=place if one.per_hour is not None else None)
        for place, one in enumerate(found, start=1)
    ]
    return Comparison(need, currency, tuple(ranked), tuple(rates))


def _compared(normal: Normal, currency: str, rates: Sequence[Rate]) -> Compared:
    own = normal.quote.currency
    rate = _rate(own, currency, rates)

    def converted(amount: Decimal | None) -> Decimal | None:
        return _converted(amount, own, currency, rate)

    return Compared(
        normal,
        rate,
        converted(normal.price_per_gpu_hour),
        converted(normal.month_cost),
        converted(normal.cost_per_usable_hour),
        converted(normal.cost_per_million_tokens),
        None,
    )


def _by_cost(one: Compared) -> tuple[bool, Decimal, str]:
    return one.per_hour is None, one.per_hour or Decimal(0), one.normal.quote.name


def _rate(source: str, target: str, rates: Sequence[Rate]) -> Rate | None:
    """The rate from `source` to `target`, or the other way round; the latest day wins."""
    fitting = [rate for rate in rates if {rate.source, rate.target} == {source, target}]
    return max(fitting, key=lambda rate: str(rate.date or ""), default=None)


def _converted(
    amount: Decimal | None, source: str, target: str, rate: Rate | None
) -> Decimal | None:
    if amount is None or source == target:
        return amount
    if rate is None:
        return None
    return multiply(amount, rate.rate) if rate.source == source else divide(amount, rate.rate)


_NEED_MOVES = ("hours", "storage_tb", "egress_gb", "discount_rate")
_OFFER_MOVES = (
    "price",
    "expected_availability",
    "egress_per_gb",
    "storage_per_tb_month",
    "prepaid",
)


def swings(found: Comparison, step: Decimal) -> tuple[Swing, ...]:
    """Every number that matters, moved by `step` of itself, for every ranked offer; the widest first."""
    return tuple(
        sorted(_swings(found, step), key=lambda swing: (-swing.width, swing.offer, swing.field))
    )


def _swings(found: Comparison, step: Decimal) -> Iterator[Swing]:
    for one in found.offers:
        if one.rank is None:
            continue
        quote = one.normal.quote
        for field in _NEED_MOVES:
            value: Decimal = getattr(found.need, field)
            yield from _swing(found, quote, f"need.{field}", value, step)
        for field in _OFFER_MOVES:
            value = _said(quote, field)
            yield from _swing(found, quote, field, value, step)


def _said(quote: Quote, field: str) -> Decimal:
    if field == "expected_availability":
        return quote.expected_availability or quote.availability or Decimal(0)
    value: Decimal | None = getattr(quote, field)
    return value or Decimal(0)


def _swing(
    found: Comparison, quote: Quote, field: str, value: Decimal, step: Decimal
) -> Iterator[Swing]:
    if not value:
        return
    ends = [_within(field, multiply(value, add(ONE, move))) for move in (-step, step)]
    low, high = (_cost(found, *_moved(found, quote, field, end)) for end in ends)
    if low != high:
        yield Swing(quote.name, field, value, ends[0], ends[1], low, high)


def _within(field: str, value: Decimal) -> Decimal:
    """`value` as far as it can go: a month has so many hours, a share ends at 1."""
    if field == "need.hours":
        return min(value, HOURS)
    return min(value, ONE) if field in {"expected_availability", "prepaid"} else value


def _moved(found: Comparison, quote: Quote, field: str, value: Decimal) -> tuple[Quote, Need]:
    section, _, name = field.rpartition(".")
    change: dict[str, Any] = {name: value}
    if section:
        return quote, replace(found.need, **change)
    return replace(quote, **change), found.need


def moved(found: Comparison, offer: str, field: str, value: Decimal) -> Compared:
    """The offer of that name as it is when `field` alone (`price`, `need.hours`) is `value`."""
    quote = next(one.normal.quote for one in found.offers if one.normal.quote.name == offer)
    changed, need = _moved(found, quote, field, value)
    return _compared(normalize(changed, need), found.currency, found.rates)


def _cost(found: Comparison, quote: Quote, need: Need) -> Decimal | None:
    rate = _rate(quote.currency, found.currency, found.rates)
    cost = normalize(quote, need).cost_per_usable_hour
    return _converted(cost, quote.currency, found.currency, rate)


_STEPS = 60
"""Halvings of an interval: more than the six digits shown need."""


def flips(found: Comparison) -> tuple[Flip, ...]:
    """Where the cheapest offer changes: each number of the need, and each rival's price.

    A number is looked for between a tenth and ten times what it is. None of them: nothing there changes
    the cheapest.
    """
    ranked = [one for one in found.offers if one.rank is not None]
    if len(ranked) < 2:  # noqa: PLR2004  (there is a second)
        return ()
    return tuple(_flips(found, ranked))


def _flips(found: Comparison, ranked: Sequence[Compared]) -> Iterator[Flip]:
    first = ranked[0].normal.quote
    for field in _NEED_MOVES:
        now: Decimal = getattr(found.need, field)
        for end in (Decimal("0.1"), Decimal(10)):
            far = _within(f"need.{field}", multiply(now, end))
            at = _crossing(partial(_other_wins, found, first.name, field), now, far)
            if at is not None:
                yield Flip("need", field, now, at, _winner(found, field, at))
    for rival in ranked[1:]:
        quote = rival.normal.quote
        limit = _cost(found, first, found.need)

        def beats(price: Decimal, quote: Quote = quote, limit: Decimal | None = limit) -> bool:
            cost = _cost(found, replace(quote, price=price), found.need)
            return cost is not None and limit is not None and cost < limit

        at = _crossing(beats, quote.price, Decimal(0))
        if at is not None:
            yield Flip(quote.name, "price", quote.price, at, quote.name)


def _other_wins(found: Comparison, first: str, field: str, value: Decimal) -> bool:
    return _winner(found, field, value) != first


def _winner(found: Comparison, field: str, value: Decimal) -> str:
    change: dict[str, Any] = {field: value}
    need = replace(found.need, **change)
    costs = [
        (cost, one.normal.quote.name)
        for one in found.offers
        if one.rank is not None and (cost := _cost(found, one.normal.quote, need)) is not None
    ]
    return min(costs)[1]


def _crossing(changed: Callable[[Decimal], bool], now: Decimal, far: Decimal) -> Decimal | None:
    """The value nearest to `now` on the way to `far` at which `changed` holds; None when it does not at `far`.

    Found by halving, so of several crossings it is one.
    """
    if now == far or not changed(far):
        return None
    kept, other = now, far
    for _ in range(_STEPS):
        middle = divide(add(kept, other), 2)
        if changed(middle):
            other = middle
        else:
            kept = middle
    return other
