"""Own, rent or call an API: the question put together from numbers, a scenario and the ledger."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from finops.api.answer import Answer
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeAlias, Unpack

    from finops.analysis.breakeven.audit import Audit
    from finops.analysis.breakeven.compare import Comparison
    from finops.analysis.breakeven.flows import Number
    from finops.analysis.breakeven.inputs import Input
    from finops.analysis.breakeven.measured import Demand
    from finops.analysis.breakeven.scenario import Scenario
    from finops.analysis.breakeven.uncertainty import Uncertainty
    from finops.analysis.derived.table import Table
    from finops.api.breakeven_settings import Standing
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from finops.report.breakeven_chart import BreakevenChart

    Measure: TypeAlias = "Callable[[Pool, str], Demand]"

__all__ = ["INPUTS", "Breakeven", "Numbers", "Pool", "audit", "breakeven", "measure"]


class Numbers(TypedDict, total=False):
    """Inputs given as plain numbers; money in the question's currency, rates as shares."""

    capex: float | None
    opex_per_hour: float | None
    variable_per_hour: float | None
    residual: float | None
    lead_months: float | None
    cloud_per_hour: float | None
    interim_per_hour: float | None
    price_decline: float | None
    units: float | None
    utilization: float | None
    hours_per_month: float | None
    horizon_months: float | None
    discount_rate: float | None
    tax_rate: float | None


INPUTS = {
    "capex": "own.price",
    "opex_per_hour": "own.running",
    "variable_per_hour": "own.variable",
    "residual": "own.residual",
    "lead_months": "own.hardware_lead_time",
    "cloud_per_hour": "cloud.on_demand",
    "interim_per_hour": "cloud.interim",
    "price_decline": "cloud.decline",
    "units": "demand.units",
    "utilization": "demand.utilization",
    "hours_per_month": "time.hours_per_month",
    "horizon_months": "time.horizon",
    "discount_rate": "money.discount_rate",
    "tax_rate": "money.tax_rate",
}
"""What each of `Numbers` is called in a scenario."""


class Pool(NamedTuple):
    """A pool of a ledger whose demand is to be taken as it was measured; `period` None: all of it."""

    ledger: Ledger
    name: str
    period: Period | None = None
    config: Config | None = None
    measure: Measure | None = None
    """What measures a pool, where its demand may be known already."""

    def demand(self, currency: str) -> Demand:
        """Demand of the pool, and what is paid for it, in `currency`."""
        return (self.measure or measure)(self, currency)


class Asked(NamedTuple):
    """A question made ready: inputs with their origin, the currency, demand by hour where known."""

    inputs: Mapping[str, Input]
    currency: str
    load: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    days: tuple[tuple[float, ...], ...] = ()
    """Demand by hour of each day, where it was measured."""


@dataclass(frozen=True, slots=True)
class Breakeven(Answer["Comparison"]):
    """The comparison of every option, with its draws and its derivation."""

    asked: Asked
    uncertainty: Uncertainty | None

    def table(self) -> Table:
        """How every number of every option is derived."""
        from finops.analysis.breakeven.derivation import breakeven_table

        return breakeven_table(self.value, self.asked.inputs, self.asked.currency)

    def derivation(self) -> Answer[Table]:
        """The arithmetic of every option, line by line: `finops explain breakeven` for each of them."""
        from finops.report.explain import explain_rows_report

        table = self.table()
        title = "How each option comes to its figures"
        return Answer(table, explain_rows_report(table, title, self.asked.currency))

    def chart(
        self, chart: BreakevenChart, *, width: int | None = None, height: int | None = None
    ) -> str:
        """A text chart at most `width` columns wide, `height` lines its plot; UsageError where there is nothing."""
        from finops.report.breakeven_chart import breakeven_chart

        currency = self.asked.currency
        return breakeven_chart(
            chart, self.value, self.uncertainty, currency, width=width, height=height
        )


