"""How the numbers of a scorecard's checks, history, differences, roadmap and catalog are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import Derived, amount, count, derived, missing
from finops.analysis.derived.table import Row, Table
from scorecard.derived import score_table
from scorecard.diff import changes
from scorecard.evidence import CONFIDENCE, LINK_CONFIDENCE, EvidenceType
from scorecard.roadmap import PHASES, roadmap
from scorecard.scoring import as_points, max_age_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from finops.analysis.explanation import Line
    from scorecard.catalog import Catalog, SubjectKind
    from scorecard.diff import CheckChange
    from scorecard.evidence import Evidence, Stakes
    from scorecard.history import Record
    from scorecard.roadmap import Step
    from scorecard.scoring import CheckResult, Score

__all__ = [
    "CHANGED",
    "CHECKED",
    "LISTED",
    "PLANNED",
    "RECORDED",
    "catalog_table",
    "checks_table",
    "diff_table",
    "history_table",
    "plan_table",
]

_LEVEL = "the level of its category the check is asked for"
_STAKE = "money a month that hangs on the check"
_AGES = "by the type of what decides, falling evenly to half over the age it may have"

CHECKED = ("level", "confidence", "at_stake")
"""Numbers of a check."""
RECORDED = ("verified", "move", "claimed", "coverage")
"""Numbers of a score that was written down."""
CHANGED = ("value_before", "value_after")
"""Numbers of a check that changed."""
PLANNED = ("phase", "level", "at_stake")
"""Numbers of a step."""
LISTED = ("level",)
"""Numbers of a check in the catalog."""


def _level(check: str, level: int, catalog: str) -> Derived:
    return derived(level, _LEVEL, count("level", level, None, f"catalog {catalog}: {check}"))


def checks_table(score: Score, catalog: Catalog) -> Table:
    """A row for each check, with what decided it."""
    rows = []
    for category in score.categories:
        for check in category.checks:
            numbers: dict[str, Callable[[], Derived]] = {
                "level": lambda check=check: _level(check.check, check.level, score.catalog),  # type: ignore[misc]
                "confidence": lambda check=check: _confidence(check, score, catalog),  # type: ignore[misc]
                "at_stake": lambda check=check: _at_stake(_stakes(check), check),  # type: ignore[misc]
            }
            stakes = _stakes(check)
            currency = None if stakes is None else stakes.currency
            names = {"check": check.check, "category": category.id, "status": str(check.status)}
            rows.append(Row(names, numbers, currency))
    return Table(tuple(rows))


def _stakes(check: CheckResult) -> Stakes | None:
    return next((piece.stakes for piece in check.evidence if piece.stakes is not None), None)


def _at_stake(stakes: Stakes | None, check: CheckResult) -> Derived:
    if stakes is None:
        return missing("at_stake", _STAKE, "the ledger cannot tell what hangs on it")
    piece = next(piece for piece in check.evidence if piece.stakes is not None)
    source = f"{stakes.about}, {_asked(piece)}"
    return derived(
        stakes.amount, _STAKE, amount("at_stake", stakes.amount, source, stakes.currency)
    )


def _asked(piece: Evidence) -> str:
    """Where a piece of evidence is from, in one line."""
    query = " ".join((piece.source or piece.reason).split())
    day = "" if piece.collected is None else f", data to {piece.collected}"
    return f"{piece.type}{day}: {query}"


def _confidence(check: CheckResult, score: Score, catalog: Catalog) -> Derived:
    piece = check.decided_by
    if piece is None or check.confidence is None:
        return missing("confidence", _AGES, "nothing verified is known of it")
    is_linked = piece.type is EvidenceType.CLAIMED and piece.source is not None
    base = LINK_CONFIDENCE if is_linked else CONFIDENCE[piece.type]
    lines = [count("base", base, None, f"evidence that is {piece.type}, fresh")]
    shown = round(float(check.confidence), 6)
    if piece.collected is None:
        last = count("confidence", shown, None, "= base / 2, to six decimals")
        return derived(shown, _AGES, *lines, last)
    known = {each.id: each for each in catalog.checks()}
    longest = max_age_days(catalog, known[check.check]) if check.check in known else 0
    age = (score.as_of - piece.collected).days
    lines += [
        count("age", age, "days", f"{piece.collected} to {score.as_of}"),
        count("max_age", longest, "days", f"catalog {score.catalog}: how old it may be"),
    ]
    text = "= base x (1 - min(max(age, 0), max_age) / (2 x max_age)), to six decimals"
    return derived(shown, _AGES, *lines, count("confidence", shown, None, text))


def history_table(records: Sequence[Record]) -> Table:
    """A row for each score, by its day and when it was written down."""
    rows = []
    for place, record in enumerate(records):
        before = records[place - 1].score if place else None
        names = {
            "as_of": record.score.as_of.isoformat(),
            "recorded": record.recorded.isoformat(timespec="seconds"),
            "sha256": record.sha256,
        }
        rows.append(Row(names, _recorded(record.score, before)))
    return Table(tuple(rows))


def _recorded(score: Score, before: Score | None) -> dict[str, Callable[[], Derived]]:
    whole = score_table(score, {}).whole
    points = {} if whole is None else dict(whole.numbers)
    return {
        "verified": points["verified"],
        "move": lambda: _move(score, before),
        "claimed": points["claimed"],
        "coverage": lambda: _coverage(score),
    }


def _move(score: Score, before: Score | None) -> Derived:
    told = "verified - verified of the score before"
    now = count(
        "verified", as_points(score.verified), "points", "finops explain scorecard.history.verified"
    )
    if before is None:
        return missing("move", told, "it is the first score", now)
    was = count("before", as_points(before.verified), "points", f"verified of {before.as_of}")
    moved = as_points(score.verified - before.verified)
    last = count("move", moved, "points", "= verified - before, cut to two decimals")
    return derived(moved, told, now, was, last)


def _coverage(score: Score) -> Derived:
    told = "checks that apply of which something verified is known / checks that apply"
    whole = score_table(score, {}).whole
    lines: list[Line] = []
    if whole is not None:
        lines = [whole.numbers[name]().lines[-1] for name in ("known", "asked")]
        lines = [line._replace(source=f"finops explain scorecard.{line.step}") for line in lines]
    shown = round(float(score.coverage), 6)
    last = count("coverage", shown, "of the checks", "= known / asked, to six decimals")
    return derived(shown, told, *lines, last)


def diff_table(before: Record, after: Record) -> Table:
    """A row for each check that changed."""
    old, new = _decided(before.score), _decided(after.score)
    return Table(tuple(_changed(each, old, new) for each in changes(before.score, after.score)))


def _decided(score: Score) -> dict[str, Evidence]:
    return {
        check.check: check.decided_by
        for category in score.categories
        for check in category.checks
        if check.decided_by is not None
    }


def _changed(each: CheckChange, old: dict[str, Evidence], new: dict[str, Evidence]) -> Row:
    numbers: dict[str, Callable[[], Derived]] = {
        "value_before": lambda: _value("value_before", each.value_before, old.get(each.check)),
        "value_after": lambda: _value("value_after", each.value_after, new.get(each.check)),
    }
    return Row({"check": each.check, "category": each.category}, numbers)


def _value(name: str, value: Decimal | None, piece: Evidence | None) -> Derived:
    told = f"what the {'earlier' if name.endswith('before') else 'later'} score found of the check"
    if value is None or piece is None:
        return missing(name, told, "no number stands behind it")
    return derived(value, told, count(name, value, piece.unit or None, _asked(piece)))


def plan_table(score: Score, catalog: Catalog) -> Table:
    """A row for each step, in the roadmap's order."""
    steps = roadmap(score, catalog)
    checks = {check.check: check for each in score.categories for check in each.checks}
    return Table(tuple(_planned(step, steps, checks[step.check], score.catalog) for step in steps))


