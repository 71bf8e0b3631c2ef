"""What is really in the samples, counted while they are made and in Decimal: `samples/truth.toml`.

Nothing of finops takes part, so that a number here can contradict finops. Dollars of calls are at list
price, or at what the provider bills where the name says `billed`.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from . import aws, metered, owners, planted
from .company import MONTHS, UNPRICED_MODEL, list_rate, paid_share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .calls import Call
    from .cluster import Job, Sample
    from .focus import Row

Truth = dict[str, dict[str, object]]


def cost(call: Call, kinds: dict[str, int] | None = None) -> Decimal:
    """List price of the call's tokens, or of `kinds` at its model's rates."""
    tokens, workflow = call.kinds if kinds is None else kinds, call.workflow
    return sum(
        (
            list_rate(workflow.provider, call.model, kind, batch=call.batch) * count
            for kind, count in tokens.items()
        ),
        Decimal(0),
    )


def billed(call: Call, kinds: dict[str, int] | None = None) -> Decimal:
    """What the provider bills for them."""
    return cost(call, kinds) * paid_share(call.workflow.provider)


def truth(
    calls: list[Call], bills: dict[str, list[Row]], jobs: list[Job], samples: list[Sample]
) -> Truth:
    """Every planted thing with its exact numbers, and the totals of the company."""
    logged = [call for call in calls if call.logged]
    marked: Callable[[str], list[Call]] = lambda mark: [c for c in logged if c.mark == mark]  # noqa: E731
    return {
        **_totals(logged, bills),
        "unlogged": _unlogged([call for call in calls if not call.logged], bills),
        "retry_storm": _storm(marked("retry_storm")),
        "chunk_creep": _creep(logged, marked("chunk_creep")),
        "prompt_doubled": _prompt(marked("prompt_doubled")),
        "cache_stopped": _cache(logged, marked("cache_stopped")),
        "agent_loop": _loop(marked("agent_loop")),
        "model_switched": _switch(marked("model_switched")),
        "region_violation": _region(marked("region_violation")),
        "unpriced": _unpriced(marked("unpriced")),
        "slo": _slo(logged),
        "outcomes": _outcomes(logged),
        "idle_reservation": _reservation(bills),
        "commitment": _commitment(bills),
        "credit": {"day": str(planted.CREDIT_DAY), "provider": "AWS", "amount": planted.CREDIT},
        "reissued": _reissued(bills),
        "straggler": _straggler(samples),
        "jobs": _jobs(jobs),
        "owned": owners.owned(samples),
        "unowned": owners.unowned(row for rows in _current(bills).values() for row in rows),
    }


def _sum(rows: Iterable[Row], column: str) -> Decimal:
    return sum((Decimal(str(row[column])) for row in rows), Decimal(0))


def _current(bills: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The deliveries that stand: the re-issued month instead of the first one."""
    replaced = {
        path.replace("reissued/", "bills/") for path in bills if path.startswith("reissued/")
    }
    return {path: rows for path, rows in bills.items() if path not in replaced}


def _totals(logged: list[Call], bills: dict[str, list[Row]]) -> Truth:
    found: Truth = {}
    current = _current(bills)
    for month in MONTHS:
        mine = [call for call in logged if f"{call.when:%Y-%m}" == month]
        chats = [call for call in mine if call.operation == "chat"]
        table: dict[str, object] = {
            "rows": len(mine),
            "attempts": len(chats),
            "requests": len({(call.first or call).id for call in chats}),
            "responses": sum(call.status == "ok" for call in chats),
            "input_tokens": sum(_input(call.kinds) for call in mine),
            "output_tokens": sum(call.kinds.get("output", 0) for call in mine),
        }
        for provider in ("aws", "openai", "anthropic"):
            rows = [
                r for path, rows in current.items() if f"{provider}-{month}" in path for r in rows
            ]
            table[f"{provider}_rows"] = len(rows)
            table[f"{provider}_billed"] = _sum(rows, "BilledCost")
            table[f"{provider}_effective"] = _sum(rows, "EffectiveCost")
        found[f"months.{month}"] = table
    found["requests"] = {
        "rows": len(logged),
        "workflows": len({call.workflow.name for call in logged}),
        "runs": len({call.run for call in logged}),
        "teams": len({call.workflow.team for call in logged}),
        "tiers": sorted({call.workflow.tier for call in logged}),
    }
    return found


def _input(kinds: dict[str, int]) -> int:
    return sum(count for kind, count in kinds.items() if kind != "output")


def _unlogged(calls: list[Call], bills: dict[str, list[Row]]) -> dict[str, object]:
    table: dict[str, object] = {"calls": len(calls)}
    for provider in ("openai", "anthropic"):
        mine = [call for call in calls if call.workflow.provider == provider]
        table[f"{provider}_calls"] = len(mine)
        table[f"{provider}_tokens"] = sum(sum(call.kinds.values()) for call in mine)
        for month in MONTHS:
            dollars = (billed(c) for c in mine if f"{c.when:%Y-%m}" == month)
            table[f"{provider}_billed_{month}"] = sum(dollars, Decimal(0))
    rows = [row for rows in _current(bills).values() for row in rows]
    playground = [row for row in rows if row.get("SubAccountId") == metered.PLAYGROUND_PROJECT]
    table["playground_project"] = metered.PLAYGROUND_PROJECT
    table["playground_billed"] = _sum(playground, "BilledCost")
    return table


