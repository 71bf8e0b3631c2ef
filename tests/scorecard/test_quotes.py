"""What an offer comes to, by hand, line by line; and which number would make another one the cheapest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.breakeven.finance import discount_factors
from finops.errors import InputError
from scorecard.quotes.comparing import compare_offers, flips, swings
from scorecard.quotes.inputs import Credit, Need, Quote, parse_need, parse_quote
from scorecard.quotes.normal import annuity_sum, normalize
from scorecard.quotes.reading import Rate, read_offers, settle_need
from tests.analysis.arithmetic import recompute
from tests.scorecard.books import workbook

if TYPE_CHECKING:
    from pathlib import Path

D = Decimal

NEED = Need(gpus=D(64), hours=D(500), storage_tb=D(100), egress_gb=D(20_000))

RESERVED = Quote(
    vendor="Acme",
    currency="USD",
    price=D("2.00"),
    price_unit="gpu_hour",
    billing="reserved",
    term_months=D(12),
    prepaid=D("0.5"),
    setup_fee=D(10_000),
    support=D("0.03"),
    interconnect_per_gpu_hour=D("0.10"),
    storage_per_tb_month=D(50),
    storage_included_tb=D(40),
    egress_per_gb=D("0.08"),
    egress_included_gb=D(5_000),
    availability=D("0.999"),
    expected_availability=D("0.985"),
    credits=(Credit(D("0.999"), D("0.10")), Credit(D("0.99"), D("0.25"))),
    tokens_per_second=D(1_000),
)


def values(quote: Quote, need: Need = NEED) -> dict[str, Decimal | None]:
    lines = normalize(quote, need).lines
    assert recompute(lines) > 3
    return {line.step: line.quantity if line.amount is None else line.amount for line in lines}


def test_a_reserved_offer_step_by_step() -> None:
    found = values(RESERVED)
    assert found["price"] == 2
    assert found["billed_hours"] == 64 * 730
    assert found["compute"] == 93_440
    assert found["interconnect"] == 4_672
    assert found["support"] == D("0.03") * 98_112
    assert found["storage"] == 60 * 50
    assert found["egress"] == 15_000 * D("0.08")
    assert found["availability"] == D("0.985")
    assert found["service_credits"] == D("0.25") * 98_112
    assert found["usable_hours"] == 64 * 500 * D("0.985")
    at_once = D("0.5") * 93_440 * 12 + 10_000
    factors = sum(discount_factors(0.10, 12)[1:])
    ahead = float(at_once) / factors - 46_720
    assert float(found["paying_ahead"] or 0) == pytest.approx(ahead, abs=1e-6)
    month = 98_112 + 0.03 * 98_112 + ahead + 3_000 + 1_200 - 0.25 * 98_112
    assert float(found["month"] or 0) == pytest.approx(month, abs=1e-6)
    per_hour = month / (64 * 500 * 0.985)
    assert float(found["per_hour"] or 0) == pytest.approx(per_hour, abs=1e-9)
    assert float(found["per_million"] or 0) == pytest.approx(per_hour / 3.6, abs=1e-9)


@given(st.decimals("0", "0.5", places=3), st.integers(1, 60))
def test_the_annuity_agrees_with_break_even(rate: Decimal, months: int) -> None:
    other = sum(discount_factors(float(rate), months)[1:])
    assert float(annuity_sum(rate, months)) == pytest.approx(other, rel=1e-12)


def test_hours_used_are_billed_down_to_the_minimum() -> None:
    used = Quote("A", "USD", D(3), billing="used", availability=D(1))
    assert values(used)["billed_hours"] == 64 * 500
    assert values(replace(used, minimum_gpus=D(128)))["billed_hours"] == 128 * 500
    assert values(replace(used, minimum_gpu_hours=D(50_000)))["billed_hours"] == 50_000
    assert values(replace(used, gpus=D(32)))["usable_hours"] == 32 * 500


@pytest.mark.parametrize(
    ("unit", "price"), [("gpu_hour", "2"), ("node_hour", "16"), ("gpu_month", "1460"), ("node_month", "11680")]
)  # fmt: skip
def test_every_price_unit_is_the_same_price(unit: str, price: str) -> None:
    quote = Quote("A", "USD", D(price), price_unit=unit, gpus_per_node=D(8))
    assert values(quote)["price"] == 2


def test_silence_is_not_zero() -> None:
    need = replace(NEED, tokens_per_second=D(900))
    found = normalize(Quote("A", "USD", D(2), availability=D(1)), need)
    assert found.month_cost is None
    assert found.cost_per_usable_hour is None
    assert found.cost_per_million_tokens is None
    assert found.reasons == {
        "cost_per_usable_hour": "the offer names no price for storage: ask for storage_per_tb_month; "
        "the offer names no price for egress: ask for egress_per_gb",
        "month_cost": "the offer names no price for storage: ask for storage_per_tb_month; "
        "the offer names no price for egress: ask for egress_per_gb",
        "cost_per_million_tokens": "the cost of a usable hour is not known",
    }


def test_availability_is_expected_or_promised_or_assumed_and_never_made_up() -> None:
    plain, need = Quote("A", "USD", D(2)), Need(gpus=D(1))
    assert "promises no availability" in normalize(plain, need).reasons["cost_per_usable_hour"]
    assumed = normalize(plain, replace(need, availability=D("0.99")))
    assert assumed.availability == D("0.99")
    assert "availability 0.99 (assumed)" in assumed.assumed
    promised = normalize(replace(plain, availability=D("0.999")), need)
    assert "availability 0.999 (promised)" in promised.assumed
    expected = normalize(replace(plain, expected_availability=D("0.97")), need)
    assert not any(one.startswith("availability") for one in expected.assumed)
    down = normalize(replace(plain, expected_availability=D(0)), need)
    assert down.reasons["cost_per_usable_hour"] == "no hour can be used at availability 0"


def test_credits_come_back_below_the_promise_only() -> None:
    def at(availability: str) -> Decimal | None:
        return values(replace(RESERVED, expected_availability=D(availability)))["service_credits"]

    assert at("0.9995") == 0
    assert at("0.999") == 0
    assert at("0.995") == D("0.10") * 98_112
    assert at("0.5") == D("0.25") * 98_112


@given(
    st.decimals("0.1", "10", places=4),
    st.decimals("0.5", "1", places=4),
    st.decimals("1", "730", places=2),
    st.integers(1, 36),
)
def test_a_month_is_the_sum_of_its_lines(
    price: Decimal, availability: Decimal, hours: Decimal, months: int
) -> None:
    quote = replace(
        RESERVED, price=price, expected_availability=availability, term_months=D(months)
    )
    found = values(quote, replace(NEED, hours=hours))
    parts = ("compute", "interconnect", "support", "paying_ahead", "storage", "egress")
    total = sum((found[name] or D(0) for name in parts), D(0))
    assert abs(total - (found["service_credits"] or D(0)) - (found["month"] or D(0))) < D("1e-20")


def test_the_cheaper_hour_can_be_the_dearer_one() -> None:
    cheap = Quote(
        "Cheap", "USD", D("1.80"), billing="reserved", term_months=D(12), availability=D("0.97")
    )
    dear = Quote("Dear", "USD", D("2.40"), billing="used", availability=D("0.999"))
    found = compare_offers([cheap, dear], Need(gpus=D(8), hours=D(300)), "USD", [])
    assert [one.normal.quote.vendor for one in found.offers] == ["Dear", "Cheap"]
    (flip,) = [one for one in flips(found) if one.field == "hours"]
    assert flip.winner == "Cheap"
    assert float(flip.at) == pytest.approx(1.80 * 730 / 0.97 / (2.40 / 0.999), abs=1e-6)
    (own,) = [one for one in flips(found) if one.field == "price"]
    assert own.subject == "Cheap"
    assert float(own.at) == pytest.approx(2.40 / 0.999 * 0.97 * 300 / 730, abs=1e-9)


def test_swings_are_the_cost_at_both_ends() -> None:
    used = Quote("A", "USD", D(2), billing="used", availability=D("0.9"))
    found = compare_offers([used], Need(gpus=D(8)), "USD", [])
    by_field = {one.field: one for one in swings(found, D("0.2"))}
    assert set(by_field) == {"price", "expected_availability"}
    assert (by_field["price"].low, by_field["price"].high) == (D("1.6"), D("2.4"))
    low, high = by_field["price"].per_hour_low, by_field["price"].per_hour_high
    assert low is not None
    assert high is not None
    assert float(low) == pytest.approx(1.6 / 0.9)
    assert float(high) == pytest.approx(2.4 / 0.9)
    assert by_field["expected_availability"].high == 1


def test_currencies_meet_only_by_a_rate() -> None:
    euro = Quote("E", "EUR", D(2), billing="used", availability=D(1))
    dollar = Quote("D", "USD", D(2), billing="used", availability=D(1))
    apart = compare_offers([euro, dollar], Need(gpus=D(1)), "USD", [])
    assert [(one.normal.quote.vendor, one.rank) for one in apart.offers] == [("D", 1), ("E", None)]
    assert apart.offers[1].normal.cost_per_usable_hour == 2
    rates = [
        Rate("EUR", "USD", D("1.20"), date(2026, 1, 2), "old"),
        Rate("EUR", "USD", D("1.10"), date(2026, 11, 2), "bank"),
    ]
    met = compare_offers([euro, dollar], Need(gpus=D(1)), "USD", rates)
    assert [(one.per_hour, one.rank) for one in met.offers] == [(D(2), 1), (D("2.2"), 2)]
    back = compare_offers([euro, dollar], Need(gpus=D(1)), "EUR", rates)
    assert [str(one.per_hour)[:8] for one in back.offers] == ["1.818181", "2"]


YAML = """
need: { gpus: 64, hours: 500 }
rates:
  - { from: EUR, to: USD, rate: 1.08, date: 2026-11-20, source: ECB }
