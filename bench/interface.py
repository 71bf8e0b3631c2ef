"""(j) `finops tui` on ten million requests: first paint, first data, and what a key takes, in a terminal.

Both programs run in a pseudo-terminal of their own, so what is timed is what a person waits for: from the
start of the process, or from the key, to what is written to the screen. The floor is a Textual application
with one line of text that changes with each key.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, NamedTuple

from bench.company import Size, company
from bench.measure import Measured, finops

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

__all__ = ["interface"]

MONTH = "2026-09"
GPUS = 64
STARTS, KEYS = 3, 200
"""How often each program is started, and how many keys are timed."""

WIDE, HIGH = 120, 40
PATIENCE_S = 600.0
QUIET_S = 0.05
"""Seconds without output after which a screen is taken to be finished."""

FIRST_CALL = b"2026-09-00"
"""How the name of every call begins, and no day's."""

BARE = '''"""A Textual application that does next to nothing."""

from textual.app import App
from textual.widgets import Static


class Bare(App[None]):
    count = 0

    def compose(self):
        yield Static("bare 0")

    def on_key(self, event):
        if event.key == "q":
            self.exit()
        self.count += 1
        self.query_one(Static).update(f"bare {self.count}")


Bare().run()
'''


class Terminal:
    """A program in a pseudo-terminal, and a clock that starts with it."""

    def __init__(self, command: list[str | Path], folder: Path) -> None:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", HIGH, WIDE, 0, 0))
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_STATE_HOME": str(folder / "state"),
            "FINOPS_CONFIG": str(folder / "tui" / "finops.toml"),
        }
        self._begin = time.perf_counter()
        self._child = subprocess.Popen(
            [str(part) for part in command],
            stdin=there,
            stdout=there,
            stderr=there,
            start_new_session=True,
            env=env,
        )
        os.close(there)
        self._seen = b""

    def until(self, words: bytes) -> float:
        """Seconds from the start, or the last key, to `words` on the screen."""
        while words not in self._seen:
            self._seen += self._read(PATIENCE_S, words)
        return time.perf_counter() - self._begin

    def press(self, key: bytes) -> float:
        """Seconds from a key to the first that is drawn for it; the rest is waited for as well."""
        self._seen = b""
        self._begin = time.perf_counter()
        os.write(self._here, key)
        self._seen = self._read(PATIENCE_S, key)
        taken = time.perf_counter() - self._begin
        self.quiet()
        return taken

    def leads(self, key: bytes, words: bytes) -> float:
        """Seconds from a key to `words` on the screen; the rest is waited for as well."""
        self._seen = b""
        self._begin = time.perf_counter()
        os.write(self._here, key)
        taken = self.until(words)
        self.quiet()
        return taken

    def quiet(self) -> None:
        """Wait until nothing is drawn any more."""
        while select.select([self._here], [], [], QUIET_S)[0]:
            self._seen += os.read(self._here, 1 << 16)

    def _read(self, patience: float, waited_for: bytes) -> bytes:
        if not select.select([self._here], [], [], patience)[0]:
            raise RuntimeError(f"nothing was drawn for {patience:.0f} s: {waited_for!r}")
        return os.read(self._here, 1 << 16)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave by its own key; what does not go is ended."""
        os.write(self._here, b"q")
        try:
            while os.read(self._here, 1 << 16):
                continue
        except OSError:  # the other end is closed: it has ended
            pass
        finally:
            os.close(self._here)
            self._child.wait(timeout=PATIENCE_S)


class Felt(NamedTuple):
    """Seconds: to the first paint and the first data, and of every key."""

    paint: float
    data: float
    keys: list[float]

    @property
    def median(self) -> float:
        """The key in the middle."""
        return statistics.median(self.keys)

    @property
    def slow(self) -> float:
        """The key that ninety-nine of a hundred are quicker than."""
        return sorted(self.keys)[len(self.keys) * 99 // 100]


def interface(folder: Path, requests: int) -> list[Measured]:
    """First paint, first data, median and p99 of a key; and the way down to runs and calls."""
    ledger = company(folder / "tui", Size(requests, GPUS), (MONTH,))
    script = folder / "bare.py"
    script.write_text(BARE, encoding="utf-8")
    finops("unit", "--by", "workflow", ledger=ledger, config=ledger / "finops.toml")
    command: list[str | Path] = [finops_command(), "tui", "--ledger", ledger]
    ours, bare = [], []
    for _ in range(STARTS):
        bare.append(_started([sys.executable, script], folder, b"bare", b"bare"))
        ours.append(_started(command, folder, b"Overview", b" was "))
    drill = _drilled(command, folder)
    asked = finops("compare", "--by", "provider", ledger=ledger, config=ledger / "finops.toml")
    floor = Felt(
        min(each.paint for each in bare), asked.seconds, _keys([sys.executable, script], folder)
    )
    here = Felt(min(e.paint for e in ours), min(e.data for e in ours), drill.keys)
    return [*_rows(here, floor, requests), *_drill_rows(drill, floor.median)]


def finops_command() -> Path:
    """The `finops` of this environment."""
    from pathlib import Path

    return Path(sys.executable).with_name("finops")


def _started(command: list[str | Path], folder: Path, paint: bytes, data: bytes) -> Felt:
    with Terminal(command, folder) as screen:
        found = Felt(screen.until(paint), screen.until(data), [])
        screen.quiet()
        return found


def _keys(command: list[str | Path], folder: Path) -> list[float]:
    """Keys of the floor."""
    with Terminal(command, folder) as screen:
        screen.until(b"bare")
        screen.quiet()
        return [screen.press(b"j") for _ in range(KEYS)]


class Drilled(NamedTuple):
    """Seconds from Enter on a workflow to its runs, the period settled; of keys among them; to a run's calls."""

    runs: float
    keys: list[float]
    calls: float


