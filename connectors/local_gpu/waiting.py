"""Samples on their way into the ledger: on disk as soon as they are taken, in the ledger a few minutes later.

What a killed process left is stored by the next one. Storing the same samples twice changes nothing, because a load
replaces what the source had of its window.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from connectors.loading import LoadOptions, load_files
from connectors.local_gpu.sampling import append
from connectors.spool import spool_of

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

__all__ = ["Waiting"]


class Waiting:
    """The samples of one source that are not in the ledger yet."""

    def __init__(self, ledger: Ledger, source: str) -> None:
        self._ledger, self._source = ledger, source
        self._held = ExitStack()

    def __enter__(self) -> Waiting:  # noqa: PYI034  (nobody derives from it)
        """Take the source's folder, and store what an earlier process left in it."""
        spool = self._held.enter_context(spool_of(self._ledger.location.root, self._source))
        spool.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = spool.folder / "samples.csv"
        self.store()
        return self

    def __exit__(self, *_: object) -> None:
        with self._held:
            self.store()

    def hold(self, rows: list[dict[str, Any]]) -> None:
        """Write `rows` to disk."""
        append(self._file, rows)

    def store(self) -> int:
        """Load what is held into the ledger and forget it; how many samples that were."""
        if not self._file.exists() or not self._file.stat().st_size:
            return 0
        said = LoadOptions(source=self._source, hint="gpu-samples")
        (result,) = load_files(self._ledger, "gpu_samples", [self._file], said)
        self._file.unlink()
        return result.rows_in
