"""A second, slow, independent implementation of the unit-economics model, for tests to hold it against."""

from __future__ import annotations

from tests.analysis.reference.model import Reference
from tests.analysis.reference.rows import Answer, PoolOf, Row, Slo, nearest_rank

__all__ = ["Answer", "PoolOf", "Reference", "Row", "Slo", "nearest_rank"]
