"""The project's own record of any ledger table: columns named as the table declares them.

CSV, JSONL and Parquet; a column that is missing is NULL, and one the table does not declare is not
read. The loader checks types and rules, so the reader only chooses columns, and of `attributes` keeps only the
allow-list of finops.toml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.cells import quoted
from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import allowed_of_cell
from finops.model.schema import Kind

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head
    from finops.model.schema import Table

__all__ = ["own_record"]


def own_record(name: str, table: Table, *, identified_by: tuple[str, ...]) -> Format:
    """The format of `table`'s own record; a file is one with every `identified_by` column."""

    def recognises(head: Head) -> int:
        return 90 if set(identified_by) <= set(head.columns) else 0

    def select(delivery: Delivery) -> str:
        present = [column for column in table.columns if column.name in delivery.columns]
        names = [column.name for column in present]
        types = dict.fromkeys(names, "VARCHAR") if _is_json(delivery.shape) else None
        columns = ", ".join(
            quoted(column.name)
            if column.kind is not Kind.JSON
            else f"{allowed_of_cell(quoted(column.name), delivery.allowed)} as {quoted(column.name)}"
            for column in present
        )
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
