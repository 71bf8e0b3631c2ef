"""Actions: a journal that is only added to, and what an action really saved by the number it names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.actions.effect import effect
from finops.analysis.actions.journal import (
    Action,
    Entry,
    Event,
    State,
    actions,
    append,
    next_id,
    read_journal,
)
from finops.analysis.derived.actions import actions_table
from finops.errors import InputError, UsageError
from finops.model.period import parse_month
from finops.report.actions import actions_report
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import MODEL, config, cost, make_ledger, request

if TYPE_CHECKING:
    from pathlib import Path

    from finops.ledger.store import Ledger

AT = datetime(2026, 9, 20, 12, tzinfo=UTC)
AUGUST, OCTOBER = parse_month("2026-08"), parse_month("2026-10")


def entry(number: str, event: Event = Event.ADDED, **given: object) -> Entry:
    return Entry(number, event, AT, "ines")._replace(**given)  # type: ignore[arg-type]


def done(**given: object) -> Action:
    """An action done on the 21st of September, of August's numbers, unless given."""
    action = Action(
        "A-1", "do it", State.DONE, AT.date(), month="2026-08", finished=date(2026, 9, 21)
    )
    return action._replace(**given)  # type: ignore[arg-type]


def test_two_who_add_at_once_get_two_ids(tmp_path: Path) -> None:
    file = tmp_path / "actions.jsonl"
    with ThreadPoolExecutor(8) as people:
        added = list(people.map(lambda n: append(file, entry("", title=f"t{n}")), range(40)))
    assert len({each.id for each in added}) == 40
    assert {each.id: each.title for each in actions(read_journal(file))} == {
        each.id: each.title for each in added
    }


def test_an_id_that_is_taken_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "actions.jsonl"
    append(file, entry("A-1", title="stop"))
    with pytest.raises(UsageError, match="already"):
        append(file, entry("A-1", title="another"))
    assert [each.title for each in actions(read_journal(file))] == ["stop"]


def test_what_is_refused_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "lists" / "actions.jsonl"
    with pytest.raises(UsageError, match="no action"):
        append(file, entry("A-1", Event.DONE))
    assert not file.parent.exists()


def test_what_is_written_is_read_and_never_changed(tmp_path: Path) -> None:
    file = tmp_path / "lists" / "actions.jsonl"
    append(
        file,
        entry(
            "A-1", title="stop", expected=Decimal("81.885170492000000001"), due=date(2026, 10, 1)
        ),
    )
    first = file.read_bytes()
    append(file, entry("A-1", Event.CHANGED, owner="tomas", due=date(2026, 11, 1)))
    append(file, entry("A-1", Event.DONE, on=date(2026, 10, 20), note="rolled back"))
    assert file.read_bytes().startswith(first)
    (action,) = actions(read_journal(file))
    assert (action.title, action.owner, action.due) == ("stop", "tomas", date(2026, 11, 1))
    assert action.expected == Decimal("81.885170492000000001")
    assert (action.state, action.finished) == (State.DONE, date(2026, 10, 20))
    assert [one.event for one in action.entries] == ["added", "changed", "done"]
    assert next_id(read_journal(file)) == "A-2"


def test_what_is_over_or_is_not_there_cannot_be_changed(tmp_path: Path) -> None:
    file = tmp_path / "actions.jsonl"
    append(file, entry("A-1", title="stop"))
    append(file, entry("A-1", Event.DROPPED))
    with pytest.raises(UsageError, match="A-1 is dropped since 2026-09-20"):
        append(file, entry("A-1", Event.DONE))
    with pytest.raises(UsageError, match="there is no action 'A-9'"):
        append(file, entry("A-9", Event.DONE))


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "actions.jsonl"
    append(file, entry("A-1", title="stop"))
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"id": "A-2", "event": "forgotten"}\nnot json\n')
    with pytest.raises(InputError) as raised:
        read_journal(file)
    assert [problem.row for problem in raised.value.problems] == [2, 3]


@given(
    st.lists(
        st.tuples(st.sampled_from(["A-1", "A-2"]), st.sampled_from(Event), st.dates()), max_size=12
    )
)
def test_every_entry_belongs_to_one_action(said: list[tuple[str, Event, date]]) -> None:
    entries = [entry(number, event, on=on) for number, event, on in said]
    found = actions(entries)
    assert sorted(one for action in found for one in action.entries) == sorted(entries)
    for action in found:
        ended = [one for one in action.entries if one.event in {Event.DONE, Event.DROPPED}]
        assert (action.state is State.OPEN) == (not ended)


