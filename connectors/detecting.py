"""Which format a file has: every installed format is asked, and exactly one must be surest.

A file somebody named must be recognised. In a folder, what no format recognises is left out and said.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import InputError, UsageError
from finops.plugins import FORMATS, load, names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.formats.contract import Format
    from connectors.reading import SourceFile

__all__ = ["Grouped", "formats_of", "group_files"]


_BROKEN = (ImportError, AttributeError, SyntaxError, NameError, TypeError, ValueError, OSError)
"""What importing somebody else's module can raise; it must not stop the formats that work."""


class Grouped(NamedTuple):
    """Files that are loaded together, by format; and what was left out of the folders, with why."""

    deliveries: tuple[tuple[Format, tuple[SourceFile, ...]], ...]
    left_out: tuple[str, ...]


def formats_of(table: str) -> tuple[tuple[Format, ...], tuple[str, ...]]:
    """Installed formats of `table`, and a sentence for each one that failed to load."""
    found, failed = [], []
    for name in names(FORMATS):
        try:
            format_ = load(FORMATS, name)
        except _BROKEN as error:
            failed.append(f"format {name} could not be loaded: {error}")
            continue
        if format_.table == table:
            found.append(format_)
    return tuple(found), tuple(failed)


def group_files(
    table: str, files: Sequence[SourceFile], hint: str | None, maps: Mapping[str, str]
) -> Grouped:
    """Deliveries of `files` by format and shape; InputError when a named file has no single format."""
    formats, failed = (_hinted(table, hint), ()) if hint else formats_of(table)
    if hint:
        _check_shapes(formats[0], files)
    together: dict[tuple[str, str], tuple[Format, list[SourceFile]]] = {}
    left_out: list[str] = []
    for file in files:
        if file.from_folder and not _picked(formats, file):
            left_out.append(f"{file.path.name}: not read")
            continue
        try:
            format_ = formats[0] if hint else _surest(table, formats, _renamed(file, maps), failed)
        except InputError as error:
            if not file.from_folder:
                raise
            left_out.append(error.message)
            continue
        together.setdefault((format_.name, file.head.shape), (format_, []))[1].append(file)
    if not together:
        raise InputError(
            f"nothing here is {_TABLES.get(table, table)} we know",
            hint=f"--format-hint one of: {', '.join(format_.name for format_ in formats)}",
        )
    return Grouped(
        tuple((format_, tuple(group)) for format_, group in together.values()), tuple(left_out)
    )


_TABLES = {
    "costs": "a bill",
    "requests": "a token log",
    "usage": "usage counts",
    "gpu_samples": "a GPU log",
    "jobs": "a job log",
    "changes": "a change log",
}


def _hinted(table: str, hint: str) -> tuple[Format, ...]:
    format_: Format = load(FORMATS, hint)
    if format_.table != table:
        raise UsageError(
            f"the format {hint!r} is for {format_.table}, not {table}",
            hint=f"choose one of: {', '.join(known.name for known in formats_of(table)[0])}",
        )
    return (format_,)


def _check_shapes(format_: Format, files: Sequence[SourceFile]) -> None:
    """InputError for a file somebody named that is not laid out as the format can be."""
    for file in files:
        if not file.from_folder and file.head.shape not in format_.shapes:
            raise InputError(
                f"{file.path}: is {file.head.shape.value}, not {format_.name}"
                f" ({' or '.join(shape.value for shape in format_.shapes)})"
            )


def _renamed(file: SourceFile, maps: Mapping[str, str]) -> SourceFile:
    """The file as formats see it when `--map` has given its columns ledger names."""
    here = set(file.head.columns)
    added = tuple(ledger for ledger, column in maps.items() if column in here)
    return (
        file._replace(head=file.head._replace(columns=file.head.columns + added)) if added else file
    )


def _picked(formats: Sequence[Format], file: SourceFile) -> bool:
    shaped = [format_ for format_ in formats if file.head.shape in format_.shapes]
    return any(
        not format_.patterns
        or any(fnmatch(file.path.name, pattern) for pattern in format_.patterns)
        for format_ in shaped
    )


def _surest(
    table: str, formats: Sequence[Format], file: SourceFile, failed: Sequence[str]
) -> Format:
    scores = sorted(
        (
            (format_.recognises(file.head), format_.name, format_)
            for format_ in formats
            if file.head.shape in format_.shapes
        ),
        key=lambda scored: (-scored[0], scored[1]),
    )
    best = [scored for scored in scores if scored[0] > 0 and scored[0] == scores[0][0]]
    if len(best) == 1:
        return best[0][2]
    if best:
        listed = ", ".join(name for _, name, _ in best)
        raise InputError(
            f"{file.path}: could be any of {listed}", hint="say which with --format-hint NAME"
        )
    known = ", ".join(format_.name for format_ in formats)
    raise InputError(
        f"{file.path}: {file.head.shape.value} that is not {_TABLES.get(table, table)} we know",
        hint="; ".join([f"--format-hint one of: {known}", *failed]),
    )
