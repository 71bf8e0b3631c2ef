"""Lines of the reconciliation down to the charges, accounts and device time they are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.model.money import total
from finops.model.period import Period
from tests.analysis.ledgers import OCTOBER, config, cost, make_ledger, request, tokens
from tests.analysis.test_capacity import GPUS, hours_of, instance, served

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.explanation import Explanation
    from finops.config import Config
    from finops.ledger.store import Ledger

D = Decimal

POOLS: tuple[dict[str, Any], ...] = (
    {"name": "models", "kind": "metered", "where": "ServiceName = 'Models'"},
    {"name": "plans", "kind": "seat", "where": "ServiceName = 'Plans'"},
    {"name": "store", "kind": "shared", "where": "ServiceName = 'Vectors'", "driver": "retrievals"},
    {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'", "driver": "requests"},
    {"name": "phones", "kind": "other", "where": "ServiceName = 'Phones'"},
    GPUS,
)
"""The pool names no bill knows, so that a row is found by its rule."""

UNUSED = {"CommitmentDiscountStatus": "Unused"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Config]:
    """One charge of every line; two devices for ten hours, one of them held for four of them."""
    ledger = make_ledger(
        tmp_path_factory.mktemp("books"),
        costs=[
            tokens("1", "output", 100_000, ServiceName="Models"),
            cost("4", ServiceName="Models"),
            cost("2", ServiceName="Models", x_Model="model-a", x_TokenType="unheard-of"),
            cost("3", ServiceName="Models", InvoiceId="inv-2", **UNUSED),
            cost("5", ServiceName="GPU", **UNUSED),
            cost("30", "2026-10-01", "2026-11-01", ServiceName="Plans"),
            cost("6", ServiceName="Vectors"),
            cost("8", ServiceName="Gateway"),
            cost("9", ServiceName="Phones"),
            cost("7", ServiceName="Phones", **UNUSED),
            cost("19", ServiceName="Tax", ChargeCategory="Tax", InvoiceId="inv-2"),
            instance("201.6", 10),
        ],
        requests=[
            request("a", workflow="rag", output_tokens=60_000),
            served("g", workflow="rag", output_tokens=10),
        ],
        samples=[
            *hours_of("a", 0, 4, workload="chat", gr_engine_active=0.5),
            *hours_of("a", 4, 4),
        ],
    )
    return ledger, config(*POOLS)


def parts(found: Explanation) -> list[tuple[str, Decimal]]:
    """Steps with their amounts, without the sum, after it was seen to be one."""
    *lines, summed = found.lines
    made = [(line.step, line.amount or D(0)) for line in lines]
    assert total(amount for _, amount in made) == summed.amount == found.value
    return made


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("tax", [("fakeai: Tax", "19")]),
        ("other", [("fakeai: Phones", "9"), ("fakeai: Phones", "7")]),
        ("commitment_unused", [("fakeai: GPU", "5"), ("fakeai: Models", "3")]),
        (
            "unmapped",
            [
                ("fakeai: Models", "4"),
                ("fakeai: Models model-a unheard-of", "2"),
                ("store", "6"),
            ],
        ),
        ("seat", [("fakeai: Plans", "30")]),
        ("credits", []),
        ("gpu_idle", [("gpus 2026-10", "40.32")]),
        ("unobserved", [("gpus 2026-10", "120.96")]),
        ("unlogged", [("fakeai model-a output 2026-10", "0.4")]),
    ],
)
def test_a_line_ends_at_what_it_is_made_of(
    company: tuple[Ledger, Config], number: str, expected: list[tuple[str, str]]
) -> None:
    ledger, setup = company
    found = explain(ledger, setup, Question(OCTOBER), number)
    assert parts(found) == [(step, D(amount)) for step, amount in expected]
    assert "charges of origin" not in " ".join(line.source for line in found.lines)


def test_charges_are_named_by_source_and_invoice(company: tuple[Ledger, Config]) -> None:
    ledger, setup = company
    (line, _) = explain(ledger, setup, Question(OCTOBER), "tax").lines
    assert line.source.startswith("bill rows of ")
    assert line.source.endswith(", invoice inv-2")
    unused = explain(ledger, setup, Question(OCTOBER), "capacity.commitment_unused")
    assert [(each.step, each.amount) for each in unused.lines[:-1]] == [
        (f"{line.step.partition(':')[0]}: GPU", D(5))
    ]


def test_what_requests_carry_is_accounts_devices_and_shares(company: tuple[Ledger, Config]) -> None:
    ledger, setup = company
    found = parts(explain(ledger, setup, Question(OCTOBER), "allocated"))
    assert found == [
        ("gpus", D("40.32")),
        ("gateway", D(8)),
        ("fakeai model-a output 2026-10", D("0.6")),
    ]


def test_part_of_a_month_ends_at_pools(company: tuple[Ledger, Config]) -> None:
    """A row counts in proportion there, so that no row says the amount."""
    ledger, setup = company
    days = Period(OCTOBER.start, OCTOBER.start.replace(day=11))
    ((step, amount),) = parts(explain(ledger, setup, Question(days), "seat"))
    assert (step, round(amount, 6)) == ("plans", round(D(300) / 31, 6))


def test_spend_by_line_is_what_the_reconciliation_says(company: tuple[Ledger, Config]) -> None:
    ledger, setup = company
    found = book_spend(ledger, setup, SpendQuestion(("line",), OCTOBER))
    assert {group.values[0]: group.amounts.EffectiveCost for group in found.groups} == {
        "usage": D("261.6"),
        "tax": D(19),
        "commitment_unused": D(15),
    }
    tax = SpendQuestion((), OCTOBER, where="line = 'tax' and pool = 'other'")
    assert [amounts.EffectiveCost for _, amounts in book_spend(ledger, setup, tax).totals] == [
        D(19)
    ]


def test_what_no_bill_covers_is_tokens_at_list_price(tmp_path: Path) -> None:
    """model-a: 10 a million out; model-b: 4."""
    log = [
        request("a", output_tokens=100_000),
        request("b", "2026-10-06T00:00:00", output_tokens=50_000),
        request("c", request_model="model-b", output_tokens=500_000),
    ]
    found = explain(make_ledger(tmp_path, requests=log), config(), Question(OCTOBER), "estimated")
    assert parts(found) == [
        ("fakeai model-b output", D(2)),
        ("fakeai model-a output", D("1.5")),
    ]
    assert [line.quantity for line in found.lines[:-1]] == [D(500_000), D(150_000)]
