"""Claims held against what was measured, and vendors ranked: by hand, and whatever the weights."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.errors import ConfigError
from finops.ledger.engine import query
from finops.report.vendor import contradictions_report
from scorecard.answers import Answer, Answers, Document, Says, Subject
from scorecard.cards import Card, Said, make_cards, mark, rank, turning_weights
from scorecard.catalog import SubjectKind, load_catalog
from scorecard.claimed import claims_table
from scorecard.held import hold
from scorecard.questions import answers_to_questions
from scorecard.scoring import CategoryScore, RequirementResult, Score, Status
from scorecard.telemetry import METRICS, Filters, measure, read_filters, rows_behind
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import OCTOBER, cost, make_ledger, request, sample, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from finops.ledger.store import Ledger

CATALOG = load_catalog()
FILTERS = Filters(
    {
        "requests": "provider = 'fakeai'",
        "costs": "ServiceProviderName = 'fakeai'",
        "gpu_samples": "cluster = 'acme'",
    },
    Decimal(4),
)
SPOKEN: dict[str, Any] = {"operation": "chat", "output_tokens": 100, "region": "eu-west-1"}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A hundred calls of 10 to 1,000 ms, a few that failed, hours and tokens billed, two throttled devices."""
    calls = [request(f"r{n}", latency_ms=n * 10, ttft_ms=n, **SPOKEN) for n in range(1, 101)]
    failed = [
        request("t1", status="timeout"),
        request("e1", status="error", error_type="server_error"),
        request("e2", status="error", error_type="rate_limit_exceeded"),
        request("c1", status="cancelled"),
        request("o1", provider="other", latency_ms=10**6),
        request("x1", latency_ms=10, ttft_ms=1, **{**SPOKEN, "region": "us-east-1"}),
    ]
    bills = [
        cost("36", PricingUnit="Hours", PricingQuantity=Decimal(12)),
        tokens("3", "uncached_input", 1_000_000, end="2026-10-02", SubAccountId="p"),
        tokens("15", "output", 1_000_000),
    ]
    devices = [
        sample("a", "2026-10-05T00:00:00", cluster="acme", throttle_s=36),
        sample("b", "2026-10-05T00:00:00", cluster="acme", throttle_s=0),
        sample("c", "2026-10-05T00:00:00", cluster="other", throttle_s=3600),
    ]
    return make_ledger(
        tmp_path / "ledger", requests=[*calls, *failed], costs=bills, samples=devices
    )


def test_every_metric_by_hand(ledger: Ledger) -> None:
    found = measure(ledger, FILTERS, OCTOBER)
    assert set(found) == set(METRICS)
    values = {name: one.value for name, one in found.items() if one.value is not None}
    assert values == {
        "latency_p95_ms": 950,
        "latency_p99_ms": 990,
        "ttft_p95_ms": 95,
        "tokens_per_second": Decimal("222.222222"),
        "availability_percent": Decimal("98.076923"),
        "regions": 2,
        "price_gpu_hour": Decimal("0.75"),
        "price_million_input": 3,
        "price_million_output": 15,
        "invoice_agreement": Decimal("5.555556"),
        "throttle_percent": Decimal("0.5"),
    }
    assert found["regions"].found == ("eu-west-1", "us-east-1")
    assert found["price_gpu_hour"].currency == "USD"
    assert found["lost_percent"].reason == "telemetry.yaml does not say which jobs are the vendor's"
    assert found["latency_p95_ms"].rows == 101
    assert found["latency_p95_ms"].day == date(2026, 10, 5)


def test_the_query_gives_the_number_again_and_the_rows_show_it(ledger: Ledger) -> None:
    found = measure(ledger, FILTERS, OCTOBER)["latency_p95_ms"]
    with ledger.connect(["requests"]) as con:
        assert query(con, found.query)[0][0] == 950
        rows = query(con, rows_behind("latency_p95_ms", FILTERS, OCTOBER, Decimal(900)))
    assert [row[5] for row in rows] == [910, 920, 930, 940, 950, 960, 970, 980, 990, 1000]


