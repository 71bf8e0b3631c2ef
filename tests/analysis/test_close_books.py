"""The books across months: invoices tie, accruals come and go, and nothing is lost between closes."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.analysis.accruals import accruals
from finops.analysis.adjustments import adjustments, late_rows
from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.books import books
from finops.analysis.closing import Decision, close_month, reopen_month
from finops.analysis.completeness import MonthState, completeness
from finops.analysis.invoices import invoices
from finops.errors import GateFailed, LedgerError, UsageError
from finops.ledger.snapshots import all_closes, closed_months, damage
from finops.model.basis import Basis
from finops.model.money import total
from finops.model.period import Period, parse_month
from finops.model.tables import TABLES
from finops.prices import listed
from tests.analysis.ledgers import add, ask, at, config, cost, make_ledger, request, tokens

if TYPE_CHECKING:
    from finops.config import Config
    from finops.ledger.snapshots import Closed
    from finops.ledger.store import Ledger
    from finops.prices.cards import PriceKey, RateCard
    from tests.analysis.ledgers import Row

OCTOBER, NOVEMBER, DECEMBER = (parse_month(f"2026-{month}") for month in (10, 11, 12))
METERED = {"name": "models", "kind": "metered", "where": "x_Model is not null"}
GATEWAY = {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'"}
NOW = datetime(2027, 2, 1, tzinfo=UTC)


def close(
    ledger: Ledger, settings: Config, month: Period = OCTOBER, *, accrue: bool = False
) -> Closed:
    found = completeness(ledger, settings, month, NOW.date())
    decision = Decision("ann@host", NOW, "a test")
    return close_month(ledger, settings, found, decision, accrue=accrue)


def effective(ledger: Ledger, settings: Config, period: Period | None) -> dict[str, Decimal]:
    """EffectiveCost of a period's books by currency."""
    found = book_spend(ledger, settings, SpendQuestion((), period))
    return {money: amounts.EffectiveCost or Decimal(0) for money, amounts in found.totals}


# --- invoices ----------------------------------------------------------------------------------


def test_every_invoice_ties_and_their_parts_are_the_reconciliation(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            tokens("60.1", "output", 600, InvoiceId="A", InvoiceIssuerName="fakeai"),
            tokens("40.2", "output", 400, "2026-10-01", "2026-11-01", InvoiceId="B"),
            cost("9", InvoiceId="A", InvoiceIssuerName="fakeai", ChargeCategory="Tax"),
            cost("-2", InvoiceId="B", ChargeCategory="Credit"),
            cost("12", ServiceName="Gateway", InvoiceId="B"),
            cost("5", ServiceName="Mail"),
            cost("3", x_Model="model-a", InvoiceId="B"),
        ],
        requests=[request("r1", output_tokens=700)],
    )
    settings = config(METERED, GATEWAY)
    (part,) = books(ledger, settings, OCTOBER)
    found = {each.invoice: each for each in invoices(part).invoices}
    answer = ask(ledger, settings).reconciliation
    assert {name: each.effective for name, each in found.items()} == {
        "A": Decimal("69.1"),
        "B": Decimal("53.2"),
        None: Decimal(5),
    }
    assert all(each.difference == 0 for each in found.values())
    assert found["A"].parts["tax"] == 9
    assert found["B"].parts["unmapped"] == 3
    assert found["B"].parts["shared"] == 12
    assert found["B"].parts["credits"] == -2
    in_all = {
        part: total(each.parts.get(part, Decimal(0)) for each in found.values())
        for part in ("requests", "unlogged")
    }
    assert in_all["requests"] == answer.allocated - 12
    assert in_all["unlogged"] == answer.unallocated["unlogged"] + answer.unallocated["rounding"]
    share = in_all["requests"] * Decimal("40.2") / Decimal("100.3")
    assert abs(found["B"].parts["requests"] - share) < Decimal("1e-20")


