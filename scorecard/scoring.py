"""Points from answers and evidence: a pure function, and everything needed to explain its result.

A level is reached when every applicable check of it and of the levels below is true; level 2 needs at
least one measured piece of evidence younger than the category's age limit besides. *Claimed* is what
people say: the level somebody typed, else what their answers and the evidence together say. *Verified*
is the smaller of claimed and what measured and attested evidence allows. Unknown is not "not
applicable": it counts as false and is listed apart. Categories that do not apply leave both sums, which
are scaled back to the maximum.

Of contradicting evidence the measured counts, and of two measured or two attested pieces the false one.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from scorecard.answers import Answers, Says, Subject, evidence_of
from scorecard.catalog import Catalog, Category, Check, CheckKind
from scorecard.evidence import Evidence, EvidenceType, Outcome, confidence, is_valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

__all__ = [
    "CategoryScore",
    "CheckResult",
    "RequirementResult",
    "Score",
    "Status",
    "as_points",
    "score",
]


class Status(StrEnum):
    """What stands about a check after all evidence: for points only PASS counts."""

    PASS = "pass"  # noqa: S105  (a check passes; it is no password)
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "n/a"
    ERROR = "error"


class CheckResult(NamedTuple):
    """One check: what verified evidence says, what people say, and the piece that decided.

    `decided_by` is None when nothing verified is known; `claimed` is None when nobody said anything.
    `contradiction` says in words where a person and a measurement disagree.
    """

    check: str
    level: int
    status: Status
    claimed: bool | None
    reason: str
    decided_by: Evidence | None
    evidence: tuple[Evidence, ...]
    confidence: Decimal | None
    contradiction: str | None = None

    @property
    def mark(self) -> str:
        """`measured`, `attested`, `claimed`, `n/a` or `unknown`: how what is shown is known."""
        if self.status is Status.NOT_APPLICABLE:
            return "n/a"
        if self.decided_by is not None:
            return str(self.decided_by.type)
        return "unknown" if self.claimed is None else str(EvidenceType.CLAIMED)


class CategoryScore(NamedTuple):
    """A category's two levels. Both are None when it does not apply. `why` says what holds verified back."""

    id: str
    claimed: int | None
    verified: int | None
    checks: tuple[CheckResult, ...]
    why: str
    confidence: Decimal | None

    @property
    def applies(self) -> bool:
        """Whether the category counts."""
        return self.verified is not None


class RequirementResult(NamedTuple):
    """A red flag or a sovereignty requirement: PASS, FAIL (a veto) or UNKNOWN, and the checks behind it."""

    id: str
    group: str
    status: Status
    statement: str
    checks: tuple[CheckResult, ...]


class Score(NamedTuple):
    """The whole card. Totals are exact fractions of `max`, scaled to it where categories do not apply."""

    subject: Subject
    as_of: date
    catalog: str
    catalog_sha256: str
    claimed: Fraction
    verified: Fraction
    max: int
    coverage: Fraction
    """Applicable checks with a verified answer, of applicable checks."""
    risk: bool
    weakest: tuple[str, ...]
    categories: tuple[CategoryScore, ...]
    requirements: tuple[RequirementResult, ...]
    unknown: tuple[str, ...]
    """Ids of the checks nothing verified is known about, errors included."""

    @property
    def applicable(self) -> int:
        """Categories that count."""
        return sum(category.applies for category in self.categories)

    def category(self, name: str) -> CategoryScore:
        """The category called `name`; KeyError when there is none."""
        for category in self.categories:
            if category.id == name:
                return category
        raise KeyError(name)


def score(
    catalog: Catalog, answers: Answers, evidence: Iterable[Evidence] = (), *, as_of: date
) -> Score:
    """The score of the answers' subject from its answers and `evidence` (measured, or anybody's).

    Evidence about checks the subject is not asked is left out.
    """
    pieces = (*evidence_of(answers), *evidence)
    by_check: dict[str, list[Evidence]] = {}
    for piece in pieces:
        by_check.setdefault(piece.check, []).append(piece)
    asked = catalog.checks(answers.subject.kind)
    results = {
        check.id: _judge(
            check, by_check.get(check.id, ()), answers, as_of, max_age_days(catalog, check)
        )
        for check in asked
    }
    categories = tuple(
        _category(category, results, answers.claims.get(category.id), as_of)
        for category in catalog.categories
    )
    scored = [result for result in results.values() if result.level > 0]
    applicable = [result for result in scored if result.status is not Status.NOT_APPLICABLE]
    unknown = [r for r in applicable if r.status in {Status.UNKNOWN, Status.ERROR}]
    verified = _total(catalog, [category.verified for category in categories])
    counted = [c for c in categories if c.verified is not None]
    lowest = min((c.verified or 0 for c in counted), default=0)
    return Score(
        subject=answers.subject,
        as_of=as_of,
        catalog=f"{catalog.id}/{catalog.version}",
        catalog_sha256=catalog.sha256,
        claimed=_total(catalog, [category.claimed for category in categories]),
        verified=verified,
        max=catalog.max_points,
        coverage=_share(len(applicable) - len(unknown), len(applicable)),
        risk=verified < catalog.risk_below,
        weakest=tuple(c.id for c in counted if c.verified == lowest),
        categories=categories,
        requirements=_requirements(catalog, results),
        unknown=tuple(result.check for result in unknown),
    )


