"""What a connector's settings mean, as rows: for `finops connectors describe` and docs/connectors.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.settings import SourceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Connector

__all__ = ["SettingRow", "settings_rows"]


class SettingRow(NamedTuple):
    """One setting: its name, what it may be, its default (empty: required), what it means."""

    setting: str
    type: str
    default: str | None
    about: str


def settings_rows(connector: Connector, *, common: bool = True) -> Iterator[SettingRow]:
    """The connector's settings, its own first; those every source has last, where wanted."""
    schema = connector.settings.model_json_schema()
    required = set(schema.get("required", ()))
    shared = set(SourceSettings.model_fields)
    own = [name for name in schema["properties"] if name not in shared]
    for name in [*own, *(sorted(shared) if common else ())]:
        said = schema["properties"][name]
        default = None if name in required else _default(said)
        yield SettingRow(name, _type(said, schema), default, said.get("description", ""))


def _default(said: Mapping[str, Any]) -> str:
    """The default as finops.toml would have it."""
    value = said.get("default")
    if value is None or value == []:
        return "not set"
    if isinstance(value, bool | list):
        return json.dumps(value)
    return str(value)


def _type(said: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The kind of value in a word or two."""
    if "anyOf" in said:
        kinds = [_type(each, schema) for each in said["anyOf"] if each.get("type") != "null"]
        return " or ".join(kinds)
    if "$ref" in said:
        return _type(schema["$defs"][said["$ref"].rpartition("/")[2]], schema)
    if "enum" in said:
        return ", ".join(str(each) for each in said["enum"])
    kind = str(said.get("format") or said.get("type", "any"))
    if kind != "array":
        return kind
    some = said.get("prefixItems", (said.get("items", {}),))
    return f"list of {_type(some[0], schema)}"
