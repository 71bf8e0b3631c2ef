"""Files of other tools: what scanners write, and small tables, read or refused by name."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from finops.errors import InputError
from scorecard.scans import read_table, scan_result

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = datetime(2026, 10, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("[]", 0),
        ('[{"RuleID": "aws"}, {"RuleID": "gcp"}]', 2),
        ('{"DetectorName": "aws"}\n{"DetectorName": "gcp"}\n', 2),
        ("", 0),
        ('{"version": "2.1.0", "runs": [{"results": [{"ruleId": "aws"}]}, {}]}', 1),
    ],
)
def test_what_scanners_write_is_counted(tmp_path: Path, text: str, findings: int) -> None:
    file = tmp_path / "scan"
    file.write_text(text)
    os.utime(file, (WRITTEN.timestamp(), WRITTEN.timestamp()))
    found = scan_result(file)
    assert (found.findings, found.day) == (findings, date(2026, 10, 20))


@pytest.mark.parametrize("text", ["[1", '{"runs": 3}', '{"found": []}', "nothing\n"])
def test_what_is_no_scan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "scan").write_text(text)
    with pytest.raises(InputError, match="not the result of a scan"):
        scan_result(tmp_path / "scan")


def test_a_table_says_which_cell_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "keys.csv"
    file.write_text("key_id,created\nk1,2026-10-01\nk2,yesterday\n")
    rows = read_table(file, ("key_id", "created"))
    assert rows[0].day("created") == date(2026, 10, 1)
    with pytest.raises(InputError, match=r"keys\.csv row 2, created = 'yesterday': not a date"):
        rows[1].day("created")
    with pytest.raises(InputError, match="has no column pue"):
        read_table(file, ("pue",))
    with pytest.raises(InputError, match="could not be read"):
        read_table(tmp_path / "none.csv", ("pue",))
