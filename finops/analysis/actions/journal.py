"""The list of actions: a journal of what was said when, by whom; an action is what its entries add up to.

Nothing written is ever changed: an action is added, then changed, done or dropped by further lines of the file,
so that who promised what, and when it was moved, can be read from it for ever. Amounts are text, every digit kept.
"""

from __future__ import annotations

import fcntl
import json
import os
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import FinopsError, InputError, UsageError
from finops.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Action", "Entry", "Event", "State", "actions", "append", "next_id", "read_journal"]


class Event(StrEnum):
    """What a line says of an action."""

    ADDED = "added"
    CHANGED = "changed"
    DONE = "done"
    DROPPED = "dropped"


class State(StrEnum):
    """Where an action stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


_STATES = {Event.DONE: State.DONE, Event.DROPPED: State.DROPPED}


class Entry(NamedTuple):
    """One line: an event of an action, and what it says; what it does not say stays as it was."""

    id: str
    event: Event
    at: datetime
    by: str
    title: str | None = None
    owner: str | None = None
    due: date | None = None
    expected: Decimal | None = None
    currency: str | None = None
    evidence: str | None = None
    where: str | None = None
    month: str | None = None
    on: date | None = None
    note: str | None = None


class Action(NamedTuple):
    """What its entries add up to; `month` is the one its evidence is of, `finished` the day it took effect."""

    id: str
    title: str
    state: State
    added: date
    owner: str | None = None
    due: date | None = None
    expected: Decimal | None = None
    currency: str | None = None
    evidence: str | None = None
    where: str | None = None
    month: str | None = None
    finished: date | None = None
    entries: tuple[Entry, ...] = ()

    def is_overdue(self, today: date) -> bool:
        """Whether it is open and its day has passed."""
        return self.state is State.OPEN and self.due is not None and self.due < today


_SAID = ("title", "owner", "due", "expected", "currency", "evidence", "where", "month")


def actions(entries: Iterable[Entry]) -> tuple[Action, ...]:
    """Every action in the order they were added."""
    found: dict[str, Action] = {}
    for entry in entries:
        before = found.get(entry.id)
        if before is None:
            before = Action(entry.id, entry.title or entry.id, State.OPEN, entry.at.date())
        said = {name: value for name in _SAID if (value := getattr(entry, name)) is not None}
        state = _STATES.get(entry.event, before.state)
        finished = (entry.on or entry.at.date()) if entry.event in _STATES else before.finished
        found[entry.id] = before._replace(
            **said, state=state, finished=finished, entries=(*before.entries, entry)
        )
    return tuple(found.values())


def in_order(found: Iterable[Action]) -> tuple[Action, ...]:
    """As they are listed: what is open first, by its day."""
    order = list(State)
    return tuple(
        sorted(
            found,
            key=lambda each: (order.index(each.state), each.due or date.max, each.added, each.id),
        )
    )


def next_id(entries: Iterable[Entry]) -> str:
    """`A-1`, `A-2` …: one more than the highest there is."""
    numbers = [int(entry.id.removeprefix("A-")) for entry in entries if entry.id[2:].isdigit()]
    return f"A-{max(numbers, default=0) + 1}"


def append(file: Path, entry: Entry) -> Entry:
    """Add a line to `file`, and return what was written.

    What is added gets the next id there is, in place of an empty one. The file is locked meanwhile, so that two
    who add at once get two ids. UsageError for an action there is none of or that is over, and for an id taken.
    """
    _ready(read_journal(file), entry)  # so that what is refused leaves no file behind
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            ready = _ready(read_journal(file), entry)
            raw = {
                name: _plain(value) for name, value in ready._asdict().items() if value is not None
            }
            stream.write(json.dumps(raw, ensure_ascii=False, separators=(",", ":")) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise FinopsError(f"the actions {file} could not be written: {error.strerror}") from error
    return ready


def _ready(entries: Sequence[Entry], entry: Entry) -> Entry:
    """`entry` as it may follow `entries`, numbered where it has no id."""
    known = {action.id: action for action in actions(entries)}
    action = known.get(entry.id)
    if entry.event is Event.ADDED:
        if action is not None:
            raise UsageError(f"there is an action {entry.id!r} already")
        return entry._replace(id=entry.id or next_id(entries))
    if action is None:
        names = ", ".join(known) or "none"
        raise UsageError(f"there is no action {entry.id!r}", hint=f"there are: {names}")
    if action.state is not State.OPEN:
        raise UsageError(f"{entry.id} is {action.state} since {action.finished}")
    return entry


def read_journal(file: Path) -> tuple[Entry, ...]:
    """Every line, oldest first; none where there is no file. InputError names a line that is damaged."""
    if not file.is_file():
        return ()
    found: list[Entry] = []
    problems: list[Problem] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(_entry(json.loads(line)))
        except (AttributeError, InvalidOperation, KeyError, TypeError, ValueError) as error:
            problems.append(
                Problem(str(file), number, None, None, f"no entry of an action: {error}")
            )
    if problems:
        raise InputError(f"the actions {file} are damaged", problems=problems)
    return tuple(found)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _entry(raw: Mapping[str, Any]) -> Entry:
    made: dict[str, Callable[[Any], Any]] = {
        "event": Event,
        "at": datetime.fromisoformat,
        "due": date.fromisoformat,
        "on": date.fromisoformat,
        "expected": Decimal,
    }
    return Entry(**{name: made.get(name, str)(value) for name, value in raw.items()})
