"""`finops demo`: the whole product once, from files to a screen, held against the samples' truth."""

from __future__ import annotations

import json
import shlex
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from connectors.loading import LoadOptions, load_files
from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.capacity.settle import Owner
from finops.analysis.capacity.units import device_hours
from finops.analysis.economics import Question, unit_economics
from finops.analysis.owners.check import check_owners
from finops.cli.app import app
from finops.cli.demo import samples_folder
from finops.config import load_config
from finops.ledger.engine import query
from finops.ledger.store import Ledger
from finops.model.period import parse_month
from finops.report.unit import unit_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.economics import UnitEconomics

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
TRUTH: dict[str, dict[str, Any]] = tomllib.loads(
    (SAMPLES / "truth.toml").read_text(encoding="utf-8")
)
MONTHS = ("2026-08", "2026-09", "2026-10")


class Demo:
    """The demo ledger and what the command printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = folder.with_name("demo.txt").read_text(encoding="utf-8")
        self.ledger = Ledger.open(str(folder))
        self.config = load_config(folder / "finops.toml")
        self.unit = cache(self._unit)

    def _unit(self, month: str) -> UnitEconomics:
        return unit_economics(
            self.ledger, self.config, Question(period=parse_month(month), by=("workflow",))
        )


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> Demo:
    return Demo(demo_folder)


@pytest.fixture(scope="module")
def october(demo: Demo) -> UnitEconomics:
    return demo.unit("2026-10")


def by_workflow(answer: UnitEconomics) -> Mapping[str, Mapping[str, Any]]:
    return {str(row["workflow"]): row for row in unit_report(answer).rows}


def test_one_screen(demo: Demo) -> None:
    lines = demo.printed.splitlines()
    assert len(lines) <= 24
    told = [line for line in lines if not line.startswith(("export ", "finops "))]
    assert max(map(len, told)) <= 80
    assert lines[:8] == [
        "Harbourline (a sample company) · 2026-10 · USD",
        "                             billed    effective   vs 2026-09",
        "AWS                        9,255.70     9,255.70       +74.4%",
        "Anthropic                    902.74       902.74       +14.7%",
        "OpenAI                       436.03       436.03       +15.2%",
        "owned hardware                         26,128.62        -0.2%",
        "total                     10,594.47    36,723.09       +12.4%",
        "= requests 4,150.79 + jobs 16,119.68 + gpu idle 10,008.95 + 5 more 6,443.68",
    ]
    assert (
        "! paid for and not used: 2,981.84 of reserved capacity, 2,272.91 of commitments" in lines
    )
    assert "! support-chat: 12.6% of input came from cache, was 87.1%" in lines
    assert any(line.startswith("! meeting-notes: ") for line in lines)


def test_the_next_commands_can_be_pasted(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = demo.printed.splitlines()
    setting = next(line for line in lines if "FINOPS_CONFIG" in line)
    assert Path(shlex.split(setting.partition("=")[2])[0]) == demo.folder / "finops.toml"
    monkeypatch.setenv("FINOPS_CONFIG", str(demo.folder / "finops.toml"))
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("finops ")]
    assert [command[0] for command in commands] == ["unit", "costs", "explain"]
    for command in commands:
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        assert done.stdout


def test_the_second_time_changes_nothing_and_says_so(demo: Demo) -> None:
    versions = [demo.ledger.version(name) for name in ("costs", "requests", "gpu_samples", "loads")]
    again = CliRunner().invoke(app, ["demo", "--ledger", str(demo.folder)])
    assert again.exit_code == 0
    assert again.stdout == demo.printed
    assert "loaded already, unchanged" in again.stderr
    assert versions == [
        demo.ledger.version(name) for name in ("costs", "requests", "gpu_samples", "loads")
    ]


def test_a_ledger_with_other_data_is_left_alone(tmp_path: Path) -> None:
    mine = Ledger.open(str(tmp_path / "mine"), create=True)
    load_files(mine, "jobs", [SAMPLES / "jobs" / "sacct.csv.gz"], LoadOptions(source="production"))
    version = mine.version("loads")
    refused = CliRunner().invoke(app, ["demo", "--ledger", str(tmp_path / "mine")])
    assert refused.exit_code == 2
    assert "holds other data (production)" in refused.stderr
    assert mine.version("loads") == version


def test_the_samples_are_found_in_a_checkout() -> None:
    assert samples_folder() == SAMPLES


@pytest.mark.parametrize("month", MONTHS)
def test_the_ledger_holds_the_bills_to_the_last_digit(demo: Demo, month: str) -> None:
    with demo.ledger.connect(["costs"]) as con:
        rows = query(
            con,
            f"""select lower(ProviderName), count(*), sum(BilledCost), sum(EffectiveCost) from costs
                where x_BillingMonth = '{month}' group by 1 order by 1""",
        )
    truth = TRUTH["months"][month]
    assert rows == [
        (
            name,
            truth[f"{name}_rows"],
            Decimal(truth[f"{name}_billed"]),
            Decimal(truth[f"{name}_effective"]),
        )
        for name in ("anthropic", "aws", "openai")
    ]


@pytest.mark.parametrize("month", MONTHS)
def test_unit_economics_counts_what_is_there_and_meets_the_bill(demo: Demo, month: str) -> None:
    answer = demo.unit(month)
    truth = TRUTH["months"][month]
    total = unit_report(answer).totals or {}
    assert {
        name: total[name] for name in ("requests", "attempts", "responses", "output_tokens")
    } == {name: truth[name] for name in ("requests", "attempts", "responses", "output_tokens")}
    assert total["input_tokens"] == truth["input_tokens"]
    assert answer.reconciliation.difference == 0


@pytest.mark.parametrize("month", MONTHS)
def test_unlogged_usage_is_what_the_generator_kept_from_the_log(demo: Demo, month: str) -> None:
    """The calls that bypassed the gateway and the playground, whose model the log knows."""
    truth = TRUTH["unlogged"]
    with demo.ledger.connect(["costs"]) as con:
        ((playground,),) = query(
            con,
            f"""select sum(BilledCost) from costs
                where SubAccountId = 'proj-playground' and x_BillingMonth = '{month}'""",
        )
    hidden = sum(Decimal(truth[f"{name}_billed_{month}"]) for name in ("openai", "anthropic"))
    unlogged = demo.unit(month).reconciliation.unallocated["unlogged"]
    assert abs(unlogged - hidden - playground) < Decimal("1e-12")


def test_capacity_nobody_used_is_what_was_planted(october: UnitEconomics) -> None:
    """The forgotten reservation, what of the savings plan was not used, and twelve seats at 30 dollars."""
    plan, idle = TRUTH["commitment"], TRUTH["idle_reservation"]
    left = october.reconciliation.origins["bill"].unallocated
    assert left["commitment_unused"] == Decimal(idle["effective_cost"]) + Decimal(
        plan["unused_2026-10"]
    )
    assert left["seat"] == 360
    assert left["gpu_idle"] == left["unobserved"] == left["blending"] == 0
    redact = next(group for group in october.groups if group.keys == ("redact-pii",))
    assert abs(redact.capacity.cost - Decimal(plan["used_2026-10"])) < Decimal("1e-9")


def test_the_owned_cluster_goes_to_its_jobs_and_its_idle_hours_are_those_planted(
    demo: Demo,
) -> None:
    found = [demo.unit(month).allocation.capacity.months for month in MONTHS]
    colo = [month for months in found for month in months if month.facts.pool.name == "colo-h100"]
    idle = sum(time.idle for month in colo for time in month.facts.tally[Owner("nobody")].values())
    assert device_hours(idle) == TRUTH["straggler"]["unowned_gpu_hours"]
    for month in colo:
        first, end = parse_month(month.facts.month)
        hours = 16 * 24 * (end - first).days
        assert month.facts.billed[None].ms == hours * 3_600_000
        assert month.facts.observed(None) == 28 * hours * 3_600_000


def test_the_cache_that_stopped_shows(demo: Demo, october: UnitEconomics) -> None:
    september = by_workflow(demo.unit("2026-09"))["support-chat"]["cache_hit_rate"]
    assert september > 0.85
    assert by_workflow(october)["support-chat"]["cache_hit_rate"] < 0.15


def test_the_retry_storm_shows(demo: Demo) -> None:
    rows = by_workflow(demo.unit("2026-09"))
    assert rows["fraud-score"]["retry_rate"] > 0.25
    assert max(row["retry_rate"] or 0 for name, row in rows.items() if name != "fraud-score") < 0.03


@pytest.mark.parametrize(
    ("workflow", "planted"), [("meeting-notes", "model_switched"), ("triage-pilot", "unpriced")]
)
def test_responses_cost_what_was_billed_for_them(
    october: UnitEconomics, workflow: str, planted: str
) -> None:
    """Also of the model no price book knows: its tokens take the billed rate."""
    row = by_workflow(october)[workflow]
    names = ("tokens_input", "tokens_cached", "tokens_output", "context_growth")
    tokens = sum(row["components"][name] for name in names)
    assert abs(tokens - Decimal(TRUTH[planted]["billed_cost_of_responses"])) < Decimal("1e-12")
    assert row["cost_basis"] == "billed"


def test_what_nobody_owns_is_found_with_its_dollars(demo: Demo) -> None:
    truth = TRUTH["unowned"]
    for month in MONTHS:
        check = check_owners(demo.ledger, demo.config, parse_month(month))
        assert {(each.match, each.cost) for each in check.unowned} == {
            (name, Decimal(truth[f"{name.replace(' ', '-').lower()}_{month}"]))
            for name in ("proj-playground", "wrk-growth", "AWS Data Transfer")
        }


@pytest.mark.parametrize("month", MONTHS)
def test_the_owned_cluster_costs_what_it_takes(demo: Demo, month: str) -> None:
    question = SpendQuestion(("element",), parse_month(month), where="origin = 'owned'")
    answer = book_spend(demo.ledger, demo.config, question)
    found = {str(g.values[0]): g.amounts.EffectiveCost or Decimal(0) for g in answer.groups}
    assert round(found.pop("power"), 9) == Decimal(TRUTH["owned"][f"power_cost_{month}"])
    assert {name: round(cost, 20) for name, cost in found.items()} == {
        "depreciation": 11000,
        "network": round(Decimal(46000) / 48, 20),
        "storage": round(Decimal(25000) / 48, 20),
        "support": 2990,
        "colocation": 5400,
        "staff": 4200,
    }
    owned = demo.unit(month).reconciliation.origins["owned"]
    assert owned.difference == 0
    assert not [note for note in answer.notes if note.startswith("Power of")]


CARD = tomllib.loads((SAMPLES / "scorecard" / "truth.toml").read_text(encoding="utf-8"))
CATEGORIES = [name for name, value in CARD.items() if isinstance(value, dict)]


@pytest.fixture(scope="module")
def card(demo: Demo) -> dict[str, Any]:
    """The scorecard of the demo's ledger, as its JSON has it."""
    place = ["--ledger", str(demo.folder), "--format", "json"]
    runs = [
        CliRunner(env={"FINOPS_CONFIG": str(demo.folder / "finops.toml")}).invoke(
            app, ["scorecard", command, *place]
        )
        for command in ("run", "run", "show")
    ]
    assert [run.exit_code for run in runs] == [0, 0, 0], runs[0].output
    assert runs[0].stdout_bytes == runs[1].stdout_bytes == runs[2].stdout_bytes
    found: dict[str, Any] = json.loads(runs[0].stdout)
    return found


