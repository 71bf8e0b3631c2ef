"""The OpenCost allocation document: its shape, its names, and that it adds up."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.errors import UsageError
from tests.analysis.ledgers import add, cost
from tests.exports.company import acme

if TYPE_CHECKING:
    from pathlib import Path

    from finops.api.session import Session

COSTS = (
    "cpuCost",
    "ramCost",
    "pvCost",
    "networkCost",
    "loadBalancerCost",
    "gpuCost",
    "sharedCost",
    "externalCost",
)


def document(company: Session, folder: Path, by: str | None = None) -> Any:  # noqa: ANN401  (JSON)
    target = folder / "allocation.json"
    company.export("opencost", target, by=by, month="2026-10")
    return json.loads(target.read_text(), parse_float=Decimal)


def test_costs_by_team_add_up_to_the_month(company: Session, tmp_path: Path) -> None:
    found = document(company, tmp_path)
    assert (found["code"], found["status"], found["message"]) == (
        200,
        "success",
        "EffectiveCost in USD",
    )
    (month,) = found["data"]
    assert set(month) == {"__idle__", "__unallocated__", "search", "legal", "support"}
    assert sum(each["totalCost"] for each in month.values()) == Decimal(
        "172.683333333333333333000001"
    )
    for name, each in month.items():
        assert each["name"] == name
        assert each["totalCost"] == sum(each[kind] for kind in COSTS)
        assert (each["window"]["start"], each["end"]) == (
            "2026-10-01T00:00:00Z",
            "2026-11-01T00:00:00Z",
        )
        assert each["minutes"] == 31 * 24 * 60


def test_accelerators_shared_pools_and_the_rest_are_kinds_of_cost(
    company: Session, tmp_path: Path
) -> None:
    (month,) = document(company, tmp_path)["data"]
    legal, idle = month["legal"], month["__idle__"]
    assert legal["properties"] == {"labels": {"team": "legal"}}
    assert round(legal["gpuCost"], 9) == 8
    assert round(legal["sharedCost"], 6) == 3
    assert round(legal["externalCost"], 6) == Decimal("3.166667")
    assert (idle["gpuCost"], idle["externalCost"], idle["properties"]) == (
        32 + 110,
        Decimal("2.5"),
        {},
    )


def test_hours_of_accelerators_are_divided_as_their_cost_is(
    company: Session, tmp_path: Path
) -> None:
    """40 device-hours billed of the nodes for 40 dollars: legal has 8 of either, nobody 32; the lab has no devices."""
    (month,) = document(company, tmp_path)["data"]
    hours = {name: each["gpuHours"] for name, each in month.items()}
    none = dict.fromkeys(("search", "support", "__unallocated__"), 0)
    assert hours == {"__idle__": 32, "legal": 8, **none}
    assert round(month["legal"]["gpuCount"] * 31 * 24, 9) == 8


def test_several_names_are_joined_with_a_slash(company: Session, tmp_path: Path) -> None:
    (month,) = document(company, tmp_path, by="team,workflow")["data"]
    assert {"search/find", "legal/draft", "support/__unallocated__"} <= set(month)


def test_currencies_that_do_not_add_up_are_refused(company: Session, tmp_path: Path) -> None:
    other = acme(tmp_path)
    add(other.ledger, "costs", [cost("4", BillingCurrency="EUR", x_Scope="other/1")])
    with pytest.raises(UsageError, match="the bill is in EUR, USD"):
        other.export("opencost", tmp_path / "allocation.json", month="2026-10")
