"""`finops breakeven`: answers, reasons and refusals, as a person and a program meet them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from finops.ledger.store import Ledger
from finops.model.tables import TABLES
from tests.analysis.ledgers import add, at

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

PAIR = (
    "breakeven",
    *("--capex", "250141.80", "--opex-per-hour", "6.37", "--cloud-per-hour", "98.32"),
)


def rows(result: Result) -> dict[str, dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return {row["option"]: row for row in json.loads(result.stdout)["rows"]}


def test_three_numbers_are_enough(finops: Callable[..., Result]) -> None:
    own = rows(finops(*PAIR, "--format", "json"))["own"]
    assert own["breakeven_hours"] == pytest.approx(2720.4, abs=0.05)
    assert own["breakeven_months"] == pytest.approx(3.7266, abs=5e-5)
    assert own["payback_months"] == pytest.approx(3.7266, abs=5e-5)
    assert own["breakeven_utilization"] == pytest.approx(0.12287, abs=5e-6)
    assert own["npv"] == pytest.approx(2_940_808.72, abs=0.01)
    assert own["reason"] is None


def test_it_may_say_that_owning_never_pays(finops: Callable[..., Result]) -> None:
    result = finops(*PAIR, "--utilization", "0.05", "--format", "json")
    own = rows(result)["own"]
    for name in ("breakeven_hours", "breakeven_months", "payback_months", "irr"):
        assert own[name] is None
        assert own["reasons"][name]
    assert own["reason"] == "never pays back within 60 months"
    assert "Owning never pays back within 60 months." in json.loads(result.stdout)["notes"]


def test_the_rule_of_thumb_is_computed_for_this_pair(finops: Callable[..., Result]) -> None:
    result = finops(*PAIR, "--utilization", "0.6")
    assert "35.5% for 12 months, 29.7% for 15 months, 25.8% for 18 months; here 60.0%" in " ".join(
        result.stdout.split()
    )


def test_the_derivation_has_every_number(finops: Callable[..., Result]) -> None:
    shown = finops(*PAIR, "--explain", "--format", "json")
    lines = {row["step"]: row for row in json.loads(shown.stdout)["rows"] if row["row"] == "own"}
    assert lines["own.price"]["source"] == "assumed: given on the command line"
    assert lines["capex"]["amount"] == 250141.80
    assert lines["saved"]["amount"] == pytest.approx(67123.50)
    assert lines["breakeven_months"]["source"] == "= capex / saved"
    assert lines["breakeven_hours"]["quantity"] == pytest.approx(2720.4, abs=0.05)


def test_one_number_is_explained_as_the_command_derives_it(finops: Callable[..., Result]) -> None:
    """`finops explain` takes the options of `finops breakeven`; its lines are those of --explain."""
    every = json.loads(finops(*PAIR, "--explain", "--format", "json").stdout)["rows"]
    own = {row["step"]: row for row in every if row["row"] == "own"}
    asked = ("explain", "breakeven.npv", "own", *PAIR[1:], "--format", "json")
    found = json.loads(finops(*asked).stdout)
    answer = rows(finops(*PAIR, "--format", "json"))["own"]
    assert found["value"] == answer["npv"]
    assert found["rows"][-1]["step"] == "npv"
    for row in found["rows"]:
        assert {"row": "own", **row} == own[row["step"]]


def test_a_price_is_not_guessed(finops: Callable[..., Result]) -> None:
    result = finops("breakeven", "--capex", "1")
    assert result.exit_code == 2
    assert "--cloud-per-hour missing" in result.stderr
    assert result.stdout == ""


def test_a_scenario_starts_from_the_template(finops: Callable[..., Result]) -> None:
    assert finops("init", "--scenario").exit_code == 0
    result = finops("breakeven", "--scenario", "scenario.yaml", "--format", "json")
    assert rows(result)["own"]["breakeven_months"] is not None
    inputs = {one["name"]: one for one in json.loads(result.stdout)["inputs"]}
    assert inputs["own.price"] == {
        "name": "own.price",
        "value": 250000.0,
        "unit": "USD/unit",
        "origin": "assumed",
        "source": "an example: replace it",
        "date": "2026-11-01",
        "low": 230000.0,
        "high": 290000.0,
    }
    assert finops("init", "--scenario").exit_code == 2


def test_options_win_over_the_scenario(finops: Callable[..., Result]) -> None:
    result = finops(
        *("breakeven", "--scenario", "lp2368", "--cloud-per-hour", "62.92", "--format", "json")
    )
    assert rows(result)["own"]["breakeven_hours"] == pytest.approx(4423.4, abs=0.05)


def test_the_audit_prints_the_published_table_and_what_it_hides(
    finops: Callable[..., Result],
) -> None:
    result = finops("breakeven", "audit", "lp2368")
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    for figure in ("2,720", "4,423", "6,800", "7,591"):
        assert f"hours {figure} {figure} reproduced" in text
    assert "AWS, same paper: 55.04 an hour instead of 98.32: 5,140 h, 7.0 months." in text


def test_an_api_without_prices_cannot_be_compared_with(finops: Callable[..., Result]) -> None:
    result = finops(*PAIR, "--against", "api")
    assert result.exit_code == 2
    assert "no tokens, or no price of an API" in result.stderr


def scenario(units: str, extra: str = "") -> str:
    known = "source: test, date: 2026-11-01"
    return f"""
