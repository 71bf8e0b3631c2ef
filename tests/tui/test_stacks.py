"""What charts draw: heights by place, the small parts together, shades by share."""

from __future__ import annotations

from decimal import Decimal

from finops.report.model import Report, ReportColumn, Style
from tui.call import Call
from tui.stacks import shade_map, stacks
from tui.view import Chart

COLUMNS = (
    ReportColumn("day", "Day"),
    ReportColumn("part", "Part"),
    ReportColumn("cost", "Cost", Style.MONEY),
)


def report_of(*rows: tuple[str, str, Decimal | float | None]) -> Report:
    return Report(
        "finops.test/1",
        "Test",
        COLUMNS,
        tuple(dict(zip(("day", "part", "cost"), row, strict=True)) for row in rows),
    )


DAYS = report_of(
    ("2026-10-02", "a", Decimal(5)),
    ("2026-10-01", "a", Decimal(1)),
    ("2026-10-01", "b", Decimal(10)),
    ("2026-10-02", "c", Decimal("0.5")),
    ("2026-10-02", "d", None),
)


def test_the_largest_part_comes_first_and_a_day_without_it_is_empty() -> None:
    found = stacks(DAYS, "day", "cost", "part", most=4)
    assert found.places == ("2026-10-01", "2026-10-02")
    assert found.parts == (("b", (10.0, 0.0)), ("a", (1.0, 5.0)), ("c", (0.0, 0.5)))


def test_what_has_no_colour_of_its_own_is_drawn_together() -> None:
    found = stacks(DAYS, "day", "cost", "part", most=2)
    assert found.parts == (("b", (10.0, 0.0)), ("other", (1.0, 5.5)))


def test_without_parts_there_is_one_bar_a_day() -> None:
    assert stacks(DAYS, "day", "cost", None, most=6).parts == (("", (11.0, 5.5)),)


def test_a_block_is_as_full_as_the_share_and_what_was_not_seen_is_blank() -> None:
    report = report_of(
        ("2026-10-01", "n1", 0.0),
        ("2026-10-02", "n1", 0.3),
        ("2026-10-03", "n1", 1.0),
        ("2026-10-02", "n2", 0.74),
    )
    chart = Chart(Call.of("capacity"), "day", "cost", "part", shades=True)
    drawn = shade_map(report, chart, 40, ("red",) * 4).plain.splitlines()
    assert drawn == ["   01 02 03 ", "n1 ░░░▒▒▒███", "n2    ▓▓▓   "]
