"""Currencies: every charge at its day's rate, every invoice at its own, the difference on a line of its own."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.analysis.fx import Exchange, exchange_amount, exchange_costs
from finops.config import Config
from finops.errors import ConfigError
from finops.ledger.engine import open_engine, query
from finops.model.basis import Basis
from finops.model.money import total
from finops.model.tables import TABLES
from tests.analysis.ledgers import OCTOBER, ask, config, cost, make_ledger, request, tokens

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from tests.analysis.ledgers import Row

RATES = [
    {"from": "EUR", "to": "USD", "date": "2026-10-01", "rate": "1.10", "source": "ECB"},
    {"from": "EUR", "to": "USD", "date": "2026-10-05", "rate": "1.20", "source": "ECB"},
    {"from": "EUR", "to": "USD", "date": "2026-10-30", "rate": "1.25", "source": "ECB"},
]


def test_charges_at_their_day_the_invoice_at_its_own_and_the_rest_is_fx(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            tokens("100", "output", 1000, "2026-10-02", "2026-10-03", BillingCurrency="EUR"),
            cost("10", "2026-10-06", BillingCurrency="EUR", x_Scope="mail"),
            cost("7", ServiceName="Mail", x_Scope="usd"),
        ],
        requests=[request("r1", "2026-10-02T10:00:00", output_tokens=800)],
    )
    answer = ask(ledger, config(fx=RATES))
    found = answer.reconciliation
    assert answer.currency == "USD"
    assert answer.other_currencies == {}
    assert found.allocated == Decimal(88)  # 80 EUR at 1.10
    assert {name: cost for name, cost in found.unallocated.items() if cost} == {"unlogged": 22}
    assert found.other == 19  # 10 EUR at 1.20, and 7 USD
    assert found.excluded == {"fx": Decimal("15.5")}  # 110 EUR at 1.25, less 110 and 12
    assert found.amounts["EffectiveCost"] == Decimal("144.5")
    assert found.difference == 0


def test_the_other_direction_is_one_over_the_rate(tmp_path: Path) -> None:
    settings_ = config(fx=[{**RATES[0], "rate": "3"}, {**RATES[2], "rate": "3"}])
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("3", ServiceName="Mail")])
    assert ask(ledger, settings_, currency="eur").reconciliation.other == Decimal("0.999999999999")


def test_list_prices_are_exchanged_at_the_day_of_the_request(tmp_path: Path) -> None:
    rates = [{"from": "USD", "to": "EUR", "date": "2026-10-05", "rate": "0.9", "source": "ECB"}]
    ledger = make_ledger(tmp_path / "ledger", requests=[request("r1", output_tokens=1_000_000)])
    answer = ask(ledger, config(fx=rates), currency="EUR")
    assert answer.reconciliation.estimated == Decimal(9)
    assert not answer.allocation.log.unpriced
    (line, *_) = explain(ledger, config(fx=rates), Question(OCTOBER, currency="EUR"), "cost").lines
    assert (line.rate, line.amount) == (Decimal("0.000009"), Decimal(9))
    assert line.source.endswith("; USD at the day's rate")


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        (RATES[1:2], "no rate of EUR to USD on or before 2026-10-02"),
        (RATES[:1], "newest rate of EUR to USD on 2026-11-01 is of 2026-10-01, older than 7 days"),
        ([RATES[0], RATES[0]], "two rates of EUR to USD on 2026-10-01"),
    ],
)
def test_a_rate_that_is_missing_or_old_is_refused(
    rates: list[dict[str, str]], words: str, tmp_path: Path
) -> None:
    ledger = make_ledger(
        tmp_path / "ledger", costs=[cost("1", "2026-10-02", BillingCurrency="EUR")]
    )
    with pytest.raises(ConfigError, match=words):
        ask(ledger, config(fx=rates))


def test_costs_are_exchanged_when_asked_and_only_then(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            cost("100", "2026-10-02", BillingCurrency="EUR", ServiceName="Mail"),
            cost("7", ServiceName="Mail"),
            cost("5", ServiceName="Mail", BillingCurrency="JPY"),
        ],
    )
    question = SpendQuestion(("ServiceName", "x_Line"), OCTOBER, Basis.BILLING)
    plain = book_spend(ledger, config(fx=RATES), question)
    assert [(each.currency, each.amounts.EffectiveCost) for each in plain.groups] == [
        ("EUR", Decimal(100)),
        ("JPY", Decimal(5)),
        ("USD", Decimal(7)),
    ]
    found = book_spend(ledger, config(fx=RATES), question._replace(currency="USD"))
    assert [(*g.values, g.currency, g.amounts.EffectiveCost) for g in found.groups] == [
        ("Mail", None, "JPY", Decimal(5)),
        ("Mail", None, "USD", Decimal(117)),
        (None, "fx", "USD", Decimal(15)),
    ]


def test_each_invoice_has_an_fx_line_of_its_own_and_no_place_of_an_amount_is_lost() -> None:
    """1.000000000001 EUR at 1.20 of its day, 1.25 of its invoice's; 2 EUR on another invoice."""
    exchange = Exchange.of(
        Config.model_validate({"fx": [*RATES, {**RATES[2], "date": "2026-11-01"}]})
    )
    con = _view(
        [
            cost("1.000000000001", "2026-10-06", BillingCurrency="EUR", InvoiceId="i1"),
            cost("2", "2026-10-06", BillingCurrency="EUR", InvoiceId="i2"),
        ]
    )
    exchange_costs(con, exchange, "USD", "true")
    found = query(con, "select InvoiceId, x_Line, EffectiveCost from costs order by 1, 2")
    assert found == [
        ("i1", "fx", Decimal("0.05000000000005")),
        ("i1", None, Decimal("1.2000000000012")),
        ("i2", "fx", Decimal("0.1")),
        ("i2", None, Decimal("2.4")),
    ]
    con.close()


