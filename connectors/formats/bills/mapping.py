"""How a provider's export becomes FOCUS columns: a table of (FOCUS column, SQL), and the view under it.

Exports of one provider spell and leave out columns as their version likes. The view gives each column
the mapping speaks of one name, text in every shape, null where the file has none; so a mapping is
written once, as a table that can be read beside the provider's documentation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.checking import misread
from connectors.formats.bills.tokens_on_bills import phrase, token_columns
from connectors.formats.contract import Shape
from connectors.sql import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from connectors.formats.contract import Delivery

__all__ = [
    "difference",
    "focus_select",
    "json_object",
    "named_view",
    "names_in",
    "operands_problem",
    "total",
]

_NUMBER = "DECIMAL(38,24)"
_WORD = re.compile(r"\b[a-z][a-z0-9_]*\b")


def names_in(mapping: Mapping[str, str], known: Iterable[str]) -> tuple[str, ...]:
    """Those of `known` that the mapping's SQL speaks of."""
    spoken = {word for sql in mapping.values() for word in _WORD.findall(sql)}
    return tuple(name for name in known if name in spoken)


def named_view(
    delivery: Delivery,
    wanted: Iterable[str],
    spelled: Callable[[str], str],
    *,
    amounts: Iterable[str] = (),
    as_they_are: Iterable[str] = (),
) -> str:
    """A FROM item with `wanted` columns as text, found by `spelled(file column) -> name`; else null.

    `as_they_are` are file columns carried along under their own names. `amounts` that a Parquet file holds as doubles are read as the decimals they print.
    """
    here: dict[str, str] = {}
    for column in delivery.columns:
        here.setdefault(spelled(column), column)
    parquet, numbers = delivery.shape is Shape.PARQUET, set(amounts)
    cells = []
    for name in wanted:
        cell = quoted(here[name]) if name in here else "cast(null as varchar)"
        if name in here and parquet:
            cell = f"cast({cell} as varchar)"
            if name in numbers:
                cell = f"cast(cast({cell} as {_NUMBER}) as varchar)"
        cells.append(f"{cell} as {name}")
    types = None
    if delivery.shape in {Shape.JSON, Shape.JSONL}:
        types = {here[name]: "VARCHAR" for name in wanted if name in here}
    cells += [quoted(column) for column in as_they_are]
    return f"(select _file, _row, {', '.join(cells)} from {delivery.scan(types)})"


def focus_select(
    mapping: Mapping[str, str], source: str, *, phrases: Sequence[str], problem: str | None = None
) -> str:
    """The SELECT of a mapping over `source`; model and token kind are read from `phrases`."""
    columns = [f"{sql} as {quoted(name)}" for name, sql in mapping.items()]
    columns += [f"{sql} as {name}" for name, sql in token_columns("_phrase").items()]
    if problem is not None:
        columns.append(f"{problem} as _problem")
    rows = f"(select *, {phrase(phrases)} as _phrase from {source})"
    return f"select _file, _row, {', '.join(columns)} from {rows}"


def json_object(cells: Mapping[str, str]) -> str:
    """SQL: a JSON object of key and SQL text value without the empty ones; null when all are."""
    if not cells:
        return "cast(null as varchar)"
    pairs = ", ".join(f"{literal(key)}, {cell}" for key, cell in cells.items())
    given = ", ".join(cells.values())
    return (
        f"case when coalesce({given}) is not null"
        f" then cast(json_merge_patch('{{}}', json_object({pairs})) as varchar) end"
    )


def _number(cell: str) -> str:
    return f"coalesce(try_cast({cell} as {_NUMBER}), 0)"


def difference(left: str, right: str) -> str:
    """SQL text: `left` - `right`, exact; a missing one counts as nothing."""
    return f"cast({_number(left)} - {_number(right)} as varchar)"


def total(left: str, right: str) -> str:
    """SQL text: `left` + `right`, exact; a missing one counts as nothing."""
    return f"cast({_number(left)} + {_number(right)} as varchar)"


def operands_problem(cells: Sequence[str]) -> str:
    """SQL: why one of `cells`, amounts that are added or subtracted, cannot be; else null.

    The result of a sum is checked like every value, but would hide a digit cut from an operand.
    """
    tests = " ".join(
        f"when {misread(cell)} then '{cell} = ' || {cell} || ' is not an amount of 14 + 24 digits'"
        for cell in cells
    )
    return f"case {tests} end"
