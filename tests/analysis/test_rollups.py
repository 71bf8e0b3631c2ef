"""Roll-ups: read instead of the requests, made again when the requests change, never wrong."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from finops.analysis import rollups
from finops.analysis.terms import Terms
from finops.model.period import Period
from finops.prices.book import Book
from tests.analysis.ledgers import add, ask, config, costs_by, make_ledger, request, tokens
from tests.analysis.reference import nearest_rank

if TYPE_CHECKING:
    from pathlib import Path

    from tests.analysis.ledgers import Row


def some_requests() -> list[Row]:
    return [
        request(
            f"r{day}-{hour}",
            f"2026-10-{day:02}T{hour:02}:30:00",
            workflow=("rag", "chat")[hour % 2],
            agent=None,
            workflow_run_id=f"run-{day}",
            uncached_input_tokens=1000 * hour,
            output_tokens=day,
            latency_ms=10.0 * hour,
        )
        for day in range(1, 5)
        for hour in range(1, 5)
    ]


@pytest.mark.parametrize(
    ("by", "where"),
    [
        (("workflow",), None),
        (("model", "day"), "workflow = 'rag'"),
        (("workflow",), "model = 'model-a' and source = 'log'"),
        (("week",), None),
        ((), None),
    ],
)
def test_a_rolled_up_month_reads_no_request(
    tmp_path: Path, by: tuple[str, ...], where: str | None
) -> None:
    """With rubbish for rows (but the footers, which tell the columns) the answer is the same."""
    ledger = make_ledger(tmp_path, costs=[tokens("1", "output", 100)], requests=some_requests())
    before = ask(ledger, None, *by, where=where)
    assert before.total.counts["requests"] in {16, 8}
    for file in ledger.files("requests"):
        path = tmp_path / "requests" / file.key
        content = path.read_bytes()
        footer = int.from_bytes(content[-8:-4], "little") + 8
        path.write_bytes(b"PAR1" + b"\xff" * (len(content) - footer - 4) + content[-footer:])
    after = ask(ledger, None, *by, where=where)
    assert after.total == before.total
    assert {g.keys: g for g in after.groups} == {g.keys: g for g in before.groups}
    with pytest.raises(Exception, match=r"."):
        ask(ledger, None, *by, where=where, use_rollups=False)


def made(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*.parquet")}


def test_only_days_beside_a_change_are_made_again(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=some_requests())
    ask(ledger)
    folder = tmp_path / "_rollups"
    before = made(folder)
    assert len(before) == 4 * len(rollups.KINDS)
    add(ledger, "requests", [request("late", "2026-10-01T09:00:00", output_tokens=1)])
    ask(ledger)
    new = made(folder) - before
    assert {name.split("/")[0] for name in new} == {"day=2026-10-01", "day=2026-10-02"}


def test_refreshing_after_a_load_leaves_nothing_to_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = make_ledger(tmp_path, requests=some_requests())
    settings = config()
    rollups.refresh(ledger, Terms.of(settings), [date(2026, 10, day) for day in range(1, 5)])
    assert len(made(tmp_path / "_rollups")) == 16

    def never(*_: object) -> None:
        pytest.fail("a roll-up was made again")

    monkeypatch.setattr(rollups, "_make_tables", never)
    assert ask(ledger, settings).total.counts["requests"] == 16


def test_other_prices_make_other_roll_ups_and_other_costs(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("r1", output_tokens=1_000_000)])
    dearer = [{"provider": "fakeai", "model": "model-a", "input": "1", "output": "30"}]
    assert costs_by(ask(ledger, None, "workflow")) == {None: Decimal(10)}
    assert costs_by(ask(ledger, config(prices=dearer), "workflow")) == {None: Decimal(30)}
    assert costs_by(ask(ledger, None, "workflow")) == {None: Decimal(10)}


@pytest.mark.parametrize("use_rollups", [True, False])
def test_sizes_and_hours_with_their_own_price_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, use_rollups: bool
) -> None:
    """Twice the price from 200,000 input tokens on, half of it from 16:30: four requests, four prices.

    All in one day, hour grain or not, so only cells that keep the sides apart can price them.
    """
    cards = Book.cards

    def tiered(self: Book, keys: object) -> list[object]:
        found = []
        for card in cards(self, keys):  # type: ignore[arg-type]
            for lowest, highest, times in ((0, 200_000, 2), (200_000, None, 4)):
                for start, end, halves in ((0, 990, 1), (990, 1440, 2)):
                    rates = tuple(rate * times / 2 / halves for rate in card.rates or ())
                    found.append(
                        card._replace(
                            context_from=lowest,
                            context_to=highest,
                            minute_from=start,
                            minute_to=end,
                            rates=rates,
                        )
                    )
        return found  # type: ignore[return-value]

    monkeypatch.setattr(Book, "cards", tiered)
    ledger = make_ledger(
        tmp_path,
        requests=[
            request("a", "2026-10-05T16:29:59", trace_id="a", uncached_input_tokens=199_999),
            request("b", "2026-10-05T16:29:59", trace_id="b", uncached_input_tokens=200_000),
            request("c", "2026-10-05T16:30:00", trace_id="c", uncached_input_tokens=199_999),
            request("d", "2026-10-05T16:30:00", trace_id="d", cache_read_tokens=200_000),
        ],
    )
    total = ask(ledger, use_rollups=use_rollups).total.components
    assert total["tokens_input"] == Decimal("1.399997")  # 0.399998 + 0.8 + 0.199999
    assert total["tokens_cached"] == Decimal("0.1")  # 0.5 x 2 / 2 per million
    by_request = costs_by(ask(ledger, None, "trace_id", use_rollups=use_rollups))
    assert by_request == {
        "a": Decimal("0.399998"),
        "b": Decimal("0.8"),
        "c": Decimal("0.199999"),
        "d": Decimal("0.1"),
    }


@pytest.mark.parametrize("seed", range(3))
def test_percentiles_are_within_a_hundredth_of_the_nearest_rank(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    times = [dice.lognormvariate(5, 2) for _ in range(dice.choice((1, 19, 100, 333)))]
    ledger = make_ledger(
        tmp_path,
        requests=[
            request(f"r{i}", f"2026-10-{1 + i % 3:02}T00:00:00", latency_ms=value, ttft_ms=0.0)
            for i, value in enumerate(times)
        ],
    )
    for period in (Period(date(2026, 10, 1), date(2026, 11, 1)), None):
        found = ask(ledger, period=period).total.quantiles
        assert found["ttft_ms"] == {"p50": 0.0, "p95": 0.0, "p99": 0.0}
        for name, share in (("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99")):
            exact = nearest_rank(sorted(times), Fraction(share))
            assert found["latency_ms"][name] == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("value", [5e-324, 1e-300, 1e300])
def test_a_time_no_clock_measures_spoils_no_report(tmp_path: Path, value: float) -> None:
    log = [request(f"r{i}", latency_ms=100.0) for i in range(3)]
    ledger = make_ledger(tmp_path, requests=[*log, request("odd", latency_ms=value)])
    assert ask(ledger).total.quantiles["latency_ms"]["p50"] == pytest.approx(100, rel=0.01)
