"""The rows of a report with a derivation for each number, and which of them is asked about."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.arithmetic import SUM
from finops.analysis.derived.sheet import PARTS
from finops.analysis.explain_rows import chosen
from finops.analysis.explanation import Explanation, Line, Value
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from finops.analysis.derived.arithmetic import Derived
    from finops.model.period import Period

__all__ = ["Row", "Table", "explain_row"]


class Row(NamedTuple):
    """What a row is called, by column, and how each of its numbers is derived."""

    names: Mapping[str, str | None]
    numbers: Mapping[str, Callable[[], Derived]]
    currency: str | None = None
    sheet: tuple[Line, ...] = ()
    """The arithmetic of all its numbers, each step once, where they share steps."""

    @property
    def title(self) -> str:
        """Its names in one, for people."""
        return " / ".join(name for name in self.names.values() if name is not None) or "(none)"


class Table(NamedTuple):
    """A command's rows; `whole` is what stands below them, where there is such a line."""

    rows: tuple[Row, ...]
    whole: Row | None = None
    period: Period | None = None


def explain_row(
    table: Table, command: str, name: str, *, row: str | None = None, where: str | None = None
) -> Explanation | None:
    """The number `name` of a row, or with an empty `name` all of its numbers; None where there is no such number.

    `row` is one of the row's names in any case, or all of them with ` / ` between; `where` a condition over its
    columns. Without either it is the line of all rows. Of several rows each has its own: nothing is added.
    UsageError for a row there is none of.
    """
    found = _found(table, row, where)
    if not found:
        line = Line(name or command, None, None, None, None, f"finops {command} has no such row")
        return Explanation(command, f"rows of finops {command}", None, table.period, None, (line,))
    known = dict.fromkeys(number for each in found for number in each.numbers)
    if name and name not in known:
        return None
    (first, *more) = found
    if not more:
        only = next(iter(first.numbers)) if len(first.numbers) == 1 else name
        return _one(first, only, table.period) if only else _whole(first, command, table.period)
    return _several(found, command, name, table.period)


def _found(table: Table, row: str | None, where: str | None) -> Sequence[Row]:
    if row is None and where is None and table.whole is not None:
        return (table.whole,)
    rows: Sequence[Row] = table.rows
    if where is not None and rows:
        rows = chosen(rows, lambda each: each.names, tuple(rows[0].names), where)
    if row is None:
        return rows
    wanted = row.casefold()
    named = [each for each in rows if wanted in _known_as(each)]
    if named:
        return named
    titles = [each.title for each in rows]
    near = difflib.get_close_matches(row, titles, n=3) or titles[:5]
    hint = f"one of: {', '.join(near)}" if near else "there are no rows"
    raise UsageError(f"there is no row {row!r}", hint=hint)


def _known_as(row: Row) -> set[str]:
    names = [name for name in row.names.values() if name is not None]
    return {row.title.casefold(), *(name.casefold() for name in names)}


def _one(row: Row, name: str, period: Period | None) -> Explanation:
    found = row.numbers[name]()
    return Explanation(
        name, f"{name} = {found.formula}", found.value, period, row.currency, found.lines
    )


def _whole(row: Row, command: str, period: Period | None) -> Explanation:
    """Every number of a row, each with its own lines, which the names of their steps tell apart."""
    made = {name: derive() for name, derive in row.numbers.items()}
    lines = row.sheet or tuple(
        _begun(line, name) for name, found in made.items() for line in found.lines
    )
    told = "; ".join(f"{name} = {found.formula}" for name, found in made.items())
    values: Value = {name: _plain(found.value) for name, found in made.items()}  # type: ignore[assignment]
    return Explanation(command, told, values, period, row.currency, lines)


def _begun(line: Line, name: str) -> Line:
    """A line of the number `name` among those of others: sums are of this number's lines alone."""
    source = line.source
    if source == SUM:
        source = f"{PARTS}{name}"
    elif source.startswith(PARTS):
        source = f"{PARTS}{name}: {source.removeprefix(PARTS)}"
    step = name if line.step == name else f"{name}: {line.step}"
    return line._replace(step=step, source=source)


def _plain(value: Value) -> Value:
    return None if isinstance(value, dict) else value


def _several(rows: Sequence[Row], command: str, name: str, period: Period | None) -> Explanation:
    """A line for each row, and that one has to be chosen."""
    lines: list[Line] = []
    formula = f"{name or 'numbers'} of one row of finops {command}"
    for each in rows:
        shown = name or next(iter(each.numbers))
        if shown in each.numbers:
            found = each.numbers[shown]()
            lines.append(found.lines[-1]._replace(step=f"{each.title}: {shown}"))
    names = " or ".join(rows[0].names)
    told = f"of one row: name it after the number, or choose by {names} with --where"
    lines.append(Line(name or command, None, None, None, None, told))
    return Explanation(name or command, formula, None, period, None, tuple(lines))
