"""What a gate said: as a report, as SARIF for code scanning, as JUnit for continuous integration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET

import finops
from finops.report.model import Report, ReportColumn
from finops.report.scorecard import verdict
from scorecard.scoring import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scorecard.catalog import Catalog
    from scorecard.gate import Rule
    from scorecard.scoring import CheckResult, Score

__all__ = ["gate_report", "junit", "sarif"]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def gate_report(score: Score, rules: Sequence[Rule]) -> Report:
    """A row per demand, met or not."""
    return Report(
        schema="finops.scorecard-gate/1",
        title=f"Gate for {score.subject} as of {score.as_of.isoformat()}",
        columns=(
            ReportColumn("rule", "Demand"),
            ReportColumn("met", "Met"),
            ReportColumn("message", "Why", prose=True),
            ReportColumn("checks", "Checks in the way", shown=False),
        ),
        rows=tuple(
            {
                "rule": rule.id,
                "met": rule.met,
                "message": rule.message,
                "checks": ", ".join(rule.checks) or None,
            }
            for rule in rules
        ),
        notes=(verdict(score),),
        extras={
            "subject": str(score.subject),
            "as_of": score.as_of,
            "passed": all(rule.met for rule in rules),
        },
    )


def sarif(score: Score, rules: Sequence[Rule], catalog: Catalog, *, place: str) -> bytes:
    """Every check that is not true as a SARIF 2.1.0 result: an error where it stands in the gate's way.

    `place` is the file results point at, because code scanning shows none without one.
    """
    in_the_way = {name for rule in rules if not rule.met for name in rule.checks}
    asked = {check.id: check for check in catalog.checks()}
    told = [
        check
        for category in score.categories
        for check in category.checks
        if check.check in asked and check.status not in {Status.PASS, Status.NOT_APPLICABLE}
    ]
    described = [
        {
            "id": check.check,
            "shortDescription": {"text": asked[check.check].statement},
            "help": {"text": asked[check.check].remediation},
            "properties": {
                "level": check.level,
                "layer": str(asked[check.check].layer),
                "nist": list(asked[check.check].nist),
            },
        }
        for check in told
    ]
    run = {
        "tool": {
            "driver": {
                "name": "finops scorecard",
                "semanticVersion": finops.__version__,
                "rules": described,
            }
        },
        "results": [
            _result(place, number, check, is_error=check.check in in_the_way)
            for number, check in enumerate(told)
        ],
        "properties": {"catalog": score.catalog, "asOf": score.as_of.isoformat()},
    }
    document = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _result(place: str, number: int, check: CheckResult, *, is_error: bool) -> dict[str, object]:
    level = "error" if is_error else "warning" if check.status is Status.FAIL else "note"
    return {
        "ruleId": check.check,
        "ruleIndex": number,
        "level": level,
        "message": {"text": f"{check.status}: {check.reason}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place)},
                    "region": {"startLine": 1},
                }
            }
        ],
        "partialFingerprints": {"check/v1": check.check},
    }


def junit(score: Score, rules: Sequence[Rule]) -> bytes:
    """JUnit XML: a test per demand, failed where it is not met, and a test per check.

    A check that is not true is skipped with its reason: only the gate decides whether a build fails.
    """
    root = ET.Element("testsuites", name="finops scorecard")
    failed = sum(not rule.met for rule in rules)
    suite = ET.SubElement(
        root, "testsuite", name="gate", tests=str(len(rules)), failures=str(failed), skipped="0"
    )
    for rule in rules:
        case = ET.SubElement(suite, "testcase", classname="gate", name=rule.id)
        if not rule.met:
            failure = ET.SubElement(case, "failure", message=_plain(rule.message))
            failure.text = _plain(", ".join(rule.checks))
    for category in score.categories:
        open_ones = [check for check in category.checks if check.status is not Status.PASS]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=category.id,
            tests=str(len(category.checks)),
            failures="0",
            skipped=str(len(open_ones)),
        )
        for check in category.checks:
            case = ET.SubElement(suite, "testcase", classname=category.id, name=check.check)
            if check.status is not Status.PASS:
                words = _plain(f"{check.status}: {check.reason}")
                ET.SubElement(case, "skipped", message=words)
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _plain(text: str) -> str:
    """`text` without the control characters XML has no words for."""
    return "".join(char if char.isprintable() else " " for char in text)
