"""The worked example of docs/model.md comes out as the page says, cell by cell."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from finops.model.money import total
from tests.analysis.ledgers import ask, at, config, cost, make_ledger, request, sample, tokens
from tests.analysis.reference import PoolOf, Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.economics import UnitEconomics
    from tests.analysis.ledgers import Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "model.md"
CENT = Decimal("0.01")
COMPONENTS = ("tokens_input", "tokens_output", "gpu_busy", "gpu_idle", "shared", "retried")

POOLS = (
    PoolOf("iron", "gpu", "Nodes", gpus_per_unit=2),
    PoolOf("store", "shared", "Vectors", "requests"),
    PoolOf("plan", "seat", "Plan", serves=("source_id", "desk")),
)


def charges() -> list[Row]:
    """The bill of the page, in its order."""
    return [
        cost("400", ServiceName="Nodes", ConsumedQuantity=100, ConsumedUnit="Hours"),
        cost("12", ServiceName="Nodes", CapacityReservationStatus="Unused"),
        tokens("18", "uncached_input", 10_000_000),
        tokens("0.9", "output", 100_000),
        cost("8", ServiceName="Vectors"),
        cost("30", ServiceName="Plan"),
        cost("-5", ServiceName="Nodes", ChargeCategory="Credit"),
    ]


def samples() -> list[Row]:
    """180 hours of two devices."""

    def hours(device: str, first: int, count: int, active: float) -> list[Row]:
        days = [
            (at("2026-10-01") + timedelta(hours=hour)).replace(tzinfo=None).isoformat()
            for hour in range(first, first + count)
        ]
        return [sample(device, day, pool="iron", gr_engine_active=active) for day in days]

    return [
        *({**row, "workload": "chat"} for row in hours("gpu-0", 0, 100, 0.6)),
        *({**row, "job_id": "job-1"} for row in hours("gpu-1", 0, 50, 1.0)),
        *hours("gpu-1", 50, 30, 0.0),
    ]


def attempts() -> list[Row]:
    """The log: three of a deployment, one metered, one of a seat."""
    chat: dict[str, Any] = {"pool": "iron", "deployment": "chat", "request_model": "own"}
    again: dict[str, Any] = {"call_id": "b", "attempt": 2}
    return [
        request("a", workflow="search", uncached_input_tokens=600_000, cache_read_tokens=1_000_000,
                output_tokens=75_000, **chat),
        request("b", workflow="agent", uncached_input_tokens=1_000_000, status="timeout", **chat),
        request("b2", workflow="agent", uncached_input_tokens=1_600_000, output_tokens=100_000,
                **chat, **again),
        request("m", workflow="summary", uncached_input_tokens=9_000_000, output_tokens=100_000),
        request("s", workflow="code", uncached_input_tokens=5000, team="programmers",
                source_id="desk"),
    ]  # fmt: skip


def table(heading: str) -> list[dict[str, str]]:
    """Rows of the page's table whose header begins with `heading`."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    names = _cells(lines[start])
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(names, _cells(line), strict=True)))
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> UnitEconomics:
    ledger = make_ledger(
        tmp_path_factory.mktemp("page"), costs=charges(), requests=attempts(), samples=samples()
    )
    return ask(ledger, config(*(pool.settings() for pool in POOLS)), "workflow")


def test_the_charges_are_those_of_the_page() -> None:
    amounts = [Decimal(row["amount"]) for row in table("charge")]
    assert amounts == [Decimal(row["EffectiveCost"]) for row in charges()]


def test_the_workflows_cost_what_the_page_says(answer: UnitEconomics) -> None:
    found = {
        str(group.keys[0]): {
            "requests": str(group.counts["requests"]),
            **{name: str(group.components[name].quantize(CENT)) for name in COMPONENTS},
            "cost": str(total(group.components.values()).quantize(CENT)),
        }
        for group in answer.groups
    }
    assert found == {row.pop("workflow"): row for row in table("workflow")}


def test_the_bill_is_met_as_the_page_says(answer: UnitEconomics) -> None:
    books = answer.reconciliation
    assert books.unallocated["rounding"] < Decimal("1e-12")
    carried = {
        "requests": books.allocated,
        "jobs": books.jobs,
        "workloads": books.workloads,
    }
    parts = {**carried, **books.unallocated, **books.excluded}
    assert shown({**parts, "charged": books.amounts["EffectiveCost"]}) == {
        row["part"]: row["amount"] for row in table("part")
    }


def test_the_reference_reads_the_page_alike() -> None:
    reference = Reference(charges(), attempts(), prices=(), pools=POOLS, samples=samples())
    books = reference.books("bill")
    parts = {**books.allocated, **books.unallocated, **books.excluded}
    amounts = {
        name: Decimal(amount.numerator) / amount.denominator for name, amount in parts.items()
    }
    assert {**shown(amounts), "charged": "463.90"} == {
        row["part"]: row["amount"] for row in table("part")
    }


def shown(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Amounts that are not zero, to the cent."""
    found = {name: amount.quantize(CENT) for name, amount in amounts.items()}
    return {name: str(amount) for name, amount in found.items() if amount}
