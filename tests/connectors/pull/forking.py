"""Pulls in children forked from a process that has imported everything: see puller.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Ended", "Puller"]


class Ended(NamedTuple):
    """How a pull ended (a negative number is the signal that ended it), its processor time, its most memory in bytes."""

    status: int
    cpu_s: float
    peak: int


class Puller:
    """The process that forks; `environment` is beside ours."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("puller.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **environment, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def pull(
        self,
        ledger: Path,
        sources: Mapping[str, Any],
        now: datetime,
        cpu_s: float | None = None,
        memory: str | None = None,
    ) -> Ended:
        """Pull `sources` once; with `cpu_s`, killed after that much processor time.

        `memory` is what DuckDB may hold before it spills, as it spells it; 2 GB otherwise.
        """
        asked = {
            "ledger": str(ledger),
            "now": now.isoformat(),
            "sources": dict(sources),
            "cpu_s": cpu_s,
            "memory": memory,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def end(self) -> str:
        """End it; what it and its children wrote to stderr."""
        return self._process.communicate(timeout=60)[1]