own:
  price: {{ value: 43800, unit: USD/unit, {known} }}
cloud:
  on_demand: {{ value: 2.50, unit: USD/unit/hour, {known}{extra} }}
money:
  discount_rate: {{ value: 0, unit: ratio/year, {known} }}
load: {{ units: [{units}], {known} }}
"""


FLAT = ",".join(["4"] * 24)
SWITCHED = ",".join(["8"] * 12 + ["0"] * 12)


@pytest.mark.parametrize(
    ("units", "price", "owned"), [(FLAT, "2.5", 4), (SWITCHED, "2.5", 8), (SWITCHED, "1.8", 0)]
)
def test_demand_by_hour_says_how_many_to_own(
    finops: Callable[..., Result], units: str, price: str, owned: int
) -> None:
    """A unit costs 1.00 an hour: switched demand (half the hours) is worth owning above 2.00."""
    Path("s.yaml").write_text(scenario(units), encoding="utf-8")
    result = finops(
        *("breakeven", "--scenario", "s.yaml", "--cloud-per-hour", price, "--format", "json")
    )
    options = rows(result)
    assert json.loads(result.stdout)["ownership"]["units"] == owned
    hybrid, cloud = options["hybrid"], options["cloud"]
    hours = 60 * 730
    assert cloud["total_cost"] == pytest.approx(4 * hours * float(price))
    expected = owned * 43800 if owned else cloud["total_cost"]
    assert hybrid["total_cost"] == pytest.approx(expected)


def test_ranges_make_the_answer_a_distribution(finops: Callable[..., Result]) -> None:
    Path("s.yaml").write_text(scenario("1, 1", ", low: 0.5, high: 3"), encoding="utf-8")
    asked = ("breakeven", "--scenario", "s.yaml", "--format", "json")
    first, again, other = finops(*asked), finops(*asked), finops(*asked, "--seed", "1")
    assert first.stdout == again.stdout
    assert first.stdout != other.stdout
    found = json.loads(first.stdout)["uncertainty"]
    below = (1.0 - 0.5) ** 2 / ((3 - 0.5) * (2.5 - 0.5))
    assert found["probability_npv_positive"] == pytest.approx(1 - below, abs=2e-4)
    assert found["tornado"][0]["name"] == "cloud.on_demand"
    assert json.loads(finops(*asked, "--draws", "0").stdout)["uncertainty"] is None


def test_demand_can_be_the_one_measured(finops: Callable[..., Result], tmp_path: Path) -> None:
    """A day of two devices, held in 19 of 20 hours and 40 % active: 95 %."""
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    nothing = dict.fromkeys(column.name for column in TABLES["gpu_samples"].columns)
    add(
        ledger,
        "gpu_samples",
        [
            {
                **nothing,
                "timestamp": at(f"2026-10-05T{hour:02}:00:00"),
                "interval_s": 3600,
                "device_uuid": f"gpu-{device}",
                "pool": "h100",
                "pod": "server" if hour else None,
                "gr_engine_active": 0.4 if hour else 0,
                "source_id": "dcgm",
                "day": "2026-10-05",
            }
            for hour in range(20)
            for device in range(2)
        ],
    )
    asked = (*PAIR, "--from-ledger", "pool=h100", "--ledger", str(tmp_path / "ledger"))
    result = finops(*asked, "--format", "json")
    assert rows(result)["hybrid"]["breakeven_months"] is not None
    found = json.loads(result.stdout)
    assert found["values"]["demand.utilization"] == 0.95
    assert found["values"]["demand.units"] == 2
    origins = {one["name"]: one["origin"] for one in found["inputs"]}
    assert origins["demand.utilization"] == "measured"
    assert origins["own.price"] == "assumed"
    assert "In 19 of 20 hours every device was held" in " ".join(found["notes"])
    assert finops(*PAIR, "--from-ledger", "h100").exit_code == 2
    assert finops(*PAIR, "--month", "2026-10").exit_code == 2


def test_the_chart_of_cost_shows_where_the_lines_cross(finops: Callable[..., Result]) -> None:
    shown = finops(*PAIR, "--utilization", "0.2", "--horizon-months", "50", "--chart", "cost")
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Cost up to each month, USD"
    assert lines[16].lstrip(" 0").startswith("┤c")
    assert "o own, c cloud, * both" in lines
    assert lines[-1] == "own crosses cloud after 25.8 months"
    assert finops(*PAIR, "--chart", "cost", "--format", "json").exit_code == 2


def test_lines_of_the_chart_have_the_band_of_their_draws(finops: Callable[..., Result]) -> None:
    Path("s.yaml").write_text(scenario("1, 1", ", low: 0.5, high: 3"), encoding="utf-8")
    asked = ("breakeven", "--scenario", "s.yaml", "--chart", "cost")
    drawn = finops(*asked).stdout
    assert "o own, c cloud, h hybrid, * both, ░ P10 to P90 of each" in drawn
    assert "░" in drawn.split("└")[0]
    assert "░" not in finops(*asked, "--draws", "0").stdout


def test_the_chart_of_demand_shows_what_is_owned(finops: Callable[..., Result]) -> None:
    Path("s.yaml").write_text(scenario("3, 1, 1, 1"), encoding="utf-8")
    shown = finops("breakeven", "--scenario", "s.yaml", "--chart", "load")
    assert shown.stdout.splitlines()[:5] == [
        "Units needed, the busiest hour first",
        "3 ┤░",
        "2 ┤░",
        "1 ┤████",
        "  └────",
    ]
    assert "█ owned (1 units), ░ rented" in shown.stdout
    assert finops(*PAIR, "--chart", "load").exit_code == 2


def test_the_tornado_has_the_widest_bar_first(finops: Callable[..., Result]) -> None:
    assert finops("init", "--scenario").exit_code == 0
    shown = finops("breakeven", "--scenario", "scenario.yaml", "--chart", "tornado")
    lines = shown.stdout.splitlines()
    assert lines[1].startswith("demand.utilization  ◁─")
    assert "▶" in lines[1]
    assert max(map(len, lines)) <= 80
    assert finops(*PAIR, "--chart", "tornado").exit_code == 2


def test_what_is_no_number_is_refused(finops: Callable[..., Result]) -> None:
    for flag, value in (("--capex", "nan"), ("--utilization", "inf"), ("--tax-rate", "1.5")):
        assert finops(*PAIR, flag, value).exit_code == 2


def test_currencies_are_not_converted(finops: Callable[..., Result]) -> None:
    result = finops("breakeven", "--scenario", "lp2368", "--currency", "EUR")
    assert result.exit_code == 2
    assert "lp2368 is in USD, not EUR" in result.stderr
    assert json.loads(finops(*PAIR, "--currency", "eur", "-f", "json").stdout)["currency"] == "EUR"


@pytest.mark.parametrize("format_", ["csv", "md", "table"])
def test_every_format_answers(finops: Callable[..., Result], format_: str) -> None:
    for arguments in (PAIR, (*PAIR, "--explain"), ("breakeven", "audit", "lp2368")):
        result = finops(*arguments, "--format", format_)
        assert result.exit_code == 0
        assert "2,720" in result.stdout or "2720.4" in result.stdout


def test_free_hardware_pays_at_once(finops: Callable[..., Result]) -> None:
    own = rows(finops("breakeven", "--capex", "0", "--cloud-per-hour", "1", "-f", "json"))["own"]
    assert (own["breakeven_hours"], own["payback_months"], own["irr"]) == (0, 0, None)
    idle = rows(finops(*PAIR, "--utilization", "0", "-f", "json"))["own"]
    assert idle["reasons"]["breakeven_price_per_hour"] == (
        "never pays back: nothing would be rented"
    )


def test_a_given_utilization_wins_over_demand_by_hour(finops: Callable[..., Result]) -> None:
    Path("s.yaml").write_text(scenario(FLAT), encoding="utf-8")
    result = finops(*("breakeven", "--scenario", "s.yaml", "--utilization", "0.5", "-f", "json"))
    found = json.loads(result.stdout)
    assert found["values"]["demand.utilization"] == 0.5
    assert found["ownership"] is None
    assert "Demand by hour is left out: --utilization says another." in found["notes"]


def test_any_input_of_a_scenario_can_be_set_by_its_name(finops: Callable[..., Result]) -> None:
    """Demand that doubles every year doubles what is rented in the second: 98.32 * 730 h * 12 each month's."""
    flat = rows(finops(*PAIR, "--horizon-months", "24", "--format", "json"))["cloud"]
    grown = rows(
        finops(*PAIR, "--horizon-months", "24", "--set", "demand.growth=1", "--format", "json")
    )["cloud"]
    year = 98.32 * 730 * sum(2 ** (month / 12) for month in range(12))
    assert flat["total_cost"] == pytest.approx(98.32 * 730 * 24)
    assert grown["total_cost"] == pytest.approx(year * 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("demand.grwth=1", "did you mean demand.growth?"),
        ("demand.growth", "--set demand.growth=0.2"),
        ("demand.growth=1,demand.growth=2", "demand.growth is given twice"),
        ("own.price=1", "own.price is given twice"),
        ("money.tax_rate=4", "it is 0 to 0.99"),
        ("own.lifetime=0", "it is at least 1"),
        ("demand.growth=nan", "demand.growth: not a finite number"),
    ],
)
def test_a_wrong_input_is_said(finops: Callable[..., Result], given: str, words: str) -> None:
    result = finops(*PAIR, "--set", given)
    assert result.exit_code == 2
    assert words in result.stderr
