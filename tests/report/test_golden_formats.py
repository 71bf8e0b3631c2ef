"""Each format, byte for byte, over one report that holds every hard value.

After a wanted change: FINOPS_WRITE_GOLDENS=1 pytest tests/report, and read the difference.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.report import render

if TYPE_CHECKING:
    from finops.report import Report

HERE = Path(__file__).parent
GOLDENS = HERE / "goldens"
HARD = runpy.run_path(str(HERE / "hard_values.py"))

CASES = {
    "full.json": ("FULL", "json", None),
    "full.csv": ("FULL", "csv", None),
    "full.md": ("FULL", "md", None),
    "full.html": ("FULL", "html", None),
    "full-unlimited.table": ("FULL", "table", None),
    "full-120.table": ("FULL", "table", 120),
    "full-80.table": ("FULL", "table", 80),
    "full-40.table": ("FULL", "table", 40),
    "no-rows.json": ("NO_ROWS", "json", None),
    "no-rows.csv": ("NO_ROWS", "csv", None),
    "no-rows.md": ("NO_ROWS", "md", None),
    "no-rows.html": ("NO_ROWS", "html", None),
    "no-rows-80.table": ("NO_ROWS", "table", 80),
    "no-rows-40.table": ("NO_ROWS", "table", 40),
}


WRITING = os.environ.get("FINOPS_WRITE_GOLDENS") == "1"
"""Read at import, before each test's environment is cleaned of our variables."""


@pytest.mark.parametrize("name", CASES)
def test_format_is_what_it_was(name: str) -> None:
    which, format_, width = CASES[name]
    report: Report = HARD[which]
    rendered = render(report, format_, width=width)
    golden = GOLDENS / name
    if WRITING:
        golden.write_bytes(rendered)
    assert rendered == golden.read_bytes()


def test_every_golden_is_tested() -> None:
    assert {path.name for path in GOLDENS.iterdir()} == set(CASES)