def _planned(step: Step, steps: Sequence[Step], check: CheckResult, catalog: str) -> Row:
    numbers: dict[str, Callable[[], Derived]] = {
        "phase": lambda: _phase(step, steps),
        "level": lambda: _level(step.check, step.level, catalog),
        "at_stake": lambda: _at_stake(step.stakes, check),
    }
    currency = None if step.stakes is None else step.stakes.currency
    return Row(
        {"check": step.check, "category": step.category, "owner": step.owner}, numbers, currency
    )


def _phase(step: Step, steps: Sequence[Step]) -> Derived:
    """Days its effort takes, and of level 2 those of the level 1 steps of its category at least."""
    told = "days by which a step of its effort is done, none of level 2 before the level 1 steps of its category"
    lines = [count("own", PHASES[step.effort], "days", f"effort {step.effort}, of the catalog")]
    if step.level > 1:
        lines += list(_first(step, steps))
    text = "= max(" + ", ".join([line.step for line in lines] + ["0"]) + ")"
    return derived(step.phase, told, *lines, count("phase", step.phase, "days", text))


def _first(step: Step, steps: Sequence[Step]) -> Iterator[Line]:
    for each in steps:
        if each.category == step.category and each.level == 1:
            told = f"effort {each.effort} of {each.check}, a level 1 step of {each.category}"
            yield count(each.check, PHASES[each.effort], "days", told)


def catalog_table(catalog: Catalog, subject: SubjectKind) -> Table:
    """A row for each check that is asked of a kind of subject."""
    rows = []
    for check in catalog.checks(subject):
        numbers: dict[str, Callable[[], Derived]] = {
            "level": lambda check=check: _level(check.id, check.level, catalog.id)  # type: ignore[misc]
        }
        rows.append(Row({"check": check.id}, numbers))
    return Table(tuple(rows))
