"""Rate cards from genai-prices: its dated, tiered and time-of-day prices laid out as plain ranges.

The library prices one request at a time. Its price for a model only changes where a date, a minute of
the day or a count of input tokens says so; this module cuts at exactly those places, asks the library
for the price list in each piece, and turns the list into one rate per token kind. The arithmetic is
the library's: a kind without a price of its own costs what the kind above it costs, and a context
tier applies to the whole request.

Where it differs, it is on purpose, and says so in the card. A service tier, batch or speed the price
list does not know for that day is unpriced (the library charges the standard price), and so is a
model sold by something that tokens do not measure (the library answers zero).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from genai_prices.types import (
    ConditionalPrice,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from finops.prices.cards import DAY_MINUTES, PriceKey, RateCard, Rates
from finops.prices.names import Listed, find

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SOURCE", "listed_cards"]

SOURCE = f"genai-prices {version('genai-prices')}"
"""The price list and its version, as shown beside every price taken from it."""

_PER = 1_000_000
_FALLBACKS = {
    "uncached_input": ("input_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_30m": ("cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_12h": ("cache_write_mtok", "input_mtok"),
    "cache_write_unknown": ("cache_write_mtok", "input_mtok"),
    "output": ("output_mtok",),
}
"""Prices that apply to a kind, the most particular first; all are per million tokens."""

_TOKEN_PRICES = frozenset(name for names in _FALLBACKS.values() for name in names)
_INEXPRESSIBLE = {
    "requests_kcount": "a fee per request",
    "output_reasoning_mtok": "a separate price for reasoning tokens",
}
_STANDARD = {
    "service_tier": {"", "standard", "default", "on_demand", "on-demand", "ondemand"},
    "speed": {"", "standard", "default", "normal"},
    "inference_geo": {"", "global", "default", "not_available"},
}
_CHECKED = re.compile(r"(?:verified|checked)\b[^.;]*?(20\d\d-\d\d-\d\d)", re.IGNORECASE)
_PARTICULAR = ("batch", "flex", "priority", "fast", "no longer", "cached", "cache")

Demand = frozenset[tuple[str, str]]


class _Piece(NamedTuple):
    """A range of days and minutes in which the library's price list is one and the same."""

    start: date | None
    end: date | None
    minute_from: int
    minute_to: int

    @property
    def sample(self) -> datetime:
        """An instant inside the piece."""
        if self.start is not None:
            day = self.start
        else:
            day = date.max if self.end is None else self.end - timedelta(days=1)
        return datetime.combine(day, _time(self.minute_from), tzinfo=UTC)


def listed_cards(key: PriceKey) -> tuple[RateCard, ...]:
    """Every card of `key`, together covering all time and every input size."""
    blank = RateCard(
        key, None, None, None, None, 0, DAY_MINUTES, 0, None, None, "USD", SOURCE, None, "", None
    )
    if key.model is None or not key.model.strip():
        return (_unpriced(blank, "no known price: the log names no model"),)
    listed = find(key.provider, key.model)
    if listed is None:
        return (_unpriced(blank, f"no known price for {_shown(key)}"),)
    blank = blank._replace(priced_provider=listed.provider.id, priced_model=listed.model.id)
    demand = demanded(key)
    cards = [
        card
        for piece in _pieces(listed, demand)
        for card in _piece_cards(blank, listed, demand, piece)
    ]
    return tuple(_merged(cards))


def demanded(key: PriceKey) -> Demand:
    """What the request asked for beyond the standard price, in the price list's own words."""
    asked = {
        (name, value)
        for name, words in _STANDARD.items()
        if (value := (getattr(key, name) or "").strip().lower()) not in words
    }
    if ("service_tier", "batch") in asked or key.batch:
        asked = (asked - {("service_tier", "batch")}) | {("processing", "batch")}
    return frozenset(asked)


def _shown(key: PriceKey) -> str:
    return key.model or "" if key.provider is None else f"{key.provider}/{key.model}"


def _unpriced(card: RateCard, reason: str) -> RateCard:
    return card._replace(rates=None, unpriced_reason=reason, price_rule=reason, price_checked=None)


# --- where the price list can change -----------------------------------------------------------


def _conditions(listed: Listed) -> list[ConditionalPrice]:
    prices = listed.model.prices
    return [ConditionalPrice(prices=prices)] if isinstance(prices, ModelPrice) else list(prices)


def _variants(listed: Listed, demand: Demand) -> list[PriceVariant]:
    """Price variants made for exactly what is asked; a model sold by proxy has none of its own."""
    if not demand or not any(listed.model is model for model in listed.provider.models):
        return []
    variants = listed.model.price_variants or ()
    return [variant for variant in variants if frozenset(variant.when.items()) == demand]


def _pieces(listed: Listed, demand: Demand) -> Iterator[_Piece]:
    constraints = [entry.constraint for entry in _conditions(listed)]
    constraints += [variant.constraint for variant in _variants(listed, demand)]
    days = {c.start_date for c in constraints if isinstance(c, StartDateConstraint)}
    minutes = {0, DAY_MINUTES}
    for window in constraints:
        if isinstance(window, TimeOfDateConstraint):
            minutes |= {_minute(window.start_time), _minute(window.end_time)}
    edges: list[date | None] = [None, *sorted(days), None]
    for start, end in pairwise(edges):
        for first, last in pairwise(sorted(minutes)):
            yield _Piece(start, end, first, last)


