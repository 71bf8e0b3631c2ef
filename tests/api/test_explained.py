"""Every number of every report is explained: derived line by line, or in words with the command that does.

The lines of a derivation are done again, and lead to the number that the report shows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import finops
from finops.analysis import explain as explaining
from finops.analysis import explain_cost
from finops.analysis.economics import Question
from finops.analysis.explain import ROW_NUMBERS, explain
from finops.analysis.explain_told import SHOWN_AS, TOLD
from finops.api.asking import ASKED, asked_table
from finops.api.breakeven import audit
from finops.api.explaining import TABLES
from finops.api.route import Choosing, How, Prices, route_scores
from finops.api.wanted import Wanted
from finops.errors import UsageError
from finops.model.period import parse_month
from finops.report.numbers import NUMBER_STYLES
from tests.analysis.arithmetic import check_table, recompute
from tests.api.test_commands import QUESTIONS, Asked, World, folder, scored, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from finops.api.session import Session
    from finops.ledger.store import Ledger
    from finops.report.model import Report

__all__ = ["folder", "scored", "world"]

OCTOBER = parse_month("2026-10")


def numbers(report: Report) -> Iterator[str]:
    """What `finops explain` knows the numeric columns of `report` by."""
    columns = [column.name for column in report.columns if column.style in NUMBER_STYLES]
    if columns:
        schema = report.schema.partition("/")[0]
        assert schema in SHOWN_AS, f"{schema} has no place in finops/analysis/explain_told.py"
        shown = SHOWN_AS[schema]
        yield from (f"{shown}.{name}" for name in columns)


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """One report of each shape, as the questions are asked."""
    return {}


@pytest.fixture(scope="module")
def answers() -> dict[object, Any]:
    """What was computed already, by function and question."""
    return {}


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch, answers: dict[object, Any]) -> None:
    """Numbers of one answer are explained from it; the question is asked once."""
    for place, name in (
        (explaining, "unit_economics"),
        (explaining, "check_owners"),
        (explain_cost, "cost_products"),
    ):
        ask = getattr(place, name)

        def remembered(ledger: Ledger, *given: object, ask: Any = ask) -> object:  # noqa: ANN401
            key = (ask.__name__, ledger.location.url, *given[1:])
            if key not in answers:
                answers[key] = ask(ledger, *given)
            return answers[key]

        monkeypatch.setattr(place, name, remembered)


INPUTS = {
    "explain.quantity": "a line of an explanation, which is what is asked for",
    "explain.rate": "as explain.quantity",
    "explain.amount": "as explain.quantity",
    "sql.n": "the reader's own statement says how it is made",
    "unit.runs": "runs are counted, not added: one may be of several models",
    "unit.successful_runs": "as unit.runs",
}
"""Numbers that nothing is computed of, and why: they are where an explanation ends. Zero of nothing needs no sum."""


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.command)
def test_every_number_of_a_report_is_explained(
    scored: World, reports: dict[str, Report], asked: Asked
) -> None:
    """A report whose schema has no place in SHOWN_AS, or a column without an explanation, fails here."""
    report = getattr(asked.ask(scored.session), "report", None)
    if report is None:
        return
    for number in numbers(report):
        if number in reports or number.rpartition(".")[0] in {*TABLES, *ASKED}:
            continue
        reports[number] = report
        name = {"unit.components": "unit.components.retried", "unit.work": "unit.work_units"}
        session = scored.session
        question = Question(OCTOBER)
        found = explain(session.ledger, session.config, question, name.get(number, number))
        assert found.formula
        assert found.lines, number
        computed = recompute(found.lines)
        assert computed or is_nothing(found.value) or number in INPUTS, number


def is_nothing(value: object) -> bool:
    """Zero, `n/a`, or parts that all are."""
    return not any(value.values()) if isinstance(value, dict) else not value


MONTH = Wanted({"month": "2026-10"})

ROWS: dict[str, Callable[[Session], Report]] = {
    "actions": lambda s: s.actions.list(month="2026-10").report,
    "close.check": lambda s: s.close.check("2026-10").report,
    "budget": lambda s: s.budget(month="2026-10").report,
    "chargeback": lambda s: s.chargeback(month="2026-10").report,
    "commitments": lambda s: s.commitments(month="2026-10").report,
    "commitments.services": lambda s: s.commitments(month="2026-10").services().report,
    "compare": lambda s: s.compare(month="2026-10").report,
    "compare.items": lambda s: s.compare(month="2026-10").items().report,
    "forecast": lambda s: s.forecast().report,
    "quality": lambda s: s.quality(month="2026-10").report,
    "owners.list": lambda s: s.owners.list().report,
    "runs": lambda s: s.runs(limit=8, month="2026-10").report,
    "savings": lambda s: s.savings(month="2026-10").report,
    "scorecard.catalog": lambda s: s.scorecard.catalog().report,
    "scorecard.diff": lambda s: s.scorecard.diff().report,
    "scorecard.history": lambda s: s.scorecard.history().report,
    "scorecard.roadmap": lambda s: s.scorecard.roadmap().report,
    "scorecard.show": lambda s: s.scorecard.show(checks=True).report,
    "scorecard": lambda s: s.scorecard.run(no_history=True).report,
    "status": lambda s: s.status().report,
    "vendor.claims": lambda s: s.vendor.compare().claims().report,
}
"""Reports whose rows have names, as they are asked for."""


OF_NO_MONTH = {"forecast", "owners.list", "status", "vendor.claims"}
"""Commands that are of the newest data, besides the scorecard's."""


