"""Claude Code's and Codex's folders, pulled as they grow. The logs are written by hand as these tools write them."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.configured import Source, settings_of
from connectors.conformance import Rig, contents, suite
from connectors.pulling import PullOptions, SourceResult, pull
from connectors.sources import claude_code, codex
from finops.errors import SourceMissing
from finops.ledger.store import Ledger
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from connectors.contract import Connector

Line = dict[str, Any]
SECRET = "PLANTED-SECRET"


def answer(identity: str, moment: str, output: int, **line: object) -> Line:
    """A line of an assistant: 10 tokens read, 5 cached beside them."""
    usage = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": output}
    return {
        "parentUuid": None, "type": "assistant", "uuid": f"u-{identity}-{output}", "version": "2.1.0",
        "sessionId": "s1", "cwd": "/home/dev/shop", "timestamp": f"{moment}.000Z", "isSidechain": False,
        "message": {
            "id": identity, "model": "claude-sonnet-4-5", "stop_reason": "end_turn", "usage": usage,
            "content": [{"type": "text", "text": SECRET}, {"type": "tool_use", "input": {"command": SECRET}}],
        },
        **line,
    }  # fmt: skip


def said(moment: str) -> Line:
    """What a person said, and what a tool answered."""
    return {
        "type": "user", "uuid": f"p-{moment}", "sessionId": "s1", "timestamp": f"{moment}.000Z",
        "message": {"role": "user", "content": SECRET}, "toolUseResult": {"stdout": SECRET},
    }  # fmt: skip


def write(path: Path, lines: Iterable[Line], when: datetime, *, append: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if append else "w") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in lines)
    os.utime(path, (when.timestamp(), when.timestamp()))


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, 12, tzinfo=UTC)


class _FolderRig(Rig):
    network: ClassVar[bool] = False
    now: ClassVar[datetime] = datetime(2026, 10, 20, 12, tzinfo=UTC)

    @property
    def root(self) -> Path:
        return self.folder / "logs"

    def settings(self, address: str) -> dict[str, Any]:
        del address
        return {"path": str(self.root)}


class ClaudeRig(_FolderRig):
    """Three sessions of two projects: one grows, a new one begins with a replay of another."""

    connector: ClassVar[Connector] = claude_code.CONNECTOR

    def first(self) -> None:
        shop, site = self.root / "-home-dev-shop", self.root / "-home-dev-site"
        lines = [
            said("2026-09-29T10:00:00"),
            answer("m1", "2026-09-29T10:00:05", 1, uuid="u1"),
            answer("m1", "2026-09-29T10:00:07", 100, uuid="u2"),
            answer("m2", "2026-10-02T10:00:00", 20),
        ]
        write(shop / "s1.jsonl", lines, day(10, 2))
        side = answer("m3", "2026-10-02T10:00:01", 7, isSidechain=True)
        write(shop / "s1" / "subagents" / "agent-1.jsonl", [side], day(10, 2))
        other = answer("m4", "2026-09-30T09:00:00", 30, sessionId="s4", cwd="/home/dev/site")
        write(site / "s4.jsonl", [other], day(9, 30))

    def later(self) -> None:
        shop = self.root / "-home-dev-shop"
        more = [said("2026-10-20T12:10:00"), answer("m5", "2026-10-20T12:10:02", 50)]
        write(shop / "s1.jsonl", more, day(10, 20), append=True)
        replay = [
            answer("m1", "2026-09-29T10:00:05", 1, uuid="u1", sessionId="t9"),
            answer("m2", "2026-10-02T10:00:00", 20, sessionId="t9"),
            answer("m6", "2026-10-20T12:20:00", 60, sessionId="t9"),
        ]
        write(shop / "t9.jsonl", replay, day(10, 20))
        old = answer("m7", "2026-10-01T08:00:00", 70, sessionId="s0")
        write(shop / "s0.jsonl", [old], day(10, 1))


TestClaudeCode = suite(ClaudeRig)


def counts(moment: str, total: int, own: int) -> Line:
    """Token counts of a turn: a tenth of the input was cached, inside it."""

    def usage(tokens: int) -> dict[str, int]:
        return {
            "input_tokens": tokens,
            "cached_input_tokens": tokens // 10,
            "output_tokens": tokens // 2,
        }

    info = {"total_token_usage": usage(total), "last_token_usage": usage(own)}
    payload = {"type": "token_count", "info": info, "rate_limits": {"plan": SECRET}}
    return {"timestamp": f"{moment}Z", "type": "event_msg", "payload": payload}


def head(session: str, moment: str, **meta: object) -> list[Line]:
    about = {"id": session, "cwd": "/home/dev/shop", "cli_version": "0.146.0", "source": "cli"}
    return [
        {
            "timestamp": f"{moment}Z",
            "type": "session_meta",
            "payload": {**about, "instructions": SECRET, **meta},
        },
        {
            "timestamp": f"{moment}Z",
            "type": "turn_context",
            "payload": {"model": "gpt-5-codex", "user_instructions": SECRET},
        },
        {
            "timestamp": f"{moment}Z",
            "type": "response_item",
            "payload": {"type": "message", "content": [{"text": f'"token_count" {SECRET}'}]},
        },
    ]


class CodexRig(_FolderRig):
    """A session that grows, and a fork that replays it under times of its own."""

    connector: ClassVar[Connector] = codex.CONNECTOR

    def file(self, place: str, session: str) -> Path:
        return self.root / place / f"rollout-{place.replace('/', '-')}T00-00-00-{session}.jsonl"

    def first(self) -> None:
        first = [*head("a", "2026-09-28T10:00:00"), counts("2026-09-28T10:01:00", 1000, 1000)]
        write(self.file("2026/09/28", "a"), first, day(9, 28))
        second = [
            *head("b", "2026-10-05T10:00:00"),
            counts("2026-10-05T10:01:00", 2000, 2000),
            counts("2026-10-05T10:02:00", 2500, 500),
        ]
        write(self.file("2026/10/05", "b"), second, day(10, 5))

    def later(self) -> None:
        more = [counts("2026-10-20T12:05:00", 4000, 1500)]
        write(self.file("2026/10/05", "b"), more, day(10, 20), append=True)
        fork = [
            *head("c", "2026-10-20T12:06:00", forked_from_id="b"),
            counts("2026-10-20T12:06:00", 2000, 2000),
            counts("2026-10-20T12:06:00", 2500, 500),
            counts("2026-10-20T12:07:00", 2600, 100),
        ]
        write(self.file("2026/10/20", "c"), fork, day(10, 20))


TestCodex = suite(CodexRig)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def pulled(tmp_path: Path, root: Path) -> Callable[..., SourceResult]:
    """`pulled(CONNECTOR)`: one pull into the ledger beside the logs."""

    def run(connector: Connector, window: Period | None = None) -> SourceResult:
        ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
        source = Source("mine", connector, settings_of("mine", connector, {"path": str(root)}))
        (result,) = pull(ledger, [source], PullOptions(ClaudeRig.now, window))
        return result

    return run


def rows(root: Path, *columns: str) -> list[tuple[Any, ...]]:
    with Ledger.open(str(root.with_name("ledger"))).connect(["requests"]) as con:
        sql = f"select {', '.join(columns)} from requests order by timestamp, request_id"
        return con.execute(sql).fetchall()


def test_a_replay_read_later_leaves_calls_where_they_were(
    root: Path, pulled: Callable[..., SourceResult], tmp_path: Path
) -> None:
    rig = ClaudeRig(tmp_path)
    rig.first()
    pulled(claude_code.CONNECTOR)
    rig.later()
    pulled(claude_code.CONNECTOR)
    assert rows(root, "request_id", "workflow_run_id", "agent", "output_tokens") == [
        ("m1", "s1", "main", 100),
        ("m4", "s4", "main", 30),
        ("m7", "s0", "main", 70),
        ("m2", "s1", "main", 20),
        ("m3", "s1", "subagent", 7),
        ("m5", "s1", "main", 50),
        ("m6", "t9", "main", 60),
    ]


def test_a_replay_on_another_day_that_says_more_completes_the_call(
    root: Path, pulled: Callable[..., SourceResult]
) -> None:
    """Cut short in its own session; whole in the copy, whose times are the copy's."""
    write(root / "p" / "s1.jsonl", [answer("m1", "2026-10-01T10:00:00", 3)], day(10, 1))
    pulled(claude_code.CONNECTOR)
    copy = [answer("m1", "2026-10-04T10:00:00", 90, sessionId="s2")]
    write(root / "p" / "s2.jsonl", copy, day(10, 4))
    pulled(claude_code.CONNECTOR)
    assert rows(root, "request_id", "cast(day as varchar)", "workflow_run_id", "output_tokens") == [
        ("m1", "2026-10-01", "s1", 90)
    ]


