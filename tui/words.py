"""What panes say in words: what is waited for, what is missing, what went wrong and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.errors import ConfigError, LedgerMissing

if TYPE_CHECKING:
    from finops.errors import FinopsError
    from finops.report.model import Report
    from tui.frame import Frame
    from tui.state import State
    from tui.view import View

__all__ = ["empty_words", "error_words", "foot_words", "waiting_words"]


def waiting_words(command: str, seconds: float, *, plain: bool = False) -> str:
    """What is being asked and for how long; `plain`: once, as nothing may move."""
    if plain:
        return f"Asking {command} (ctrl+c stops)"
    bar = "▏▎▍▌▋▊▉█"[int(seconds * 10) % 8]
    return f"{bar} {seconds:4.1f} s  {command}   (ctrl+c stops)"


def error_words(error: FinopsError, *, first: bool = False) -> str:
    """The error's own words, its hint, and the keys that help; `first`: there is nothing to go back to."""
    lines = [error.message]
    if error.hint:
        lines.append(f"Try: {error.hint}")
    lines.append("")
    if first or isinstance(error, LedgerMissing):
        lines.append("d  load the sample company and look at that")
    if isinstance(error, ConfigError):
        lines.append("r  read finops.toml again, once it is mended")
    else:
        lines.append("r  try again")
    lines += ["q  quit"] if first else ["esc  go back", "q  quit"]
    return "\n".join(lines)


def empty_words(view: View, state: State, report: Report) -> str:
    """Why there are no rows, and the ways out that this view has."""
    told = view.empty(report) if view.empty is not None else None
    lines = [told or "There is nothing here.", ""]
    lines += [note for note in report.notes[:3] if note != told]
    lines.append("")
    if state.where:
        lines.append("⌫  take the last condition of the filter away")
    if view.timed and state.span.period is not None:
        lines += ["[  the period before", "]  the period after", "p  choose a period"]
    if view.dimensions:
        lines.append("g  split it by something else")
    if not state.where:
        lines.append("d  look at the sample company instead")
    return "\n".join(lines)


def foot_words(state: State, report: Report, frame: Frame) -> str:
    """Filter, order and size of what is shown, and the first thing to know about it."""
    said = [f"{len(frame):,} rows"] if len(frame) != 1 else ["1 row"]
    if state.filter:
        said.append(f"where {state.filter}")
    if frame.sort is not None:
        said.append(f"sorted by {frame.sort.column} {'▼' if frame.sort.descending else '▲'}")
    if len(report.notes) > 1:
        said.insert(1, f"n: {len(report.notes)} notes")
    lines = [" · ".join(said), *(report.notes[:1] if len(frame) else ())]
    return "\n".join(lines)
