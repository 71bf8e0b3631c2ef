"""Codex's session logs on this machine, read as they grow.

The input count INCLUDES cached tokens; what an event means, and which of its copies counts, is known by
`connectors.formats.requests.codex`. Of a session its identity, parent, working directory, models and token counts
are read; what was said and done in it never leaves the log.

A fork that names no parent, as old versions wrote them, is told from its parent when both are read for the first
time together; read later, the first call it repeats counts again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.contract import Connector, Sign
from connectors.folders import FolderSettings, Layout, check_folder, deliveries
from connectors.reducing import scalars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Files, Session

__all__ = ["CONNECTOR", "CodexSettings"]

_META = (
    "id", "cwd", "model_provider", "cli_version", "forked_from_id", "parent_thread_id",
)  # fmt: skip
_TOTALS = ("total_token_usage", "last_token_usage")
_COUNTS = (
    "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens",
)  # fmt: skip


class CodexSettings(FolderSettings):
    """Where Codex keeps its sessions."""

    path: Path = Field(
        default=Path("~/.codex/sessions"),
        description="The folder of sessions; `~` is the home of whoever pulls.",
    )


def reduced(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of a session's head, a turn's model or a token count what the format reads; None for every other line."""
    payload = line.get("payload")
    kinds = {"session_meta": _meta, "turn_context": _turn, "event_msg": _event}
    kind = kinds.get(str(line.get("type")))
    kept = kind(payload) if kind is not None and isinstance(payload, dict) else None
    if kept is None:
        return None
    return {"timestamp": line.get("timestamp"), "type": line["type"], "payload": kept}


def _meta(payload: Mapping[str, Any]) -> dict[str, Any]:
    kept = scalars(payload, _META)
    source = payload.get("source")
    if isinstance(source, dict):
        found: Any = source
        for name in ("subagent", "thread_spawn", "parent_thread_id"):
            found = found.get(name) if isinstance(found, dict) else None
        parent = {"parent_thread_id": found} if isinstance(found, str) else {}
        kept["source"] = {"subagent": {"thread_spawn": parent}}
    return kept


def _turn(payload: Mapping[str, Any]) -> dict[str, Any]:
    return scalars(payload, ("model",))


def _event(payload: Mapping[str, Any]) -> dict[str, Any] | None:
    info = payload.get("info")
    if payload.get("type") != "token_count" or not isinstance(info, dict):
        return None
    kept = {
        name: scalars(info[name], _COUNTS) for name in _TOTALS if isinstance(info.get(name), dict)
    }
    return {"type": "token_count", "info": kept}


_LAYOUT = Layout(
    "codex", "sessions", (b'"session_meta"', b'"turn_context"', b'"token_count"'), reduced
)


def read(session: Session[CodexSettings]) -> Iterator[Files]:
    """The sessions that are new, or longer than they were."""
    return deliveries(session, _LAYOUT)


CONNECTOR = Connector(
    name="codex",
    about="Codex's session logs on this machine (~/.codex/sessions)",
    tables=("requests",),
    settings=CodexSettings,
    check=check_folder,
    read=read,
    tested="folders of logs in the tool's recorded shapes",
    policy="reading the folder: pull as the user whose sessions they are.",
    signs=(Sign("path", "~/.codex/sessions"),),
)
