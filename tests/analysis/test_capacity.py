"""Capacity pools: exact dollars of small months, one rule at a time.

A device-hour costs 10.08 here wherever it can: that is 1e-7 for each 28th of a millisecond, so that no rate
is cut and every amount is round.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.analysis.ledgers import ask, config, cost, costs_by, make_ledger, parts, request, sample

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.economics import UnitEconomics
    from tests.analysis.ledgers import Row

D = Decimal

GPUS: dict[str, Any] = {"name": "gpus", "kind": "gpu", "where": "ServiceName = 'GPU'"}


def instance(effective: str, hours: int, **given: object) -> Row:
    """A charge for `hours` of an instance of two accelerators, over October."""
    return cost(
        effective,
        "2026-10-01",
        "2026-11-01",
        **{
            "ServiceName": "GPU",
            "ConsumedQuantity": hours,
            "ConsumedUnit": "Hours",
            "SkuPriceDetails": {"GpuCount": 2},
            **given,
        },
    )


def served(request_id: str, **given: object) -> Row:
    """A request of deployment `chat` on the pool."""
    row: dict[str, Any] = {"pool": "gpus", "deployment": "chat", "provider": "own"}
    return request(request_id, **{**row, "request_model": "llama", **given})


def hours_of(device: str, first: int, count: int, **given: object) -> list[Row]:
    """`count` hours of a device from hour `first` of the month."""
    row: dict[str, Any] = {"pool": "gpus", "node": "node-1", "gr_engine_active": 0, **given}
    return [
        sample(device, f"2026-10-{1 + hour // 24:02}T{hour % 24:02}:00:00", 3600, **row)
        for hour in range(first, first + count)
    ]


def left(answer: UnitEconomics) -> dict[str, Decimal]:
    """What nobody carries and is not zero."""
    assert [books.difference for books in answer.reconciliation.origins.values()] == [0, 0]
    return {
        name: amount.normalize()
        for name, amount in answer.reconciliation.unallocated.items()
        if amount
    }


def test_busy_and_held_time_is_on_requests_idle_and_unseen_time_on_nobody(tmp_path: Path) -> None:
    """201.60 for 10 instance-hours of two devices: 10.08 a device-hour.

    chat holds one device for 10 h, busy a quarter of it; the other is idle for 6 h and not seen for 4.
    """
    ledger = make_ledger(
        tmp_path,
        costs=[instance("201.6", 10)],
        requests=[served("r1", output_tokens=300), served("r2", output_tokens=100)],
        samples=[
            *hours_of("a", 0, 10, workload="chat", gr_engine_active=0.25),
            *hours_of("b", 0, 6),
        ],
    )
    answer = ask(ledger, config(GPUS), "request_id")
    assert costs_by(answer) == {"r1": D("75.6"), "r2": D("25.2")}
    assert parts(answer.total) == {"gpu_busy": D("25.2"), "gpu_idle": D("75.6")}
    assert left(answer) == {"gpu_idle": D("60.48"), "unobserved": D("40.32")}
    assert answer.total.unpriced_tokens == 0
    assert answer.reconciliation.estimated == 0
