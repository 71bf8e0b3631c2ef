"""Provisioned units and seats used in a month whose invoice has not come: accrued, taken back, split, explained."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.accruals import accruals, booked_accruals
from finops.analysis.adjustments import adjustments
from finops.analysis.books import books
from finops.analysis.economics import Question
from finops.analysis.explain_close import explain_close
from finops.analysis.split.bill import split_bill
from finops.ledger.engine import query
from finops.ledger.snapshots import closed_months
from finops.model.period import parse_month
from tests.analysis.ledgers import OCTOBER, add, config, cost, make_ledger, request
from tests.analysis.test_close_books import NOVEMBER, close, effective

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.accruals import Accrual
    from finops.config import Config
    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

UNITS: dict[str, Any] = {
    "name": "ptu",
    "kind": "provisioned",
    "where": "ServiceName = 'Units'",
    "serves": "deployment = 'chat'",
}
DESKS: dict[str, Any] = {
    "name": "desks",
    "kind": "seat",
    "where": "ServiceName = 'Desks'",
    "serves": "deployment = 'desk'",
    "user": "api_key_id",
}
MAIL = cost("5", ServiceName="Mail")


def units(effective: str, start: str, end: str, hours: str | None, **given: object) -> Row:
    """A charge for unit-hours."""
    unit = None if hours is None else "Hours"
    named = {"ServiceName": "Units", "ConsumedQuantity": hours, "ConsumedUnit": unit}
    return cost(effective, start, end, **named, **given)


def desks(effective: str, start: str, end: str, seats: str | None, **given: object) -> Row:
    """A charge for seats."""
    unit = None if seats is None else "Users"
    named = {"ServiceName": "Desks", "ConsumedQuantity": seats, "ConsumedUnit": unit}
    return cost(effective, start, end, **named, **given)


def chat(name: str, when: str = "2026-10-05T12:00:00", **given: object) -> Row:
    """A request the provisioned units served."""
    return request(name, when, deployment="chat", **given)


def desk(name: str, user: str, when: str = "2026-10-05T12:00:00", **given: object) -> Row:
    """A request of a person with a seat."""
    return request(name, when, deployment="desk", api_key_id=user, **given)


def found(ledger: Ledger, settings: Config) -> tuple[Accrual, ...]:
    (part,) = books(ledger, settings, OCTOBER)
    return accruals(part)


def told(ledger: Ledger, settings: Config) -> list[tuple[object, ...]]:
    return [(a.quantity, a.unit, a.rate, a.amount, a.source) for a in found(ledger, settings)]


# --- provisioned ------------------------------------------------------------------------------


def test_as_many_units_as_were_billed_on_the_last_day_at_their_last_rate(tmp_path: Path) -> None:
    """100 units until the 15th of September and 50 after: 53,400 unit-hours for 106,800, 2 each.

    October has 744 hours: 50 x 744 x 2 = 74,400.
    """
    ledger = make_ledger(
        tmp_path,
        costs=[
            MAIL,
            units("72000", "2026-09-01", "2026-09-16", "36000"),
            units("36000", "2026-09-16", "2026-10-01", "18000"),
        ],
        requests=[chat("r1", output_tokens=7)],
    )
    assert [each._asdict() for each in found(ledger, config(UNITS))] == [
        {
            "provider": "fakeai",
            "used": "ptu",
            "kind": "provisioned units",
            "quantity": Decimal(37200),
            "unit": "Unit-Hours",
            "rate": Decimal(2),
            "source": "billed rate of 2026-09",
            "amount": Decimal(74400),
            "currency": "USD",
            "first": OCTOBER.start,
            "last": OCTOBER.end.replace(month=10, day=31),
            "pool": "ptu",
        }
    ]


def test_a_fee_without_units_of_time_is_accrued_as_a_month_of_it(tmp_path: Path) -> None:
    """900 for the third quarter of the year is 300 a month, and 10 beside it in September."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            MAIL,
            units("900", "2026-07-01", "2026-10-01", None),
            units("10", "2026-07-03", "2026-07-04", None),
        ],
        requests=[chat("r1")],
    )
    assert told(ledger, config(UNITS)) == [
        (Decimal(1), "Months", Decimal(310), Decimal(310), "billed in 2026-07")
    ]


