"""What to do next: every gap as a step, ordered by money at stake per day of effort, in thirds of a quarter.

A step's phase is the first that its effort fits into, and no step of level 2 comes before the level 1
steps of its category. Money is what the ledger says hangs on a check in a month; the same money may hang on
several checks, so it is never added up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO, divide
from scorecard.catalog import CheckKind, Effort
from scorecard.scoring import Status

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from scorecard.catalog import Catalog, Check
    from scorecard.evidence import Stakes
    from scorecard.scoring import CheckResult, Score

__all__ = ["PHASES", "Step", "roadmap"]

PHASES = {Effort.LOW: 30, Effort.MEDIUM: 60, Effort.HIGH: 90}
"""Days by which a step of each effort is done."""


class Step(NamedTuple):
    """One gap to close. `phase` is 30, 60 or 90 days, `due` that day; `proof` shows that it is done."""

    phase: int
    due: date
    check: str
    category: str
    level: int
    status: Status
    action: str
    owner: str
    effort: Effort
    stakes: Stakes | None
    layer: str
    proof: str
    why: str


def roadmap(score: Score, catalog: Catalog) -> tuple[Step, ...]:
    """A step for every scored check that is not true and applies, the most worthwhile of a phase first."""
    checks = {check.id: check for check in catalog.checks(score.subject.kind)}
    steps = []
    for category in score.categories:
        gaps = [
            result
            for result in category.checks
            if result.check in checks and result.status not in {Status.PASS, Status.NOT_APPLICABLE}
        ]
        first = [PHASES[checks[gap.check].effort] for gap in gaps if gap.level == 1]
        for gap in gaps:
            phase = PHASES[checks[gap.check].effort]
            if gap.level > 1:
                phase = max(phase, *first, 0)
            steps.append(_step(score, category.id, checks[gap.check], gap, phase))
    return tuple(sorted(steps, key=_rank))


def _rank(step: Step) -> tuple[int, Decimal, int, int, str]:
    amount = step.stakes.amount if step.stakes is not None else ZERO
    worth = divide(amount, step.effort.days)
    return (step.phase, -worth, step.level, step.effort.days, step.check)


def _step(score: Score, category: str, check: Check, gap: CheckResult, phase: int) -> Step:
    stakes = next((piece.stakes for piece in gap.evidence if piece.stakes is not None), None)
    return Step(
        phase=phase,
        due=score.as_of + timedelta(days=phase),
        check=check.id,
        category=category,
        level=check.level,
        status=gap.status,
        action=_action(check, gap),
        owner=check.owner,
        effort=check.effort,
        stakes=stakes,
        layer=str(check.layer),
        proof=_proof(check),
        why=gap.reason,
    )


def _action(check: Check, gap: CheckResult) -> str:
    """What to do; where only the telling is missing, how to tell."""
    if gap.status is Status.UNKNOWN and check.kind is CheckKind.MANUAL:
        return f"{check.remediation} If it is so already, attach the document."
    command = next((piece.command for piece in gap.evidence if piece.command), None)
    if gap.status is Status.UNKNOWN and command is not None:
        return f"{check.remediation} Supply what is missing: {command}"
    return check.remediation


def _proof(check: Check) -> str:
    probe = f"finops scorecard run: {check.id} passes"
    paper = f"finops scorecard answer {check.id}, with the document"
    if check.kind is CheckKind.AUTOMATIC:
        return probe
    return paper if check.kind is CheckKind.MANUAL else f"{probe}; or {paper}"
