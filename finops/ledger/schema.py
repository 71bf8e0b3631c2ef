"""How a declared table becomes a Delta table: column types, partitions and the folders of its files.

A file never mixes what one delivery may replace: `folders` cuts a table finer than its Delta
partitions where needed (one folder per scope of a bill, say). Folder names are plain ASCII made from
the value and its hash; readers take the partition values from the Delta log, and every file holds all
columns, partition columns included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.model.schema import Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deltalake import Schema
    from deltalake.schema import Field

    from finops.model.schema import Column

__all__ = [
    "columns_sql",
    "delta_fields",
    "delta_schema",
    "folder_columns",
    "folder_path_sql",
    "folders_sql",
    "identifier",
    "literal",
]

_DELTA = {
    Kind.TEXT: "string",
    Kind.JSON: "string",
    Kind.DECIMAL: "decimal(38,24)",
    Kind.INTEGER: "long",
    Kind.REAL: "double",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: "timestamp",
    Kind.DATE: "date",
}

_FOLDERS = {
    "costs": ("x_BillingMonth", "x_SourceId", "x_Scope"),
    "requests": ("day",),
    "usage": ("day", "source_id"),
    "gpu_samples": ("day", "source_id", "cluster"),
    "jobs": ("month",),
    "changes": ("source_id",),
    "loads": ("table_name",),
}


def identifier(name: str) -> str:
    """`name` quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """`value` as a SQL string."""
    return "'" + value.replace("'", "''") + "'"


def delta_fields(table: Table) -> list[Field]:
    """The table's columns as Delta fields, in declared order; all nullable, so that they can grow."""
    from deltalake.schema import Field, PrimitiveType

    return [Field(column.name, PrimitiveType(_DELTA[column.kind])) for column in table.columns]


def delta_schema(table: Table) -> Schema:
    """The Delta schema of `table`."""
    from deltalake import Schema

    return Schema(delta_fields(table))


def columns_sql(columns: Iterable[Column]) -> str:
    """`columns` in order, each cast to the type it is stored as, for a SELECT list."""
    return ", ".join(
        f"CAST({identifier(column.name)} AS {column.kind.stored}) AS {identifier(column.name)}"
        for column in columns
    )


def folder_columns(table: Table) -> tuple[str, ...]:
    """The columns whose values choose a file's folder, outermost first."""
    return _FOLDERS[table.name]


def folders_sql(table: Table) -> tuple[str, ...]:
    """One SQL expression per folder level: a readable, safe name that differs when the value does."""
    return tuple(_folder_sql(table, name) for name in folder_columns(table))


def folder_path_sql(table: Table) -> str:
    """SQL for the folder a row's file is in, as it begins the file's key."""
    levels = zip(folder_columns(table), folders_sql(table), strict=True)
    return " || '/' || ".join(f"'by_{name}=' || {value}" for name, value in levels)


def _folder_sql(table: Table, name: str) -> str:
    column = identifier(name)
    if table.column(name).kind is Kind.DATE:
        return f"strftime({column}, '%Y-%m-%d')"
    text = f"coalesce({column}, '')"
    readable = f"regexp_replace(left({text}, 40), '[^A-Za-z0-9.-]+', '_', 'g')"
    return (
        f"(CASE WHEN regexp_full_match({text}, '[A-Za-z0-9.-]{{1,40}}') THEN {text} "
        f"ELSE {readable} || '_' || left(md5({text}), 16) END)"
    )
