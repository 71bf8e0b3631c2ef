"""Prices of one's own: negotiated rates and self-hosted models, dated, each with its source.

They come from `[[prices]]` in finops.toml and beat every price list on the days they cover. `from` is
the first such day, `to` the first day after; both may be left open. Amounts are per million tokens.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import ConfigError
from finops.prices.cards import DAY_MINUTES, PriceKey, RateCard, Rates
from finops.prices.listed import demanded
from finops.prices.names import canonical, provider_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["OwnPrice", "over", "own_prices"]

_PER = 1_000_000
_PLACES = 18
_AMOUNTS = ("input", "cache_read", "cache_write", "cache_write_1h", "output")


class OwnPrice(NamedTuple):
    """One `[[prices]]` entry, checked. Rates are per token; `start` and `end` are half-open days."""

    provider: str | None
    model: str
    service_tier: str | None
    start: date | None
    end: date | None
    rates: Rates
    currency: str
    source: str
    rule: str

    def applies(self, key: PriceKey) -> bool:
        """Whether `key` names this model, under any spelling, and asks for this service tier."""
        ours = PriceKey(self.provider, self.model, self.service_tier)
        return demanded(ours) == demanded(key) and _same_model(ours, key)


def own_prices(entries: Iterable[Mapping[str, object]]) -> tuple[OwnPrice, ...]:
    """Checked prices from `[[prices]]` entries, in their order.

    Raises ConfigError when an amount is not a plain decimal, `to` is not after `from`, or two entries
    give one model two prices for the same day.
    """
    prices = tuple(_own(entry) for entry in entries)
    for at, price in enumerate(prices):
        for other in prices[:at]:
            key = PriceKey(other.provider, other.model, other.service_tier)
            if price.applies(key) and _overlap(price, other):
                raise ConfigError(
                    f"[[prices]] gives {price.model} two prices for the same days",
                    hint="end the older one with `to`, the first day it no longer holds",
                )
    return prices


def over(prices: Sequence[OwnPrice], cards: Sequence[RateCard]) -> tuple[RateCard, ...]:
    """`cards` of one key with `prices` laid over them: a card is cut where a price of ours begins."""
    if not cards:
        return ()
    found = tuple(cards)
    for price in (price for price in prices if price.applies(cards[0].key)):
        start, end = _instant(price.start), _instant(price.end)
        outside = [part for card in found for part in _outside(card, start, end)]
        found = (*outside, _card(cards[0], price, start, end))
    return found


# --- reading an entry --------------------------------------------------------------------------


def _own(entry: Mapping[str, object]) -> OwnPrice:
    model = entry.get("model")
    if not isinstance(model, str) or not model.strip():
        raise ConfigError("[[prices]] needs a model", hint='model = "gpt-4o"')
    start, end = _day(entry.get("from"), model), _day(entry.get("to"), model)
    if start is not None and end is not None and start >= end:
        raise ConfigError(
            f"[[prices]] {model}: the period from {start} to {end} is empty",
            hint="`to` is the first day it no longer holds",
        )
    amounts = {name: _amount(entry.get(name), name, model) for name in _AMOUNTS}
    if amounts["input"] is None:
        raise ConfigError(f"[[prices]] {model} needs an input price", hint='input = "0.50"')
    rates, notes = _filled(amounts)
    return OwnPrice(
        provider=_text(entry.get("provider")),
        model=model,
        service_tier=_text(entry.get("service_tier")),
        start=start,
        end=end,
        rates=rates,
        currency=_text(entry.get("currency")) or "USD",
        source=_text(entry.get("source")) or "finops.toml",
        rule="; ".join((f"own price of {model}", *notes)),
    )


def _filled(amounts: Mapping[str, Decimal | None]) -> tuple[Rates, list[str]]:
    """Rates in the order of `KINDS`, a missing one taken from the kind above it, and what was taken."""
    notes = []
    full = amounts["input"] or Decimal(0)
    read, write = amounts["cache_read"], amounts["cache_write"]
    if read is None:
        notes.append("cache reads at the input price")
        read = full
    if write is None:
        notes.append("cache writes at the input price")
        write = full
    hour = amounts["cache_write_1h"]
    if amounts["output"] is None:
        notes.append("output is not charged")
    output = amounts["output"] or Decimal(0)
    hour = write if hour is None else hour
    kinds = (full, read, write, write, hour, write, write, output)
    return tuple(amount / _PER for amount in kinds), notes


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _day(value: object, model: str) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(
            f"[[prices]] {model}: {value!r} is not a date", hint="write it as YYYY-MM-DD"
        ) from None


def _amount(value: object, name: str, model: str) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    places = amount.as_tuple().exponent
    if not amount.is_finite() or amount < 0 or (isinstance(places, int) and -places > _PLACES):
        raise ConfigError(
            f"[[prices]] {model}: {name} = {value!r} is not an amount per million tokens",
            hint=f'a decimal in quotes with at most {_PLACES} places: {name} = "0.50"',
        )
    return amount


# --- which requests, which days ----------------------------------------------------------------


def _same_model(ours: PriceKey, key: PriceKey) -> bool:
    if key.model is None or ours.model is None:
        return False
    known = canonical(ours.provider, ours.model)
    if known is not None and known == canonical(key.provider, key.model):
        return True
    same_name = ours.model.strip().lower() == key.model.strip().lower()
    return same_name and (ours.provider is None or _seller(ours) == _seller(key))


def _seller(key: PriceKey) -> str | None:
    return provider_id(key.provider) or (key.provider and key.provider.strip().lower())


def _overlap(one: OwnPrice, other: OwnPrice) -> bool:
    return (one.start or date.min) < (other.end or date.max) and (other.start or date.min) < (
        one.end or date.max
    )


def _instant(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=UTC)


def _outside(card: RateCard, start: datetime | None, end: datetime | None) -> list[RateCard]:
    """What is left of `card` before `start` and after `end`."""
    parts = []
    if start is not None and (card.valid_from is None or card.valid_from < start):
        until = start if card.valid_to is None else min(card.valid_to, start)
        parts.append(card._replace(valid_to=until))
    if end is not None and (card.valid_to is None or end < card.valid_to):
        since = end if card.valid_from is None else max(card.valid_from, end)
        parts.append(card._replace(valid_from=since))
    return parts


def _card(
    first: RateCard, price: OwnPrice, start: datetime | None, end: datetime | None
) -> RateCard:
    return first._replace(
        priced_provider=first.priced_provider or price.provider,
        priced_model=first.priced_model or price.model,
        valid_from=start,
        valid_to=end,
        minute_from=0,
        minute_to=DAY_MINUTES,
        context_from=0,
        context_to=None,
        rates=price.rates,
        currency=price.currency,
        price_source=price.source,
        price_checked=None,
        price_rule=price.rule,
        unpriced_reason=None,
    )
