"""(f) `finops --help` against a Typer application with as many commands that do nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.measure import Measured, finops, run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["startup"]

_TIMES = 15
_HEAD = '''"""A Typer application that does nothing."""

import typer

app = typer.Typer(name="bare", no_args_is_help=True)
'''
_COMMAND = '''

@app.command()
def {name}(path: str, days: int = 30) -> None:
    """Do nothing with {name}."""
'''
_NAMES = ("demo", "init", "load", "status", "costs", "unit", "explain", "sql", "doctor")


def startup(folder: Path) -> Measured:
    """Best wall time of each, taken in turns."""
    script = folder / "bare.py"
    body = "".join(_COMMAND.format(name=name) for name in _NAMES)
    script.write_text(f"{_HEAD}{body}\n\napp()\n", encoding="utf-8")
    finops("--help")
    run([sys.executable, script, "--help"])
    pairs = [(finops("--help"), run([sys.executable, script, "--help"])) for _ in range(_TIMES)]
    ours = min(first.seconds for first, _ in pairs)
    bare = min(second.seconds for _, second in pairs)
    worked = min(first.cpu for first, _ in pairs) / min(second.cpu for _, second in pairs)
    return Measured(
        letter="f",
        what="finops --help",
        floor="a bare Typer application",
        target=2,
        ceiling=True,
        ratio=ours / bare,
        cpu_ratio=worked,
        note=f"best of {_TIMES}",
        seconds={"finops": ours, "typer": bare},
    )