def breakeven(
    *,
    scenario: str | Path | None = None,
    pool: Pool | None = None,
    against: str = "cloud",
    currency: str | None = None,
    draws: int = 10_000,
    seed: int = 0,
    inputs: Mapping[str, float] | None = None,
    **numbers: Unpack[Numbers],
) -> Breakeven:
    """Compare owning with renting (`against="cloud"`) or calling (`"api"`).

    What the settings say of a pool, a scenario, what the pool's demand was measured to be, and numbers are
    laid over each other in this order; `inputs` are further numbers by the name a scenario gives them
    (`demand.growth`). UsageError where a price is missing or a number is none; ConfigError for a wrong scenario.
    """
    from finops.analysis.breakeven.uncertainty import uncertainty
    from finops.report.breakeven import breakeven_report, input_rows, origin_note

    told, money = _told(scenario, currency, pool)
    demand = None if pool is None else pool.demand(money)
    standing = _standing(pool, demand, money)
    given: dict[str, Any] = {INPUTS[name]: value for name, value in numbers.items()}
    asked = _asked(standing, told, demand, _with_inputs(given, inputs or {}), money)
    found = _compare(asked, against)
    sure = None
    if draws:
        by_load = _by_load(asked, found, draws, seed)
        sure = uncertainty(asked.inputs, against=against, draws=draws, seed=seed, given=by_load)
    report = breakeven_report(
        found,
        money,
        sure=sure,
        notes=(*asked.notes, origin_note(asked.inputs)),
        extras={"inputs": input_rows(asked.inputs)},
    )
    return Breakeven(found, report, asked, sure)


def audit(scenario: str | Path) -> Answer[Audit]:
    """A published comparison recomputed; UsageError when the scenario publishes nothing."""
    from finops.analysis.breakeven.audit import audit as held_against_its_inputs
    from finops.analysis.breakeven.scenario import load_scenario
    from finops.report.breakeven import audit_report

    found = load_scenario(scenario)
    if not found.claims:
        raise UsageError(
            f"{scenario} publishes nothing to recompute", hint="add `published` with its figures"
        )
    value = held_against_its_inputs(found)
    return Answer(value, audit_report(value))


def _told(
    path: str | Path | None, currency: str | None, pool: Pool | None
) -> tuple[Scenario | None, str]:
    """The scenario, the one asked for or the settings' of the pool, and the currency of every amount."""
    from finops.analysis.breakeven.scenario import load_scenario
    from finops.api.breakeven_settings import entry_of
    from finops.config import load_config

    config = None if pool is None else pool.config
    entry = None if pool is None or config is None else entry_of(config, pool.name)
    if path is None and entry is not None:
        path = entry.scenario
    told = load_scenario(path, partial=pool is not None) if path is not None else None
    if told is not None and currency is not None and currency.upper() != told.currency:
        raise UsageError(f"{path} is in {told.currency}, not {currency.upper()}")
    if told is not None:
        return told, told.currency
    return None, (currency or (config or load_config()).currency).upper()


def measure(pool: Pool, currency: str) -> Demand:
    """Demand of the pool hour by hour, and what is paid for it, in `currency`; UsageError where nothing is measured."""
    from finops.analysis.breakeven.measured import measured_demand
    from finops.analysis.capacity.pools import capacity_pools
    from finops.analysis.pools import pool_rules
    from finops.config import load_config

    config = pool.config or load_config()
    rules = pool_rules(config.pools, config.owned)
    return measured_demand(
        pool.ledger,
        pool.name,
        period=pool.period,
        rules=rules,
        capacity=capacity_pools(rules, config.pools),
        authority=config.requests.authority,
        currency=currency,
    )


def _standing(pool: Pool | None, measured: Demand | None, money: str) -> Standing:
    """What the settings say of the pool's hardware and rent."""
    from finops.api.breakeven_settings import Standing, standing

    if pool is None or pool.config is None or measured is None:
        return Standing()
    return standing(pool, pool.config, measured, money)


def _by_load(asked: Asked, found: Comparison, draws: int, seed: int) -> dict[str, Number]:
    """What demand by hour fixes; of several measured days what it was in each draw of them."""
    from finops.analysis.breakeven.uncertainty import drawn_days

    if not found.load:
        return {}
    names = ("demand.units", "demand.utilization", "demand.base_share")
    fixed: dict[str, Number] = {name: found.values[name] for name in names}
    if len(asked.days) > 1:
        units = found.values["demand.units"]
        fixed.update(drawn_days(asked.days, units, draws=draws, seed=seed))
    return fixed


