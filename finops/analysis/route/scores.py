"""Scored requests: how sure the small model was, and what is known of its answer and the large one's.

Comes from a table with one row per request (a CSV file, read here line by line) or from the ledger.
Every cell that cannot be used is a problem with its row and column; one bad cell refuses the file, as a
threshold chosen on half of it would be no threshold.
"""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import InputError, UsageError
from finops.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["ScoreColumns", "Scores", "parse_scores"]

PROBLEMS_NAMED = 20
"""Problems an error names one by one."""

_TRUE = {"true", "yes", "y", "t"}
_FALSE = {"false", "no", "n", "f"}


class Scores(NamedTuple):
    """One entry per request in each tuple; a tuple is None where nothing of the kind is known."""

    confidence: tuple[float, ...]
    """The small model's, or the router's, that the small one is good enough: 0 to 1."""
    small_correct: tuple[float | None, ...] | None = None
    """Quality of the small model's answer, 0 to 1; None where nobody judged it."""
    large_correct: tuple[float | None, ...] | None = None
    risk: tuple[str | None, ...] | None = None
    """Risk class; None where a request has none."""
    small_ms: tuple[float | None, ...] | None = None
    large_ms: tuple[float | None, ...] | None = None


class ScoreColumns(NamedTuple):
    """Names of the file's columns; None where it has no such column."""

    confidence: str
    small_correct: str | None = None
    large_correct: str | None = None
    risk: str | None = None
    small_latency: str | None = None
    large_latency: str | None = None


class _Refused(ValueError):
    """A cell that cannot be used, and why."""


def parse_scores(
    file: str, lines: Iterable[str], columns: ScoreColumns, *, delimiter: str = ","
) -> Scores:
    """Scores in the CSV `lines` of `file`, header first.

    InputError names a missing column, or every bad cell by row, column and value; UsageError says that
    one column stands for two things.
    """
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    problems: list[Problem] = []
    wanted = _wanted(columns)
    values: list[list[float | str]] = [[] for _ in wanted]
    header = _header(file, rows, [name for name, _ in wanted])
    places = [header.index(name) for name, _ in wanted]
    for number, cells in _numbered(file, rows, keep_blank=len(header) == 1):
        if len(cells) != len(header):
            why = f"has {len(cells)} cells, the header has {len(header)}"
            problems.append(Problem(file, number, None, None, why))
            continue
        for into, place, (name, read) in zip(values, places, wanted, strict=True):
            try:
                into.append(read(cells[place].strip()))
            except _Refused as refused:
                problems.append(Problem(file, number, name, cells[place], str(refused)))
    if problems:
        raise InputError(_how_many(file, problems), problems=problems[:PROBLEMS_NAMED])
    if not values[0]:
        raise InputError(f"{file}: holds no rows, only a header")
    return _scores(columns, values)


def _wanted(columns: ScoreColumns) -> list[tuple[str, Callable[[str], float | str]]]:
    """Columns to read, in the order of `ScoreColumns`, and how to read a cell of each."""
    readers: Sequence[Callable[[str], float | str]] = (
        _share, _quality, _quality, _name, _milliseconds, _milliseconds,
    )  # fmt: skip
    wanted = [(n, read) for n, read in zip(columns, readers, strict=True) if n is not None]
    names = [name for name, _ in wanted]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"column {twice[0]!r} is named for two different things")
    return wanted


def _header(file: str, rows: Iterator[list[str]], wanted: Sequence[str]) -> list[str]:
    _, cells = next(_numbered(file, rows, keep_blank=False), (0, []))
    header = [cell.strip() for cell in cells]
    if not any(header):
        raise InputError(f"{file}: the file is empty")
    missing = [name for name in wanted if name not in header]
    if missing:
        found = ", ".join(header)
        problems = [Problem(file, None, name, None, "no such column") for name in missing]
        raise InputError(
            f"{file}: no column {', '.join(map(repr, missing))}",
            hint=f"its columns are {found}",
            problems=problems,
        )
    twice = sorted({name for name in wanted if header.count(name) > 1})
    if twice:
        raise InputError(f"{file}: the header names a column twice: {', '.join(twice)}")
    return header


def _numbered(
    file: str, rows: Iterator[list[str]], *, keep_blank: bool
) -> Iterator[tuple[int, list[str]]]:
    """Rows and their numbers; InputError where the text is no CSV.

    A blank line is no row, unless the table has one column only: there it is an empty cell.
    """
    number = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"{file} row {number + 1}: {error}") from error
        if cells or keep_blank:
            number += 1
            yield number, cells or [""]


def _how_many(file: str, problems: Sequence[Problem]) -> str:
    count = len(problems)
    named = f"; the first {PROBLEMS_NAMED} are" if count > PROBLEMS_NAMED else ""
    return f"{file}: {count:,} {'cell' if count == 1 else 'cells or rows'} cannot be used{named}"


def _number(cell: str) -> float:
    if not cell:
        raise _Refused("is empty")
    try:
        value = float(cell)
    except ValueError as error:
        raise _Refused("not a number") from error
    if not math.isfinite(value) or "_" in cell:
        raise _Refused("not a number")
    return value


def _share(cell: str) -> float:
    value = _number(cell)
    if not 0 <= value <= 1:
        raise _Refused("is outside 0 to 1")
    return value


def _quality(cell: str) -> float:
    if cell.casefold() in _TRUE:
        return 1.0
    return 0.0 if cell.casefold() in _FALSE else _share(cell)


def _milliseconds(cell: str) -> float:
    value = _number(cell)
    if value < 0:
        raise _Refused("is below 0")
    return value


def _name(cell: str) -> str:
    if not cell:
        raise _Refused("is empty: a request without a risk class cannot be cleared")
    return cell


def _scores(columns: ScoreColumns, values: Sequence[list[float | str]]) -> Scores:
    """`values`, one list for each column that is there, under their names."""
    left = iter(values)
    found = [None if name is None else tuple(next(left)) for name in columns]
    return Scores(*found)  # type: ignore[arg-type]
