"""What a gate writes for other programs: the essentials of SARIF 2.1.0, and of JUnit's schema as Jenkins has it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from finops.report.scorecard_gate import junit, sarif
from scorecard.answers import Answers
from scorecard.gate import Policy, gate
from scorecard.scoring import score
from tests.scorecard.worlds import AS_OF, CATALOG, CHECKS, everything

if TYPE_CHECKING:
    from collections.abc import Callable

    from scorecard.gate import Rule
    from scorecard.scoring import Score

DEMANDS = Policy(Decimal(10), {"cost_model": 1}, max_unknown=2)


def scored(without: str | None = None) -> tuple[Score, tuple[Rule, ...]]:
    """The score of a company that has everything but one check, and the gate's rules."""
    answers, evidence = everything(without=without)
    found = score(CATALOG, answers, evidence, as_of=AS_OF)
    return found, gate(found, DEMANDS)


def nothing() -> tuple[Score, tuple[Rule, ...]]:
    found = score(CATALOG, Answers(), (), as_of=AS_OF)
    return found, gate(found, DEMANDS)


def all_but_one() -> tuple[Score, tuple[Rule, ...]]:
    return scored(CHECKS[0].id)


CASES: dict[str, Callable[[], tuple[Score, tuple[Rule, ...]]]] = {
    "nothing": nothing,
    "everything": scored,
    "all but one": all_but_one,
}


# --- SARIF 2.1.0 ---------------------------------------------------------------------------------

KNOWN = {
    "log": {"$schema", "version", "runs"},
    "run": {"tool", "results", "properties"},
    "driver": {"name", "semanticVersion", "rules"},
    "rule": {"id", "shortDescription", "help", "properties"},
    "result": {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"},
}
"""Properties of each object that the standard names; it allows no others."""


def only(what: str, found: dict[str, Any], *required: str) -> None:
    assert set(found) <= KNOWN[what], what
    assert set(required) <= set(found), what


@pytest.mark.parametrize("case", CASES)
def test_sarif_has_what_the_standard_requires(case: str) -> None:
    found, rules = CASES[case]()
    log = json.loads(sarif(found, rules, CATALOG, place="our answers #1.yaml"))
    only("log", log, "version", "runs")
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    only("run", run, "tool")
    driver = run["tool"]["driver"]
    only("driver", driver, "name")
    assert re.fullmatch(r"\d+\.\d+\.\d+([-+].+)?", driver["semanticVersion"])
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        only("rule", rule, "id")
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
    for result in run["results"]:
        only("result", result, "message")
        assert result["level"] in {"none", "note", "warning", "error"}
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "our%20answers%20%231.yaml"
        assert place["region"]["startLine"] >= 1
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())


def test_a_result_for_every_check_that_is_not_true_and_an_error_where_it_is_in_the_way() -> None:
    def levels(case: str) -> dict[str, str]:
        found, rules = CASES[case]()
        log = json.loads(sarif(found, rules, CATALOG, place="a.yaml"))
        return {one["ruleId"]: one["level"] for one in log["runs"][0]["results"]}

    assert levels("everything") == {}
    assert levels("all but one") == {CHECKS[0].id: "note"}
    none = levels("nothing")
    in_categories = {check.id for category in CATALOG.categories for check in category.checks}
    assert set(none) == {check.id for check in CHECKS} & in_categories
    assert {none[name] for name in ("method_written", "unit_cost_known")} == {"error"}


# --- JUnit ---------------------------------------------------------------------------------------

ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "disabled", "errors"},
    "testsuite": {
        *("name", "tests", "failures", "errors", "time", "disabled", "skipped"),
        *("timestamp", "hostname", "id", "package"),
    },
    "testcase": {"name", "assertions", "time", "classname", "status"},
    "failure": {"type", "message"},
    "skipped": {"type", "message"},
}
REQUIRED = {"testsuite": {"name", "tests"}, "testcase": {"name", "classname"}}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "skipped"},
}


@pytest.mark.parametrize("case", CASES)
def test_junit_keeps_to_its_schema(case: str) -> None:
    found, rules = CASES[case]()
    root = ET.fromstring(junit(found, rules))  # noqa: S314  (we wrote it)
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.keys()) <= ATTRIBUTES[element.tag]
        assert set(element.keys()) >= REQUIRED.get(element.tag, set())
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in root:
        cases = list(suite)
        names = [(each.get("classname"), each.get("name")) for each in cases]
        assert len(set(names)) == len(names)
        assert all(len(each) <= 1 for each in cases)
        counted = {
            "tests": len(cases),
            "failures": sum(each.find("failure") is not None for each in cases),
            "skipped": sum(each.find("skipped") is not None for each in cases),
        }
        assert {name: int(suite.get(name, "0")) for name in counted} == counted
    assert [each.get("name") for each in root[0]] == [rule.id for rule in rules]


def test_words_no_xml_can_hold_break_no_file() -> None:
    found, rules = nothing()
    odd = rules[0]._replace(message='a\x00b\x1b<&>"\n', checks=("x\x00y",))
    root = ET.fromstring(junit(found, [odd]))  # noqa: S314  (we wrote it)
    failure = root[0][0].find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ('a b <&>" ', "x y")
