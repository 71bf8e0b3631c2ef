"""The project's own record of any ledger table: columns named as the table declares them.

CSV, JSON Lines and Parquet; a column that is missing is NULL, and one the table does not declare is not
read. The loader checks types and rules, so the reader only chooses columns, and of `attributes` keeps only the
allow-list of finops.toml.

Columns of JSON that the beginning of the files does not show are watched for, and not written: most records
have few of them, and an empty one costs as much to write as a full one. Where one appears after all, the
quick reading stops and the exact one, which takes every column, stores the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import allowed_of_cell, is_json
from connectors.sql import quoted
from finops.model.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.formats.contract import Delivery, Head
    from finops.model.schema import Column, Table

__all__ = ["own_record", "own_select"]


def own_record(name: str, table: Table, *, identified_by: tuple[str, ...]) -> Format:
    """The format of `table`'s own record; a file is one with every `identified_by` column."""

    def recognises(head: Head) -> int:
        return 90 if set(identified_by) <= set(head.columns) else 0

    def select(delivery: Delivery) -> str:
        return own_select(delivery, table.columns, {})

    return Format(
        name=name,
        table=table.name,
        about=f"our own {table.name} record: columns named as the ledger's",
        shapes=(Shape.CSV, Shape.JSONL, Shape.PARQUET),
        recognises=recognises,
        select=select,
    )


def own_select(delivery: Delivery, known: Sequence[Column], parsed: Mapping[Kind, str]) -> str:
    """The SELECT of those of the ledger columns `known` that the files have, JSON parsed as `parsed` or text."""
    there = {name.lower() for name in delivery.columns}
    json = is_json(delivery)
    types = {column.name: parsed.get(column.kind, "VARCHAR") for column in known}
    # the parser reads `true` as 1; a cast of its text stops the quick reading, and the exact one names it
    counts = {
        column.name for column in known if column.kind is Kind.INTEGER and Kind.INTEGER in parsed
    }
    cast = counts if json and not delivery.exact else set()
    wanted = {**types, **dict.fromkeys(cast, "VARCHAR")} if json else None
    everything = json and delivery.exact
    present = [column for column in known if everything or column.name.lower() in there]
    made = {
        column.name: f"cast({quoted(column.name)} as {types[column.name]})"
        if column.name in cast
        else allowed_of_cell(quoted(column.name), delivery.allowed)
        for column in present
        if column.name in cast or column.kind is Kind.JSON
    }
    shown = ", ".join(
        f"{made[column.name]} as {quoted(column.name)}"
        if column.name in made
        else quoted(column.name)
        for column in present
    )
    late = [quoted(column.name) for column in known if column not in present] if json else []
    if late:
        unseen = " and ".join(f"{name} is null" for name in late)
        shown += f", case when not ({unseen}) then 'a column the beginning has not' end as _problem"
    return f"select _file, _row, {shown} from {delivery.scan(wanted)}"
