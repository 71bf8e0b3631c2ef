"""Reading scores: what is taken, and every way a file can be wrong, by row, column and value."""

from __future__ import annotations

import pytest

from finops.analysis.route.scores import ScoreColumns, Scores, parse_scores
from finops.errors import InputError, UsageError

ALL = ScoreColumns("conf", "small", "large", "risk", "fast", "slow")


def read(text: str, columns: ScoreColumns = ScoreColumns("conf")) -> Scores:  # noqa: B008  (a constant)
    return parse_scores("s.csv", text.splitlines(keepends=True), columns)


def problems(text: str, columns: ScoreColumns = ScoreColumns("conf")) -> list[str]:  # noqa: B008  (the same)
    with pytest.raises(InputError) as caught:
        read(text, columns)
    return [str(problem) for problem in caught.value.problems]


def test_columns_are_found_by_name_in_any_order() -> None:
    text = (
        "slow,note,large,conf,risk,fast,small\n900,x,1,0.9,low,80,true\n1000,y,0.5,1,high,90.5,no\n"
    )
    assert read(text, ALL) == Scores(
        confidence=(0.9, 1.0),
        small_correct=(1.0, 0.0),
        large_correct=(1.0, 0.5),
        risk=("low", "high"),
        small_ms=(80.0, 90.5),
        large_ms=(900.0, 1000.0),
    )


def test_columns_not_asked_for_are_not_known() -> None:
    assert read("conf\n0.25\n") == Scores((0.25,))


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("1.01", "is outside 0 to 1"),
        ("-0.1", "is outside 0 to 1"),
        ("high", "not a number"),
        ("nan", "not a number"),
        ("inf", "not a number"),
        ("1_0", "not a number"),
    ],
)
def test_a_confidence_that_is_none_is_named(cell: str, why: str) -> None:
    assert problems(f"conf,x\n0.5,a\n{cell},b\n") == [f"s.csv row 2, conf = {cell!r}: {why}"]


def test_every_bad_cell_is_named() -> None:
    text = "conf,small,large,risk,fast,slow\n0.5,maybe,2,,-1,\n"
    assert problems(text, ALL) == [
        "s.csv row 1, small = 'maybe': not a number",
        "s.csv row 1, large = '2': is outside 0 to 1",
        "s.csv row 1, risk = '': is empty: a request without a risk class cannot be cleared",
        "s.csv row 1, fast = '-1': is below 0",
        "s.csv row 1, slow = '': is empty",
    ]


def test_an_empty_cell_of_an_only_column_is_not_a_blank_line() -> None:
    assert problems("conf\n0.5\n\n0.7\n") == ["s.csv row 2, conf = '': is empty"]


def test_blank_lines_between_rows_are_no_rows() -> None:
    assert problems("conf,x\n\n0.5,a\n\nx,b\n") == ["s.csv row 2, conf = 'x': not a number"]


def test_a_row_of_another_length_is_named() -> None:
    assert problems("conf,x\n0.5,a,b\n") == ["s.csv row 1: has 3 cells, the header has 2"]


def test_only_the_first_bad_cells_are_listed_but_all_are_counted() -> None:
    with pytest.raises(InputError, match="30 cells or rows cannot be used") as caught:
        read("conf,x\n" + "2,a\n" * 30)
    assert len(caught.value.problems) == 20


def test_a_missing_column_is_named_beside_those_there_are() -> None:
    with pytest.raises(InputError, match="no column 'small', 'large'") as caught:
        read("conf,b\n1,2\n", ScoreColumns("conf", "small", "large"))
    assert caught.value.hint == "its columns are conf, b"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("conf,x\n", "holds no rows"),
        ("conf,conf\n1,1\n", "names a column twice: conf"),
        ('conf,x\n0.5,"a\n', "row 1: unexpected end of data"),
    ],
)
def test_a_file_that_is_no_table_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read(text)


def test_one_column_cannot_be_two_things() -> None:
    with pytest.raises(UsageError, match="'conf' is named for two different things"):
        read("conf\n1\n", ScoreColumns("conf", "conf"))
