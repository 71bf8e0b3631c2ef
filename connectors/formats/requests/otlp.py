"""OTLP-JSON traces with GenAI spans: what an OpenTelemetry collector's file exporter writes.

By the semantic conventions the input count INCLUDES cached tokens; for instrumentation that counts them
beside it, `--set cached_in_input=no`. Old attribute names (`gen_ai.system`, `gen_ai.usage.prompt_tokens`
…) and new ones are both read; 64-bit integers are strings in OTLP-JSON. What the reader knows:

* Usage on `invoke_agent`, `create_agent` and `invoke_workflow` spans is the sum of what happened inside,
  and is never counted; `gen_ai.aggregated_usage.*` is not read at all.
* A model span inside another one of the same operation, with no tool or agent between them, is the same
  call seen by two instrumentations: the inner one counts. Two different response ids are two calls.
* Workflow, agent and the other dimensions stand on a span or on one above it, perhaps in another line or
  file: each is inherited from the nearest ancestor that has it. Resource attributes come last.
* A trace with a workflow or an agent is a run; a single call outside both is not.

Dimensions without a conventional name are read from `finops.<column>` attributes. Attributes on the allow-list of
finops.toml are kept, the span's own before its resource's. Prompts, answers, tool arguments, span events and every
attribute named neither here nor there are left where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import (
    LABELS,
    answered,
    attributes,
    code,
    columns,
    first,
    label,
    provider_of,
)
from connectors.formats.requests.usage import Counts, cached_in_input, record
from connectors.sql import literal, quoted

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT", "attribute_names"]

_USAGE = "gen_ai.usage."
_NAMES: dict[str, tuple[str, ...]] = {
    "operation_name": ("gen_ai.operation.name", "llm.request.type"),
    "provider_name": ("gen_ai.provider.name", "gen_ai.system"),
    "asked_model": ("gen_ai.request.model",),
    "answer_model": ("gen_ai.response.model",),
    "answer_id": ("gen_ai.response.id",),
    "input_count": (f"{_USAGE}input_tokens", f"{_USAGE}prompt_tokens", "llm.usage.prompt_tokens"),
    "output_count": (
        f"{_USAGE}output_tokens",
        f"{_USAGE}completion_tokens",
        "llm.usage.completion_tokens",
    ),
    "read_count": (
        f"{_USAGE}cache_read.input_tokens",
        f"{_USAGE}cache_read_input_tokens",
        f"{_USAGE}details.cache_read_tokens",
    ),
    "written_count": (
        f"{_USAGE}cache_creation.input_tokens",
        f"{_USAGE}cache_creation_input_tokens",
        f"{_USAGE}details.cache_write_tokens",
    ),
    "reasoning_count": (
        f"{_USAGE}reasoning.output_tokens",
        f"{_USAGE}reasoning_tokens",
        f"{_USAGE}details.reasoning_tokens",
    ),
    "first_chunk_s": ("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"),
    "error_code": ("error.type",),
    "tier": (
        "gen_ai.openai.response.service_tier",
        "openai.response.service_tier",
        "gen_ai.openai.request.service_tier",
    ),
    "conversation": ("gen_ai.conversation.id",),
    "server_region": ("cloud.region",),
}
"""Span attributes read, newest name first."""

_INHERITED: dict[str, tuple[str, ...]] = {
    "workflow": ("gen_ai.workflow.name", "traceloop.workflow.name"),
    "workflow_run_id": ("gen_ai.workflow.run.id",),
    "agent": ("gen_ai.agent.name", "agent_name", "gen_ai.agent.id"),
    "environment": ("deployment.environment.name", "deployment.environment"),
} | {
    name: ()
    for name in LABELS
    if name not in {"workflow", "workflow_run_id", "agent", "environment"}
}
_INHERITED = {name: (*known, f"finops.{name}") for name, known in _INHERITED.items()}
_RESOURCE = ("service.name", "cloud.region")

_OPERATIONS = {
    "chat": ("chat", "generate_content", "generate-content"),
    "text_completion": ("text_completion", "completion"),
    "embeddings": ("embeddings", "embedding"),
    "rerank": ("rerank",),
    "retrieval": ("retrieval",),
    "execute_tool": ("execute_tool",),
}
_AGGREGATES = "('invoke_agent', 'create_agent', 'invoke_workflow', 'agent', 'workflow')"

_ATTRIBUTE = (
    "STRUCT(key VARCHAR, value STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR,"
    " boolValue VARCHAR))[]"
)
_SPAN = (
    "STRUCT(traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, name VARCHAR,"
    " startTimeUnixNano VARCHAR, endTimeUnixNano VARCHAR, status STRUCT(code VARCHAR),"
    f" attributes {_ATTRIBUTE})"
)
_TYPES = {
    "resourceSpans": (
        f"STRUCT(resource STRUCT(attributes {_ATTRIBUTE}), scopeSpans STRUCT(spans {_SPAN}[])[])[]"
    )
}

_CALLS = """(
with recursive resources as (
  select _file, _row, unnest(resourceSpans) as r from {scan}
), scopes as (
  select _file, _row, r.resource.attributes as resource, unnest(r.scopeSpans) as s from resources
), raw as (
  select _file, _row, resource, unnest(s.spans) as span from scopes
), named as materialized (
  select _file, _row, span.traceId as trace, span.spanId as id,
    nullif(span.parentSpanId, '') as parent, span.name as span_name,
    try_cast(span.startTimeUnixNano as bigint) as began,
    try_cast(span.endTimeUnixNano as bigint) as ended,
    span.status.code as state,
    {own}
  from (select *, {kept_span} as mine, {kept_resource} as theirs from raw)
  qualify row_number() over (partition by span.traceId, span.spanId order by _file, _row) = 1
), spans as materialized (
  select * replace ({titles}),
    operation_name in {aggregates} as is_frame,
    case {operations}
      when operation_name is null and coalesce(input_count, output_count) is not null then 'chat'
      when operation_name in {aggregates} then null
      when coalesce(input_count, output_count) is not null then 'chat' end as kind
  from named
), down as (
  select trace, id, {inherited_own} from spans
  where parent is null
    or not exists (select 1 from spans as above where above.trace = spans.trace and above.id = spans.parent)
  union all
  select child.trace, child.id, {inherited_from}
  from spans as child join down on child.trace = down.trace and child.parent = down.id
), up as (
  select trace, id as leaf, kind, answer_id, parent as above from spans
  where kind is not null and parent is not null
  union
  select up.trace, up.leaf, up.kind, up.answer_id, spans.parent
  from up join spans on spans.trace = up.trace and spans.id = up.above
  where spans.kind is null and not coalesce(spans.is_frame, false) and spans.parent is not null
), wrappers as (
  select distinct spans.trace, spans.id
  from up join spans on spans.trace = up.trace and spans.id = up.above and spans.kind = up.kind
  where spans.kind <> 'execute_tool' and spans.id <> up.leaf
    and not coalesce(spans.answer_id <> up.answer_id, false)
)
select spans.* exclude ({inherited_names}), {inherited_final}
from spans left join down using (trace, id)
anti join wrappers using (trace, id)
where spans.kind is not null
)"""


def attribute_names(allowed: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes that are read of a span, and of its resource; all others may be left out before."""
    span = (name for group in (*_NAMES.values(), *_INHERITED.values()) for name in group)
    resource = (*_RESOURCE, *(name for group in _INHERITED.values() for name in group))
    return frozenset((*span, *allowed)), frozenset((*resource, *allowed))


