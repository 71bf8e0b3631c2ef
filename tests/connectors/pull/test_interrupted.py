"""Pulls cut off and killed at random points: what is in the ledger in the end is what an undisturbed one brings."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.conformance import Proxy, contents
from connectors.conformance.proxy import cut
from finops.ledger.store import Ledger
from tests.connectors.pull.test_aws_exports import ExportRig, bill
from tests.connectors.pull.test_model_vendors import NOW, OpenAIRig

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.conformance.proxy import Call, Reply

pytestmark = [
    pytest.mark.needs("moto", "obstore"),
    pytest.mark.slow,
    pytest.mark.timeout(900),  # fifty processes, most of them killed half-way
]

DISTURBED = int(os.environ.get("FINOPS_DISTURBED_PULLS", "5"))
"""Every one is a process of its own; fifty take two minutes."""
ROUNDS = DISTURBED // 5
"""Ledgers begun anew; each is disturbed five times before a pull is let through."""


class Puller:
    """A pulling process, started and waiting."""

    def __init__(self, location: Path, sources: dict[str, Any], secrets: dict[str, str]) -> None:
        script = Path(__file__).with_name("puller.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(location), NOW.isoformat(), json.dumps(sources)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **secrets},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        said, errors = self.process.communicate(timeout=280)
        assert "secret" not in errors
        return self.process.returncode, said

    def kill_after(self, seconds: float) -> None:
        """Kill it then, whether or not it is done."""
        time.sleep(seconds)
        self.process.kill()
        self.process.communicate()


def cutting(chance: random.Random) -> Callable[[Call, Reply], Reply]:
    """One answer in five ends somewhere in the middle."""

    def fault(_call: Call, reply: Reply) -> Reply:
        if chance.random() < 1 / 5:
            return cut(reply, chance.randrange(len(reply.body) or 1))
        return reply

    return fault


def test_disturbed_pulls_lose_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(20261120)
    aws, vendor = ExportRig(tmp_path / "aws"), OpenAIRig(tmp_path / "openai")
    aws.first()
    aws.deliver("2026-07", "20260802T000000Z-x", *(bill("2026-07", [day]) for day in range(1, 9)))
    vendor.first()
    secrets = {**aws.secrets, **vendor.secrets}
    with ExitStack() as stack:
        stack.callback(vendor.stop)
        proxies = [stack.enter_context(Proxy(rig.address)) for rig in (aws, vendor)]
        quick = {"attempts": 3, "retry_wait_s": 0.01, "timeout_s": 20}
        sources: dict[str, Any] = {
            "aws": {"connector": "aws-exports", **aws.settings(proxies[0].address), **quick},
            "vendor": {"connector": "openai", **vendor.settings(proxies[1].address), **quick},
        }
        sources["vendor"]["since"] = vendor.split.isoformat()

        def undisturbed(location: Path) -> float:
            for proxy in proxies:
                proxy.fault = None
            puller = Puller(location, sources, secrets)
            started = time.monotonic()
            puller.go()
            assert puller.end()[0] == 0
            return time.monotonic() - started

        whole_s = undisturbed(tmp_path / "whole")
        whole = contents(Ledger.open(str(tmp_path / "whole")))
        assert {name: found.rows for name, found in whole.items()} == {"costs": 18, "usage": 6}
        seen = set()
        for number in range(ROUNDS):
            location = tmp_path / f"round-{number}"
            for _ in range(DISTURBED // ROUNDS):
                for proxy in proxies:
                    proxy.fault = cutting(random.Random(chance.random()))
                puller = Puller(location, sources, secrets)
                puller.go()
                puller.kill_after(chance.uniform(0, whole_s * 1.1))
                found = contents(Ledger.open(str(location), create=True))
                for name, part in found.items():
                    assert part.rows <= whole[name].rows
                seen.add(tuple(sorted((name, part.rows) for name, part in found.items())))
            undisturbed(location)
            assert contents(Ledger.open(str(location))) == whole
            assert not list((location / "_spool").glob("*/*"))
        assert len(seen) > 1, "the kills did not fall at different points"
