"""The calls Harbourline makes: one row per attempt, in the ledger's words, before anything is lost.

A run is a list of turns. Each turn re-sends what went before, from a prompt cache where the workflow has
one; some attempts fail, time out or are cancelled, and the failed ones are tried again. Planted troubles
change single turns and nothing else, so that what they cost can be counted attempt by attempt.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import planted
from .company import (
    BATCH_FROM,
    CONTEXT_WINDOWS,
    FIRST_DAY,
    TENANTS,
    UNLOGGED_SHARE,
    WORKFLOWS,
    Workflow,
    at,
    days,
    dice,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import date

MINIMUM_CACHED = 1024
"""Tokens from which OpenAI caches a prompt by itself, in steps of 128."""


@dataclass(slots=True)
class Call:
    """One attempt. `kinds` holds its tokens by billed kind; `logged` is False when only billed."""

    workflow: Workflow
    when: datetime
    run: str
    model: str
    operation: str = "chat"
    status: str = "ok"
    error: str | None = None
    attempt: int = 1
    first: Call | None = None
    agent: str | None = None
    prompt: str = "v1"
    tenant: str = ""
    region: str | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    reasoning: int = 0
    chunks: int | None = None
    bytes_out: int = 0
    latency: int = 0
    ttft: int | None = None
    retrieval: int | None = None
    outcome: str | None = None
    logged: bool = True
    mark: str | None = None
    """The planted trouble this attempt belongs to."""
    extra: dict[str, int] = field(default_factory=dict)
    """Tokens by kind that it would not have used without the trouble; may be negative."""
    id: str = ""

    @property
    def batch(self) -> bool:
        """Whether it goes through the provider's batch interface."""
        return self.workflow.batch and self.when.date() >= BATCH_FROM

    @property
    def metered(self) -> bool:
        """Whether a provider bills its tokens."""
        return self.workflow.provider != "self-hosted" and bool(self.kinds)


def all_calls() -> list[Call]:
    """Every attempt of the period in order of time, with ids, the unlogged ones included."""
    calls = [call for day in days() for workflow in WORKFLOWS for call in _day(workflow, day)]
    calls.sort(key=lambda call: (call.when, call.workflow.name, call.run, call.attempt))
    for number, call in enumerate(calls, start=1):
        call.id = f"req-{number:06d}"
    return calls


def _day(workflow: Workflow, day: date) -> Iterator[Call]:
    if workflow.name == "triage-pilot" and day < planted.UNPRICED_FROM:
        return
    rng = dice(workflow.name, day)
    growth = 1 + 0.0022 * (day - FIRST_DAY).days
    weekday = 0.42 if day.weekday() >= 5 and workflow.tier != "realtime" else 1.0
    runs = round(workflow.runs * growth * weekday * (0.92 + 0.16 * rng.random()))
    for number in range(runs):
        yield from _logged(list(_run(workflow, day, number, rng)), rng)
    if workflow.name == "claims-agent":
        yield from _loops(workflow, day)
    if workflow.name == "fraud-score" and day == planted.RETRY_STORM[0].date():
        yield from _storm(workflow)


def _logged(calls: list[Call], rng: random.Random) -> list[Call]:
    """The same calls, with a few that bypass the gateway; never a planted or a retried one."""
    for call in calls:
        alone = call.mark is None and call.attempt == 1 and call.status == "ok"
        if alone and call.metered and call.operation == "chat" and rng.random() < UNLOGGED_SHARE:
            call.logged = False
    return calls


def _moment(day: date, rng: random.Random, workflow: Workflow) -> datetime:
    if workflow.tier == "batch":
        return at(day, 3600 * (1 + 3 * rng.random()))
    hour = 13.5 + 4.2 * (rng.random() + rng.random() + rng.random() - 1.5)
    return at(day, min(max(hour, 0.2), 22.5) * 3600)


def _run(workflow: Workflow, day: date, number: int, rng: random.Random) -> Iterator[Call]:
    when = _moment(day, rng, workflow)
    base = Call(
        workflow=workflow,
        when=when,
        run=f"{workflow.name}-{day:%m%d}-{number:03d}",
        model=_model(workflow, day),
        operation=workflow.operation,
        prompt=_prompt(workflow, day),
        tenant=rng.choice(TENANTS),
        region=_region(workflow, day),
    )
    chunks = 0
    if workflow.rag:
        chunks = _chunks(day, rng)
        yield from _retrieve(base, chunks, rng)
    yield from _turns(base, day, chunks, rng)


