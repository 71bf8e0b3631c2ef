"""A second, slow, independent implementation of the unit-economics model, for tests to hold it against."""

from __future__ import annotations

from tests.analysis.reference.model import Reference
from tests.analysis.reference.rows import Answer, PoolOf, Row, nearest_rank

__all__ = ["Answer", "PoolOf", "Reference", "Row", "nearest_rank"]
