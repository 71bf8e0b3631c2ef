"""OTLP trace exports, protobuf or JSON, reduced to what the `otlp-traces` format reads.

Only spans' identities, times, status and the attributes the format knows or finops.toml allows pass; of those only
scalars that can be a name (one line, at most 200 characters, no `@`). Prompts, answers, events, links and
everything else end here, before anything is written.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.formats.requests.otlp import attribute_names
from finops.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Received", "Reducer", "lines"]

_LONGEST = 200
_TRACE_BYTES, _SPAN_BYTES = 16, 8


class Received(NamedTuple):
    """Spans of one export: a reduced `resourceSpans` document for each trace, and how many were no spans."""

    by_trace: Mapping[str, dict[str, Any]]
    spans: int
    rejected: int


class Reducer:
    """Reads exports; `allowed` is `[attributes] allow` of finops.toml."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        _messages()
        self._span_names, self._resource_names = attribute_names(tuple(allowed))

    def protobuf(self, body: bytes) -> Received:
        """An ExportTraceServiceRequest; InputError when it is none."""
        message, error_class = _messages()
        try:
            request = message.FromString(body)
        except error_class as error:
            raise InputError(f"the body is no OTLP protobuf message: {error}") from error
        return self._reduced(
            (
                _pairs(each.resource.attributes, _scalar_of_message),
                (_span_of_message(span) for scope in each.scope_spans for span in scope.spans),
            )
            for each in request.resource_spans
        )

    def json(self, body: bytes) -> Received:
        """The same as JSON, ids in hexadecimal as OTLP has them; InputError when it is none."""
        try:
            document = json.loads(body)
            parts = [
                (
                    _pairs((each.get("resource") or {}).get("attributes", ()), _scalar_of_json),
                    [
                        _span_of_json(span)
                        for scope in each.get("scopeSpans", ())
                        for span in scope.get("spans", ())
                    ],
                )
                for each in document.get("resourceSpans", ())
            ]
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise InputError(f"the body is no OTLP-JSON document: {error}") from error
        return self._reduced(parts)

    def _reduced(
        self, parts: Iterable[tuple[dict[str, Any], Iterable[dict[str, Any]]]]
    ) -> Received:
        found: dict[str, dict[str, Any]] = {}
        spans = rejected = 0
        for resource, given in parts:
            kept = _attributes(resource, self._resource_names)
            for span in given:
                spans += 1
                if not _is_id(span["traceId"], _TRACE_BYTES) or not _is_id(
                    span["spanId"], _SPAN_BYTES
                ):
                    rejected += 1
                    continue
                span["attributes"] = _attributes(span["attributes"], self._span_names)
                document = found.setdefault(span["traceId"], {"resourceSpans": []})
                document["resourceSpans"].append(
                    {"resource": {"attributes": kept}, "scopeSpans": [{"spans": [span]}]}
                )
        return Received(found, spans, rejected)


def _messages() -> tuple[Any, type[Exception]]:
    """The message of an export, and the error of what is none; UsageError without the extra."""
    try:
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )
    except ImportError as error:
        raise UsageError(
            "receiving traces needs the extra `receive`",
            hint="install it: pip install 'finops-terminal[receive]'",
        ) from error
    return ExportTraceServiceRequest, DecodeError


def _attributes(given: dict[str, Any], names: frozenset[str]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value} for name, value in given.items() if name in names]


def _pairs(given: Iterable[Any], scalar: Callable[[Any], dict[str, str] | None]) -> dict[str, Any]:
    """Attributes with a scalar value that can be a name; of several with one key the first."""
    found: dict[str, Any] = {}
    for one in given:
        key = one.key if hasattr(one, "key") else one["key"]
        value = scalar(one)
        if isinstance(key, str) and value is not None:
            found.setdefault(key, value)
    return found


def _scalar_of_message(one: Any) -> dict[str, str] | None:  # noqa: ANN401  (a protobuf message)
    kind = one.value.WhichOneof("value")
    kinds = {
        "string_value": "stringValue",
        "int_value": "intValue",
        "double_value": "doubleValue",
        "bool_value": "boolValue",
    }
    return _scalar(kinds.get(kind), getattr(one.value, kind)) if kind in kinds else None


def _scalar_of_json(one: Mapping[str, Any]) -> dict[str, str] | None:
    for name in ("stringValue", "intValue", "doubleValue", "boolValue"):
        if name in (one.get("value") or {}):
            return _scalar(name, one["value"][name])
    return None


def _scalar(name: str | None, value: object) -> dict[str, str] | None:
    if name is None or not isinstance(value, str | int | float | bool):
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not 1 <= len(text) <= _LONGEST or "@" in text or "\n" in text:
        return None
    return {name: text}


def _span_of_message(span: Any) -> dict[str, Any]:  # noqa: ANN401  (a protobuf message)
    return {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "parentSpanId": span.parent_span_id.hex(),
        "name": _title(span.name),
        "startTimeUnixNano": str(span.start_time_unix_nano),
        "endTimeUnixNano": str(span.end_time_unix_nano),
        "status": {"code": str(span.status.code)},
        "attributes": _pairs(span.attributes, _scalar_of_message),
    }


def _span_of_json(span: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "traceId": _hexadecimal(span.get("traceId"), _TRACE_BYTES),
        "spanId": _hexadecimal(span.get("spanId"), _SPAN_BYTES),
        "parentSpanId": _hexadecimal(span.get("parentSpanId"), _SPAN_BYTES),
        "name": _title(span.get("name")),
        "startTimeUnixNano": _digits(span.get("startTimeUnixNano")),
        "endTimeUnixNano": _digits(span.get("endTimeUnixNano")),
        "status": {"code": _title(str((span.get("status") or {}).get("code", "")))},
        "attributes": _pairs(span.get("attributes", ()), _scalar_of_json),
    }


def _title(name: object) -> str:
    """A span's name, which names an agent or a workflow; a text that cannot be a name is left out."""
    found = _scalar("name", name)
    return found["name"] if found else ""


def _digits(value: object) -> str:
    text = str(value)
    return text if text.isascii() and text.isdigit() else ""


def _hexadecimal(value: object, size: int) -> str:
    """An id as OTLP-JSON has it; base64, which plain protobuf-to-JSON converters write, is understood too."""
    text = value if isinstance(value, str) else ""
    if _is_id(text.lower(), size) or not text:
        return text.lower()
    try:
        found = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return ""
    return found.hex() if len(found) == size else ""


def _is_id(text: str, size: int) -> bool:
    return len(text) == 2 * size and set(text) <= set("0123456789abcdef") and set(text) != {"0"}


def lines(received: Received) -> Iterator[str]:
    """A line of JSON for each trace."""
    for document in received.by_trace.values():
        yield json.dumps(document, ensure_ascii=False, separators=(",", ":"))
