"""Break a rule of owned hardware, layers, currencies, marginal cost or the books by hand: the test of it notices.

Each rule stands with the test that holds it, which is run again with the rule written otherwise.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from finops.sections.owned import Element
from tests.analysis import test_accruals as accrued
from tests.analysis import test_close_books as closes
from tests.analysis import test_closing as closing
from tests.analysis import test_fx as exchange
from tests.analysis import test_layers as layers
from tests.analysis import test_marginal as doubled
from tests.analysis import test_plan_accruals as plans
from tests.analysis.ledgers import cost, make_ledger, request
from tests.analysis.mutations import Rule
from tests.analysis.owned import test_power as power
from tests.analysis.owned import test_rows as rows
from tests.analysis.owned import test_schedule as schedule
from tests.sections import test_owned_section as section

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from finops.ledger.store import Ledger


def _is_refused_twice() -> None:
    section.test_an_element_is_configured_or_invoiced(
        Element.COLOCATION, "colocation_per_month", "1"
    )


def _is_no_invoice() -> None:
    section.test_what_cannot_be_is_refused({"invoiced": {"depreciation": "true"}}, "never on an")


def _retires(left: str, **given: object) -> Callable[[], None]:
    return lambda: schedule.test_retirement_writes_off_what_is_left(given, left)


def _of_hours(ledger: Ledger) -> None:
    rows.test_hours_of_an_invoiced_element_are_no_device_time(ledger, [])


def _of_rows(known: Callable[..., None]) -> Callable[[Path], None]:
    """`known`, over the ledger that tests of rows share."""

    def asked(tmp_path: Path) -> None:
        charges = [
            cost("7", ServiceName="Compute", ServiceCategory="Compute"),
            cost("3", ServiceName="Cage 12", ServiceProviderName="Landlord"),
        ]
        known(make_ledger(tmp_path / "ledger", costs=charges, requests=[request("r1")]))

    return asked


OWNED: tuple[Rule, ...] = (
    Rule("sections.owned", "is not None:\n            yield (", "is None:\n            yield (", _is_refused_twice),
    Rule("sections.owned", "not in INVOICEABLE", "in ()", _is_no_invoice),
    Rule("owned.schedule", "months / owned.life_months", "months / (owned.life_months + 1)", schedule.test_every_whole_month_costs_the_same),
    Rule("owned.schedule", "Fraction(day.day - 1, _days_in_month(day))", "Fraction(day.day - 1, 31)", schedule.test_every_whole_month_costs_the_same),
    Rule("owned.schedule", "Fraction(1))\n        return", "Fraction(2))\n        return", schedule.test_a_month_in_part_costs_its_days_and_the_last_one_what_is_left),
    Rule("owned.schedule", "subtract(price, _residual(owned, element))", "price", schedule.test_a_negative_residual_is_written_off_too),
    Rule("owned.schedule", "return truncate(Fraction(price) - max(value", "return truncate(Fraction(price) - min(value", schedule.test_value_falls_by_a_share_of_itself_each_year_down_to_the_residual),
    Rule("owned.schedule", "** int(years)", "* int(years)", schedule.test_value_falls_by_a_share_of_itself_each_year_down_to_the_residual),
    Rule("owned.schedule", "(last - first) * Fraction", "(last - first) or Fraction", schedule.test_value_lies_between_what_the_market_said),
    Rule("owned.schedule", "owned.depreciation is Depreciation.BOOK:\n        return True", "owned.depreciation is Depreciation.BOOK:\n        return False", schedule.test_every_whole_month_costs_the_same),
    Rule("owned.schedule", "share = Fraction(amount) / _days_in_month(day)", "share = Fraction(amount) / 30", schedule.test_what_is_paid_by_the_month_is_exact_in_whole_months_and_by_days_in_others),
    Rule("owned.schedule", "Element.COLOCATION: owned.colocation_per_month", "Element.COLOCATION: None", schedule.test_what_is_paid_by_the_month_is_exact_in_whole_months_and_by_days_in_others),
    Rule("owned.schedule", "else min(owned.retired, window.end)", "else window.end", schedule.test_device_time_is_devices_times_days_in_service),
    Rule("owned.schedule", "max(owned.in_service, window.start)", "window.start", schedule.test_a_month_in_part_costs_its_days_and_the_last_one_what_is_left),
    Rule("owned.schedule", "Decimal(owned.devices * 24)", "Decimal(owned.nodes * 24)", schedule.test_device_time_is_devices_times_days_in_service),
    Rule("owned.schedule", "return subtract(book_value(owned, day), owned.sold_for)", "return book_value(owned, day)", schedule.test_hardware_at_its_value_is_sold_for_it_unless_it_was_not),
    Rule("owned.power", "* Fraction(power.pue)", "", power.test_without_samples_it_is_idle_power),
    Rule("owned.power", "kwh * Fraction(power.price_per_kwh)", "kwh", power.test_without_samples_it_is_idle_power),
    Rule("owned.power", "kwh + span * found.active_ms * device_hours", "kwh", power.test_activity_places_power_between_idle_and_full_load),
    Rule("owned.power", "(found.told_ms + _rest(owned, found))", "found.told_ms", power.test_without_samples_it_is_idle_power),
    Rule("owned.power", "Fraction(power.host_kw) * hosts_ms", "Fraction(0)", power.test_measured_energy_is_what_is_paid),
    Rule("owned.energy", "coalesce(energy_j, power_w * interval_s)", "energy_j", power.test_measured_energy_is_what_is_paid),
    Rule("owned.energy", "coalesce(energy_j, power_w * interval_s)", "coalesce(power_w * interval_s, energy_j)", power.test_measured_energy_is_what_is_paid),
    Rule("owned.energy", "coalesce(gr_engine_active, gpu_util, sm_active)", "coalesce(gpu_util, sm_active)", power.test_activity_places_power_between_idle_and_full_load),
    Rule("owned.energy", "* seen_ms // length_ms) as bigint) as measured_mj", ") as bigint) as measured_mj", power.test_an_interval_ends_where_the_next_one_begins),
    Rule("owned.rows", '"BilledCost": "0"', '"BilledCost": "d.amount"', _of_rows(rows.test_invoices_do_not_move_and_nothing_looks_like_a_saving)),
    Rule("owned.rows", "owned_days as d join owned_kinds as k on d.id = k.id", "owned_days as d, owned_kinds as k", _of_rows(rows.test_elements_of_a_month)),
    Rule("owned.rows", "min(end, known.end)", "end", _of_rows(rows.test_only_months_the_ledger_knows_of_have_been_spent)),
    Rule("owned.energy", "not owned.is_located", "owned.cluster is None", power.test_only_its_own_nodes_in_the_window_count),
    Rule("pools", "yield rule._replace(where=where, is_element=True)", "yield rule._replace(where=where)", _of_rows(_of_hours)),
    Rule("owned.rows", '"x_CostOrigin": ORIGIN', '"x_CostOrigin": "bill"', _of_rows(rows.test_elements_of_a_month)),
    Rule("layers", "Element.COLOCATION: LayerName.FACILITIES", "Element.COLOCATION: LayerName.COMPUTE", _of_rows(rows.test_what_an_invoice_has_goes_to_the_pool_and_layer_of_the_hardware)),
    Rule("pools", "return (*_owned_rules(owned, own), *own, *BUILT_IN)", "return (*own, *_owned_rules(owned, own), *BUILT_IN)", _of_rows(rows.test_a_pool_rule_does_not_take_it_away)),
)  # fmt: skip

LAYERS: tuple[Rule, ...] = (
    Rule("layers", "*_branches(rules),\n", "", layers.test_a_rule_of_ours_comes_before_what_the_row_says_and_that_before_the_built_in),
    Rule("layers", '"when x_StackLayer is not null then x_StackLayer",', "", layers.test_a_rule_of_ours_comes_before_what_the_row_says_and_that_before_the_built_in),
    Rule("layers", "[LayerRule(UNCLASSIFIED, _NO_LAYER), *BUILT_IN]", "[*BUILT_IN, LayerRule(UNCLASSIFIED, _NO_LAYER)]", layers.test_tax_credits_and_support_plans_pay_for_no_layer),
    Rule("layers", "else {quote(UNCLASSIFIED)} end", "else 'compute' end", lambda: layers.test_services(None, None, "unclassified")),
    Rule("layers", "*BUILT_IN]", "*BUILT_IN[::-1]]", lambda: layers.test_services("Storage", "Amazon Elastic Container Registry", "orchestration")),
    Rule("book_spend", "group.values[places[0]] == UNCLASSIFIED", "False", _of_rows(rows.test_elements_of_a_month)),
)  # fmt: skip

CURRENCIES: tuple[Rule, ...] = (
    Rule("fx", '_CHARGE_DAY = "cast(ChargePeriodStart as date)"', '_CHARGE_DAY = "cast(BillingPeriodStart as date)"', exchange.test_charges_at_their_day_the_invoice_at_its_own_and_the_rest_is_fx),
    Rule("fx", '_INVOICE_DAY = "cast(BillingPeriodEnd as date)"', '_INVOICE_DAY = "cast(BillingPeriodStart as date)"', exchange.test_charges_at_their_day_the_invoice_at_its_own_and_the_rest_is_fx),
    Rule("fx", "then 'fx' else", "then 'prior_period' else", exchange.test_charges_at_their_day_the_invoice_at_its_own_and_the_rest_is_fx),
    Rule("fx", "{_fx_rows(billed, into, months)}", "select * from {billed} where false", exchange.test_charges_at_their_day_the_invoice_at_its_own_and_the_rest_is_fx),
    Rule("fx", "BillingCurrency not in (select currency from fx_rates)", "true", exchange.test_costs_are_exchanged_when_asked_and_only_then),
    Rule("fx", "+ {middle} * {rate}", "", exchange.test_each_invoice_has_an_fx_line_of_its_own_and_no_place_of_an_amount_is_lost),
    Rule("fx", '"InvoiceId",\n', "", exchange.test_each_invoice_has_an_fx_line_of_its_own_and_no_place_of_an_amount_is_lost),
)  # fmt: skip

MARGINAL: tuple[Rule, ...] = (
    Rule("growth", "min(self.metered, self.unused)", "ZERO", doubled.test_an_unused_commitment_covers_first),
    Rule("growth", "min(self.metered", "max(self.metered", doubled.test_an_unused_commitment_covers_first),
    Rule("growth", "told.items()}, **given}", "told.items()}}", doubled.test_what_is_charged_by_usage_grows_and_what_recurs_does_not),
    Rule("growth", "1 - Fraction(cost[True]) / whole if", "1 if", doubled.test_what_is_charged_by_usage_grows_and_what_recurs_does_not),
    Rule("growth", "Fraction(self.cost) * self.part", "Fraction(self.cost)", doubled.test_what_is_charged_by_usage_grows_and_what_recurs_does_not),
    Rule("growth", "Fraction(cost) / Fraction(self.in_all[of, name])", "Fraction(1)", doubled.test_capacity_costs_nothing_more_while_there_is_headroom),
    Rule("headroom", "return each.hour.busy + each.added", "return each.hour.busy", doubled.test_a_full_hour_is_a_step_with_its_price),
    Rule("headroom", "load(each) / Fraction(limit) - each.hour.units", "load(each) - each.hour.units", doubled.test_a_full_hour_is_a_step_with_its_price),
    Rule("headroom", "worst = max(", "worst = min(", doubled.test_capacity_costs_nothing_more_while_there_is_headroom),
    Rule("headroom", "max(ceil(short(worst)), 0)", "max(int(short(worst)), 0)", doubled.test_a_full_hour_is_a_step_with_its_price),
    Rule("headroom", 'ASSUMED_BUSY = Decimal("0.8")', 'ASSUMED_BUSY = Decimal("1")', doubled.test_a_full_hour_is_a_step_with_its_price),
    Rule("headroom", "* PARTS * ms * units", "* PARTS * ms", doubled.test_a_provisioned_unit_is_full_by_its_tokens),
    Rule("headroom", "if not known:", "if False:", doubled.test_without_samples_the_step_is_not_known_and_says_why),
    Rule("growth", "held[None] if is_all else _held_by_all(con, prepared)", "held[None]", doubled.test_a_filter_narrows_what_is_doubled_and_not_what_runs_beside_it),
    Rule("growth", '("Recurring", "One-Time")', '("Recurring",)', doubled.test_what_is_charged_by_usage_grows_and_what_recurs_does_not),
    Rule("charges", "cut = _within(period, starts, ends, amount or Decimal(0))", "cut = amount or Decimal(0)", doubled.test_commitments_cover_the_days_they_lay_unused_in),
    Rule("headroom", "if each.hour.units > 0]", "if each.hour.units]", doubled.test_hours_that_were_given_back_tell_nothing),
    Rule("headroom", "start, end = max(days.start, period.start), min(days.end, period.end)", "start, end = days", doubled.test_only_hours_of_the_days_asked_about_are_looked_at),
    Rule("headroom", "inside = days._replace(start=max(days.start, period.start), end=min(days.end, period.end))", "inside = days", doubled.test_only_hours_of_the_days_asked_about_are_looked_at),
)  # fmt: skip

BOOKS: tuple[Rule, ...] = (
    Rule("accruals", "before.month < line.month", "before.month > line.month", accrued.test_the_newest_bill_says_the_rate_of_an_accrual),
    Rule("accruals", "elif used.listed is not None:", "elif False:", closes.test_what_no_bill_covers_is_accrued_at_the_last_billed_rate_else_at_list),
    Rule("accruals", 'for each in found if each.amount is not None]\n    return " UNION', 'for each in found[:1] if each.amount is not None]\n    return " UNION', closes.test_an_accrual_is_taken_back_in_the_month_its_invoice_comes),
    Rule("accruals", "Fraction(billed.per_hour) * Fraction(used.hours)", "Fraction(used.hours)", closes.test_devices_seen_in_a_pool_without_charges_are_accrued_at_its_last_rate),
    Rule("accruals", "Fraction(plan.rate) * Fraction(plan.quantity)", "Fraction(plan.rate)", plans.test_accruals_are_booked_explained_and_taken_back_when_the_invoice_comes),
    Rule("device_accruals", "truncate(Fraction(cost) * _HOUR_MS / billed.ms)", "truncate(Fraction(cost))", closes.test_devices_seen_in_a_pool_without_charges_are_accrued_at_its_last_rate),
    Rule("device_accruals", "and pool.name not in charged", "", accrued.test_device_time_that_is_billed_is_not_accrued),
    Rule("plan_accruals", "by_month[max(paid)]", "by_month[min(paid)]", plans.test_the_seats_billed_last_are_accrued_at_their_price),
    Rule("plan_accruals", "truncate(units * hours)", "truncate(units)", plans.test_as_many_units_as_were_billed_on_the_last_day_at_their_last_rate),
    Rule("reversals", "negated=True", "negated=False", closes.test_an_accrual_is_taken_back_in_the_month_its_invoice_comes),
    Rule("reversals", "if name not in done", "", closes.test_an_accrual_is_taken_back_in_the_month_its_invoice_comes),
    Rule("reversals", "if ends and max(ends) > max(mine):", "if ends:", accrued.test_an_accrual_stands_until_its_last_day_is_billed),
    Rule("reversals", "if accrued.pool in billed_pools(read_charges(con, month, currency, rules)):", "if False:", closes.test_devices_seen_in_a_pool_without_charges_are_accrued_at_its_last_rate),
    Rule("ledger.open_months", "adjusted(marks, negated=True)", "adjusted(marks)", closing.test_the_difference_is_the_next_months_prior_period),
    Rule("ledger.open_months", "EXCEPT ALL {new})", "EXCEPT ALL {old})", closing.test_the_difference_is_the_next_months_prior_period),
    Rule("ledger.open_months", 'name != "x_LoadId"', "True", accrued.test_a_closed_month_loaded_again_as_it_was_changes_nothing),
    Rule("ledger.open_months", '"x_Line": "prior_period"', '"x_Line": "fx"', closing.test_the_difference_is_the_next_months_prior_period),
    Rule("closing", '"reversed": [each.name for each in due(ledger, config, closes)]', '"reversed": []', closes.test_an_accrual_is_taken_back_in_the_month_its_invoice_comes),
    Rule("closing", "not {mine} and x_Line is null and {touches}", "false", closes.test_days_of_a_closed_month_are_as_its_close_knew_them),
)  # fmt: skip

RULES = tuple(chain(OWNED, LAYERS, CURRENCIES, MARGINAL, BOOKS))


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_broken_rule_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: Rule
) -> None:
    rule.check_noticed(monkeypatch, tmp_path)
