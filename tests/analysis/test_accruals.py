"""What is accrued and what is not, when an accrual is met, and what a month that is loaded again changes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.accruals import accruals
from finops.analysis.adjustments import adjustments
from finops.analysis.books import books
from finops.ledger.snapshots import closed_months
from tests.analysis.ledgers import (
    OCTOBER,
    add,
    config,
    cost,
    make_ledger,
    request,
    sample,
    tokens,
)
from tests.analysis.test_close_books import METERED, NOVEMBER, close, effective

if TYPE_CHECKING:
    from pathlib import Path


def test_the_newest_bill_says_the_rate_of_an_accrual(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            tokens("30", "output", 10, "2026-08-01", "2026-09-01"),
            tokens("20", "output", 10, "2026-09-01", "2026-10-01"),
        ],
        requests=[request("r1", output_tokens=30)],
    )
    (part,) = books(ledger, config(METERED), OCTOBER)
    assert [(a.rate, a.source) for a in accruals(part)] == [(Decimal(2), "billed rate of 2026-09")]


@pytest.mark.parametrize(
    ("month", "after", "wanted"),
    [
        ("2025-10", "2025-11", [("output", "60", "2025-10"), ("device time", "4", "2025-10")]),
        ("2025-09", "2025-10", [("output", "0.0003", "list price"), ("device time", None, "no")]),
    ],
)
def test_a_rate_of_the_same_month_a_year_ago_is_not_too_old_and_an_older_one_is(
    tmp_path: Path, month: str, after: str, wanted: list[tuple[str, str | None, str]]
) -> None:
    """30 tokens billed at 2 each, or listed at 10 a million; one hour of a device billed at 4."""
    rented = {"name": "h100", "kind": "gpu", "where": "ServiceName = 'GPU'", "gpus_per_unit": 8}
    hours: dict[str, Any] = {"ConsumedQuantity": "10", "ConsumedUnit": "Hours"}
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            tokens("20", "output", 10, f"{month}-01", f"{after}-01"),
            cost("320", f"{month}-03", ServiceName="GPU", **hours),
        ],
        requests=[request("r1", output_tokens=30)],
        samples=[sample("gpu-1", "2026-10-05T01:00:00", pool="h100")],
    )
    (part,) = books(ledger, config(METERED, rented), OCTOBER)
    found = [(a.kind, a.amount, a.source) for a in accruals(part)]
    assert len(found) == len(wanted)
    for (kind, amount, source), (name, money, words) in zip(found, wanted, strict=True):
        assert (kind, amount) == (name, None if money is None else Decimal(money))
        assert words in source


def test_device_time_that_is_billed_is_not_accrued(tmp_path: Path) -> None:
    rented = {"name": "h100", "kind": "gpu", "where": "ServiceName = 'GPU'", "gpus_per_unit": 8}
    hours: dict[str, Any] = {
        "ServiceName": "GPU",
        "ConsumedQuantity": "10",
        "ConsumedUnit": "Hours",
    }
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[cost("320", "2026-09-03", **hours), cost("80", "2026-10-05", **hours)],
        samples=[sample("gpu-1", "2026-10-05T01:00:00", pool="h100")],
    )
    (part,) = books(ledger, config(rented), OCTOBER)
    assert accruals(part) == ()


def test_an_accrual_stands_until_its_last_day_is_billed(tmp_path: Path) -> None:
    """Used on the 5th and the 20th: an invoice of the first ten days does not meet it, one of all October does."""
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[tokens("20", "output", 10, "2026-09-01", "2026-10-01")],
        requests=[
            request("r1", output_tokens=10),
            request("r2", "2026-10-20T12:00:00", output_tokens=20),
        ],
    )
    settings = config(METERED)
    close(ledger, settings, accrue=True)
    early = tokens("21", "output", 10, "2026-10-01", "2026-10-11")
    add(ledger, "costs", [early])
    assert effective(ledger, settings, NOVEMBER) == {"USD": Decimal(21)}
    add(ledger, "costs", [early, tokens("40", "output", 20, "2026-10-11")])
    assert effective(ledger, settings, NOVEMBER) == {"USD": Decimal(21 + 40 - 60)}


def test_a_closed_month_loaded_again_as_it_was_changes_nothing(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("5", ServiceName="Mail")])
    close(ledger, config())
    again = cost("5", ServiceName="Mail", x_LoadId="another")
    add(ledger, "costs", [again, cost("2", ServiceName="New")])
    found = adjustments(ledger, config(), closed_months(ledger.location))
    assert [each.effective for each in found] == [Decimal(2)]
    with books(ledger, config(), NOVEMBER)[0].ledger.connect(["costs"]) as con:
        assert con.execute("select count(*) from costs where x_Line is not null").fetchall() == [
            (1,)
        ]
