"""Langfuse observations: the public API's objects, or its exports (camelCase or snake_case).

`usageDetails.input` is meant to EXCLUDE cached tokens, but many producers send it including them, which
is the first cause of wrong cost in such data. So each row is judged by its own sums: where the total equals
input + output and the input is at least the cached part, the cached kinds are inside and are taken
out; else they stand beside. `--set cached_in_input=yes|no` overrules the judgement. In the same way
`output_reasoning_tokens` is added to output unless the total shows that output includes it.

GENERATION, EMBEDDING, RETRIEVER and TOOL observations are calls; spans, agents, chains and events
are the frame around them and are not rows. The trace's name is the workflow. `latency` and
`timeToFirstToken` are seconds. Of `metadata` only attributes on the allow-list are kept. Inputs, outputs, names
of users and status messages are not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import (
    allowed,
    as_texts,
    asked,
    attributes,
    chosen,
    code,
    first,
    label,
    nested,
)
from connectors.formats.requests.usage import (
    Counts,
    cached_in_input,
    record,
    split_writes,
    whole,
)
from connectors.sql import quoted

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_CELLS = {
    "identity": ("id",),
    "trace": ("traceId", "trace_id"),
    "parent": ("parentObservationId", "parent_observation_id"),
    "kind": ("type",),
    "started": ("startTime", "start_time"),
    "asked": ("model", "providedModelName", "provided_model_name"),
    "trace_name": ("traceName", "trace_name"),
    "session": ("sessionId", "session_id"),
    "environment_name": ("environment",),
    "prompt": ("promptName", "prompt_name"),
    "prompt_number": ("promptVersion", "prompt_version"),
    "level": ("level",),
    "latency_s": ("latency",),
    "first_token_s": ("timeToFirstToken", "time_to_first_token"),
    "cost": ("totalCost", "total_cost", "calculatedTotalCost"),
    "tier": ("usagePricingTierName", "usage_pricing_tier_name"),
    "used": ("usageDetails", "usage_details", "usage"),
}
"""Our name of each cell, and how the API and its exports spell it."""

_READ = ("cache_read_input_tokens", "input_cached_tokens", "input_cache_read", "cache_read")
_WRITTEN = (
    "cache_creation_input_tokens", "input_cache_creation", "cache_creation", "input_cache_creation_tokens",
)  # fmt: skip
_WRITTEN_5M = ("input_cache_creation_5m", "cache_creation_5m_input_tokens")
_WRITTEN_1H = ("input_cache_creation_1h", "cache_creation_1h_input_tokens")
_REASONING = ("output_reasoning_tokens", "output_reasoning", "reasoning_tokens")
_CALLS = {
    "GENERATION": "chat",
    "EMBEDDING": "embeddings",
    "RETRIEVER": "retrieval",
    "TOOL": "execute_tool",
}

_SUMS = """(
  select *,
    {included} as _inside,
    case when _reasoning is not null and _total is distinct from _input + _output
      and not ({included}) then _output + _reasoning else _output end as _out
  from (
    select *, {input} as _input, {output} as _output, {total} as _total, {reasoning} as _reasoning,
      coalesce({read}, 0) as _read,
      coalesce({written}, coalesce({written_5m}, 0) + coalesce({written_1h}, 0)) as _written
    from ({rows}) where kind in ({calls})
  )
)"""


def _recognises(head: Head) -> int:
    names = set(head.columns)
    trace = {"traceId", "trace_id"} & names and {"startTime", "start_time"} & names
    used = names.intersection(_CELLS["used"])
    return 88 if trace and used and {"id", "type"} <= names else 0


def _usage(names: tuple[str, ...]) -> str:
    return first(*(nested("_usage", name) for name in names))


def _rows(delivery: Delivery) -> str:
    cells = _CELLS | ({"metadata": ("metadata",)} if delivery.allowed else {})
    shown = ", ".join(
        f"{chosen(delivery, *spellings)} as {quoted(name)}" for name, spellings in cells.items()
    )
    read = [column for spellings in cells.values() for column in asked(delivery, *spellings)]
    rows = f"select _file, _row, {shown} from {as_texts(delivery, read)}"
    return f"select *, try_cast(used as json) as _usage from ({rows})"


def _summed(delivery: Delivery) -> str:
    proven = "_read + _written > 0 and _input >= _read + _written and _total = _input + _output"
    said = delivery.settings.get("cached_in_input")
    if said is not None:
        proven = str(cached_in_input(delivery, usual=False)).lower()
    return _SUMS.format(
        rows=_rows(delivery),
        calls=", ".join(f"'{kind}'" for kind in _CALLS),
        included=f"coalesce({proven}, false)",
        input=whole(_usage(("input", "prompt_tokens", "input_tokens"))),
        output=whole(_usage(("output", "completion_tokens", "output_tokens"))),
        total=whole(_usage(("total", "total_tokens"))),
        reasoning=whole(_usage(_REASONING)),
        read=whole(_usage(_READ)),
        written=whole(_usage(_WRITTEN)),
        written_5m=whole(_usage(_WRITTEN_5M)),
        written_1h=whole(_usage(_WRITTEN_1H)),
    )


def _counts() -> Counts:
    output = _usage(("output", "completion_tokens", "output_tokens"))
    return Counts(
        input=_usage(("input", "prompt_tokens", "input_tokens")),
        output=f"coalesce(cast(_out as varchar), {output})",
        read=_usage(_READ),
        written=split_writes(
            _usage(_WRITTEN),
            {
                "cache_write_5m_tokens": _usage(_WRITTEN_5M),
                "cache_write_1h_tokens": _usage(_WRITTEN_1H),
            },
        ),
        reasoning=_usage(_REASONING),
    )


def _fields(delivery: Delivery) -> dict[str, str]:
    kinds = " ".join(f"when '{kind}' then '{name}'" for kind, name in _CALLS.items())
    return {
        "timestamp": "started",
        "request_id": "identity",
        "trace_id": "trace",
        "span_id": "identity",
        "parent_span_id": "parent",
        "operation": f"case kind {kinds} end",
        "request_model": first("asked"),
        "response_model": first("asked"),
        "workflow": label(first("trace_name")),
        "workflow_run_id": "case when trace_name is not null then trace end",
        "environment": label(first("environment_name")),
        "prompt_version": label("nullif(concat_ws(':', prompt, prompt_number), '')"),
        "service_tier": f"nullif(lower({first('tier')}), 'standard')",
        "status": "case when upper(coalesce(level, '')) = 'ERROR' then 'error' else 'ok' end",
        "latency_ms": "try_cast(latency_s as double) * 1000",
        "ttft_ms": "try_cast(first_token_s as double) * 1000",
        "reported_cost": "nullif(cost, '')",
        "attributes": attributes(
            {
                **allowed(delivery.allowed, "try_cast(metadata as json)"),
                "session_id": code("session"),
                "cached_in_input": "case when _read + _written > 0 then _inside end",
            }
        ),
    }


def _select(delivery: Delivery) -> str:
    return record(
        _summed(delivery),
        _fields(delivery),
        _counts(),
        inclusive="_inside",
        documents={"usageDetails": "_usage"},
    )


FORMAT = Format(
    name="langfuse",
    table="requests",
    about="Langfuse observations, from the API or an export",
    shapes=(Shape.JSONL, Shape.JSON, Shape.CSV, Shape.PARQUET),
    recognises=_recognises,
    select=_select,
)
