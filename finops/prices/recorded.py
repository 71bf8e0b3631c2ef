"""Prices as they stood on a day: every card a price book gave, written down so that it gives them again.

A newer price list may know more, or better. What was priced from the older one keeps its price.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.prices.cards import PriceKey, RateCard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Name", "Recorded", "read_recorded", "write_recorded"]

Name = tuple[str | None, str | None]
"""A provider and a model as a log or a bill spells them."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Cards by key and names by spelling; two are the same when their `digest` is."""

    digest: str
    source: str
    cards: Mapping[PriceKey, tuple[RateCard, ...]]
    names: Mapping[Name, tuple[str, str] | None]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recorded) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Recorded({self.digest})"


def write_recorded(
    source: str,
    cards: Mapping[PriceKey, Iterable[RateCard]],
    names: Mapping[Name, tuple[str, str] | None],
) -> bytes:
    """What `read_recorded` reads: JSON, one card or name a line's worth, in a fixed order."""
    content = {
        "schema": "finops.prices/1",
        "source": source,
        "cards": [
            {"key": list(key), "cards": [_card(card) for card in found]}
            for key, found in sorted(cards.items(), key=lambda item: str(item[0]))
        ],
        "names": [
            {"written": list(name), "means": None if means is None else list(means)}
            for name, means in sorted(names.items(), key=str)
        ],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def read_recorded(content: bytes) -> Recorded:
    """The prices `write_recorded` wrote."""
    found = json.loads(content)
    cards = {
        PriceKey(*entry["key"]): tuple(_read_card(card) for card in entry["cards"])
        for entry in found["cards"]
    }
    names: dict[Name, tuple[str, str] | None] = {}
    for entry in found["names"]:
        provider, model = entry["written"]
        means = entry["means"]
        names[provider, model] = None if means is None else (means[0], means[1])
    return Recorded(hashlib.sha256(content).hexdigest(), found["source"], cards, names)


def _card(card: RateCard) -> dict[str, Any]:
    values = card._asdict()
    values["key"] = list(card.key)
    values["rates"] = None if card.rates is None else [f"{rate:f}" for rate in card.rates]
    for name in ("valid_from", "valid_to", "price_checked"):
        values[name] = None if values[name] is None else values[name].isoformat()
    return values


def _read_card(values: dict[str, Any]) -> RateCard:
    read = dict(values)
    read["key"] = PriceKey(*values["key"])
    if values["rates"] is not None:
        read["rates"] = tuple(Decimal(rate) for rate in values["rates"])
    for name in ("valid_from", "valid_to"):
        read[name] = None if values[name] is None else datetime.fromisoformat(values[name])
    checked = values["price_checked"]
    read["price_checked"] = None if checked is None else date.fromisoformat(checked)
    return RateCard(**read)
