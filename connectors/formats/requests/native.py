"""Our own request record: one attempt per row, columns named as the ledger's `requests` table.

CSV, JSON Lines and Parquet. Token kinds are the ledger's: disjoint, so the count called
`uncached_input_tokens` does not include cached tokens. A column that is missing is NULL, and one the
table does not declare is not read. Of the log's own `attributes` only what `[attributes] allow` of finops.toml
names is kept, and of that only scalars that would pass for a label.

JSON Lines are parsed straight into types, in one pass. Counts become DOUBLE, because a BIGINT would take 1.5
for 2 without a word, and become so from their text, because the parser would take `true` for 1; the
loader then finds the fraction or the word and reports it.
Columns the beginning of the files does not show are watched for, and not written: most records have
few of them, and an empty one costs as much to write as a full one. Where one appears after all, the quick
reading stops and the exact one, which takes every column, stores the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.records import own_select
from finops.model.schema import Kind
from finops.model.tables import REQUESTS

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_OWN = ("uncached_input_tokens", "operation", "status", "request_model", "workflow", "call_id")
"""Beside `timestamp` and `request_id`, two of these make a file ours and nobody else's."""

_PARSED = {Kind.INTEGER: "DOUBLE", Kind.REAL: "DOUBLE"}


def _recognises(head: Head) -> int:
    names = set(head.columns)
    ours = {"timestamp", "request_id"} <= names and len(names.intersection(_OWN)) > 1
    return 95 if ours else 0


def _select(delivery: Delivery) -> str:
    return own_select(delivery, [each for each in REQUESTS.columns if each.name != "day"], _PARSED)


FORMAT = Format(
    name="requests",
    table=REQUESTS.name,
    about="our own request record: columns named as the ledger's",
    shapes=(Shape.CSV, Shape.JSONL, Shape.JSON, Shape.PARQUET),
    recognises=_recognises,
    select=_select,
    cached_in_input=False,
)
