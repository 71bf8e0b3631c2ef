"""owners.csv: which team, product and cost centre an identifier belongs to, from which day to which.

    from,to,kind,match,team,product,cost_centre,gl_code
    2026-01-01,,project,proj-search,search,Search,CC-210,6410
    ,2026-07-01,api_key,key_a1,claims,,,
    ,,tag,team=ml-platform,platform,Platform,,

`from` is the first day a row holds and `to` the first day it no longer does; an empty one leaves that
side open. Letters of identifiers match in any case, the key of a tag does not. At any one day an
identifier has one row; where identifiers of several kinds fit a charge, the first kind of `KINDS` that
says something decides, for each column by itself, so an empty cell leaves it to a wider row.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import ConfigError, InputError
from finops.model.private import mask
from finops.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "COLUMNS",
    "KINDS",
    "NOBODY",
    "OWNED_BY",
    "Owner",
    "OwnerRow",
    "Registry",
    "read_registry",
]

KINDS = ("api_key", "user", "namespace", "tag", "workspace", "project", "account", "service")
"""Kinds of identifier, the narrowest first."""

OWNED_BY = ("team", "product", "cost_centre", "gl_code")
"""What a row says of its identifier."""

COLUMNS = ("from", "to", "kind", "match", *OWNED_BY)
"""Columns of the file, in order."""


class Owner(NamedTuple):
    """Who answers for a cost; None where nothing says."""

    team: str | None = None
    product: str | None = None
    cost_centre: str | None = None
    gl_code: str | None = None


NOBODY = Owner()


class OwnerRow(NamedTuple):
    """One row: from `starts` up to, not including, `ends`. `line` is its line in the file."""

    kind: str
    match: str
    owner: Owner
    starts: date = date.min
    ends: date = date.max
    line: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What rows of one identifier share."""
        return self.kind, identifier(self.kind, self.match)

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on `day`."""
        return self.starts <= day < self.ends


class Registry(NamedTuple):
    """Every row, in the order of the file; `file` is None when there is none."""

    rows: tuple[OwnerRow, ...] = ()
    file: str | None = None

    @property
    def tag_keys(self) -> tuple[str, ...]:
        """Keys of tags rows are about."""
        found = (row.match.partition("=")[0] for row in self.rows if row.kind == "tag")
        return tuple(dict.fromkeys(found))

    def find(self, day: date, identifiers: Mapping[str, Sequence[str | None]]) -> Owner:
        """The owner on `day` of something with these identifiers, by kind; of one kind the first counts.

        A tag is given as `key=value`.
        """
        asked = [
            (kind, identifier(kind, value))
            for kind in KINDS
            for value in identifiers.get(kind, ())
            if value is not None
        ]
        found = [
            row.owner for key in asked for row in self.rows if row.key == key and row.holds_on(day)
        ]
        return Owner(*(_first(owner[place] for owner in found) for place in range(len(OWNED_BY))))


def identifier(kind: str, match: str) -> str:
    """`match` as it is compared: letters in any case, but not the key of a tag.

    An e-mail address or a key is compared as the pseudonym the ledger keeps in its place.
    """
    if kind != "tag":
        return mask(match).lower()
    key, _, value = match.partition("=")
    return f"{key}={mask(value).lower()}"


def read_registry(path: str | None) -> Registry:
    """The rows of the file at `path`; none for None.

    ConfigError when there is no such file; InputError with every problem when a row is wrong or two rows
    say whose an identifier is on the same day.
    """
    if path is None:
        return Registry()
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot read the owners file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the owners file {path} is not UTF-8 text") from error
    name = Path(path).name
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [column.strip() for column in reader.fieldnames or ()]
    problems = list(_header_problems(name, header))
    rows = []
    if not problems:
        reader.fieldnames = header
        for number, record in enumerate(reader, start=1):
            found, wrong = _row(name, number, reader.line_num, record)
            problems += wrong
            if found is not None:
                rows.append(found)
        problems += _overlaps(name, rows)
    if problems:
        shown = "; ".join(str(problem) for problem in problems[:_SHOWN])
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InputError(f"the owners file is wrong: {shown}{more}", problems=problems)
    return Registry(tuple(rows), path)


_SHOWN = 3


def _header_problems(file: str, header: Sequence[str]) -> Iterator[Problem]:
    for column in ("kind", "match"):
        if column not in header:
            yield Problem(file, None, None, None, f"there is no column {column}")
    for column in header:
        if column not in COLUMNS:
            yield Problem(
                file, None, None, None, f"unknown column {column!r} (it has: {', '.join(COLUMNS)})"
            )
        elif header.count(column) > 1:
            yield Problem(file, None, None, None, f"the column {column} is there twice")


def _row(
    file: str, number: int, line: int, record: Mapping[str | None, str | list[str] | None]
) -> tuple[OwnerRow | None, list[Problem]]:
    cells = {str(key): str(value or "").strip() for key, value in record.items() if key is not None}
    problems = [] if None not in record else [Problem(file, number, None, None, "too many cells")]
    if not any(cells.values()):
        return None, problems
    kind, match = cells["kind"].lower(), cells["match"]
    if kind not in KINDS:
        why = f"not a kind of identifier: {', '.join(KINDS)}"
        problems.append(Problem(file, number, "kind", cells["kind"], why))
    if not match:
        problems.append(Problem(file, number, "match", None, "is empty"))
    elif kind == "tag" and "=" not in match.strip("="):
        problems.append(Problem(file, number, "match", match, "a tag is written key=value"))
    starts, first_wrong = _day(file, number, "from", cells.get("from", ""), date.min)
    ends, last_wrong = _day(file, number, "to", cells.get("to", ""), date.max)
    problems += [*first_wrong, *last_wrong]
    if not problems and ends <= starts:
        problems.append(Problem(file, number, "to", cells["to"], "must be after `from`"))
    owner = Owner(*(cells.get(column) or None for column in OWNED_BY))
    if owner == NOBODY:
        problems.append(Problem(file, number, None, None, "names no team, product or cost centre"))
    return (None if problems else OwnerRow(kind, match, owner, starts, ends, line)), problems


def _day(
    file: str, number: int, column: str, text: str, default: date
) -> tuple[date, list[Problem]]:
    if not text:
        return default, []
    try:
        return date.fromisoformat(text), []
    except ValueError:
        return default, [Problem(file, number, column, text, "not a date (YYYY-MM-DD)")]


def _overlaps(file: str, rows: Iterable[OwnerRow]) -> Iterator[Problem]:
    by_key: dict[tuple[str, str], list[OwnerRow]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    for found in by_key.values():
        ordered = sorted(found, key=lambda row: row.starts)
        for before, after in pairwise(ordered):
            if after.starts < before.ends:
                lines = sorted((before.line, after.line))
                why = (
                    f"lines {lines[0]} and {lines[1]} both say whose {after.kind} {after.match} is"
                )
                day = after.starts if after.starts != date.min else None
                when = f" on {day}" if day else ""
                yield Problem(file, None, None, None, f"{why}{when}")


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)
