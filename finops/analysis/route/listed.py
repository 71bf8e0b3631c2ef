"""What tokens cost at list prices: sum over kinds of tokens x price of a token, at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.model.money import multiply, total
from finops.prices.cards import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from finops.prices.book import Book
    from finops.prices.cards import PriceKey

__all__ = ["listed_cost"]


def listed_cost(
    book: Book, key: PriceKey, counts: Mapping[str, int], at: datetime
) -> Decimal | None:
    """Tokens by kind at the prices of `key` at the aware instant `at`; None where it has none.

    Prices are those of requests with little input: what a request's size does to its price is left out.
    """
    card = book.explain(key, at, 0)
    if card.rates is None:
        return None
    return total(
        multiply(rate, counts.get(kind, 0)) for kind, rate in zip(KINDS, card.rates, strict=True)
    )
