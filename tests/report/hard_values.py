"""One report that holds every value a renderer could get wrong."""

from __future__ import annotations

from decimal import Decimal

from finops.model.period import Period, parse_month
from finops.report import Cell, Report, ReportColumn, Row, Style

COLUMNS = (
    ReportColumn("workflow", "Workflow"),
    ReportColumn("cost", "Cost", Style.MONEY),
    ReportColumn("cost_per_1k_requests", "Cost per 1,000 requests", Style.UNIT_MONEY),
    ReportColumn("requests", "Requests", Style.COUNT),
    ReportColumn("error_rate", "Error rate", Style.RATIO),
    ReportColumn("latency_ms", "Latency", Style.MILLISECONDS, shown=False),
    ReportColumn("components", "Components", Style.MONEY, shown=False),
    ReportColumn("complete", "Complete"),
)


def row(name: str | None, cost: str | None, **cells: Cell) -> Row:
    """A row called `name` with every other cell at something plain."""
    plain: dict[str, Cell] = {
        "workflow": name,
        "cost": None if cost is None else Decimal(cost),
        "cost_per_1k_requests": Decimal("0.5"),
        "requests": 1,
        "error_rate": 0.0,
        "latency_ms": None,
        "components": None,
        "complete": True,
    }
    return {**plain, **cells}


ROWS = (
    row(
        "24 decimal places",
        "0.123456789012345678901234",
        cost_per_1k_requests=Decimal("0.000000000000000000000001"),
        error_rate=0.125,
        latency_ms={"p50": 12.5, "p95": 1234.5678, "p99": None},
        components={
            "tokens_input": Decimal("0.1"),
            "tokens_output": Decimal("0.023456789012345678901234"),
        },
    ),
    row(
        "14 integer digits",
        "99999999999999.999999999999999999999999",
        requests=9_223_372_036_854_775_807,
    ),
    row(
        "only zeros after the point",
        "1500000.000000000000000000000000",
        cost_per_1k_requests=Decimal("1234567.5"),
        components={
            "tokens_input": Decimal("1500000.000000000000000000000000"),
            "retried": Decimal("0E-24"),
        },
    ),
    row(
        "negative credit",
        "-2500.125",
        cost_per_1k_requests=Decimal("-0.0001234567"),
        error_rate=1.0,
    ),
    row("half to even down", "0.125"),
    row("half to even up", "0.135"),
    row("a negative that rounds to zero", "-0.000000000000000000000001"),
    row("an exponent", "6.123E-7", cost_per_1k_requests=Decimal("1E+3")),
    row(
        "not computed",
        None,
        cost_per_1k_requests=None,
        requests=None,
        error_rate=None,
        complete=False,
        latency_ms={"p50": None, "p95": None, "p99": None},
    ),
    row(
        "not a number",
        "1",
        error_rate=float("nan"),
        latency_ms={"p50": float("inf"), "p95": 1e-07, "p99": 0.0},
    ),
    row(None, "1", complete=None),
    row("", "1"),
    row("日本語のワークフロー", "1"),
    row("שלום and مرحبا", "1"),
    row("e\u0301 combining, 👩‍👩‍👧‍👦 family, 🇩🇪 flag", "1"),
    row("says \"quoted\", with commas; and 'single'", "1"),
    row("two\nlines\r\nand a\ttab", "1"),
    row("pipes | and `code` and *stars* and snake_case and _under_ <b>tag</b> \\", "1"),
    row("escape \x1b[31mred\x1b[0m, override \u202egnp.exe, bell \x07", "1"),
    row("a name as long as names of resources get " * 5 + "in the end", "1"),
    row('=HYPERLINK("http://evil","click")', "1"),
    row("@SUM(1+1)", "1"),
    row("+1 555 0100", "1"),
    row("-5", "1"),
    row("-", "1"),
)

FULL = Report(
    schema="finops.hard/1",
    title="Hard values",
    columns=COLUMNS,
    rows=ROWS,
    period=parse_month("2026-10"),
    currency="USD",
    totals={
        "cost": Decimal("100000001497521.385000000000000000000000"),
        "cost_per_1k_requests": Decimal("0.00012345"),
        "requests": 12_345_678_901,
        "error_rate": 0.0005,
        "latency_ms": {"p50": 1.0, "p95": 2.0, "p99": 3.0},
        "components": {"tokens_input": Decimal("1500000.1")},
    },
    notes=("The first note | with a pipe.", "A second one, " + "long enough to wrap " * 6),
    extras={
        "reconciliation": [{"scope": "a", "difference": Decimal("-0.000000000000000000000001")}],
        "basis": "billing",
    },
)
"""Every hard value, with totals, notes and extras."""

NO_ROWS = Report(
    schema="finops.hard/1",
    title="Nothing found",
    columns=COLUMNS,
    rows=(),
    period=Period(parse_month("2026-10").start, parse_month("2026-11").end),
    notes=("No cost rows match.",),
)
"""No rows, no totals, no currency."""
