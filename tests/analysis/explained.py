"""Small companies whose numbers are explained, and the numbers of a report's row by the names they go by."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.report.model import Style
from tests.analysis.ledgers import OCTOBER, config, cost, make_ledger, request, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.explanation import Explanation
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.report.model import Report, Row

D = Decimal
POOLS = (
    {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'", "driver": "requests"},
    {"name": "desk", "kind": "shared", "where": "ServiceName = 'Desk'", "driver": "cost"},
)


def company(folder: Path) -> Ledger:
    """Two days billed by the token at 10 % off, a model without a bill, two shared services, runs."""
    log = [
        request(
            f"r{number}",
            f"2026-10-0{1 + number % 2}T12:00:00",
            workflow="rag" if number % 3 else "chat",
            workflow_run_id=f"run{number // 2}",
            uncached_input_tokens=1_000 * (number + 1),
            output_tokens=100,
            status="ok" if number else "error",
        )
        for number in range(6)
    ]
    log.append(request("x", request_model="unheard-of", provider="nobody", output_tokens=7))
    bill = [
        tokens("0.0162", "uncached_input", 9_000, "2026-10-01", "2026-10-02"),
        tokens("0.0216", "uncached_input", 12_000, "2026-10-02", "2026-10-03"),
        tokens("0.0027", "output", 300, "2026-10-01", "2026-10-02"),
        tokens("0.0027", "output", 300, "2026-10-02", "2026-10-03"),
        cost("1", ServiceName="Gateway"),
        cost("2", ServiceName="Desk"),
    ]
    return make_ledger(folder, costs=bill, requests=log)


def explained(ledger: Ledger, number: str, where: str | None = None) -> Explanation:
    """October's `number`."""
    return explain(ledger, config(*POOLS), Question(OCTOBER, where=where), number)


NUMERIC = {style for style in Style if style not in {Style.TEXT, Style.TIME}}


def rich(folder: Path) -> tuple[Ledger, Config]:
    """A company with something in every column."""
    log = [
        request(
            f"r{number}",
            f"2026-10-0{1 + number % 2}T12:00:00",
            workflow="rag",
            workflow_run_id=f"run{number // 2}",
            uncached_input_tokens=1_000 * (number + 1),
            cache_read_tokens=50,
            output_tokens=100,
            reasoning_tokens=7,
            status="ok" if number else "error",
            latency_ms=100.0 * number,
            ttft_ms=10.0 * number,
            outcome="success" if number % 2 else None,
            work_unit_kind="image",
            work_units=0.5,
        )
        for number in range(6)
    ]
    log += [
        request("e", operation="embeddings", uncached_input_tokens=5),
        request("a1", call_id="a", output_tokens=3, status="timeout"),
        request("a2", call_id="a", attempt=2, output_tokens=3, latency_ms=1.0),
        request("x", request_model="unheard-of", provider="nobody", output_tokens=7),
    ]
    bill = [
        tokens("0.0162", "uncached_input", 9_000),
        tokens("0.0027", "output", 300),
        tokens("5", "images", 300),
        cost("1", ServiceName="Gateway"),
        cost("2", ServiceName="Desk"),
        cost("3", ServiceName="Coffee"),
        cost("4", ServiceName="Iron"),
        cost("-1", ChargeCategory="Credit"),
        cost("6", CommitmentDiscountStatus="Unused", ServiceName="Models"),
    ]
    iron = {"name": "iron", "kind": "gpu", "where": "ServiceName = 'Iron'"}
    models = {"name": "models", "kind": "metered", "where": "ServiceName = 'Models'"}
    setup = config(*POOLS, iron, models, slo=[{"latency_ms": 250}])
    return make_ledger(folder, costs=bill, requests=log), setup


def numbers(report: Report, row: Row) -> dict[str, object]:
    """Every number of a report's row by the name it is explained under: parts by `column.part`."""
    found: dict[str, object] = {}
    for column in report.columns:
        if column.style in NUMERIC:
            found[column.name] = row[column.name]
            found |= nested(column.name, row[column.name])
    return found


def nested(name: str, value: object) -> dict[str, object]:
    found: dict[str, object] = {}
    if isinstance(value, dict):
        for part, inner in value.items():
            found[f"{name}.{part}"] = inner
            found |= nested(f"{name}.{part}", inner)
    return found
