"""The command in a real terminal: its width, its colours, a progress line that goes away."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

RUN = "from finops.cli.app import run; run()"

PROGRESS = """
import time
from finops.cli.diagnostics import progress
with progress("reading", total=10_000_000) as advance:
    for step in range(4):
        advance(step * 2_000_000, rows=step * 1_000, what="bill.csv")
        time.sleep(0.15)
"""


def in_terminal(columns: int, program: str, *arguments: str, **env: str) -> str:
    """What `python -c program arguments` writes to a terminal of that width."""
    import pty
    import termios

    child, terminal = pty.fork()
    if child == 0:
        termios.tcsetwinsize(0, (40, columns))
        environment = {**os.environ, "TERM": "xterm-256color", **env}
        os.execve(sys.executable, [sys.executable, "-c", program, *arguments], environment)  # noqa: S606
    written = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    os.close(terminal)
    os.waitpid(child, 0)
    return written.decode()


def plain(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[\d+m", "", text)


ROWS = [
    {"ServiceName": "A service with quite a long name, as they have", "EffectiveCost": "1234.5"},
    {"ServiceName": "日本語のサービスの名前はここまで長い", "EffectiveCost": "5"},
]


@pytest.mark.parametrize("columns", [80, 60, 40, 24])
def test_the_table_keeps_to_the_terminal(columns: int, ledger_of: Callable[..., str]) -> None:
    shown = in_terminal(columns, RUN, "costs", "--ledger", ledger_of(ROWS))
    assert "\x1b[1m" in shown
    lines = plain(shown).splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert any("1,234.50" in line for line in lines)
    assert any("1,239.50" in line for line in lines)


def test_no_color_is_obeyed(ledger_of: Callable[..., str]) -> None:
    shown = in_terminal(80, RUN, "costs", "--ledger", ledger_of(ROWS), NO_COLOR="1")
    assert "\x1b" not in shown


def test_progress_shows_bytes_rows_and_rate_and_goes_away() -> None:
    shown = in_terminal(120, PROGRESS)
    assert "bill.csv" in shown
    assert "4.0/10.0 MB" in plain(shown)
    assert "2,000 rows" in shown
    assert "MB/s" in shown
    assert shown.endswith("\x1b[2K")


def test_a_dumb_terminal_gets_no_progress() -> None:
    assert in_terminal(80, PROGRESS, TERM="dumb") == ""
