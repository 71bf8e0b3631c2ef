"""What a file format must say about itself: the whole contract, on one page.

A format answers two questions. `recognises(head)`: how sure am I, from 0 to 100, that this file is
mine? `select(delivery)`: one SQL SELECT, over `delivery.scan(...)`, that yields ledger columns. It
may leave columns out, and may yield any of them as text: `connectors.loading` casts, checks every value
against `finops.model.tables`, and reports what is wrong by file, row, column and value.

The SELECT always carries `_file` and `_row` through. A row that is wrong in a way no single value
shows carries `_problem` (why), and may name `_problem_column` and `_problem_value`.
Formats that need Python (a tree to walk, say) fill a temporary table on `delivery.con` and select
from it. Prompts, completions and tool arguments are never selected.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import duckdb

__all__ = ["Delivery", "Format", "Head", "Shape"]


class Shape(StrEnum):
    """How a file is laid out, compression aside."""

    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"
    TEXT = "text"


class Head(NamedTuple):
    """What detection may look at: the beginning of one file."""

    path: Path
    shape: Shape
    columns: tuple[str, ...]
    """CSV or Parquet header; for JSON, the union of top-level keys of the first objects."""
    text: str
    """The first 64 KiB, decompressed and decoded; empty for Parquet."""


class Delivery(Protocol):
    """Files of one format that are loaded together, on a connection of their own."""

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The connection the SELECT will run on; UTC, with a memory limit."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, in the order given."""

    @property
    def shape(self) -> Shape:
        """Their common shape."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The union of their columns, as spelled in the files; of JSON, the keys in the beginning of each."""

    @property
    def all_columns(self) -> tuple[str, ...]:
        """As `columns`, with the keys that first appear later in a JSON file: reads it once more."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The loader's `--set column=value`; applied after the SELECT, shown here to be read."""

    @property
    def maps(self) -> Mapping[str, str]:
        """The loader's `--map ledger_column=FILE_COLUMN`."""

    @property
    def exact(self) -> bool:
        """Whether this is the second, careful reading: the quick one has met something unexpected."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """`[attributes] allow` of finops.toml: which of a log's own attributes may be kept."""

    def note(self, text: str) -> None:
        """Tell the person something about how these files are read: an assumption, say."""

    def scan(self, types: Mapping[str, str] | None = None, where: str = "true") -> str:
        """A FROM item over the files with their columns, `_file` VARCHAR and `_row` BIGINT.

        CSV columns are text unless `types` names a DuckDB type. JSON and JSONL yield exactly the
        columns in `types` (missing ones null). `_row` counts data rows from 1 within a file. `where` says
        of which rows the types matter, in SQL over text columns: the format itself drops the others.
        """


class Format(NamedTuple):
    """One file format. `cached_in_input` says whether its input count includes cached tokens."""

    name: str
    table: str
    about: str
    shapes: tuple[Shape, ...]
    recognises: Callable[[Head], int]
    select: Callable[[Delivery], str]
    cached_in_input: bool | None = None
    patterns: tuple[str, ...] = ()
    """File names picked from a folder, as globs; empty takes every file of the right shape."""
    replays: bool = False
    """Whether a file may repeat calls of another: of one the ledger has, a copy changes neither time nor session."""
    numbers_attempts: bool = False
    """Whether `attempt` is counted over the files read together: those stored before are then counted too."""