@pytest.mark.parametrize("command", sorted({*TABLES} - {"close.kept", "run"}))
def test_every_number_of_every_row_is_what_its_lines_come_to(scored: World, command: str) -> None:
    """Tests of each analysis do the same for ledgers with everything in them."""
    report = ROWS[command](scored.session)
    asked = Wanted({}) if command in OF_NO_MONTH or command.startswith("scorecard") else MONTH
    table = TABLES[command](scored.session, asked)
    assert check_table(table, report) or not report.rows
    known = {name for row in table.rows for name in row.numbers}
    if known and not command.startswith(
        "compare"
    ):  # whose rows have an effect for each line of the bill
        assert known == set(ROW_NUMBERS[command])


PLAIN: dict[str, Any] = {"capex": 9.0, "opex_per_hour": 1.0, "cloud_per_hour": 9.0}
SCORES = {"scores": "scores.csv", "cost_ratio": "0.1", "thresholds": "0.5"}
VENDORS = {"vendors": "vendors"}

HALF = How(Prices(Decimal("0.1")), Choosing((Decimal("0.5"),)))

WITH_OPTIONS: dict[str, tuple[dict[str, Any], tuple[str, ...], Callable[[Session], Report]]] = {
    "breakeven": (PLAIN, (), lambda _: finops.breakeven(**PLAIN, draws=0).report),
    "breakeven.audit": ({}, ("lp2368",), lambda _: audit("lp2368").report),
    "route": (SCORES, (), lambda _: route_scores("scores.csv", HALF).report),
    "route.fleet": (
        {**SCORES, "fleet": "fleet.yaml"},
        (),
        lambda _: route_scores("scores.csv", HALF).fleet("fleet.yaml").report,
    ),
    "vendor.quote": (VENDORS, (), lambda s: s.vendor.quote(vendors="vendors").report),
    "vendor.quote.sensitivity": (
        {**VENDORS, "step": "0.1"},
        (),
        lambda s: s.vendor.quote(vendors="vendors").sensitivity(Decimal("0.1")).report,
    ),
}
"""Commands with options of their own: the options, what else is given, and the same question in Python."""

FLEET = """
accelerators:
  h100: { per_node: 8, node_kw: 10.2, nodes_per_rack: 4 }
large: { accelerator: h100, tokens_per_second: 2600, per_replica: 4, tokens_per_request: 1800 }
demand: { requests_per_second: 35, max_busy: 0.7 }
"""


