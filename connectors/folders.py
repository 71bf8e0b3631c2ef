"""Folders of logs that programs on this machine write: which files are new or have changed, and what is read of them.

A file is known by its name, length and time of last change. One that is longer, shorter or written anew is read
again, whole and alone; its calls are told apart by their keys, so nothing doubles, and what a shortened or deleted file
held stays in the ledger. The cursor of a month holds the marks of the files last changed in it, six bytes each.

Lines are reduced before anything is written down: what people and models said ends here. A line that is still
being written is left for next time; one that is no JSON is counted, and said.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from connectors.contract import Files, Finding, Spooled
from connectors.settings import SourceSettings
from finops.errors import AccessDenied, SourceMissing
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from connectors.contract import Session

    Reduce = Callable[[dict[str, Any]], Mapping[str, Any] | None]

__all__ = ["FolderSettings", "Layout", "check_folder", "deliveries"]

_MARK_BYTES = 6
"""Of a file's hash: among ten thousand files the chance to take a new one for a known one is below 1e-10."""
_MARK_LENGTH = 8
_SHOWN = 5
_FOREVER = datetime(9000, 1, 1, tzinfo=UTC).date()


class FolderSettings(SourceSettings):
    """A folder of session logs on this machine."""

    path: Path = Field(description="The folder; `~` is the home of whoever pulls.")


class Layout(NamedTuple):
    """How a program keeps its logs: the folder's own name, which lines matter, and what is kept of one."""

    format: str
    folder: str
    """Name the format knows the folder by, whatever it is called on this machine."""
    holding: tuple[bytes, ...]
    """A line that holds none of these is not parsed."""
    reduce: Reduce


class _Log(NamedTuple):
    """One file as it was listed."""

    path: Path
    name: str
    size: int
    changed_ns: int

    @property
    def month(self) -> str:
        return f"{datetime.fromtimestamp(self.changed_ns / 1e9, tz=UTC):%Y-%m}"

    @property
    def mark(self) -> str:
        said = f"{self.name}\n{self.size}\n{self.changed_ns}".encode()
        return urlsafe_b64encode(hashlib.sha256(said).digest()[:_MARK_BYTES]).decode()


class _Reduced(NamedTuple):
    """A log's reduced copy, None where nothing mattered; and whether the log could be read."""

    file: Spooled | None
    whole: bool


def deliveries(session: Session[Any], layout: Layout) -> Iterator[Files]:
    """A delivery for each month in which files were last changed, of those that are not the ones we have."""
    logs = sorted(_logs(session), key=attrgetter("month", "name"))
    days = session.window or _since(session)
    for month, group in groupby(logs, key=attrgetter("month")):
        here = list(group)
        if days is not None and month < f"{days.start:%Y-%m}":
            continue
        known = _marks(session.cursor("requests", month) or "")
        changed = [log for log in here if log.mark not in known]
        found = [_reduced(session, layout, log) for log in changed]
        files = tuple(each.file for each in found if each.file is not None)
        if files:
            held = known.intersection(log.mark for log in here)
            held |= {log.mark for log, each in zip(changed, found, strict=True) if each.whole}
            yield Files("requests", month, "".join(sorted(held)), files, layout.format, days=days)


def _since(session: Session[Any]) -> Period | None:
    since = session.settings.since
    return None if since is None else Period(since, _FOREVER)


def _marks(cursor: str) -> set[str]:
    return {cursor[at : at + _MARK_LENGTH] for at in range(0, len(cursor), _MARK_LENGTH)}


def _logs(session: Session[Any]) -> Iterator[_Log]:
    """Every log in the folder; SourceMissing where there is no folder."""
    root = session.settings.path.expanduser()
    if not root.is_dir():
        raise SourceMissing(
            f"{session.source}: there is no folder {root}",
            hint='name the folder the logs are in: path = "…" in finops.toml',
        )
    try:
        for path in root.rglob("*.jsonl"):
            status = path.stat()
            if path.is_file() and status.st_size:
                name = path.relative_to(root).as_posix()
                yield _Log(path, name, status.st_size, status.st_mtime_ns)
    except PermissionError as error:
        raise AccessDenied(
            f"{session.source}: {error.filename or root} cannot be read: {error.strerror}",
            hint="pull as the user who wrote the logs",
        ) from error


def _reduced(session: Session[Any], layout: Layout, log: _Log) -> _Reduced:
    """What matters of a log, in the spool; a note for one that is gone or closed to us."""
    origin = str(log.path)
    path = session.spool.folder / layout.folder / log.name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    broken: list[int] = []
    try:
        with log.path.open("rb") as lines, path.open("w", encoding="utf-8") as stream:
            for kept in _kept(layout, _lines(lines, log.size), broken):
                stream.write(json.dumps(kept, ensure_ascii=False) + "\n")
            empty = stream.tell() == 0
    except OSError as error:
        session.note(f"{log.name} was not read: {error.strerror or error}")
        return _Reduced(None, whole=False)
    if broken:
        listed = ", ".join(map(str, broken[:_SHOWN])) + (" …" if len(broken) > _SHOWN else "")
        session.note(f"{log.name}: {len(broken)} lines are no JSON and were left out: {listed}")
    return _Reduced(None if empty else Spooled(path, origin), whole=True)


def _lines(lines: BinaryIO, size: int) -> Iterator[bytes]:
    """The lines of the first `size` bytes: what is appended meanwhile is for next time."""
    left = size
    while left > 0 and (line := lines.readline(left)):
        left -= len(line)
        yield line


def _kept(layout: Layout, lines: Iterable[bytes], broken: list[int]) -> Iterator[Mapping[str, Any]]:
    """Reduced lines; numbers of those that are no JSON go to `broken`, but for one that is not ended yet."""
    for number, line in enumerate(lines, start=1):
        if not any(part in line for part in layout.holding):
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            if line.endswith(b"\n"):
                broken.append(number)
            continue
        kept = layout.reduce(found) if isinstance(found, dict) else None
        if kept is not None:
            yield kept


def check_folder(session: Session[Any]) -> Iterator[Finding]:
    """Reach the folder and say how many logs it holds, and when the newest was written."""
    logs = sorted(_logs(session), key=attrgetter("changed_ns"))
    size = sum(log.size for log in logs)
    newest = f", the newest of {logs[-1].month}" if logs else ""
    yield Finding(
        ok=bool(logs),
        what="list",
        detail=f"{session.settings.path}: {len(logs)} logs, {size:,} bytes{newest}",
    )
