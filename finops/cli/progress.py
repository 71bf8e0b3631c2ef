"""The progress line itself: rich, on stderr, for people who are watching."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.cli.diagnostics import Advance

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(what: str, *, total: int | None) -> Iterator[Advance]:
    """A line with what is done, bytes, rows, rate and what is left; gone when the work ends."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]}"),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=total, rows="")

    def advance(
        done: int, *, total: int | None = None, rows: int | None = None, what: str | None = None
    ) -> None:
        bar.update(task, completed=done, total=total, description=what)
        if rows is not None:
            bar.update(task, rows=f"{rows:,} rows")

    with bar:
        yield advance