def test_cached_tokens_are_beside_input_here_and_inside_it_there(
    root: Path, pulled: Callable[..., SourceResult]
) -> None:
    kinds = ("uncached_input_tokens", "cache_read_tokens", "output_tokens")
    write(root / "p" / "s1.jsonl", [answer("m1", "2026-10-01T10:00:00", 3)], day(10, 1))
    pulled(claude_code.CONNECTOR)
    assert rows(root, *kinds) == [(10, 5, 3)]
    shutil.rmtree(root)
    shutil.rmtree(root.with_name("ledger"))
    log = [*head("a", "2026-10-01T10:00:00"), counts("2026-10-01T10:01:00", 1000, 1000)]
    write(root / "2026" / "rollout-a.jsonl", log, day(10, 1))
    pulled(codex.CONNECTOR)
    assert rows(root, *kinds) == [(900, 100, 500)]


def test_only_what_changed_is_read(root: Path, pulled: Callable[..., SourceResult]) -> None:
    for name in ("a", "b", "c"):
        line = answer(f"m-{name}", "2026-10-01T10:00:00", 3, sessionId=name)
        write(root / "p" / f"{name}.jsonl", [line], day(10, 1))
    assert len(pulled(claude_code.CONNECTOR).loads[0][1].files) == 3
    assert pulled(claude_code.CONNECTOR).loads == ()
    more = answer("m-new", "2026-10-01T11:00:00", 3, sessionId="b")
    write(root / "p" / "b.jsonl", [more], day(10, 1), append=True)
    ((stream, load),) = pulled(claude_code.CONNECTOR).loads
    assert (stream, load.stored.rows_stored, load.stored.rows_duplicate) == ("2026-10", 1, 1)
    assert [path.name for path in load.files] == ["b.jsonl"]


