"""Filters as people read them: conditions on a row's dimensions, spelled for `--where`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.report.model import Cell

__all__ = ["about", "equals", "joined", "typed"]

_NAME = re.compile(r"^[A-Za-z_]\w*$")
_OPERATOR = re.compile(r"[=<>()]|\b(?:like|ilike|in|is|between|not|and|or)\b", re.IGNORECASE)
_TAG = "tag:"
_ONE = re.compile(r"(\w+) (?:is null|(?:=|<|>=|ilike) (?:'(?:[^']|'')*'|[\w.]+))")
_OR = re.compile(r"\bor\b", re.IGNORECASE)


def equals(name: str, value: Cell) -> str:
    """The condition that `name` is `value`; a missing value is asked for by `is null`."""
    column = _column(name)
    if value is None:
        return f"{column} is null"
    if isinstance(value, bool):
        return f"{column} = {str(value).lower()}"
    if isinstance(value, str):
        return f"{column} = {_quoted(value)}"
    return f"{column} = {value}"


def typed(text: str, dimension: str | None) -> str:
    """What a person typed as a condition: a bare word is looked for in `dimension`, the rest stands."""
    said = text.strip()
    if not said or dimension is None or _OPERATOR.search(said):
        return said
    return f"{_column(dimension)} ilike {_quoted(f'%{said}%')}"


def about(condition: str) -> str | None:
    """The one column that a plain condition is about; None where it says more, or it cannot be seen."""
    found = _ONE.fullmatch(condition)
    return found[1] if found else None


def joined(conditions: Sequence[str]) -> str | None:
    """All of `conditions` as one expression; None when there are none."""
    if not conditions:
        return None
    if len(conditions) == 1:
        return conditions[0]
    return " and ".join(f"({each})" if _OR.search(each) else each for each in conditions)


def _column(name: str) -> str:
    """A dimension as `--where` names it: a tag by its key, what is no plain name in quotes."""
    if name.startswith(_TAG):
        return f"Tags[{_quoted(name.removeprefix(_TAG))}]"
    return name if _NAME.match(name) else '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
