"""The JSON Schema of a document as `finops.report.document.json_format` writes it.

Nothing but what stands in it is allowed, and all of it must be there, so that a program may rely on every name.
Further members of a table are what a report adds (`extras`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from finops.report.document.model import ChartKind
from finops.report.model import Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["document_schema"]

_TEXT = {"type": "string"}
_SAID = {"type": "string", "minLength": 1}
_MAYBE_TEXT = {"type": ["string", "null"]}
_AMOUNT = {"type": ["number", "null"]}
_DAY = {"type": "string", "format": "date"}
_CURRENCY = {"type": ["string", "null"], "pattern": "^[A-Z]{3}$"}
_NAMED = {"$ref": "#/$defs/name"}


def document_schema(title: str, schemas: Sequence[str]) -> str:
    """The schema as text; `schemas` are the values that the member `schema` may have."""
    root = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_object(
            {
                "schema": {"enum": list(schemas), "description": "Name and version of this shape."},
                "title": _SAID,
                "content_sha256": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$",
                    "description": "Of what the document says; the same for two that say the same.",
                },
                "facts": {
                    "type": "object",
                    "additionalProperties": _object({"title": _SAID, "value": _TEXT}),
                    "description": "What has to be the same for the same document to come out.",
                },
                "period": {"$ref": "#/$defs/period"},
                "currency": _CURRENCY,
                "omitted": _list(
                    _object({"title": _SAID, "why": _SAID}),
                    "Sections that are not there, and what would bring them.",
                ),
                "sections": _list({"$ref": "#/$defs/section"}, "In reading order."),
            }
        ),
        "$defs": _definitions(),
    }
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"


def _object(members: Mapping[str, object]) -> dict[str, object]:
    """An object of exactly these members."""
    return {
        "type": "object",
        "required": list(members),
        "additionalProperties": False,
        "properties": dict(members),
    }


def _list(items: object, about: str = "") -> dict[str, object]:
    return {"type": "array", "items": items, **({"description": about} if about else {})}


def _definitions() -> dict[str, object]:
    table = _object(
        {
            "name": _NAMED,
            "command": {**_MAYBE_TEXT, "description": "The command that prints its numbers."},
            "chart": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/chart"}]},
            "schema": _SAID,
            "title": _SAID,
            "period": {"$ref": "#/$defs/period"},
            "currency": _CURRENCY,
            "columns": _list(_object({"name": _NAMED, "title": _TEXT, "style": _style()})),
            "rows": _list({"$ref": "#/$defs/row"}),
            "totals": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/row"}]},
            "notes": _list(_TEXT),
        }
    )
    section = {
        "name": _NAMED,
        "title": _SAID,
        "sentences": _list({"$ref": "#/$defs/sentence"}),
        "figures": _list({"$ref": "#/$defs/figure"}),
        "tables": _list({"$ref": "#/$defs/table"}),
        "notes": _list(_TEXT),
    }
    return {
        "name": {"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
        "period": {
            "anyOf": [
                {"type": "null"},
                _object({"start": _DAY, "end": _DAY, "label": _SAID}),
            ],
            "description": "Days from `start` up to, not including, `end`.",
        },
        "section": _object(section),
        "sentence": _object(
            {"text": _SAID, "numbers": _list(_object({"text": _SAID, "value": _AMOUNT}))}
        ),
        "figure": _figure(),
        "table": {**table, "additionalProperties": True},
        "chart": _chart(),
        "row": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/cell"},
            "description": "A value for each column, null for n/a; amounts with all their digits.",
        },
        "cell": {
            "anyOf": [
                {"type": ["null", "boolean", "number", "string"]},
                {"type": "object", "additionalProperties": {"$ref": "#/$defs/cell"}},
            ]
        },
    }


def _style() -> dict[str, object]:
    return {"enum": [str(style) for style in Style]}


def _figure() -> dict[str, object]:
    against = _object({"title": _SAID, "value": _AMOUNT, "change": _AMOUNT})
    return _object(
        {
            "name": {
                **_SAID,
                "description": "Of what is measured by pool or model, with its name.",
            },
            "title": _SAID,
            "value": _AMOUNT,
            "unit": _TEXT,
            "style": _style(),
            "against": {"type": "object", "additionalProperties": against},
            "why": {**_MAYBE_TEXT, "description": "What would supply it, where it is null."},
        }
    )


def _chart() -> dict[str, object]:
    return _object(
        {
            "kind": {"enum": [str(kind) for kind in ChartKind]},
            "title": _SAID,
            "label": _NAMED,
            "series": {"type": "array", "items": _NAMED, "minItems": 1},
            "low": _MAYBE_TEXT,
            "high": _MAYBE_TEXT,
            "mark": _MAYBE_TEXT,
        }
    )