quotes:
  - vendor: Acme
    currency: USD
    price: 2.10
    prepaid: 25%
    term_months: 12
    valid_until: 2026-12-31
    credits: [{ below: 99.9%, share: 10% }, { below: 0.99, share: 0.25 }]
"""
TOML = """
[need]
gpus = 64
hours = 500
[[rates]]
from = "EUR"
to = "USD"
rate = 1.08
date = 2026-11-20
source = "ECB"
[[quotes]]
vendor = "Acme"
currency = "USD"
price = 2.10
prepaid = "25%"
term_months = 12
valid_until = 2026-12-31
credits = "99.9%: 10%; 99%: 25%"
"""
CSV = (
    "vendor,currency,price,prepaid,term_months,valid_until,credits\n"
    'Acme,USD,2.10,25%,12,2026-12-31,"99.9%: 10%; 99%: 25%"\n,,,,,,\n'
)


def test_every_format_holds_the_same_offer(tmp_path: Path) -> None:
    for name, text in (("q.yaml", YAML), ("q.toml", TOML), ("q.csv", CSV)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    rows = [line.split(",", 6) for line in CSV.splitlines()[:2]]
    rows[1][6] = rows[1][6].strip('"')
    workbook(
        tmp_path / "q.xlsx",
        {
            "Read me": [["Hello"]],
            "Offers": [["Our best"], *rows],
            "need": [["gpus", 64], ["hours", 500]],
        },
    )
    read = [read_offers(tmp_path / f"q.{kind}") for kind in ("yaml", "toml", "csv", "xlsx")]
    (quote,) = read[0].quotes
    assert quote.prepaid == D("0.25")
    assert quote.valid_until == date(2026, 12, 31)
    assert quote.credits == (Credit(D("0.999"), D("0.10")), Credit(D("0.99"), D("0.25")))
    assert all(one.quotes == (quote,) for one in read)
    assert [settle_need([("q", one.need)], {"gpus": "64", "hours": "500"}) for one in read] == [
        Need(gpus=D(64), hours=D(500))
    ] * 4
    assert (
        read[0].rates
        == read[1].rates
        == (Rate("EUR", "USD", D("1.08"), date(2026, 11, 20), "ECB"),)
    )


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("price", "$2", "is not a number: digits and a point, no currency sign"),
        ("price", -1, "is negative"),
        ("price", "1e99999", "is too large or too small to be meant"),
        ("price", "NaN", "is not a number"),
        ("availability", "99.9", "is more than 1: write 99.9%, or a share such as 0.1"),
        ("term_months", "1.5", "is no number of months: whole, 1 to 240"),
        ("billing", "always", "is none of: reserved, used"),
        ("currency", "usd", "is no currency: three capital letters, as USD"),
        ("valid_until", "soon", "is not a date: 2026-10-31"),
        ("credits", "99.9%", "is written as 99.9%: 10%; 99%: 25%"),
        ("credits", "99.9%: 25%; 99%: 10%", "gives less back for a worse month"),
        ("pirce", 2, "is no field; did you mean price?"),
        ("vendor", None, "is missing: Who offers."),
    ],
)
def test_what_is_wrong_is_said(field: str, value: object, why: str) -> None:
    raw = {"vendor": "A", "currency": "USD", "price": 2, field: value}
    quote, problems = parse_quote(raw, "q.yaml", "quotes 1.")
    assert quote is None
    assert [(one.file, one.column, one.why) for one in problems] == [
        ("q.yaml", f"quotes 1.{field}", why)
    ]


def test_a_need_is_something_and_agreed_on() -> None:
    assert parse_need({"gpus": 0}, "q")[0] is None
    assert parse_need({"gpus": 1, "hours": 800}, "q")[0] is None
    with pytest.raises(InputError, match="the files want different things"):
        settle_need([("a", {"gpus": 1}), ("b", {"gpus": 2})], {})
    assert settle_need([("a", {"gpus": 1}), ("b", {"gpus": 2})], {"gpus": "3"}).gpus == 3
    with pytest.raises(InputError, match="what is needed is not known") as caught:
        settle_need([], {})
    assert "--need gpus=64" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("q.yaml", "quotes: [", "q.yaml: line"),
        ("q.yaml", "quotes: 1", "has no quotes"),
        ("q.yaml", "quotes: []", "holds no offer"),
        ("q.yaml", "quotes: [1]\nmore: 2", "does not hold offers"),
        ("q.toml", "x = ", "is not TOML"),
        ("q.csv", "vendor,price\nA,1,2\n", "does not hold offers"),
        ("q.csv", "", "holds no offer"),
        ("q.pdf", "", "offers are read from .yaml, .yml, .toml, .csv, .xlsx"),
    ],
)
def test_files_that_hold_no_offers(tmp_path: Path, name: str, text: str, why: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_offers(tmp_path / name)
    assert why in caught.value.message
