"""`finops status`: spans, freshness, refusals, and sums that agree with the loads to the digit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from finops.cli.app import app
from finops.ledger.engine import open_engine
from finops.ledger.loads import Load, LoadedFile, new_load_id
from finops.ledger.status import ledger_status
from finops.ledger.write import store

if TYPE_CHECKING:
    from types import ModuleType

    from finops.ledger.store import Ledger

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TINY = Decimal("0.000000000000000000000001")


def test_each_source_is_reported_with_its_span_and_age(ledger: Ledger, kit: ModuleType) -> None:
    kit.load_rows(ledger, "costs", [{}, {"x_BillingMonth": "2026-11"}])
    kit.load_rows(ledger, "costs", [{"x_SourceId": "azure", "BillingAccountId": "other"}])
    kit.load_rows(ledger, "requests", [{}, {"request_id": "r2"}])
    kit.load_rows(ledger, "jobs", [{}])
    found = ledger_status(ledger, NOW)
    assert [
        (s.table, s.source, s.rows, s.first, s.last, s.freshness_days) for s in found.sources
    ] == [
        ("costs", "aws", 2, "2026-10", "2026-11", 27.0),
        ("costs", "azure", 1, "2026-10", "2026-10", 27.0),
        ("requests", "gateway", 2, "2026-10-05", "2026-10-05", 26.5),
        ("jobs", "slurm", 1, "2026-10", "2026-10", None),
    ]
    assert all(s.differs == () and s.loads == 1 for s in found.sources)
    assert found.doubled == ()


def test_bills_reconcile_to_the_last_digit_after_replacements(
    ledger: Ledger, kit: ModuleType
) -> None:
    big = Decimal("99999999999999.123456789012345678901234")
    kit.load_rows(ledger, "costs", [{"BilledCost": 5}])
    kit.load_rows(
        ledger,
        "costs",
        [
            {"BilledCost": big, "EffectiveCost": TINY, "BillingCurrency": "VND"},
            {"BilledCost": big, "EffectiveCost": -TINY, "BillingCurrency": "VND"},
            {"BilledCost": TINY},
        ],
    )
    usd, vnd = ledger_status(ledger, NOW).slices
    assert (usd.currency, usd.stored, usd.equal) == (
        "USD", {"BilledCost": TINY, "EffectiveCost": 1}, True,
    )  # fmt: skip
    assert (vnd.currency, vnd.stored, vnd.equal) == (
        "VND",
        {"BilledCost": Decimal("199999999999998.246913578024691357802468"), "EffectiveCost": 0},
        True,
    )


def test_rows_that_are_not_what_was_loaded_are_named(plain: Ledger, kit: ModuleType) -> None:
    kit.load_rows(plain, "costs", [{"BilledCost": 1}, {"BilledCost": TINY}])
    kit.load_rows(plain, "requests", [{}, {"request_id": "r2"}])
    for table, condition in (("costs", '"BilledCost" < 1'), ("requests", "request_id = 'r2'")):
        delta = plain.delta(table)
        assert delta is not None
        delta.delete(condition)
    costs, requests = ledger_status(plain, NOW).sources
    assert costs.differs == ("AWS/1234 2026-10 USD: not recorded",)
    assert requests.differs == ("1 rows, 2 recorded",)


def test_requests_reconcile_after_duplicates_and_corrections(
    ledger: Ledger, kit: ModuleType
) -> None:
    kit.load_rows(ledger, "requests", [{"request_id": f"r{n}"} for n in range(9)])
    changed = [{"request_id": f"r{n}", "output_tokens": n % 2} for n in range(4, 12)]
    kit.load_rows(ledger, "requests", [*changed, {"request_id": "r0"}])
    (source,) = ledger_status(ledger, NOW).sources
    assert (source.rows, source.differs, source.loads) == (12, (), 2)


def test_one_account_and_month_from_two_sources_is_a_warning(
    plain: Ledger, kit: ModuleType
) -> None:
    kit.load_rows(plain, "costs", [{}])
    kit.load_rows(plain, "costs", [{"x_SourceId": "focus"}])
    answer = CliRunner().invoke(app, ["status", "--ledger", plain.location.url, "--format", "json"])
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert found["schema"] == "finops.status/1"
    assert found["doubled"] == [
        {"account": "1234", "month": "2026-10", "sources": ["aws", "focus"]}
    ]
    assert found["notes"] == [
        "billing account 1234 has 2026-10 from aws and focus: it is probably counted twice"
    ]
    assert [each["equal"] for each in found["reconciliation"]] == [True, True]


def test_refused_rows_and_input_files_are_on_record(ledger: Ledger, kit: ModuleType) -> None:
    files = (LoadedFile("a.csv", 10, "d1"),)
    load = Load(
        new_load_id(), "aws", "focus", files, "d", rows_refused=3, options={"keep_good": True}
    )
    with open_engine() as con:
        store(ledger, "costs", con, kit.select_of("costs", [{}]), load)
    (source,) = ledger_status(ledger, NOW).sources
    assert source.rows_refused == 3
    assert kit.rows_of(ledger, "SELECT rows_in, files, options FROM loads") == [
        (4, '[{"path":"a.csv","bytes":10,"digest":"d1"}]', '{"keep_good":true}')
    ]


def test_an_empty_ledger_says_what_to_do(ledger: Ledger, kit: ModuleType) -> None:
    kit.load_rows(ledger, "costs", [])
    answer = CliRunner().invoke(app, ["status", "--ledger", ledger.location.url])
    assert answer.exit_code == 0
    assert "nothing is loaded yet" in answer.stdout
