"""A small company whose ledger answers every probe with yes, and the rows to spoil it with."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from finops.ledger.store import Ledger
from finops.model.tables import TABLES
from scorecard.answers import Subject
from scorecard.catalog import load_catalog
from scorecard.run import collect
from tests.analysis.ledgers import Row, add, at, config, cost, request, sample, tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scorecard.evidence import Evidence

__all__ = ["AS_OF", "Company", "findings"]

AS_OF = date(2026, 11, 1)
DAYS = (
    date(2026, 8, 15),
    date(2026, 9, 15),
    *(date(2026, 10, 1) + timedelta(days=n) for n in range(31)),
)
"""Days with requests: one in August and in September, all of October."""
MONTHS = (
    ("2026-08-01", "2026-09-01", 1),
    ("2026-09-01", "2026-10-01", 1),
    ("2026-10-01", "2026-11-01", 31),
)
"""Months, and how many of `DAYS` they have."""
UNCACHED, CACHED, OUTPUT = 600_000, 400_000, 100_000
"""Tokens of every request: 1.2 + 0.2 + 1.0 = 2.4 dollars at the prices of `tests.analysis.ledgers`."""


def _requests() -> list[Row]:
    rows = []
    for day in DAYS:
        shared: dict[str, Any] = {
            "uncached_input_tokens": UNCACHED,
            "cache_read_tokens": CACHED,
            "output_tokens": OUTPUT,
            "team": "search",
            "latency_ms": 900.0,
            "ttft_ms": 200.0,
        }
        people: dict[str, Any] = {
            "workflow": "chat",
            "workload_tier": "interactive",
            "data_class": "personal-eu",
            "region": "eu-1",
            "caller_region": "eu-1",
            "store_region": "eu-1",
        }
        nights: dict[str, Any] = {"workflow": "nightly", "workload_tier": "batch", "batch": True}
        rows.append(request(f"a{day}", f"{day}T10:00:00", **shared, **people))
        rows.append(request(f"b{day}", f"{day}T02:00:00", **shared, **nights))
    return rows


def _costs() -> list[Row]:
    rows = []
    for start, end, days in MONTHS:
        rows += [
            tokens(f"{2 * days * 1.2:.1f}", "uncached_input", 2 * days * UNCACHED, start, end),
            tokens(f"{2 * days * 0.2:.1f}", "cache_read", 2 * days * CACHED, start, end),
            tokens(f"{2 * days * 1.0:.1f}", "output", 2 * days * OUTPUT, start, end),
            cost("50", start, end, ServiceName="Storage", ServiceProviderName="cloud"),
            cost("2", start, end, ServiceName="Data Transfer", ServiceProviderName="cloud"),
            cost(
                *("40", start, end),
                ServiceName="Database",
                ServiceProviderName="cloud",
                CommitmentDiscountStatus="Used",
                CommitmentDiscountId="plan",
            ),
        ]
    return rows


def _samples() -> list[Row]:
    start = at("2026-10-02")
    return [
        sample(
            "g0",
            f"{start + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S}",
            cluster="c1",
            node="n1",
            pool="p",
            job_id="j0",
            gr_engine_active=0.8,
            sm_active=0.7,
            power_w=5000.0,
            throttle_s=0.0,
        )
        for hour in range(720)
    ]


def _jobs() -> list[Row]:
    rows = []
    for number in range(10):
        start = at("2026-10-03") + timedelta(days=2 * number)
        row: Row = {
            "job_id": f"j{number}",
            "cluster": "c1",
            "team": "search",
            "qos": ("high", "low")[number % 2],
            "workload_tier": "batch",
            "gpu_count": 1,
            "submitted_at": start - timedelta(minutes=10),
            "started_at": start,
            "ended_at": start + timedelta(hours=10),
            "state": "completed",
            "productive_s": 33000.0,
            "data_stall_s": 1800.0,
            "checkpoint_s": 900.0,
            "source_id": "slurm",
            "month": "2026-10",
        }
        rows.append({name: row.get(name) for name in TABLES["jobs"].names})
    return rows


def _changes() -> list[Row]:
    told = (("1", "2026-10-01", "v1", "v2"), ("2", "2026-10-02", "v2", "v1"))
    rows = []
    for name, day, before, after in told:
        row: Row = {
            "change_id": name,
            "changed_at": at(day),
            "kind": "prompt",
            "subject": "chat",
            "changed_from": before,
            "changed_to": after,
            "approved_by": "ada",
            "source_id": "log",
        }
        rows.append({column: row.get(column) for column in TABLES["changes"].names})
    return rows


def _settings() -> dict[str, Any]:
    return {
        "owner": "ada",
        "targets": [{"workflow": "*", "p95_ms": 1000, "p99_ms": 2000}],
        "racks": [{"name": "r1", "cluster": "c1", "limit_kw": 10}],
        "residency": [{"data_class": "personal-eu", "regions": ["eu-*"]}],
        "destinations": ["fakeai", "fakeai/*"],
    }


@dataclass
class Company:
    """The rows of a ledger, the [scorecard] settings, and three files; all of them open to change."""

    folder: Path
    costs: list[Row] = field(default_factory=_costs)
    requests: list[Row] = field(default_factory=_requests)
    samples: list[Row] = field(default_factory=_samples)
    jobs: list[Row] = field(default_factory=_jobs)
    changes: list[Row] = field(default_factory=_changes)
    settings: dict[str, Any] = field(default_factory=_settings)
    keys: str = "key_id,created\nk1,2026-10-01\n"
    pue: str = "month,pue\n2026-10,1.3\n"
    secrets: int = 0

    def each(self, table: str, change: Callable[[Row], None]) -> None:
        """Call `change` with every row of `table`."""
        for row in getattr(self, table):
            change(row)

    def files(self) -> dict[str, str]:
        """Write the three files; their paths by setting."""
        results = [{"ruleId": "key"}] * self.secrets
        run = {
            "tool": {"driver": {"name": "scan"}},
            "invocations": [{"endTimeUtc": "2026-10-30T00:00:00Z"}],
            "results": results,
        }
        texts = {
            "keys": self.keys,
            "pue": self.pue,
            "secret_scan": json.dumps({"version": "2.1.0", "runs": [run]}),
        }
        for name, text in texts.items():
            (self.folder / name).write_text(text)
        return {name: str(self.folder / name) for name in texts}


_stored: dict[tuple[str, str], Path] = {}
"""Where a table with these rows lies already, in the ledger of an earlier company."""


def _store(ledger: Ledger, table: str, rows: list[Row]) -> None:
    """Load `rows` into `table`, once for all companies that have the same ones: the others copy its files."""
    key, folder = (table, repr(rows)), ledger.location.root / table
    there = _stored.get(key)
    if there is not None and there.is_dir():
        shutil.copytree(there, folder)
        return
    add(ledger, table, rows)
    if folder.is_dir():
        _stored[key] = folder


def findings(company: Company, *, as_of: date = AS_OF) -> dict[str, Evidence]:
    """What every probe answers about `company`, by check."""
    ledger = Ledger.open(str(company.folder / "ledger"), create=True)
    tables = {"gpu_samples": company.samples}
    tables |= {name: getattr(company, name) for name in ("costs", "requests", "jobs", "changes")}
    for name, rows in tables.items():
        _store(ledger, name, rows)
    settings = {**company.settings, "files": company.files()}
    found = collect(load_catalog(), Subject(), ledger, config(scorecard=settings), as_of=as_of)
    return {piece.check: piece for piece in found}
