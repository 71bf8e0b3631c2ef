"""A ledger of the test's own, files written on the spot, and what came of loading them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from connectors.delivery import FileDelivery
from connectors.loading import LoadOptions, load_files
from connectors.reading import find_files, open_source
from finops.errors import InputError
from finops.ledger.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.formats.contract import Format
    from connectors.loading import LoadResult


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty ledger."""
    return Ledger.open(str(tmp_path / "ledger"), create=True)


@pytest.fixture
def load(ledger: Ledger) -> Callable[..., tuple[LoadResult, ...]]:
    """`load("costs", path, …, source="aws")`: load files, options by name."""

    def run(table: str, *paths: Path | str, **options: Any) -> tuple[LoadResult, ...]:  # noqa: ANN401  (passed on)
        return load_files(ledger, table, [Path(path) for path in paths], LoadOptions(**options))

    return run


@pytest.fixture
def refused(
    load: Callable[..., tuple[LoadResult, ...]], ledger: Ledger
) -> Callable[..., InputError]:
    """`refused("costs", path)`: the error of a load that must fail and leave nothing behind."""

    def run(table: str, *paths: Path | str, **options: Any) -> InputError:  # noqa: ANN401  (passed on)
        with pytest.raises(InputError) as caught:
            load(table, *paths, **options)
        assert ledger.files(table) == ()
        return caught.value

    return run


@pytest.fixture
def ask(ledger: Ledger) -> Callable[[str], list[tuple[Any, ...]]]:
    """`ask("select …")`: rows of a query on the ledger."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        with ledger.connect() as con:
            return con.execute(sql).fetchall()

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """`write("name.csv", text)`: a file of the test's own."""

    def run(name: str, content: str | bytes) -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return run


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
