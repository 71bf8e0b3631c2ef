"""A question as a value: what the shell prints and what the API is asked are made of the same."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.where import compile_where
from finops.errors import ConfigError, UsageError
from finops.ledger.engine import open_engine, query
from finops.model.period import Period, parse_month
from tui.actions import ACTIONS, MOVES, go_actions, key_text
from tui.call import Call
from tui.filters import equals, joined, typed
from tui.keymap import keymap
from tui.spans import Span, parse_span
from tui.state import State, next_grain
from tui.views import VIEWS
from tui.views.steps import deeper

OCTOBER = Span(parse_month("2026-10"))
TODAY = date(2026, 11, 20)


def test_a_call_is_a_command_line() -> None:
    call = Call.of(
        "costs", by=("day", "provider"), where="team = 'a b'", since="2026-10-01", everything=False
    )
    assert call.line(ledger="s3://x/y") == (
        "finops costs --by day,provider --where 'team = '\"'\"'a b'\"'\"'' --from 2026-10-01 "
        "--ledger s3://x/y"
    )


@pytest.mark.parametrize(
    "call",
    [
        Call.of("costs", by="pool", month="2026-10"),
        Call.of("owners check", everything=True),
        Call.of("explain", "capacity.idle_hours", where="pool = 'x y'", month="2026-10"),
        Call.of("compare", by=("workflow", "model"), items=True, where="a = '--b'"),
    ],
)
def test_a_printed_command_is_read_back(call: Call) -> None:
    assert Call.parsed(call.line()) == call


@given(st.text(min_size=1, max_size=20).filter(lambda text: "\x00" not in text))
def test_any_text_survives_the_way_to_the_shell_and_back(text: str) -> None:
    call = Call.of("unit", where=equals("workflow", text))
    assert Call.parsed(call.line()) == call


def test_a_column_named_like_a_word_of_sql_is_asked_for_in_quotes() -> None:
    """`from` and `to` of owners.csv, say; which words those are is the engine's to know."""
    with open_engine() as con:
        words = query(
            con,
            "select keyword_name from duckdb_keywords() where keyword_category = 'reserved'",
        )
    assert {"from", "to", "check", "table"} <= {word for (word,) in words}
    for (word,) in words:
        assert equals(word, "x") == f"\"{word}\" = 'x'"
        assert compile_where(equals(word, "x"), {word: "a"}).sql == "(a = 'x')"


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ("it's", "team = 'it''s'"),
        (None, "team is null"),
        (True, "team = true"),
        (3, "team = 3"),
    ],
)
def test_a_row_is_named_by_conditions(value: object, condition: str) -> None:
    assert equals("team", value) == condition  # type: ignore[arg-type]


def test_a_word_is_looked_for_and_an_expression_stands() -> None:
    assert typed(" rag ", "workflow") == "workflow ilike '%rag%'"
    assert typed("workflow = 'rag'", "workflow") == "workflow = 'rag'"
    assert joined(("a = 1 or b = 2", "c = 3")) == "(a = 1 or b = 2) and c = 3"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2026-10", "2026-10"),
        ("2m", "2026-09-01 to 2026-10-31"),
        ("7d", "2026-11-13 to 2026-11-19"),
        ("2026-10-03 2026-10-05", "2026-10-03 to 2026-10-04"),
        ("2026-10-03", "2026-10-03 to 2026-10-03"),
        ("everything", "everything"),
    ],
)
def test_a_period_as_people_type_it(text: str, label: str) -> None:
    assert parse_span(text, today=TODAY).label == label


def test_what_is_no_period_says_so() -> None:
    with pytest.raises(UsageError, match="is not a month"):
        parse_span("soon", today=TODAY)


def test_periods_move_by_their_own_length() -> None:
    quarter = Span(Period(date(2026, 1, 1), date(2026, 4, 1)))
    week = Span(Period(date(2026, 3, 2), date(2026, 3, 9)))
    assert quarter.earlier().label == "2025-10-01 to 2025-12-31"
    assert week.later().label == "2026-03-09 to 2026-03-15"
    assert Span().earlier() == Span()
    assert OCTOBER.later().options == {"month": "2026-11"}


def test_grains_run_from_the_whole_period_to_days() -> None:
    grains = ("month", "week", "day")
    assert next_grain(grains, None, finer=True) == "month"
    assert next_grain(grains, "day", finer=True) == "day"
    assert next_grain(grains, "month", finer=False) is None


def test_a_day_or_week_drilled_into_is_a_range_of_days() -> None:
    state = State(span=OCTOBER, by=("provider",), grain="week")
    place = deeper(state, {"week": "2026-10-05", "provider": None}, ("ServiceName",), "spend")
    assert place is not None
    assert place.state.where == ("day >= '2026-10-05'", "day < '2026-10-12'", "provider is null")
    assert place.state.split == ("ServiceName",)


@pytest.mark.parametrize(
    ("value", "condition"),
    [("it's", "Tags['cost''s team'] = 'it''s'"), (None, "Tags['cost''s team'] is null")],
)
def test_a_tag_is_drilled_into_by_its_key(value: str | None, condition: str) -> None:
    place = deeper(
        State(by=("tag:cost's team",)), {"tag:cost's team": value}, ("provider",), "spend"
    )
    assert place is not None
    assert place.state.where == (condition,)
    assert place.state.by == ("provider",)
    assert typed("sup", "tag:team") == "Tags['team'] ilike '%sup%'"


def test_every_key_is_for_one_thing() -> None:
    actions = (*ACTIONS, *go_actions(VIEWS), *MOVES)
    keys = [key for action in actions for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert len({action.id for action in actions}) == len(actions)
    assert key_text("left_square_bracket") == "["


def test_keys_can_be_others() -> None:
    assert keymap({"copy": "ctrl+y, ("}, ACTIONS) == {"copy": "ctrl+y,left_parenthesis"}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"expot": "w"}, "there is no action 'expot'"),
        ({"export": "s"}, "s is for both"),
        ({"export": " "}, "names no key"),
    ],
)
def test_a_wrong_key_is_said_with_the_way_out(keys: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        keymap(keys, ACTIONS)
    assert caught.value.hint


def test_every_view_says_what_it_is() -> None:
    names = [view.name for view in VIEWS]
    assert len(names) == len(set(names))
    for view in VIEWS:
        assert "?" in view.about
        assert view.call(view.start(OCTOBER)).line().startswith("finops ")
