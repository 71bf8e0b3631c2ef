"""Answers as people write them: read, refused by name, written again to the same."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.errors import InputError, UsageError
from scorecard.answers import (
    Answer,
    Answers,
    Document,
    Says,
    Subject,
    dump_answers,
    parse_answers,
    parse_subject,
    read_answers,
)
from scorecard.catalog import SubjectKind, load_catalog
from scorecard.questions import answers_to_questions, asked, fields

if TYPE_CHECKING:
    from pathlib import Path

    from scorecard.answers import Value

WRITTEN = """
subject: vendor:Acme Cloud
claims:
  cost_model: 2
answers:
- check: vendor_access
  says: yes
  owner: ada
  date: 2026-10-20
  documents:
  - uri: soc2.pdf
    expires: 2027-03-01
- check: vendor_rollback
  says: no
responses:
  rack_kw: 12.50
  batching: true
"""


def test_a_file_is_read_with_its_documents_fingerprinted(tmp_path: Path) -> None:
    (tmp_path / "soc2.pdf").write_bytes(b"report")
    (tmp_path / "answers.yaml").write_text(WRITTEN)
    assert read_answers(tmp_path / "answers.yaml") == Answers(
        Subject(SubjectKind.VENDOR, "Acme Cloud"),
        {"cost_model": 2},
        (
            Answer(
                "vendor_access",
                Says.YES,
                "ada",
                date(2026, 10, 20),
                documents=(
                    Document(
                        "soc2.pdf",
                        hashlib.sha256(b"report").hexdigest(),
                        expires=date(2027, 3, 1),
                    ),
                ),
            ),
            Answer("vendor_rollback", Says.NO),
        ),
        {"rack_kw": Decimal("12.50"), "batching": True},
    )


def test_a_document_that_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "soc2.pdf").write_bytes(b"another report")
    was = hashlib.sha256(b"report").hexdigest()
    text = WRITTEN.replace("uri: soc2.pdf", f"uri: soc2.pdf\n    sha256: {was}")
    (tmp_path / "answers.yaml").write_text(text)
    with pytest.raises(InputError, match=r"soc2\.pdf is not the document it was"):
        read_answers(tmp_path / "answers.yaml")


@pytest.mark.parametrize("uri", ["../secret", "/etc/passwd", "a/../../b"])
def test_a_document_lies_beside_the_answers(tmp_path: Path, uri: str) -> None:
    (tmp_path / "answers.yaml").write_text(WRITTEN.replace("soc2.pdf", uri))
    with pytest.raises(InputError, match="points outside"):
        read_answers(tmp_path / "answers.yaml")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("answers:\n- {check: a, says: maybe}", "answers.1.says = 'maybe'"),
        ("answers:\n- {check: a}", "answers.1.says"),
        ("claims: {cost_model: 3}", "claims.cost_model = '3'"),
        ("anwsers: []", "anwsers"),
        ("answers:\n- {check: a, says: yes}\n- {check: a, says: no}", "check = 'a'"),
    ],
)
def test_what_is_wrong_is_named(text: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_answers(text, "answers.yaml")
    assert where in str(caught.value.problems[0])


def test_a_subject_is_ourselves_a_team_or_a_vendor() -> None:
    assert parse_subject("self") == Subject()
    assert str(parse_subject("team:search")) == "team:search"
    for text in ("vendor", "self:us", "nobody", "vendor:"):
        with pytest.raises(UsageError, match="is no subject"):
            parse_subject(text)


def test_two_subjects_never_share_a_file() -> None:
    names = ["acme", "Acme", "../acme", "acme ", "a/c/m/e", "äcme"]
    slugs = {Subject(SubjectKind.VENDOR, name).slug for name in names}
    assert len(slugs) == len(names)
    assert all(set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for slug in slugs)


days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
words = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20)
names = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True)


@given(
    answers=st.lists(
        st.builds(
            Answer,
            check=names,
            says=st.sampled_from(Says),
            owner=st.none() | words,
            on=st.none() | days,
            note=words,
            documents=st.just(()),
        ),
        unique_by=lambda answer: answer.check,
    ),
    responses=st.dictionaries(
        names,
        st.booleans() | words | days | st.decimals(allow_nan=False, allow_infinity=False, places=3),
    ),
)
def test_what_is_written_is_read_again(answers: list[Answer], responses: dict[str, Value]) -> None:
    whole = Answers(Subject(), {"cost_model": 1}, tuple(answers), responses)
    assert parse_answers(dump_answers(whole), "again") == whole


def test_follow_ups_are_asked_only_where_they_apply() -> None:
    catalog = load_catalog()
    by_id = {field.id: field for field in fields(catalog)}
    assert asked(by_id["own_facility"], {})
    assert not asked(by_id["rack_kw"], {})
    assert not asked(by_id["rack_kw"], {"own_facility": False})
    assert asked(by_id["rack_kw"], {"own_facility": True})


def test_responses_become_answers() -> None:
    catalog = load_catalog()
    vendor = Subject(SubjectKind.VENDOR, "acme")
    said: dict[str, Value] = {
        "own_facility": False,
        "fabric": "none",
        "pinned": True,
        "notice_days": Decimal(30),
        "batching": True,
    }
    found = answers_to_questions(catalog, Answers(vendor, responses=said), owner="acme")
    assert {answer.check: (str(answer.says), answer.note) for answer in found.answers} == {
        "vendor_facility": ("yes", "Do you run on hardware you own or colocate?: no"),
        "vendor_network": ("no", "Fabric between nodes: none"),
        "vendor_rollback": (
            "yes",
            "Can model versions be pinned?: yes; Notice before a model changes: 30 days",
        ),
    }


def test_an_answer_given_by_hand_stays() -> None:
    catalog = load_catalog()
    by_hand = Answer("vendor_network", Says.YES, "ada", note="seen on site")
    said = Answers(Subject(SubjectKind.VENDOR, "acme"), {}, (by_hand,), {"fabric": "none"})
    assert answers_to_questions(catalog, said).answers == (by_hand,)
