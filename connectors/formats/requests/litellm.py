"""LiteLLM: the proxy's `LiteLLM_SpendLogs` table, and StandardLoggingPayload objects of its callbacks.

The input count INCLUDES cached tokens, whatever the provider counts: LiteLLM adds Anthropic's kinds
together. SpendLogs has no cache columns; the kinds are in `metadata.usage_object`. What the reader knows:

* A row is an attempt. Retries and fallbacks of one call share `litellm_call_id` (SpendLogs) or
  `trace_id` (payloads), which is the `call_id`; attempts are numbered by their start. Failed attempts are
  rows with no spend and often no tokens.
* An answer from LiteLLM's own cache (`cache_hit`) reached no provider: its tokens are 0, and the
  attribute `cache_hit` says why.
* `model_group` is the name the caller asked for, `model` the one that served it, the provider's name before it
  left out.
* The key is stored as LiteLLM's SHA-256 of it, and only when it is one. `user` and the requester's
  address are not read; `end_user` is the tenant unless it is an e-mail address.
* Of the caller's metadata, attributes on the allow-list are kept.
* Calls that are neither chat, completion, embedding nor rerank (images, speech …) are booked as
  `execute_tool`, so that they are never counted as requests; `call_type` keeps what they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import (
    allowed,
    answered,
    as_texts,
    asked,
    attributes,
    code,
    epoch,
    first,
    label,
    labels,
    nested,
    scalar,
)
from connectors.formats.requests.usage import Counts, record, split_writes
from connectors.sql import literal, quoted

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["PAYLOADS", "PAYLOAD_COLUMNS", "SPEND_COLUMNS", "SPEND_LOGS"]

_CALL_TYPES = {
    "chat": (
        "completion", "acompletion", "responses", "aresponses", "anthropic_messages", "generate_content",
        "agenerate_content", "agenerate_content_stream", "generate_content_stream", "",
    ),
    "text_completion": ("text_completion", "atext_completion"),
    "embeddings": ("embedding", "aembedding"),
    "rerank": ("rerank", "arerank"),
    "retrieval": ("vector_store_search", "avector_store_search", "search", "asearch"),
}  # fmt: skip

_SHARED = (
    "call_type", "prompt_tokens", "completion_tokens", "startTime", "endTime", "completionStartTime",
    "model", "model_group", "custom_llm_provider", "cache_hit", "end_user", "status", "session_id",
    "litellm_call_id",
)  # fmt: skip
SPEND_COLUMNS = (
    *_SHARED,
    "request_id",
    "api_key",
    "spend",
    "request_duration_ms",
    "team_id",
    "organization_id",
)
PAYLOAD_COLUMNS = (*_SHARED, "id", "trace_id", "response_cost")
_DOCUMENTS = ("metadata", "error_information")
_METADATA = ("_meta->'spend_logs_metadata'", "_meta->'requester_metadata'", "_meta")
"""Where a caller's own metadata stands, nearest first."""

_NUMBERED = """(
  select *, row_number() over (partition by _call order by _start, _id) as _attempt
  from (select *, {call} as _call, {start} as _start, {identity} as _id from {rows})
)"""


def _recognises_spend(head: Head) -> int:
    return 92 if {"request_id", "call_type", "spend", "startTime"} <= set(head.columns) else 0


def _recognises_payload(head: Head) -> int:
    return (
        92
        if {"id", "trace_id", "call_type", "response_cost", "startTime"} <= set(head.columns)
        else 0
    )


def _rows(delivery: Delivery, names: tuple[str, ...]) -> str:
    """A FROM item with `names` as text (NULL where the files lack one) and `_usage`, `_meta` as JSON."""
    cells = ", ".join(f"{_cell(delivery, name)} as {quoted(name)}" for name in names)
    read = asked(delivery, *names, *_DOCUMENTS)
    return f"""(
  select *, coalesce(_meta->'usage_object', _meta->'$.additional_usage_values') as _usage
  from (
    select _file, _row, {cells}, {_document(delivery, "metadata")} as _meta,
      {_document(delivery, "error_information")} as _own_error
    from {as_texts(delivery, read)}
  )
)"""


def _cell(delivery: Delivery, name: str) -> str:
    columns = asked(delivery, name)
    return f"cast({quoted(columns[0]) if columns else 'null'} as varchar)"


def _document(delivery: Delivery, name: str) -> str:
    """A JSON column; SpendLogs exports write it as text, sometimes as a JSON string of JSON."""
    cell = _cell(delivery, name)
    return (
        f"case when starts_with({cell}, '\"') then try_cast(json_extract_string(try_cast({cell} as json), '$')"
        f" as json) else try_cast({cell} as json) end"
    )


def _operation() -> str:
    cases = " ".join(
        f"when coalesce(call_type, '') in ({', '.join(literal(name) for name in names)}) then {literal(kind)}"
        for kind, names in _CALL_TYPES.items()
    )
    return f"case {cases} else 'execute_tool' end"


