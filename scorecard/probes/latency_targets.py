"""Which workflows have a latency target, by percentile."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from scorecard.evidence import Outcome
from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Workflows of the given tiers (empty: all) with a target, of those seen in 30 days."""
    tiers = tuple(str(tier) for tier in params.get("tiers", ()))
    workflows = context.workflows(tiers)
    if not workflows:
        seen = f"of tier {' or '.join(tiers)} " if tiers else ""
        return missing(
            f"no workflow {seen}was seen in the last 30 days", "finops load requests FILE"
        )
    need_both = params.get("percentiles") == "both"
    bare = [name for name in workflows if not _has_target(context, name, need_both=need_both)]
    finding = judged(
        ratio(len(workflows) - len(bare), len(workflows)) or Decimal(0),
        params,
        f"of {len(workflows)} workflows have a target" + (" for p95 and p99" if need_both else ""),
        query="[[scorecard.targets]] in finops.toml",
        collected=context.newest("requests"),
    )
    if finding.outcome is not Outcome.FALSE:
        return finding
    return finding._replace(
        reason=f"{finding.reason}; without: {', '.join(bare[:5])}{' …' if len(bare) > 5 else ''}",  # noqa: PLR2004  (enough to begin with)
        command="[[scorecard.targets]] in finops.toml",
    )


def _has_target(context: Context, workflow: str, *, need_both: bool) -> bool:
    """Whether a target names a percentile; an objective ([[slo]]) bounds responses, and names none."""
    for target in context.settings.targets:
        if fnmatchcase(workflow, target.workflow):
            given = (target.p95_ms is not None, target.p99_ms is not None)
            return all(given) if need_both else any(given)
    return not need_both and any(
        fnmatchcase(workflow, objective.workflow or "*") for objective in context.config.slo
    )


PROBE = Probe("latency_targets", "Do workflows have a latency target?", ask, ("requests",))
