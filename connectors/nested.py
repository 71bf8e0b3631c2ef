"""Values in JSON that were asked for as a type: read as far as they fit, and where they do not, named.

DuckDB's reader of typed JSON gives up on a line at the first object that is not one, and says so in a
sentence. For the reading that finds problems, nested columns are therefore read as JSON and taken apart
here: each place of the asked type is compared with what stands there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from connectors.sql import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

__all__ = ["Misfit", "converted", "is_nested", "misfits"]

_NAMES = {"OBJECT": "a JSON object", "ARRAY": "a JSON list"}


class Misfit(NamedTuple):
    """A place a value must fit: its name, SQL of the value where it does not (else NULL), and why not."""

    place: str
    found: str
    why: str


def is_nested(kind: str) -> bool:
    """Whether the DuckDB type `kind` has fields inside."""
    return kind.upper().startswith("STRUCT")


def converted(cell: str, kind: str) -> str:
    """SQL: `cell` as `kind`, NULL where it does not fit; in a nested one, NULL is only what does not."""
    if not is_nested(kind):
        return f"try_cast({cell} as {kind})"
    return f"json_transform({cell}, {literal(json.dumps(_structure(_parsed(kind))))})"


def misfits(name: str, kind: str) -> Iterator[Misfit]:
    """The places in column `name`, asked for as `kind` and read as text or JSON, that may not fit."""
    cell = quoted(name)
    if not is_nested(kind):
        wrong = f"case when try_cast({cell} as {kind}) is null then {cell} end"
        yield Misfit(name, wrong, f"not a {_plain(kind)}")
        return
    for path, shown, wanted in _places(_parsed(kind), "$", name):
        odd = f"json_type({{}}) not in ({literal(wanted)}, 'NULL')"
        if "[*]" in path:
            inside = f"json_extract({cell}, {literal(path)})"
            found = f"list_filter({inside}, lambda each: {odd.format('each')})[1]"
        else:
            inside = f"json_extract({cell}, {literal(path)})"
            found = f"case when {odd.format(inside)} then {inside} end"
        yield Misfit(shown, found, f"is not {_NAMES[wanted]}")


def _places(
    kind: duckdb.sqltypes.DuckDBPyType, path: str, shown: str
) -> Iterator[tuple[str, str, str]]:
    """(JSON path, name, JSON type) of every object and list in `kind`."""
    if kind.id == "list":
        yield path, shown, "ARRAY"
        yield from _places(_child(kind), f"{path}[*]", f"{shown}[]")
    elif kind.id == "struct":
        yield path, shown, "OBJECT"
        for name, inner in _children(kind):
            yield from _places(inner, f'{path}."{name}"', f"{shown}.{name}")


def _structure(kind: duckdb.sqltypes.DuckDBPyType) -> Any:  # noqa: ANN401  (JSON)
    """`kind` as `json_transform` wants it written."""
    if kind.id == "list":
        return [_structure(_child(kind))]
    if kind.id == "struct":
        return {name: _structure(inner) for name, inner in _children(kind)}
    return str(kind)


def _child(kind: duckdb.sqltypes.DuckDBPyType) -> duckdb.sqltypes.DuckDBPyType:
    ((_, inner),) = _children(kind)
    return inner


def _children(kind: duckdb.sqltypes.DuckDBPyType) -> list[tuple[str, duckdb.sqltypes.DuckDBPyType]]:
    """Name and type of what is inside; DuckDB declares more than a list or an object can have."""
    return cast("list[tuple[str, duckdb.sqltypes.DuckDBPyType]]", kind.children)


def _parsed(kind: str) -> duckdb.sqltypes.DuckDBPyType:
    import duckdb

    return duckdb.sqltype(kind)


def _plain(kind: str) -> str:
    words = {
        "BIGINT": "whole number",
        "INTEGER": "whole number",
        "DOUBLE": "number",
        "BOOLEAN": "boolean",
    }
    word = kind.upper().partition("(")[0]
    fallback = "time" if word.startswith("TIMESTAMP") else word.lower()
    return words.get(word, fallback)
