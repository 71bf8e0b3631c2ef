"""Exports: the month's numbers as files that other tools read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finops import plugins
from finops.api.opening import resolve_period, split_dimensions
from finops.errors import FinopsError, UsageError
from finops.model.period import parse_month

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Unpack

    from finops.api.opening import When
    from finops.api.session import Session
    from finops.exports.contract import Export
    from finops.model.period import Period

__all__ = ["Exported", "export", "known_exports"]


@dataclass(frozen=True, slots=True)
class Exported:
    """Files written, rows (or series) in all of them, and what a reader must know."""

    paths: tuple[Path, ...]
    rows: int
    notes: tuple[str, ...]


def known_exports() -> tuple[Export, ...]:
    """Every export that is registered, by name; ours and those of other packages alike."""
    return tuple(plugins.load(plugins.EXPORTS, name) for name in plugins.names(plugins.EXPORTS))


def export(
    session: Session,
    name: str,
    path: str | Path,
    *,
    by: str | Sequence[str] | None = None,
    format: str | None = None,  # noqa: A002  (named as the option)
    choices: Mapping[str, str] | None = None,
    **when: Unpack[When],
) -> Exported:
    """Write the export `name` to `path`: a file, or a folder (one that is there, or a name that ends in a slash).

    `format` is by default what the file's ending says, else the export's first. A file is replaced whole or
    not at all. UsageError for a name, format, choice or period there is not; FinopsError when it cannot be
    written, or would not add up.
    """
    found: Export = plugins.load(plugins.EXPORTS, name)
    names = split_dimensions(by) or found.by
    periods, notes = _periods(session, found, when)
    given = _choices(found, choices or {})
    is_folder = str(path).endswith(("/", "\\")) or Path(path).is_dir()
    chosen = _format(found, format, None if is_folder else Path(path))
    if len(periods) > 1 and not is_folder:
        raise UsageError(
            f"{name} holds one month a file, and this is {len(periods)} months",
            hint="name a folder: -o FOLDER/",
        )
    from finops.exports.contract import Wanted

    paths, rows = [], 0
    for period in periods:
        target = Path(path) / _file_name(name, period, chosen) if is_folder else Path(path)
        wanted = Wanted(session.ledger, session.config, period, names, chosen, given)
        with _whole(target) as temporary:
            written = found.write(wanted, temporary)
        paths.append(target)
        rows += written.rows
        label = f"{period.label}: " if period is not None and len(periods) > 1 else ""
        notes += [f"{label}{note}" for note in written.notes]
    return Exported(tuple(paths), rows, tuple(notes))


def _choices(found: Export, given: Mapping[str, str]) -> dict[str, str]:
    """Every choice of the export with its value; UsageError for one it has not."""
    known = {choice.name: choice for choice in found.choices}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"export {found.name} has no choice {name!r}")
        if value not in known[name].values:
            raise UsageError(f"--{name} {value!r} is none of {', '.join(known[name].values)}")
    return {name: given.get(name, choice.values[0]) for name, choice in known.items()}


def _format(found: Export, asked: str | None, path: Path | None) -> str:
    """The format asked for, else the longest ending of the file's name that is one, else the first."""
    if asked is not None:
        if asked not in found.formats:
            raise UsageError(
                f"export {found.name} writes no {asked!r}",
                hint=f"one of: {', '.join(found.formats)}",
            )
        return asked
    if path is None:
        return found.formats[0]
    endings = sorted(found.formats, key=len, reverse=True)
    named = next((each for each in endings if path.name.lower().endswith(f".{each}")), None)
    if named is None and path.suffix and len(found.formats) > 1:
        raise UsageError(
            f"{path}: no format of {found.name} ends like this",
            hint=f"end it in .{', .'.join(found.formats)}, or say --format",
        )
    return named or found.formats[0]


def _periods(
    session: Session, found: Export, when: When
) -> tuple[tuple[Period | None, ...], list[str]]:
    """What each file is about (months where the export is by month), and what is to be known of that."""
    if not found.has_period:
        if any(when.values()):
            raise UsageError(f"export {found.name} is about no period")
        return (None,), []
    choice = resolve_period(session.ledger, **when)
    period, notes = choice.period or _everything(session), list(choice.notes)
    if not found.by_month:
        return (period,), notes
    if not period.is_whole_months:
        raise UsageError(
            f"{period.label} is not whole months, and an invoice has no days",
            hint="--month YYYY-MM",
        )
    return tuple(parse_month(month) for month in period.months), notes


def _everything(session: Session) -> Period:
    """From the first to the last month the ledger knows."""
    from finops.analysis.closing import months_known
    from finops.ledger.snapshots import closed_months
    from finops.model.period import Period

    ledger = session.ledger
    months = months_known(ledger, closed_months(ledger.location))
    return Period(parse_month(months[0]).start, parse_month(months[-1]).end)


def _file_name(name: str, period: Period | None, ending: str) -> str:
    """`focus-2026-10.parquet`."""
    if period is None:
        return f"{name}.{ending}"
    label = period.label.replace(" ", "_").replace("/", "-")
    return f"{name}-{label}.{ending}"


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A file to write that becomes `target` when all went well; its folder is made."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
    except OSError as error:
        raise FinopsError(f"{target} cannot be written: {error.strerror or error}") from error
    temporary = Path(name)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except OSError as error:
        raise FinopsError(f"{target} could not be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
