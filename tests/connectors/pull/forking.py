"""`finops pull` in children forked from a process that has imported everything: see puller.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Ended", "Puller", "configuration"]


class Ended(NamedTuple):
    """How a pull ended (a negative number is the signal that ended it), its processor time, its most memory in bytes."""

    status: int
    cpu_s: float
    peak: int


def configuration(path: Path, sources: Mapping[str, Mapping[str, Any]]) -> Path:
    """`path`, a finops.toml of `sources`: their settings by name, texts, numbers and days."""
    lines = []
    for name, said in sources.items():
        lines.append(f"[sources.{name}]")
        lines += [
            f"{key} = {json.dumps(value) if isinstance(value, str | int | float) else value}"
            for key, value in said.items()
        ]
    path.write_text("\n".join([*lines, ""]))
    return path


class Puller:
    """The process that forks; `environment` is beside ours."""

    child = 0
    """The process that pulls, or did last."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by `end`)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("puller.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
            env={**os.environ, **environment, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def pull(
        self,
        ledger: Path,
        config: Path,
        *,
        kill_after_s: float | None = None,
        memory: str | None = None,
    ) -> Ended:
        """Run `finops pull` once; with `kill_after_s`, killed after that much processor time.

        `memory` is what DuckDB may hold before it spills, as it spells it; 2 GB otherwise.
        """
        asked = {
            "config": str(config),
            "ledger": str(ledger),
            "kill_after_s": kill_after_s,
            "memory": memory,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        self.child = self._answer()["pid"]
        return Ended(**self._answer())

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def end(self) -> str:
        """End it; what it and its children wrote."""
        self._process.communicate(timeout=60)
        with self._said as said:
            said.seek(0)
            return said.read()
