"""`[[slo]]` and `[requests]`: which responses are good, which runs succeeded, and which log to believe."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from finops.sections.base import Section

__all__ = ["Objective", "Requests"]


def _decimal_as_float(value: object) -> object:
    """TOML's `0.5` is read as a decimal; a time is a float."""
    return float(value) if isinstance(value, Decimal) else value


Limit = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(_decimal_as_float)]
"""Milliseconds, more than none."""


class Objective(Section):
    """A service-level objective; of several a response falls under, the first applies."""

    workflow: str | None = Field(
        default=None, description="Workflows it is for: a name, or a pattern with * and ?."
    )
    agent: str | None = Field(default=None, description="Agents it is for, likewise.")
    deployment: str | None = Field(default=None, description="Deployments it is for, likewise.")
    ttft_ms: Limit | None = Field(default=None, description="Longest time to the first token.")
    latency_ms: Limit | None = Field(default=None, description="Longest time to the last byte.")
    tpot_ms: Limit | None = Field(
        default=None, description="Longest mean time of each token after the first."
    )

    @model_validator(mode="after")
    def _bounds_something(self) -> Objective:
        if self.ttft_ms is None and self.latency_ms is None and self.tpot_ms is None:
            raise ValueError("an objective needs ttft_ms, latency_ms or tpot_ms")
        return self


class Requests(Section):
    """How the logs of calls are read."""

    authority: tuple[str, ...] = Field(
        default=(),
        description="Sources of request logs, the one to believe first, where two log the same calls.",
    )
    success: tuple[str, ...] = Field(
        default=("success", "succeeded", "ok", "completed", "resolved"),
        description="Outcomes, in lower case, that make a run a successful one.",
    )
