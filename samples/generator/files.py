"""Files whose bytes are the same on every run: CSV.gz without a time stamp, and TOML."""

from __future__ import annotations

import csv
import gzip
import io
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["csv_gz", "csv_text", "toml"]


def csv_gz(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A gzipped CSV; None is an empty cell and a Decimal keeps all its digits."""
    return gzip.compress(csv_text(columns, rows), compresslevel=9, mtime=0)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV; None is an empty cell and a Decimal keeps all its digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else value


def toml(tables: Mapping[str, Mapping[str, object]], head: str) -> bytes:
    """Named tables of scalars; a Decimal is written as a string, because TOML has no decimals."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    for name, table in tables.items():
        lines += ["", f"[{name}]"]
        lines += [f"{key} = {_value(value)}" for key, value in table.items()]
    return ("\n".join(lines) + "\n").encode()


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    shown = f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
