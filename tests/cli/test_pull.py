"""`finops pull` when a source is down: the others land, the exit code is 3, and the message names it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.conformance import FakeSource
from tests.connectors.pull.servers import free_port
from tests.connectors.pull.test_slurm import SACCT, job

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from typer.testing import Result

CONFIG = """
[sources.first]
connector = "slurm"
command = ["{python}", "{sacct}"]
since = 2026-10-01

[sources.down]
connector = "openai"
admin_key = "env:PLANTED_KEY"
base_url = "http://127.0.0.1:{closed}"
attempts = 1

[sources.refusing]
connector = "openai"
admin_key = "env:PLANTED_KEY"
base_url = "{refusing}"
attempts = 1

[sources.last]
connector = "slurm"
command = ["{python}", "{sacct}"]
since = 2026-10-01
"""


def test_a_source_that_is_down_leaves_the_others_alone(
    finops: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", "planted-admin-key")
    Path("sacct.py").write_text(SACCT)
    Path("jobs.json").write_text(
        json.dumps([job(1, "2026-10-05T01:00:00", "2026-10-05T02:00:00", "2026-10-05T08:00:00")])
    )
    with FakeSource(lambda _: (403, {"error": "planted-admin-key may not"})) as refusing:
        Path("finops.toml").write_text(
            CONFIG.format(
                python=sys.executable,
                sacct=Path("sacct.py").resolve(),
                closed=free_port(),
                refusing=refusing.address,
            )
        )
        result = finops("pull", "--ledger", "ledger", "--format", "json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 3
    assert [(row["source"], row["state"], row["rows"]) for row in answer["rows"]] == [
        ("first", "new", 1),
        ("down", "failed", None),
        ("refusing", "failed", None),
        ("last", "new", 1),
    ]
    assert [(each["source"], each["exit_code"]) for each in answer["errors"]] == [
        ("down", 3),
        ("refusing", 3),
    ]
    assert "down: " in result.stderr
    assert "refusing: " in result.stderr
    assert "planted-admin-key" not in result.stdout + result.stderr
