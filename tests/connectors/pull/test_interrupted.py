"""Fifty pulls killed and cut off at random points: what is in the ledger in the end is what an undisturbed one brings.

Each is `finops pull` in a process of its own. Of five, three are ended by `kill -9` at a random moment of their work, one by
`kill -9` while an answer is on its way, and one goes on; the last two and one of the first three read through a proxy
that cuts one answer in five.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from connectors.conformance import Proxy, contents
from connectors.conformance.proxy import cut
from finops.ledger.store import Ledger
from tests.connectors.pull.forking import Puller, configuration
from tests.connectors.pull.test_aws_exports import ExportRig
from tests.connectors.pull.test_model_vendors import OpenAIRig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.conformance.contents import Contents
    from connectors.conformance.proxy import Call, Reply
    from tests.connectors.pull.forking import Ended

pytestmark = [
    pytest.mark.needs("moto", "obstore"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads the clock of another process"),
    pytest.mark.slow,
    pytest.mark.timeout(900),  # fifty pulls, most of them killed half-way
]

SEED = 20261120
ROUNDS, DISTURBED = 10, 5
"""Ledgers begun anew; each is disturbed five times before a pull is let through."""

WORK, BOTH, ANSWER, CUT = "killed at work", "killed at work and cut", "killed at an answer", "cut"
"""What happens to a disturbed pull."""

KINDS = (WORK, WORK, BOTH, ANSWER, CUT)

DAYS = 8
"""Days of the vendor's that are pulled, today the last."""

ROWS = {"costs": 6 + DAYS, "usage": 10}


class RecentRig(OpenAIRig):
    """OpenAI with a charge on each of the last days and ten hours of use, because `finops pull` reads today's clock."""

    def first(self) -> None:
        today = datetime.now(tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.since = today.date() - timedelta(days=DAYS - 1)
        for back in range(DAYS):
            self.spend(today - timedelta(days=back), 0.06 * (back + 1))
        for hour in range(5):
            for back in (2, 5):
                moment = today - timedelta(days=back) + timedelta(hours=hour)
                self.use(moment, input_tokens=100, input_cached_tokens=60, output_tokens=5)


class Field(NamedTuple):
    """What is pulled: a bucket and a vendor behind a proxy each, and who pulls."""

    puller: Puller
    proxies: tuple[Proxy, Proxy]
    config: Path

    def undisturbed(self, ledger: Path) -> Ended:
        """A pull that is let through, and must succeed."""
        for proxy in self.proxies:
            proxy.fault = None
        ended = self.puller.pull(ledger, self.config)
        assert ended.status == 0
        return ended

    def disturbed(self, ledger: Path, kind: str, chance: random.Random, whole_s: float) -> Ended:
        """A pull that meets what `kind` says, at a point that `chance` chooses."""
        left = [chance.randrange(ANSWERS)] if kind == ANSWER else []

        def strike() -> None:
            if left and not left[0]:
                os.kill(self.puller.child, signal.SIGKILL)
            left[:] = [each - 1 for each in left]

        for proxy in self.proxies:
            fault = disturbing(random.Random(chance.random()), strike)
            proxy.fault = None if kind == WORK else fault
        after = chance.uniform(0, whole_s) if kind in {WORK, BOTH} else None
        return self.puller.pull(ledger, self.config, kill_after_s=after)


ANSWERS = 12
"""Of how many answers one is the last that a pull asks for."""


def disturbing(chance: random.Random, strike: Callable[[], None]) -> Callable[[Call, Reply], Reply]:
    """`strike` at every answer, of which one in five ends somewhere in the middle."""

    def fault(_call: Call, reply: Reply) -> Reply:
        strike()
        if chance.random() < 1 / 5:
            return cut(reply, chance.randrange(len(reply.body) or 1))
        return reply

    return fault


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    """Both sources with what they have, nothing pulled yet; no secret of theirs is in anything the pulls said."""
    aws, vendor = ExportRig(tmp_path / "aws"), RecentRig(tmp_path / "openai")
    aws.first()
    vendor.first()
    secrets = {**aws.secrets, **vendor.secrets}
    with ExitStack() as stack:
        stack.callback(vendor.stop)
        proxies = (
            stack.enter_context(Proxy(aws.address)),
            stack.enter_context(Proxy(vendor.address)),
        )
        quick: dict[str, Any] = {"attempts": 3, "retry_wait_s": 0.01, "timeout_s": 20}
        sources = {
            "aws": {"connector": "aws-exports", **aws.settings(proxies[0].address), **quick},
            "vendor": {"connector": "openai", **vendor.settings(proxies[1].address), **quick},
        }
        sources["vendor"]["since"] = vendor.since
        puller = Puller(secrets)
        yield Field(puller, proxies, configuration(tmp_path / "finops.toml", sources))
        said = puller.end()
    assert "aws: " in said, "no cut was ever told"
    assert not [name for name, secret in secrets.items() if secret in said]


def held(ledger: Path) -> dict[str, Contents]:
    return contents(Ledger.open(str(ledger), create=True))


def test_disturbed_pulls_lose_and_double_nothing(field: Field, tmp_path: Path) -> None:
    sys.stdout.write(f"seed {SEED}\n")
    chance = random.Random(SEED)
    whole_s = field.undisturbed(tmp_path / "whole").cpu_s
    whole = held(tmp_path / "whole")
    assert {name: found.rows for name, found in whole.items()} == ROWS
    seen, killed = set(), Counter[str]()
    for number in range(ROUNDS):
        ledger = tmp_path / f"round-{number}"
        for kind in chance.sample(KINDS, DISTURBED):
            ended = field.disturbed(ledger, kind, chance, whole_s)
            assert ended.status in {0, 3, -signal.SIGKILL}
            killed[kind] += ended.status == -signal.SIGKILL
            found = held(ledger)
            assert all(part.rows <= whole[name].rows for name, part in found.items())
            seen.add(tuple(sorted((name, part.rows) for name, part in found.items())))
        field.undisturbed(ledger)
        assert held(ledger) == whole
        assert not list((ledger / "_spool").glob("*/*"))
    sys.stdout.write(
        f"{dict(killed)} of {ROUNDS * DISTURBED} pulls, ledgers left in {len(seen)} states\n"
    )
    assert killed.total() >= ROUNDS * DISTURBED // 2
    assert killed[ANSWER]
    assert len(seen) > 2, "the kills did not fall at different points"
