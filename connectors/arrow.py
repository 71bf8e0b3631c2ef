"""Rows of a ledger table as Arrow batches: for connectors whose system has records, not files.

What the ledger itself says of a row (its source, load, day or month) is no column here. Amounts are exact:
a Decimal with more places than the ledger keeps is an error, never rounded.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from finops.model.schema import MONEY_SCALE, Kind
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

__all__ = ["HINTS", "batches_of", "schema_of"]

HINTS = {
    "costs": "focus",
    "requests": "requests",
    "usage": "usage",
    "gpu_samples": "gpu-samples",
    "jobs": "jobs",
}
"""The format that reads a table's own columns."""

_OURS = {"x_SourceId", "x_LoadId", "x_BillingMonth", "source_id", "day", "month"}
_DIGITS = 38


def schema_of(table: str) -> pa.Schema:
    """The columns a connector may give of `table`, as Arrow types; times are UTC."""
    import pyarrow as pa

    kinds = {
        Kind.TEXT: pa.string(),
        Kind.JSON: pa.string(),
        Kind.DECIMAL: pa.decimal128(_DIGITS, MONEY_SCALE),
        Kind.INTEGER: pa.int64(),
        Kind.REAL: pa.float64(),
        Kind.BOOLEAN: pa.bool_(),
        Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
        Kind.DATE: pa.date32(),
    }
    columns = [column for column in TABLES[table].columns if column.name not in _OURS]
    return pa.schema([pa.field(column.name, kinds[column.kind]) for column in columns])


def batches_of(
    table: str, rows: Iterable[Mapping[str, Any]], *, size: int = 10_000
) -> Iterator[pa.RecordBatch]:
    """`rows` (column name to Decimal, int, float, bool, text or aware datetime) in batches of `size`.

    KeyError for a column the table has not; ValueError or pyarrow's ArrowInvalid for a value that does not fit.
    """
    import pyarrow as pa

    schema, names = schema_of(table), set(schema_of(table).names)
    waiting = iter(rows)
    while taken := list(islice(waiting, size)):
        for row in taken:
            if unknown := set(row) - names:
                raise KeyError(f"{table} has no column {min(unknown)}")
        columns = [
            pa.array([row.get(field.name) for row in taken], type=field.type) for field in schema
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
