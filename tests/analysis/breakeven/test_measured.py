"""Demand read from a ledger: held, not active; waiting put back; missing hours and full hours said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from finops.analysis.breakeven.measured import Demand, measured_demand, measured_inputs
from finops.analysis.pools import PoolRule
from finops.errors import UsageError
from finops.ledger.store import Ledger
from finops.model.tables import TABLES
from tests.analysis.ledgers import OCTOBER, Row, add, at, cost, request

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2026-10-05"


def row(table: str, **given: object) -> Row:
    return {**dict.fromkeys(column.name for column in TABLES[table].columns), **given}


def sample(hour: int, device: int, *, held: bool, active: float = 0.4, **given: object) -> Row:
    return row(
        "gpu_samples",
        **{
            "timestamp": at(f"{DAY}T{hour:02}:00:00"),
            "interval_s": 3600,
            "cluster": "c",
            "device_uuid": f"gpu-{device}",
            "pool": "h100",
            "pod": "server" if held else None,
            "gr_engine_active": active if held else 0,
            "source_id": "dcgm",
            "day": DAY,
            **given,
        },
    )


def job(name: str, submitted: int, started: int | None, hours: int, gpus: int) -> Row:
    begin = None if started is None else at(f"{DAY}T{started:02}:00:00")
    return row(
        "jobs",
        job_id=name,
        pool="h100",
        gpu_count=gpus,
        submitted_at=at(f"{DAY}T{submitted:02}:00:00"),
        started_at=begin,
        ended_at=None if begin is None else begin + timedelta(hours=hours),
        state="pending" if begin is None else "completed",
        source_id="slurm",
        month="2026-10",
    )


def ledger(tmp_path: Path, samples: list[Row], **tables: list[Row]) -> Ledger:
    made = Ledger.open(str(tmp_path / "ledger"), create=True)
    for name, rows in {"gpu_samples": samples, **tables}.items():
        add(made, name, rows)
    return made


def test_a_pool_held_95_percent_and_40_percent_active_is_at_95(tmp_path: Path) -> None:
    samples = [sample(hour, device, held=hour > 0) for hour in range(20) for device in range(2)]
    found = measured_demand(ledger(tmp_path, samples), "h100")
    assert found.utilization == 0.95
    assert found.active_hours / found.owned_hours == pytest.approx(0.4 * 0.95)
    inputs = measured_inputs(found, 730.0, "USD")
    assert inputs["demand.utilization"].value == 0.95
    assert str(inputs["demand.utilization"].origin) == "measured"
    assert found.load == (0.0, *[2.0] * 19)


def test_slices_of_a_device_are_one_device_and_hold_their_part_of_it(tmp_path: Path) -> None:
    samples = [
        sample(0, 1, held=True, mig_profile="1/1g.10gb", active=0.1),
        sample(0, 1, held=False, mig_profile="2/1g.10gb"),
    ]
    found = measured_demand(ledger(tmp_path, samples), "h100")
    assert (found.devices, found.owned_hours) == (1, 1.0)
    assert found.held_hours == pytest.approx(1 / 7)
    assert found.active_hours == pytest.approx(0.1 / 7)


def test_hours_without_samples_are_not_idle(tmp_path: Path) -> None:
    samples = [sample(hour, 1, held=hour == 0) for hour in (0, 1, 5)]
    found = measured_demand(ledger(tmp_path, samples), "h100")
    assert found.hours_missing == 3
    assert found.hours_full == 1
    assert found.load == (1.0, 0.0, 0.0)


def test_work_that_waited_counts_when_it_was_asked_for(tmp_path: Path) -> None:
    """Two devices: the second job asked at 0, began at 2 for one hour."""
    samples = [sample(hour, device, held=hour < 3) for hour in range(4) for device in range(2)]
    jobs = [job("waited", 0, 2, 1, 2), job("at once", 0, 0, 2, 2)]
    found = measured_demand(ledger(tmp_path, samples, jobs=jobs), "h100")
    assert found.load == (4.0, 2.0, 0.0, 0.0)
    assert sum(found.load) == found.held_hours
    assert found.waited_hours == 2.0
    assert (found.refused_jobs, found.refused_hours) == (0, 0.0)


def test_a_job_that_never_began_lasts_as_jobs_of_its_name_do(tmp_path: Path) -> None:
    """Jobs named `long` lasted 2 h and 4 h, another one 1 h: `long` is 3 h, an unknown name 2 h."""
    samples = [sample(hour, device, held=False) for hour in range(12) for device in range(4)]
    jobs = [
        {**job("a", 0, 0, 2, 0), "name": "long"},
        {**job("b", 0, 0, 4, 0), "name": "long"},
        {**job("c", 0, 0, 1, 0), "name": "short"},
        {**job("d", 6, None, 0, 2), "name": "long"},
        {**job("e", 10, None, 0, 1), "name": "new"},
    ]
    found = measured_demand(ledger(tmp_path, samples, jobs=jobs), "h100")
    assert found.load == (0.0,) * 6 + (2.0, 2.0, 2.0, 0.0, 1.0, 1.0)
    assert (found.refused_jobs, found.refused_hours) == (2, 8.0)
    assert found.utilization == 0.0


def test_without_any_job_that_ended_no_length_is_made_up(tmp_path: Path) -> None:
    made = ledger(tmp_path, [sample(0, 1, held=True)], jobs=[job("never", 0, None, 0, 2)])
    found = measured_demand(made, "h100")
    assert (found.load, found.refused_jobs, found.refused_hours) == ((1.0,), 1, 0.0)


def test_tokens_and_the_price_paid(tmp_path: Path) -> None:
    samples = [sample(hour, 1, held=True) for hour in range(10)]
    requests = [
        request("a", f"{DAY}T01:00:00", pool="h100", output_tokens=300, uncached_input_tokens=1000),
        request("b", f"{DAY}T02:00:00", pool="h100", output_tokens=100, status="error"),
        request("c", f"{DAY}T02:00:00", pool="other", output_tokens=999),
    ]
    costs = [cost("40", DAY, "2026-10-06", ServiceName="GPU")]
    found = measured_demand(
        ledger(tmp_path, samples, requests=requests, costs=costs),
        "h100",
        rules=(PoolRule("h100", "gpu", "ServiceName = 'GPU'"),),
    )
    assert found.valid_share == 0.75
    assert found.million_tokens[2] == pytest.approx(400 / 1e6)
    assert found.paid == pytest.approx(40.0)
    inputs = measured_inputs(found, 730.0, "USD")
    assert inputs["cloud.on_demand"].value == pytest.approx(4.0)
    assert inputs["demand.output_tokens"].value == pytest.approx(400 / 1e6 * 73)


def test_a_call_two_logs_show_counts_once(tmp_path: Path) -> None:
    """Traces say the pool, the gateway's log the tokens: 300 of three calls, whoever is believed."""
    ids = [{"trace_id": f"t{n}", "span_id": "s"} for n in range(3)]
    when = f"{DAY}T01:00:00"
    requests = [
        *(
            request(f"a{n}", when, source_id="gateway", output_tokens=100, **ids[n])
            for n in range(3)
        ),
        *(
            request(f"b{n}", when, source_id="otel", output_tokens=99, pool="h100", **ids[n])
            for n in range(3)
        ),
    ]
    made = ledger(tmp_path, [sample(1, 1, held=True)], requests=requests)
    assert measured_demand(made, "h100").million_tokens[2] == pytest.approx(300 / 1e6)
    found = measured_demand(made, "h100", period=OCTOBER, authority=("otel",))
    assert found.million_tokens[2] == pytest.approx(297 / 1e6)


def test_a_pool_without_samples_is_refused_by_name(tmp_path: Path) -> None:
    made = ledger(tmp_path, [sample(0, 1, held=True)])
    with pytest.raises(UsageError) as caught:
        measured_demand(made, "a100")
    assert caught.value.hint == "pools with samples: h100"
    assert Demand._fields[0] == "pool"
