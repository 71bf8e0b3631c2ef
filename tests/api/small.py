"""A small company with something in every table that commands ask, made in a second."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.analysis.ledgers import cost, make_ledger, request, sample

__all__ = ["VENDORS", "small_company"]

VENDORS = Path(__file__).resolve().parents[2] / "samples" / "vendors"
SCORES = "confidence,small_correct,large_correct\n0.9,1,1\n0.2,0,1\n0.7,1,1\n0.4,0,1\n"

SETTINGS = """
ledger = "ledger"

[owners]
team_tag = "team"

[sources.cluster]
connector = "slurm"
command = ["/nowhere/sacct"]

[[prices]]
provider = "fakeai"
model = "model-a"
input = "2"
output = "10"

[[prices]]
provider = "fakeai"
model = "model-b"
input = "1"
output = "4"

[[budgets]]
name = "all"
amount = "50"
per = "month"
"""


def small_company(folder: Path) -> None:
    """Two months of two services, calls to two models, a pool of two devices, and vendors."""
    months = ("2026-09", "2026-10")
    calls = [
        request(
            f"{month}-{n}", f"{month}-{n + 1:02}T12:00:00", team=f"team-{n % 2}", tenant=None,
            workflow_run_id=f"{month}-run-{n // 4}",
            workflow=f"workflow-{n % 3}", confidence=n / 10, request_model=("model-a", "model-b")[n % 2],
            uncached_input_tokens=1000 + n, output_tokens=100, latency_ms=900 + n,
        )
        for month in months
        for n in range(10)
    ]  # fmt: skip
    bills = [
        cost(
            amount,
            f"{month}-01",
            f"{month}-28",
            ServiceName=service,
            InvoiceId=f"inv-{month}",
            Tags={"team": "team-0"},
        )
        for month in months
        for service, amount in (("Models", "30"), ("Storage", "7.25"))
    ]
    samples = [
        sample(f"gpu-{n}", f"2026-10-05T{hour:02}:00:00", pool="h100", pod="server", gr_engine_active=0.4)
        for hour in range(4)
        for n in range(2)
    ]  # fmt: skip
    make_ledger(folder / "ledger", costs=bills, requests=calls, samples=samples)
    shutil.copytree(VENDORS, folder / "vendors")
    (folder / "scores.csv").write_text(SCORES, encoding="utf-8")
    (folder / "finops.toml").write_text(SETTINGS, encoding="utf-8")
