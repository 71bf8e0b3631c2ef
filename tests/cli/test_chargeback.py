"""`finops chargeback` as people run it."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

ROWS = (
    {"SubAccountId": "p1", "EffectiveCost": "10.004", "BilledCost": "12", "InvoiceId": "i-1"},
    {"SubAccountId": "p2", "EffectiveCost": "30", "BilledCost": "30", "InvoiceId": "i-1"},
    {"SubAccountId": "p3", "EffectiveCost": "2", "BilledCost": "2", "InvoiceId": "i-2"},
)

OWNERS = (
    "from,to,kind,match,team,product,cost_centre,gl_code\n"
    ",,project,p1,search,,CC-1,6410\n"
    ",,project,p2,R&D / web,,,\n"
)


def test_a_folder_gets_the_summary_the_journal_and_every_statement_the_same_twice(
    finops: Callable[..., Result], ledger_of: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "cwd" / "owners.csv").write_text(OWNERS)
    (tmp_path / "cwd" / "finops.toml").write_text('[chargeback]\npayable = "2000"\n')
    ledger = ledger_of(ROWS)
    for folder in ("one", "two"):
        result = finops("chargeback", "--ledger", ledger, "-o", f"{folder}/")
        assert (result.exit_code, result.stdout) == (0, "")
        assert "5 files in" in result.stderr
    files = {path.name: path.read_bytes() for path in (tmp_path / "cwd" / "one").iterdir()}
    assert sorted(files) == [
        "chargeback-2026-09.csv",
        "journal-2026-09.csv",
        "statement-2026-09-r-d-web.csv",
        "statement-2026-09-search.csv",
        "statement-2026-09-unowned.csv",
    ]
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "cwd" / "two").iterdir()}
    journal = list(csv.DictReader(files["journal-2026-09.csv"].decode().splitlines()))
    assert [(row["account"], row["team"], row["debit"], row["credit"]) for row in journal] == [
        ("", "R&D / web", "30", ""),
        ("6410", "search", "10", ""),
        ("", "", "2", ""),
        ("2000", "", "", "42"),
        ("2000", "", "", "2"),
        ("", "", "2", ""),
    ]


def test_one_statement_the_journal_and_what_there_is_not(
    finops: Callable[..., Result], ledger_of: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "cwd" / "owners.csv").write_text(OWNERS)
    (tmp_path / "cwd" / "finops.toml").write_text('currency = "USD"\n')
    ledger = ledger_of(ROWS)
    asked = ("chargeback", "--ledger", ledger, "--month", "2026-09", "--format", "json")
    summary = json.loads(finops(*asked).stdout, parse_float=Decimal)
    (bill,) = summary["bill"]
    assert (bill["EffectiveCost"], bill["difference"]) == (Decimal("42.004"), 0)
    mine = json.loads(finops(*asked, "--statement", "SEARCH").stdout, parse_float=Decimal)
    assert mine["owner"] == {"team": "search"}
    assert [row["EffectiveCost"] for row in mine["rows"]] == [Decimal("10.004")]
    nobody = json.loads(finops(*asked, "--statement", "unowned").stdout)
    assert nobody["owner"] == {"team": None}
    missing = finops(*asked, "--statement", "legal")
    assert missing.exit_code == 2
    assert "R&D / web, search, (unowned)" in missing.stderr
    both = finops(*asked, "--statement", "search", "--journal")
    assert both.exit_code == 2
    empty = finops(*asked[:3], "--month", "2020-01")
    assert "No invoice of 2020-01" in empty.stdout
