"""The monthly review: what finance reads about a month, made from the ledger's books."""

from __future__ import annotations

from finops.api.review.make import make_review

__all__ = ["make_review"]