def test_the_score_is_the_one_its_evidence_gives(card: dict[str, Any]) -> None:
    told = {name: card[name] for name in ("as_of", "claimed", "verified", "max", "risk")}
    assert told == {name: CARD[name] for name in told}
    assert [category["id"] for category in card["categories"]] == CATEGORIES


@pytest.mark.parametrize("name", CATEGORIES)
def test_a_category_of_the_score_and_what_holds_it_back(card: dict[str, Any], name: str) -> None:
    truth = CARD[name]
    category = next(each for each in card["categories"] if each["id"] == name)
    assert (category["claimed"], category["verified"]) == (truth["claimed"], truth["verified"])
    checks = {check["id"]: check for check in category["checks"]}
    held = [*truth["planted"], *truth["unproven"]]
    assert [check for check in held if check not in category["why"]] == []
    assert {checks[check]["reason"] for check in truth["unproven"]} <= {"claimed without evidence"}
    assert [check for check in truth["planted"] if checks[check]["status"] == "pass"] == []


def test_each_point_of_the_score_rests_on_evidence(card: dict[str, Any]) -> None:
    for category in card["categories"]:
        carrying = [c for c in category["checks"] if c["level"] <= category["verified"]]
        for check in carrying:
            decided = [e for e in check["evidence"] if e["type"] in {"measured", "attested"}]
            assert all(each["sha256"] and each["source"] for each in decided), check["id"]
            assert any(each["outcome"] == "true" for each in decided), check["id"]
