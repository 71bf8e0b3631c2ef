"""Two scores of one subject: which checks changed, and why each did."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scorecard.evidence import EvidenceType

if TYPE_CHECKING:
    from decimal import Decimal

    from scorecard.evidence import Evidence
    from scorecard.scoring import CheckResult, Score, Status

__all__ = ["CheckChange", "LevelChange", "changes", "levels", "measurements"]


class LevelChange(NamedTuple):
    """A category's levels before and after; None where it did not apply, or was not asked."""

    category: str
    claimed: tuple[int | None, int | None]
    verified: tuple[int | None, int | None]


class CheckChange(NamedTuple):
    """A check that is not as it was: statuses (None: not asked), the number behind it, and why."""

    category: str
    check: str
    before: Status | None
    after: Status | None
    value_before: Decimal | None
    value_after: Decimal | None
    why: str


def levels(before: Score, after: Score) -> tuple[LevelChange, ...]:
    """Every category of either score, in the order of `after`."""
    was = {category.id: category for category in before.categories}
    now = {category.id: category for category in after.categories}
    found = []
    for name in dict.fromkeys([*now, *was]):
        old, new = was.get(name), now.get(name)
        found.append(
            LevelChange(
                name,
                (old.claimed if old else None, new.claimed if new else None),
                (old.verified if old else None, new.verified if new else None),
            )
        )
    return tuple(found)


def changes(before: Score, after: Score) -> tuple[CheckChange, ...]:
    """Checks whose status changed, or that are asked on one side only, in catalog order."""
    was, now = _checks(before), _checks(after)
    found = []
    for name in dict.fromkeys([*now, *was]):
        old, new = was.get(name), now.get(name)
        status = (old[1].status if old else None, new[1].status if new else None)
        if status[0] is status[1]:
            continue
        category = (new or old or ("", None))[0]
        found.append(
            CheckChange(
                category,
                name,
                *status,
                _value(old[1] if old else None),
                _value(new[1] if new else None),
                _why(old[1] if old else None, new[1] if new else None),
            )
        )
    return tuple(found)


def measurements(before: Score, after: Score) -> tuple[tuple[str, Evidence, Evidence], ...]:
    """Checks whose status is as it was while the number measured for them moved, with both pieces of evidence."""
    was, found = _checks(before), []
    for name, (_, now) in _checks(after).items():
        old = was[name][1] if name in was else None
        if old is None or old.status is not now.status:
            continue
        first, last = old.decided_by, now.decided_by
        if first is None or last is None or first.type is not last.type:
            continue
        if last.type is EvidenceType.MEASURED and first.value != last.value:
            found.append((name, first, last))
    return tuple(found)


def _checks(score: Score) -> dict[str, tuple[str, CheckResult]]:
    return {
        check.check: (category.id, check)
        for category in score.categories
        for check in category.checks
    }


def _value(check: CheckResult | None) -> Decimal | None:
    return None if check is None or check.decided_by is None else check.decided_by.value


def _why(old: CheckResult | None, new: CheckResult | None) -> str:
    """What became different: the question, the evidence, or what it says."""
    if old is None:
        return "newly asked: the catalog changed"
    if new is None:
        return "no longer asked: the catalog changed"
    was, now = old.decided_by, new.decided_by
    if now is None:
        return f"evidence is gone: {new.reason}" if was is not None else new.reason
    if was is None:
        return f"new {now.type} evidence: {new.reason}"
    if was.type is not now.type:
        return f"{now.type} evidence in the place of {was.type}: {new.reason}"
    return f"{_moved(was, now)}: {new.reason}"


def _moved(was: Evidence, now: Evidence) -> str:
    if was.value is not None and now.value is not None and was.value != now.value:
        unit = "" if now.unit in {"", "ratio"} else f" {now.unit}"
        return f"moved from {was.value.normalize():f} to {now.value.normalize():f}{unit}"
    return "says otherwise"