def _asked(
    standing: Standing,
    told: Scenario | None,
    measured: Demand | None,
    given: Mapping[str, float | None],
    money: str,
) -> Asked:
    """The scenario, what was measured and what options say, each laid over the one before.

    A price paid is taken only where the scenario names none.
    """
    from finops.analysis.breakeven.inputs import values

    inputs = {**standing.inputs, **(told.inputs if told else {})}
    notes = [*_quality(told), *standing.notes]
    load = told.load if told else ()
    days: tuple[tuple[float, ...], ...] = ()
    flags = _flags(given, money)
    if measured is not None:
        from finops.analysis.breakeven.measured import measured_inputs
        from finops.report.breakeven import demand_notes

        hours = values({**inputs, **flags})["time.hours_per_month"]
        found = measured_inputs(measured, hours, money)
        if "cloud.on_demand" in inputs or standing.is_owned:
            found.pop("cloud.on_demand", None)
        inputs, load, days = {**inputs, **found}, measured.load, measured.days
        notes = [*notes, *demand_notes(measured)]
    if load and "demand.utilization" in flags:
        load, notes = (), [*notes, "Demand by hour is left out: --utilization says another."]
    inputs = {**inputs, **flags}
    _check(inputs, measured)
    return Asked(inputs, money, load, tuple(notes), days)


def _compare(asked: Asked, against: str) -> Comparison:
    """The comparison; with demand by hour, of as many units as are owned or, unsaid, as peak."""
    from finops.analysis.breakeven.compare import compare
    from finops.analysis.breakeven.inputs import values
    from finops.analysis.breakeven.ownership import with_load

    v = values(asked.inputs)
    if any(asked.load):
        peak = float(math.ceil(max(asked.load)))
        owned = v["demand.units"] if "demand.units" in asked.inputs else peak
        v = with_load(v, asked.load, owned)
    return compare(v, against=against, load=asked.load if any(asked.load) else ())


def _quality(told: Scenario | None) -> list[str]:
    """What the scenario says of an API's answers; that it says nothing, where it prices them."""
    if told is None or not any(name.startswith("api.") for name in told.inputs):
        return []
    if told.quality_equivalence:
        return [f"Quality: {told.quality_equivalence}"]
    return ["The scenario does not say that the API's answers are as good (quality_equivalence)."]


def _with_inputs(
    given: Mapping[str, float | None], inputs: Mapping[str, float]
) -> dict[str, float | None]:
    """`given` and `inputs` together; UsageError for a name there is none of, a value out of range, or both."""
    from finops.analysis.breakeven.inputs import FIELDS

    fields = {field.name: field for field in FIELDS}
    for name, value in inputs.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = (
                f"did you mean {near[0]}?" if near else "finops init --scenario lists all of them"
            )
            raise UsageError(f"there is no input {name!r}", hint=hint)
        if given.get(name) is not None:
            raise UsageError(f"{name} is given twice", hint="give its option, or the input")
        field, top = fields[name], fields[name].maximum
        if value < field.minimum or (top is not None and value > top):
            limit = (
                f"at least {field.minimum:g}" if top is None else f"{field.minimum:g} to {top:g}"
            )
            raise UsageError(f"{name} = {value:g} is out of range", hint=f"it is {limit}")
    return {**given, **inputs}


def _flags(given: Mapping[str, float | None], currency: str) -> dict[str, Input]:
    """What options say, as inputs: whoever types a number has not said where it is from."""
    from finops.analysis.breakeven.inputs import FIELDS, Input, Origin

    odd = [name for name, value in given.items() if value is not None and not math.isfinite(value)]
    if odd:
        raise UsageError(f"{', '.join(odd)}: not a finite number")
    units = {field.name: field.unit.replace("USD", currency) for field in FIELDS}
    return {
        name: Input(name, float(value), units[name], Origin.ASSUMED, "given on the command line")
        for name, value in given.items()
        if value is not None
    }


def _check(inputs: Mapping[str, Input], measured: Demand | None) -> None:
    """UsageError where a price is missing: none is guessed."""
    flags = {"own.price": "--capex", "cloud.on_demand": "--cloud-per-hour"}
    missing = [flag for name, flag in flags.items() if name not in inputs]
    if missing and measured is not None:
        device = measured.device_model or "its devices"
        raise UsageError(
            f"{' and '.join(missing)} missing: no [[owned]] hardware and no rented pool of {device} says it",
            hint=f"give it, or a [[breakeven]] of pool {measured.pool!r} in finops.toml",
        )
    if missing:
        raise UsageError(
            f"{' and '.join(missing)} missing",
            hint="finops breakeven --capex 250141.80 --opex-per-hour 6.37 --cloud-per-hour 98.32",
        )
