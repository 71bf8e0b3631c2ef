"""Rows in order, columns at their width: the pure part of the table."""

from __future__ import annotations

from decimal import Decimal

from rich.cells import cell_len

from finops.report.model import Report, ReportColumn, Style
from tui.frame import Frame, fitted, frame_of
from tui.state import Sort

COLUMNS = (
    ReportColumn("name", "Name"),
    ReportColumn("cost", "Cost", Style.MONEY),
    ReportColumn("hidden", "Hidden", Style.COUNT, shown=False),
)


def report_of(*rows: tuple[str | None, str | None, int]) -> Report:
    return Report(
        "finops.test/1",
        "Test",
        COLUMNS,
        tuple(
            {"name": name, "cost": None if cost is None else Decimal(cost), "hidden": count}
            for name, cost, count in rows
        ),
        totals={"name": None, "cost": Decimal("1234.5"), "hidden": 3},
    )


THREE = report_of(("b", "2", 1), ("a", None, 2), ("c", "10", 3))


def names(frame: Frame) -> list[str]:
    return [frame.texts(place)[0] for place in range(len(frame))]


def test_rows_stand_as_the_command_orders_them() -> None:
    assert names(frame_of(THREE)) == ["b", "a", "c"]


def test_numbers_sort_as_numbers_and_missing_ones_stand_last_either_way() -> None:
    assert names(frame_of(THREE, sort=Sort("cost"))) == ["c", "b", "a"]
    assert names(frame_of(THREE, sort=Sort("cost", descending=False))) == ["b", "c", "a"]


def test_equal_values_keep_their_order() -> None:
    rows = report_of(("b", "2", 1), ("a", "2", 2), ("c", "2", 3))
    assert names(frame_of(rows, sort=Sort("cost"))) == ["b", "a", "c"]


def test_a_column_that_is_gone_sorts_nothing() -> None:
    assert names(frame_of(THREE, sort=Sort("gone"))) == ["b", "a", "c"]


def test_columns_are_chosen_by_name_and_keep_their_order() -> None:
    frame = frame_of(THREE, columns=("hidden", "name"))
    assert [column.name for column in frame.columns] == ["name", "hidden"]
    assert frame.texts(0) == ("b", "1")


def test_widths_fit_the_widest_of_title_rows_and_total() -> None:
    frame = frame_of(report_of(("日本語", "1", 1)))
    assert frame.widths == (6, 8)
    assert frame.totals == ("Total", "1,234.50")


def test_a_text_is_padded_or_cut_in_terminal_cells() -> None:
    assert fitted("ab", 4, right=False) == "ab  "
    assert fitted("12", 4, right=True) == "  12"
    assert fitted("日本語", 5, right=False) == "日本…"
    assert cell_len(fitted("日本語", 4, right=False)) == 4
