"""The demo's screen from made-up facts: what it says, what it leaves out, and that it fits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from finops.cli.demo_screen import HEIGHT, WIDTH, Facts, screen
from finops.model.period import parse_month

if TYPE_CHECKING:
    from finops.report.model import Row


def row(name: str, per_1k: str | None, cache: float | None = 0.0, **more: object) -> Row:
    values: dict[str, Any] = {
        "workflow": name,
        "cost": Decimal("12.345"),
        "requests": 1000,
        "cost_per_1k_requests": None if per_1k is None else Decimal(per_1k),
        "cost_per_million_tokens": Decimal("3.5"),
        "cost_per_run": Decimal("0.0625"),
        "cache_hit_rate": cache,
    }
    return {**values, **more}


def facts(now: list[Row], then: list[Row], **more: object) -> Facts:
    values: dict[str, Any] = {
        "period": parse_month("2026-10"),
        "before": parse_month("2026-09"),
        "currency": "USD",
        "providers": {"AWS": (Decimal(1000), Decimal("900.5"))},
        "providers_before": {"AWS": (Decimal(1000), Decimal(1000))},
        "owned": (Decimal(0), Decimal(0)),
        "unused": {},
        "total": row("", "10"),
        "total_before": row("", "8"),
        "workflows": tuple(now),
        "workflows_before": {str(each["workflow"]): each for each in then},
        "parts": {"requests": Decimal("900.5")},
        "unpriced": {},
    }
    return Facts(**{**values, **more})


def text(found: Facts) -> list[str]:
    return screen(found, Path("/srv/demo ledger/finops.toml"))


def findings(found: Facts) -> list[str]:
    return [line for line in text(found) if line.startswith("!")]


def test_a_month_like_the_one_before_has_no_findings() -> None:
    same = [row("chat", "10", 0.8)]
    assert findings(facts(same, same)) == []
    assert "0.06250 per run (was 0.06250)" in text(facts(same, same))


def test_the_total_is_the_bill_and_owned_hardware_and_says_where_it_went() -> None:
    parts = {"requests": "700", "jobs": "0", "gpu_idle": "200.5", "seat": "-30", "tax": "80"}
    found = facts(
        [row("chat", "1")],
        [],
        owned=(Decimal(50), Decimal(100)),
        parts={name: Decimal(cost) for name, cost in parts.items()},
    )
    assert text(found)[2:6] == [
        "AWS                        1,000.00       900.50       -10.0%",
        "owned hardware                             50.00       -50.0%",
        "total                      1,000.00       950.50       -13.6%",
        "= requests 700.00 + gpu idle 200.50 + tax 80.00 + seat -30.00",
    ]


def test_parts_that_have_no_room_are_one_sum() -> None:
    parts = {"requests": "1", **{f"a_part_with_a_long_name_{n}": str(9 - n) for n in range(4)}}
    found = facts([row("chat", "1")], [], parts={k: Decimal(v) for k, v in parts.items()})
    assert text(found)[4] == "= requests 1.00 + a part with a long name 0 9.00 + 3 more 21.00"


def test_a_provider_that_is_new_has_nothing_to_compare_with() -> None:
    found = facts([], [row("chat", "1")], providers_before={}, workflows=(row("chat", "1"),))
    assert text(found)[2] == "AWS                        1,000.00       900.50          new"


@pytest.mark.parametrize(("now", "said"), [("11.99", False), ("12.01", True)])
def test_dearer_means_a_fifth_more_for_a_thousand_requests(now: str, said: bool) -> None:
    found = findings(facts([row("chat", now)], [row("chat", "10")]))
    assert found == (["! chat: 12.01 per 1,000 requests, was 10.00: 2.01 more"] if said else [])


def test_the_dearest_change_comes_first() -> None:
    now = [row("small", "30", requests=10), row("large", "20", requests=10_000)]
    then = [row("small", "10"), row("large", "10")]
    assert [line.split(":")[0] for line in findings(facts(now, then))] == ["! large", "! small"]


def test_a_cache_that_stopped_hitting() -> None:
    found = findings(facts([row("chat", "10", 0.1)], [row("chat", "10", 0.8)]))
    assert found == ["! chat: 10.0% of input came from cache, was 80.0%"]


def test_what_cannot_be_computed_is_not_a_finding() -> None:
    found = facts([row("index", None, None), row("new", "99")], [row("index", None, None)])
    assert findings(found) == []
    assert any(
        line.startswith("index") and line.endswith("n/a          n/a") for line in text(found)
    )


def test_it_fits_whatever_happens() -> None:
    now = [row(f"workflow-with-a-very-long-name-{n}", "9999999.5", 0.0) for n in range(40)]
    then = [row(f"workflow-with-a-very-long-name-{n}", "1", 0.9) for n in range(40)]
    found = facts(
        now,
        then,
        providers={name: (Decimal("1e13"), Decimal("1e13")) for name in ("A", "B", "C")},
        unused={"reserved capacity": Decimal(1), "commitments": Decimal(2)},
        unpriced={f"model-{n}": 5 for n in range(9)},
        owned=(Decimal("1e13"), Decimal("1e13")),
        parts={name: Decimal("1e13") for name in ("requests", "unlogged", "unmapped", "jobs")},
    )
    lines = text(found)
    assert len(lines) <= HEIGHT
    assert max(map(len, lines[:-4])) <= WIDTH
    assert lines[-4] == "export FINOPS_CONFIG='/srv/demo ledger/finops.toml'"
    assert lines[-3] == "finops unit --by workflow,model --month 2026-10"