def as_points(points: Fraction) -> int | Decimal:
    """Points as they are shown: whole where they are, else cut (never raised) to two decimals."""
    if points.denominator == 1:
        return int(points)
    exact = Decimal(points.numerator) / Decimal(points.denominator)
    return exact.quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def max_age_days(catalog: Catalog, check: Check) -> int:
    """Days after which evidence for `check` counts half."""
    category = catalog.category_of(check.id)
    return category.max_age_days if category is not None else 90


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)


def _total(catalog: Catalog, levels: Sequence[int | None]) -> Fraction:
    counted = [level for level in levels if level is not None]
    if not counted:
        return Fraction(0)
    return Fraction(sum(counted) * catalog.max_points, 2 * len(counted))


# --- one check ---------------------------------------------------------------------------------

_DECIDED = {
    Outcome.TRUE: Status.PASS,
    Outcome.FALSE: Status.FAIL,
    Outcome.NOT_APPLICABLE: Status.NOT_APPLICABLE,
}
_STRICTEST = (Outcome.FALSE, Outcome.TRUE, Outcome.NOT_APPLICABLE)


def _judge(
    check: Check, pieces: Sequence[Evidence], answers: Answers, as_of: date, max_age: int
) -> CheckResult:
    fresh = [piece for piece in pieces if is_valid(piece, as_of)]
    decided = _deciding(check, fresh)
    said = answers.answer(check.id)
    claimed = _claimed(fresh, decided)
    if decided is not None:
        status = _DECIDED[decided.outcome]
        reason = decided.reason or f"as {decided.source or decided.owner} says"
    else:
        status, reason = _undecided(pieces, fresh, as_of)
    trust = None if decided is None else confidence(decided, as_of, max_age)
    return CheckResult(
        check.id,
        check.level,
        status,
        claimed,
        reason,
        decided,
        tuple(pieces),
        trust,
        _contradiction(said.says if said else None, decided),
    )


def _deciding(check: Check, fresh: Sequence[Evidence]) -> Evidence | None:
    """The piece that settles the check: measured before attested, false before true, the youngest."""
    usable = [piece for piece in fresh if _settles(check, piece)]
    return min(
        usable,
        key=lambda piece: (
            piece.type is not EvidenceType.MEASURED,
            _STRICTEST.index(piece.outcome),
            -(piece.collected.toordinal() if piece.collected else 0),
            piece.source or "",
        ),
        default=None,
    )


def _settles(check: Check, piece: Evidence) -> bool:
    """Whether `piece` may decide: a person's word alone never does, unless that it does not apply.

    That needs a reason and an owner, whoever says it.
    """
    if piece.outcome not in _DECIDED:
        return False
    if piece.outcome is Outcome.NOT_APPLICABLE:
        return bool(piece.owner and piece.reason)
    if piece.type is EvidenceType.MEASURED:
        return check.kind is not CheckKind.MANUAL
    return piece.type is EvidenceType.ATTESTED and check.kind is not CheckKind.AUTOMATIC


def _claimed(fresh: Sequence[Evidence], decided: Evidence | None) -> bool | None:
    """What people say about the check, else what verified evidence says; None when nobody knows."""
    said = [piece for piece in fresh if piece.type is not EvidenceType.MEASURED]
    for outcome, claim in ((Outcome.FALSE, False), (Outcome.TRUE, True)):
        if any(piece.outcome is outcome for piece in said):
            return claim
    if decided is None or decided.outcome is Outcome.NOT_APPLICABLE:
        return None
    return decided.outcome is Outcome.TRUE


