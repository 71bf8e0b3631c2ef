"""Device time whose invoice has not come: accrued, split among its holders, and its invoice likewise."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.split.bill import split_bill
from finops.ledger.engine import query
from finops.model.period import parse_month
from tests.analysis.ledgers import add, config, cost, make_ledger, request, sample
from tests.analysis.test_close_books import close, effective
from tests.analysis.test_plan_accruals import split

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

GPUS: dict[str, Any] = {
    "name": "h100",
    "kind": "gpu",
    "where": "ServiceName = 'GPU'",
    "gpus_per_unit": 8,
}
OWNERS = "from,to,kind,match,team\n,,namespace,lab,research\n"


def hours(device: str, count: int, **given: Any) -> list[Row]:  # noqa: ANN401  (any column)
    """`count` hours of a device on 5 October."""
    return [
        sample(device, f"2026-10-05T{hour:02}:00:00", pool="h100", **given) for hour in range(count)
    ]


def hired(effective_: str, day: str, **given: Any) -> Row:  # noqa: ANN401  (any column)
    return cost(
        effective_, day, ServiceName="GPU", ConsumedQuantity="10", ConsumedUnit="Hours", **given
    )


def company(folder: Path) -> tuple[Ledger, Config]:
    """Sixteen device-hours of October, at 4 an hour in September.

    Eight are of a deployment (half of them idle), four of a notebook of the lab's, one of a job nobody knows,
    three of nobody.
    """
    (folder / "owners.csv").write_text(OWNERS, encoding="utf-8")
    chat: dict[str, Any] = {"deployment": "chat", "pool": "h100"}
    ledger = make_ledger(
        folder / "ledger",
        costs=[hired("320", "2026-09-03"), cost("5", ServiceName="Mail")],
        requests=[
            request("a", team="search", output_tokens=30, **chat),
            request("b", team="support", output_tokens=10, **chat),
            request("c", team="support", uncached_input_tokens=0, **chat),
        ],
        samples=[
            *hours("a", 8, workload="chat", gr_engine_active=0.5),
            *hours("b", 4, pod="notebook", namespace="lab", gr_engine_active=0.0),
            *hours("c", 1, job_id="job-1", gr_engine_active=1.0),
            *hours("d", 3),
        ],
    )
    return ledger, config(GPUS, owners={"file": str(folder / "owners.csv")})


@pytest.fixture
def unbilled(tmp_path: Path) -> tuple[Ledger, Config]:
    """The company, with nothing closed."""
    return company(tmp_path)


def test_it_goes_to_those_who_held_the_devices_and_so_does_the_invoice(
    unbilled: tuple[Ledger, Config],
) -> None:
    """Sixteen hours at 4: 32 by tokens 3 : 1, 16 for the notebook, 4 of the job and 12 of nobody to nobody."""
    ledger, settings = unbilled
    close(ledger, settings, accrue=True)
    assert split(ledger, settings, "2026-10") == {
        ("accrual", "h100", "search"): Decimal(24),
        ("accrual", "h100", "support"): Decimal(8),
        ("accrual", "h100", "research"): Decimal(16),
        ("accrual", "h100", None): Decimal(16),
        ("other", "Mail", None): Decimal(5),
    }
    add(ledger, "costs", [hired("128", "2026-10-05", x_Scope="late", InvoiceId="G")])
    assert split(ledger, settings, "2026-11") == {
        ("accrual", "h100", "search"): Decimal(-24),
        ("accrual", "h100", "support"): Decimal(-8),
        ("accrual", "h100", "research"): Decimal(-16),
        ("accrual", "h100", None): Decimal(-16),
        ("prior_period", "GPU", "search"): Decimal(48),
        ("prior_period", "GPU", "support"): Decimal(16),
        ("prior_period", "GPU", "research"): Decimal(32),
        ("prior_period", "GPU", None): Decimal(32),
    }


def test_requests_without_tokens_share_a_deployment_by_attempts(tmp_path: Path) -> None:
    """Eight hours at 4 of a deployment that answered one team once and the other three times."""
    chat: dict[str, Any] = {"deployment": "chat", "pool": "h100", "operation": "rerank"}
    ledger = make_ledger(
        tmp_path,
        costs=[hired("320", "2026-09-03")],
        requests=[request(f"r{n}", team="red" if n else "blue", **chat) for n in range(4)],
        samples=hours("a", 8, workload="chat"),
    )
    close(ledger, config(GPUS), accrue=True)
    assert split(ledger, config(GPUS), "2026-10") == {
        ("accrual", "h100", "red"): Decimal(24),
        ("accrual", "h100", "blue"): Decimal(8),
    }


def test_a_workload_is_its_namespace_owners_of_the_first_day_it_was_seen(tmp_path: Path) -> None:
    """Four hours at 4 of a notebook, two of them after its namespace went to another team."""
    (tmp_path / "owners.csv").write_text(
        "from,to,kind,match,team\n,2026-10-07,namespace,lab,research\n2026-10-07,,namespace,lab,sales\n",
        encoding="utf-8",
    )
    held: dict[str, Any] = {"pod": "notebook", "namespace": "lab"}
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[hired("320", "2026-09-03")],
        samples=[
            *hours("a", 2, **held),
            *(sample("a", f"2026-10-09T{hour:02}:00:00", pool="h100", **held) for hour in range(2)),
        ],
    )
    settings = config(GPUS, owners={"file": str(tmp_path / "owners.csv")})
    close(ledger, settings, accrue=True)
    assert split(ledger, settings, "2026-10") == {("accrual", "h100", "research"): Decimal(16)}


def test_what_it_is_split_into_adds_up_and_a_billed_month_has_the_same_shares(
    unbilled: tuple[Ledger, Config],
) -> None:
    """As billed device time is: with the hours seen on the invoice every team has the same part of it."""
    ledger, settings = unbilled
    billed = hired("64", "2026-10-05", x_Scope="gpu")
    add(ledger, "costs", [{**billed, "ConsumedQuantity": "2"}])
    shares = by_team(ledger, settings, "2026-10", "usage")
    add(ledger, "costs", [{**billed, "ServiceName": "Other", "EffectiveCost": "0"}])
    close(ledger, settings, accrue=True)
    accrued = by_team(ledger, settings, "2026-10", "accrual")
    assert accrued == shares
    assert sum(accrued.values()) == 64
    assert effective(ledger, settings, parse_month("2026-10")) == {"USD": Decimal(69)}


def by_team(ledger: Ledger, settings: Config, month: str, line: str) -> dict[Any, Fraction]:
    """EffectiveCost of the pool by team."""
    sql = f"select team, sum(EffectiveCost) from split_rows where pool = 'h100' and line = '{line}' group by 1"
    with split_bill(ledger, settings, parse_month(month), ("team",)) as bill:
        return {team: Fraction(amount) for team, amount in query(bill.con, sql)}
