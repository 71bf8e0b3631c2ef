"""Statements and the journal: who is charged what, and that neither loses a digit nor a cent."""

from __future__ import annotations

import random
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.analysis.chargeback.journal import journal, smallest_unit
from finops.analysis.chargeback.rounding import roundings
from finops.analysis.chargeback.statements import HEADINGS, Chargeback, Source, chargeback
from finops.analysis.derived.chargeback import chargeback_table
from finops.analysis.derived.table import explain_row
from finops.model.money import ZERO, total
from finops.report.chargeback import chargeback_report
from finops.sections.chargeback import Accounts
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import OCTOBER, ask, config, cost, make_ledger, request, tokens
from tests.analysis.worlds import WORLD_PRICES, world

if TYPE_CHECKING:
    from finops.analysis.chargeback.journal import Posting
    from finops.analysis.chargeback.statements import Statement

ACCOUNTS = Accounts(
    expense="6000", payable="2000", prepaid="1300", owned="1590", accrued="2100", rounding="6990"
)
OWNERS = """from,to,kind,match,team,product,cost_centre,gl_code
,,project,p-search,search,Search,CC-210,6410
,,service,Phones,support,Contact,CC-510,6420
"""


@pytest.fixture(scope="module")
def charged(tmp_path_factory: pytest.TempPathFactory) -> Chargeback:
    """Two teams on one model, a shared gateway, a telephone, a prepaid commitment, a credit and tax."""
    folder = tmp_path_factory.mktemp("chargeback")
    (folder / "owners.csv").write_text(OWNERS)
    setup = config(
        {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'"},
        owners={"file": str(folder / "owners.csv")},
    )
    invoice = {"InvoiceId": "A-1", "InvoiceIssuerName": "FakeAI"}
    ledger = make_ledger(
        folder / "ledger",
        costs=[
            tokens("10.005", "output", 1000, **invoice),
            cost("4", ServiceName="Gateway", InvoiceId="B-1", InvoiceIssuerName="Cloud"),
            cost(
                "3",
                ServiceName="Phones",
                BilledCost="5",
                InvoiceId="B-1",
                InvoiceIssuerName="Cloud",
            ),
            cost("-1.5", ChargeCategory="Credit", ServiceName="Phones", **invoice),
            cost("2", ChargeCategory="Tax", **invoice),
        ],
        requests=[
            request("a", project="p-search", workflow="find", output_tokens=500),
            request("b", project="p-search", workflow="rank", output_tokens=200),
            request("c", team="legal", workflow="draft", output_tokens=200),
            request("d", team="legal", workflow="draft"),
        ],
    )
    found = chargeback(ledger, setup, OCTOBER)
    check_table(chargeback_table(found), chargeback_report(found))
    return found


def under(statement: Statement) -> dict[str, Decimal]:
    return {name: amount.normalize() for name in HEADINGS if (amount := statement.under(name))}


def test_every_team_has_what_it_used_and_nobody_has_the_rest(charged: Chargeback) -> None:
    found = {each.owner[0]: under(each) for each in charged.statements}
    assert found == {
        "search": {"usage": Decimal("7.0035"), "shared": Decimal(2)},
        "legal": {"usage": Decimal("2.001"), "shared": Decimal(2)},
        "support": {"direct": Decimal(3), "tax_and_credits": Decimal("-1.5")},
        None: {"unlogged": Decimal("1.0005"), "tax_and_credits": Decimal(2)},
    }


def test_the_statements_are_the_bill(charged: Chargeback) -> None:
    assert total(each.effective for each in charged.statements) == Decimal("17.505")
    assert total(each.billed for each in charged.statements) == Decimal("19.505")
    assert not charged.difference("USD")
    assert not charged.billed_difference("USD")
    assert [each.is_unowned for each in charged.statements] == [False, False, False, True]


def test_lines_are_told_apart_by_workflow_and_carry_what_they_are_booked_on(
    charged: Chargeback,
) -> None:
    (search,) = [each for each in charged.statements if each.owner == ("search",)]
    usage = [
        (line.detail, line.cost_centre, line.gl_code, line.effective.normalize())
        for line in search.lines
        if line.heading == "usage"
    ]
    assert usage == [
        (("find",), "CC-210", "6410", Decimal("5.0025")),
        (("rank",), "CC-210", "6410", Decimal("2.001")),
    ]


def test_the_journal_debits_owners_and_credits_invoices_to_the_cent(charged: Chargeback) -> None:
    found = [
        (each.kind, each.account, each.owner, each.reference, each.debit, each.credit)
        for each in journal(charged, ACCOUNTS)
    ]
    assert found == [
        ("expense", "6410", ("search",), None, Decimal("9.00"), None),
        ("expense", "6000", ("legal",), None, Decimal("4.00"), None),
        ("expense", "6420", ("support",), None, Decimal("1.50"), None),
        ("expense", "6000", (None,), None, Decimal("3.00"), None),
        ("payable", "2000", (), "A-1", None, Decimal("10.50")),
        ("payable", "2000", (), "B-1", None, Decimal("9.00")),
        ("prepaid", "1300", (), None, Decimal("2.00"), None),
    ]


def test_a_currency_is_posted_in_its_smallest_unit() -> None:
    assert [smallest_unit(name) for name in ("USD", "JPY", "KWD")] == [
        Decimal("0.01"),
        Decimal(1),
        Decimal("0.001"),
    ]


def test_what_rounding_leaves_is_posted(charged: Chargeback) -> None:
    odd = charged._replace(
        statements=(),
        sources=(Source("bill", "X", "Y", "USD", Decimal("0.005"), Decimal("0.011")),),
    )
    assert [(each.kind, each.debit, each.credit) for each in journal(odd, ACCOUNTS)] == [
        ("prepaid", None, Decimal("0.01")),
        ("rounding", Decimal("0.01"), None),
    ]


def charged_for_requests(found: Chargeback) -> dict[object, Decimal]:
    """What each team's statement charges for requests and of shared pools."""
    return {
        each.owner[0]: total(
            line.effective for line in each.lines if line.section in {"requests", "shared"}
        )
        for each in found.statements
    }


def test_a_statement_is_unit_cost_to_the_last_digit(tmp_path: Path) -> None:
    """Ten among three teams: a third each, cut at the 24th place as a rate is, not where shares are."""
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("10", "output", 300), cost("1", ServiceName="Phones")],
        requests=[request(name, team=name, output_tokens=100) for name in "abc"],
    )
    found = chargeback(ledger, config(), OCTOBER)
    third = Decimal("3.333333333333333333333300")
    unit = {group.keys[0]: group.cost for group in ask(ledger, config(), "team").groups}
    assert unit == dict.fromkeys("abc", third)
    assert charged_for_requests(found) == {**unit, None: 0}
    assert found.difference("USD") == 0
    (nobody,) = [each for each in found.statements if each.is_unowned]
    assert {line.section: line.effective for line in nobody.lines} == {
        "other": Decimal(1),
        "rounding": Decimal("1E-22"),
    }


