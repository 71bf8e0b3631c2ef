"""`x`: every number of every table leads to what explains it, asked about its own row, period and filter."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.report.model import Report, ReportColumn, Style
from tests.tui.driving import Driver, driven, play
from tui.call import Call
from tui.explaining import behind, explained, place_of
from tui.panes.table import TablePane
from tui.spans import Span, span_of_month
from tui.views import view_named

if TYPE_CHECKING:
    from pathlib import Path

    from finops.report.model import Cell, Row

MONTH = span_of_month("2026-10")


def told(line: str, schema: str, row: dict[str, Cell], column: str) -> list[str]:
    """The commands that explain a cell of what `line` printed."""
    style = Style.NUMBER if not isinstance(row[column], str) else Style.TEXT
    report = Report(f"finops.{schema}/1", "", (ReportColumn(column, column, style),), (row,))
    found = explained(Call.parsed(line), report, row, report.columns[0], MONTH)
    return [view_named(each.place.view).call(each.place.state).line() for each in found]


CELLS: list[tuple[str, str, dict[str, Cell], str, list[str]]] = [
    (
        "finops unit --by workflow --month 2026-10 --where \"model = 'a' or model = 'b'\"",
        "unit",
        {"workflow": "rag", "cost": Decimal(3)},
        "cost",
        [
            (
                "finops explain unit.cost --where '(model = '\"'\"'a'\"'\"' or model = '\"'\"'b'\"'\"')"
                " and workflow = '\"'\"'rag'\"'\"'' --month 2026-10"
            )
        ],
    ),
    (
        "finops unit --by model --all",
        "unit",
        {"model": None, "components": {"retried": Decimal(1), "fresh": Decimal(2)}},
        "components",
        [
            "finops explain unit.components.retried --where 'model is null' --all",
            "finops explain unit.components.fresh --where 'model is null' --all",
        ],
    ),
    (
        "finops runs --month 2026-10",
        "runs",
        {"run": "r1", "requests": 2},
        "requests",
        ["finops explain unit.requests --where 'run = '\"'\"'r1'\"'\"'' --month 2026-10"],
    ),
    (
        "finops runs --where \"workflow = 'rag'\" --month 2026-10",
        "runs",
        {"run": "r1", "cost": Decimal(2)},
        "cost",
        [
            (
                "finops explain unit.cost --where 'workflow = '\"'\"'rag'\"'\"' and run = '\"'\"'r1'\"'\"''"
                " --month 2026-10"
            )
        ],
    ),
    (
        "finops compare --items --by provider --month 2026-10",
        "compare",
        {"provider": "AWS", "item": "EC2", "usage": Decimal(1)},
        "usage",
        [
            (
                "finops explain compare.items.usage --where 'provider = '\"'\"'AWS'\"'\"' and item = '\"'\"'EC2'\"'\"''"
                " --by provider --month 2026-10"
            )
        ],
    ),
    (
        "finops compare --by provider --against 2026-08 --basis charge --month 2026-10",
        "compare",
        {"provider": "AWS", "usage": Decimal(1)},
        "usage",
        [
            (
                "finops explain compare.usage --where 'provider = '\"'\"'AWS'\"'\"'' --against 2026-08 --basis charge"
                " --by provider --month 2026-10"
            )
        ],
    ),
    (
        "finops compare --by provider --month 2026-10",
        "compare",
        {"provider": "AWS", "usage": Decimal(1)},
        "usage",
        [
            "finops explain compare.usage --where 'provider = '\"'\"'AWS'\"'\"'' --by provider --month 2026-10"
        ],
    ),
    (
        "finops compare --by provider,ServiceName --where \"RegionId = 'eu'\" --month 2026-10",
        "compare",
        {"provider": "AWS", "ServiceName": "EC2", "usage": Decimal(1)},
        "usage",
        [
            (
                "finops explain compare.usage 'AWS / EC2' --where 'RegionId = '\"'\"'eu'\"'\"''"
                " --by provider,ServiceName --month 2026-10"
            )
        ],
    ),
    (
        "finops forecast",
        "forecast",
        {"month": "2026-11", "low": Decimal(1)},
        "low",
        ["finops explain forecast.low --where 'month = '\"'\"'2026-11'\"'\"''"],
    ),
    (
        "finops scorecard run --no-history",
        "scorecard",
        {"category": "Cost model", "id": "cost_model", "verified": 1},
        "verified",
        ["finops explain scorecard.verified --where 'id = '\"'\"'cost_model'\"'\"''"],
    ),
    (
        "finops capacity --by holder --month 2026-10",
        "capacity",
        {"pool": "gpus", "kind": "job", "holder": "train", "cost": Decimal(1)},
        "cost",
        [
            (
                "finops explain capacity.holder.cost --where 'pool = '\"'\"'gpus'\"'\"' and kind ="
                " '\"'\"'job'\"'\"' and name = '\"'\"'train'\"'\"'' --month 2026-10"
            )
        ],
    ),
    (
        "finops commitments --services --month 2026-10",
        "commitments",
        {"provider": "AWS", "service": "EC2", "coverage": 0.5},
        "coverage",
        [
            (
                "finops explain commitments.services.coverage --where 'provider = '\"'\"'AWS'\"'\"' and"
                " service = '\"'\"'EC2'\"'\"'' --month 2026-10"
            )
        ],
    ),
    (
        "finops close --list",
        "close_list",
        {"month": "2026-09", "BilledCost": Decimal(1)},
        "BilledCost",
        ["finops explain close.list.BilledCost --month 2026-09"],
    ),
    (
        "finops vendor sheet",
        "vendor.sheet",
        {"dimension": "Latency", "figure": "p50", "openai": "12 ms"},
        "openai",
        ["finops explain vendor.sheet.figure"],
    ),
    (
        "finops scorecard checklist",
        "scorecard-checklist",
        {"ours": "3 of 4", "command": "finops costs --by ServiceName"},
        "ours",
        ["finops costs --by ServiceName --month 2026-10"],
    ),
    (
        "finops chargeback --month 2026-10",
        "chargeback",
        {"team": None, "BillingCurrency": "EUR", "EffectiveCost": Decimal(1)},
        "EffectiveCost",
        [
            (
                "finops explain chargeback.EffectiveCost '(unowned)' --where "
                "'BillingCurrency = '\"'\"'EUR'\"'\"'' --month 2026-10"
            )
        ],
    ),
    (
        "finops chargeback --month 2026-10",
        "chargeback",
        {"team": "red", "BillingCurrency": "EUR", "EffectiveCost": Decimal(1)},
        "EffectiveCost",
        [
            (
                "finops explain chargeback.EffectiveCost --where 'team = '\"'\"'red'\"'\"' and "
                "BillingCurrency = '\"'\"'EUR'\"'\"'' --month 2026-10"
            )
        ],
    ),
    (
        "finops owners list",
        "owners-list",
        {"from": None, "kind": "tag", "match": "a", "team": "red", "line": 2},
        "line",
        [
            (
                "finops explain owners.list.line --where 'kind = '\"'\"'tag'\"'\"' and "
                "match = '\"'\"'a'\"'\"' and team = '\"'\"'red'\"'\"''"
            )
        ],
    ),
    ("finops costs", "costs", {"ServiceName": "EC2"}, "ServiceName", []),
]
"""A command, its report's schema, a row, a column, and the commands that explain the cell."""