def _drilled(command: list[str | Path], folder: Path) -> Drilled:
    """From workflows to runs, twice, since the first waits for the period; up and down; then to calls."""
    with Terminal([*command, "--view", "unit"], folder) as screen:
        screen.until(b"Total")
        screen.quiet()
        screen.leads(b"\r", b"-run-")
        screen.leads(b"\x1b", b"Total")
        screen.press(b"j")
        taken = screen.leads(b"\r", b"-run-")
        there, back = KEYS // 2, KEYS - KEYS // 2
        moves = [screen.press(b"j") for _ in range(there)]
        moves += [screen.press(b"k") for _ in range(back)]
        return Drilled(taken, moves, screen.leads(b"\r", FIRST_CALL))


def _rows(ours: Felt, bare: Felt, requests: int) -> list[Measured]:
    where = f"finops tui on {requests:,} requests"
    app = "a Textual application with one line of text"
    return [
        _against(f"{where}: first paint", app, 2, ours.paint, bare.paint),
        _against(
            "first data",
            "`finops compare`, which prints what stands there",
            2,
            ours.data,
            bare.data,
        ),
        _against("a key in the runs of a workflow, median", app, 2, ours.median, bare.median),
        _against("the same, p99", app, 2, ours.slow, bare.slow),
    ]


def _drill_rows(drill: Drilled, key: float) -> list[Measured]:
    app = "a key of that application"
    return [
        _against("Enter on a workflow to its runs", app, 20, drill.runs, key),
        _against("Enter on a run to its calls", app, 200, drill.calls, key),
    ]


def _against(what: str, floor: str, target: float, ours: float, least: float) -> Measured:
    return Measured(
        letter="j",
        what=what,
        floor=floor,
        target=target,
        ceiling=True,
        ratio=ours / least,
        note=f"{WIDE} by {HIGH} cells",
        seconds={"ours": ours, "floor": least},
    )