def test_another_month_has_nothing(ledger: Ledger) -> None:
    from finops.model.period import parse_month

    found = measure(ledger, FILTERS, parse_month("2026-09"))["latency_p95_ms"]
    assert found.value is None
    assert (found.reason, found.command) == (
        "the ledger has no such requests in 2026-09",
        "finops load requests FILE",
    )


def said(**responses: Any) -> Answers:  # noqa: ANN401
    given = {
        name: Decimal(value)
        if isinstance(value, int | float) and not isinstance(value, bool)
        else value
        for name, value in responses.items()
    }
    vendor = Subject(SubjectKind.VENDOR, "acme")
    return answers_to_questions(
        CATALOG, Answers(vendor, {}, (), given), owner="jo", on=date(2026, 10, 1)
    )


def test_claims_are_held_each_in_its_own_direction(ledger: Ledger) -> None:
    answers = said(
        latency_promised=True, latency_p95_ms=900, latency_p99_ms=500, tokens_per_second=300,
        availability_percent=99, data_regions="eu-west-1 only", invoice_itemized=True, price_gpu_hour=0.75,
        throttle_percent=1,
    )  # fmt: skip
    held, evidence = hold(CATALOG, answers, measure(ledger, FILTERS, OCTOBER), FILTERS, OCTOBER)
    (card,) = make_cards(
        CATALOG, [Said("acme", answers, FILTERS, measure(ledger, FILTERS, OCTOBER))], period=OCTOBER
    )
    assert check_table(claims_table([card]), contradictions_report([card])) == 2 * len(held)
    verdicts = {one.field: (one.holds, one.off) for one in held}
    assert verdicts == {
        "latency_p95_ms": (False, Decimal("0.055555555555555555555556")),
        "latency_p99_ms": (False, Decimal("0.98")),
        "tokens_per_second": (False, Decimal("0.25925926")),
        "availability_percent": (False, Decimal("0.009324010101010101010101")),
        "data_regions": (False, None),
        "invoice_itemized": (False, Decimal("0.94444444")),
        "price_gpu_hour": (True, Decimal(0)),
        "throttle_percent": (True, Decimal(0)),
    }
    sentences = [one.sentence for one in held if one.field == "latency_p95_ms"]
    assert sentences == ["Promised p95: says 900 ms, measured 950.0 ms over 101 rows, 5.6 % worse"]
    assert {str(piece.outcome) for piece in evidence if piece.check == "vendor_targets"} == {
        "false"
    }


def test_a_small_miss_is_no_contradiction(ledger: Ledger) -> None:
    measured = measure(ledger, FILTERS, OCTOBER)
    for claim, holds in ((905, True), (904, False)):
        answers = said(latency_promised=True, latency_p95_ms=claim, latency_p99_ms=5000)
        held, _ = hold(CATALOG, answers, measured, FILTERS, OCTOBER)
        assert {one.field: one.holds for one in held}["latency_p95_ms"] is holds


def test_a_good_measurement_does_not_stand_for_other_answers(ledger: Ledger) -> None:
    measured = measure(ledger, FILTERS, OCTOBER)
    whole = said(latency_promised=True, latency_p95_ms=1000, latency_p99_ms=1000)
    half = said(latency_promised=True, latency_p95_ms=1000)
    for answers, checks in ((whole, {"vendor_targets"}), (half, set())):
        _, evidence = hold(CATALOG, answers, measured, FILTERS, OCTOBER)
        assert {piece.check for piece in evidence} == checks


def test_a_card_is_scored_by_what_was_measured(ledger: Ledger) -> None:
    measured = measure(ledger, FILTERS, OCTOBER)
    split = Answer(
        "vendor_split", Says.YES, "jo", date(2026, 10, 1), "", (Document("a", "ab" * 32),)
    )
    levels = {}
    for claim in (1000, 500):
        answers = said(latency_promised=True, latency_p95_ms=claim, latency_p99_ms=1000).having(
            split
        )
        (card,) = make_cards(CATALOG, [Said("acme", answers, FILTERS, measured)], period=OCTOBER)
        category = card.score.category("workload_clarity")
        levels[claim] = (category.verified, mark(category), len(card.contradictions))
        assert card.score.as_of == date(2026, 10, 6)
    assert levels == {1000: (2, "M", 0), 500: (1, "M", 1)}