def calls(month: str, number: int, tokens: int) -> list[dict[str, object]]:
    return [
        request(
            f"{month}-{i}", f"{month}-05T12:00:00", workflow="w", request_model=MODEL,
            uncached_input_tokens=tokens,
        )
        for i in range(number)
    ]  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two requests of 4.00 in August and three of 1.00 in October; a plan and a store that cost less."""
    plan = {"CommitmentDiscountId": "plan", "CommitmentDiscountStatus": "Unused"}
    costs = [
        cost("50", "2026-08-01", ServiceName="Compute", **plan),
        cost("20", "2026-10-01", ServiceName="Compute", **plan),
        cost("9", "2026-08-01", ServiceName="Store"),
        cost("7", "2026-10-01", ServiceName="Store"),
    ]
    requests = [*calls("2026-08", 2, 2_000_000), *calls("2026-10", 3, 500_000)]
    return make_ledger(tmp_path, costs=costs, requests=requests)


def test_a_workflow_saves_what_its_requests_cost_less(ledger: Ledger) -> None:
    found = effect(ledger, config(), done(evidence="cache/w"), OCTOBER)
    assert (found.saved, found.before, found.after) == (Decimal(9), Decimal(4000), Decimal(1000))
    assert found.number == "cost per 1,000 requests of w"


def test_a_commitment_and_a_condition_save_what_they_cost_less(ledger: Ledger) -> None:
    assert effect(ledger, config(), done(evidence="commitment/plan"), OCTOBER).saved == 30
    assert effect(ledger, config(), done(where="ServiceName = 'Store'"), OCTOBER).saved == 2


@pytest.mark.parametrize(
    "given",
    [
        {"evidence": "cache/w", "expected": Decimal(5)},
        {"evidence": "commitment/plan"},
        {"where": "ServiceName = 'Store'"},
        {"evidence": "cache/x"},
        {"state": State.OPEN, "finished": None},
    ],
)
def test_what_was_saved_is_derived(ledger: Ledger, given: dict[str, object]) -> None:
    """From the cost and the requests of a workflow, from two amounts, or with the reason why not."""
    action = done(currency="USD", **given)
    effects = {"A-1": effect(ledger, config(), action, OCTOBER)} if action.finished else {}
    report = actions_report([action], effects, OCTOBER, today=date(2026, 11, 2))
    assert check_table(actions_table([action], effects, OCTOBER), report) == 4


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"state": State.OPEN, "finished": None}, "it is open"),
        ({}, "it names neither evidence nor a condition whose cost tells"),
        ({"evidence": "cache/w", "month": None}, "it names no month its evidence is of"),
        (
            {"evidence": "cache/w", "finished": date(2026, 10, 2)},
            "the first whole month since it was done is 2026-11, which ends on 2026-11-30",
        ),
        ({"evidence": "cache/w", "month": "2026-10"}, "2026-10 is not before 2026-10"),
        ({"evidence": "failures/jobs on colo"}, "no number is known of failures/jobs on colo"),
        ({"evidence": "cache/x"}, "there is no cost per 1,000 requests of x in one of them"),
    ],
)
def test_what_cannot_be_told_says_why(ledger: Ledger, given: dict[str, object], why: str) -> None:
    found = effect(ledger, config(), done(**given), OCTOBER)
    assert (found.saved, found.why) == (None, why)


def test_what_is_open_comes_first_and_what_is_late_says_so(ledger: Ledger) -> None:
    late = done(
        id="A-2",
        state=State.OPEN,
        finished=None,
        due=date(2026, 10, 1),
        expected=Decimal(5),
        currency="USD",
    )
    over = done(evidence="commitment/plan", currency="USD")
    effects = {"A-1": effect(ledger, config(), over, OCTOBER)}
    report = actions_report([over, late], effects, OCTOBER, today=date(2026, 10, 2))
    assert [(row["id"], row["overdue"], row["saved"]) for row in report.rows] == [
        ("A-2", True, None),
        ("A-1", False, 30),
    ]
    assert (report.extras["expected_open"], report.extras["saved"]) == (5, 30)