def _minute(moment: time) -> int:
    """Minute of the UTC day at which a window opens or closes; windows change on whole minutes."""
    aware = datetime.combine(date(2000, 1, 1), moment, tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return aware.hour * 60 + aware.minute


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


# --- the price in one piece --------------------------------------------------------------------


def _piece_cards(
    blank: RateCard, listed: Listed, demand: Demand, piece: _Piece
) -> Iterator[RateCard]:
    card = blank._replace(
        valid_from=_midnight(piece.start),
        valid_to=_midnight(piece.end),
        minute_from=piece.minute_from,
        minute_to=piece.minute_to,
        price_checked=_checked(listed, demand),
    )
    reason = _missing(listed, demand, piece)
    if reason is not None:
        yield _unpriced(card, reason)
        return
    prices = _prices(listed, demand, piece.sample)
    reason = _not_by_token(listed, prices)
    if reason is not None:
        yield _unpriced(card, reason)
        return
    starts = sorted({tier.start + 1 for tiered in _tiered(prices) for tier in tiered.tiers})
    for first, last in pairwise([0, *starts, None]):
        ranged = card._replace(context_from=first or 0, context_to=last)
        yield ranged._replace(
            rates=_rates(prices, ranged.context_from), price_rule=_rule(listed, demand, prices)
        )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=UTC)


def _prices(listed: Listed, demand: Demand, at: datetime) -> dict[str, Decimal | TieredPrices]:
    resolved = listed.model.get_prices(at, dict(demand))
    return {name: value for name, value in vars(resolved).items() if value is not None}


def _tiered(prices: dict[str, Decimal | TieredPrices]) -> list[TieredPrices]:
    return [value for value in prices.values() if isinstance(value, TieredPrices)]


def _rates(prices: dict[str, Decimal | TieredPrices], input_tokens: int) -> Rates:
    """Price per token of each kind for a request with `input_tokens` of input."""
    return tuple(
        next((_at(prices[name], input_tokens) for name in names if name in prices), Decimal(0))
        / _PER
        for names in _FALLBACKS.values()
    )


def _at(price: Decimal | TieredPrices, input_tokens: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if input_tokens > tier.start]
    return reached[-1] if reached else price.base


# --- what has no price, and why ----------------------------------------------------------------


def _missing(listed: Listed, demand: Demand, piece: _Piece) -> str | None:
    name = f"{listed.provider.id}/{listed.model.id}"
    conditions = _conditions(listed)
    if not any(c.constraint is None or c.constraint.active(piece.sample) for c in conditions):
        return f"no known price for {name} before {piece.end}, the first day it is listed"
    if not demand:
        return None
    variants = _variants(listed, demand)
    if any(v.constraint is None or v.constraint.active(piece.sample) for v in variants):
        return None
    asked = _asked(demand)
    if not variants:
        return f"no known price for {name} with {asked}"
    return f"no known price for {name} with {asked} before {piece.end}"


def _asked(demand: Demand) -> str:
    words = {"service_tier": "service tier", "inference_geo": "inference geography"}
    named = [
        "batch processing" if name == "processing" else f"{words.get(name, name)} '{value}'"
        for name, value in sorted(demand)
    ]
    return " and ".join(named)


def _not_by_token(listed: Listed, prices: dict[str, Decimal | TieredPrices]) -> str | None:
    name = f"{listed.provider.id}/{listed.model.id}"
    if not prices and not listed.model.id.endswith(":free"):
        return f"{name} is listed without a price"
    if prices and not _TOKEN_PRICES & prices.keys():
        units = ", ".join(sorted(prices))
        return f"{name} is not sold by token (its prices: {units})"
    fees = [what for unit, what in _INEXPRESSIBLE.items() if unit in prices]
    if fees:
        return f"{name} has {' and '.join(fees)}, which token counts cannot price"
    return None


# --- how it is said ----------------------------------------------------------------------------


def _rule(listed: Listed, demand: Demand, prices: dict[str, Decimal | TieredPrices]) -> str:
    """What was applied, without the ranges: `describe` adds those from the card."""
    asked = f", {_asked(demand)}" if demand else ""
    notes = [f"{listed.provider.id}/{listed.model.id} list price{asked}"]
    if not prices:
        notes.append("the free variant costs nothing")
    if listed.inferred:
        notes.append("provider told by the model's name")
    if "cache_read_mtok" not in prices:
        notes.append("cache reads at the input price")
    if "cache_write_mtok" not in prices:
        notes.append("cache writes at the input price")
    if prices and "output_mtok" not in prices:
        notes.append("output is not charged")
    others = prices.keys() - _TOKEN_PRICES
    if any(name.endswith("_kcount") for name in others):
        notes.append("searches are charged apart")
    if any(name.endswith("_mtok") for name in others):
        notes.append("audio, image and video tokens as text")
    return "; ".join(notes)


def _checked(listed: Listed, demand: Demand) -> date | None:
    """The day the list's keepers say they verified this price; None when they do not say."""
    wanted = {value for _, value in demand}
    days = []
    for sentence in re.split(r"(?<=[.;])\s+", listed.model.price_comments or ""):
        found = _CHECKED.search(sentence)
        lower = sentence.lower()
        particular = [word for word in _PARTICULAR if word in lower]
        if found and (any(word in wanted for word in particular) if demand else not particular):
            days.append(date.fromisoformat(found[1]))
    return max(days, default=None)


def _merged(cards: list[RateCard]) -> Iterator[RateCard]:
    """Neighbouring windows of one day and tier that say the same, as one."""
    kept: dict[tuple[object, ...], RateCard] = {}
    for card in cards:
        place = (card.valid_from, card.context_from, card.context_to, card.unpriced_reason)
        before = kept.get(place)
        if before and before.minute_to == card.minute_from and before.rates == card.rates:
            kept[place] = before._replace(minute_to=card.minute_to)
            continue
        if before:
            yield before
        kept[place] = card
    yield from kept.values()
