"""Recorded shapes of every token log, loaded through the real pipeline into a real ledger.

The files under `data/` are written by hand from the field names the vendors document, since real logs
hold people's words. `PLANTED-SECRET` and an e-mail address stand in every place where a log can
hold content.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.loading import LoadOptions, load_files
from finops.ledger.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.loading import LoadResult

Row = dict[str, Any]

_DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of recorded shapes."""
    return _DATA


class Shelf:
    """A ledger in a folder of its own, and what a test wants to know of its requests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger.open(str(folder), create=True)

    def load(
        self,
        *paths: Path,
        hint: str | None = None,
        maps: Mapping[str, str] | None = None,
        sets: Mapping[str, str] | None = None,
        keep_good: bool = False,
        source: str | None = None,
        allowed: tuple[str, ...] = (),
    ) -> tuple[LoadResult, ...]:
        """Load `paths` as `finops load requests` would."""
        options = LoadOptions(
            source=source,
            hint=hint,
            maps=maps or {},
            sets=sets or {},
            keep_good=keep_good,
            allowed=allowed,
        )
        return load_files(self.ledger, "requests", paths, options)

    def query(self, sql: str) -> list[Row]:
        """Rows of `sql` over the ledger's views, as dictionaries."""
        con = self.ledger.connect()
        cursor = con.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def rows(self) -> list[Row]:
        """Every request, oldest first."""
        return self.query("select * from requests order by timestamp, request_id, attempt")

    def by_id(self) -> dict[str, Row]:
        """Every request by its id."""
        return {row["request_id"]: row for row in self.rows()}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty ledger."""
    return Shelf(tmp_path / "ledger")


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    """`write_lines("name.jsonl", {...}, {...})` writes JSON Lines and gives the path."""
    import json

    def write(name: str, *lines: Mapping[str, Any]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path

    return write
