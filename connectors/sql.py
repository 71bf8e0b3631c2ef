"""Small pieces of SQL that readers of files share: names, texts, and JSON objects put right."""

from __future__ import annotations

__all__ = ["json_object_text", "literal", "quoted"]


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """`value` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def json_object_text(cell: str) -> str:
    """SQL: `cell` as the text of a JSON object; null for `{}`, braces put around Azure's fragments.

    Keys and values stay as the provider wrote them, `true` included.
    """
    bare = f"rtrim(trim({cell}), ', ')"
    return (
        f"case when {cell} is null or {cell} in ('{{}}', '[]') then null"
        f" when starts_with({cell}, '{{') then {cell}"
        f" when starts_with(ltrim({cell}), '\"') then '{{' || {bare} || '}}' else {cell} end"
    )
