"""The price book: every rate card there is for the keys a log holds, and what any of them says.

Each distinct key is resolved once, whatever the number of requests; SQL multiplies
(`finops.prices.install`).
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from finops.prices.cards import DAY_MINUTES, Breaks, PriceKey, RateCard
from finops.prices.install import install_cards, priced_sql
from finops.prices.listed import SOURCE, listed_cards
from finops.prices.names import canonical
from finops.prices.own import OwnPrice, over, own_prices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from finops.prices.recorded import Recorded

__all__ = [
    "Book",
    "Breaks",
    "PriceKey",
    "RateCard",
    "canonical_names",
    "describe",
    "install_cards",
    "priced_sql",
]


class Book(NamedTuple):
    """Prices from finops.toml over the price list that ships with genai-prices."""

    own: tuple[OwnPrice, ...] = ()
    recorded: Recorded | None = None
    """Prices written down earlier, which win over everything known today."""

    @classmethod
    def load(cls, entries: Iterable[Mapping[str, object]] = ()) -> Book:
        """A book with `[[prices]]` entries, their keys spelt as in finops.toml; ConfigError if wrong."""
        return cls(own_prices(entries))

    def cards(self, keys: Iterable[PriceKey]) -> list[RateCard]:
        """Cards of every distinct key, in the keys' order and then by range."""
        return [card for key in dict.fromkeys(keys) for card in self._cards(key)]

    def _cards(self, key: PriceKey) -> Iterable[RateCard]:
        if self.recorded is not None and key in self.recorded.cards:
            return self.recorded.cards[key]
        return sorted(over(self.own, listed_cards(key)), key=_range)

    def breaks(self, keys: Iterable[PriceKey]) -> dict[tuple[str | None, str | None], Breaks]:
        """Where prices change with input size or time of day, for each (provider, model) of `keys`."""
        contexts: dict[tuple[str | None, str | None], set[int]] = {}
        minutes: dict[tuple[str | None, str | None], set[int]] = {}
        for card in self.cards(keys):
            model = (card.key.provider, card.key.model)
            contexts.setdefault(model, set()).add(card.context_from)
            minutes.setdefault(model, set()).update((card.minute_from, card.minute_to))
        return {
            model: Breaks(
                tuple(sorted(contexts[model] - {0})),
                tuple(sorted(minutes[model] - {0, DAY_MINUTES})),
            )
            for model in contexts
        }

    def canonical(self, provider: str | None, model: str | None) -> tuple[str, str] | None:
        """The (provider, model) identifiers both names stand for, None when no price list has them."""
        if self.recorded is not None and (provider, model) in self.recorded.names:
            return self.recorded.names[provider, model]
        return canonical(provider, model)

    def explain(self, key: PriceKey, at: datetime, input_tokens: int = 0) -> RateCard:
        """The card that prices a request of `key` at the aware instant `at`.

        Its `price_source`, `price_checked` and `describe(card)` are what stands behind the number.
        """
        moment = at.astimezone(UTC)
        return next(card for card in self.cards([key]) if card.covers(moment, input_tokens))


def canonical_names(book: Book) -> Callable[[str | None, str | None], tuple[str, str]]:
    """A function that gives provider and model as the price list has them, else as they are written."""
    known: dict[tuple[str | None, str | None], tuple[str, str]] = {}

    def name(provider: str | None, model: str | None) -> tuple[str, str]:
        key = (provider, model)
        if key not in known:
            found = book.canonical(provider, model)
            known[key] = found or ((provider or "?").casefold(), (model or "?").casefold())
        return known[key]

    return name


def describe(card: RateCard) -> str:
    """The card's rule with the ranges it holds in, as one sentence."""
    if card.unpriced_reason is not None:
        return card.unpriced_reason
    parts = [card.price_rule, _days(card)]
    if (card.minute_from, card.minute_to) != (0, DAY_MINUTES):
        parts.append(f"from {_clock(card.minute_from)} to {_clock(card.minute_to)} UTC")
    if card.context_from:
        parts.append(f"requests with {card.context_from:,} input tokens or more, all of them")
    elif card.context_to is not None:
        parts.append(f"requests with fewer than {card.context_to:,} input tokens")
    return "; ".join(parts)


def _days(card: RateCard) -> str:
    if card.valid_from is None and card.price_source != SOURCE:
        return "on every day" if card.valid_to is None else f"before {card.valid_to:%Y-%m-%d}"
    if card.valid_from is None and card.valid_to is None:
        return "the only price known, undated: earlier days get it too"
    if card.valid_from is None:
        return f"before {card.valid_to:%Y-%m-%d}, the oldest price known, its first day unknown"
    if card.valid_to is None:
        return f"since {card.valid_from:%Y-%m-%d}"
    return f"from {card.valid_from:%Y-%m-%d} to {card.valid_to:%Y-%m-%d}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _range(card: RateCard) -> tuple[float, int, int]:
    since = card.valid_from
    return (0 if since is None else since.timestamp(), card.minute_from, card.context_from)