def test_usage_logged_beyond_any_bill_of_its_model_stands_without_an_invoice(
    tmp_path: Path,
) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[tokens("10", "output", 10, InvoiceId="A")],
        requests=[
            request("r1", output_tokens=10),
            request("r2", request_model="model-b", output_tokens=1_000_000),
        ],
    )
    (part,) = books(ledger, config(METERED), OCTOBER)
    found = {each.invoice: each for each in invoices(part).invoices}
    assert found["A"].parts["requests"] == 10
    assert found[None].parts == {"requests": Decimal(4), "unlogged": Decimal(-4)}
    assert not found[None].effective
    assert not found[None].difference


# --- accruals ----------------------------------------------------------------------------------


def used_without_a_bill(folder: Path) -> Ledger:
    """September billed at 2 a token; October used 30 tokens of that model and 1,000,000 of another."""
    return make_ledger(
        folder,
        costs=[
            tokens("20", "output", 10, "2026-09-01", "2026-10-01", InvoiceId="S"),
            cost("5", ServiceName="Mail"),
        ],
        requests=[
            request("r1", output_tokens=30),
            request("r2", request_model="model-b", output_tokens=1_000_000),
            request("r3", request_model="model-x", output_tokens=7),
        ],
    )


def test_what_no_bill_covers_is_accrued_at_the_last_billed_rate_else_at_list(
    tmp_path: Path,
) -> None:
    ledger = used_without_a_bill(tmp_path / "ledger")
    (part,) = books(ledger, config(METERED), OCTOBER)
    assert [(a.used, a.quantity, a.rate, a.amount, a.source) for a in accruals(part)] == [
        ("model-a", Decimal(30), Decimal(2), Decimal(60), "billed rate of 2026-09"),
        ("model-b", Decimal(1_000_000), Decimal("0.000004"), Decimal(4), "list price"),
        ("model-x", Decimal(7), None, None, "no bill and no list price says what it costs"),
    ]


def test_devices_seen_in_a_pool_without_charges_are_accrued_at_its_last_rate(
    tmp_path: Path,
) -> None:
    rented = {"name": "h100", "kind": "gpu", "where": "ServiceName = 'GPU'", "gpus_per_unit": 8}
    settings = config(rented)
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            cost("5", ServiceName="Mail"),
            cost(
                "320",
                "2026-09-03",
                ServiceName="GPU",
                ConsumedQuantity="10",
                ConsumedUnit="Hours",
            ),
        ],
    )
    add(ledger, "gpu_samples", [sample("2026-10-05", hour) for hour in range(6)])
    (part,) = books(ledger, settings, OCTOBER)
    assert [each[:9] for each in accruals(part)] == [
        (
            "fakeai",
            "h100",
            "device time",
            Decimal(6),
            "GPU-hours",
            Decimal(4),
            "billed rate of 2026-09",
            Decimal(24),
            "USD",
        )
    ]
    close(ledger, settings, accrue=True)
    by_pool = SpendQuestion(("pool", "origin"), OCTOBER)
    assert {
        group.values: group.amounts.EffectiveCost
        for group in book_spend(ledger, settings, by_pool).groups
    } == {("h100", "estimated"): Decimal(24), ("other", "bill"): Decimal(5)}
    assert effective(ledger, settings, NOVEMBER) == {}
    late = cost("30", "2026-10-05", ServiceName="GPU", x_Scope="late", InvoiceId="G")
    add(ledger, "costs", [late])
    assert effective(ledger, settings, NOVEMBER) == {"USD": Decimal(6)}  # 30, less 24


def sample(day: str, hour: int) -> Row:
    """An hour of one device, held by a pod of pool h100."""
    row: Row = {
        "timestamp": at(f"{day}T{hour:02}:00:00"),
        "interval_s": 3600,
        "cluster": "c",
        "device_uuid": "gpu-1",
        "pool": "h100",
        "pod": "server",
        "gr_engine_active": 0.4,
        "source_id": "dcgm",
        "day": day,
    }
    return {name: row.get(name) for name in TABLES["gpu_samples"].names}