def test_what_is_more_than_rounding_is_left_alone(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("10", "output", 300)],
        requests=[request(name, team=name, output_tokens=100) for name in "abc"],
    )
    answer = ask(ledger, config(), "team")
    off: dict[tuple[str | None, ...], Decimal] = {(name,): Decimal("3.3") for name in "abc"}
    assert roundings(answer, off, 1, Decimal(10)) is None
    near: dict[tuple[str | None, ...], Decimal] = {(n,): Decimal("3.333333333333") for n in "abc"}
    found = roundings(answer, near, 1, Decimal(10))
    assert found is not None
    assert set(found.by_owner.values()) == {Decimal("3.333333333E-13")}
    assert found.left == -3 * found.by_owner["a",]


@settings(max_examples=2, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_random_bills_owners_and_signs_lose_nothing(seed: int) -> None:
    company, dice = world(seed, 25, 25), random.Random(seed)
    costs = [
        {
            **row,
            "InvoiceId": dice.choice(("i1", "i2", None)),
            "EffectiveCost": -Decimal(row["EffectiveCost"])
            if dice.random() < 0.2
            else row["EffectiveCost"],
        }
        for row in company.costs
    ]
    requests = [{**row, "team": dice.choice(("a", "b", None))} for row in company.requests]
    owners = "".join(
        f",,service,{name},{dice.choice(('a', 'c'))},,CC-{dice.randrange(3)},{dice.choice(('61', ''))}\n"
        for name in sorted({str(row["ServiceName"]) for row in costs if row["ServiceName"]})
        if dice.random() < 0.6
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "owners.csv"
        file.write_text(f"from,to,kind,match,team,product,cost_centre,gl_code\n{owners}")
        setup = config(*company.settings(), prices=WORLD_PRICES, owners={"file": str(file)})
        ledger = make_ledger(
            Path(folder) / "ledger", costs=costs, requests=requests, samples=company.samples
        )
        found = chargeback(ledger, setup, OCTOBER)
        answer = ask(ledger, setup, "team")
    if len(found.currencies) == 1:
        stated = charged_for_requests(found)
        for group in answer.groups:
            gap = stated.get(group.keys[0], ZERO) - (group.cost - group.list_cost)
            assert gap == 0 or abs(gap) > Decimal("1e-6"), "the same, or usage without a charge"
    for currency in found.currencies:
        assert (found.difference(currency), found.billed_difference(currency)) == (ZERO, ZERO)
        charged = [
            Fraction(Decimal(row["EffectiveCost"]))
            for row in costs
            if (row["x_BillingMonth"], row["BillingCurrency"]) == ("2026-10", currency)
        ]
        whole = total(each.effective for each in found.statements if each.currency == currency)
        assert Fraction(whole) == sum(charged, Fraction())
        balanced(found, currency)


def balanced(found: Chargeback, currency: str) -> None:
    postings = [each for each in journal(found, ACCOUNTS) if each.currency == currency]
    assert side(postings, "debit") == side(postings, "credit")
    assert all((each.debit is None) != (each.credit is None) for each in postings)
    unit = smallest_unit(currency)
    assert all((each.debit or each.credit or 0) % unit == 0 for each in postings)
    left = total(
        (each.debit or -(each.credit or ZERO)) for each in postings if each.kind == "rounding"
    )
    assert abs(left) <= unit * len(postings)


def side(postings: list[Posting], name: str) -> Decimal:
    return total(getattr(each, name) or Decimal(0) for each in postings)


def test_statements_of_one_owner_in_two_currencies_are_explained_apart(tmp_path: Path) -> None:
    charges = [
        cost("3", ServiceName="Phones", Tags='{"team": "red"}'),
        cost("4", ServiceName="Phones", Tags='{"team": "red"}', BillingCurrency="EUR"),
        cost("5", ServiceName="Phones", BillingCurrency="EUR"),
    ]
    ledger = make_ledger(tmp_path, costs=charges)
    found = chargeback(ledger, config(owners={"team_tag": "team"}), OCTOBER)
    table = chargeback_table(found)
    assert table.whole is None
    check_table(table, chargeback_report(found))
    for where, row, amount in (
        ("team = 'red' and BillingCurrency = 'EUR'", None, "4"),
        ("BillingCurrency = 'USD'", "red", "3"),
        ("BillingCurrency = 'EUR'", "(unowned)", "5"),
    ):
        told = explain_row(table, "chargeback", "EffectiveCost", row=row, where=where)
        assert told is not None
        assert told.value == Decimal(amount)