def _turns(base: Call, day: date, chunks: int, rng: random.Random) -> Iterator[Call]:
    workflow, history = base.workflow, 0
    turns = rng.randint(*workflow.calls)
    clock = base.when + timedelta(milliseconds=900 if workflow.rag else 0)
    for turn in range(turns):
        user, output = rng.randint(*workflow.user), rng.randint(*workflow.output)
        call = replace(
            base,
            when=clock,
            kinds={},
            extra={},
            agent=workflow.agents[turn % len(workflow.agents)] if workflow.agents else None,
            latency=rng.randint(*workflow.latency),
            outcome=_outcome(rng) if turn == turns - 1 and workflow.operation == "chat" else None,
        )
        _fill(call, day, user + chunks * planted.CHUNK_TOKENS, history, output, rng)
        _mark(call, day, chunks)
        for attempt in _attempts(call, rng):
            clock = attempt.when + timedelta(milliseconds=attempt.latency + 200)
            yield attempt
        if rng.random() < workflow.tools:
            yield _tool(call, clock, rng)
            clock += timedelta(seconds=1)
        history += user + output


def _fill(call: Call, day: date, fresh: int, history: int, output: int, rng: random.Random) -> None:
    """Set the token kinds of one turn and the times that follow from them."""
    workflow = call.workflow
    system = _system(workflow, day)
    if workflow.operation == "embeddings":
        call.kinds = {"uncached_input": fresh}
        return
    if workflow.cached:
        warm = history > 0 or rng.random() < 0.7
        known = system + history
        if workflow.name == "support-chat" and day >= planted.CACHE_STOPPED:
            call.kinds = {"uncached_input": fresh, "cache_write_5m": known}
        else:
            call.kinds = {
                "uncached_input": fresh,
                ("cache_read" if warm else "cache_write_5m"): known,
            }
        if warm and "cache_read" not in call.kinds:
            call.extra = {"cache_write_5m": known, "cache_read": -known}
    elif workflow.provider == "openai" and system >= MINIMUM_CACHED and rng.random() < 0.6:
        cached = system // 128 * 128
        call.kinds = {"uncached_input": system - cached + history + fresh, "cache_read": cached}
    else:
        call.kinds = {"uncached_input": system + history + fresh}
    call.kinds["output"] = output
    call.reasoning = output * 6 // 10 if call.model.startswith("gpt-5") else 0
    call.bytes_out = output * 4
    call.ttft = max(80, call.latency * (15 + rng.randint(0, 15)) // 100)


def _attempts(call: Call, rng: random.Random) -> Iterator[Call]:
    """The call, preceded by an attempt that failed now and then, or ended early."""
    luck = rng.random()
    if luck < 0.011:
        failed = replace(
            call,
            kinds={},
            extra={},
            mark=None,
            status="error",
            outcome=None,
            latency=300,
            ttft=None,
        )
        failed.error = rng.choice(("rate_limit_exceeded", "server_error", "overloaded"))
        yield failed
        yield _again(call, failed)
    elif luck < 0.016:
        slow = replace(call, extra={}, mark=None, status="timeout", error="timeout", outcome=None)
        slow.kinds = {kind: count for kind, count in call.kinds.items() if kind != "output"}
        slow.latency, slow.ttft = max(call.latency, 30000), None
        yield slow
        yield _again(call, slow)
    elif luck < 0.021 and call.operation == "chat":
        call.status, call.outcome = "cancelled", None
        call.kinds["output"] = call.kinds["output"] // 3
        yield call
    elif luck < 0.022 and call.operation == "chat":
        call.status, call.error, call.outcome = "blocked", "content_filter", None
        yield call
    else:
        yield call


def _again(call: Call, before: Call) -> Call:
    later = before.when + timedelta(milliseconds=before.latency + 400)
    return replace(call, when=later, attempt=before.attempt + 1, first=before.first or before)


def _mark(call: Call, day: date, chunks: int) -> None:
    """Note which planted trouble the call is part of, and the tokens it costs on top."""
    name = call.workflow.name
    if call.extra:
        call.mark = "cache_stopped"
    elif name == "rag-answer" and chunks > planted.CHUNKS_BEFORE:
        call.mark = "chunk_creep"
        call.extra = {"uncached_input": (chunks - planted.CHUNKS_BEFORE) * planted.CHUNK_TOKENS}
    elif name == "claims-triage" and day >= planted.PROMPT_DOUBLED:
        before = call.workflow.system // 128 * 128 if "cache_read" in call.kinds else 0
        after = call.kinds.get("cache_read", 0)
        more = planted.PROMPT_TOKENS_AFTER - call.workflow.system
        call.mark = "prompt_doubled"
        call.extra = {"uncached_input": more - (after - before), "cache_read": after - before}
    elif name == "meeting-notes" and day >= planted.MODEL_SWITCHED:
        call.mark = "model_switched"
    elif name == "translate" and call.region == planted.REGION_VIOLATION_REGION:
        call.mark = "region_violation"
    elif name == "triage-pilot":
        call.mark = "unpriced"


def _retrieve(base: Call, chunks: int, rng: random.Random) -> Iterator[Call]:
    """The question's embedding and the look-up in the vector store."""
    question = replace(base, operation="embeddings", model="text-embedding-3-small")
    question.kinds, question.extra = {"uncached_input": rng.randint(20, 90)}, {}
    question.latency = rng.randint(40, 160)
    yield question
    lookup = replace(base, operation="retrieval", model="", kinds={}, extra={})
    lookup.when += timedelta(milliseconds=200)
    lookup.chunks, lookup.latency = chunks, rng.randint(25, 90) + 6 * chunks
    lookup.retrieval, lookup.bytes_out = lookup.latency, chunks * planted.CHUNK_TOKENS * 4
    yield lookup


def _tool(call: Call, when: datetime, rng: random.Random) -> Call:
    tool = replace(call, operation="execute_tool", model="", kinds={}, extra={}, mark=None)
    tool.when, tool.latency, tool.ttft, tool.outcome = when, rng.randint(60, 900), None, None
    tool.status, tool.error, tool.attempt, tool.first = "ok", None, 1, None
    tool.reasoning, tool.bytes_out = 0, rng.randint(200, 9000)
    return tool


def _loops(workflow: Workflow, day: date) -> Iterator[Call]:
    """Runs that ask the same tool again and again until they are stopped."""
    if not planted.AGENT_LOOP[0] <= day <= planted.AGENT_LOOP[1]:
        return
    rng = dice("agent-loop", day)
    for number in range(planted.AGENT_LOOP_RUNS_PER_DAY):
        clock, history = at(day, 3600 * (8 + 10 * rng.random())), 0
        tenant = rng.choice(TENANTS)
        for turn in range(planted.AGENT_LOOP_CALLS):
            call = Call(
                workflow, clock, f"claims-agent-{day:%m%d}-loop{number}", workflow.model,
                agent="investigator", prompt=workflow.prompt, tenant=tenant, mark="agent_loop",
                latency=rng.randint(2500, 6000),
            )  # fmt: skip
            fresh, output = rng.randint(700, 1100), rng.randint(150, 260)
            known = workflow.system + history
            call.kinds = {"uncached_input": fresh, "cache_read": known, "output": output}
            call.bytes_out, call.ttft = output * 4, call.latency // 5
            if turn == planted.AGENT_LOOP_CALLS - 1:
                call.status = "cancelled"
            yield call
            clock += timedelta(milliseconds=call.latency + 100)
            tool = _tool(call, clock, rng)
            tool.error = None
            yield tool
            clock += timedelta(milliseconds=tool.latency + 100)
            history += fresh + output


def _storm(workflow: Workflow) -> Iterator[Call]:
    """Calls whose answers come too late: all but the last attempt time out, and are billed."""
    start, end = planted.RETRY_STORM
    rng = dice("retry-storm")
    hours = int((end - start).total_seconds() // 3600)
    for number in range(hours * planted.RETRY_STORM_CALLS_PER_HOUR):
        clock = start + timedelta(seconds=number * 3600 / planted.RETRY_STORM_CALLS_PER_HOUR)
        tokens, first = workflow.system + rng.randint(*workflow.user), None
        run, tenant = f"fraud-score-{start:%m%d}-storm{number:03d}", rng.choice(TENANTS)
        for attempt in range(1, planted.RETRY_STORM_ATTEMPTS + 1):
            last = attempt == planted.RETRY_STORM_ATTEMPTS
            call = Call(
                workflow, clock, run, workflow.model, prompt=workflow.prompt, tenant=tenant,
                status="ok" if last else "timeout", error=None if last else "timeout",
                attempt=attempt, first=first, mark="retry_storm",
                latency=1800 if last else 2000, ttft=1500 if last else None,
                outcome="success" if last else None,
            )  # fmt: skip
            call.kinds = {"uncached_input": tokens, "output": rng.randint(*workflow.output)}
            call.bytes_out = call.kinds["output"] * 4
            first = first or call
            yield call
            clock += timedelta(milliseconds=call.latency + 250)


def _outcome(rng: random.Random) -> str:
    return "success" if rng.random() < 0.91 else "failure"


def _model(workflow: Workflow, day: date) -> str:
    switched = workflow.name == "meeting-notes" and day >= planted.MODEL_SWITCHED
    return planted.MODEL_AFTER if switched else workflow.model


def _system(workflow: Workflow, day: date) -> int:
    doubled = workflow.name == "claims-triage" and day >= planted.PROMPT_DOUBLED
    return planted.PROMPT_TOKENS_AFTER if doubled else workflow.system


def _prompt(workflow: Workflow, day: date) -> str:
    doubled = workflow.name == "claims-triage" and day >= planted.PROMPT_DOUBLED
    return planted.PROMPT_VERSION_AFTER if doubled else workflow.prompt


def _region(workflow: Workflow, day: date) -> str | None:
    first, last = planted.REGION_VIOLATION
    violated = workflow.name == "translate" and first <= day <= last
    return planted.REGION_VIOLATION_REGION if violated else workflow.region


def _chunks(day: date, rng: random.Random) -> int:
    """How many chunks a question gets that day: the planted mean, give or take one."""
    first, last = planted.CHUNK_CREEP
    way = min(max((day - first).days / (last - first).days, 0), 1)
    mean = planted.CHUNKS_BEFORE + (planted.CHUNKS_AFTER - planted.CHUNKS_BEFORE) * way
    return planted.CHUNKS_BEFORE if way == 0 else int(mean + rng.random())


COLUMNS = (
    "timestamp", "request_id", "call_id", "attempt", "operation", "provider", "request_model",
    "response_model", "workflow", "workflow_run_id", "agent", "feature", "team", "tenant",
    "environment", "project", "prompt_version", "workload_tier", "service_tier", "region",
    "caller_region", "store_region", "data_class", "status", "error_type", "uncached_input_tokens",
    "cache_read_tokens", "cache_write_5m_tokens", "output_tokens", "reasoning_tokens",
    "context_window", "retrieved_chunks", "bytes_out", "latency_ms", "ttft_ms", "retrieval_ms",
    "batch", "outcome", "pool", "deployment",
)  # fmt: skip
"""Columns of the request log, by their ledger names."""


def log_row(call: Call) -> tuple[object, ...]:
    """One line of the request log."""
    workflow, kinds = call.workflow, call.kinds
    eu = workflow.data_class == "personal-eu"
    home = "eu-central-1" if eu else "us-east-1"
    none = None if call.operation in {"execute_tool", "retrieval"} else 0
    return (
        f"{call.when:%Y-%m-%dT%H:%M:%S}.{call.when.microsecond // 1000:03d}Z", call.id,
        (call.first or call).id, call.attempt, call.operation,
        workflow.provider if call.model else None, call.model or None,
        (call.model or None) if call.status == "ok" else None, workflow.name, call.run, call.agent,
        workflow.name.split("-")[0], workflow.team, call.tenant, workflow.environment,
        workflow.project if call.model else None, call.prompt, workflow.tier,
        ("batch" if call.batch else "standard") if call.model else None, call.region, home,
        home if eu or workflow.rag else None, workflow.data_class, call.status, call.error,
        kinds.get("uncached_input", none), kinds.get("cache_read", none), kinds.get("cache_write_5m", none),
        kinds.get("output", none), call.reasoning or none, CONTEXT_WINDOWS.get(call.model), call.chunks,
        call.bytes_out, call.latency, call.ttft, call.retrieval,
        "true" if call.batch else "false", call.outcome,
        "aws-serving" if workflow.deployment else None, workflow.deployment,
    )  # fmt: skip
