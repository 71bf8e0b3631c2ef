"""Which ledger and which period, from what was said and what there is."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from finops.cli.options import (
    ledger_location,
    newest_complete,
    open_ledger,
    resolve_period,
)
from finops.config import Config, default_ledger
from finops.errors import LedgerMissing, UsageError
from finops.model.period import Period, parse_month

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_flag_wins_over_the_configuration_over_the_data_folder() -> None:
    config = Config(ledger="s3://configured/ledger")
    assert ledger_location("flag", config) == "flag"
    assert ledger_location(None, config) == "s3://configured/ledger"
    assert ledger_location(None, Config()) == default_ledger()


@pytest.mark.parametrize(
    ("months", "today", "chosen", "noted"),
    [
        (("2026-10", "2026-09", "2026-11"), date(2026, 11, 20), "2026-10", False),
        (("2026-10",), date(2026, 11, 1), "2026-10", False),
        (("2026-10",), date(2026, 10, 31), "2026-10", True),
        (("2026-12", "2026-11"), date(2026, 11, 20), "2026-12", True),
    ],
)
def test_the_newest_month_that_is_over(
    months: tuple[str, ...], today: date, chosen: str, *, noted: bool
) -> None:
    choice = newest_complete(months, today)
    assert choice.period == parse_month(chosen)
    assert bool(choice.notes) is noted


def test_periods_of_a_ledger(ledger_of: Callable[..., str]) -> None:
    store = open_ledger(ledger_of([{}, {"x_BillingMonth": "2026-10"}]))
    today = date(2026, 10, 15)
    assert resolve_period(store, today=today).period == parse_month("2026-09")
    assert resolve_period(store, month="2026-10", today=today).period == parse_month("2026-10")
    assert resolve_period(store, everything=True, today=today).period is None
    assert resolve_period(store, last="3d", today=today).period == Period(
        date(2026, 10, 12), date(2026, 10, 15)
    )
    with pytest.raises(UsageError, match="exclude each other"):
        resolve_period(store, month="2026-10", everything=True, today=today)


def test_an_empty_ledger_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing) as raised:
        open_ledger(str(tmp_path / "none"))
    assert "finops load" in (raised.value.hint or "")
    store = open_ledger(str(tmp_path / "new"), create=True)
    with pytest.raises(LedgerMissing, match="holds nothing yet"):
        resolve_period(store)
