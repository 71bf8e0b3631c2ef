"""What screens look like, cell for cell: text and colours of each against the SVG in `snapshots`.

After a change that is meant, `FINOPS_RENEW_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py` writes them
again; look at the pictures before you commit them.
"""

from __future__ import annotations

import difflib
import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from finops.api.session import open_session
from finops.errors import LedgerMissing
from tests.tui.driving import driven, play

if TYPE_CHECKING:
    from finops.api.session import Session
    from tests.tui.driving import Driver

SNAPSHOTS = Path(__file__).parent / "snapshots"
RENEW = "FINOPS_RENEW_SNAPSHOTS"
RENEWS = os.environ.get(RENEW) == "1"
"""Read when this file is: a test's own environment has no FINOPS_ variables."""

MOST = 15


@pytest.fixture(autouse=True)
def same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine is seen: no memory, no settings, no colours asked for or refused."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def drawing(it: Driver) -> str:
    """The screen as an SVG that loads no font and whose caret does not blink."""
    svg = it.app.export_screenshot(title="finops")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def words(svg: str) -> list[str]:
    """The text of a drawing, a line for each run of one colour."""
    found = re.findall(r'<text class="(?:[^"]*-)?(r\d+|\S+)"[^>]*>(.*?)</text>', svg)
    return [f"{style} {html.unescape(text)}" for style, text in found]


async def looks(it: Driver, name: str) -> None:
    """The screen is the snapshot `name`; with RENEW set, it becomes the snapshot."""
    for line in it.app.screen.query(Input):
        line.cursor_blink = False
    await it.settle()
    path, now = SNAPSHOTS / f"{name}.svg", drawing(it)
    if RENEWS:
        path.parent.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if now != before:
        changes = difflib.unified_diff(words(before), words(now), name, "now", lineterm="", n=0)
        pytest.fail(
            f"{name} looks different; {RENEW}=1 keeps what is drawn now:\n"
            + "\n".join(list(changes)[:60]),
            pytrace=False,
        )


def test_every_place_in_the_dark(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, size=(80, 24)) as it:
            await looks(it, "home")
            await it.pilot.resize_terminal(60, 20)
            await looks(it, "narrow")
            await it.pilot.resize_terminal(80, 24)
            await it.press("2", "enter")
            await looks(it, "drill")
            await it.press("right", "x")
            await looks(it, "explain")
            await it.press("escape", "question_mark")
            await looks(it, "help")
            await it.press("escape", "e")
            await looks(it, "export")
            await it.press("escape", "colon")
            await looks(it, "palette")
            await it.press("escape", "slash", "ctrl+u")
            await it.type("Servicename = nothing")
            await looks(it, "error")
            await it.press("backspace", "right_square_bracket")
            await looks(it, "empty")

    play(scenario)


def test_wide_and_light(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, size=(160, 44), theme="textual-light") as it:
            await it.pilot.resize_terminal(80, 24)
            await looks(it, "light")
            await it.pilot.resize_terminal(160, 44)
            await it.press("2")
            await looks(it, "wide")

    play(scenario)


def test_no_colour(small_ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario() -> None:
        async with driven(small_ledger, size=(100, 32), view="spend") as it:
            await looks(it, "no-colour")

    play(scenario)


def test_text_mode(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, size=(80, 24), view="spend", text=True) as it:
            await it.press("down", "right")
            await looks(it, "text")

    play(scenario)


def test_no_ledger() -> None:
    def none() -> Session:
        raise LedgerMissing("there is no ledger at finops-ledger", hint="finops demo")

    async def scenario() -> None:
        async with driven(open_ledger=none, size=(80, 24)) as it:
            await looks(it, "no-ledger")

    play(scenario)


POOL = """
[[pools]]
name = "gpus"
kind = "gpu"
where = "ServiceName = 'Compute'"
gpus_per_unit = 2
"""


def test_heat_map(small_ledger: Path, tmp_path: Path) -> None:
    settings = tmp_path / "finops.toml"
    settings.write_text(POOL, encoding="utf-8")

    async def scenario() -> None:
        async with driven(
            open_ledger=lambda: open_session(small_ledger, config=settings),
            size=(100, 32),
            view="capacity",
        ) as it:
            assert it.pane.error is None
            await looks(it, "heat-map")

    play(scenario)


def test_there_are_few_snapshots_and_all_are_looked_at() -> None:
    kept = {path.stem for path in SNAPSHOTS.glob("*.svg")}
    source = Path(__file__).read_text(encoding="utf-8")
    assert kept == set(re.findall(r'looks\(it, "([^"]+)"\)', source))
    assert len(kept) <= MOST
