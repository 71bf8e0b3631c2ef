"""docs/config.md: every setting of finops.toml, from the schema its values are checked by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from finops.config import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["settings_parts"]

ABOUT = """\
`finops.toml` is looked for in this folder, then in your configuration folder; `FINOPS_CONFIG` names another. It is
refused, with the file and the key, when something in it is unknown or wrong. `finops init` writes one to start from,
`finops doctor` shows where each setting comes from, and [finops.schema.json](finops.schema.json) is this page for editors.
Amounts and rates are written as text, so that every digit counts."""


def settings_parts() -> list[str]:
    """The page's parts after its title."""
    schema = json.loads(json_schema())
    known: dict[str, Any] = schema["$defs"]
    parts = [ABOUT, "## At the top", _table(schema, known)]
    for name, title in _tables(schema["properties"], known):
        parts.append(f"## {title}\n\n{_about(known[name])}\n\n{_table(known[name], known)}".strip())
    return parts


def _tables(
    properties: Mapping[str, Any], known: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, str]]:
    """Every table there is, with its heading, in the order of the file: `[owned.power]`, `[[pools]]`."""
    for key, said in properties.items():
        for name, is_list in _refs(said):
            if "properties" not in known[name]:
                continue
            inside = f"{path}{key}"
            yield name, f"[[{inside}]]" if is_list else f"[{inside}]"
            yield from _tables(known[name]["properties"], known, f"{inside}.")


def _refs(said: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """The tables a setting holds, and whether it is a list of them."""
    for each in (said, *said.get("anyOf", ())):
        if "$ref" in each:
            yield each["$ref"].rpartition("/")[2], False
        for inside in (each.get("items"), each.get("additionalProperties")):
            if isinstance(inside, dict) and "$ref" in inside:
                yield inside["$ref"].rpartition("/")[2], inside is each.get("items")


def _about(said: Mapping[str, Any]) -> str:
    return " ".join(str(said.get("description", "")).split())


def _table(said: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    required = set(said.get("required", ()))
    lines = ["| setting | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, each in said["properties"].items():
        default = "required" if name in required else _default(each)
        cells = (f"`{name}`", _type(each, known), default, _about(each))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _default(said: Mapping[str, Any]) -> str:
    value = said.get("default")
    if value in (None, [], {}, ""):
        return ""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
}


def _type(said: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """What may stand there, in a word."""
    if "anyOf" in said:
        words = [_type(each, known) for each in said["anyOf"] if each.get("type") != "null"]
        found = " or ".join(dict.fromkeys(words))
    elif "$ref" in said:
        target = known[said["$ref"].rpartition("/")[2]]
        found = "table" if "properties" in target else _type(target, known)
    elif "enum" in said or "const" in said:
        found = ", ".join(f"`{value}`" for value in said.get("enum", [said.get("const")]))
    elif said.get("type") == "array":
        items = said.get("items") or (said.get("prefixItems") or [{}])[0]
        found = f"list of {_type(items, known)}"
    elif said.get("format") in {"date", "date-time"}:
        found = str(said["format"])
    else:
        found = _WORDS.get(str(said.get("type")), "value")
    return found
