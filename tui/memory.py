"""What is remembered between two sessions: where somebody was, and how each view was set.

One small file in the platform's state folder, a part for each ledger. What cannot be read is forgotten,
never an error: it is convenience, not data.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui.spans import Span
from tui.state import Sort, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Memory", "recall", "remember"]

Memory = dict[str, Any]
"""What one ledger's part says: `theme`, `last`, `period`, `newest`, and `views` by name."""


def memory_file() -> Path:
    """Where it is kept."""
    from platformdirs import user_state_path

    return user_state_path("finops") / "tui.json"


def recall(ledger: str) -> Memory:
    """What is remembered of `ledger`; empty when that is nothing."""
    found = _read().get(ledger)
    return found if isinstance(found, dict) else {}


def remember(ledger: str, memory: Memory) -> None:
    """Keep `memory` for next time; a folder that cannot be written is let be."""
    path = memory_file()
    everything = {**_read(), ledger: memory}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(everything, indent=1), encoding="utf-8")
    except OSError:
        return


def packed(state: State) -> dict[str, Any]:
    """A view's settings, the period apart: that is the same for all of them."""
    return {
        "by": list(state.by),
        "grain": state.grain,
        "where": list(state.where),
        "sort": list(state.sort) if state.sort else None,
        "columns": list(state.columns) if state.columns is not None else None,
    }


def unpacked(state: State, said: Mapping[str, Any]) -> State:
    """`state` set as `said`; what does not read as it was written is left as it is."""
    try:
        return replace(
            state,
            by=tuple(map(str, said["by"])) or state.by,
            grain=said["grain"],
            where=tuple(map(str, said["where"])),
            sort=Sort(str(said["sort"][0]), bool(said["sort"][1])) if said["sort"] else None,
            columns=tuple(map(str, said["columns"])) if said["columns"] is not None else None,
        )
    except (KeyError, TypeError, IndexError):
        return state


def packed_spans(newest: Span, looked_at: Span) -> Memory:
    """The ledger's newest month and the period looked at."""
    return {"newest": packed_span(newest), "period": packed_span(looked_at)}


def recalled_span(memory: Memory, newest: Span) -> Span | None:
    """The period last looked at, unless the ledger has a newer month since."""
    if memory.get("newest") != packed_span(newest) or "period" not in memory:
        return None
    return unpacked_span(memory["period"])


def packed_span(span: Span) -> list[str] | None:
    """A period as two days."""
    if span.period is None:
        return None
    return [span.period.start.isoformat(), span.period.end.isoformat()]


def unpacked_span(said: object) -> Span | None:
    """A period from two days; None for anything else."""
    from datetime import date

    from finops.model.period import Period

    if said is None:
        return Span()
    try:
        start, end = (date.fromisoformat(day) for day in said)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    return Span(Period(start, end)) if start < end else None


def _read() -> dict[str, Any]:
    try:
        found = json.loads(memory_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
