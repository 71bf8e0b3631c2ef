"""The program in a real terminal: tmux draws it, keys reach it through tmux, the file it exports is there.

tmux's control client says when something was drawn, so nothing here sleeps.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from finops.api.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.needs("tmux")

PATIENCE_S = 60.0
"""Seconds without anything drawn after which a test gives up, and shows the screen."""

RUN = "from finops.cli.app import run; run()"


class Terminal:
    """A tmux session of its own server, 80 columns and 24 lines."""

    def __init__(self, socket: Path, watcher: subprocess.Popen[bytes]) -> None:
        self.socket = socket
        self.watcher = watcher

    def tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self.socket), *arguments], capture_output=True, check=True
        )
        return done.stdout.decode()

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", "-t", "it", *keys)

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-t", "it", "-l", text)

    def until(self, text: str) -> str:
        """The screen, once `text` stands on it; looked at whenever something was drawn."""
        assert self.watcher.stdout is not None
        drawn = self.watcher.stdout.fileno()
        while text not in (screen := self.tmux("capture-pane", "-p", "-t", "it")):
            heard, _, _ = select.select([drawn], [], [], PATIENCE_S)
            assert heard, f"{text!r} is not on the screen:\n{screen}"
            os.read(drawn, 65_536)
        return screen


@contextmanager
def terminal(folder: Path, *command: str, **env: str) -> Iterator[Terminal]:
    """`command` running in a terminal; its exit code is written to `folder`/rc when it ends."""
    socket = folder / "tmux"
    settings = {
        **os.environ,
        "TERM": "xterm-256color",
        "XDG_STATE_HOME": str(folder / "state"),
        **env,
    }
    start = ["tmux", "-S", str(socket), "-f", os.devnull, "new-session", "-d", "-s", "it"]
    script = 'cd "$0" && "$@"; echo "ended with $?"; exec cat'
    subprocess.run(
        [*start, "-x", "80", "-y", "24", "sh", "-c", script, str(folder), *command],
        env=settings,
        check=True,
    )
    watcher = subprocess.Popen(
        ["tmux", "-S", str(socket), "-C", "attach", "-t", "it", "-f", "ignore-size"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env=settings,
    )
    try:
        yield Terminal(socket, watcher)
    finally:
        subprocess.run(["tmux", "-S", str(socket), "kill-server"], check=False)
        watcher.communicate()


def test_it_opens_drills_exports_and_quits(small_ledger: Path, tmp_path: Path) -> None:
    with terminal(
        tmp_path, sys.executable, "-c", RUN, "tui", "--ledger", str(small_ledger)
    ) as screen:
        first = screen.until("Produced")
        assert "1 Overview" in first
        assert max(map(len, first.splitlines())) <= 80
        screen.press("2")
        screen.until("Compute")
        screen.press("Down", "Enter")
        screen.until("where ServiceName = 'Models'")
        screen.press("e")
        screen.until("Export this view")
        screen.press("C-u")
        screen.type("drilled.json")
        screen.press("Enter")
        screen.until("Written")
        screen.press("q")
        screen.until("ended with 0")
    answer = open_session(small_ledger).costs(
        "provider", where="ServiceName = 'Models'", month="2026-10"
    )
    assert (tmp_path / "drilled.json").read_bytes() == answer.to("json")


def test_without_a_terminal_it_says_so_and_writes_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "tui"], capture_output=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"error: finops tui needs a terminal")


def test_without_colours_the_cursor_is_seen_and_the_terminal_is_left_as_it_was(
    small_ledger: Path, tmp_path: Path
) -> None:
    with terminal(
        tmp_path,
        sys.executable,
        "-c",
        RUN,
        "tui",
        "--ledger",
        str(small_ledger),
        NO_COLOR="1",
    ) as screen:
        screen.until("Produced")
        screen.press("3")
        assert "w1" in screen.until("▸")
        screen.press("q")
        assert "Unit economics" not in screen.until("ended with 0")


def test_plain_text_draws_nothing_and_says_the_cursor(small_ledger: Path, tmp_path: Path) -> None:
    with terminal(
        tmp_path, sys.executable, "-c", RUN, "tui", "--text", "--view", "spend",
        "--ledger", str(small_ledger), TERM="xterm",
    ) as screen:  # fmt: skip
        screen.until("Row 1 of 5: Compute.")
        screen.press("Down", "Right")
        seen = screen.until("Row 2 of 5: Models. Billed: 12.12.")
        assert not {character for character in seen if "\u2500" <= character <= "\u259f"}
        screen.press("q")
        screen.until("ended with 0")


def test_quitting_while_a_question_is_asked_ends_cleanly(
    small_ledger: Path, tmp_path: Path
) -> None:
    with terminal(
        tmp_path, sys.executable, "-c", RUN, "tui", "--ledger", str(small_ledger)
    ) as screen:
        screen.until("ctrl+c stops")
        screen.press("q")
        last = screen.until("ended with")
    assert "ended with 0" in last
    assert "terminate called" not in last
