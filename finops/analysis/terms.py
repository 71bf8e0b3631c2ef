"""What finops.toml says that decides what a request counts as: prices, objectives, what serves it.

A roll-up is made on these terms, so they are part of its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.capacity.served import NOBODY, Serving, serving
from finops.analysis.pools import pool_rules
from finops.analysis.slo import Objective, objectives
from finops.prices.book import Book

if TYPE_CHECKING:
    from finops.config import Config

__all__ = ["Terms"]


class Terms(NamedTuple):
    """The price book, the objectives, the order of request sources people named, capacity that serves."""

    book: Book
    objectives: tuple[Objective, ...] = ()
    authority: tuple[str, ...] = ()
    serving: Serving = NOBODY

    @classmethod
    def of(cls, config: Config, book: Book | None = None) -> Terms:
        """The terms of `config`, priced by `book`, else by its own prices over the public list."""
        return cls(
            Book.load(config.price_entries()) if book is None else book,
            objectives(config.slo),
            config.requests.authority,
            serving(capacity_pools(pool_rules(config.pools, config.owned), config.pools)),
        )
