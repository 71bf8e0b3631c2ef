"""Run things and say how long they took and how much memory they held."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Measured", "Ran", "best", "finops", "machine", "run"]

GIB = 1 << 30


class Ran(NamedTuple):
    """One process: wall and processor seconds, peak resident memory in bytes, what it wrote."""

    seconds: float
    cpu: float
    peak: int
    stdout: str


class Measured(NamedTuple):
    """One comparison. `ratio` is None when it could not be made, and `note` says why.

    `target` is the ratio promised: at most when `ceiling`, else at least. `cpu_ratio` is the same ratio
    in processor time, which a busy machine disturbs less; it is shown and decides nothing.
    """

    letter: str
    what: str
    floor: str
    target: float
    ceiling: bool
    ratio: float | None
    note: str = ""
    peak: int | None = None
    peak_target: int | None = None
    seconds: dict[str, float] | None = None
    cpu_ratio: float | None = None

    @property
    def verdict(self) -> str:
        """`ok`, `missed` or `n/a`."""
        if self.ratio is None:
            return "n/a"
        kept = self.ratio <= self.target if self.ceiling else self.ratio >= self.target
        if self.peak is not None and self.peak_target is not None:
            kept = kept and self.peak <= self.peak_target
        return "ok" if kept else "missed"


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Ran:
    """Run `command` to its end; RuntimeError with the end of its stderr when it fails."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        text=True,
    ) as child:
        stdout, stderr, cpu, peak = _drain(child)
    seconds = time.perf_counter() - begin
    if child.returncode:
        raise RuntimeError(f"{command[0]} ended with {child.returncode}: {stderr[-2000:]}")
    return Ran(seconds, cpu, peak, stdout)


def _drain(child: subprocess.Popen[str]) -> tuple[str, str, float, int]:
    """Output, processor time and peak memory of `child`, waited for here so that they are its own."""
    from concurrent.futures import ThreadPoolExecutor

    if child.stdout is None or child.stderr is None:
        raise RuntimeError("the child was started without pipes")
    with ThreadPoolExecutor(2) as readers:
        out, err = readers.submit(child.stdout.read), readers.submit(child.stderr.read)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        cpu = usage.ru_utime + usage.ru_stime
        return out.result(), err.result(), cpu, usage.ru_maxrss * unit


def finops(*arguments: str | Path, ledger: Path | None = None, config: Path | None = None) -> Ran:
    """Run the `finops` command of this environment."""
    command = Path(sys.executable).with_name("finops")
    named = {"FINOPS_LEDGER": ledger, "FINOPS_CONFIG": config}
    env = {name: str(path) for name, path in named.items() if path}
    return run([command, *arguments], {**env, "NO_COLOR": "1"})


def best(times: int, measure: Callable[[], float]) -> float:
    """The least of `times` measurements: what the work costs when nothing disturbs it."""
    return min(measure() for _ in range(times))


def machine(folder: Path) -> dict[str, str]:
    """What the numbers were measured on."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": str(
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        ),
        "memory": f"{pages / GIB:.0f} GiB",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "deltalake": version("deltalake"),
        "genai-prices": version("genai-prices"),
        "free disk": f"{shutil.disk_usage(folder).free / GIB:.0f} GiB",
    }
