"""Filters as people read them: conditions on a row's dimensions, spelled for `--where`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tui.spans import month_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.report.model import Cell, Row

__all__ = ["about", "conditions", "equals", "joined", "typed"]

_NAME = re.compile(r"^[A-Za-z_]\w*$")
_OPERATOR = re.compile(r"[=<>()]|\b(?:like|ilike|in|is|between|not|and|or)\b", re.IGNORECASE)
_TAG = "tag:"
_ONE = re.compile(r"(\w+) (?:is null|(?:=|<|>=|ilike) (?:'(?:[^']|'')*'|[\w.]+))")
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_RESERVED = re.compile(
    r"all|analyse|analyze|and|any|array|as|asc|asymmetric|both|case|cast|check|collate|"
    r"column|constraint|create|default|deferrable|desc|describe|distinct|do|else|end|"
    r"except|false|fetch|for|foreign|from|group|having|in|initially|intersect|into|lambda|"
    r"lateral|leading|limit|not|null|offset|on|only|or|order|pivot|pivot_longer|"
    r"pivot_wider|placing|primary|qualify|references|returning|select|show|some|summarize|"
    r"symmetric|table|then|to|trailing|true|union|unique|unpivot|using|variadic|when|"
    r"where|window|with"
)
"""Words of SQL: a column of such a name stands in quotes."""
_WEEK = timedelta(days=7)


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


def conditions(names: Sequence[str], row: Row) -> tuple[str, ...]:
    """What is true of `row` alone, by the columns `names`, in the words of --where."""
    return tuple(each for name in names for each in _condition(name, row.get(name)))


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


def _condition(name: str, value: Cell) -> list[str]:
    """Stretches of time as a range of days: every command knows those."""
    if not isinstance(value, str) or name not in {"day", "week", "month"}:
        return [equals(name, value)]
    if name == "day":
        return [equals("day", value)]
    start = date.fromisoformat(value if name == "week" else f"{value}-01")
    end = start + _WEEK if name == "week" else month_after(start)
    return [f"day >= '{start}'", f"day < '{end}'"]


def _column(name: str) -> str:
    """A dimension as `--where` names it: a tag by its key, what is no plain name in quotes."""
    if name.startswith(_TAG):
        return f"Tags[{_quoted(name.removeprefix(_TAG))}]"
    return (
        name
        if _NAME.match(name) and not _RESERVED.fullmatch(name)
        else '"' + name.replace('"', '""') + '"'
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
