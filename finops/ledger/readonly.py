"""Other people's SQL on the ledger: it can read the ledger's tables, and do nothing else.

Three walls, because each alone has a hole. The connection may open the tables' own files and no other
(no file, folder, network, extension, environment or Python variable), and its settings are locked. The
text must be exactly one SELECT. And its parse tree may hold only nodes that read: DuckDB counts
`WITH x AS (COPY … TO …) SELECT …` as a SELECT, and would let it overwrite a file it may read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from finops.errors import FinopsError, UsageError
from finops.ledger.engine import open_engine, query
from finops.ledger.schema import identifier, literal
from finops.ledger.store import as_pattern
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.ledger.store import Ledger

__all__ = ["Answer", "check", "connect_readonly", "run_select"]

_READING_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_RUNS_TEXT = {"query", "query_table", "json_execute_serialized_sql"}
_ONE_SELECT = "write one SELECT; `finops sql` only reads"


class Answer(NamedTuple):
    """Column names (made distinct), their DuckDB types, and the rows."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def connect_readonly(ledger: Ledger) -> duckdb.DuckDBPyConnection:
    """A connection with the ledger's views that can open their files and nothing else."""
    con = open_engine()
    readings = {name: ledger.reading(name) for name in TABLES}
    paths = {path for each in readings.values() for path in each.paths}
    listed = ", ".join(literal(path) for path in sorted(paths | {as_pattern(p) for p in paths}))
    for statement in (
        *(f"CREATE VIEW {identifier(name)} AS {each.sql}" for name, each in readings.items()),
        "SET preserve_insertion_order = true",
        "SET python_enable_replacements = false",
        "SET python_scan_all_frames = false",
        "SET autoload_known_extensions = false",
        "SET autoinstall_known_extensions = false",
        f"SET allowed_paths = [{listed}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        query(con, statement)
    return con


def run_select(con: duckdb.DuckDBPyConnection, text: str) -> Answer:
    """The answer to `text`; UsageError when it is not one SELECT that only reads, or is wrong SQL."""
    check(con, text)
    try:
        result = con.execute(text)
        described = result.description or []
        rows = result.fetchall()
    except duckdb.PermissionException as error:
        raise UsageError(f"the query was refused: {_first_line(error)}") from error
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise UsageError(f"the query failed: {_first_line(error)}") from error
    except duckdb.Error as error:
        raise FinopsError(f"the query failed: {_first_line(error)}") from error
    names = _distinct([str(column[0]) for column in described])
    return Answer(names, tuple(str(column[1]) for column in described), rows)


def check(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """UsageError unless `text` is exactly one SELECT whose every part only reads."""
    try:
        statements = con.extract_statements(text)
    except duckdb.Error as error:
        raise UsageError(f"this is not SQL: {_first_line(error)}") from error
    if len(statements) != 1:
        raise UsageError(f"{len(statements)} statements, not one", hint=_ONE_SELECT)
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        raise UsageError(f"a statement of type {kind.name} is not allowed", hint=_ONE_SELECT)
    tree = json.loads(query(con, "SELECT json_serialize_sql($text::VARCHAR)", {"text": text})[0][0])
    if tree.get("error"):
        raise UsageError(
            f"the query could not be checked: {tree.get('error_message')}", hint=_ONE_SELECT
        )
    for refused in _refused(tree["statements"]):
        raise UsageError(f"{refused} is not allowed in a query", hint=_ONE_SELECT)


def _refused(node: object) -> Iterator[str]:
    """Whatever in the parse tree may do more than read."""
    if isinstance(node, list):
        for each in node:
            yield from _refused(each)
    elif isinstance(node, dict):
        kind, function = node.get("type"), node.get("function_name")
        if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _READING_NODES:
            yield kind.removesuffix("_NODE").removesuffix("_QUERY")
        if isinstance(function, str) and function.lower() in _RUNS_TEXT:
            yield f"{function}()"
        for each in node.values():
            yield from _refused(each)


def _distinct(names: list[str]) -> tuple[str, ...]:
    """`names` with a number behind repeated ones, so that each row can be an object."""
    found: list[str] = []
    for name in names:
        number, made = 2, name
        while made in found:
            made, number = f"{name}_{number}", number + 1
        found.append(made)
    return tuple(found)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
