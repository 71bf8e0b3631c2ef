"""What the scorecard says of doubled traffic where there is capacity, and of months whose books are closed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.closing import Decision, close_month
from finops.analysis.completeness import completeness
from finops.model.period import parse_month
from scorecard.answers import Subject
from scorecard.catalog import load_catalog
from scorecard.evidence import Outcome
from scorecard.run import collect
from tests.analysis.ledgers import add, config, cost, make_ledger, request
from tests.analysis.test_capacity import GPUS, hours_of, instance, served

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger
    from scorecard.evidence import Evidence

CATALOG = load_catalog()
AS_OF = date(2026, 11, 1)
METERED = request("m", "2026-10-31T12:00:00", workflow="chat", output_tokens=100_000)


def asked(ledger: Ledger, settings: Config, as_of: date = AS_OF) -> dict[str, Evidence]:
    """What `marginal_known` and its like say; only checks of the cost model are asked."""
    cost_model = next(each for each in CATALOG.categories if each.id == "cost_model")
    wanted = CATALOG.model_copy(update={"categories": (cost_model,), "requirements": ()})
    found = collect(wanted, Subject(), ledger, settings, as_of=as_of)
    return {piece.check: piece for piece in found}


def serving(folder: Path, activity: float, *, watched: bool = True) -> Ledger:
    """Two devices for ten hours, one of them busy `activity` of the last one, and a dollar of tokens."""
    samples = [
        *hours_of("a", 0, 9, workload="chat", gr_engine_active=activity / 2),
        *hours_of("a", 9, 1, workload="chat", gr_engine_active=activity),
        *hours_of("b", 0, 10),
    ]
    return make_ledger(
        folder,
        costs=[instance("201.6", 10)],
        requests=[served("r", workflow="rag", output_tokens=300), METERED],
        samples=samples if watched else [],
    )


# Ten held hours at 10.08 and a dollar of tokens cost 101.80; one more device 7,499.52.
@pytest.mark.parametrize(
    ("activity", "factor", "words"),
    [
        (0.6, "0.01", "gpus fits (60% of 80% assumed busy)"),
        (1.0, "73.679", "gpus: buy 1 for 7,499.52 USD a month (2026-10-01 09h is full)"),
    ],
)
def test_where_devices_are_watched_the_next_step_is_known(
    tmp_path: Path, activity: float, factor: str, words: str
) -> None:
    found = asked(serving(tmp_path, activity), config(GPUS))["marginal_known"]
    assert found.outcome is Outcome.TRUE, found.reason
    assert words in found.reason
    assert found.value is not None
    assert found.value == Decimal(factor)
    assert found.source == "finops marginal --month 2026-10"


def test_where_nobody_watches_it_is_not_available_and_says_why(tmp_path: Path) -> None:
    found = asked(serving(tmp_path, 0.6, watched=False), config(GPUS))["marginal_known"]
    assert found.outcome is Outcome.NOT_AVAILABLE
    assert found.reason == "headroom of gpus is not known: 201.60 USD of it was not watched"
    assert found.command
    units: dict[str, Any] = {"name": "ptu", "kind": "provisioned", "where": "ServiceName = 'PTU'"}
    ledger = make_ledger(
        tmp_path / "ptu",
        requests=[served("r", pool="ptu", workflow="rag", output_tokens=1), METERED],
        costs=[cost("5", "2026-10-01", "2026-11-01", ServiceName="PTU")],
    )
    told = asked(ledger, config(units))["marginal_known"]
    assert told.outcome is Outcome.NOT_AVAILABLE
    assert told.reason == "headroom of ptu is not known without tokens_per_unit_minute"


def test_a_closed_month_answers_from_its_books(tmp_path: Path) -> None:
    """What is loaded into a closed month afterwards moves no answer of the scorecard about it."""
    settings = config()
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[cost("9", "2026-10-01", "2026-11-01", ServiceName="Storage")],
        requests=[request("a", "2026-10-31T12:00:00", team="search", output_tokens=10)],
    )
    october = completeness(ledger, settings, parse_month("2026-10"), date(2026, 12, 20))
    decision = Decision("ann@host", datetime(2026, 12, 20, tzinfo=UTC), "a test")

    def said() -> dict[str, Evidence]:
        found = collect(CATALOG, Subject(), ledger, settings, as_of=AS_OF)
        return {piece.check: piece for piece in found}

    before = said()
    close_month(ledger, settings, october, decision)
    assert said() == before
    late = [request(f"z{n}", "2026-10-31T13:00:00", team=None, output_tokens=10) for n in range(9)]
    add(ledger, "requests", late)
    assert said() == before
    assert before["service_owners"].value == 1
