"""The project's own record of any ledger table: columns named as the table declares them.

CSV, JSONL and Parquet; a column that is missing is NULL, and one the table does not declare is not
read. The loader checks types and rules, so the reader only chooses columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.cells import quoted
from connectors.formats.contract import Format, Shape

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head
    from finops.model.schema import Table

__all__ = ["own_record"]


def own_record(name: str, table: Table, *, identified_by: tuple[str, ...]) -> Format:
    """The format of `table`'s own record; a file is one with every `identified_by` column."""

    def recognises(head: Head) -> int:
        return 90 if set(identified_by) <= set(head.columns) else 0

    def select(delivery: Delivery) -> str:
        present = [column for column in table.names if column in delivery.columns]
        types = dict.fromkeys(present, "VARCHAR") if _is_json(delivery.shape) else None
        columns = ", ".join(quoted(column) for column in present)
        return f"select _file, _row, {columns} from {delivery.scan(types)}"

    return Format(
        name=name,
        table=table.name,
        about=f"our own {table.name} record: columns named as the ledger's",
        shapes=(Shape.CSV, Shape.JSONL, Shape.PARQUET),
        recognises=recognises,
        select=select,
    )


def _is_json(shape: Shape) -> bool:
    return shape in {Shape.JSON, Shape.JSONL}