def test_the_difference_names_the_provider_of_its_invoice_where_there_is_one() -> None:
    exchange = Exchange.of(
        Config.model_validate({"fx": [RATES[0], {**RATES[2], "date": "2026-11-01"}]})
    )
    rows = [
        cost(
            "1", BillingCurrency="EUR", InvoiceId="i1", ServiceProviderName=None, ProviderName="A"
        ),
        cost("1", BillingCurrency="EUR", InvoiceId="i2", ServiceProviderName="A"),
        cost("1", BillingCurrency="EUR", InvoiceId="i2", ServiceProviderName="B"),
        cost("1", BillingCurrency="EUR", InvoiceId="i3", ServiceProviderName="B", ProviderName="A"),
    ]
    con = _view(rows)
    exchange_costs(con, exchange, "USD", "true")
    found = query(
        con, "select InvoiceId, ServiceProviderName from costs where x_Line = 'fx' order by 1"
    )
    assert found == [("i1", "A"), ("i2", None), ("i3", "B")]
    con.close()


AMOUNTS = st.decimals(
    min_value=-(10**9), max_value=10**9, places=24, allow_nan=False, allow_infinity=False
)
CHARGES = st.tuples(
    AMOUNTS,
    st.sampled_from(["EUR", "GBP", "USD", "VND"]),
    st.sampled_from(["i1", "i2", None]),
    st.integers(0, 30),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(CHARGES, min_size=1, max_size=12),
    st.lists(st.integers(1, 10**15), min_size=96, max_size=96),
)
def test_every_invoice_ties_to_the_digit(
    charges: list[tuple[Decimal, str, str | None, int]], numbers: list[int]
) -> None:
    days = [date(2026, 10, 1) + timedelta(days=number) for number in range(32)]
    rates = {
        (money, day): Decimal(numbers.pop()).scaleb(-12)
        for money in ("EUR", "GBP", "VND")
        for day in days
    }
    exchange = Exchange.of(
        Config.model_validate(
            {
                "fx": [
                    {"from": money, "to": "USD", "date": day, "rate": rate, "source": "dice"}
                    for (money, day), rate in rates.items()
                ]
            }
        )
    )
    rows = [
        cost(amount, f"2026-10-{day + 1:02d}", BillingCurrency=money, InvoiceId=invoice)
        for amount, money, invoice, day in charges
    ]
    expected: dict[tuple[str | None, str], Decimal] = defaultdict(Decimal)
    for (invoice, money), billed in _invoices(charges).items():
        rate = Decimal(1) if money == "USD" else rates[money, date(2026, 11, 1)]
        expected[invoice, money] = exchange_amount(billed, rate)
    con = _view(rows)
    exchange_costs(con, exchange, "USD", "true")
    found = query(
        con, "select InvoiceId, sum(EffectiveCost), sum(BilledCost) from costs group by 1"
    )
    by_invoice = {
        invoice: total(amount for (mine, _), amount in expected.items() if mine == invoice)
        for invoice, _ in expected
    }
    assert {invoice: effective for invoice, effective, _ in found} == by_invoice
    assert {invoice: billed for invoice, _, billed in found} == by_invoice
    assert query(con, "select distinct BillingCurrency from costs") == [("USD",)]
    con.close()


def _invoices(
    charges: list[tuple[Decimal, str, str | None, int]],
) -> dict[tuple[str | None, str], Decimal]:
    parts: dict[tuple[str | None, str], list[Decimal]] = defaultdict(list)
    for amount, money, invoice, _ in charges:
        parts[invoice, money].append(amount)
    return {key: total(found) for key, found in parts.items()}


def _view(rows: list[Row]) -> duckdb.DuckDBPyConnection:
    """A connection whose view `costs` holds `rows`."""
    con = open_engine()
    columns = TABLES["costs"].columns
    texts = {c.name: pa.array([_text(row[c.name]) for row in rows], pa.string()) for c in columns}
    con.register("delivered", pa.table(texts))
    casts = ", ".join(f'cast("{c.name}" as {c.kind.stored}) as "{c.name}"' for c in columns)
    query(con, f"create table charges as select {casts} from delivered")
    query(con, "create view costs as select * from charges")
    return con


def _text(value: object) -> str | None:
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