def _storm(calls: list[Call]) -> dict[str, object]:
    lost = [call for call in calls if call.status == "timeout"]
    return {
        "workflow": "fraud-score",
        "from": f"{planted.RETRY_STORM[0]:%Y-%m-%dT%H:%M:%SZ}",
        "to": f"{planted.RETRY_STORM[1]:%Y-%m-%dT%H:%M:%SZ}",
        "calls": len({(call.first or call).id for call in calls}),
        "attempts": len(calls),
        "superseded_attempts": len(lost),
        "superseded_list_cost": sum(map(cost, lost), Decimal(0)),
        "superseded_billed_cost": sum(map(billed, lost), Decimal(0)),
    }


def _extra(calls: list[Call]) -> dict[str, object]:
    return {
        "calls": len(calls),
        "extra_tokens": sum(sum(call.extra.values()) for call in calls),
        "extra_list_cost": sum((cost(call, call.extra) for call in calls), Decimal(0)),
        "extra_billed_cost": sum((billed(call, call.extra) for call in calls), Decimal(0)),
    }


def _creep(logged: list[Call], calls: list[Call]) -> dict[str, object]:
    first, last = planted.CHUNK_CREEP
    lookups = [call for call in logged if call.operation == "retrieval"]
    week = timedelta(days=7)
    before = [call.chunks or 0 for call in lookups if call.when.date() < first]
    after = [call.chunks or 0 for call in lookups if call.when.date() > last - week]
    return {
        "workflow": "rag-answer",
        "from": str(first),
        "to": str(last),
        "chunks_before": sum(before),
        "lookups_before": len(before),
        "chunks_last_week": sum(after),
        "lookups_last_week": len(after),
        **_extra(calls),
    }


def _prompt(calls: list[Call]) -> dict[str, object]:
    return {
        "workflow": "claims-triage",
        "day": str(planted.PROMPT_DOUBLED),
        "version_after": planted.PROMPT_VERSION_AFTER,
        "prompt_tokens_after": planted.PROMPT_TOKENS_AFTER,
        **_extra(calls),
    }


def _cache(logged: list[Call], calls: list[Call]) -> dict[str, object]:
    mine = [c for c in logged if c.workflow.name == "support-chat" and c.operation == "chat"]
    before = [call for call in mine if call.when.date() < planted.CACHE_STOPPED]
    after = [call for call in mine if call.when.date() >= planted.CACHE_STOPPED]
    return {
        "workflow": "support-chat",
        "day": str(planted.CACHE_STOPPED),
        "cache_read_before": sum(call.kinds.get("cache_read", 0) for call in before),
        "input_before": sum(_input(call.kinds) for call in before),
        "cache_read_after": sum(call.kinds.get("cache_read", 0) for call in after),
        "input_after": sum(_input(call.kinds) for call in after),
        **_extra(calls),
    }


def _loop(calls: list[Call]) -> dict[str, object]:
    return {
        "workflow": "claims-agent",
        "agent": "investigator",
        "days": [str(day) for day in planted.AGENT_LOOP],
        "runs": len({call.run for call in calls}),
        "calls": len(calls),
        "input_tokens": sum(_input(call.kinds) for call in calls),
        "list_cost": sum(map(cost, calls), Decimal(0)),
    }


def _switch(calls: list[Call]) -> dict[str, object]:
    dear = sum(map(billed, calls), Decimal(0))
    cheap = sum(
        (
            list_rate("openai", call.workflow.model, kind) * count * paid_share("openai")
            for call in calls
            for kind, count in call.kinds.items()
        ),
        Decimal(0),
    )
    return {
        "workflow": "meeting-notes",
        "day": str(planted.MODEL_SWITCHED),
        "model_before": "gpt-4o-mini",
        "model_after": planted.MODEL_AFTER,
        "calls": len(calls),
        "billed_cost": dear,
        "billed_cost_of_responses": _responses(calls),
        "billed_cost_at_the_model_before": cheap,
    }


def _region(calls: list[Call]) -> dict[str, object]:
    return {
        "workflow": "translate",
        "days": [str(day) for day in planted.REGION_VIOLATION],
        "data_class": "personal-eu",
        "region": planted.REGION_VIOLATION_REGION,
        "attempts": len(calls),
    }


def _unpriced(calls: list[Call]) -> dict[str, object]:
    tokens: Counter[str] = Counter()
    for call in calls:
        tokens.update(call.kinds)
    return {
        "workflow": "triage-pilot",
        "model": UNPRICED_MODEL,
        "from": str(planted.UNPRICED_FROM),
        "attempts": len(calls),
        "input_tokens": _input(tokens),
        "output_tokens": tokens["output"],
        "billed_cost": sum(map(billed, calls), Decimal(0)),
        "billed_cost_of_responses": _responses(calls),
    }


