"""The split bill: who used it, what is left, and not a digit lost, of random companies too."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.analysis.closing import Decision, close_month
from finops.analysis.completeness import completeness
from finops.analysis.split.bill import split_bill
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.period import parse_month, parse_period
from finops.model.tables import COST_AMOUNTS
from tests.analysis.ledgers import (
    OCTOBER,
    add,
    ask,
    config,
    cost,
    costs_by,
    make_ledger,
    request,
    sample,
    tokens,
)
from tests.analysis.test_closing import NOW
from tests.analysis.worlds import WORLD_PRICES, world

if TYPE_CHECKING:
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from tests.analysis.ledgers import Row

TEAMS = ("search", "support", "legal", None)
OWNERS = """from,to,kind,match,team,product,cost_centre,gl_code
,,service,Egress,platform,Network,CC-9,6500
,,project,p1,payments,Pay,CC-1,6410
"""


def rows(
    ledger: Ledger,
    setup: Config,
    sql: str,
    *by: str,
    month: Period = OCTOBER,
) -> list[tuple[Any, ...]]:
    """Rows of `sql` over the split bill."""
    with split_bill(ledger, setup, month, by) as bill:
        return query(bill.con, sql)


def used(ledger: Ledger, setup: Config, *by: str, month: Period = OCTOBER) -> dict[Any, Decimal]:
    """EffectiveCost by section and the first name of `by`."""
    sql = f"select section, {by[0]}, sum(EffectiveCost) from split_rows group by all"
    found = rows(ledger, setup, sql, *by, month=month)
    return {(section, name): amount.normalize() for section, name, amount in found}


def test_a_model_is_split_by_the_tokens_of_each_team_and_what_no_log_shows(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("10", "output", 1000)],
        requests=[
            request("a", team="search", output_tokens=500),
            request("b", team="support", output_tokens=300),
        ],
    )
    assert used(ledger, config(), "team") == {
        ("requests", "search"): Decimal(5),
        ("requests", "support"): Decimal(3),
        ("unlogged", None): Decimal(2),
    }


def test_every_amount_and_quantity_is_split_alike(tmp_path: Path) -> None:
    line = tokens("9", "output", 900, BilledCost="12", ListCost="18", ContractedCost="9")
    ledger = make_ledger(
        tmp_path,
        costs=[line],
        requests=[
            request("a", team="search", output_tokens=600),
            request("b", team="support", output_tokens=300),
        ],
    )
    sql = (
        "select team, BilledCost, EffectiveCost, ListCost, ConsumedQuantity, ratio, quantity, unit "
        "from split_rows order by team"
    )
    found = [
        (row[0], *map(round_of, row[1:6]), *row[6:]) for row in rows(ledger, config(), sql, "team")
    ]
    assert found == [
        ("search", 8.0, 6.0, 12.0, 600.0, 0.666667, 600, "Tokens"),
        ("support", 4.0, 3.0, 6.0, 300.0, 0.333333, 300, "Tokens"),
    ]


def round_of(amount: Decimal) -> float:
    return round(float(amount), 6)


def test_shared_pools_go_by_their_driver_and_idle_devices_to_nobody(tmp_path: Path) -> None:
    setup = config(
        {
            "name": "vectors",
            "kind": "shared",
            "where": "ServiceName = 'Vectors'",
            "driver": "requests",
        },
        {"name": "gpus", "kind": "gpu", "where": "ServiceName = 'Nodes'"},
    )
    node = cost(
        "8",
        ServiceName="Nodes",
        ConsumedQuantity="4",
        ConsumedUnit="Hours",
        SkuPriceDetails={"GpuCount": 1},
    )
    ledger = make_ledger(
        tmp_path,
        costs=[cost("4", ServiceName="Vectors"), node],
        requests=[
            request("a", team="search"),
            request("b", team="search"),
            request("c", team="search"),
            request("d", team="support"),
        ],
        samples=[
            sample("gpu-0", "2026-10-05T00:00:00", pool="gpus", gpu_util=0.0),
            sample("gpu-0", "2026-10-05T01:00:00", pool="gpus", workload="train", gpu_util=1.0),
        ],
    )
    assert used(ledger, setup, "team") == {
        ("shared", "search"): Decimal(3),
        ("shared", "support"): Decimal(1),
        ("gpu_idle", None): Decimal(2),
        ("unobserved", None): Decimal(4),
        ("workloads", None): Decimal(2),
    }


def test_what_nobody_uses_falls_to_the_owner_of_the_charge(tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_text(OWNERS)
    setup = config(owners={"file": str(tmp_path / "owners.csv")})
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[
            cost("7", ServiceName="Egress"),
            tokens("4", "output", 400, SubAccountId="p1"),
            cost("1", ServiceName="Phones"),
            cost("-2", ChargeCategory="Credit", ServiceName="Egress"),
        ],
        requests=[request("a", team="search", project="p1", output_tokens=100)],
    )
    assert used(ledger, setup, "team") == {
        ("other", "platform"): Decimal(7),
        ("requests", "search"): Decimal(1),
        ("unlogged", "payments"): Decimal(3),
        ("other", None): Decimal(1),
        ("credits", "platform"): Decimal(-2),
    }
    assert used(ledger, setup, "gl_code")["other", "6500"] == Decimal(7)


def test_accruals_are_split_by_the_tokens_they_stand_for_and_taken_back_in_the_same_way(
    tmp_path: Path,
) -> None:
    september = [tokens("6", "output", 600, "2026-09-01", "2026-10-01")]
    ledger = make_ledger(
        tmp_path,
        costs=september,
        requests=[
            request("a", team="search", output_tokens=300),
            request("b", team="support", output_tokens=100),
        ],
    )
    found = completeness(ledger, config(), OCTOBER, NOW.date())
    close_month(ledger, config(), found, Decision("ann", NOW, "a test"), accrue=True)
    assert used(ledger, config(), "team") == {
        ("accrual", "search"): Decimal(3),
        ("accrual", "support"): Decimal(1),
    }
    add(ledger, "costs", [*september, tokens("8", "output", 400, x_BillingMonth="2026-10")])
    november = used(ledger, config(), "team", month=parse_month("2026-11"))
    assert november == {
        ("accrual", "search"): Decimal(-3),
        ("accrual", "support"): Decimal(-1),
        ("prior_period", "search"): Decimal(6),
        ("prior_period", "support"): Decimal(2),
    }


def test_currencies_that_cannot_be_exchanged_are_split_each_by_itself(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[
            tokens("10", "output", 100),
            tokens("4", "output", 100, x_Model="model-b", BillingCurrency="EUR"),
        ],
        requests=[
            request("a", team="search", output_tokens=100),
            request("b", team="legal", request_model="model-b", output_tokens=50),
        ],
    )
    sql = "select BillingCurrency, section, team, sum(EffectiveCost) from split_rows group by all"
    assert {(*row[:3], row[3].normalize()) for row in rows(ledger, config(), sql, "team")} == {
        ("USD", "requests", "search", Decimal(10)),
        ("EUR", "requests", "legal", Decimal(2)),
        ("EUR", "unlogged", None, Decimal(2)),
    }


def test_only_a_whole_month_has_invoices(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[cost("1")])
    days = parse_period(since="2026-10-01", until="2026-10-15")
    assert days is not None
    with (
        pytest.raises(UsageError, match="is not one month"),
        split_bill(ledger, config(), days, ("team",)),
    ):
        pass


def test_a_name_that_nothing_says_is_refused(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[cost("1")])
    for name, why in (("product", "nothing says which product"), ("nonsense", "cannot be grouped")):
        with pytest.raises(UsageError, match=why), split_bill(ledger, config(), OCTOBER, (name,)):
            pass


@settings(max_examples=3, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_random_companies_add_up_to_their_invoices_and_to_unit_cost(seed: int) -> None:
    company = world(seed, 30, 25)
    dice = random.Random(seed)
    requests = [{**row, "team": dice.choice(TEAMS)} for row in company.requests]
    invoiced = [{**row, "InvoiceId": dice.choice(("i1", "i2", None))} for row in company.costs]
    setup = config(*company.settings(), prices=WORLD_PRICES)
    with tempfile.TemporaryDirectory() as folder:
        ledger = make_ledger(
            Path(folder), costs=invoiced, requests=requests, samples=company.samples
        )
        sums = ", ".join(f"sum(coalesce({name}, 0))" for name in COST_AMOUNTS)
        with split_bill(ledger, setup, OCTOBER, ("team", "workflow")) as bill:
            found = query(
                bill.con,
                f"select InvoiceId, BillingCurrency, {sums} from split_rows group by 1, 2",
            )
            by_team = query(
                bill.con,
                "select team, sum(EffectiveCost) from split_rows "
                "where section in ('requests', 'shared') group by 1",
            )
            unbilled = bill.unbilled
        assert {row[:2]: row[2:] for row in found} == billed(invoiced)
        if not unbilled:
            answer = ask(ledger, setup, "team")
            listed = {group.keys[0]: group.list_cost for group in answer.groups}
            for team, amount in costs_by(answer).items():
                mine = dict(by_team).get(team, Decimal(0))
                assert abs(mine - (amount - listed[team])) < Decimal("1e-6"), team


def billed(costs: list[Row]) -> dict[Any, tuple[Decimal, ...]]:
    """The four amounts of October's invoices, by InvoiceId and currency, summed in fractions."""
    found: dict[Any, list[Fraction]] = defaultdict(lambda: [Fraction()] * len(COST_AMOUNTS))
    for row in costs:
        if row["x_BillingMonth"] == "2026-10":
            key = (row["InvoiceId"], row["BillingCurrency"])
            amounts = [Fraction(Decimal(row[name] or 0)) for name in COST_AMOUNTS]
            found[key] = [sum(pair, Fraction()) for pair in zip(found[key], amounts, strict=True)]
    return {
        key: tuple(Decimal(each.numerator) / each.denominator for each in amounts)
        for key, amounts in found.items()
    }