@pytest.mark.parametrize("command", sorted(ASKED))
def test_a_number_of_a_command_with_options_is_what_its_lines_come_to(
    scored: World, command: str
) -> None:
    (scored.folder / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    options, arguments, ask = WITH_OPTIONS[command]
    table = asked_table(scored.session, command, options, arguments)
    assert check_table(table, ask(scored.session)) > 2
    assert {name for row in table.rows for name in row.numbers} == set(ROW_NUMBERS[command])


@pytest.mark.parametrize(
    ("number", "asked", "told"),
    [
        ("breakeven.npv", {"scenari": "x"}, "breakeven has no option --scenari"),
        ("breakeven.npv", {}, "--capex and --cloud-per-hour missing"),
        ("breakeven.profit", PLAIN, "there is no explanation of 'breakeven.profit'"),
        ("route.fleet.kw_after", SCORES, "which fleet is routed on"),
        ("budget.share", PLAIN, "budget has no option --capex"),
        ("compare.price", {"basis": "hope"}, "there is no basis 'hope'"),
        ("error_rate", PLAIN, "is of no command with options of its own: capex"),
    ],
)
def test_options_are_of_the_command_that_is_explained(
    scored: World, number: str, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        scored.session.explain(number, asked=asked)


def test_a_run_is_explained_call_by_call(scored: World) -> None:
    """`finops explain run RUN`: the sum of its calls, each the sum of its attempts' lines, is what runs says."""
    row = scored.session.runs(limit=1, month="2026-10").report.rows[0]
    found = scored.session.explain("run", str(row["run"]), month="2026-10").value
    assert (found.number, found.value) == ("run", row["cost"])
    calls = [line for line in found.lines if line.step.startswith("calls: ")]
    assert (row["requests"], len(calls)) == (4, 4)
    assert sum(line.amount or 0 for line in calls) == row["cost"]
    assert recompute(found.lines) > len(calls)
    with pytest.raises(UsageError, match="which run is told call by call"):
        scored.session.explain("run.cost")


def test_whose_number_it_is_can_be_said_by_name(scored: World) -> None:
    """`finops explain budget all`: by name, by a condition, as all numbers of a row, or each row's own."""
    session = scored.session
    share = session.explain("budget.share", "ALL", month="2026-10").value
    assert (share.number, share.value, share.currency) == ("budget.share", 0.745, "USD")
    assert [(line.step, line.source) for line in share.lines] == [
        ("actual", "finops explain budget.actual"),
        ("amount", "[[budgets]] in finops.toml"),
        ("share", "= actual / amount"),
    ]
    whole = session.explain("budget", "all", month="2026-10").value
    assert isinstance(whole.value, dict)
    assert (whole.value["share"], whole.value["elapsed"]) == (0.745, 1.0)
    assert "share: actual" in [line.step for line in whole.lines]
    models = session.explain("compare.after", where="ServiceName = 'Models'", month="2026-10").value
    assert models.value == 30
    each = session.explain("status.rows").value
    assert each.value is None
    assert [(line.step, line.quantity) for line in each.lines[:2]] == [
        ("bill / costs: rows", Decimal(4)),
        ("log / requests: rows", Decimal(20)),
    ]
    assert each.lines[-1].source.startswith("of one row: name it after the number")
    split = session.explain("chargeback.EffectiveCost", "team-0", by="team", month="2026-10").value
    assert split.value == Decimal("37.25")


def test_options_of_the_command_itself_are_told_to_its_explanation(scored: World) -> None:
    """`--against` of compare, `--basis` of costs, `--as-of` of budget and forecast: as the command has them."""
    session = scored.session
    days: dict[str, Any] = {"against": "2026-10-01..2026-10-05", "basis": "charge"}
    shown = session.compare("ServiceName", since="2026-10-20", until="2026-10-24", **days)
    found = session.explain(
        "compare.before",
        "Models",
        by="ServiceName",
        asked=days,
        since="2026-10-20",
        until="2026-10-24",
    ).value
    (row,) = [row for row in shown.report.rows if row["ServiceName"] == "Models"]
    assert found.value == row["before"] != 0
    paid = session.costs(month="2026-10", basis="charge").report.totals
    assert paid is not None
    told = session.explain("costs.EffectiveCost", month="2026-10", asked={"basis": "charge"}).value
    assert (
        told.value,
        told.formula.startswith("EffectiveCost = sum over cost rows, by day of use"),
    ) == (
        paid["EffectiveCost"],
        True,
    )
    early = {"as_of": "2026-10-10"}
    standing = session.budget(month="2026-10", as_of="2026-10-10").report.rows[0]
    asked = session.explain("budget.elapsed", "all", month="2026-10", asked=early).value
    assert asked.value == standing["elapsed"] != 1


@pytest.mark.parametrize(
    ("number", "more", "told"),
    [
        ("budget.share", {"row": "nobody"}, "there is no row 'nobody'"),
        ("cost_per_run", {"row": "team-0"}, "is of no command whose rows have names"),
        ("savings.high", {"by": "team"}, "the rows of savings cannot be split"),
        ("budget.happiness", {}, "there is no explanation of 'budget.happiness'"),
        ("chargeback.usage", {"last": "3m"}, "this number is of a month"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    scored: World, number: str, more: dict[str, str], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        scored.session.explain(number, **more)  # type: ignore[arg-type]


def test_words_are_for_numbers_that_nothing_derives(scored: World) -> None:
    """A command in words is no stub: each names the command that shows the parts, and no number is left blank."""
    for shown, told in TOLD.items():
        assert shown in SHOWN_AS.values(), shown
        assert told.see.startswith("finops "), shown
        assert all(len(text) > 8 for text in told.numbers.values()), shown


def test_how_far_a_tag_reaches_is_derived(scored: World) -> None:
    found = scored.session.explain("owners.tag_coverage.team", month="2026-10").value
    assert (found.value, found.currency) == (1.0, "USD")
    assert [(line.step, line.amount) for line in found.lines[:2]] == [
        ("tagged", Decimal("37.25")),
        ("usage", Decimal("37.25")),
    ]
    assert recompute(found.lines) == 1
    with pytest.raises(UsageError, match="no explanation"):
        scored.session.explain("owners.tag_coverage.mood", month="2026-10")


def test_a_month_of_the_books_by_source(scored: World) -> None:
    session = scored.session
    (row,) = [row for row in session.close.list().rows if row["month"] == "2026-10"]
    assert row["EffectiveCost"] == Decimal("37.25")
    for name in ("BilledCost", "EffectiveCost"):
        found = session.explain(f"close.list.{name}", month="2026-10").value
        assert (found.value, found.currency) == (row[name], "USD")
        assert [line.step for line in found.lines] == ["bill", name]
    assert session.explain("close.list.reopened", month="2026-10").value.value == 0
