"""Writes docs/img/demo.svg from what `finops demo` really prints, so that the picture cannot lie."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
WIDTH = 100


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
    drawn = console.export_svg(title="finops", unique_id="finops")
    local = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(local.replace("Fira Code", "ui-monospace, Menlo, Consolas"), encoding="utf-8")


def main() -> int:
    """Write every picture; 0."""
    with tempfile.TemporaryDirectory() as folder:
        output = printed("demo", home=Path(folder))
    picture("finops demo", output, IMAGES / "demo.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
