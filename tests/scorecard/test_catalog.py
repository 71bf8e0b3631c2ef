"""Our catalog, and catalogs that extend or replace it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finops.errors import ConfigError
from scorecard.catalog import SubjectKind, load_catalog, parse_catalog

if TYPE_CHECKING:
    from pathlib import Path

RUBRIC = (
    "workload_clarity",
    "reliability_targets",
    "cost_model",
    "utilization_plan",
    "data_pipeline",
    "serving_maturity",
    "security_access",
    "facilities_power",
)

MINIMAL = b"""
id: mine
version: "1"
title: Ours
risk_below: 1
categories:
- id: power
  title: Power
  question: How much?
  levels: {0: none, 1: some, 2: all}
  max_age_days: 30
  checks:
  - id: known
    level: 1
    kind: manual
    statement: It is known.
    remediation: Find out.
    effort: low
    layer: compute
"""


def test_ours_has_the_eight_categories_for_everybody() -> None:
    catalog = load_catalog()
    assert tuple(category.id for category in catalog.categories) == RUBRIC
    assert catalog.max_points == 16
    for kind in SubjectKind:
        asked = {check.id for check in catalog.checks(kind)}
        for category in catalog.categories:
            levels = {check.level for check in category.checks if check.id in asked}
            assert levels == {1, 2}, (kind, category.id)


def test_every_vendor_check_is_asked_by_a_question() -> None:
    catalog = load_catalog()
    spoken_to = {field.check for question in catalog.questions for field in question.fields}
    asked = {check.id for check in catalog.checks(SubjectKind.VENDOR) if check.level}
    assert asked == spoken_to - {None}
    assert [question.number for question in catalog.questions] == list(range(1, 9))


def test_the_fingerprint_is_that_of_the_file() -> None:
    first, second = (parse_catalog(MINIMAL + b"# more\n" * n, "x").sha256 for n in (0, 1))
    assert first != second
    assert len(load_catalog().sha256) == 64


def test_a_catalog_can_be_replaced() -> None:
    assert parse_catalog(MINIMAL, "mine.yaml").max_points == 2


def test_a_catalog_can_be_extended() -> None:
    text = b"""
extends: finops
id: ours
remove: [split_reviewed, rack_power, lead_times]
categories:
- id: facilities_power
  max_age_days: 10
  checks:
  - id: pue_measured
    params: {days: 31}
  - id: water
    level: 2
    kind: manual
    statement: Water is measured.
    remediation: Measure it.
    effort: low
    layer: facilities & power
"""
    own, catalog = load_catalog(), parse_catalog(text, "ours.yaml")
    category = catalog.category_of("water")
    assert category is not None
    assert (catalog.id, category.max_age_days) == ("ours", 10)
    assert [check.id for check in category.checks if check.subjects[0] is SubjectKind.SELF] == [
        *("power_written", "pue_measured", "throttle_small", "water")
    ]
    assert catalog.check("pue_measured").params == {
        "days": 31,
        "at_most": own.check("pue_measured").params["at_most"],
    }
    assert catalog.categories[:7] != own.categories[:7]  # the first lost one check
    assert catalog.categories[1:7] == own.categories[1:7]
    assert catalog.sha256 != own.sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((b"kind: manual", b"kind: automatic"), "name the probe that answers it"),
        ((b"layer: compute", b"layer: cloud"), "layer: Input should be"),
        ((b"effort: low", b"effort: low\n    nist: [GOVERN 9.9]"), "no subcategory of the NIST"),
        ((b"level: 1", b"level: 3"), "level"),
        (
            (
                b"id: mine",
                b"id: mine\nrequirements: [{id: R, group: red_flags, statement: s, checks: [x]}]",
            ),
            "R: there is no check 'x'",
        ),
        ((b"title: Ours", b"titel: Ours"), "titel: Extra inputs"),
        ((b"id: mine", b"extends: other"), "only 'finops' can be extended"),
        ((b"id: mine", b"id: mine\nid: mine"), "stands twice"),
    ],
)
def test_what_is_wrong_with_a_catalog_is_said(change: tuple[bytes, bytes], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_catalog(MINIMAL.replace(*change), "mine.yaml")


def test_a_catalog_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="could not be read"):
        load_catalog(str(tmp_path / "none.yaml"))
