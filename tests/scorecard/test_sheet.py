"""The decision sheet of a compute option: figures by hand, shares that sum to one, and reasons for the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.errors import UsageError
from scorecard.sheet import Dimension, Option, Sheet, not_known, options_by, sheet_of
from scorecard.telemetry import Filters
from tests.analysis.ledgers import (
    OCTOBER,
    add,
    at,
    config,
    cost,
    make_ledger,
    request,
    sample,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finops.ledger.store import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Nine quick calls at noon, one slow one at six; a bill for them; a device that scales up once."""
    calls = [
        request(
            f"r{n}", f"2026-10-05T12:0{n}:00", response_model="model-a", latency_ms=100 * n, ttft_ms=10 * n,
            output_tokens=11, uncached_input_tokens=100, cache_read_tokens=100, region="eu", caller_region="eu" if n > 3 else "us",
            network_ms=n, environment="production",
        )
        for n in range(1, 10)
    ]  # fmt: skip
    calls.append(
        request(
            "slow", "2026-10-05T06:00:00", response_model="model-a", latency_ms=5000, ttft_ms=100, output_tokens=11,
            uncached_input_tokens=100, region="eu", caller_region="eu", network_ms=50, environment="production",
        )
    )  # fmt: skip
    bill = [
        tokens("0.006", "uncached_input", 1000),
        tokens("0.001", "cache_read", 900),
        tokens("0.003", "output", 110),
        cost("7", ChargeDescription="AWS DataTransfer-Out-Bytes"),
    ]
    devices = [
        sample("a", "2026-10-05T00:00:00", cluster="acme", gr_engine_active=0.5, workload="w"),
        sample("a", "2026-10-06T00:00:00", cluster="acme", gr_engine_active=0.7, workload="w"),
        sample("b", "2026-10-06T00:00:00", cluster="acme", gr_engine_active=0.0, throttle_s=36),
        sample("a", "2026-10-07T00:00:00", cluster="acme", gr_engine_active=0.8, workload="w"),
        sample("b", "2026-10-07T00:00:00", cluster="acme", gr_engine_active=0.4, workload="w"),
    ]
    made = make_ledger(tmp_path / "ledger", costs=bill, requests=calls, samples=devices)
    change = {
        "change_id": "c1", "changed_at": at("2026-10-04T09:00:00"), "kind": "model", "subject": "w",
        "changed_from": "model-b", "changed_to": "model-a", "approved_by": "jo", "note": "", "source_id": "log",
    }  # fmt: skip
    add(made, "changes", [change])
    return made


WHOLE = Option(
    "acme",
    Filters(
        {
            "requests": "provider = 'fakeai'",
            "gpu_samples": "cluster = 'acme'",
            "costs": "ServiceProviderName = 'fakeai'",
        }
    ),
)


def values(sheet: Sheet) -> dict[str, Decimal | str | None]:
    return {figure.name: figure.value for figure in sheet.figures}


def test_every_figure_by_hand(ledger: Ledger) -> None:
    sheet = sheet_of(ledger, config(), WHOLE, OCTOBER)
    found = values(sheet)
    assert {name: found[name] for name in (
        "ttft_p50_ms", "tpot_p50_ms", "latency_p50_ms", "latency_p95_ms", "p99_over_p50", "latency_p95_at_load_ms",
    )} == {
        "ttft_p50_ms": 50, "tpot_p50_ms": 45, "latency_p50_ms": 500, "latency_p95_ms": 5000, "p99_over_p50": 10,
        "latency_p95_at_load_ms": 900,
    }  # fmt: skip
    assert {name: found[name] for name in ("allocated", "active", "throttled")} == {
        "allocated": Decimal("0.8"), "active": Decimal("0.48"), "throttled": Decimal("0.01"),
    }  # fmt: skip
    assert {name: found[name] for name in ("network_p50_ms", "other_region", "egress")} == {
        "network_p50_ms": 5, "other_region": Decimal("0.3"), "egress": 7,
    }  # fmt: skip
    assert {name: found[name] for name in ("observe", "route", "scale", "isolate")} == {
        "observe": 1, "route": "2026-10-04", "scale": "2026-10-07", "isolate": 1,
    }  # fmt: skip


def test_the_shares_of_a_response_sum_to_one(ledger: Ledger) -> None:
    sheet = sheet_of(ledger, config(), WHOLE, OCTOBER)
    found = {
        figure.name: figure.value for figure in sheet.figures if figure.dimension is Dimension.COST
    }
    price = found.pop("cost_per_response")
    assert isinstance(price, Decimal)
    assert price > 0
    shares = [value for value in found.values() if isinstance(value, Decimal)]
    assert len(shares) == len(found) == 6
    assert sum(shares) == 1
    assert sheet.currency == "USD"


def test_what_is_not_known_says_what_would_supply_it(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", requests=[request("r", latency_ms=10)])
    sheet = sheet_of(ledger, config(), Option("bare", Filters({"requests": "true"})), OCTOBER)
    found = values(sheet)
    assert found["latency_p50_ms"] == 10
    assert {name for name, value in found.items() if value is None} >= {
        "ttft_p50_ms", "allocated", "egress", "network_p50_ms", "route", "scale", "cost_per_response",
    }  # fmt: skip
    whys = not_known([sheet])
    assert whys[
        "no sample of its devices; a provider that bills tokens shows none: finops load gpu FILE"
    ] == {
        "Device time held by work": ["bare"],
        "Device time engines were active": ["bare"],
        "Device time throttled": ["bare"],
    }
    assert all(figure.reason for figure in sheet.figures if figure.value is None)


def test_options_are_what_served_calls(ledger: Ledger) -> None:
    assert [option.name for option in options_by(ledger, "provider", OCTOBER)] == ["fakeai"]
    with pytest.raises(UsageError, match="not told apart by 'colour'"):
        options_by(ledger, "colour", OCTOBER)
