"""A ledger small enough to follow by hand, shared by every test that only reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.analysis.ledgers import cost, make_ledger, request, sample

if TYPE_CHECKING:
    from pathlib import Path

MODELS = ("gpt-4o-mini", "gpt-4.1")


@pytest.fixture(scope="session")
def small_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months: five services of two providers, and twelve calls of two workflows in October."""
    folder = tmp_path_factory.mktemp("tui") / "ledger"
    costs = [
        cost(
            amount,
            f"2026-{month:02}-{day:02}",
            ServiceName=service,
            ServiceProviderName=provider,
            Tags='{"team": "search"}' if service == "Search" else None,
        )
        for month in (9, 10)
        for service, provider, day, amount in (
            ("Compute", "AWS", 3, f"{month * 10}.50"),
            ("Storage", "AWS", 4, "7.25"),
            ("Search", "AWS", 4, "3"),
            ("Models", "OpenAI", 5, "12.125"),
            ("日本語の名前", "OpenAI", 6, "0.75"),
        )
    ]
    requests = [
        request(
            f"r{number}",
            f"2026-10-{number:02}T12:00:00",
            workflow=f"w{number % 2}",
            workflow_run_id=f"run-{number}",
            team=f"t{number % 3}",
            response_model=MODELS[number % 2],
        )
        for number in range(1, 13)
    ]
    samples = [
        sample(
            f"gpu{device}",
            f"2026-10-{day:02}T12:00:00",
            node=f"node{device}",
            pool="gpus",
            device_model="NVIDIA L4",
            gpu_util=busy,
            job_id="train" if busy else None,
        )
        for device in (1, 2)
        for day, busy in ((5, 1.0), (6, 0.0), (7, 1.0))
        if (device, day) != (2, 7)
    ]
    make_ledger(folder, costs=costs, requests=requests, samples=samples)
    return folder
