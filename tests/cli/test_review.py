"""`finops review` as people use it: into the terminal, a file, a folder, from cron."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

MAIL = {"ServiceName": "Mail", "InvoiceId": "M-9", "BilledCost": "7.25", "EffectiveCost": "7.25"}


@pytest.fixture
def here(ledger_of: Callable[..., str], tmp_path: Path) -> str:
    """A ledger of one charge, and a finops.toml that names it."""
    ledger_of([MAIL])
    Path("finops.toml").write_text(
        f"ledger = '{tmp_path / 'ledger'}'\n[review]\nto = 'reviews'\nformats = ['json', 'md']\n",
        encoding="utf-8",
    )
    return str(tmp_path / "ledger")


def test_a_month_is_reviewed_in_the_terminal_and_in_files(
    finops: Callable[..., Result], here: str
) -> None:
    shown = finops("review", "2026-09")
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.startswith("Monthly review · 2026-09 · USD\n")
    assert "Effective cost was 7.25 USD; the month before is not in the ledger." in shown.stdout
    saved = finops("review", "2026-09", "-o", "review.json")
    assert (saved.exit_code, saved.stdout) == (0, "")
    told = json.loads(Path("review.json").read_bytes())
    assert (told["schema"], told["period"]["label"]) == ("finops.review/1", "2026-09")
    assert (
        finops("review", "2026-09", "--format", "json").stdout_bytes
        == Path("review.json").read_bytes()
    )


def test_cron_delivers_once_and_again_when_the_bill_changes(
    finops: Callable[..., Result], here: str
) -> None:
    first = finops("review", "--if-new")
    assert first.exit_code == 0, first.stderr
    assert sorted(path.name for path in Path("reviews").iterdir()) == [
        "review-2026-09.json",
        "review-2026-09.md",
    ]
    again = finops("review", "--if-new")
    assert (again.exit_code, again.stdout) == (0, "")
    assert "Nothing new" in again.stderr
    Path("bill.csv").write_text(
        "BilledCost,EffectiveCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,"
        "ChargePeriodEnd,ChargeCategory,ServiceName,ProviderName,InvoiceId,BillingAccountId\n"
        "9,9,USD,2026-09-01T00:00:00Z,2026-10-01T00:00:00Z,2026-09-10T00:00:00Z,2026-09-11T00:00:00Z,"
        "Usage,Mail,Provider,M-10,1\n",
        encoding="utf-8",
    )
    loaded = finops("load", "costs", "bill.csv")
    assert loaded.exit_code == 0, loaded.stderr
    third = finops("review", "--if-new")
    assert "Written" in third.stderr
    told = json.loads(Path("reviews/review-2026-09.json").read_bytes())
    figures = {each["name"]: each["value"] for each in told["sections"][0]["figures"]}
    assert figures["effective_cost"] == 16.25


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "pdf"), "name it"),
        (("--format", "html,md"), "several files"),
        (("--format", "docx"), "no format 'docx'"),
        (("-o", "review.docx"), "no format ends like this"),
        (("--if-new", "--diff"), "without --diff"),
        (("--diff", "-o", "folder/"), "name a file"),
        (("--as-of", "soon"), "not a date"),
        (("2031-01",), "nothing of 2031-01"),
    ],
)
def test_what_makes_no_sense_is_refused(
    finops: Callable[..., Result], here: str, arguments: tuple[str, ...], said: str
) -> None:
    refused = finops("review", *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_without_a_place_to_go_to_cron_is_told(finops: Callable[..., Result], here: str) -> None:
    Path("finops.toml").write_text(f"ledger = '{here}'\n", encoding="utf-8")
    refused = finops("review", "--if-new")
    assert refused.exit_code == 2
    assert "[review]" in refused.stderr