@pytest.mark.parametrize(
    ("costs", "requests"),
    [
        pytest.param([], [chat("r1", "2026-11-02T00:00:00")], id="not used in the month"),
        pytest.param([units("3", "2026-10-09", "2026-10-10", "24")], [chat("r1")], id="billed"),
        pytest.param(
            [units("3", "2026-10-01", "2026-11-01", "744", x_BillingMonth="2026-11")],
            [chat("r1")],
            id="billed later for the month",
        ),
        pytest.param(
            [units("1200", "2026-01-01", "2027-01-01", None)], [chat("r1")], id="paid for the year"
        ),
    ],
)
def test_what_is_not_used_or_is_billed_is_not_accrued(
    tmp_path: Path, costs: list[Row], requests: list[Row]
) -> None:
    last = [units("720", "2026-09-01", "2026-10-01", "720"), MAIL]
    ledger = make_ledger(tmp_path, costs=[*last, *costs], requests=requests)
    assert found(ledger, config(UNITS)) == ()


def test_an_invoice_for_an_earlier_month_is_none_for_this_one(tmp_path: Path) -> None:
    """September's invoice is of October: October is still to be invoiced, at 720 / 720 an hour."""
    late = units("720", "2026-09-01", "2026-10-01", "720", x_BillingMonth="2026-10")
    ledger = make_ledger(tmp_path, costs=[late], requests=[chat("r1")])
    assert told(ledger, config(UNITS)) == [
        (Decimal(744), "Unit-Hours", Decimal(1), Decimal(744), "billed rate of 2026-09")
    ]


# --- seats ------------------------------------------------------------------------------------