def test_an_accrual_is_taken_back_in_the_month_its_invoice_comes(tmp_path: Path) -> None:
    ledger = used_without_a_bill(tmp_path / "ledger")
    settings = config(METERED)
    close(ledger, settings, accrue=True)
    assert effective(ledger, settings, OCTOBER) == {"USD": Decimal(69)}
    assert ask(ledger, settings).reconciliation.amounts["EffectiveCost"] == 5
    assert effective(ledger, settings, NOVEMBER) == {}
    add(
        ledger,
        "costs",
        [
            cost("5", ServiceName="Mail"),
            tokens("66", "output", 30, InvoiceId="O"),
            tokens("4.5", "output", 1_000_000, InvoiceId="O", x_Model="model-b"),
        ],
    )
    assert effective(ledger, settings, OCTOBER) == {"USD": Decimal(69)}
    assert effective(ledger, settings, NOVEMBER) == {"USD": Decimal("6.5")}
    assert [
        (each.line, each.invoice, each.effective)
        for each in adjustments(ledger, settings, closed_months(ledger.location))
    ] == [("accrual", None, Decimal(-64)), ("prior_period", "O", Decimal("70.5"))]
    close(ledger, settings, NOVEMBER)
    assert effective(ledger, settings, NOVEMBER) == {"USD": Decimal("6.5")}
    assert effective(ledger, settings, DECEMBER) == {}
    assert effective(ledger, settings, None) == {"USD": Decimal("95.5")}  # 20 + 5 + 66 + 4.5


# --- closing -----------------------------------------------------------------------------------


def test_a_month_is_provisional_when_every_source_has_delivered_and_complete_after_grace(
    tmp_path: Path,
) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[cost("1", "2026-10-01", "2026-11-01")],
        requests=[request("r1", "2026-10-31T10:00:00")],
    )
    settings = config(close={"grace_days": 4})
    in_time = completeness(ledger, settings, OCTOBER, OCTOBER.end)
    loaded = {each.table: each.missing for each in in_time.deliveries}
    now = datetime.now(tz=UTC).date()
    if now >= OCTOBER.end:  # what is loaded now was loaded after October
        assert loaded == {"costs": None, "requests": None}
        assert in_time.state is MonthState.PROVISIONAL
        assert in_time.final_on.isoformat() == "2026-11-05"
        assert in_time.obstacles(OCTOBER.end) == (
            "sources may still change it until 2026-11-04 (days of grace)",
        )
        assert in_time.obstacles(in_time.final_on) == ()
    early = completeness(ledger, settings, parse_month("2027-06"), OCTOBER.end)
    assert early.state is MonthState.OPEN
    assert early.obstacles(OCTOBER.end) == (
        "no source has delivered anything of it",
        "the month lasts until 2027-06-30",
    )
    missed = completeness(ledger, settings, NOVEMBER, DECEMBER.end)
    assert {each.table: each.missing for each in missed.deliveries} == {
        "costs": "nothing of the month has come",
        "requests": "nothing of the month has come",
    }


def test_an_incomplete_month_closes_for_a_reason_only(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("1")])
    found = completeness(ledger, config(), OCTOBER, NOW.date())
    with pytest.raises(
        GateFailed, match=r"2026-10 is not complete: bill \(costs\): it reaches only"
    ):
        close_month(ledger, config(), found, Decision("ann@host", NOW))
    assert closed_months(ledger.location) == ()


def test_months_close_in_order_and_are_taken_back_newest_first(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("1")])
    settings, why = config(), Decision("ann@host", NOW, "why")
    close(ledger, settings)
    for month, words in (
        (OCTOBER, "2026-10 is closed"),
        (DECEMBER, "after 2026-10 comes 2026-11, not 2026-12"),
        (parse_month("2026-09"), "after 2026-10 comes 2026-11, not 2026-09"),
    ):
        with pytest.raises(UsageError, match=words):
            close(ledger, settings, month)
    close(ledger, settings, NOVEMBER)
    with pytest.raises(UsageError, match="2026-11 was closed after 2026-10"):
        reopen_month(ledger, "2026-10", why)
    with pytest.raises(UsageError, match="for a reason"):
        reopen_month(ledger, "2026-11", Decision("ann@host", NOW))
    reopen_month(ledger, "2026-11", why)
    assert [each.month for each in closed_months(ledger.location)] == ["2026-10"]
    assert [
        (each.name, each.reopened and each.reopened["reason"])
        for each in all_closes(ledger.location)
    ] == [
        ("2026-10/1", None),
        ("2026-11/1", "why"),
    ]
    close(ledger, settings, NOVEMBER)
    assert closed_months(ledger.location)[-1].name == "2026-11/2"