def _recognises(head: Head) -> int:
    return 95 if "resourceSpans" in head.columns else 0


def _attribute(attribute_list: str, names: tuple[str, ...]) -> str:
    """SQL: the first of `names` that is an attribute, as text."""
    return first(
        *(
            f"list_filter({attribute_list}, lambda a: a.key = {literal(name)})[1].v"
            for name in names
        )
    )


def _kept(attribute_list: str, names: tuple[str, ...]) -> str:
    """SQL: of an OTLP attribute list only what is on the allow-list, scalars as text."""
    allowed = ", ".join(literal(name) for name in names)
    value = (
        "coalesce(a.value.stringValue, a.value.intValue, a.value.doubleValue, a.value.boolValue)"
    )
    return (
        f"list_transform(list_filter({attribute_list}, lambda a: a.key in ({allowed})),"
        f" lambda a: {{'key': a.key, 'v': {value}}})"
    )


def _scalar(name: str) -> str:
    """SQL JSON: the attribute `name` of the span, else of its resource, where it is a scalar and a label."""
    found = []
    for attribute_list in ("span.attributes", "resource"):
        value = f"list_filter({attribute_list}, lambda a: a.key = {literal(name)})[1].value"
        found += [
            f"to_json({label(f'{value}.stringValue')})",
            f"to_json(try_cast({value}.intValue as bigint))",
            f"to_json(try_cast({value}.doubleValue as double))",
            f"to_json(try_cast({value}.boolValue as boolean))",
        ]
    return f"coalesce({', '.join(found)})"


