"""What vendors and engines counted, held against the logs, day by day: signs, projects, and what cannot be told."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.terms import Terms
from finops.analysis.vendor_counts import Compared, Counts, booked_counts, compare_counts
from finops.api.session import Session
from finops.config import Config
from finops.model.period import Period
from finops.model.tables import TABLES
from finops.report.vendor_counts import vendor_count_notes, vendor_count_rows
from tests.analysis.ledgers import add, at, make_ledger, request
from tests.analysis.test_closing import close

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 10, 5)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def count(model: str | None, when: str = "2026-10-05", **given: Any) -> dict[str, Any]:  # noqa: ANN401  (values of any column)
    """An hour that a vendor counted: 100 tokens read, 10 of them cached beside, 20 written, 2 requests."""
    row = {
        "timestamp": at(f"{when}T10:00:00"), "ends_at": at(f"{when}T11:00:00"), "day": date.fromisoformat(when),
        "operation": "chat", "provider": "openai", "response_model": model, "requests": 2,
        "uncached_input_tokens": 90, "cache_read_tokens": 10, "output_tokens": 20, "source_id": "vendor", **given,
    }  # fmt: skip
    return {name: row.get(name) for name in TABLES["usage"].names}


def logged(number: int, model: str = "m", **given: Any) -> dict[str, Any]:  # noqa: ANN401  (values of any column)
    return request(
        f"r{number}", provider="OpenAI", response_model=model, uncached_input_tokens=45, cache_read_tokens=5,
        output_tokens=10, **given,
    )  # fmt: skip


@pytest.fixture
def compare(tmp_path: Path) -> Any:  # noqa: ANN401  (a function of two lists)
    def run(
        usage: list[dict[str, Any]], requests: list[dict[str, Any]], period: Period | None = None
    ) -> tuple[Compared, ...]:
        ledger = make_ledger(tmp_path, requests=requests)
        add(ledger, "usage", usage)
        return compare_counts(ledger, Terms.of(Config()), period)

    return run


def test_a_day_is_counted_less_logged(compare: Any) -> None:  # noqa: ANN401
    (found,) = compare([count("m"), count("m")], [logged(n) for n in range(3)])
    assert found == Compared(
        "vendor", "openai", None, "m", DAY, Counts(4, 200, 40), Counts(3, 150, 30)
    )
    assert found.difference == Counts(1, 50, 10)
    assert vendor_count_notes([found]) == [
        "vendor counted 240 tokens of openai in 2026-10, the log shows 180: +60 (+25.0%), most of it m on 2026-10-05"
    ]


def test_what_the_log_shows_too_much_of_is_below_zero(compare: Any) -> None:  # noqa: ANN401
    (found,) = compare([count("m")], [logged(n) for n in range(3)])
    assert found.difference == Counts(-1, -50, -10)


def test_equal_counts_say_nothing(compare: Any) -> None:  # noqa: ANN401
    found = compare([count("m")], [logged(1), logged(2)])
    assert [each.difference for each in found] == [Counts(0, 0, 0)]
    assert vendor_count_notes(found) == []


def test_projects_meet_where_both_name_them(compare: Any) -> None:  # noqa: ANN401
    usage = [count("m", project="a"), count("m", project="b")]
    named = [logged(1, project="a"), logged(2, project="a")]
    assert [(each.project, each.difference.requests) for each in compare(usage, named)] == [
        ("a", 0),
        ("b", 2),
    ]


def test_a_row_without_a_project_puts_all_of_them_together(compare: Any) -> None:  # noqa: ANN401
    usage = [count("m", project="a"), count("m", project="b")]
    (found,) = compare(usage, [logged(1, project="a"), logged(2)])
    assert (found.project, found.difference.requests) == (None, 2)


def test_without_any_log_a_count_stands_alone(compare: Any) -> None:  # noqa: ANN401
    engine = {"provider": "self-hosted", "source_id": "cluster"}
    found = compare([count("llama", **engine)], [logged(1)])
    assert [(each.logged, each.difference) for each in found] == [(None, Counts(None, None, None))]
    assert vendor_count_notes(found) == [
        "cluster counted 120 tokens of self-hosted in 2026-10, and no log shows its requests: finops load requests"
    ]


def test_a_count_without_tokens_compares_requests_alone(compare: Any) -> None:  # noqa: ANN401
    silent = count("m", uncached_input_tokens=None, cache_read_tokens=None, output_tokens=None)
    (found,) = compare([silent], [logged(1)])
    assert found.difference == Counts(1, None, None)
    assert vendor_count_rows([found])[0]["difference"] == {
        "requests": 1,
        "input_tokens": None,
        "output_tokens": None,
    }


def test_only_the_period_is_compared_and_nobody_counting_is_nothing(compare: Any) -> None:  # noqa: ANN401
    usage = [count("m"), count("m", "2026-10-06"), count("m", "2026-10-07")]
    found = compare(usage, [logged(1)], Period(date(2026, 10, 6), date(2026, 10, 7)))
    assert [each.day for each in found] == [date(2026, 10, 6)]


def test_unit_tells_counts_beside_its_requests(tmp_path: Path) -> None:
    """2 requests of 50 in and 10 out are logged and 200 + 40 counted; llama is in no log, and counts for nothing."""
    engine = {"provider": "self-hosted", "source_id": "cluster"}
    ledger = make_ledger(tmp_path, requests=[logged(1), logged(2)])
    add(ledger, "usage", [count("m"), count("m", "2026-10-06"), count("llama", **engine)])
    session = Session(ledger, Config())
    asked = session.unit("model", month="2026-10")
    assert [(row["model"], row["requests"]) for row in asked.report.rows] == [("m", 2)]
    assert (asked.report.totals or {})["requests"] == 2
    told = [
        "cluster counted 120 tokens of self-hosted in 2026-10, and no log shows its requests: finops load requests",
        "vendor counted 240 tokens of openai in 2026-10, the log shows 120: +120 (+50.0%), most of it m on 2026-10-06",
    ]
    assert [note for note in asked.report.notes if " counted " in note] == told
    usage: Any = asked.report.extras["usage"]
    assert [(row["model"], row["day"], row["logged"]) for row in usage] == [
        ("llama", "2026-10-05", None),
        ("m", "2026-10-05", {"requests": 2, "input_tokens": 100, "output_tokens": 20}),
        ("m", "2026-10-06", {"requests": 0, "input_tokens": 0, "output_tokens": 0}),
    ]
    with session.settle(month="2026-10") as settled:
        assert settled.unit("model").report == asked.report


def test_a_closed_month_keeps_what_was_counted(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[logged(1)])
    add(ledger, "usage", [count("m")])
    before = booked_counts(ledger, Config(), OCTOBER)
    assert [each.difference for each in before] == [Counts(1, 50, 10)]
    close(ledger, Config())
    add(ledger, "requests", [logged(2)])
    add(ledger, "usage", [count("m", "2026-10-06"), count("m", "2026-11-02")])
    assert booked_counts(ledger, Config(), OCTOBER) == before
    found = booked_counts(ledger, Config(), Period(date(2026, 10, 1), date(2026, 12, 1)))
    assert [each.day.isoformat() for each in found] == ["2026-10-05", "2026-11-02"]
