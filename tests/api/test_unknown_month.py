"""A month the ledger has nothing of: amounts are n/a and never zero, and the months it has are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import finops
from finops.errors import UsageError
from tests.api.small import small_company

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.api.session import Session

NOTHING = "The ledger has nothing of 2025-01; it has 2026-09 to 2026-10."


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("company")
    small_company(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield finops.open(folder / "ledger")


@pytest.mark.parametrize(
    ("method", "amounts"),
    [
        ("costs", ("BilledCost", "EffectiveCost")),
        ("unit", ("cost", "cost_per_1k_requests")),
        ("savings", ("low", "high")),
        ("marginal", ("cost", "added_cost")),
    ],
)
def test_totals_are_not_known(company: Session, method: str, amounts: tuple[str, ...]) -> None:
    report = getattr(company, method)(month="2025-01").report
    assert {(report.totals or {})[name] for name in amounts} == {None}
    assert report.notes[0] == NOTHING


def test_what_a_budget_spent_is_not_known(company: Session) -> None:
    row = company.budget(month="2025-01").report.rows[0]
    assert (row["amount"], row["actual"], row["share"]) == (50, None, None)


def test_nothing_has_no_quality(company: Session) -> None:
    with pytest.raises(UsageError, match="nothing of 2025-01 to check") as raised:
        company.quality(month="2025-01")
    assert raised.value.hint == NOTHING


def test_a_filter_that_matches_nothing_costs_zero(company: Session) -> None:
    report = company.unit(month="2026-10", where="workflow = 'none'").report
    assert (report.totals or {})["cost"] == 0
    assert NOTHING not in report.notes
