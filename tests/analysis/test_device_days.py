"""Device time day by day: the same hours as `finops capacity`, on the days and nodes they were seen."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import finops
from finops.analysis.capacity.device_days import device_days
from finops.config import Config
from finops.model.period import parse_month
from tests.analysis.ledgers import make_ledger, sample

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 28 * 3_600_000


def seen(device: str, day: int, util: float, job: str | None, node: str) -> dict[str, object]:
    return sample(
        device, f"2026-10-{day:02}T12:00:00", node=node, pool="gpus", gpu_util=util, job_id=job
    )


def test_each_node_has_its_days(tmp_path: Path) -> None:
    rows = [
        seen("a", 5, 0.75, "train", "n1"),
        seen("b", 5, 0.0, None, "n1"),
        seen("a", 6, 0.0, "train", "n1"),
        seen("c", 6, 1.0, "serve", "n2"),
        seen("c", 31, 1.0, "serve", "n2"),
    ]
    make_ledger(tmp_path / "ledger", samples=rows)
    session = finops.open(tmp_path / "ledger")
    found = device_days(session.ledger, Config(), parse_month("2026-10"))
    assert [(each.node, each.day.day, each.busy, each.held, each.idle) for each in found] == [
        ("n1", 5, HOUR * 3 // 4, HOUR // 4, HOUR),
        ("n1", 6, 0, HOUR, 0),
        ("n2", 6, HOUR, 0, 0),
        ("n2", 31, HOUR, 0, 0),
    ]
    assert device_days(session.ledger, Config(), None) == found
    report = session.capacity("day", month="2026-10").report
    assert [(row["pool"], row["day"], row["busy_hours"]) for row in report.rows] == [
        ("gpus", "2026-10-05", Decimal("0.75")),
        ("gpus", "2026-10-06", Decimal(1)),
        ("gpus", "2026-10-31", Decimal(1)),
    ]
    assert report.totals is not None
    assert report.totals["observed_hours"] == Decimal(5)
    assert report.totals["busy_share"] == 0.55


def test_nobody_seen_says_what_to_load(tmp_path: Path) -> None:
    make_ledger(tmp_path / "ledger", samples=[seen("a", 5, 1.0, None, "n1")])
    answer = finops.open(tmp_path / "ledger").capacity("node", month="2026-09")
    assert answer.rows == ()
    assert any("finops collect gpu" in note for note in answer.notes)
