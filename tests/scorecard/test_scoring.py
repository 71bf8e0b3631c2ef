"""Points: what reaches a level, what never does, and what is lost when a piece of evidence goes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecard.answers import Answer, Answers, Document, Says, Subject, evidence_of
from scorecard.catalog import CheckKind, SubjectKind
from scorecard.evidence import EvidenceType, Outcome, confidence
from scorecard.scoring import Status, as_points, score
from tests.scorecard.worlds import (
    AS_OF,
    CATALOG,
    CHECKS,
    DOCUMENT,
    attested,
    everything,
    measured_true,
)

if TYPE_CHECKING:
    from scorecard.catalog import Check
    from scorecard.scoring import Score

SCORED = tuple(check for check in CHECKS if check.level)
VENDOR = Subject(SubjectKind.VENDOR, "acme")


def levels(found: Score) -> dict[str, int | None]:
    return {category.id: category.verified for category in found.categories}


def facts(found: Score, *names: str) -> dict[str, object]:
    return {name: getattr(found, name) for name in names}


def test_everything_known_is_sixteen_of_sixteen() -> None:
    for subject in (Subject(), VENDOR):
        answers, evidence = everything(subject)
        found = score(CATALOG, answers, evidence, as_of=AS_OF)
        assert facts(found, "claimed", "verified", "max") == {
            "claimed": 16,
            "verified": 16,
            "max": 16,
        }
        assert facts(found, "coverage", "risk", "unknown") == {
            "coverage": 1,
            "risk": False,
            "unknown": (),
        }


def test_nothing_known_is_a_risk() -> None:
    found = score(CATALOG, Answers(), as_of=AS_OF)
    assert facts(found, "claimed", "verified", "coverage", "risk") == {
        "claimed": 0,
        "verified": 0,
        "coverage": 0,
        "risk": True,
    }
    assert len(found.weakest) == 8
    assert found.unknown == tuple(check.id for check in SCORED)


@pytest.mark.parametrize("check", SCORED, ids=lambda check: check.id)
def test_removing_a_piece_of_evidence_lowers_exactly_its_level(check: Check) -> None:
    whole = levels(score(CATALOG, *everything(), as_of=AS_OF))
    answers, evidence = everything(without=check.id)
    found = score(CATALOG, answers, evidence, as_of=AS_OF)
    category = CATALOG.category_of(check.id)
    assert category is not None
    assert levels(found) == {**whole, category.id: check.level - 1}
    assert found.unknown == (check.id,)
    assert check.id in found.category(category.id).why


@pytest.mark.parametrize("check", SCORED, ids=lambda check: check.id)
def test_a_false_measurement_does_the_same_and_is_known(check: Check) -> None:
    if check.kind is CheckKind.MANUAL:
        answers, evidence = everything(without=check.id)
        answers = answers.having(attested(check.id, Says.NO))
    else:
        answers, evidence = everything(without=check.id)
        evidence = (*evidence, measured_true(check.id, Outcome.FALSE))
    found = score(CATALOG, answers, evidence, as_of=AS_OF)
    assert found.verified == 16 - (2 if check.level == 1 else 1)
    assert facts(found, "coverage", "unknown") == {"coverage": 1, "unknown": ()}


claims = st.lists(
    st.builds(
        Answer,
        check=st.sampled_from([check.id for check in CHECKS]),
        says=st.just(Says.YES),
        owner=st.sampled_from([None, "ada"]),
        on=st.sampled_from([None, AS_OF, date(2020, 1, 1)]),
        note=st.sampled_from(["", "trust me"]),
        documents=st.sampled_from([(), (Document("https://example.com/policy"),)]),
    ),
    unique_by=lambda answer: answer.check,
)
typed = st.dictionaries(
    st.sampled_from([category.id for category in CATALOG.categories]), st.integers(0, 2)
)
known = st.sets(st.sampled_from([check.id for check in CHECKS]))


@given(answers=claims, levels_typed=typed, checks=known)
def test_a_claim_without_evidence_never_raises_verified(
    answers: list[Answer], levels_typed: dict[str, int], checks: set[str]
) -> None:
    evidence = [measured_true(name) for name in sorted(checks)]
    silent = score(CATALOG, Answers(), evidence, as_of=AS_OF)
    said = Answers(claims=levels_typed, answers=tuple(answers))
    loud = score(CATALOG, said, evidence, as_of=AS_OF)
    assert loud.verified <= silent.verified
    assert all(
        (one.verified or 0) <= (other.verified or 0)
        for one, other in zip(loud.categories, silent.categories, strict=True)
    )
    assert all((c.verified or 0) <= (c.claimed or 0) for c in loud.categories)
    assert loud.coverage <= silent.coverage


def test_claims_alone_reach_every_claimed_point_and_no_verified_one() -> None:
    answers = tuple(Answer(check.id, Says.YES, "ada", AS_OF) for check in CHECKS)
    found = score(CATALOG, Answers(answers=answers), as_of=AS_OF)
    assert facts(found, "claimed", "verified", "risk") == {
        "claimed": 16,
        "verified": 0,
        "risk": True,
    }
    assert {c.reason for each in found.categories for c in each.checks} == {
        "claimed without evidence"
    }


def test_verified_is_never_above_what_is_claimed() -> None:
    answers, evidence = everything()
    modest = answers._replace(claims={"cost_model": 1})
    found = score(CATALOG, modest, evidence, as_of=AS_OF).category("cost_model")
    assert (found.claimed, found.verified) == (1, 1)
    assert found.why == "only 1 is claimed; the evidence would allow 2"


def test_documents_alone_stop_at_level_one() -> None:
    paper = tuple(attested(check.id) for check in CATALOG.checks(SubjectKind.VENDOR))
    found = score(CATALOG, Answers(VENDOR, answers=paper), as_of=AS_OF)
    assert found.verified == 8
    assert found.category("cost_model").why == (
        "level 2 needs something measured; everything here is on paper"
    )


def test_a_document_does_not_settle_what_only_a_measurement_can() -> None:
    answers, evidence = everything(without="reconciles")
    found = score(CATALOG, answers.having(attested("reconciles")), evidence, as_of=AS_OF)
    result = next(c for c in found.category("cost_model").checks if c.check == "reconciles")
    assert (result.status, result.reason) == (Status.UNKNOWN, "claimed without evidence")


def test_what_does_not_apply_leaves_both_sums() -> None:
    facility = CATALOG.category_of("rack_power")
    assert facility is not None
    answers, evidence = everything()
    for check in facility.checks:
        note = Answer(check.id, Says.NOT_APPLICABLE, "ada", AS_OF, "everything is rented")
        answers = answers.having(note)
    evidence = tuple(e for e in evidence if CATALOG.category_of(e.check) is not facility)
    found = score(CATALOG, answers, evidence, as_of=AS_OF)
    assert facts(found, "applicable", "verified", "coverage") == {
        "applicable": 7,
        "verified": 16,
        "coverage": 1,
    }
    less = tuple(e for e in evidence if e.check != "reconciles")
    lower = score(CATALOG, answers, less, as_of=AS_OF)
    assert lower.verified == Fraction(13 * 16, 14)
    assert as_points(lower.verified) == Decimal("14.85")


@pytest.mark.parametrize(("owner", "note"), [(None, "rented"), ("ada", "")])
def test_not_applicable_needs_a_reason_and_an_owner(owner: str | None, note: str) -> None:
    answers, evidence = everything(without="lead_times")
    said = answers.having(Answer("lead_times", Says.NOT_APPLICABLE, owner, AS_OF, note))
    found = score(CATALOG, said, evidence, as_of=AS_OF)
    assert facts(found, "verified", "unknown") == {"verified": 15, "unknown": ("lead_times",)}


def test_wishing_a_measurement_away_does_not_work() -> None:
    answers, evidence = everything(without="reconciles")
    said = answers.having(Answer("reconciles", Says.NOT_APPLICABLE, "ada", AS_OF, "no"))
    found = score(
        CATALOG, said, (*evidence, measured_true("reconciles", Outcome.FALSE)), as_of=AS_OF
    )
    assert found.verified == 15


def test_evidence_counts_until_it_expires() -> None:
    answers, evidence = everything()
    assert score(CATALOG, answers, evidence, as_of=date(2026, 12, 14)).verified == 16
    late = score(CATALOG, answers, evidence, as_of=date(2026, 12, 15))
    assert late.verified == 2  # two categories have their first level on paper alone
    result = next(c for c in late.category("cost_model").checks if c.check == "reconciles")
    assert result.reason == "its evidence expired on 2026-12-15"
    early = score(CATALOG, answers, evidence, as_of=date(2026, 10, 19))
    assert early.verified == 0


def test_a_contradiction_is_named() -> None:
    answers, evidence = everything(without="slo_written")
    said = answers.having(attested("slo_written"))
    found = score(
        CATALOG, said, (*evidence, measured_true("slo_written", Outcome.FALSE)), as_of=AS_OF
    )
    result = next(
        c for c in found.category("reliability_targets").checks if c.check == "slo_written"
    )
    assert (result.status, result.mark, result.claimed) == (Status.FAIL, "measured", True)
    assert result.contradiction == "said to be so; measured otherwise: as the ledger has it"


def test_confidence_halves_as_evidence_ages() -> None:
    piece = measured_true("reconciles")
    day = piece.collected
    assert day is not None
    assert confidence(piece, day, 45) == 1
    assert confidence(piece, day + timedelta(days=45), 45) == Decimal("0.5")
    assert confidence(piece, day + timedelta(days=400), 45) == Decimal("0.5")
    (paper,) = evidence_of(Answers(answers=(attested("alerts_exist"),)))
    assert paper.type is EvidenceType.ATTESTED
    assert confidence(paper, date(2026, 10, 20), 45) == Decimal("0.7")
    (link,) = evidence_of(
        Answers(answers=(attested("x")._replace(documents=(DOCUMENT._replace(sha256=None),)),))
    )
    assert link.type is EvidenceType.CLAIMED
    assert confidence(link, date(2026, 10, 20), 45) == Decimal("0.5")


def test_requirements_stand_beside_the_points() -> None:
    answers, evidence = everything(without="unit_cost_fresh")
    found = score(CATALOG, answers, evidence, as_of=AS_OF)
    states = {each.id: each.status for each in found.requirements}
    assert states["R2"] is Status.UNKNOWN
    assert {name for name, status in states.items() if status is Status.PASS} == {
        *("R1", "R3", "S1", "S2", "S3", "S4")
    }
