"""How a ledger table is declared: columns with a type, a meaning and the rule a value must keep.

The declarations in `finops.model.tables` are the only place a column is described. Table creation,
validation of what is loaded, the samples' generator and `docs/ledger.md` all read them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["MONEY_INTEGER_DIGITS", "MONEY_SCALE", "Column", "Kind", "Table"]

MONEY_SCALE = 24
"""Decimal places kept of every amount and quantity; a bill with more is refused, never rounded."""

MONEY_INTEGER_DIGITS = 14
"""Digits before the point that a DECIMAL(38,24) holds."""


class Kind(StrEnum):
    """What a column holds; the value is its type in DuckDB."""

    TEXT = "VARCHAR"
    JSON = "JSON"
    DECIMAL = "DECIMAL(38,24)"
    INTEGER = "BIGINT"
    REAL = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    TIMESTAMP = "TIMESTAMP WITH TIME ZONE"
    DATE = "DATE"

    @property
    def stored(self) -> str:
        """The type in the Parquet file: JSON travels as its text."""
        return "VARCHAR" if self is Kind.JSON else self.value


class Column(NamedTuple):
    """One column: name, kind, meaning, and what validation holds it to."""

    name: str
    kind: Kind
    about: str
    required: bool = False
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    unit: str | None = None


class Table(NamedTuple):
    """One ledger table: what a row is, how it is cut into partitions, what identifies a row."""

    name: str
    about: str
    partition_by: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in declared order."""
        return tuple(column.name for column in self.columns)
