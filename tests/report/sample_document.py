"""A document with one of everything: every chart, figures with and without a value, hard names, long detail."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from finops.model.period import Period
from finops.report import Report, ReportColumn, Style
from finops.report.document import (
    Against,
    Chart,
    ChartKind,
    Document,
    Fact,
    Figure,
    Name,
    Number,
    Omitted,
    Section,
    Table,
    say,
)

MONTH = Period(date(2026, 10, 1), date(2026, 11, 1))

COST = Decimal("36723.094512345678901234567891")

BY_MONTH = Report(
    schema="finops.costs/1",
    title="Effective cost by month",
    columns=(
        ReportColumn("month", "Month"),
        ReportColumn("aws", "AWS", Style.MONEY),
        ReportColumn("own", "Owned <hardware>", Style.MONEY),
        ReportColumn("hidden", "Hidden", Style.COUNT, shown=False),
    ),
    rows=(
        {"month": "2026-08", "aws": Decimal("6000.5"), "own": Decimal(26000), "hidden": 1},
        {"month": "2026-09", "aws": Decimal("-120.25"), "own": Decimal(26100), "hidden": None},
        {"month": "2026-10", "aws": COST, "own": None, "hidden": 3},
    ),
    currency="USD",
    totals={"month": None, "aws": Decimal("42603.344512345678901234567891"), "own": None},
    notes=("A note with <markup> & =formula().",),
)

STEPS = Report(
    schema="finops.compare/1",
    title="From last month to this",
    columns=(
        ReportColumn("step", "Step"),
        ReportColumn("amount", "Amount", Style.MONEY),
        ReportColumn("total", "Total", shown=False),
    ),
    rows=(
        {"step": "2026-09", "amount": Decimal("6473.73"), "total": True},
        {"step": "price", "amount": Decimal("-312.10"), "total": False},
        {"step": "usage", "amount": Decimal("4432.84"), "total": False},
        {"step": "2026-10", "amount": Decimal("10594.47"), "total": True},
    ),
    currency="USD",
)

FORECAST = Report(
    schema="finops.forecast/1",
    title="Forecast",
    columns=(
        ReportColumn("month", "Month"),
        ReportColumn("expected", "Expected", Style.MONEY),
        ReportColumn("low", "At least", Style.MONEY),
        ReportColumn("high", "At most", Style.MONEY),
    ),
    rows=(
        {"month": "2026-10", "expected": Decimal(10594), "low": None, "high": None},
        {
            "month": "2026-11",
            "expected": Decimal(11000),
            "low": Decimal(9800),
            "high": Decimal(12300),
        },
        {
            "month": "2026-12",
            "expected": Decimal(11500),
            "low": Decimal(9500),
            "high": Decimal(13600),
        },
    ),
    currency="USD",
)

TEAMS = Report(
    schema="finops.costs/1",
    title="Cost by team",
    columns=(
        ReportColumn("team", "Team"),
        ReportColumn("cost", "Cost", Style.MONEY),
        ReportColumn("share", "Share", Style.RATIO),
    ),
    rows=(
        {"team": "platform", "cost": Decimal("7839.69"), "share": 0.74},
        {"team": "a team with a name that is longer than a bar leaves room", "cost": None, "share": None},
        {"team": None, "cost": Decimal("-240.21"), "share": -0.02},
    ),
    currency="USD",
    totals={"team": None, "cost": Decimal("7599.48"), "share": 1.0},
)  # fmt: skip

LONG = Report(
    schema="finops.lines/1",
    title="Every line",
    columns=(
        ReportColumn("line", "Line", Style.COUNT),
        ReportColumn("at", "At", Style.TIME),
        ReportColumn("text", "Text"),
    ),
    rows=tuple(
        {"line": n, "at": f"2026-10-{1 + n % 28:02d}", "text": "=1+1" if n == 3 else f"line {n}"}
        for n in range(40)
    ),
)

DOCUMENT = Document(
    schema="finops.review/1",
    title="Monthly review",
    period=MONTH,
    currency="USD",
    sections=(
        Section(
            name="headline",
            title="Headline",
            sentences=(
                say(
                    "Effective cost was ",
                    Number(COST, unit="USD"),
                    ", ",
                    Number(Decimal("0.124"), Style.RATIO, size=True),
                    " more than in ",
                    Name("2026-09"),
                    ".",
                ),
            ),
            figures=(
                Figure(
                    "effective_cost",
                    "Effective cost",
                    COST,
                    unit="USD",
                    against=(
                        Against("last_month", "Last month", Decimal("32660.79"), Decimal("0.124")),
                        Against("budget", "Budget", None),
                    ),
                ),
                Figure(
                    "cost_per_1k_requests",
                    "Per thousand requests",
                    Decimal("91.8512"),
                    Style.UNIT_MONEY,
                    "USD",
                    (Against("last_month", "Last month", Decimal("144.3"), Decimal("-0.3635")),),
                ),
                Figure(
                    "cost_per_good_response",
                    "Per good response",
                    None,
                    Style.UNIT_MONEY,
                    "USD",
                    why="add [[slo]] to finops.toml",
                ),
            ),
            tables=(
                Table(
                    "by_month",
                    BY_MONTH,
                    Chart(ChartKind.STACKED, "Effective cost by month", "month", ("aws", "own")),
                    "finops costs --by billing_month",
                ),
            ),
            notes=("A note of the section.",),
        ),
        Section(
            name="changed",
            title="What changed",
            tables=(
                Table(
                    "steps",
                    STEPS,
                    Chart(ChartKind.WATERFALL, "What changed", "step", ("amount",), mark="total"),
                ),
                Table(
                    "forecast",
                    FORECAST,
                    Chart(ChartKind.LINE, "Forecast", "month", ("expected",), low="low", high="high"),
                ),
                Table("teams", TEAMS, Chart(ChartKind.BARS, "Cost by team", "team", ("cost",))),
                Table("lines", LONG, detail=True),
            ),
        ),
    ),
    facts=(Fact("finops", "finops", "0.1.0"), Fact("price_book", "Price book", "genai-prices")),
    omitted=(Omitted("Scorecard", "no score is written down: finops scorecard run"),),
)  # fmt: skip
