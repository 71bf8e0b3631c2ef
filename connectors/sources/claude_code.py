"""Claude Code's session logs on this machine, read as they grow.

The input count EXCLUDES cached tokens; what a line means, and which of its copies counts, is known by
`connectors.formats.requests.claude_code`. Of a line the identity, time, session, working directory, model and
usage are read; what was said, tools were told and files held never leaves the log.
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

__all__ = ["CONNECTOR", "ClaudeCodeSettings"]

_LINE = (
    "type", "uuid", "requestId", "timestamp", "sessionId", "version", "cwd", "isSidechain",
)  # fmt: skip
_MESSAGE = ("id", "model", "stop_reason")
_USAGE = (
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "service_tier",
    "speed", "inference_geo",
)  # fmt: skip
_CREATED = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")


class ClaudeCodeSettings(FolderSettings):
    """Where Claude Code keeps its sessions."""

    path: Path = Field(
        default=Path("~/.claude/projects"),
        description="The folder of projects; `~` is the home of whoever pulls.",
    )


def reduced(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of an assistant's line what the format reads; None for every other line."""
    message = line.get("message")
    if line.get("type") != "assistant" or not isinstance(message, dict):
        return None
    usage = message.get("usage")
    if not isinstance(usage, dict):
        return None
    kept = scalars(usage, _USAGE)
    if isinstance(usage.get("cache_creation"), dict):
        kept["cache_creation"] = scalars(usage["cache_creation"], _CREATED)
    return scalars(line, _LINE) | {"message": scalars(message, _MESSAGE) | {"usage": kept}}


_LAYOUT = Layout("claude-code", "projects", (b'"assistant"',), reduced)


def read(session: Session[ClaudeCodeSettings]) -> Iterator[Files]:
    """The sessions that are new, or longer than they were."""
    return deliveries(session, _LAYOUT)


CONNECTOR = Connector(
    name="claude-code",
    about="Claude Code's session logs on this machine (~/.claude/projects)",
    tables=("requests",),
    settings=ClaudeCodeSettings,
    check=check_folder,
    read=read,
    tested="folders of logs in the tool's recorded shapes",
    policy="reading the folder: pull as the user whose sessions they are.",
    signs=(Sign("path", "~/.claude/projects"),),
)
