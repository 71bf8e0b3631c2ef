"""OpenAI response logs: chat completions, Responses API objects and Batch API output, as JSON.

The input count INCLUDES cached tokens (`prompt_tokens_details.cached_tokens`, or `input_tokens_details`
in the Responses API), cache reads and writes alike; the ledger's uncached input is what is left.
Output includes reasoning, and rejected prediction tokens, which are billed. What the reader knows:

* A streamed chat completion has usage only in its last chunk, and only with
  `stream_options.include_usage`. Of the lines of one response the one with usage counts; a response
  without any keeps its tokens unknown, and a note says so.
* Cache writes live 30 minutes or 12 hours (`cache_write_tokens_details`); what of the total neither
  names has an unknown lifetime.
* Batch output (`custom_id`, `response.body`) is marked `batch`. Its failed lines have no time of their
  own: `--set timestamp=…`, or they are refused.
* `metadata` may carry ledger dimensions under their own names (workflow, team, feature …), and attributes on
  the allow-list.
* A logger's own wrapping is understood where it is `{"timestamp": …, "response": {…}}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import (
    allowed,
    attributes,
    code,
    epoch,
    first,
    labels,
    nested,
    scalar,
    status,
)
from connectors.formats.requests.usage import Counts, record, split_writes

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_OBJECTS = ("chat.completion", "chat.completion.chunk", "response", "text_completion")
_FIELDS = (
    "object", "id", "created", "created_at", "completed_at", "model", "service_tier", "status",
    "custom_id", "timestamp",
)  # fmt: skip
_DOCUMENTS = ("usage", "metadata", "incomplete_details", "error", "response")

_ROWS = """(
  select * from (
    select _file, _row, custom_id, "timestamp", response, _root is null as _wrapped,
      coalesce(_root, response->'body', response) as _body,
      coalesce(_root, response->'body', response)->'usage' as _usage
    from (select *, case when object is not null then json_object({pairs}) end as _root from {scan})
  )
  qualify row_number() over (
    partition by coalesce(json_extract_string(_body, '$.id'), custom_id, _file || _row)
    order by json_type(_usage) = 'OBJECT' desc nulls last, _file, _row) = 1
)"""


def _recognises(head: Head) -> int:
    plain = head.text.replace(" ", "")
    mine = any(f'"object":"{name}"' in plain for name in _OBJECTS)
    return 90 if mine and {"object", "response"} & set(head.columns) else 0


def _counts() -> Counts:
    chat, responses = "prompt_tokens_details", "input_tokens_details"
    writes = "cache_write_tokens_details"

    def either(*names: str) -> str:
        return first(nested("_usage", chat, *names), nested("_usage", responses, *names))

    return Counts(
        input=first(nested("_usage", "prompt_tokens"), nested("_usage", "input_tokens")),
        output=first(nested("_usage", "completion_tokens"), nested("_usage", "output_tokens")),
        read=either("cached_tokens"),
        written=split_writes(
            either("cache_write_tokens"),
            {
                "cache_write_30m_tokens": either(writes, "ttl_30m_tokens"),
                "cache_write_12h_tokens": either(writes, "ttl_12h_tokens"),
            },
        ),
        reasoning=first(
            nested("_usage", "completion_tokens_details", "reasoning_tokens"),
            nested("_usage", "output_tokens_details", "reasoning_tokens"),
        ),
    )


def _state() -> str:
    reason = nested("_body", "incomplete_details", "reason")
    failed = first(nested("_body", "error", "code"), nested("response", "status_code"))
    return (
        f"case when {reason} = 'content_filter' then 'blocked'"
        f" else {status(first(nested('_body', 'status'), f'case when _wrapped then {failed} end'))} end"
    )


def _fields(delivery: Delivery) -> dict[str, str]:
    created = first(nested("_body", "created"), nested("_body", "created_at"))
    done = f"try_cast({nested('_body', 'completed_at')} as double)"
    took = f"({done} - try_cast({nested('_body', 'created_at')} as double)) * 1000"
    return {
        "timestamp": f"coalesce(cast({epoch(created)} as varchar), nullif(\"timestamp\", ''))",
        "request_id": first(nested("_body", "id"), "custom_id"),
        "operation": f"case when {nested('_body', 'object')} = 'text_completion'"
        " then 'text_completion' else 'chat' end",
        "provider": "'openai'",
        "request_model": nested("_body", "model"),
        "response_model": nested("_body", "model"),
        "service_tier": f"nullif({nested('_body', 'service_tier')}, 'default')",
        "batch": "custom_id is not null",
        "status": _state(),
        "error_type": code(
            first(nested("_body", "error", "code"), nested("_body", "error", "type"))
        ),
        "latency_ms": f"case when {took} >= 0 then {took} end",
        **labels("_body->'metadata'"),
        "attributes": attributes(
            {
                **allowed(delivery.allowed, "_body->'metadata'"),
                "incomplete_reason": code(scalar("_body", "incomplete_details", "reason")),
                "object": code(nested("_body", "object")),
            }
        ),
    }


def _select(delivery: Delivery) -> str:
    types = dict.fromkeys(_FIELDS, "VARCHAR") | dict.fromkeys(_DOCUMENTS, "JSON")
    pairs = ", ".join(
        f"'{name}', \"{name}\""
        for name in (*_FIELDS, *_DOCUMENTS)
        if name not in {"timestamp", "response"}
    )
    rows = _ROWS.format(pairs=pairs, scan=delivery.scan(types))
    return record(rows, _fields(delivery), _counts(), inclusive=True, documents={"usage": "_usage"})


FORMAT = Format(
    name="openai-responses",
    table="requests",
    about="OpenAI chat completions, Responses API objects and batch output, logged as JSON",
    shapes=(Shape.JSONL, Shape.JSON),
    recognises=_recognises,
    select=_select,
    cached_in_input=True,
)
