"""Service-level objectives: which responses were good, and what the others cost.

An objective bounds a response's own times: start to first token, start to last byte, and the time each
further token took. The first objective of finops.toml that a response falls under applies. A response
is `missed` when any bound is broken, `unknown` when a time that is needed was not logged, else `met`;
only `met` ones are good, and what a missed one cost is the component `slo_miss`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from finops.analysis.where import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Objective", "judged_sql", "objectives"]


class Objective(NamedTuple):
    """Limits in milliseconds of the responses three patterns (`*`, `?`) hold for; None: no limit, any."""

    workflow: str | None = None
    agent: str | None = None
    deployment: str | None = None
    ttft_ms: float | None = None
    latency_ms: float | None = None
    tpot_ms: float | None = None


class _Configured(Protocol):
    @property
    def workflow(self) -> str | None: ...
    @property
    def agent(self) -> str | None: ...
    @property
    def deployment(self) -> str | None: ...
    @property
    def ttft_ms(self) -> float | None: ...
    @property
    def latency_ms(self) -> float | None: ...
    @property
    def tpot_ms(self) -> float | None: ...


def objectives(configured: Iterable[_Configured]) -> tuple[Objective, ...]:
    """The objectives of finops.toml, in its order."""
    return tuple(
        Objective(
            each.workflow,
            each.agent,
            each.deployment,
            each.ttft_ms,
            each.latency_ms,
            each.tpot_ms,
        )
        for each in configured
    )


def judged_sql(known: Sequence[Objective]) -> str:
    """SQL over a response's columns: 'met', 'missed', 'unknown', or null where no objective applies."""
    if not known:
        return "cast(null as varchar)"
    branches = " ".join(f"when {_applies(each)} then {_verdict(each)}" for each in known)
    return f"case {branches} end"


def _applies(objective: Objective) -> str:
    """Whether every pattern given holds; a missing name matches no pattern."""
    patterns = (
        ("workflow", objective.workflow),
        ("agent", objective.agent),
        ("deployment", objective.deployment),
    )
    held = [
        f"coalesce({name}, '') like {quote(_like(text))} escape '!' and {name} is not null"
        for name, text in patterns
        if text is not None
    ]
    return " and ".join(held) or "true"


def _like(pattern: str) -> str:
    """A pattern with `*` and `?` as LIKE writes it, `!` being the escape."""
    kept = "".join(f"!{char}" if char in "!%_" else char for char in pattern)
    return kept.replace("*", "%").replace("?", "_")


def _verdict(objective: Objective) -> str:
    """Limits hold up to and with their value. A single token has no time per further token."""
    several = "coalesce(output_tokens, 0) > 1"
    spent = "cast(latency_ms as double) - cast(ttft_ms as double)"
    missed, unknown = [], []
    for name, limit in (("ttft_ms", objective.ttft_ms), ("latency_ms", objective.latency_ms)):
        if limit is not None:
            missed.append(f"coalesce({name} > {_double(limit)}, false)")
            unknown.append(f"{name} is null")
    if objective.tpot_ms is not None:
        allowed = f"{_double(objective.tpot_ms)} * cast(output_tokens - 1 as double)"
        missed.append(f"coalesce({several} and {spent} > {allowed}, false)")
        unknown.append(f"({several} and (latency_ms is null or ttft_ms is null))")
    return (
        f"case when {' or '.join(missed)} then 'missed' "
        f"when {' or '.join(unknown)} then 'unknown' else 'met' end"
    )


def _double(limit: float) -> str:
    return f"cast('{limit!r}' as double)"
