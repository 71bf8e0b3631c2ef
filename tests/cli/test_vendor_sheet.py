"""`finops vendor sheet` as people run it: options of the ledger, or vendors it knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from finops.errors import ExitCode
from tests.analysis.ledgers import make_ledger, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result


def test_the_page_as_people_ask_for_it(finops: Callable[..., Result], tmp_path: Path) -> None:
    calls = [
        request(f"r{n}", latency_ms=1000 * n, ttft_ms=10, output_tokens=11) for n in range(1, 6)
    ]
    make_ledger(tmp_path / "ledger", requests=calls)
    where = ("--ledger", str(tmp_path / "ledger"), "--month", "2026-10")
    result = finops("vendor", "sheet", *where, "--format", "json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["schema"] == "finops.vendor.sheet/1"
    rows = {row["figure"]: row["fakeai"] for row in answer["rows"]}
    (option,) = answer["options"]
    figures = {figure["name"]: figure for figure in option["figures"]}
    assert rows["Whole answer, p95 ms"] == "5,000"
    assert figures["latency_p95_ms"]["value"] == 5000
    assert rows["Device time engines were active"] == "n/a"
    shown = finops("vendor", "sheet", *where).stdout
    assert "n/a: Device time held by work" in " ".join(shown.split())
    folder = tmp_path / "vendors" / "acme"
    folder.mkdir(parents=True)
    unknown = finops("vendor", "sheet", "acme", "--vendors", str(folder.parent), *where)
    assert unknown.exit_code == ExitCode.USAGE
    (folder / "telemetry.yaml").write_text("requests: provider = 'fakeai'", encoding="utf-8")
    known = finops(
        "vendor", "sheet", "acme", "--vendors", str(folder.parent), *where, "--format", "csv"
    )
    assert 'Latency profile,"Whole answer, p95 ms","5,000"' in known.stdout
