"""Own or rent, for every pool whose demand was measured in the month: rows of section 9."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from finops.analysis.breakeven.measured import measured_pools
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.decisions import own_or_rent
from finops.analysis.pools import pool_rules
from finops.api.breakeven import Pool, breakeven
from finops.errors import ConfigError, UsageError
from finops.report.projections import OwnOrRent

if TYPE_CHECKING:
    from finops.api.breakeven import Breakeven
    from finops.api.review.facts import Facts

__all__ = ["own_or_rent_rows"]

_NO_RANGE = "demand was the same on every day, and no input of a scenario has a range"


def own_or_rent_rows(facts: Facts) -> tuple[OwnOrRent, ...]:
    """A row for each pool with GPU samples in the month or a `[[breakeven]]`, by name."""
    settings = facts.settings
    rules = pool_rules(settings.pools, settings.owned)
    capacity = capacity_pools(rules, settings.pools)
    models = measured_pools(facts.books.ledger, facts.month, capacity)
    names = sorted({*models, *(each.pool for each in settings.breakeven)})
    return tuple(_row(facts, name, models.get(name)) for name in names)


def _row(facts: Facts, name: str, device_model: str | None) -> OwnOrRent:
    owned = name in {each.pool for each in facts.settings.owned}
    pool = Pool(facts.books.ledger, name, facts.month, facts.settings)
    asked = shlex.quote(f"pool={name}")
    row = OwnOrRent(
        name,
        device_model,
        "owned" if owned else "rented",
        f"finops breakeven --from-ledger {asked} --month {facts.month.label}",
    )
    try:
        found = breakeven(pool=pool, currency=facts.currency)
    except (ConfigError, UsageError) as error:
        why = error.message if error.hint is None else f"{error.message}; {error.hint}"
        return row._replace(why=why)
    return _answered(row, found, is_owned=owned)


def _answered(row: OwnOrRent, found: Breakeven, *, is_owned: bool) -> OwnOrRent:
    own, sure = found.value.options[0], found.uncertainty
    row = row._replace(
        devices=round(found.value.values["demand.units"]),
        utilization=found.value.values["demand.utilization"],
        price_per_hour=found.value.static.price,
        breakeven_utilization=own.breakeven_utilization,
        payback_months=own.payback_months,
        npv=own.npv,
    )
    if sure is None or sure.npv.p10 is None or sure.npv.p90 is None:
        return row._replace(why=f"no range: {_NO_RANGE}")
    decision = own_or_rent(sure.npv.p10, sure.npv.p90, is_owned=is_owned)
    return row._replace(npv_low=sure.npv.p10, npv_high=sure.npv.p90, decision=str(decision))
