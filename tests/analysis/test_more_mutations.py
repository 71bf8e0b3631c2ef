"""Break a rule of exchange, splitting, owners or accruals by hand, and the ledger that shows it notices.

Rules of metered usage and of capacity are held by random companies; these each have a small ledger of known
amounts, which is told again here with the rule broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.analysis import test_close_books as closes
from tests.analysis import test_fx as exchange
from tests.analysis.mutations import Rule
from tests.analysis.owners import test_check as owners
from tests.analysis.split import test_accrued_devices as devices
from tests.analysis.split import test_split_bill as split

if TYPE_CHECKING:
    from pathlib import Path


def _of_devices(folder: Path) -> None:
    devices.test_it_goes_to_those_who_held_the_devices_and_so_does_the_invoice(
        devices.company(folder)
    )


RULES = (
    Rule(
        "fx",
        "_ONE / Fraction(rate.rate)",
        "_ONE * Fraction(rate.rate)",
        exchange.test_the_other_direction_is_one_over_the_rate,
    ),
    Rule(
        "fx",
        "Fraction(amount) * Fraction(rate)",
        "Fraction(amount)",
        exchange.test_list_prices_are_exchanged_at_the_day_of_the_request,
    ),
    Rule(
        "split.parts",
        "weights[key] += part.weight",
        "weights[key] += 1",
        split.test_a_model_is_split_by_the_tokens_of_each_team_and_what_no_log_shows,
    ),
    Rule(
        "split.devices",
        "weight=time * each.weight / whole",
        "weight=each.weight",
        _of_devices,
    ),
    Rule(
        "split.devices",
        "if each.pool == pool.name",
        "if each.pool == pool.name and each.is_held",
        _of_devices,
    ),
    Rule(
        "owners.lookup",
        "{day} >= of_start and {day} < of_end",
        "{day} < of_end",
        owners.test_owners_change_from_one_day_to_the_next_in_unit_costs,
    ),
    Rule(
        "accruals",
        "truncate(Fraction(billed.cost) / Fraction(billed.tokens))",
        "truncate(Fraction(billed.cost))",
        closes.test_an_accrual_is_taken_back_in_the_month_its_invoice_comes,
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_broken_rule_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: Rule
) -> None:
    rule.check_noticed(monkeypatch, tmp_path)
