"""Fifty pulls cut off and killed at random points: what is in the ledger in the end is what an undisturbed one brings."""

from __future__ import annotations

import random
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from connectors.conformance import Proxy, contents
from connectors.conformance.proxy import cut
from finops.ledger.store import Ledger
from tests.connectors.pull.forking import Puller
from tests.connectors.pull.test_aws_exports import ExportRig
from tests.connectors.pull.test_model_vendors import NOW, OpenAIRig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.conformance.proxy import Call, Reply

pytestmark = [
    pytest.mark.needs("moto", "obstore"),
    pytest.mark.slow,
    pytest.mark.timeout(900),  # fifty pulls, most of them killed half-way
]

ROUNDS, DISTURBED = 10, 5
"""Ledgers begun anew; each is disturbed five times before a pull is let through."""


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
        puller = Puller(secrets)

        def undisturbed(ledger: Path) -> float:
            for proxy in proxies:
                proxy.fault = None
            ended = puller.pull(ledger, sources, NOW)
            assert ended.status == 0
            return ended.cpu_s

        whole_s = undisturbed(tmp_path / "whole")
        whole = contents(Ledger.open(str(tmp_path / "whole")))
        assert {name: found.rows for name, found in whole.items()} == ROWS
        seen, killed = set(), 0
        for number in range(ROUNDS):
            ledger = tmp_path / f"round-{number}"
            for _ in range(DISTURBED):
                for proxy in proxies:
                    proxy.fault = cutting(random.Random(chance.random()))
                spent = chance.uniform(0, whole_s * 1.1)
                ended = puller.pull(ledger, sources, NOW, spent)
                killed += ended.status == -signal.SIGPROF
                found = contents(Ledger.open(str(ledger), create=True))
                for name, part in found.items():
                    assert part.rows <= whole[name].rows
                seen.add(tuple(sorted((name, part.rows) for name, part in found.items())))
            undisturbed(ledger)
            assert contents(Ledger.open(str(ledger))) == whole
            assert not list((ledger / "_spool").glob("*/*"))
        assert killed > ROUNDS * DISTURBED // 2
        assert len(seen) > 2, "the kills did not fall at different points"
        assert "secret" not in puller.end()


ROWS = {"costs": 10, "usage": 6}