def _counts() -> Counts:
    details, cached = "prompt_tokens_details", "cache_creation_token_details"

    def spent(value: str) -> str:
        return f"case when lower(cache_hit) in ('true', '1') then '0' else {value} end"

    writes = split_writes(
        first(
            nested("_usage", "cache_creation_input_tokens"),
            nested("_usage", details, "cache_creation_tokens"),
            nested("_usage", details, "cache_write_tokens"),
        ),
        {
            "cache_write_5m_tokens": nested("_usage", details, cached, "ephemeral_5m_input_tokens"),
            "cache_write_1h_tokens": nested("_usage", details, cached, "ephemeral_1h_input_tokens"),
        },
    )
    read = first(
        nested("_usage", "cache_read_input_tokens"), nested("_usage", details, "cached_tokens")
    )
    thought = nested("_usage", "completion_tokens_details", "reasoning_tokens")
    return Counts(
        input=spent("prompt_tokens"),
        output=spent("completion_tokens"),
        read=spent(read),
        written={name: spent(value) for name, value in writes.items()},
        reasoning=spent(thought),
    )


def _fields(delivery: Delivery, identity: str, cost: str) -> dict[str, str]:
    failed = "lower(coalesce(status, '')) in ('failure', 'failed', 'error')"
    error = first(
        nested("_own_error", "error_class"),
        nested("_meta", "error_information", "error_class"),
        nested("_own_error", "error_code"),
        nested("_meta", "error_information", "error_code"),
    )
    took = "date_diff('microsecond', _start, {}) / 1000.0"
    ended, token = _instant("endTime"), _instant("completionStartTime")
    duration = f"case when {ended} >= _start then {took.format(ended)} end"
    waited = f"case when {token} >= _start and {token} < {ended} then {took.format(token)} end"
    given = labels("_meta->'spend_logs_metadata'", but=("tenant",))
    return {
        "timestamp": "_start",
        "request_id": identity,
        "call_id": "_call",
        "attempt": "_attempt",
        "operation": _operation(),
        "provider": first("custom_llm_provider"),
        "request_model": first("model_group", "model"),
        "response_model": "case when starts_with(model, custom_llm_provider || '/')"
        " then substr(model, length(custom_llm_provider) + 2) else nullif(model, '') end",
        **given,
        "team": f"coalesce({given['team']}, {label(nested('_meta', 'user_api_key_team_alias'))})",
        "tenant": label(first("end_user")),
        "project": label(first(nested("_meta", "user_api_key_project_id"))),
        "status": answered(failed, error),
        "error_type": code(error),
        "service_tier": f"nullif({first(nested('_usage', 'service_tier'))}, 'default')",
        "latency_ms": duration,
        "ttft_ms": waited,
        "reported_cost": f"nullif({cost}, '')",
        "attributes": attributes(
            {
                **allowed(delivery.allowed, *_METADATA),
                "call_type": code("call_type"),
                "cache_hit": "case when lower(cache_hit) in ('true', '1') then true end",
                "attempted_retries": f"try_cast({scalar('_meta', 'attempted_retries')} as bigint)",
                "attempted_fallbacks": f"try_cast({scalar('_meta', 'attempted_fallbacks')} as bigint)",
            }
        ),
    }


def _instant(cell: str) -> str:
    """SQL TIMESTAMPTZ: seconds since 1970 (payloads), or a time without zone, which is UTC (SpendLogs)."""
    name = quoted(cell)
    return f"coalesce({epoch(name)}, try_cast({name} as timestamptz))"


def _numbered(rows: str, call: str, identity: str) -> str:
    start = _instant("startTime")
    return _NUMBERED.format(rows=rows, call=call, start=start, identity=identity)


def _select_spend(delivery: Delivery) -> str:
    call = first("litellm_call_id", nested("_meta", "litellm_call_id"), "request_id")
    rows = _numbered(_rows(delivery, SPEND_COLUMNS), call, "request_id")
    fields = _fields(delivery, "request_id", "spend")
    key = "case when regexp_full_match(api_key, '[0-9a-f]{64}') then api_key end"
    fields["api_key_id"] = key
    fields["team"] = f"coalesce({fields['team']}, {label(first('team_id'))})"
    fields["latency_ms"] = (
        f"coalesce(try_cast(request_duration_ms as double), {fields['latency_ms']})"
    )
    return record(
        rows, fields, _counts(), inclusive=True, documents={"metadata.usage_object": "_usage"}
    )


def _select_payload(delivery: Delivery) -> str:
    rows = _numbered(
        _rows(delivery, PAYLOAD_COLUMNS), first("trace_id", "litellm_call_id", "id"), "id"
    )
    fields = _fields(delivery, "id", "response_cost")
    fields["trace_id"] = label(first("trace_id"))
    hashed = nested("_meta", "user_api_key_hash")
    fields["api_key_id"] = (
        f"case when regexp_full_match({hashed}, '[0-9a-f]{{64}}') then {hashed} end"
    )
    return record(
        rows, fields, _counts(), inclusive=True, documents={"metadata.usage_object": "_usage"}
    )


SPEND_LOGS = Format(
    name="litellm-spend",
    table="requests",
    about="LiteLLM_SpendLogs rows, as CSV or JSON",
    shapes=(Shape.CSV, Shape.JSONL, Shape.JSON, Shape.PARQUET),
    recognises=_recognises_spend,
    select=_select_spend,
    cached_in_input=True,
    numbers_attempts=True,
)

PAYLOADS = Format(
    name="litellm-payload",
    table="requests",
    about="LiteLLM StandardLoggingPayload objects, as JSON",
    shapes=(Shape.JSONL, Shape.JSON),
    recognises=_recognises_payload,
    select=_select_payload,
    cached_in_input=True,
    numbers_attempts=True,
)
