"""FOCUS bills: real ones to the last digit, every version, and the traps in between."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.formats.bills.focus import version_of
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from finops.errors import InputError
    from finops.ledger.store import Ledger

ROW = {
    "BilledCost": "1.5",
    "EffectiveCost": "1.25",
    "ListCost": "2",
    "ContractedCost": "1.5",
    "BillingCurrency": "USD",
    "BillingAccountId": "acc",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-03T00:00:00Z",
    "ChargePeriodEnd": "2026-10-04T00:00:00Z",
    "ChargeCategory": "Usage",
    "ProviderName": "Cloud",
    "ServiceName": "Compute",
    "Tags": "",
}


def bill(*rows: dict[str, str], **changes: str) -> str:
    """A FOCUS CSV with `ROW` and what differs from it, once for each of `rows`."""
    out = io.StringIO()
    full = [{**ROW, **changes, **row} for row in (rows or ({},))]
    writer = csv.DictWriter(out, full[0])
    writer.writeheader()
    writer.writerows(full)
    return out.getvalue()


def test_the_real_sample_adds_up_by_provider(
    shared_data: Path, load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    (result,) = load("costs", shared_data / "focus-sample" / "focus_sample.csv")
    assert (result.format, result.stored.rows_stored, result.notes) == (
        "focus",
        1000,
        ("FOCUS 1.0",),
    )
    assert ask("select ProviderName, sum(BilledCost) from costs group by 1 order by 1") == [
        ("AWS", Decimal("18.00663861840")),
        ("Microsoft", Decimal("1.97651418586")),
        ("Oracle", Decimal("0.53707392473")),
    ]
    total = [(Decimal("20.52022672899"),)]
    assert ask("select sum(BilledCost) from costs") == total
    months = ask("select x_BillingMonth, sum(BilledCost) from costs group by 1 order by 1")
    assert [month for month, _ in months] == ["2024-09", "2024-10"]
    assert sum(cost for _, cost in months) == total[0][0]
    tags = ask("select Tags->>'$.environment', sum(BilledCost) from costs group by 1")
    assert len(tags) > 1
    assert sum(cost for _, cost in tags) == total[0][0]


def test_the_same_bill_twice_changes_nothing(
    shared_data: Path, load: Callable[..., Any], ask: Callable[..., Any], ledger: Ledger
) -> None:
    path = shared_data / "focus-sample" / "focus_sample.csv"
    load("costs", path)
    before = ledger.version("costs")
    (again,) = load("costs", path)
    assert again.stored.unchanged
    assert ledger.version("costs") == before
    assert ask("select count(*) from costs") == [(1000,)]


@pytest.mark.parametrize(
    ("name", "total"),
    [("1.0", 10), ("1.1", 20), ("1.2", 11), ("1.3", 34), ("1.4", 25)],
)
def test_every_version_loads(
    name: str, total: int, shared_data: Path, load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    load("costs", shared_data / "focus-versions" / f"focus-{name}.csv")
    assert ask("select sum(BilledCost) from costs") == [(Decimal(total),)]
    assert ask(
        "select count(*) from costs where coalesce(ServiceProviderName, ProviderName) is null"
    ) == [(0,)]


def test_files_that_break_the_specification_are_refused(
    shared_data: Path, refused: Callable[..., InputError]
) -> None:
    folder = shared_data / "focus-versions"
    assert "twice: BilledCost" in refused("costs", folder / "duplicate-header.csv").message
    (problem,) = refused("costs", folder / "null-chargeperiodstart.csv").problems
    assert (problem.row, problem.column, problem.why) == (
        1,
        "ChargePeriodStart",
        "must not be empty",
    )


def test_a_reissued_month_replaces_the_old_one(
    shared_data: Path, load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    tree = shared_data / "aws-focus-s3"
    for month in ("2026-05", "2026-06"):
        load("costs", tree / f"fixture/**/BILLING_PERIOD={month}/**/*.csv.gz", source="aws")
    monthly = "select x_BillingMonth, sum(BilledCost) from costs group by 1 order by 1"
    assert ask(monthly) == [("2026-05", Decimal("32.7663")), ("2026-06", Decimal("32.7663"))]
    (result,) = load("costs", tree / "restated/**/*.csv.gz", source="aws")
    assert ask(monthly) == [("2026-05", Decimal("32.7663")), ("2026-06", Decimal("58.1679"))]
    (replaced,) = result.stored.replaced
    assert replaced.old_totals["USD"]["BilledCost"] == Decimal("32.7663")
    assert replaced.new_totals["USD"]["BilledCost"] == Decimal("58.1679")


def test_versions_are_told_by_their_columns() -> None:
    assert version_of(["BilledCost", "ProviderName"]) == "1.0"
    assert version_of(["ProviderName", "SkuMeter"]) == "1.1"
    assert version_of(["ProviderName", "InvoiceId", "SkuMeter"]) == "1.2"
    assert version_of(["ProviderName", "ServiceProviderName"]) == "1.3"
    assert version_of(["ServiceProviderName"]) == "1.4"
    assert version_of(["ProviderName", "InvoiceDetailId"]) == "1.4"


def test_identical_rows_in_one_delivery_are_all_kept(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    load("costs", write("b.csv", bill({}, {}, {})))
    assert ask("select count(*), sum(BilledCost) from costs") == [(3, Decimal("4.5"))]


def test_the_dirt_of_real_files(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    text = bill(
        {
            "Tags": '"org": "a", " org": "b",',
            "ServiceName": 'two\nlines, "quoted"',
            "RegionId": '""',
        },
        {"Tags": "{}", "ServiceName": "NULL", "RegionId": "null"},
        {"Tags": '{"on": true, "K": "v", "k": "w"}', "ServiceName": "x", "RegionId": "eu"},
        RegionId="",
        Colour="red",
    )
    load("costs", write("b.csv", "\ufeff" + text.rstrip("\n")))
    assert ask(
        "select ServiceName, RegionId, Tags, x_Extra from costs order by ServiceName nulls first"
    ) == [
        (None, None, None, '{"Colour":"red"}'),
        ('two\nlines, "quoted"', None, '{"org": "a", " org": "b"}', '{"Colour":"red"}'),
        ("x", "eu", '{"on": true, "K": "v", "k": "w"}', '{"Colour":"red"}'),
    ]


def test_header_case_does_not_matter(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    head, _, rest = bill().partition("\n")
    load("costs", write("b.csv", f"{head.lower()}\n{rest}"))
    assert ask("select BilledCost, x_Scope from costs") == [(Decimal("1.5"), "Cloud/acc")]


def test_a_bill_cannot_put_its_rows_on_the_lines_that_finops_adds(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    path = write("b.csv", bill(x_Line="fx", x_AdjustsMonth="2026-09"))
    load("costs", path)
    assert ask("select x_Line, x_AdjustsMonth, x_Extra from costs") == [
        (None, None, '{"x_Line":"fx","x_AdjustsMonth":"2026-09"}')
    ]
    with pytest.raises(UsageError, match="costs has no such column"):
        load("costs", path, sets={"x_Line": "fx"})


def test_a_correction_keeps_its_old_charge_period_in_the_new_billing_month(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    old = {
        "ChargeClass": "Correction",
        "BilledCost": "-2",
        "ChargePeriodStart": "2026-08-03",
        "ChargePeriodEnd": "2026-08-04",
    }
    load("costs", write("b.csv", bill({}, old, ChargeClass="")))
    assert ask(
        "select x_BillingMonth, strftime(ChargePeriodStart, '%Y-%m'), BilledCost from costs order by 3"
    ) == [("2026-10", "2026-08", Decimal(-2)), ("2026-10", "2026-10", Decimal("1.5"))]


def test_a_virtual_currency_is_a_pricing_currency(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    load(
        "costs", write("b.csv", bill(PricingCurrency="Token", PricingCurrencyEffectiveCost="1000"))
    )
    assert ask(
        "select PricingCurrency, PricingCurrencyEffectiveCost, BillingCurrency from costs"
    ) == [("Token", Decimal(1000), "USD")]


def test_missing_required_columns_are_named(
    write: Callable[..., Path], refused: Callable[..., InputError], load: Callable[..., Any]
) -> None:
    text = bill().replace("BillingCurrency", "Money")
    assert "without BillingCurrency" in refused("costs", write("b.csv", text), hint="focus").message
    assert load("costs", write("c.csv", text), hint="focus", maps={"BillingCurrency": "Money"})
    assert load("costs", write("d.csv", text), hint="focus", sets={"BillingCurrency": "EUR"})


def test_amounts_beyond_the_ledger_are_refused_naming_the_currency(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    rows = [{"BilledCost": "123456789012345"}, {"EffectiveCost": "0." + "1" * 25}]
    error = refused("costs", write("b.csv", bill(*rows, BillingCurrency="VND")))
    assert [(p.row, p.column, p.why) for p in error.problems] == [
        (1, "BilledCost", "has more than 14 digits before the point (VND)"),
        (2, "EffectiveCost", "has more than 24 decimal places (VND)"),
    ]


def test_parquet_doubles_are_the_decimals_they_print(
    tmp_path: Path, load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    import duckdb

    path = tmp_path / "b.parquet"
    with duckdb.connect() as con:
        cells = ", ".join(
            f"{value}::double as {name}" if "Cost" in name else f"'{value}' as {name}"
            for name, value in {**ROW, "BilledCost": "0.1"}.items()
            if name != "Tags"
        )
        con.execute(f"copy (select {cells}, map {{'K': 'v'}} as Tags) to '{path}'").fetchall()
    load("costs", path)
    assert ask("select BilledCost, EffectiveCost, Tags from costs") == [
        (Decimal("0.1"), Decimal("1.25"), '{"K":"v"}')
    ]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]),
            max_size=20,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_survives_csv_quoting(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any], texts: list[str]
) -> None:
    rows = [{"ServiceName": text, "ResourceId": str(at)} for at, text in enumerate(texts)]
    load("costs", write("b.csv", bill(*rows)))
    kept = ask("select coalesce(ServiceName, '') from costs order by ResourceId")
    empty = {"NULL", "null"}
    assert [name for (name,) in kept] == ["" if text in empty else text for text in texts]