def _sql(scan: str, allowed: tuple[str, ...]) -> str:
    span_names = tuple(name for group in (*_NAMES.values(), *_INHERITED.values()) for name in group)
    resource_names = (*_RESOURCE, *(name for group in _INHERITED.values() for name in group))
    own = {name: _attribute("mine", names) for name, names in _NAMES.items()}
    own |= {name: _attribute("mine", names) for name, names in _INHERITED.items()}
    own |= {f"resource_{name}": _attribute("theirs", names) for name, names in _INHERITED.items()}
    own |= {
        "service_name": _attribute("theirs", ("service.name",)),
        "caller": _attribute("theirs", ("cloud.region",)),
    }
    own |= {f"allowed_{nth}": _scalar(name) for nth, name in enumerate(allowed)}
    kinds = " ".join(
        f"when operation_name in ({', '.join(literal(word) for word in words)}) then {literal(kind)}"
        for kind, words in _OPERATIONS.items()
    )
    inherited = list(_INHERITED)
    return _CALLS.format(
        scan=scan,
        own=columns(own),
        kept_span=_kept("span.attributes", span_names),
        kept_resource=_kept("resource", resource_names),
        titles=_titles(),
        aggregates=_AGGREGATES,
        operations=kinds,
        inherited_own=", ".join(inherited),
        inherited_from=", ".join(f"coalesce(child.{name}, down.{name})" for name in inherited),
        inherited_names=", ".join(inherited),
        inherited_final=", ".join(
            f"coalesce(down.{name}, spans.{name}, resource_{name}) as {name}" for name in inherited
        ),
    )


def _titles() -> str:
    """Where the span's name alone names the agent or workflow: `invoke_agent planner`."""
    parts = [
        f"coalesce({column}, nullif(regexp_extract(span_name, '^{verb} (.+)$', 1), '')) as {column}"
        for column, verb in (("agent", "invoke_agent"), ("workflow", "invoke_workflow"))
    ]
    return ", ".join(parts)


def _fields(allowed: tuple[str, ...]) -> dict[str, str]:
    failed = "coalesce(upper(state), '') in ('2', 'STATUS_CODE_ERROR') or error_code is not null"
    run = "case when workflow is not null or agent is not null then trace end"
    return {
        "timestamp": "make_timestamptz(began // 1000)",
        "request_id": "trace || ':' || id",
        "trace_id": "trace",
        "span_id": "id",
        "parent_span_id": "parent",
        "operation": "kind",
        "provider": f"coalesce(provider_name, {provider_of('asked_model')})",
        "request_model": "coalesce(asked_model, answer_model)",
        "response_model": "answer_model",
        **{name: label(quoted(name)) for name in LABELS},
        "workflow_run_id": f"coalesce({label('workflow_run_id')}, {run})",
        "caller_region": label("caller"),
        "region": label("server_region"),
        "service_tier": "nullif(nullif(tier, 'auto'), 'default')",
        "status": answered(failed, "error_code"),
        "error_type": code("error_code"),
        "latency_ms": "case when ended >= began then (ended - began) / 1000000.0 end",
        "ttft_ms": "try_cast(first_chunk_s as double) * 1000",
        "attributes": attributes(
            {
                **{name: f"allowed_{nth}" for nth, name in enumerate(allowed)},
                "service_name": label("service_name"),
                "conversation_id": code("conversation"),
                "response_id": code("answer_id"),
            }
        ),
    }


def _select(delivery: Delivery) -> str:
    inclusive = cached_in_input(delivery, usual=True)
    counts = Counts(
        input="input_count",
        output="output_count",
        read="read_count",
        written={"cache_write_unknown_tokens": "written_count"},
        reasoning="reasoning_count",
    )
    return record(
        _sql(delivery.scan(_TYPES), delivery.allowed),
        _fields(delivery.allowed),
        counts,
        inclusive=inclusive,
    )


FORMAT = Format(
    name="otlp-traces",
    table="requests",
    about="OTLP-JSON traces with GenAI spans, as the collector's file exporter writes them",
    shapes=(Shape.JSONL, Shape.JSON),
    recognises=_recognises,
    select=_select,
    cached_in_input=True,
)
