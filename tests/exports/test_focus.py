"""The FOCUS export: its sums, its columns, what the Foundation's validator says, and its way back."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.loading import LoadOptions, load_files
from finops.analysis.split.bill import split_bill
from finops.errors import FinopsError, UsageError
from finops.exports import focus
from finops.ledger.engine import open_engine, query
from finops.ledger.store import Ledger
from finops.model.tables import COSTS
from tests.analysis.ledgers import OCTOBER
from tests.conftest import missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.api.session import Session

REPOSITORY = Path(__file__).resolve().parents[2]
VALIDATOR = REPOSITORY / ".tools" / "focus-validator"
FALSE_ALARMS = Path(__file__).with_name("focus_false_alarms.toml")

INVOICED = {
    ("F-10", "USD"): (Decimal("9.183333333333333333000001"),) * 2,
    ("C-10", "USD"): (Decimal(51), Decimal("53.5")),
    (None, "USD"): (Decimal(0), Decimal(110)),
}
"""BilledCost and EffectiveCost of October's invoices, and of owned hardware, which is on none."""


@pytest.fixture(scope="module")
def written(company: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """October as Parquet, split by team and workflow."""
    target = tmp_path_factory.mktemp("focus") / "october.parquet"
    exported = company.export("focus", target, month="2026-10")
    assert exported.paths == (target,)
    return target


@pytest.fixture(scope="module")
def rows(written: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(written).to_pylist()
    return found


def sums(rows: list[dict[str, Any]]) -> dict[Any, tuple[Decimal, ...]]:
    found: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in rows:
        key = (row["InvoiceId"] or None, row["BillingCurrency"])
        amounts = (Decimal(row["BilledCost"]), Decimal(row["EffectiveCost"]))
        found[key] = [left + right for left, right in zip(found[key], amounts, strict=True)]
    return {key: tuple(amounts) for key, amounts in found.items()}


def test_it_adds_up_to_every_invoice_to_the_last_digit(rows: list[dict[str, Any]]) -> None:
    assert sums(rows) == INVOICED


def test_charges_are_split_among_those_who_used_them(rows: list[dict[str, Any]]) -> None:
    model = [row for row in rows if row["x_Model"] and row["x_TokenType"] == "output"]
    split = {
        (row["SubAccountId"], row["x_Use"], row["x_Team"], row["x_Workflow"]): (
            row["EffectiveCost"].quantize(Decimal("0.000001")),
            row["x_AllocatedRatio"],
        )
        for row in model
    }
    assert split == {
        ("p-search", "requests", "search", "find"): (
            Decimal("4.000000"),
            Decimal("0.571428571428"),
        ),
        ("p-search", "requests", "search", '"rank"\n'): (
            Decimal("2.000000"),
            Decimal("0.285714285714"),
        ),
        ("p-search", "unlogged", "search", None): (Decimal("1.000000"), Decimal("0.142857142858")),
        ("p-legal", "requests", "legal", "draft"): (Decimal("3.000000"), Decimal("0.967741935483")),
        ("p-legal", "unlogged", None, None): (Decimal("0.100000"), Decimal("0.032258064517")),
    }
    legal = [row for row in model if row["SubAccountId"] == "p-legal"]
    assert sum(row["EffectiveCost"] for row in legal) == Decimal("3.1")


def test_a_part_says_how_it_was_split_and_for_whom(rows: list[dict[str, Any]]) -> None:
    (part,) = [
        row
        for row in rows
        if row["x_Workflow"] == "find"
        and row["x_TokenType"] == "output"
        and row["SubAccountId"] == "p-search"
    ]
    assert json.loads(part["x_AllocatedMethodDetails"]) == {
        "Elements": [
            {"AllocatedRatio": 0.571428571428, "UsageUnit": "Tokens", "UsageQuantity": 400}
        ]
    }
    assert part["x_AllocatedMethodId"] == "finops/requests"
    assert (part["x_AllocatedResourceId"], part["x_AllocatedResourceName"]) == (
        "team/search",
        "search",
    )
    assert json.loads(part["x_AllocatedTags"]) == {"team": "search", "workflow": "find"}


def test_what_is_not_split_stands_as_it_is(rows: list[dict[str, Any]]) -> None:
    (phones,) = [row for row in rows if row["ServiceName"] == "Phones"]
    assert (phones["EffectiveCost"], phones["x_Use"], phones["x_Team"]) == (5, "other", "support")
    assert phones["x_AllocatedMethodId"] is None
    assert phones["x_AllocatedRatio"] is None


def test_every_row_keeps_to_the_specification(written: Path, rows: list[dict[str, Any]]) -> None:
    """What the validator looks at for the file as a whole, here row by row."""
    schema = pq.read_schema(written)
    focus_columns = [name for name in schema.names if not name.startswith("x_")]
    assert schema.names[: len(focus_columns)] == sorted(focus_columns)
    assert len(focus_columns) == 57
    for name in schema.names[: len(focus_columns)]:
        kind = COSTS.column(name).kind.stored
        wanted = {
            "DECIMAL(38,24)": pa.decimal128(38, 24),
            "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
        }.get(kind, pa.string())
        assert schema.field(name).type == wanted, name
    for row in rows:
        for column in COSTS.columns:
            value = row.get(column.name)
            if column.values and value is not None and not column.name.startswith("x_"):
                assert value in column.values, column.name
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        assert row["BillingPeriodStart"] < row["BillingPeriodEnd"]
        assert re.fullmatch("[A-Z]{3}", row["BillingCurrency"])
        assert row["PricingCurrencyEffectiveCost"] == row["EffectiveCost"]
        for name in ("Tags", "SkuPriceDetails", "x_AllocatedMethodDetails", "x_AllocatedTags"):
            assert row[name] is None or isinstance(json.loads(row[name]), dict)
        for name in ("PricingQuantity", "ConsumedQuantity"):
            unit = name.replace("Quantity", "Unit")
            assert (row[name] is None) == (row[unit] is None)
        for name in ("ProviderName", "PublisherName", "InvoiceIssuerName", "ServiceSubcategory"):
            assert row[name], name


def test_quantities_and_list_costs_are_split_with_the_amounts(rows: list[dict[str, Any]]) -> None:
    by_sku: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in rows:
        if row["ServiceName"] == "FakeAI API" and row["ChargeCategory"] == "Usage":
            before = by_sku[row["x_TokenType"]]
            amounts = (row["PricingQuantity"], row["ListCost"])
            by_sku[row["x_TokenType"]] = [a + b for a, b in zip(before, amounts, strict=True)]
    assert by_sku == {
        "output": [Decimal(1010), Decimal("10.100000000000000000000001")],
        "uncached_input": [Decimal(1000), Decimal("0.333333333333333333")],
    }


def test_as_csv_it_is_the_same_and_so_it_is_a_second_time(
    company: Session, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    one, two = (
        company.export("focus", tmp_path / name / "f.csv", month="2026-10").paths[0].read_bytes()
        for name in ("one", "two")
    )
    assert one == two
    with open_engine() as con:
        con.execute(
            f"create view f as select * from read_csv('{tmp_path}/one/f.csv', all_varchar=true)"
        )
        columns = [row[0] for row in query(con, "describe f")]
        found = [dict(zip(columns, row, strict=True)) for row in query(con, "select * from f")]
    assert sums(found) == INVOICED
    assert columns == list(rows[0])
    assert found[0]["ChargePeriodStart"] == "2026-10-01T00:00:00Z"
    assert '"rank"\n' in {row["x_Workflow"] for row in found}


ADDED_1_3 = {
    "AllocatedMethodDetails",
    "AllocatedMethodId",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
    "ContractApplied",
    "HostProviderName",
    "ServiceProviderName",
}
"""Columns of FOCUS 1.3 that 1.2 has not; all of them text, JSON where they are objects."""


@pytest.fixture(scope="module")
def as_1_3(company: Session, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """The same month as FOCUS 1.3."""
    target = tmp_path_factory.mktemp("focus-1.3") / "f.parquet"
    company.export("focus", target, month="2026-10", choices={"focus-version": "1.3"})
    return pq.read_table(target)


def test_a_file_of_version_1_3_has_the_columns_of_1_2_and_those_it_added(
    as_1_3: pa.Table, written: Path
) -> None:
    before = pq.read_schema(written)
    known = {name for name in before.names if not name.startswith("x_")}
    names = [name for name in as_1_3.column_names if not name.startswith("x_")]
    assert set(names) == known | ADDED_1_3
    assert names == sorted(names)
    assert len(names) == 65
    assert all(as_1_3.schema.field(name).type == before.field(name).type for name in known)
    assert {as_1_3.schema.field(name).type for name in ADDED_1_3} == {pa.string()}
    assert not {f"x_{name}" for name in ADDED_1_3} & set(as_1_3.column_names)


def test_every_row_of_version_1_3_keeps_to_what_it_says_of_its_columns(as_1_3: pa.Table) -> None:
    """A charge that was split says how and for whom; what nobody used has no one, and what is whole says nothing."""
    split, whole = 0, 0
    for row in as_1_3.to_pylist():
        assert row["ServiceProviderName"], "mandatory"
        assert row["HostProviderName"], "mandatory"
        applied = row["ContractApplied"]
        assert applied is None or isinstance(json.loads(applied), dict)
        if row["AllocatedMethodId"] is None:
            whole += 1
            assert {row[name] for name in ADDED_1_3 if name.startswith("Allocated")} == {None}
            continue
        split += 1
        (element,) = json.loads(row["AllocatedMethodDetails"], parse_float=Decimal)["Elements"]
        assert element.keys() <= {"AllocatedRatio", "UsageUnit", "UsageQuantity"}
        assert ("UsageUnit" in element) == ("UsageQuantity" in element)
        assert 0 < element["AllocatedRatio"] <= 1
        tags = json.loads(row["AllocatedTags"])
        named = [value for value in (row["x_Team"], row["x_Workflow"]) if value is not None]
        assert list(tags.values()) == named
        assert (row["AllocatedResourceId"] is None) == (not named)
        assert (row["AllocatedResourceName"] is None) == (row["AllocatedResourceId"] is None)
    assert (split > 0, whole > 0) == (True, True)


def test_parts_of_a_charge_of_version_1_3_are_all_of_it(as_1_3: pa.Table) -> None:
    ratios: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for row in as_1_3.to_pylist():
        if row["AllocatedMethodId"] is not None:
            key = (row["ServiceName"], row["SkuMeter"], row["x_TokenType"], row["SubAccountId"])
            details = json.loads(row["AllocatedMethodDetails"], parse_float=Decimal)
            ratios[key] += details["Elements"][0]["AllocatedRatio"]
    assert ratios
    assert all(each == each.to_integral_value() for each in ratios.values())


def test_finops_loads_its_own_export_to_the_same_totals(written: Path, tmp_path: Path) -> None:
    ledger = Ledger.open(str(tmp_path / "again"), create=True)
    load_files(ledger, "costs", [written], LoadOptions(source="export"))
    with ledger.connect(["costs"]) as con:
        found = query(
            con,
            "select InvoiceId, BillingCurrency, sum(BilledCost), sum(EffectiveCost) from costs "
            "where x_BillingMonth = '2026-10' group by 1, 2",
        )
        teams = query(
            con,
            "select json_extract_string(x_Extra, '$.x_Team') as team, sum(EffectiveCost) from costs "
            "where x_Model is not null group by 1 order by 1",
        )
    assert {row[:2]: row[2:] for row in found} == INVOICED
    assert [team for team, _ in teams] == ["legal", "search", None]


def test_a_file_that_does_not_add_up_is_never_written(
    company: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(focus, "SPLIT", "(select * from split_rows where x_Model is null)")
        with pytest.raises(FinopsError, match="does not add up to invoice F-10"):
            company.export("focus", tmp_path / "f.parquet", month="2026-10")
    assert list(tmp_path.iterdir()) == []


def test_names_formats_and_periods_there_are_not(company: Session, tmp_path: Path) -> None:
    asked: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: company.export("fokus", tmp_path / "f"), "'fokus' is installed"),
        (lambda: company.export("focus", tmp_path / "f.xlsx"), "no format of focus ends like this"),
        (lambda: company.export("focus", tmp_path / "f", format="xml"), "writes no 'xml'"),
        (
            lambda: company.export(
                "focus", tmp_path / "f.csv", since="2026-10-02", until="2026-10-05"
            ),
            "is not whole months",
        ),
        (
            lambda: company.export("focus", tmp_path / "f.csv", choices={"focus-version": "9"}),
            "is none of 1.2, 1.3",
        ),
        (
            lambda: company.export("focus", tmp_path / "f.csv", choices={"colour": "red"}),
            "no choice",
        ),
        (lambda: company.export("grafana", tmp_path / "g", month="2026-10"), "about no period"),
    )
    for run, why in asked:
        with pytest.raises(UsageError, match=why):
            run()
    assert list(tmp_path.iterdir()) == []


def test_two_months_go_into_a_folder(company: Session, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one month a file"):
        company.export("focus", tmp_path / "f.csv", since="2026-10-01", until="2026-12-01")
    (tmp_path / "months").mkdir()
    done = company.export(
        "focus", tmp_path / "months", format="csv", since="2026-10-01", until="2026-12-01"
    )
    assert [path.name for path in done.paths] == ["focus-2026-10.csv", "focus-2026-11.csv"]


def test_the_split_view_has_no_row_twice_for_one_part(company: Session) -> None:
    """Ratios of the parts of one charge add up to one."""
    with split_bill(company.ledger, company.config, OCTOBER, ("team",)) as bill:
        ratios = query(
            bill.con,
            "select account, SubAccountId, x_TokenType, sum(ratio) from split_rows "
            "where part is not null and x_CostOrigin = 'bill' group by all",
        )
    assert ratios
    assert {ratio for *_, ratio in ratios} == {Decimal(1)}


def validator() -> Path:
    """The validator's own Python, where continuous integration puts it."""
    program = VALIDATOR / "bin" / "python"
    if not program.exists():
        missing("focus-validator", "scripts/focus-validator installs it")
    return program


CHECK = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from focus_validator.validator import Validator
found = Validator(
    data_filename=sys.argv[1], output_destination=None, output_type="console",
    rules_version="1.2.0.1", focus_dataset="CostAndUsage", rules_block_remote_download=True,
).validate()
failed = sorted(name for name, each in found.by_rule_id.items() if not each["ok"])
json.dump({"rules": len(found.by_rule_id), "failed": failed}, open(sys.argv[2], "w"))
"""


@pytest.mark.slow
def test_the_foundations_validator_finds_nothing_but_its_false_alarms(
    written: Path, tmp_path: Path
) -> None:
    """A real focus-validator in a Python of its own; it reads a file of its package relative to where it runs."""
    program, answer = validator(), tmp_path / "answer.json"
    (site,) = (VALIDATOR / "lib").glob("python3.*/site-packages")
    subprocess.run(
        [program, "-c", CHECK, written, answer], cwd=site, check=True, capture_output=True
    )
    found = json.loads(answer.read_text())
    alarms = tomllib.loads(FALSE_ALARMS.read_text())["rules"]
    assert found["rules"] > 500
    assert set(found["failed"]) <= set(alarms)
