"""A key of JSON that first appears after the beginning of a file is read like any other."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from connectors.reading import HEAD_BYTES
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = "2026-10-01T00:00:00Z"
MESSAGE = {"id": "?", "type": "message", "model": "claude-sonnet-4-5", "stop_reason": "end_turn"}
CHAT = {"object": "chat.completion", "created": 1790845200, "model": "gpt-4o"}
SAID = {"prompt_tokens": 3, "completion_tokens": 1}
GOOGLE = {
    "billing_account_id": "a",
    "usage_start_time": AT,
    "usage_end_time": "2026-10-01T01:00:00Z",
    "cost": "1",
    "cost_at_list": "1",
    "currency": "USD",
    "invoice": {"month": "202610"},
}
FOCUS = {
    **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), "1"),
    "BillingCurrency": "USD",
    "BillingAccountId": "a",
    "BillingPeriodStart": AT,
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": AT,
    "ChargePeriodEnd": "2026-10-02T00:00:00Z",
    "ChargeCategory": "Usage",
    "ProviderName": "Cloud",
    "ServiceName": "Compute",
}
SPAN = {"spanId": "b", "startTimeUnixNano": "1790845200000000000"}


class Case(NamedTuple):
    """A line of a format, what only the last line has, and what the ledger then holds once."""

    table: str
    format: str
    identity: str
    line: dict[str, Any]
    late: dict[str, Any]
    column: str
    value: object


def span(**more: object) -> list[dict[str, Any]]:
    """OTLP resource spans of one call."""
    named = [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]
    named += [{"key": key, "value": {"stringValue": value}} for key, value in more.items()]
    return [{"scopeSpans": [{"spans": [{**SPAN, "traceId": "?", "attributes": named}]}]}]


def usage(**more: int) -> dict[str, Any]:
    """An Anthropic message with its counts."""
    return {**MESSAGE, "usage": {"input_tokens": 3, "output_tokens": 1, **more}}


def litellm(format_: str, identity: str, cost: str) -> Case:
    """What both logs of LiteLLM have in common."""
    line = {"call_type": "completion", "startTime": AT, "model": "m", cost: 0, "trace_id": "t"}
    late = {"status": "failure", "error_information": {"error_class": "RateLimitError"}}
    return Case("requests", format_, identity, line, late, "error_type", "RateLimitError")


CASES = (
    Case("requests", "requests", "request_id", {"timestamp": AT, "operation": "chat", "status": "ok"},
         {"agent": "planner"}, "agent", "planner"),
    litellm("litellm-spend", "request_id", "spend"),
    litellm("litellm-payload", "id", "response_cost"),
    Case("requests", "langfuse", "id",
         {"type": "GENERATION", "traceId": "t", "startTime": AT, "usage": {"input": 3, "output": 1}},
         {"usageDetails": {"input": 3, "output": 1, "cache_read_input_tokens": 2}}, "cache_read_tokens", 2),
    Case("requests", "langfuse", "id",
         {"type": "GENERATION", "traceId": "t", "startTime": AT, "usage": {"input": 3, "output": 1}},
         {"trace_name": "rag"}, "workflow", "rag"),
    Case("requests", "azure-apim", "CorrelationId",
         {"TimeGenerated [UTC]": AT, "DeploymentName": "d", "PromptTokens": 3, "CompletionTokens": 1},
         {"ModelName": "gpt-4o"}, "response_model", "gpt-4o"),
    Case("requests", "bedrock-invocations", "requestId",
         {"schemaType": "ModelInvocationLog", "modelId": "m", "timestamp": AT},
         {"errorCode": "ThrottlingException"}, "error_type", "ThrottlingException"),
    Case("requests", "openai-responses", "id", {**CHAT, "usage": SAID},
         {"service_tier": "priority"}, "service_tier", "priority"),
    Case("requests", "anthropic-messages", "request_id", {"response": usage(), "timestamp": AT},
         {"latency_ms": 1500}, "latency_ms", 1500.0),
    Case("requests", "claude-code", "uuid",
         {"type": "assistant", "sessionId": "s", "version": "2", "timestamp": AT, "message": usage()},
         {"cwd": "/home/dev/shop", "isSidechain": True}, "agent", "subagent"),
    Case("requests", "otlp-traces", "name", {"resourceSpans": span()},
         {"resourceSpans": span(**{"gen_ai.agent.name": "planner"})}, "agent", "planner"),
    Case("gpu_samples", "gpu-samples", "device_uuid", {"timestamp": AT, "interval_s": 30},
         {"pod": "vllm-0"}, "pod", "vllm-0"),
    Case("jobs", "jobs", "job_id", {"state": "failed", "started_at": AT, "ended_at": AT},
         {"exit_code": "137"}, "exit_code", "137"),
    Case("changes", "changes", "change_id", {"kind": "model", "changed_at": AT},
         {"approved_by": "ada"}, "approved_by", "ada"),
    Case("costs", "focus", "ResourceId", FOCUS, {"SkuId": "sku-1"}, "SkuId", "sku-1"),
    Case("costs", "gcp-detailed", "ignored", GOOGLE,
         {"credits": [{"amount": "-0.25"}]}, "BilledCost", Decimal("0.75")),
)  # fmt: skip
ONLY_LINES = {"changes", "claude-code", "gpu-samples", "jobs"}


def identified(value: Any, identity: str) -> Any:  # noqa: ANN401  (JSON)
    """`value` with every `?` in it as `identity`: the ids that stand inside documents."""
    return json.loads(json.dumps(value).replace('"?"', json.dumps(identity)))


def lines_of(case: Case) -> list[str]:
    """Lines enough that the last, which alone has what is late, lies beyond the beginning."""
    records = [{case.identity: f"r{n}", **case.line, "filler": "x" * 600} for n in range(150)]
    records.append({case.identity: "last", **case.line, **case.late})
    texts = [json.dumps(identified(each, f"r{n}")) for n, each in enumerate(records)]
    assert len("\n".join(texts[:-1])) > HEAD_BYTES
    return texts


@pytest.mark.parametrize(
    ("case", "document"),
    [
        pytest.param(case, document, id=f"{case.format}-{case.column}-{'document' * document}")
        for case in CASES
        for document in (False, True)
        if not (document and case.format in ONLY_LINES)
    ],
)
def test_what_first_appears_late_is_stored(
    load: Callable[..., Any],
    ask: Callable[[str], Any],
    write: Callable[..., Path],
    case: Case,
    *,
    document: bool,
) -> None:
    lines = lines_of(case)
    text = f"[{','.join(lines)}]" if document else "\n".join(lines)
    path = write("log.json" if document else "log.jsonl", text)
    (result,) = load(case.table, path)
    assert (result.format, result.rows_refused) == (case.format, 0)
    (found,) = ask(
        f'select count(*), count(*) filter ("{case.column}" = {literal(case.value)}) from {case.table}'
    )
    assert found == (151, 1)


def literal(value: object) -> str:
    """SQL of a text or number."""
    return f"'{value}'" if isinstance(value, str) else str(value)


CALL = {"at": AT, "out": 1}
MAPS = {"timestamp": "at", "output_tokens": "out", "error_type": "failure"}


def test_a_mapped_column_may_appear_late_but_not_nowhere(
    load: Callable[..., Any], ask: Callable[[str], Any], write: Callable[..., Path]
) -> None:
    """The rows' own ids stay as they were when a longer log brings a new key."""
    early = [json.dumps({**CALL, "out": n, "filler": "x" * 600}) for n in range(150)]
    path = write("log.jsonl", "\n".join(early))
    with pytest.raises(UsageError, match="failure"):
        load("requests", path, maps=MAPS)
    load("requests", path, maps={key: MAPS[key] for key in ("timestamp", "output_tokens")})
    last = {**CALL, "out": 500, "failure": "429", "agent": "planner"}
    path = write("log.jsonl", "\n".join([*early, json.dumps(last)]))
    (result,) = load("requests", path, maps=MAPS)
    assert (result.stored.rows_stored, result.stored.rows_duplicate) == (1, 150)
    assert ask("select output_tokens, agent from requests where error_type = '429'") == [
        (500, "planner")
    ]


