"""Who may import whom, from the code (import contracts) and in a running process (`sys.modules`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from finops.cli.app import COMMANDS

ROOT = Path(__file__).resolve().parents[2]

HEAVY = {
    "connectors",
    "deltalake",
    "duckdb",
    "genai_prices",
    "httpx",
    "numpy",
    "openpyxl",
    "pandas",
    "pyarrow",
    "scipy",
    "textual",
    "xlsxwriter",
}
"""What `finops --help` must not wait for; the static contracts cannot see lazy imports, this can."""

SHOW_MODULES = """
import json, sys
from typer.testing import CliRunner
from finops.cli.app import app
result = CliRunner().invoke(app, sys.argv[1:])
roots = sorted({name.partition(".")[0] for name in sys.modules})
json.dump({"exit": result.exit_code, "modules": roots}, sys.stdout)
"""


def test_imports_point_inward() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def modules_after(*arguments: str) -> set[str]:
    """Top-level modules loaded once `finops ARGUMENTS` has answered."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW_MODULES, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert seen["exit"] == 0
    return set(seen["modules"])


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([entry.name, "--help"] for entry in COMMANDS)]
)
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    assert HEAVY & modules_after(*arguments) == set()


def test_help_does_not_wait_for_pydantic() -> None:
    """Typer itself imports pydantic, but only to convert a value."""
    assert "pydantic" not in modules_after("--help")
