"""`[actions]`: where the list of what is to be done is kept."""

from __future__ import annotations

from pydantic import Field

from finops.sections.base import Section

__all__ = ["Actions"]


class Actions(Section):
    """The list of actions."""

    file: str | None = Field(
        default=None,
        description="JSON lines, only ever added to (relative to this file); `_actions/actions.jsonl` in the "
        "ledger's folder when absent.",
    )
