"""Claude Code and Codex session logs: every call once, however often it was written down.

The files are written by hand from the field names these tools write.
"""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf


def claude(identity: str, output: int, *, stop: str | None, **line: object) -> dict[str, Any]:
    usage = {"input_tokens": 1, "cache_read_input_tokens": 10, "output_tokens": output}
    message = {"id": identity, "model": "claude-sonnet-4-5", "stop_reason": stop, "usage": usage}
    head = {"parentUuid": None, "version": "2", "type": "assistant", "uuid": "u", "sessionId": "s"}
    return {**head, "timestamp": "2026-10-01T00:00:00Z", "message": message, **line}


def test_claude_messages_count_once_with_their_largest_usage(shelf: Shelf, data: Path) -> None:
    """Streamed in two lines, replayed in a resumed session, repeated in a sidechain with a new requestId."""
    shelf.load(data / "claude")
    rows = shelf.by_id()
    assert {name: row["output_tokens"] for name, row in rows.items()} == {
        "msg_1": 250,
        "msg_bdrk_2": 80,
        "msg_5": 1,
        "msg_7": 33,
        "msg_9": 60,
    }
    row = rows["msg_1"]
    assert (row["uncached_input_tokens"], row["cache_read_tokens"]) == (4, 10000)
    assert (row["cache_write_5m_tokens"], row["cache_write_1h_tokens"]) == (100, 200)
    assert row["cache_write_unknown_tokens"] == 0
    assert (row["workflow"], row["workflow_run_id"], row["agent"]) == ("claude-code", "s1", "main")


def test_claude_feature_is_the_project_wherever_the_session_wandered(
    shelf: Shelf, data: Path
) -> None:
    """msg_9 was made in /home/dev/shop/src, below the project's folder."""
    shelf.load(data / "claude")
    assert {row["feature"] for row in shelf.rows()} == {"shop"}
    assert shelf.by_id()["msg_7"]["agent"] == "subagent"
    assert shelf.by_id()["msg_bdrk_2"]["provider"] == "aws.bedrock"


def test_claude_output_that_was_never_finished_is_flagged(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "claude")
    flagged = [
        name
        for name, row in shelf.by_id().items()
        if json.loads(row["attributes"]).get("output_incomplete")
    ]
    assert flagged == ["msg_5"]


def test_claude_files_loaded_one_by_one_give_the_same_calls(shelf: Shelf, data: Path) -> None:
    for path in sorted((data / "claude").rglob("*.jsonl")):
        shelf.load(path, hint="claude-code")
    assert {name: row["output_tokens"] for name, row in shelf.by_id().items()} == {
        "msg_1": 250,
        "msg_bdrk_2": 80,
        "msg_5": 1,
        "msg_7": 33,
        "msg_9": 60,
    }


def test_claude_lines_without_request_id_do_not_double(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    lines = [
        claude("m", 5, stop=None),
        claude("m", 90, stop=None),
        claude("m", 40, stop="end_turn"),
    ]
    shelf.load(write_lines("p/s.jsonl", *lines))
    assert [row["output_tokens"] for row in shelf.rows()] == [90]


def test_codex_totals_are_steps_and_forks_replay_nothing(shelf: Shelf, data: Path) -> None:
    """Three calls and four repeats in the parent, two replays and one call in the fork, one elsewhere."""
    shelf.load(data / "codex")
    rows = shelf.rows()
    spent = [
        (
            row["trace_id"],
            row["uncached_input_tokens"],
            row["cache_read_tokens"],
            row["output_tokens"],
        )
        for row in rows
    ]
    assert spent == [
        ("p", 800, 200, 50),
        ("p", 1000, 1500, 100),
        ("p", 1000, 5000, 100),
        ("c", 500, 1000, 40),
        ("o", 800, 200, 50),
    ]
    assert [row["reasoning_tokens"] for row in rows] == [20, 40, 0, 0, 20]
    assert [row["request_model"] for row in rows][2:4] == ["gpt-5-codex", "gpt-5.1-codex"]


def test_codex_forks_loaded_apart_from_their_parent_add_only_their_own(
    shelf: Shelf, data: Path
) -> None:
    files = sorted((data / "codex").rglob("*.jsonl"))
    for path in files:
        shelf.load(path)
    assert len(shelf.rows()) == 5
    assert sum(row["uncached_input_tokens"] for row in shelf.rows()) == 4100


def test_codex_replay_without_a_declared_parent_is_seen_by_its_totals(
    shelf: Shelf, data: Path, tmp_path: Path
) -> None:
    """Older forks name no parent; two equal events in a row give the copy away."""
    (parent,) = (data / "codex").rglob("*-p.jsonl")
    copy = tmp_path / "rollout-2026-10-05T00-00-00-q.jsonl"
    text = parent.read_text().replace('"id":"p"', '"id":"q"').replace("2026-10-01", "2026-10-05")
    copy.write_text(text)
    shelf.load(parent, copy)
    assert [row["trace_id"] for row in shelf.rows()] == ["p", "p", "p"]


def test_the_benchmark_tree_holds_what_it_says(
    shelf: Shelf, repository: Path, tmp_path: Path
) -> None:
    """Sessions, subagents and a resumed session that replays another: 500 messages, each once."""
    write_tree = runpy.run_path(str(repository / "bench" / "claude_tree.py"))["write_tree"]
    truth = write_tree(tmp_path, 500, 7)
    shelf.load(tmp_path / "projects")
    rows = shelf.rows()
    assert (len(rows), sum(row["output_tokens"] for row in rows)) == tuple(truth)