def _missed(call: Call) -> bool:
    """Whether the response broke a limit of its workflow's objective."""
    limits: dict[str, int] = planted.OBJECTIVES[call.workflow.name]
    output = call.kinds.get("output", 0)
    first = call.ttft or 0
    per_token = Decimal(call.latency - first) / (output - 1) if output > 1 else Decimal(0)
    times: dict[str, Decimal | int] = {
        "ttft_ms": first,
        "latency_ms": call.latency,
        "tpot_ms": per_token,
    }
    return any(times[name] > limit for name, limit in limits.items())


def _slo(logged: list[Call]) -> dict[str, object]:
    """Good and missed responses of workflows with an objective, and what the missed ones were billed."""
    table: dict[str, object] = {}
    for month in MONTHS:
        answered = [
            call
            for call in logged
            if call.workflow.name in planted.OBJECTIVES
            and (call.operation, call.status) == ("chat", "ok")
            and f"{call.when:%Y-%m}" == month
        ]
        missed = [call for call in answered if _missed(call)]
        for name in planted.OBJECTIVES:
            late = sum(call.workflow.name == name for call in missed)
            table[f"{name}_good_{month}"] = (
                sum(call.workflow.name == name for call in answered) - late
            )
            table[f"{name}_missed_{month}"] = late
        table[f"missed_billed_cost_{month}"] = _responses(missed)
    return table


def _outcomes(logged: list[Call]) -> dict[str, object]:
    """Runs that logged an outcome and those that succeeded, by month of their last call."""
    ended: dict[str, str] = {}
    last: dict[str, Call] = {}
    for call in logged:
        ended[call.run] = max(ended.get(call.run, ""), f"{call.when:%Y-%m}")
        if call.outcome is not None and (call.run not in last or last[call.run].when <= call.when):
            last[call.run] = call
    table: dict[str, object] = {}
    for month in MONTHS:
        mine = [call for run, call in last.items() if ended[run] == month]
        table[f"runs_with_outcome_{month}"] = len(mine)
        table[f"successful_runs_{month}"] = sum(call.outcome == "success" for call in mine)
    return table


def _responses(calls: list[Call]) -> Decimal:
    """What is billed for the attempts that succeeded."""
    return sum((billed(call) for call in calls if call.status == "ok"), Decimal(0))


def _reservation(bills: dict[str, list[Row]]) -> dict[str, object]:
    rows = [r for rows in _current(bills).values() for r in rows if "CapacityReservationId" in r]
    first, end = planted.IDLE_RESERVATION
    return {
        "id": planted.IDLE_RESERVATION_ID,
        "from": str(first),
        "to": str(end),
        "hours": _sum(rows, "ConsumedQuantity"),
        "effective_cost": _sum(rows, "EffectiveCost"),
    }


def _commitment(bills: dict[str, list[Row]]) -> dict[str, object]:
    table: dict[str, object] = {"id": aws.PLAN}
    for month in MONTHS:
        rows = [r for r in bills[f"bills/aws-{month}.csv.gz"] if r.get("CommitmentDiscountId")]
        used = [row for row in rows if row.get("CommitmentDiscountStatus") == "Used"]
        unused = [row for row in rows if row.get("CommitmentDiscountStatus") == "Unused"]
        table[f"billed_{month}"] = _sum(rows, "BilledCost")
        table[f"used_{month}"] = _sum(used, "EffectiveCost")
        table[f"unused_{month}"] = _sum(unused, "EffectiveCost")
    return table


def _reissued(bills: dict[str, list[Row]]) -> dict[str, object]:
    month = planted.REISSUED_MONTH
    first, second = bills[f"bills/openai-{month}.csv.gz"], bills[f"reissued/openai-{month}.csv.gz"]
    return {
        "provider": "OpenAI",
        "month": month,
        "rows": len(second),
        "first_billed": _sum(first, "BilledCost"),
        "second_billed": _sum(second, "BilledCost"),
        "difference": _sum(second, "BilledCost") - _sum(first, "BilledCost"),
    }


def _straggler(samples: list[Sample]) -> dict[str, object]:
    device = f"GPU-{planted.STRAGGLER_NODE}-{planted.STRAGGLER_GPU}"
    slow = [row for row in samples if row["device_uuid"] == device and row["throttle_s"]]
    return {
        "cluster": "colo",
        "node": planted.STRAGGLER_NODE,
        "device_uuid": device,
        "from": str(planted.STRAGGLER_FROM),
        "throttled_hours": len(slow),
        "throttle_s": sum((Decimal(str(row["throttle_s"])) for row in slow), Decimal(0)),
        "sm_clock_mhz": 1305,
        "sm_clock_mhz_elsewhere": 1980,
        "samples": len(samples),
        "unowned_gpu_hours": sum(r["pod"] is None and r["job_id"] is None for r in samples),
    }


def _jobs(jobs: list[Job]) -> dict[str, object]:
    states = Counter(job.state.split()[0].lower() for job in jobs)
    seconds = sum(
        int((job.ended - job.started).total_seconds()) * 8 * len(job.nodes)
        for job in jobs
        if job.started
    )
    return {"attempts": len(jobs), "gpu_seconds": seconds, **dict(sorted(states.items()))}