def _undecided(
    pieces: Sequence[Evidence], fresh: Sequence[Evidence], as_of: date
) -> tuple[Status, str]:
    """Why nothing is known: asking failed, a claim stands alone, something is missing or too old."""
    by_outcome: dict[Outcome, Evidence] = {}
    for piece in fresh:
        by_outcome.setdefault(piece.outcome, piece)
    if Outcome.ERROR in by_outcome:
        return Status.ERROR, by_outcome[Outcome.ERROR].reason
    if Outcome.NOT_APPLICABLE in by_outcome:
        return Status.UNKNOWN, "not applicable needs a written reason and an owner"
    if Outcome.FALSE in by_outcome:
        return Status.FAIL, "said not to be so"
    if Outcome.NOT_AVAILABLE in by_outcome:
        return Status.UNKNOWN, by_outcome[Outcome.NOT_AVAILABLE].reason
    return Status.UNKNOWN, _nothing_counts(pieces, as_of) if not fresh else UNPROVEN


UNPROVEN = "claimed without evidence"


def _nothing_counts(pieces: Sequence[Evidence], as_of: date) -> str:
    if not pieces:
        return "not answered"
    expired = max((piece.expires for piece in pieces if piece.expires is not None), default=None)
    if expired is not None and expired <= as_of:
        return f"its evidence expired on {expired.isoformat()}"
    return f"its evidence is from after {as_of.isoformat()}"


def _contradiction(says: Says | None, decided: Evidence | None) -> str | None:
    if says is None or decided is None or decided.type is not EvidenceType.MEASURED:
        return None
    if says is Says.YES and decided.outcome is Outcome.FALSE:
        return f"said to be so; measured otherwise: {decided.reason}"
    if says is Says.NO and decided.outcome is Outcome.TRUE:
        return f"said not to be so; measured otherwise: {decided.reason}"
    return None


# --- one category ------------------------------------------------------------------------------


def _category(
    category: Category, results: dict[str, CheckResult], typed: int | None, as_of: date
) -> CategoryScore:
    checks = tuple(results[check.id] for check in category.checks if check.id in results)
    counted = [result for result in checks if result.status is not Status.NOT_APPLICABLE]
    if not counted:
        why = "no check of it applies" if checks else "nothing of it is asked"
        return CategoryScore(category.id, None, None, checks, why, None)
    allowed, why = _allowed(counted, as_of)
    said = _level(counted, lambda result: bool(result.claimed))
    claimed = said if typed is None else typed
    if claimed < allowed:
        why = f"only {claimed} is claimed; the evidence would allow {allowed}"
    verified = min(claimed, allowed)
    return CategoryScore(category.id, claimed, verified, checks, why, _trust(counted, verified))


def _level(results: Sequence[CheckResult], holds: Callable[[CheckResult], bool]) -> int:
    """The highest level all of whose checks, and those below, hold."""
    for level in (1, 2):
        if not all(holds(result) for result in results if result.level == level):
            return level - 1
    return 2


def _allowed(results: Sequence[CheckResult], as_of: date) -> tuple[int, str]:
    """The level evidence allows, and what the next one lacks."""
    level = _level(results, lambda result: result.status is Status.PASS)
    if level == 2:  # noqa: PLR2004  (the highest)
        if any(_is_measured(result, as_of) for result in results):
            return 2, ""
        return 1, "level 2 needs something measured; everything here is on paper"
    open_ones = [r for r in results if r.level == level + 1 and r.status is not Status.PASS]
    listed = ", ".join(f"{result.check} ({result.status})" for result in open_ones)
    return level, f"level {level + 1} needs {listed}"


def _is_measured(result: CheckResult, as_of: date) -> bool:
    """Whether the check is true by measurement; validity has seen to its age."""
    piece = result.decided_by
    return (
        piece is not None
        and piece.type is EvidenceType.MEASURED
        and piece.outcome is Outcome.TRUE
        and piece.collected is not None
        and is_valid(piece, as_of)
    )


def _trust(results: Sequence[CheckResult], level: int) -> Decimal | None:
    """The least confidence among the checks that carry `level`; None at level 0."""
    carrying = [r.confidence for r in results if r.level <= level and r.confidence is not None]
    return min(carrying, default=None) if level else None


def _requirements(
    catalog: Catalog, results: dict[str, CheckResult]
) -> tuple[RequirementResult, ...]:
    found = []
    for each in catalog.requirements:
        checks = tuple(results[name] for name in each.checks if name in results)
        if checks:
            found.append(
                RequirementResult(each.id, each.group, _worst(checks), each.statement, checks)
            )
    return tuple(found)


def _worst(checks: Sequence[CheckResult]) -> Status:
    states = {check.status for check in checks}
    for status in (Status.FAIL, Status.ERROR, Status.UNKNOWN, Status.PASS):
        if status in states:
            return status
    return Status.NOT_APPLICABLE