def test_no_reason_closes_a_month_that_is_not_over(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("1")])
    found = completeness(ledger, config(), OCTOBER, NOW.date())
    during = datetime(2026, 10, 31, 23, tzinfo=UTC)
    with pytest.raises(UsageError, match="2026-10 is not over"):
        close_month(ledger, config(), found, Decision("ann@host", during, "in a hurry"))


def test_what_a_killed_close_left_is_removed_by_a_later_one(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("1")])
    left = tmp_path / "ledger" / "_closed" / "2026-10" / ".1-dead"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text("{}")
    os.utime(left, (0, 0))
    assert closed_months(ledger.location) == ()
    assert close(ledger, config()).name == "2026-10/1"
    assert not left.exists()


def test_a_manifest_names_the_close_before_it(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("1")])
    first = close(ledger, config())
    second = close(ledger, config(), NOVEMBER)
    assert first.manifest["previous"] is None
    assert second.manifest["previous"] == {"close": "2026-10/1", "sha256": first.manifest_sha256}
    assert first.manifest["ledger_versions"]["costs"] == ledger.version("costs")


def test_a_changed_file_is_noticed_before_a_number_is_shown(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("1", ServiceName="Mail")])
    closed = close(ledger, config())
    assert damage(ledger.location, closed) == ()
    assert effective(ledger, config(), OCTOBER) == {"USD": Decimal(1)}
    kept = Path(closed.of("costs")[0].file.path)
    kept.chmod(0o600)
    content = bytearray(kept.read_bytes())
    content[100] ^= 1
    kept.unlink()
    kept.write_bytes(content)
    with pytest.raises(
        LedgerError, match="the books of 2026-10 were changed after they were closed"
    ):
        effective(ledger, config(), OCTOBER)
    assert damage(ledger.location, closed) == (f"costs/{closed.of('costs')[0].file.key}",)


def test_a_newer_price_list_does_not_move_a_closed_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        requests=[
            request("r1", provider="openai", request_model="gpt-4o-mini", output_tokens=1_000_000)
        ],
    )
    before = ask(ledger, config(), "model")
    assert before.reconciliation.estimated > 0
    close(ledger, config())
    monkeypatch.setattr("finops.prices.book.listed_cards", _dearer)
    assert ask(ledger, config(), "model") == before
    assert ask(ledger, config(), "model", use_rollups=False).total == before.total
    reopen_month(ledger, "2026-10", Decision("ann@host", NOW, "to see it move"))
    moved = ask(ledger, config(), "model").reconciliation.estimated
    assert moved == 2 * before.reconciliation.estimated


def _dearer(key: PriceKey) -> tuple[RateCard, ...]:
    return tuple(
        card._replace(rates=card.rates and tuple(rate * 2 for rate in card.rates))
        for card in listed.listed_cards(key)
    )


def test_rows_that_come_too_late_are_counted(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger", costs=[cost("1")], requests=[request("r1", output_tokens=5)]
    )
    close(ledger, config())
    assert late_rows(ledger, closed_months(ledger.location)) == ()
    add(
        ledger,
        "requests",
        [
            request("late", "2026-10-09T10:00:00", output_tokens=5),
            request("mine", "2026-11-01T10:00:00", output_tokens=5),
        ],
    )
    assert late_rows(ledger, closed_months(ledger.location)) == (("2026-10", "requests", 1),)
    assert ask(ledger).total.counts["requests"] == 1


