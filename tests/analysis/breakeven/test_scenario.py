"""Scenario files: what they may say, what is refused and in which words, and the published case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from finops.analysis.breakeven.audit import audit
from finops.analysis.breakeven.compare import compare
from finops.analysis.breakeven.finance import implied_decline_per_year
from finops.analysis.breakeven.inputs import FIELDS, Origin
from finops.analysis.breakeven.scenario import (
    load_scenario,
    parse_scenario,
    shipped,
    template,
)
from finops.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

MINIMAL = """
own:
  price: { value: 1000, unit: USD/unit, source: quote, date: 2026-02-01 }
cloud:
  on_demand: { value: 2.50, unit: USD/unit/hour, source: list, date: 2026-02-01, low: 2, high: 3 }
"""


def test_an_input_keeps_where_it_is_from() -> None:
    price = parse_scenario(MINIMAL, "x").inputs["cloud.on_demand"]
    assert (price.value, price.low, price.high) == (2.5, 2.0, 3.0)
    assert (price.origin, price.source, price.date) == (Origin.QUOTED, "list", "2026-02-01")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("price:", "prize:", "unknown key 'own.prize' (did you mean 'price'?)"),
        ("own:", "owned:", "unknown key 'owned' (did you mean 'own'?)"),
        ("USD/unit,", "USD,", "own.price.unit = 'USD': it is in USD/unit"),
        ("source: quote, ", "", "own.price.source is missing"),
        (", date: 2026-02-01 }", " }", "own.price.date is missing"),
        ("low: 2,", "low: 2.6,", "cloud.on_demand: low, value and high must stand in this order"),
        ("value: 1000", "value: much", "own.price.value = 'much' is not a number"),
        ("value: 1000", "value: .nan", "own.price.value = '.nan' is not a number"),
        ("value: 1000", "value: -1", "own.price.value = -1: it lies in 0 to any"),
        ("date: 2026-02-01, low", "dates: 1, low", "unknown key 'cloud.on_demand.dates'"),
        ("source:", "origin: guess, source:", "own.price.origin = 'guess': one of measured"),
        ("cloud:", "clouds:", "cloud.on_demand is missing"),
        ("{ value: 1000", "[ value: 1000", "line 3, column"),
        ("own:", "cloud:", "line 4, column 1: 'cloud' stands twice"),
        ("unit: USD/unit,", "", "own.price.unit is missing"),
        (
            "{ value: 1000, unit: USD/unit, source: quote, date: 2026-02-01 }",
            "7",
            "own.price must be {",
        ),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, words: str) -> None:
    assert old in MINIMAL
    with pytest.raises(ConfigError) as caught:
        parse_scenario(MINIMAL.replace(old, new, 1), "scenario.yaml")
    assert words in caught.value.message
    assert caught.value.message.startswith("scenario.yaml:")


def test_shares_cannot_exceed_the_whole() -> None:
    share = "{ value: 0.6, unit: ratio, source: plan, date: 2026-02-01 }"
    with pytest.raises(ConfigError, match="add up to more than 1"):
        parse_scenario(MINIMAL + f"  spot_share: {share}\n  one_year_share: {share}\n", "x")


def test_a_decline_can_be_the_one_commitments_imply() -> None:
    price = "unit: USD/unit/hour, source: list, date: 2026-02-01 }"
    text = (
        f"scenario: {{ price_decline: implied }}\n{MINIMAL}  one_year: {{ value: 62.92, {price}\n"
    )
    with pytest.raises(ConfigError, match="and a longer one"):
        parse_scenario(text, "x")
    found = parse_scenario(f"{text}  three_years: {{ value: 43.16, {price}\n", "x")
    assert found.values()["cloud.decline"] == implied_decline_per_year(62.92, 43.16, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("published: 7", "published is a list"),
        ("published: [7]", "published is a list"),
        (
            "published: [{ name: x, axis: months, value: '1', set: { cloud.egress: much } }]",
            "published 'x': cloud.egress = 'much' is not a number",
        ),
        ("comparators: [1]", "comparators must hold names and values"),
        ("comparators: { list: dear }", "comparators.list = 'dear' is not a number"),
        ("load: { units: 3 }", "load.units is a list of numbers"),
    ],
)
def test_lists_and_names_are_told_apart(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        parse_scenario(f"{MINIMAL}{text}\n", "x")


def test_a_section_may_be_empty() -> None:
    found = parse_scenario(f"{MINIMAL}published:\ncomparators:\nload:\napi:\n", "x")
    assert (found.claims, found.comparators, found.load) == ((), {}, ())
    with pytest.raises(ConfigError, match="x: is not a scenario"):
        parse_scenario("- 1\n", "x")


def test_the_template_names_every_input_and_stands_as_it_is() -> None:
    assert parse_scenario(template(), "template").inputs
    everything = re.sub(
        r'^( *)# (?= *(- )?("[^"]+"|[a-z_]+):( |$))', r"\1", template(), flags=re.MULTILINE
    )
    found = parse_scenario(everything, "template")
    implied = {"cloud.decline"}
    assert set(found.inputs) == {field.name for field in FIELDS} | implied
    assert len(found.load) == 24
    assert found.claims
    assert compare(found.values()).options[0].breakeven_hours


def test_the_published_case_comes_out_to_the_printed_digit() -> None:
    table = audit(load_scenario("lp2368")).table
    assert [line.reproduced for line in table] == ["2,720", "4,423", "6,800", "7,591"]
    assert [round(line.from_inputs or 0, 1) for line in table] == [2720.4, 4423.4, 6799.2, 7591.6]


def test_inputs_that_round_to_the_printed_ones_give_the_printed_figures() -> None:
    """Prices of 43.157 and 39.3205 print as 43.16 and 39.32: the independent proof that both figures fit."""
    assert round(250141.80 / (43.157 - 6.37)) == 6800
    assert round(250141.80 / (39.3205 - 6.37)) == 7591


def test_a_figure_that_does_not_follow_is_not_reproduced() -> None:
    scenario = load_scenario("lp2368")
    claims = [claim for claim in scenario.claims if claim.printed == "2,720"]
    text = (
        MINIMAL + 'published:\n- { name: x, axis: months, value: "0.9" }\n'
        '- { name: y, axis: price_per_hour, value: "0.02" }\n'
    )
    months, price = audit(parse_scenario(text, "x")).table
    assert claims
    assert months.reproduced is None
    assert months.verdict == "does not follow from its inputs"
    assert price.reproduced == "0.02"


def test_what_the_published_case_hides() -> None:
    hides = {finding.topic: finding for finding in audit(load_scenario("lp2368")).findings}
    assert hides["comparator"].breakeven_hours == pytest.approx(5139.5, abs=0.05)
    assert hides["comparator"].breakeven_months == pytest.approx(7.0, abs=0.05)
    assert hides["month length"].breakeven_months == pytest.approx(2720.41 / 720, abs=1e-4)
    assert hides["utilization"].breakeven_hours == pytest.approx(250141.80 / (0.6 * 98.32 - 6.37))
    assert "2.9 kW" in hides["power"].says
    assert {"staff", "network", "cost of capital", "residual"} <= set(hides)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="could not be read"):
        load_scenario(tmp_path / "none.yaml")
    assert shipped() == ("lp2368",)


def test_any_number_of_any_option_can_be_held_against_its_inputs() -> None:
    """730 hours at 2.50 for 60 months, and 1,000 spent: by hand."""
    claims = {
        ("cloud", "total_cost"): "109,500",
        ("own", "total_cost"): "1,000",
        ("own", "utilization"): "0.01",
        ("own", "units"): "1",
        ("api", "total_cost"): "1",
    }
    text = f"{MINIMAL}published:\n" + "".join(
        f'- {{ name: {option}, option: {option}, axis: {axis}, value: "{value}" }}\n'
        for (option, axis), value in claims.items()
    )
    table = audit(parse_scenario(text, "x")).table
    assert [line.reproduced for line in table] == ["109,500", "1,000", "0.01", "1", None]
    with pytest.raises(ConfigError, match="option is one of own, cloud, api"):
        parse_scenario(text.replace("option: api", "option: apes"), "x")