@pytest.mark.parametrize(("line", "schema", "row", "column", "expected"), CELLS)
def test_a_cell_is_explained_as_its_command_is_asked(
    line: str, schema: str, row: dict[str, Cell], column: str, expected: list[str]
) -> None:
    assert told(line, schema, row, column) == expected


STEP = Call.of("explain", "budget.share", "gpu-team", month="2026-10")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("finops explain budget.actual", "finops explain budget.actual gpu-team --month 2026-10"),
        (
            "finops explain scorecard.claimed cost_model",
            "finops explain scorecard.claimed cost_model --month 2026-10",
        ),
        (
            "finops explain budget.actual, item by item",
            "finops explain budget.actual gpu-team --month 2026-10",
        ),
        ("its charges: finops costs --month 2026-10", "finops costs --month 2026-10"),
        ("shown by: finops route … --explain", None),
        ("finops load costs FILE", None),
        ("finops costs --where 'it is not closed", None),
        (None, None),
    ],
)
def test_the_source_of_a_step_leads_on(source: str | None, line: str | None) -> None:
    row: Row = {"step": "actual", "source": source}
    found = behind(STEP, row)
    assert (None if found is None else found.line()) == line


def test_an_explanation_keeps_its_own_period_or_has_none() -> None:
    week = Call.of("explain", "unit.cost", since="2026-10-05", until="2026-10-12")
    assert place_of(week, MONTH).state.span.label == "2026-10-05 to 2026-10-11"
    assert place_of(Call.of("explain", "unit.cost", everything=True), MONTH).state.span == Span()
    timeless = place_of(Call.of("explain", "status.rows", "bill"), MONTH)
    assert view_named("explain").call(timeless.state).line() == "finops explain status.rows bill"


def value(it: Driver) -> Any:  # noqa: ANN401  (whatever was explained)
    """What an explanation comes to."""
    assert it.pane.view.name == "explain"
    assert it.pane.error is None, it.command
    assert it.pane.answer is not None
    return it.pane.answer.value.value


def test_the_number_explained_is_the_one_under_the_cursor(small_ledger: Path) -> None:
    """A row of each kind of table whose numbers had no explanation of their own view."""

    async def scenario() -> None:
        async with driven(small_ledger, size=(160, 30)) as it:
            for view, column in (
                ("changes", "change"),
                ("chargeback", "EffectiveCost"),
                ("quality", "at_stake"),
                ("sources", "rows"),
                ("months", "EffectiveCost"),
            ):
                it.app.go(view)
                await it.settle()
                assert isinstance(it.pane, TablePane)
                assert it.table.frame is not None
                names = [each.name for each in it.table.frame.columns]
                it.table.column = names.index(column)
                await it.press("down")
                row = it.table.row
                assert row is not None
                await it.press("x")
                assert value(it) == row[column], view
                await it.press("escape")
                assert it.table.row == row

    play(scenario)


def test_a_panel_offers_its_numbers_and_a_section_its_commands(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, size=(160, 30)) as it:
            await it.press("x")
            await it.type("before")
            assert it.command.startswith("finops explain compare.before --by provider --month")
            assert value(it) == Decimal("113.625")
            await it.press("escape", "down", "x", "enter")
            assert value(it) == 12

    play(scenario)


def test_a_step_opens_what_its_source_names(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, view="sources", size=(160, 30)) as it:
            await it.press("right", "right", "x")
            assert it.pane.view.name == "explain"
            await it.press("enter")
            assert it.command.startswith("finops sql ")
            assert it.shown == [("10",)]
            await it.press("x")
            assert it.command == "finops explain sql.value"

    play(scenario)
