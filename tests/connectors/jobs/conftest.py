"""Reads one file through the real pipeline's delivery and one format, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from connectors.delivery import FileDelivery
from connectors.reading import find_files, open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.formats.contract import Format


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """`read(FORMAT, text, name=…, **settings)`: rows in order of the file, without NULLs."""

    def read_text(
        format_: Format, text: str, name: str = "x.csv", **settings: str
    ) -> list[dict[str, Any]]:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        source = open_source(find_files([file])[0])
        assert format_.recognises(source.head) > 0
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'").fetchall()
            delivery = FileDelivery(con, [source], settings=settings)
            result = con.execute(format_.select(delivery))
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        rows.sort(key=lambda row: row["_row"])
        return [
            {name: value for name, value in row.items() if value is not None and name != "_file"}
            for row in rows
        ]

    return read_text
