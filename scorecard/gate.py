"""A score held against a policy: what is demanded, and every way in which it is not met."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.errors import UsageError
from scorecard.scoring import Status, as_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from scorecard.catalog import Catalog
    from scorecard.scoring import CategoryScore, CheckResult, Score

__all__ = ["Policy", "Rule", "gate", "parse_levels"]


class Policy(NamedTuple):
    """What is demanded of verified points; None and empty demand nothing."""

    minimum: Decimal | None = None
    levels: Mapping[str, int] = {}
    no_regression: bool = False
    max_unknown: int | None = None
    red_flags: bool = True
    sovereign: bool = False


class Rule(NamedTuple):
    """One demand: whether it is met, in words why, and the checks that stand in the way."""

    id: str
    met: bool
    message: str
    checks: tuple[str, ...] = ()


def parse_levels(given: Sequence[str], catalog: Catalog) -> dict[str, int]:
    """`cost_model=1` … as levels by category; UsageError names what is wrong."""
    known = [category.id for category in catalog.categories]
    levels = {}
    for text in given:
        name, _, level = text.partition("=")
        if name not in known:
            raise UsageError(
                f"there is no category {name!r}", hint=f"choose among {', '.join(known)}"
            )
        if level not in {"0", "1", "2"}:
            raise UsageError(f"{text!r} names no level", hint=f"{name}=0, {name}=1 or {name}=2")
        levels[name] = int(level)
    return levels


def gate(score: Score, policy: Policy, before: Score | None = None) -> tuple[Rule, ...]:
    """Every demand of `policy`, met or not; `before` is the score a regression is told from."""
    rules = list(_rules(score, policy))
    if policy.no_regression:
        rules.append(_regression(score, before))
    return tuple(rules)


def _rules(score: Score, policy: Policy) -> Iterator[Rule]:
    if policy.minimum is not None:
        has = as_points(score.verified)
        met = score.verified >= policy.minimum
        held = [] if met else [name for category in score.categories for name in _open(category, 2)]
        yield Rule(
            "min", met, f"{has} of {score.max} points verified, {policy.minimum} asked", tuple(held)
        )
    for name, level in policy.levels.items():
        yield _level(score.category(name), level)
    if policy.max_unknown is not None:
        count = len(score.unknown)
        met = count <= policy.max_unknown
        message = f"{count} checks unknown, {policy.max_unknown} allowed"
        yield Rule("max-unknown", met, message, () if met else score.unknown)
    groups = [("red_flags", policy.red_flags), ("sovereignty", policy.sovereign)]
    for each in score.requirements:
        if dict(groups).get(each.group):
            met = each.status in {Status.PASS, Status.NOT_APPLICABLE}
            wrong = tuple(c.check for c in each.checks if not _stands(c))
            yield Rule(each.id, met, f"{each.statement} ({each.status})", () if met else wrong)


def _stands(check: CheckResult) -> bool:
    return check.status in {Status.PASS, Status.NOT_APPLICABLE}


def _open(category: CategoryScore, level: int) -> list[str]:
    """Checks up to `level` that are not true."""
    return [c.check for c in category.checks if c.level <= level and not _stands(c)]


def _level(category: CategoryScore, level: int) -> Rule:
    name = f"min-level:{category.id}"
    if category.verified is None:
        return Rule(name, met=True, message=f"{category.id} does not apply: {category.why}")
    met = category.verified >= level
    message = f"level {category.verified} verified, {level} asked"
    if met:
        return Rule(name, met=True, message=message)
    return Rule(
        name, met=False, message=f"{message}: {category.why}", checks=tuple(_open(category, level))
    )


def _regression(score: Score, before: Score | None) -> Rule:
    if before is None:
        return Rule("no-regression", met=True, message="there is no other score to compare with")
    since = f"since {before.as_of.isoformat()}"
    was = {category.id: category for category in before.categories}
    fallen = [
        category
        for category in score.categories
        if category.id in was and (category.verified or 0) < (was[category.id].verified or 0)
        if category.verified is not None
    ]
    if not fallen and score.verified >= before.verified:
        return Rule("no-regression", met=True, message=f"nothing fell {since}")
    parts = [f"{c.id} from {was[c.id].verified} to {c.verified}" for c in fallen]
    total = f"{as_points(before.verified)} to {as_points(score.verified)} points"
    checks = tuple(name for c in fallen for name in _open(c, (c.verified or 0) + 1))
    words = f"fell {since}: {', '.join(parts) or total}"
    return Rule("no-regression", met=False, message=words, checks=checks)
