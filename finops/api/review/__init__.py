"""The monthly review: what finance reads about a month, made from the ledger's books."""

from __future__ import annotations

from finops.api.review.ask import Review, review, review_diff

__all__ = ["Review", "review", "review_diff"]
