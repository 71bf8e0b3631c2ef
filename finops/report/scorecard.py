"""A score as a report: a row per category with what holds it back, or a row per check with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style
from scorecard.scoring import Status, as_points

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from fractions import Fraction

    from finops.report.model import Cell, Row
    from scorecard.catalog import Catalog
    from scorecard.evidence import Evidence, Stakes
    from scorecard.scoring import CategoryScore, CheckResult, RequirementResult, Score

__all__ = ["checks_report", "evidence_cells", "points_text", "score_report", "verdict"]

SCHEMA = "finops.scorecard/1"

_CATEGORIES = (
    ReportColumn("category", "Category"),
    ReportColumn("id", "Id", shown=False),
    ReportColumn("claimed", "Claimed", Style.COUNT),
    ReportColumn("verified", "Verified", Style.COUNT),
    ReportColumn("known", "Known", Style.COUNT, optional=True),
    ReportColumn("asked", "Asked", Style.COUNT, optional=True),
    ReportColumn("confidence", "Confidence", Style.RATIO, shown=False),
    ReportColumn("why", "What the next level needs", prose=True),
)

_CHECKS = (
    ReportColumn("check", "Check"),
    ReportColumn("category", "Category", shown=False),
    ReportColumn("level", "Level", Style.COUNT),
    ReportColumn("status", "Status"),
    ReportColumn("mark", "Known by"),
    ReportColumn("reason", "Why", prose=True),
    ReportColumn("statement", "Statement", shown=False),
    ReportColumn("claimed", "Claimed", shown=False),
    ReportColumn("confidence", "Confidence", Style.RATIO, shown=False),
    ReportColumn("expires", "Until", shown=False),
    ReportColumn("source", "Source", shown=False),
    ReportColumn("at_stake", "At stake a month", Style.MONEY, optional=True),
    ReportColumn("remediation", "Remediation", shown=False),
    ReportColumn("command", "Command", shown=False),
)


def score_report(score: Score, catalog: Catalog, *, notes: Sequence[str] = ()) -> Report:
    """The card: a row per category; the JSON carries every check with its evidence."""
    return Report(
        schema=SCHEMA,
        title=f"Scorecard of {_whom(score)} as of {score.as_of.isoformat()}",
        columns=_CATEGORIES,
        rows=tuple(_category_row(category, catalog) for category in score.categories),
        totals={
            "category": f"of {score.max}",
            "claimed": as_points(score.claimed),
            "verified": as_points(score.verified),
            "known": sum(_known(each) for each in score.categories),
            "asked": sum(_asked(each) for each in score.categories),
        },
        notes=(*notes, *_notes(score)),
        extras={
            "subject": str(score.subject),
            "as_of": score.as_of,
            "catalog": {"id": score.catalog, "sha256": score.catalog_sha256},
            "claimed": as_points(score.claimed),
            "verified": as_points(score.verified),
            "max": score.max,
            "applicable": score.applicable,
            "coverage": _share(score.coverage),
            "risk": score.risk,
            "weakest": list(score.weakest),
            "categories": [_category(category) for category in score.categories],
            "requirements": [_requirement(each) for each in score.requirements],
            "unknown": list(score.unknown),
        },
    )


def checks_report(
    score: Score, catalog: Catalog, *, categories: Sequence[str] = (), notes: Sequence[str] = ()
) -> Report:
    """A row per check of `categories` (none: all), with the evidence that decided it."""
    wanted = [c for c in score.categories if not categories or c.id in categories]
    rows = tuple(
        _check_row(check, category.id, catalog) for category in wanted for check in category.checks
    )
    currencies = {
        piece.stakes.currency
        for category in wanted
        for check in category.checks
        for piece in check.evidence
        if piece.stakes is not None
    }
    named = ", ".join(_title(category.id, catalog) for category in wanted)
    return Report(
        schema="finops.scorecard-checks/1",
        title=f"Checks of {_whom(score)} as of {score.as_of.isoformat()}"
        + (f": {named}" if categories else ""),
        columns=_CHECKS,
        rows=rows,
        currency=currencies.pop() if len(currencies) == 1 else None,
        notes=tuple(notes),
        extras={
            "subject": str(score.subject),
            "as_of": score.as_of,
            "catalog": {"id": score.catalog, "sha256": score.catalog_sha256},
        },
    )


def verdict(score: Score) -> str:
    """The score in one sentence."""
    verified, claimed = (points_text(each) for each in (score.verified, score.claimed))
    applies = (
        f" ({score.applicable} of {len(score.categories)} categories apply)"
        if score.applicable < len(score.categories)
        else ""
    )
    return f"Verified {verified}/{score.max}, claimed {claimed}/{score.max}{applies}."


def points_text(points: Fraction) -> str:
    """`11`, or `13.71` where categories that do not apply were scaled away."""
    return f"{as_points(points)}"


def evidence_cells(piece: Evidence) -> dict[str, object]:
    """A piece of evidence as JSON has it."""
    return {
        "type": str(piece.type),
        "outcome": str(piece.outcome),
        "reason": piece.reason,
        "value": piece.value,
        "unit": piece.unit or None,
        "source": piece.source,
        "sha256": piece.sha256,
        "collected": piece.collected,
        "expires": piece.expires,
        "owner": piece.owner,
        "command": piece.command,
        "stakes": None if piece.stakes is None else piece.stakes._asdict(),
    }


def _whom(score: Score) -> str:
    return "the company" if str(score.subject) == "self" else str(score.subject)


def _title(category: str, catalog: Catalog) -> str:
    return next((each.title for each in catalog.categories if each.id == category), category)


def _share(share: Fraction) -> float:
    return round(float(share), 6)


def _confidence(confidence: Decimal | None) -> float | None:
    return None if confidence is None else round(float(confidence), 6)


def _counted(category: CategoryScore) -> list[CheckResult]:
    return [check for check in category.checks if check.status is not Status.NOT_APPLICABLE]


def _asked(category: CategoryScore) -> int:
    return len(_counted(category))


def _known(category: CategoryScore) -> int:
    open_states = {Status.UNKNOWN, Status.ERROR}
    return sum(check.status not in open_states for check in _counted(category))


def _category_row(category: CategoryScore, catalog: Catalog) -> Row:
    return {
        "category": _title(category.id, catalog),
        "id": category.id,
        "claimed": category.claimed,
        "verified": category.verified,
        "known": _known(category),
        "asked": _asked(category),
        "confidence": _confidence(category.confidence),
        "why": category.why,
    }


def _category(category: CategoryScore) -> dict[str, object]:
    return {
        "id": category.id,
        "claimed": category.claimed,
        "verified": category.verified,
        "why": category.why,
        "confidence": _confidence(category.confidence),
        "checks": [_check(check) for check in category.checks],
    }


def _check(check: CheckResult) -> dict[str, object]:
    return {
        "id": check.check,
        "level": check.level,
        "status": str(check.status),
        "mark": check.mark,
        "claimed": check.claimed,
        "reason": check.reason,
        "confidence": _confidence(check.confidence),
        "contradiction": check.contradiction,
        "evidence": [evidence_cells(piece) for piece in check.evidence],
    }


def _requirement(each: RequirementResult) -> dict[str, object]:
    return {
        "id": each.id,
        "group": each.group,
        "status": str(each.status),
        "statement": each.statement,
        "checks": [{"id": check.check, "status": str(check.status)} for check in each.checks],
    }


def _check_row(check: CheckResult, category: str, catalog: Catalog) -> Row:
    told = catalog.check(check.check) if check.check in _ids(catalog) else None
    piece = check.decided_by or next(iter(check.evidence), None)
    stakes = _stakes(check)
    command = next((each.command for each in check.evidence if each.command), None)
    cells: dict[str, Cell] = {
        "check": check.check,
        "category": category,
        "level": check.level,
        "status": str(check.status),
        "mark": check.mark,
        "reason": check.reason,
        "statement": told.statement if told else None,
        "claimed": check.claimed,
        "confidence": _confidence(check.confidence),
        "expires": piece.expires.isoformat() if piece and piece.expires else None,
        "source": piece.source if piece else None,
        "at_stake": stakes.amount if stakes else None,
        "remediation": told.remediation if told and check.status is not Status.PASS else None,
        "command": command,
    }
    return cells


def _ids(catalog: Catalog) -> frozenset[str]:
    return frozenset(check.id for check in catalog.checks())


def _stakes(check: CheckResult) -> Stakes | None:
    return next((piece.stakes for piece in check.evidence if piece.stakes is not None), None)


def _notes(score: Score) -> list[str]:
    """What the reader must know, made from the score."""
    notes = [verdict(score)]
    if score.risk:
        notes.append("AI SPENDING RISK: fewer points are verified than the catalog asks for.")
    if len(score.weakest) < score.applicable:
        notes.append(f"Weakest: {', '.join(score.weakest)}.")
    if score.unknown:
        notes.append(
            f"{len(score.unknown)} checks are unknown and count as false ({_share(score.coverage):.0%} are "
            "known); finops scorecard show --unknown lists them, finops scorecard answer asks them."
        )
    notes.extend(
        f"Red flag {each.id}: not so: {each.statement}"
        for each in score.requirements
        if each.group == "red_flags" and each.status is Status.FAIL
    )
    notes.extend(
        f"Contradiction, {check.check}: {check.contradiction}."
        for category in score.categories
        for check in category.checks
        if check.contradiction is not None
    )
    return notes
