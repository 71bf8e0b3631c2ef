"""From the journal into the ledger: traces whole, a while after their last span.

The format decides by a trace's spans together what is a call (an agent's span repeats what is inside it, a workflow is
named above its calls), and spans come in many exports. So a trace is loaded when nothing of it has come for
`settle_s`, or when it has been kept for `longest_s`; what comes later is loaded by itself.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.loading import LoadOptions, load_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from connectors.loading import LoadResult
    from connectors.receiving.journal import Journal
    from finops.ledger.store import Ledger

__all__ = ["Drain", "Patience"]


class Patience(NamedTuple):
    """How long a trace is waited for; `clock` gives seconds."""

    settle_s: float = 30.0
    longest_s: float = 600.0
    clock: Callable[[], float] = time.monotonic


class Drain:
    """Loads the journal of one source."""

    def __init__(
        self,
        ledger: Ledger,
        source: str,
        journal: Journal,
        batch: Path,
        *,
        allowed: tuple[str, ...] = (),
        patience: Patience = Patience(),  # noqa: B008  (a constant)
    ) -> None:
        self._ledger, self._journal, self._batch = ledger, journal, batch
        self._options = LoadOptions(
            source=source, hint="otlp-traces", keep_good=True, allowed=allowed
        )
        self._patience = patience
        self._seen: dict[str, tuple[float, float]] = {}

    def seen(self, traces: Iterable[str]) -> None:
        """Remember when spans of `traces` came."""
        now = self._patience.clock()
        for trace in traces:
            first, _ = self._seen.get(trace, (now, now))
            self._seen[trace] = (first, now)

    def load(self, *, everything: bool = False) -> LoadResult | None:
        """Load the traces that are whole, or `everything`; None when there are none.

        Errors of the ledger pass through, and the journal is as it was.
        """
        segments = self._journal.rotate()
        now, left = self._patience.clock(), []
        loaded: set[str] = set()
        with self._batch.open("w", encoding="utf-8") as stream:
            for segment in segments:
                with segment.open(encoding="utf-8") as lines:
                    for line in lines:
                        trace = _trace_of(line)
                        if trace is None:
                            continue
                        if everything or self._is_whole(trace, now):
                            stream.write(line)
                            loaded.add(trace)
                        else:
                            left.append(line.rstrip("\n"))
        result = None
        if loaded:
            (result,) = load_files(self._ledger, "requests", [self._batch], self._options)
            self._journal.replace(segments, left)
        for trace in loaded:
            self._seen.pop(trace, None)
        self._batch.unlink(missing_ok=True)
        return result

    def _is_whole(self, trace: str, now: float) -> bool:
        """A trace an earlier process received has been quiet since we began."""
        first, last = self._seen.setdefault(trace, (now, now))
        return now - last >= self._patience.settle_s or now - first >= self._patience.longest_s


def _trace_of(line: str) -> str | None:
    """The trace of a line; None for one that a killed process did not finish."""
    try:
        document: Any = json.loads(line)
        return str(document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"])
    except (ValueError, LookupError, TypeError):
        return None
