"""Anthropic message logs: Message objects as the API returns them, wrapped with the time of the call.

The input count EXCLUDES cached tokens: `input_tokens`, `cache_read_input_tokens` and
`cache_creation_input_tokens` stand beside each other. `cache_creation_input_tokens` equals the sum of its
breakdown by lifetime and is counted once. Output includes thinking. What the reader knows:

* A Message carries no time. The logger's wrapping does: `timestamp`, `created_at`, `time` or `ts` beside
  the message, which is the line itself, or its `response`, `message`, `body` or `result.message`
  (message batches). Another name: `--map timestamp=COLUMN`.
* Several lines of one message id are one call: the one with the most output counts.
* `metadata` beside the message may carry ledger dimensions under their own names, and attributes on the
  allow-list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import (
    allowed,
    asked,
    attributes,
    chosen,
    code,
    first,
    label,
    labels,
    nested,
    provider_of,
    status,
)
from connectors.formats.requests.usage import Counts, record, split_writes, whole

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT", "message_counts"]

_TIMES = ("timestamp", "created_at", "time", "ts", "logged_at")
_OWN = ("id", "type", "role", "model", "stop_reason")
_WRAPPINGS = ("response", "message", "body", "result")
_BESIDE = ("custom_id", "request_id", "latency_ms")

_ROWS = """(
  select * from (
    select *, coalesce(_root, response, message, body, result->'message') as _body,
      coalesce(_root, response, message, body, result->'message')->'usage' as _usage
    from (select *, case when usage is not null then json_object({pairs}) end as _root from {scan})
  )
  qualify row_number() over (
    partition by coalesce(json_extract_string(_body, '$.id'), request_id, custom_id, _file || _row)
    order by {output} desc nulls last, _file, _row) = 1
)"""


def _recognises(head: Head) -> int:
    plain = head.text.replace(" ", "")
    ours = '"type":"message"' in plain and '"input_tokens":' in plain
    names = set(head.columns)
    if not ours or "sessionId" in names or "object" in names:
        return 0
    return 90 if "usage" in names or names.intersection(_WRAPPINGS) else 0


def message_counts(usage: str) -> Counts:
    """The counts of an Anthropic usage block, the JSON expression `usage`."""
    return Counts(
        input=nested(usage, "input_tokens"),
        output=nested(usage, "output_tokens"),
        read=nested(usage, "cache_read_input_tokens"),
        written=split_writes(
            nested(usage, "cache_creation_input_tokens"),
            {
                "cache_write_5m_tokens": nested(
                    usage, "cache_creation", "ephemeral_5m_input_tokens"
                ),
                "cache_write_1h_tokens": nested(
                    usage, "cache_creation", "ephemeral_1h_input_tokens"
                ),
            },
        ),
        reasoning=nested(usage, "output_tokens_details", "thinking_tokens"),
    )


def _fields(delivery: Delivery) -> dict[str, str]:
    stop = nested("_body", "stop_reason")
    model = nested("_body", "model")
    failed = first(nested("result", "type"), nested("_body", "type"))
    return {
        "timestamp": chosen(delivery, *_TIMES),
        "request_id": first(nested("_body", "id"), "request_id", "custom_id"),
        "operation": "'chat'",
        "provider": provider_of(model, "'anthropic'"),
        "request_model": model,
        "response_model": model,
        "service_tier": first(nested("_usage", "service_tier")),
        "speed": first(nested("_usage", "speed")),
        "inference_geo": f"nullif({nested('_usage', 'inference_geo')}, 'not_available')",
        "batch": f"custom_id is not null or {nested('_usage', 'service_tier')} = 'batch'",
        "status": f"case when {stop} = 'refusal' then 'blocked' when {failed} = 'message' then 'ok'"
        f" else {status(failed)} end",
        "error_type": code(
            first(nested("_body", "error", "type"), nested("result", "error", "error", "type"))
        ),
        "latency_ms": "latency_ms",
        **labels("metadata"),
        "attributes": attributes(
            {
                **allowed(delivery.allowed, "metadata"),
                "stop_reason": code(stop),
                "anthropic_request_id": label("request_id"),
            }
        ),
    }


def _select(delivery: Delivery) -> str:
    types = dict.fromkeys((*_OWN, *_BESIDE, *asked(delivery, *_TIMES)), "VARCHAR")
    types |= dict.fromkeys(("usage", "metadata", *_WRAPPINGS), "JSON")
    pairs = ", ".join(f"'{name}', \"{name}\"" for name in (*_OWN, "usage"))
    output = whole(nested("_usage", "output_tokens"))
    rows = _ROWS.format(pairs=pairs, scan=delivery.scan(types), output=output)
    return record(
        rows,
        _fields(delivery),
        message_counts("_usage"),
        inclusive=False,
        documents={"usage": "_usage"},
    )


FORMAT = Format(
    name="anthropic-messages",
    table="requests",
    about="Anthropic Message objects and message batch results, logged as JSON",
    shapes=(Shape.JSONL, Shape.JSON),
    recognises=_recognises,
    select=_select,
    cached_in_input=False,
)
