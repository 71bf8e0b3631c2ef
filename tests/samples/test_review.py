"""The review of the sample company: complete, supported by its own tables, and with its planted facts in it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.api.session import Session
from finops.model.money import total
from finops.report.document.support import unsupported
from tests.report.agreement import schema_errors, tables_that_agree

if TYPE_CHECKING:
    from finops.api.review import Review
    from finops.report.model import Report
    from tests.samples.company import Company

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def october(company: Company) -> Review:
    return Session(company.ledger, company.config).review("2026-10")


def table(review: Review, section: str, name: str) -> Report:
    (found,) = [each.report for each in review.section(section).tables if each.name == name]
    return found


def test_it_has_every_section_there_is_something_to_say_of(october: Review) -> None:
    names = [section.name for section in october.document.sections]
    assert names[:2] == ["headline", "changed"]
    assert {"allocation", "ai", "commitments", "budget", "projections", "tie_out"} <= set(names)
    assert names[-1] == "tie_out"


def test_no_sentence_makes_up_a_number(october: Review) -> None:
    assert unsupported(october.document) == ()
    assert all(section.sentences for section in october.document.sections)


def test_every_table_says_the_same_in_every_format(october: Review) -> None:
    assert tables_that_agree(october.document) == sum(
        len(section.tables) for section in october.document.sections
    )


def test_its_json_is_as_the_schema_says(october: Review) -> None:
    assert schema_errors(json.loads(october.to("json"))) == {}


def test_page_one_has_the_months_cost_beside_last_months_its_budget_and_forecast(
    october: Review,
) -> None:
    figures = {each.name: each for each in october.section("headline").figures}
    effective = figures["effective_cost"]
    assert [each.name for each in effective.against] == ["last_month", "budget", "forecast"]
    where = table(october, "headline", "where_it_went")
    assert where.totals is not None
    assert where.totals["cost"] == effective.value
    trend = table(october, "headline", "by_month").rows
    assert [row["month"] for row in trend] == ["2026-08", "2026-09", "2026-10"]
    assert trend[-1]["total"] == effective.value
    assert trend[-2]["total"] == effective.against[0].value


def test_what_changed_adds_up_from_one_month_to_the_other(october: Review) -> None:
    steps = table(october, "changed", "waterfall").rows
    amounts = [row["amount"] for row in steps]
    known = [amount for amount in amounts if isinstance(amount, Decimal)]
    assert total(known[:-1]) == known[-1]
    assert [row["step"] for row in steps if row["total"] is True] == ["2026-09", "2026-10"]


def test_every_split_is_of_the_same_money(october: Review) -> None:
    (effective,) = [
        each.value for each in october.section("headline").figures if each.name == "effective_cost"
    ]
    for name in ("by_team", "by_product"):
        totals = table(october, "allocation", name).totals
        assert totals is not None
        assert totals["cost"] == effective
    requests = table(october, "ai", "by_model").totals
    assert requests is not None
    for name, column in (("by_workflow", "cost"), ("by_hosting", "cost"), ("components", "cost")):
        totals = table(october, "ai", name).totals
        assert totals is not None
        assert totals[column] == requests["cost"]


def test_the_planted_facts_are_told(october: Review) -> None:
    said = " ".join(
        sentence.text for section in october.document.sections for sentence in section.sentences
    )
    assert "Commitment unused took 5,254.74 USD" in said
    assert "Of the input of support-chat only 12.6% came from cache" in said
    assert "meeting notes (2026-10) is over its budget: 110.38 USD of 40.00 USD." in said


def test_owning_and_a_small_model_first_are_decided_by_their_range(october: Review) -> None:
    """L4s rented by the hour are bought, H100s half idle are not bought again, and meetings go small first."""
    pools = table(october, "projections", "own_or_rent").rows
    assert [(row["pool"], row["stands"], row["decision"]) for row in pools] == [
        ("aws-serving", "rented", "worth a decision"),
        ("colo-h100", "owned", "worth a decision"),
    ]
    (pair,) = table(october, "projections", "small_first").rows
    assert (pair["small"], pair["large"], pair["decision"]) == (
        "gpt-4o-mini",
        "gpt-4.1",
        "worth a decision",
    )


def test_every_invoice_is_tied_out(october: Review) -> None:
    found = table(october, "tie_out", "invoices")
    assert {row["InvoiceId"] for row in found.rows} == {
        "aws-2026-10",
        "anthropic-2026-10",
        "openai-2026-10",
    }
    assert all(row["difference"] == 0 for row in found.rows)


def test_what_most_dollars_hang_on_comes_first(october: Review) -> None:
    found = table(october, "tie_out", "findings")
    open_ones = [row for row in found.rows if row["status"] == "look"]
    at_stake = [row["at_stake"] for row in open_ones if isinstance(row["at_stake"], Decimal)]
    assert at_stake
    assert at_stake == sorted(at_stake, key=abs, reverse=True)
    assert all(row["fix"] or row["check"] == "invoices" for row in open_ones)


def test_the_json_says_which_command_each_table_is_from(october: Review) -> None:
    told = json.loads(october.to("json"))
    commands = [each["command"] for section in told["sections"] for each in section["tables"]]
    assert all(
        (command.startswith("finops ") and "2026-1" in command)
        or command.startswith("finops scorecard")
        for command in commands
    )