def test_days_of_a_closed_month_are_as_its_close_knew_them(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            cost("31", "2026-10-01", "2026-11-01", ServiceName="Mail"),
            cost("4", "2026-10-20", x_BillingMonth="2026-11", ServiceName="Late"),
        ],
    )
    week = Period(OCTOBER.start.replace(day=15), OCTOBER.start.replace(day=22))
    across = Period(week.start, NOVEMBER.start.replace(day=3))
    asked = SpendQuestion(("ServiceName",), OCTOBER, Basis.CHARGE)
    before = (ask(ledger, period=week), book_spend(ledger, config(), asked))
    whole = ask(ledger, period=across).reconciliation
    close(ledger, config())
    assert ask(ledger, period=across).reconciliation == whole
    add(ledger, "costs", [cost("62", "2026-10-01", "2026-11-01", ServiceName="Mail")])
    assert (ask(ledger, period=week), book_spend(ledger, config(), asked)) == before
    assert before[0].reconciliation.other == 11  # seven days of 31, and 4
    assert effective(ledger, config(), NOVEMBER) == {"USD": Decimal(35)}


# --- nothing is lost ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_books_and_adjustments_are_the_bills_after_any_restatements(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    ledger = make_ledger(tmp_path / "ledger", costs=_delivery(dice, "2026-09", "bill"))
    settings = config(METERED)
    booked: dict[str, dict[str, Decimal]] = {}
    months = ["2026-09", "2026-10", "2026-11"]
    for place, name in enumerate(months):
        for _ in range(dice.randint(1, 3)):
            month = dice.choice(months[: place + 1])
            add(ledger, "costs", _delivery(dice, month, dice.choice(("bill", "other"))))
        if effective(ledger, settings, parse_month(name)):
            close(ledger, settings, parse_month(name))
            booked[name] = effective(ledger, settings, parse_month(name))
        for closed, sums in booked.items():
            assert effective(ledger, settings, parse_month(closed)) == sums
        if not booked:
            continue
        _assert_conserved(ledger, settings)
        add(ledger, "costs", _delivery(dice, dice.choice(months[: place + 1]), "bill"))
        _assert_conserved(ledger, settings)


def _assert_conserved(ledger: Ledger, settings: Config) -> None:
    """Every month's books together are the sum of all rows the bills have now, by invoice too."""
    with ledger.connect(["costs"]) as con:
        bills = con.execute(
            "select coalesce(InvoiceId, ''), BillingCurrency, sum(EffectiveCost) from costs group by all"
        ).fetchall()
    by_month = [
        group
        for month in ("2026-09", "2026-10", "2026-11", "2026-12")
        for group in book_spend(
            ledger, settings, SpendQuestion(("InvoiceId",), parse_month(month))
        ).groups
    ]
    found: dict[tuple[str, str], list[Decimal]] = {}
    for group in by_month:
        key = (str(group.values[0] or ""), group.currency)
        found.setdefault(key, []).append(group.amounts.EffectiveCost or Decimal(0))
    sums = {key: total(amounts) for key, amounts in found.items()}
    expected = {(invoice, money): amount for invoice, money, amount in bills}
    assert {key: amount for key, amount in sums.items() if amount} == {
        key: amount for key, amount in expected.items() if amount
    }
    everything = book_spend(ledger, settings, SpendQuestion(("InvoiceId",), None))
    assert {
        (str(g.values[0] or ""), g.currency): g.amounts.EffectiveCost
        for g in everything.groups
        if g.amounts.EffectiveCost
    } == {key: amount for key, amount in expected.items() if amount}


def _delivery(dice: random.Random, month: str, source: str) -> list[Row]:
    """A month's bill of one source, amounts of any sign, repeated rows among them."""
    rows = [
        cost(
            Decimal(dice.randint(-(10**30), 10**30)).scaleb(-24),
            f"{month}-{dice.randint(1, 28):02d}",
            x_BillingMonth=month,
            x_SourceId=source,
            InvoiceId=dice.choice((f"{source}-{month}", None)),
            BillingCurrency=dice.choice(("USD", "USD", "EUR")),
            ServiceName=dice.choice(("Mail", "Web")),
        )
        for _ in range(dice.randint(1, 5))
    ]
    return rows + dice.choices(rows, k=dice.randint(0, 2))
