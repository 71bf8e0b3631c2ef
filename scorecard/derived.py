"""How the numbers of a score are made: each check holds or not, a level is its weakest check, points are levels."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import SUM, Derived, count, derived, missing
from finops.analysis.derived.table import Row, Table
from scorecard.evidence import EvidenceType, Outcome
from scorecard.scoring import Status, as_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from finops.analysis.explanation import Line
    from scorecard.scoring import CategoryScore, CheckResult, Score

__all__ = ["NUMBERS", "score_table"]

_TOLD = {
    "claimed": "the highest level all of whose checks are said to hold, or the one somebody typed",
    "verified": "the smaller of claimed and what evidence allows; level 2 needs something measured",
    "known": "checks that apply of which anything verified is known",
    "asked": "checks that apply",
    "confidence": "the least confidence among the checks that carry the level",
}

NUMBERS = tuple(_TOLD)
"""Numbers of a category."""

_TOP = 2
"""The highest level."""


def score_table(score: Score, titles: Mapping[str, str]) -> Table:
    """A row for each category, by its id and title, and the whole card."""
    rows = tuple(_category(each, titles.get(each.id, each.id)) for each in score.categories)
    numbers = {
        "claimed": lambda: _points(score, "claimed"),
        "verified": lambda: _points(score, "verified"),
        "known": lambda: _counted(score, "known"),
        "asked": lambda: _counted(score, "asked"),
    }
    return Table(rows, Row({"category": None}, numbers))


def _category(each: CategoryScore, title: str) -> Row:
    numbers = {
        "claimed": lambda: _claimed(each),
        "verified": lambda: _verified(each),
        "known": lambda: _checks(each, "known"),
        "asked": lambda: _checks(each, "asked"),
        "confidence": lambda: _confidence(each),
    }
    return Row({"category": title, "id": each.id}, numbers)


def _applying(each: CategoryScore) -> list[CheckResult]:
    return [check for check in each.checks if check.status is not Status.NOT_APPLICABLE]


def _is_known(check: CheckResult) -> bool:
    return check.status not in {Status.UNKNOWN, Status.ERROR}


def _checks(each: CategoryScore, name: str) -> Derived:
    """A line for each check that applies: one where it counts."""
    lines = [
        count(check.check, int(name == "asked" or _is_known(check)), "checks", check.reason)
        for check in _applying(each)
    ]
    whole = sum(int(line.quantity or 0) for line in lines)
    last = count(name, whole, "checks", SUM if lines else "no check of it applies")
    return derived(whole, _TOLD[name], *lines, last)


def _counted(score: Score, name: str) -> Derived:
    lines = []
    for each in score.categories:
        found = _checks(each, name).value
        lines.append(
            count(
                each.id,
                int(found) if isinstance(found, int) else 0,
                "checks",
                f"finops explain scorecard.{name} {each.id}",
            )
        )
    whole = sum(int(line.quantity or 0) for line in lines)
    return derived(
        whole, f"sum over categories: {_TOLD[name]}", *lines, count(name, whole, "checks", SUM)
    )


def _levels(each: CategoryScore, holds: Callable[[CheckResult], bool], told: str) -> Iterator[Line]:
    """A line for each check, 1 where it holds, and one for each level: the least of its checks."""
    checks = _applying(each)
    for check in checks:
        words = f"level {check.level}, {told}: {check.reason}"
        yield count(check.check, int(holds(check)), "holds", words)
    for level in range(1, _TOP + 1):
        mine = [int(holds(check)) for check in checks if check.level == level]
        formula = f"= min(1, {', '.join(map(str, mine))})" if mine else "= 1"
        yield count(f"level_{level}", min((1, *mine)), "holds", formula)


def _claimed(each: CategoryScore) -> Derived:
    if each.claimed is None:
        return missing("claimed", _TOLD["claimed"], each.why)
    lines = list(_levels(each, lambda check: bool(check.claimed), "as people say"))
    first, second = (int(line.quantity or 0) for line in lines[-_TOP:])
    if first * (1 + second) == each.claimed:
        last = count("claimed", each.claimed, "level", "= level_1 x (1 + level_2)")
    else:
        last = count("claimed", each.claimed, "level", "typed by whoever answered")
    return derived(each.claimed, _TOLD["claimed"], *lines, last)


def _verified(each: CategoryScore) -> Derived:
    if each.verified is None or each.claimed is None:
        return missing("verified", _TOLD["verified"], each.why)
    lines = list(_levels(each, lambda check: check.status is Status.PASS, "by evidence"))
    measured = [check.check for check in _applying(each) if _is_measured(check)]
    told = (
        f"true by measurement: {', '.join(measured)}"
        if measured
        else "nothing is true by measurement"
    )
    lines += [
        count("measured", int(bool(measured)), "holds", told),
        count(
            "allowed", _allowed(lines, measured), "level", "= level_1 x (1 + level_2 x measured)"
        ),
        count("claimed", each.claimed, "level", f"finops explain scorecard.claimed {each.id}"),
    ]
    last = count("verified", each.verified, "level", "= min(claimed, allowed)")
    return derived(each.verified, _TOLD["verified"], *lines, last)


def _allowed(lines: list[Line], measured: list[str]) -> int:
    first, second = (int(line.quantity or 0) for line in lines[-_TOP:])
    return first * (1 + second * bool(measured))


def _is_measured(check: CheckResult) -> bool:
    piece = check.decided_by
    return (
        piece is not None
        and piece.type is EvidenceType.MEASURED
        and piece.outcome is Outcome.TRUE
        and piece.collected is not None
    )


def _confidence(each: CategoryScore) -> Derived:
    carrying = [
        check
        for check in _applying(each)
        if each.verified and check.level <= each.verified and check.confidence is not None
    ]
    lines = [
        count(check.check, check.confidence, "confidence", f"{check.mark}, by its type and age")
        for check in carrying
    ]
    if each.confidence is None:
        return missing("confidence", _TOLD["confidence"], "no level is verified", *lines)
    shown = round(float(each.confidence), 6)
    known = ", ".join(f"{check.confidence:f}" for check in carrying)
    last = count("confidence", shown, None, f"= min({known}), to six decimals")
    return derived(shown, _TOLD["confidence"], *lines, last)


def _points(score: Score, name: str) -> Derived:
    """Levels added, scaled to the maximum where categories do not apply."""
    lines = []
    for each in score.categories:
        level: int | None = getattr(each, name)
        source = each.why or f"finops explain scorecard.{name} {each.id}"
        lines.append(
            count(
                each.id,
                level,
                "level",
                source if level is None else f"finops explain scorecard.{name} {each.id}",
            )
        )
    known = [int(line.quantity) for line in lines if line.quantity is not None]
    told = f"levels added x {score.max} / (2 x categories that apply), cut to two decimals"
    if not known:
        return derived(0, told, *lines, count(name, 0, "points", "no category applies"))
    exact = Fraction(sum(known) * score.max, 2 * len(known))
    added = count("levels", sum(known), "levels", SUM)
    last = count(
        name,
        as_points(exact),
        "points",
        f"= levels x {score.max} / {2 * len(known)}, cut to two decimals",
    )
    return derived(as_points(getattr(score, name)), told, *lines, added, last)
