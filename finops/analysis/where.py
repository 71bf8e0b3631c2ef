"""Filters people type: `workflow = 'rag-answer' and latency_ms > 2000`, made safe.

DuckDB parses the text; what it parsed is walked and written out again from an allow-list of
comparisons, so that nothing but columns, constants and those comparisons can reach the engine.
"""

from __future__ import annotations

import difflib
import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import duckdb

__all__ = ["Where", "compile_where"]

_HINT = "write comparisons of columns and values, for example: workflow = 'rag' and status <> 'ok'"

_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_DISTINCT_FROM": "is distinct from",
    "COMPARE_NOT_DISTINCT_FROM": "is not distinct from",
}
_INFIX = {"~~": "like", "!~~": "not like", "~~*": "ilike", "!~~*": "not ilike"}
_CASTS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"})
_FUNCTIONS = frozenset({"lower", "upper", "trim", "length", "starts_with", "contains", "coalesce"})


class Where(NamedTuple):
    """A checked filter: SQL that is safe to run, and the columns it reads, as declared."""

    sql: str
    columns: frozenset[str]


def compile_where(text: str, columns: Mapping[str, str]) -> Where:
    """Check `text` against `columns` (name to SQL expression, any case); UsageError when it fails."""
    walker = _Walker({name.casefold(): (name, sql) for name, sql in columns.items()})
    return Where(walker.walk(_parse(text)), frozenset(walker.used))


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """An engine that only reads filters: opening one takes longer than reading a hundred."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


@cache
def _parse(text: str) -> dict[str, Any]:
    if not text.strip():
        raise UsageError("the filter is empty", hint=_HINT)
    with _parser().cursor() as con:
        tree, bare = (
            json.loads(con.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0])
            for sql in (f"select 1 from t where ({text}\n)", f"select 1 from t where {text}")
        )
    tree = bare if bare.get("error") else tree
    if tree.get("error"):
        raise UsageError(f"cannot read the filter {text!r}: {tree['error_message']}", hint=_HINT)
    node = tree["statements"][0]["node"] if len(tree["statements"]) == 1 else {}
    extras = ("modifiers", "group_expressions", "having", "qualify", "sample")
    is_plain = node.get("type") == "SELECT_NODE" and not any(node.get(part) for part in extras)
    if not is_plain or node["from_table"].get("type") != "BASE_TABLE":
        raise UsageError(f"the filter {text!r} is more than a filter", hint=_HINT)
    where: dict[str, Any] = node["where_clause"]
    return where


class _Walker:
    """Writes a parsed expression out again, refusing what is not on the list."""

    def __init__(self, columns: Mapping[str, tuple[str, str]]) -> None:
        self.columns = columns
        self.used: set[str] = set()

    def walk(self, node: dict[str, Any]) -> str:
        write: dict[str, Callable[[dict[str, Any]], str]] = {
            "COLUMN_REF": self._column,
            "CONSTANT": self._constant,
            "COMPARISON": self._comparison,
            "CONJUNCTION": self._conjunction,
            "OPERATOR": self._operator,
            "BETWEEN": self._between,
            "FUNCTION": self._function,
            "CAST": self._cast,
        }
        writer = write.get(node["class"])
        if writer is None:
            raise UsageError(f"a filter cannot hold a {node['class'].lower()}", hint=_HINT)
        return writer(node)

    def _column(self, node: dict[str, Any]) -> str:
        name = ".".join(node["column_names"])
        found = self.columns.get(name.casefold())
        if found is None:
            near = difflib.get_close_matches(name.casefold(), self.columns, n=1)
            hint = f"did you mean {self.columns[near[0]][0]}?" if near else _HINT
            raise UsageError(f"there is no column {name!r} to filter on", hint=hint)
        self.used.add(found[0])
        return found[1]

    def _constant(self, node: dict[str, Any]) -> str:
        literal = node.get("literal") or {}
        kind, text = literal.get("kind"), str(literal.get("text", ""))
        if kind in {"INTEGER", "NUMERIC"}:
            return text
        if kind == "STRING":
            return quote(text)
        if kind == "BOOLEAN":
            return "true" if text.casefold() == "true" else "false"
        if kind == "NULL_LITERAL":
            return "null"
        raise UsageError("a filter takes text, numbers, true, false and null", hint=_HINT)

    def _comparison(self, node: dict[str, Any]) -> str:
        sign = _COMPARISONS.get(node["type"])
        if sign is None:
            raise UsageError("that comparison cannot be used in a filter", hint=_HINT)
        return f"({self.walk(node['left'])} {sign} {self.walk(node['right'])})"

    def _conjunction(self, node: dict[str, Any]) -> str:
        word = " and " if node["type"] == "CONJUNCTION_AND" else " or "
        return f"({word.join(self.walk(child) for child in node['children'])})"

    def _operator(self, node: dict[str, Any]) -> str:
        kind, children = node["type"], node["children"]
        if kind == "OPERATOR_NOT":
            return f"(not {self.walk(children[0])})"
        if kind in {"OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"}:
            word = "is null" if kind == "OPERATOR_IS_NULL" else "is not null"
            return f"({self.walk(children[0])} {word})"
        if kind in {"COMPARE_IN", "COMPARE_NOT_IN"}:
            word = "in" if kind == "COMPARE_IN" else "not in"
            members = ", ".join(self.walk(child) for child in children[1:])
            return f"({self.walk(children[0])} {word} ({members}))"
        if kind == "OPERATOR_COALESCE":
            return f"coalesce({', '.join(self.walk(child) for child in children)})"
        if kind == "ARRAY_EXTRACT":
            return self._key(children)
        raise UsageError("that operator cannot be used in a filter", hint=_HINT)

    def _key(self, children: list[dict[str, Any]]) -> str:
        key = children[1].get("literal", {})
        if children[0]["class"] != "COLUMN_REF" or key.get("kind") != "STRING":
            raise UsageError("write a tag as Tags['key']", hint=_HINT)
        return json_member(self._column(children[0]), key["text"])

    def _between(self, node: dict[str, Any]) -> str:
        value, low, high = (self.walk(node[part]) for part in ("input", "lower", "upper"))
        return f"({value} between {low} and {high})"

    def _function(self, node: dict[str, Any]) -> str:
        name = node["function_name"]
        arguments = [self.walk(each["expression"]) for each in node["arguments"]]
        if name in _INFIX and node["is_operator"]:
            return f"({arguments[0]} {_INFIX[name]} {arguments[1]})"
        if name not in _FUNCTIONS or node["is_operator"]:
            raise UsageError(f"a filter cannot use {name}()", hint=_HINT)
        return f"{name}({', '.join(arguments)})"

    def _cast(self, node: dict[str, Any]) -> str:
        kind = str(node["type_expr"].get("type_name", "")).upper()
        if kind not in _CASTS:
            raise UsageError("a filter can cast to a date or a time only", hint=_HINT)
        return f"cast({self.walk(node['child'])} as {kind})"


def quote(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def json_member(column: str, key: str) -> str:
    """The member `key` of the JSON object in `column`, as text; null when there is none."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string({column}, {quote(pointer)})"