def test_filters_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.yaml"
    assert read_filters(path) is None
    path.write_text("requests: provider = 'a'\ngpus_per_unit: 8\n", encoding="utf-8")
    found = read_filters(path)
    assert found == Filters({"requests": "(provider = 'a')"}, Decimal(8))
    for text, why in (
        ("nonsense: 1", "has filters for"),
        ("requests: provder = 'a'", "there is no column 'provder'"),
        ("requests: 1 = 1; drop table x", "more than a filter|cannot read"),
        ("gpus_per_unit: 0", "a number above 0"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=why):
            read_filters(path)


# --- ranking -------------------------------------------------------------------------------------

NAMES = tuple(category.id for category in CATALOG.categories)
EVEN = dict.fromkeys(NAMES, Fraction(1))


def card(name: str, levels: list[int | None], veto: Status = Status.UNKNOWN) -> Card:
    categories = tuple(
        CategoryScore(each, level, level, (), "", None)
        for each, level in zip(NAMES, levels, strict=True)
    )
    requirement = RequirementResult("S1", "sovereignty", veto, "local", ())
    score = Score(
        Subject(SubjectKind.VENDOR, name), date(2026, 11, 1), "c", "", Fraction(0), Fraction(0), 16,
        Fraction(0), False, (), categories, (requirement,), (),
    )  # fmt: skip
    return Card(name, score, (), {})


def test_the_worthiest_comes_first_and_a_veto_last() -> None:
    good, bad = card("good", [2] * 8, Status.FAIL), card("bad", [1] * 8)
    assert [one.card.name for one in rank([good, bad], EVEN)] == ["bad", "good"]
    lifted = rank([good, bad], EVEN, sovereign=False)
    assert [(one.card.name, one.worth, one.place) for one in lifted] == [
        ("good", 1, 1),
        ("bad", Fraction(1, 2), 2),
    ]


def test_equals_share_a_place() -> None:
    ranked = rank([card("b", [1] * 8), card("a", [1] * 8), card("c", [0] * 8)], EVEN)
    assert [(one.card.name, one.place) for one in ranked] == [("a", 1), ("b", 1), ("c", 3)]


def test_what_does_not_apply_leaves_both_sums() -> None:
    (ranked,) = rank([card("a", [2, None, None, None, None, None, None, 1])], EVEN)
    assert ranked.worth == Fraction(3, 4)


def test_the_weight_that_turns_it() -> None:
    first, second = (
        card("first", [2, 1, 1, 0, 0, 0, 0, 0]),
        card("second", [0, 2, 1, 0, 0, 0, 0, 0]),
    )
    turns = turning_weights([first, second], EVEN)
    assert [(one.category, one.first, round(float(one.at), 6)) for one in turns] == [
        (NAMES[0], "second", 0.5),
        (NAMES[1], "second", 2.0),
    ]


LEVELS = st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=8, max_size=8)
WEIGHTS = st.lists(st.integers(0, 5), min_size=8, max_size=8).filter(any)


@given(st.lists(LEVELS, min_size=2, max_size=4), WEIGHTS)
def test_a_turn_is_where_the_first_changes(
    levels: list[list[int | None]], given: list[int]
) -> None:
    cards = [card(f"v{n}", each) for n, each in enumerate(levels)]
    weights = {name: Fraction(weight) for name, weight in zip(NAMES, given, strict=True)}

    def firsts(changed: dict[str, Fraction]) -> set[str]:
        return {one.card.name for one in rank(cards, changed) if one.place == 1}

    now = firsts(weights)
    for turn in turning_weights(cards, weights):
        assert turn.first in firsts({**weights, turn.category: turn.at})
        assert not now & firsts({**weights, turn.category: turn.at})
