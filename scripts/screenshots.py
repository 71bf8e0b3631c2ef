"""Writes the pictures of docs/img from what finops really shows of the sample company, so that they cannot lie."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from finops.api.session import open_session
from tui.app import FinopsApp
from tui.opening import Opening

if TYPE_CHECKING:
    from finops.api.session import Session

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
WIDTH = 100
CHROMIUM = shutil.which("chromium") or "chromium"


def printed(*arguments: str, home: Path) -> str:
    """What `finops ARGUMENTS` prints on a terminal with colours, in a folder of its own."""
    env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    env.update(HOME=str(home), XDG_DATA_HOME=str(home / ".local" / "share"))
    finops = Path(sys.executable).with_name("finops")
    env["PATH"] = f"{finops.parent}{os.pathsep}{env.get('PATH', '')}"
    done = subprocess.run(
        [finops, *arguments], cwd=home, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout


def picture(command: str, output: str, path: Path) -> None:
    """An SVG of a terminal in which `command` was typed and answered; it loads no font from afar."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
    console.print(Text.from_ansi(output.rstrip()))
    keep(console.export_svg(title="finops", unique_id="finops"), path)


def keep(drawn: str, path: Path) -> None:
    """Write an SVG that loads no font from afar."""
    local = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(local.replace("Fira Code", "ui-monospace, Menlo, Consolas"), encoding="utf-8")


async def overview(ledger: Path) -> str:
    """An SVG of the interface's first screen, once every panel of it is answered."""

    def opens() -> Session:
        return open_session(ledger, config=ledger / "finops.toml")

    app = FinopsApp(Opening(opens, opens))
    async with app.run_test(size=(WIDTH + 12, 34)) as pilot:
        await pilot.pause()
        while busy := [worker for worker in app.workers if not worker.is_finished]:
            await asyncio.gather(*(worker.wait() for worker in busy), return_exceptions=True)
            await pilot.pause()
        console = Console(width=app.size.width, height=app.size.height, file=io.StringIO(),
                          record=True, force_terminal=True, color_system="truecolor", legacy_windows=False)  # fmt: skip
        console.print(app.screen._compositor.render_update(full=True))  # noqa: SLF001  (as Textual's own export does)
        return console.export_svg(title="finops tui", unique_id="finops-tui")


def photograph(page: Path, path: Path) -> None:
    """A PNG of a page of ours down to its first chart, by day, in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page(
            viewport={"width": 1120, "height": 800}, device_scale_factor=1.5, color_scheme="light"
        )
        shown.goto(page.as_uri())
        shown.add_style_tag(content="nav { display: none; } body { margin: 1.2rem 2rem; }")
        end = shown.locator("figure").first.bounding_box()
        if end is None:
            raise ValueError(f"{page} has no chart")
        height = end["y"] + end["height"]
        shown.screenshot(
            path=path, full_page=True, clip={"x": 0, "y": 0, "width": 1120, "height": height}
        )
        browser.close()


def main() -> int:
    """Write every picture; 0."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        picture("finops demo", printed("demo", home=home), IMAGES / "demo.svg")
        os.environ["XDG_STATE_HOME"] = str(home / "state")
        ledger = home / ".local" / "share" / "finops" / "demo-ledger"
        keep(asyncio.run(overview(ledger)), IMAGES / "overview.svg")
        written = home / "review.html"
        open_session(ledger, config=ledger / "finops.toml").review("2026-10").save(written)
        photograph(written, IMAGES / "review.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
