"""How far a load is: DuckDB's own estimate of the running statement, asked a few times a second."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import duckdb

    from connectors.reading import SourceFile

__all__ = ["Progress", "watching"]

_INTERVAL_S = 0.25


class Progress(NamedTuple):
    """Bytes read of all there are, and seconds since the start; `rate` is bytes per second."""

    files: int
    done_bytes: int
    total_bytes: int
    seconds: float

    @property
    def rate(self) -> float:
        """Bytes per second so far."""
        return self.done_bytes / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """What is left at this rate; None before there is one."""
        return (self.total_bytes - self.done_bytes) / self.rate if self.rate else None


@contextmanager
def watching(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    tell: Callable[[Progress], None] | None,
) -> Iterator[None]:
    """Tell `tell` a few times a second how far the statement running on `con` is."""
    if tell is None:
        yield
        return
    total, started, over = (
        sum(file.stat.size for file in files),
        time.monotonic(),
        threading.Event(),
    )

    def watch() -> None:
        while not over.wait(_INTERVAL_S):
            share = min(max(con.query_progress(), 0.0), 100.0) / 100
            tell(Progress(len(files), int(total * share), total, time.monotonic() - started))

    watcher = threading.Thread(target=watch, name="load progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
