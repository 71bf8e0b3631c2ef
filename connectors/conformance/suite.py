"""The tests themselves. Each pulls from a rig into a ledger of its own and compares what is there.

They run in this process, on the rig's clock, with retries that do not wait.
"""

from __future__ import annotations

import logging
import os
import random
import time
import traceback
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from connectors.configured import Source, settings_of
from connectors.conformance.contents import contents, versions
from connectors.conformance.proxy import Proxy, answering, cut, delayed, echoing, shortened
from connectors.pulling import PullOptions, SourceResult, pull
from finops.errors import ExitCode
from finops.ledger.loads import cursors
from finops.ledger.store import Ledger
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from connectors.conformance.contents import Contents
    from connectors.conformance.proxy import Call, Reply
    from connectors.conformance.rig import Rig

__all__ = ["suite"]

_QUICK = {"attempts": 4, "retry_wait_s": 0, "timeout_s": 2.0, "longest_wait_s": 5}
_CUTS = 2
_BUSY = (429, 500, 503)
_WHOLE: dict[type[Rig], dict[str, Contents]] = {}
"""What the first data of each rig comes to, pulled without a fault."""

_PULLS = 12
"""Pulls after which a source that is cut at random must have arrived."""


def suite(rig: type[Rig]) -> type[_Always]:
    """The tests of the rig's connector: a test module assigns them to a name that begins with Test."""
    base = _Network if rig.network else _Always
    return type(f"Test{rig.__name__}", (base,), {"rig": rig, "__module__": rig.__module__})


class _Bench:
    """One test's rig, proxy, and ledgers, and pulls between them."""

    def __init__(self, rig: type[Rig], folder: Path) -> None:
        (folder / "rig").mkdir(parents=True)
        self.folder, self.rig = folder, rig(folder / "rig")
        self.proxy = Proxy(self.rig.address) if rig.network else None
        self.made = 0

    def ledger(self) -> Ledger:
        """A new, empty ledger."""
        self.made += 1
        return Ledger.open(str(self.folder / f"ledger-{self.made}"), create=True)

    def pull(
        self,
        ledger: Ledger,
        now: datetime | None = None,
        window: Period | None = None,
        *,
        dry_run: bool = False,
        **settings: Any,  # noqa: ANN401  (the source's own)
    ) -> SourceResult:
        """Pull once, and whatever comes of it."""
        connector = self.rig.connector
        address = self.proxy.address if self.proxy else ""
        said = {**self.rig.settings(address), **_QUICK, **settings}
        source = Source("pulled", connector, settings_of("pulled", connector, said))
        options = PullOptions(now or self.rig.now, window, dry_run)
        (result,) = pull(ledger, [source], options)
        return result

    def later(self) -> None:
        """Have the rig add its later data; it may be reached at another address from then on."""
        self.rig.later()
        if self.proxy is not None:
            self.proxy.upstream = self.rig.address

    def filled(self, *times: datetime, window: Period | None = None) -> Ledger:
        """A ledger pulled into at each of `times` (default: once), without a fault."""
        ledger = self.ledger()
        for now in times or (self.rig.now,):
            _ok(self.pull(ledger, now, window))
        return ledger

    def whole(self) -> dict[str, Contents]:
        """What `first` comes to in a ledger, pulled once for all tests of the rig: it is the same every time."""
        if self.rig.__class__ not in _WHOLE:
            _WHOLE[self.rig.__class__] = contents(self.filled())
        return _WHOLE[self.rig.__class__]

    def fail(self, fault: Callable[[Call, Reply], Reply] | None) -> None:
        """What the proxy does from now on."""
        if self.proxy is not None:
            self.proxy.fault = fault


@contextmanager
def _bench(rig: type[Rig], folder: Path) -> Iterator[_Bench]:
    before = {name: os.environ.get(name) for name in rig.secrets}
    os.environ.update(rig.secrets)
    bench = _Bench(rig, folder)
    try:
        if bench.proxy is None:
            yield bench
        else:
            with bench.proxy:
                yield bench
    finally:
        bench.rig.stop()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _ok(result: SourceResult) -> SourceResult:
    if result.error is not None:
        raise AssertionError(f"the pull failed: {result.error.message}") from result.error
    return result


