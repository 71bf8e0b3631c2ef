"""What help must not wait for, seen in a running process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "pandas",
    "duckdb",
    "deltalake",
    "textual",
    "httpx",
    "scipy",
    "finops.config",
    "finops.ledger",
    "genai_prices",
    "pyarrow",
    "numpy",
    "connectors",
}

ROOT_ONLY = {"pydantic"}
"""Typer itself imports it as soon as it looks at the value of an option that is not the root's."""

LOOK = """
import atexit, json, sys
atexit.register(lambda: sys.stderr.write(json.dumps(sorted(sys.modules))))
from finops.cli.app import run
run()
"""


@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["--version"], ["nope"], ["costs", "--help"], ["unit", "--help"]],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *arguments], capture_output=True, text=True, check=False
    )
    modules = set(json.loads(done.stderr[done.stderr.rindex('["') :]))
    heavy = HEAVY | ROOT_ONLY if arguments in (["--help"], ["--version"]) else HEAVY
    assert heavy & modules == set()


def test_help_does_not_import_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, "--help"], capture_output=True, text=True, check=True
    )
    modules = set(json.loads(done.stderr[done.stderr.rindex("[") :]))
    assert {name for name in modules if name.startswith("finops.cli.")} == {
        "finops.cli.app",
        "finops.cli.diagnostics",
        "finops.cli.interrupts",
        "finops.cli.output",
    }