def test_the_seats_billed_last_are_accrued_at_their_price(tmp_path: Path) -> None:
    """August had 10 seats, September 12 for 240: October is accrued 12 x 20, whoever of them was seen."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            MAIL,
            desks("190", "2026-08-01", "2026-09-01", "10"),
            desks("240", "2026-09-01", "2026-10-01", "12"),
        ],
        requests=[desk("r1", "ann"), desk("r2", "ben")],
    )
    assert told(ledger, config(DESKS)) == [
        (Decimal(12), "Users", Decimal(20), Decimal(240), "billed rate of 2026-09")
    ]


def test_plans_in_finops_toml_are_accrued_for_the_days_they_are_in_force(tmp_path: Path) -> None:
    """10 seats at 31 all of October, 5 more at 62 from the 21st: 310 + 5 x 11/31 x 62 = 310 + 110."""
    settings = config(
        {
            **DESKS,
            "plans": [
                {"units": 10, "price": "31", "source": "order 7"},
                {"units": 5, "price": "62", "from": "2026-10-21"},
                {"units": 900, "price": "1", "to": "2026-10-01"},
            ],
        }
    )
    billed = desks("240", "2026-09-01", "2026-10-01", "12")
    ledger = make_ledger(tmp_path, costs=[MAIL, billed], requests=[desk("r1", "ann")])
    first, second = found(ledger, settings)
    assert first[:8] == (
        "fakeai",
        "desks",
        "seats",
        Decimal(10),
        "Seats",
        Decimal(31),
        "plan in finops.toml: order 7",
        Decimal(310),
    )
    assert second.quantity == Decimal("1.774193548387096774193548")
    assert second.amount == Decimal("109.999999999999999999999976")
    assert (second.source, second.first.day, second.last.day) == ("plan in finops.toml", 21, 31)


def test_a_plan_in_another_currency_is_exchanged_at_the_rate_of_its_first_day(
    tmp_path: Path,
) -> None:
    """2 units x 744 hours x 1.50 EUR x 1.1 = 2,455.2 USD; without a rate there is no amount."""
    plan = {**UNITS, "plans": [{"units": 2, "price": "1.5", "currency": "EUR"}]}
    rate = {"from": "EUR", "to": "USD", "date": "2026-10-01", "rate": "1.1", "source": "ECB"}
    ledger = make_ledger(tmp_path, costs=[MAIL], requests=[chat("r1")])
    assert told(ledger, config(plan, fx=[rate])) == [
        (
            Decimal(1488),
            "Unit-Hours",
            Decimal("1.65"),
            Decimal("2455.2"),
            "plan in finops.toml; EUR at 1.1 of 2026-10-01",
        )
    ]
    ((_, _, price, amount, source),) = told(ledger, config(plan))
    assert (price, amount) == (None, None)
    assert "there is no rate of EUR to USD on or before 2026-10-01" in str(source)


def test_what_nothing_says_a_price_of_is_named_and_not_accrued(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[MAIL], requests=[desk("r1", "ann")])
    settings = config(DESKS)
    assert [each[:8] for each in found(ledger, settings)] == [
        (
            "?",
            "desks",
            "seats",
            Decimal(1),
            "Months",
            None,
            "no bill before it and no plan in finops.toml says what it costs",
            None,
        )
    ]
    assert close(ledger, settings, accrue=True).manifest["accruals"] == []


# --- in the books -----------------------------------------------------------------------------


def used_without_a_bill(folder: Path) -> tuple[Ledger, Config]:
    """September: 10 units for 7,200 and 4 seats for 80. October has requests of both, and mail."""
    ledger = make_ledger(
        folder,
        costs=[
            MAIL,
            units("7200", "2026-09-01", "2026-10-01", "7200"),
            desks("80", "2026-09-01", "2026-10-01", "4"),
        ],
        requests=[
            chat("r1", team="search", output_tokens=300),
            chat("r2", team="support", output_tokens=100),
            desk("r3", "ann", team="search"),
            desk("r4", "ben", team="support"),
            desk("r5", "ben", team="legal"),
        ],
    )
    return ledger, config(UNITS, DESKS)


def test_accruals_are_booked_explained_and_taken_back_when_the_invoice_comes(
    tmp_path: Path,
) -> None:
    """7,440 and 80 are accrued beside 5 of mail; invoices of 7,000 and 100 come in November."""
    ledger, settings = used_without_a_bill(tmp_path)
    booked = found(ledger, settings)
    close(ledger, settings, accrue=True)
    assert effective(ledger, settings, OCTOBER) == {"USD": Decimal(7525)}
    (part,) = books(ledger, settings, OCTOBER)
    assert booked_accruals(part) == booked
    explained = explain_close(ledger, settings, Question(OCTOBER), "accruals.amount")
    assert explained is not None
    assert explained.value == Decimal(7520)
    assert [
        (each.step, each.quantity, each.rate, each.amount) for each in explained.lines[:-1]
    ] == [
        ("fakeai ptu (provisioned units)", Decimal(7440), Decimal(1), Decimal(7440)),
        ("fakeai desks (seats)", Decimal(4), Decimal(20), Decimal(80)),
    ]
    assert effective(ledger, settings, NOVEMBER) == {}
    add(ledger, "costs", [desks("100", "2026-10-01", "2026-11-01", "5", x_Scope="desks/10")])
    assert effective(ledger, settings, NOVEMBER) == {"USD": Decimal(20)}
    arrears = units("7000", "2026-10-01", "2026-11-01", "7000", x_BillingMonth="2026-11")
    add(ledger, "costs", [arrears])
    assert effective(ledger, settings, NOVEMBER) == {"USD": Decimal(7000 - 7440 + 100 - 80)}
    assert sorted(
        (each.line, each.pool, each.effective)
        for each in adjustments(ledger, settings, closed_months(ledger.location))
    ) == [
        ("accrual", "desks", Decimal(-80)),
        ("accrual", "ptu", Decimal(-7440)),
        ("prior_period", "desks", Decimal(100)),
    ]
    assert effective(ledger, settings, OCTOBER) == {"USD": Decimal(7525)}
    close(ledger, settings, NOVEMBER)
    assert effective(ledger, settings, parse_month("2026-12")) == {}
    assert effective(ledger, settings, None) == {"USD": Decimal(7280 + 5 + 7000 + 100)}


def test_accruals_go_to_those_who_used_the_plans_and_so_does_the_invoice(tmp_path: Path) -> None:
    """Units by weighted tokens, 3 : 1; half of the seats is ann's, half ben's, evenly over his two requests."""
    ledger, settings = used_without_a_bill(tmp_path)
    close(ledger, settings, accrue=True)
    assert split(ledger, settings, "2026-10") == {
        ("accrual", "ptu", "search"): Decimal(5580),
        ("accrual", "ptu", "support"): Decimal(1860),
        ("accrual", "desks", "search"): Decimal(40),
        ("accrual", "desks", "support"): Decimal(20),
        ("accrual", "desks", "legal"): Decimal(20),
        ("other", "Mail", None): Decimal(5),
    }
    add(ledger, "costs", [desks("100", "2026-10-01", "2026-11-01", "5", x_Scope="desks/10")])
    assert split(ledger, settings, "2026-11") == {
        ("accrual", "desks", "search"): Decimal(-40),
        ("accrual", "desks", "support"): Decimal(-20),
        ("accrual", "desks", "legal"): Decimal(-20),
        ("prior_period", "Desks", "search"): Decimal(50),
        ("prior_period", "Desks", "support"): Decimal(25),
        ("prior_period", "Desks", "legal"): Decimal(25),
    }


def split(ledger: Ledger, settings: Config, month: str) -> dict[tuple[object, ...], Decimal]:
    """EffectiveCost of the split bill by section, pool (else service) and team."""
    sql = "select section, coalesce(x_Pool, ServiceName), team, sum(EffectiveCost) from split_rows group by all"
    with split_bill(ledger, settings, parse_month(month), ("team",)) as bill:
        return {tuple(keys): amount.normalize() for *keys, amount in query(bill.con, sql)}


def test_the_books_of_a_closed_month_say_what_was_booked_whatever_finops_toml_says_now(
    tmp_path: Path,
) -> None:
    ledger, settings = used_without_a_bill(tmp_path)
    close(ledger, settings)
    (part,) = books(ledger, settings, OCTOBER)
    assert booked_accruals(part) == ()


def test_an_adjustment_of_the_pool_is_no_invoice_of_the_month(tmp_path: Path) -> None:
    """September closes with 7,200; its invoice is reissued as 3,600, and October is accrued at the new rate."""
    ledger, settings = used_without_a_bill(tmp_path)
    close(ledger, settings, parse_month("2026-09"))
    add(
        ledger,
        "costs",
        [
            units("3600", "2026-09-01", "2026-10-01", "7200"),
            desks("80", "2026-09-01", "2026-10-01", "4"),
        ],
    )
    assert [(each.used, each.rate, each.amount) for each in found(ledger, settings)] == [
        ("ptu", Decimal("0.5"), Decimal(3720)),
        ("desks", Decimal(20), Decimal(80)),
    ]


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        ({**DESKS, "kind": "gpu", "user": None, "plans": [{"units": 1, "price": 1}]}, "take plans"),
        ({**DESKS, "plans": [{"units": 0, "price": 1}]}, "greater than 0"),
        (
            {
                **DESKS,
                "plans": [{"units": 1, "price": 1, "from": "2026-10-02", "to": "2026-10-02"}],
            },
            "must be after its `from`",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(pool: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        config(pool)