class _Always:
    """What holds for every connector."""

    rig: ClassVar[type[Rig]]

    def test_it_says_what_it_is(self) -> None:
        connector = self.rig.connector
        assert connector.about
        assert connector.policy.strip(), "say the least permission it needs"
        assert connector.tested.strip(), "say what its tests run against"
        for name, field in connector.settings.model_fields.items():
            assert field.description, f"the setting {name} has no description"

    def test_it_can_be_checked_and_tried_without_storing_anything(self, tmp_path: Path) -> None:
        from connectors.checks import check_source

        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            ledger = bench.ledger()
            result = _ok(bench.pull(ledger, dry_run=True))
            assert result.planned
            assert contents(ledger) == {}
            connector = self.rig.connector
            said = bench.rig.settings(bench.proxy.address if bench.proxy else "")
            source = Source("pulled", connector, settings_of("pulled", connector, said))
            findings = list(check_source(source))
            assert findings
            assert [each for each in findings if not each.ok] == []

    def test_pulling_again_changes_nothing(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            ledger = bench.filled()
            before, at = contents(ledger), versions(ledger)
            assert set(before) <= set(self.rig.connector.tables)
            assert before, "the rig's first data brought no rows"
            again = _ok(bench.pull(ledger, bench.rig.now + timedelta(minutes=5)))
            assert contents(ledger) == before
            assert versions(ledger) == at
            assert sum(load.stored.rows_stored for _, load in again.loads) == 0

    def test_what_comes_later_and_late_arrives(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            ledger = bench.filled()
            before = contents(ledger)
            bench.later()
            _ok(bench.pull(ledger, bench.rig.now + timedelta(hours=1)))
            assert contents(ledger) != before
            assert contents(ledger) == contents(bench.filled(bench.rig.now + timedelta(hours=1)))

    def test_an_empty_window_is_no_error(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            ledger = bench.ledger()
            _ok(bench.pull(ledger, window=Period(date(1999, 1, 1), date(1999, 2, 1))))
            assert contents(ledger) == {}

    def test_windows_include_their_start_and_not_their_end(self, tmp_path: Path) -> None:
        whole, split = self.rig.window, self.rig.split
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            ledger = bench.filled(window=Period(whole.start, split))
            first = contents(ledger)
            _ok(bench.pull(ledger, window=Period(split, whole.end)))
            assert contents(ledger) == contents(bench.filled(window=whole))
            assert first, "no rows before the split"
            assert contents(ledger) != first, "no rows after the split"

    def test_days_asked_for_first_leave_none_of_the_others_out(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            ledger = bench.filled(window=Period(self.rig.split, self.rig.window.end))
            assert cursors(ledger, "pulled") == {}
            _ok(bench.pull(ledger))
            assert contents(ledger) == bench.whole()

    def test_the_machines_time_zone_changes_nothing(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            with _in_zone("America/Los_Angeles"):
                assert contents(bench.filled()) == bench.whole()

    def test_a_clock_that_is_wrong_loses_nothing(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            now = bench.rig.now
            bench.rig.first()
            assert contents(bench.filled(now - timedelta(hours=1), now)) == bench.whole()
            ledger = bench.filled(now + timedelta(minutes=30))
            bench.later()
            _ok(bench.pull(ledger, now + timedelta(hours=1)))
            assert contents(ledger) == contents(bench.filled(now + timedelta(hours=1)))


class _Network(_Always):
    """What holds for a connector whose source is reached through the network."""

    def test_connections_cut_at_random_points_lose_and_double_nothing(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            whole = bench.whole()
            for seed in range(_CUTS):
                bench.fail(_cut_at_random(random.Random(seed)))  # noqa: S311  (a seeded test)
                ledger = bench.ledger()
                for _ in range(_PULLS):
                    error = bench.pull(ledger).error
                    if error is None:
                        break
                    assert error.exit_code is ExitCode.SOURCE
                bench.fail(None)
                _ok(bench.pull(ledger))
                assert contents(ledger) == whole

    def test_an_answer_that_ends_early_is_not_taken_for_all_of_it(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            whole = bench.whole()
            ledger = bench.ledger()
            bench.fail(lambda _call, reply: shortened(reply) if len(reply.body) > 1 else reply)
            result = bench.pull(ledger)
            assert result.error is not None
            bench.fail(None)
            _ok(bench.pull(ledger))
            assert contents(ledger) == whole

    def test_a_source_that_is_slow_is_asked_again(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            whole = bench.whole()
            bench.fail(lambda call, reply: delayed(reply, 1.2 if call.number in slow else 0.0))
            slow = {len(bench.proxy.calls)} if bench.proxy else set()
            ledger = bench.ledger()
            _ok(bench.pull(ledger, timeout_s=0.5, attempts=6))
            assert contents(ledger) == whole

    def test_a_busy_source_is_asked_again_and_told_apart_from_one_that_is_down(
        self, tmp_path: Path
    ) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            whole = bench.whole()
            bench.fail(_after(_BUSY))
            ledger = bench.ledger()
            _ok(bench.pull(ledger, attempts=10))
            assert contents(ledger) == whole
            for status in _BUSY:
                bench.fail(answering(status, b"busy", {"Retry-After": "0"}))
                _refused(bench.pull(bench.ledger()))

    def test_a_refusal_names_the_source_and_leaves_the_ledger_alone(self, tmp_path: Path) -> None:
        with _bench(self.rig, tmp_path) as bench:
            bench.rig.first()
            ledger = bench.filled()
            before = contents(ledger)
            bench.later()
            for status in (401, 403, 404):
                bench.fail(answering(status, b"no"))
                _refused(bench.pull(ledger, bench.rig.now + timedelta(hours=1)))
                assert contents(ledger) == before
            bench.fail(None)
            _ok(bench.pull(ledger, bench.rig.now + timedelta(hours=1)))
            assert contents(ledger) != before

    def test_secrets_are_never_shown(
        self,
        tmp_path: Path,
        caplog: Any,  # noqa: ANN401  (pytest's, which is not imported here)
        capfd: Any,  # noqa: ANN401
    ) -> None:
        said: list[str] = []
        with _bench(self.rig, tmp_path) as bench, caplog.at_level(logging.DEBUG):
            bench.rig.first()
            ledger = bench.filled()
            for fault in (
                echoing(401),
                echoing(403),
                echoing(400),
                echoing(500),
                echoing(200),
                answering(302, b"", {"Location": "http://127.0.0.1:1/"}),
                lambda _call, reply: cut(reply, 1),
            ):
                bench.fail(fault)
                result = bench.pull(bench.ledger())
                said += result.notes
                if result.error is not None:
                    said += [result.error.message, result.error.hint or ""]
                    said += _unhandled(result.error)
            said += [caplog.text, *capfd.readouterr(), *_stored(ledger)]
        for secret in self.rig.secrets.values():
            assert not [text for text in said if secret in text], "a planted secret was shown"


def _refused(result: SourceResult) -> None:
    assert result.error is not None, "a source that refuses everything was taken for an empty one"
    assert result.error.exit_code is ExitCode.SOURCE
    assert "pulled" in result.error.message


def _unhandled(error: BaseException) -> list[str]:
    """What FINOPS_DEBUG=1 would print of it, after redaction as there."""
    from finops.redaction import redact

    return [redact("".join(traceback.format_exception(error)))]


def _stored(ledger: Ledger) -> Iterator[str]:
    """Every row of every table, the record of loads included."""
    with ledger.connect() as con:
        for name in (*versions(ledger), "loads"):
            yield repr(con.execute(f"SELECT * FROM {name}").fetchall())


def _cut_at_random(chance: random.Random) -> Callable[[Call, Reply], Reply]:
    """Cuts about a third of the answers, somewhere."""

    def fault(_call: Call, reply: Reply) -> Reply:
        if chance.random() < 1 / 3:
            return cut(reply, chance.randrange(len(reply.body) or 1))
        return reply

    return fault


def _after(statuses: tuple[int, ...]) -> Callable[[Call, Reply], Reply]:
    """Each of `statuses` in turn, with a wait of no length, before any request is answered."""
    seen: dict[tuple[str, str], int] = {}

    def fault(call: Call, reply: Reply) -> Reply:
        key = (call.method, call.path)
        times = seen[key] = seen.get(key, -1) + 1
        turn = times % (len(statuses) + 1)
        if turn == len(statuses):
            return reply
        return reply._replace(status=statuses[turn], headers={"Retry-After": "0"}, body=b"busy")

    return fault


@contextmanager
def _in_zone(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()