def test_a_map_names_the_time_of_a_logger_that_calls_it_otherwise(
    load: Callable[..., Any], ask: Callable[[str], Any], write: Callable[..., Path]
) -> None:
    early = [
        json.dumps({"response": {**usage(), "id": f"m{n}"}, "logged": AT, "filler": "x" * 600})
        for n in range(150)
    ]
    path = write("log.jsonl", "\n".join(early))
    load("requests", path, hint="anthropic-messages", maps={"timestamp": "logged"})
    assert ask("select count(*), count(distinct timestamp) from requests") == [(150, 1)]
    with pytest.raises(UsageError, match="nowhere"):
        load("requests", path, hint="anthropic-messages", maps={"timestamp": "nowhere"})


def test_a_session_log_may_name_its_model_late(
    load: Callable[..., Any], ask: Callable[[str], Any], write: Callable[..., Path]
) -> None:
    """Codex: fields inside a payload are asked for by name, wherever they first stand."""
    spent = {"total_token_usage": {"input_tokens": 5, "cached_input_tokens": 2, "output_tokens": 1}}
    told = [
        ("session_meta", {"id": "s"}),
        *[("response_item", {"type": "message", "content": "x" * 600})] * 150,
        ("turn_context", {"model": "gpt-5-codex"}),
        ("event_msg", {"type": "token_count", "info": spent}),
    ]
    lines = [json.dumps({"timestamp": AT, "type": kind, "payload": each}) for kind, each in told]
    (result,) = load("requests", write("rollout.jsonl", "\n".join(lines)))
    assert result.format == "codex"
    assert ask("select request_model, cache_read_tokens from requests") == [("gpt-5-codex", 2)]