def test_a_log_that_was_cut_or_begun_anew_is_read_again_and_loses_nothing(
    root: Path, pulled: Callable[..., SourceResult]
) -> None:
    log = root / "p" / "s1.jsonl"
    first = [answer(f"m{number}", f"2026-10-01T10:00:0{number}", 3) for number in range(3)]
    write(log, first, day(10, 1))
    pulled(claude_code.CONNECTOR)
    write(log, [answer("m9", "2026-10-02T10:00:00", 4)], day(10, 2))
    pulled(claude_code.CONNECTOR)
    assert rows(root, "request_id") == [("m0",), ("m1",), ("m2",), ("m9",)]


def test_a_line_half_written_waits_and_a_broken_one_is_said(
    root: Path, pulled: Callable[..., SourceResult]
) -> None:
    log = root / "p" / "s1.jsonl"
    whole = answer("m1", "2026-10-01T10:00:00", 3)
    last = json.dumps(answer("m2", "2026-10-01T10:00:09", 5))
    write(log, [whole], day(10, 1))
    with log.open("a") as stream:
        stream.write('{"type": "assistant", "message": {\n' + last[:80])
    result = pulled(claude_code.CONNECTOR)
    assert result.notes == ("p/s1.jsonl: 1 lines are no JSON and were left out: 2",)
    assert rows(root, "request_id") == [("m1",)]
    with log.open("a") as stream:
        stream.write(last[80:])
    pulled(claude_code.CONNECTOR)
    assert rows(root, "request_id", "output_tokens") == [("m1", 3), ("m2", 5)]


def test_days_asked_for_again_move_no_cursor(
    root: Path, pulled: Callable[..., SourceResult]
) -> None:
    lines = [
        answer(f"m{number}", f"2026-10-0{number}T00:00:00", 3, sessionId="s")
        for number in (1, 2, 3)
    ]
    write(root / "p" / "s.jsonl", lines, day(10, 3))
    pulled(claude_code.CONNECTOR, Period(date(2026, 10, 2), date(2026, 10, 3)))
    assert rows(root, "request_id") == [("m2",)]
    pulled(claude_code.CONNECTOR)
    assert rows(root, "request_id") == [("m1",), ("m2",), ("m3",)]


@pytest.mark.parametrize("rig", [ClaudeRig, CodexRig])
def test_nothing_anybody_said_is_stored_or_spooled(rig: type[_FolderRig], tmp_path: Path) -> None:
    made = rig(tmp_path)
    made.first()
    held = [path for path in made.root.rglob("*.jsonl") if SECRET in path.read_text()]
    assert held
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    source = Source(
        "mine", rig.connector, settings_of("mine", rig.connector, {"path": str(made.root)})
    )
    list(pull(ledger, [source], PullOptions(rig.now, dry_run=True)))
    spooled = list((tmp_path / "ledger").rglob("*.jsonl"))
    list(pull(ledger, [source], PullOptions(rig.now)))
    assert contents(ledger)["requests"].rows > 0
    with ledger.connect() as con:
        stored = str(con.execute("select * from requests").fetchall())
        stored += str(con.execute("select * from loads").fetchall())
    assert SECRET not in stored
    assert [path for path in spooled if path.exists() and SECRET in path.read_text()] == []


def test_a_folder_that_is_not_there_is_said(pulled: Callable[..., SourceResult]) -> None:
    error = pulled(claude_code.CONNECTOR).error
    assert isinstance(error, SourceMissing)
    assert error.message.startswith("mine: there is no folder ")
