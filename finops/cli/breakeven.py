"""`finops breakeven`: own, rent or call an API, and from when owning pays."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, NamedTuple

import typer

from finops.cli.breakeven_options import (
    Against,
    AgainstOption,
    CapexOption,
    ChartOption,
    CloudOption,
    CurrencyOption,
    DeclineOption,
    DiscountOption,
    DrawsOption,
    ExplainOption,
    FromLedgerOption,
    HorizonOption,
    HoursOption,
    InterimOption,
    LeadOption,
    OpexOption,
    ResidualOption,
    SamplesMonthOption,
    ScenarioArgument,
    ScenarioOption,
    SeedOption,
    TaxOption,
    UnitsOption,
    UtilizationOption,
    VariableOption,
)
from finops.cli.options import (
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    OutputOption,
    ToOption,
    open_ledger,
)
from finops.model.period import parse_period
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.breakeven.compare import Comparison
    from finops.analysis.breakeven.inputs import Input
    from finops.analysis.breakeven.measured import Demand
    from finops.analysis.breakeven.scenario import Scenario
    from finops.analysis.breakeven.uncertainty import Uncertainty
    from finops.model.period import Period
    from finops.report.breakeven_chart import BreakevenChart
    from finops.report.model import Report

__all__ = ["register"]

NAMES = (
    *("own.price", "own.running", "own.variable", "own.residual", "own.hardware_lead_time"),
    *("cloud.on_demand", "cloud.interim", "cloud.decline"),
    *("demand.units", "demand.utilization", "time.hours_per_month", "time.horizon"),
    *("money.discount_rate", "money.tax_rate"),
)
"""What the options that are numbers are called in a scenario, in the order they are read."""


def register(app: typer.Typer) -> None:
    """Add `breakeven` to the application."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(breakeven)
    group.command("audit")(audit)
    app.add_typer(group, name="breakeven")


def breakeven(  # noqa: PLR0913  (one parameter for each option)
    ctx: typer.Context,
    *,
    capex: CapexOption = None,
    opex_per_hour: OpexOption = None,
    variable_per_hour: VariableOption = None,
    residual: ResidualOption = None,
    lead_months: LeadOption = None,
    cloud_per_hour: CloudOption = None,
    interim_per_hour: InterimOption = None,
    price_decline: DeclineOption = None,
    units: UnitsOption = None,
    utilization: UtilizationOption = None,
    hours_per_month: HoursOption = None,
    horizon_months: HorizonOption = None,
    discount_rate: DiscountOption = None,
    tax_rate: TaxOption = None,
    currency: CurrencyOption = None,
    scenario: ScenarioOption = None,
    against: AgainstOption = Against.CLOUD,
    from_ledger: FromLedgerOption = None,
    month: SamplesMonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    ledger: LedgerOption = None,
    draws: DrawsOption = 10_000,
    seed: SeedOption = 0,
    explain: ExplainOption = False,
    chart: ChartOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show when owning hardware beats renting it, or that it never does.

    A first answer needs three numbers: --capex, --opex-per-hour and --cloud-per-hour. Utilization is
    hours that would otherwise be rented, of the hours owned: a unit held idle would be rented too.
    """
    from finops.cli.output import emit

    if ctx.invoked_subcommand is not None:
        return
    given = (
        *(capex, opex_per_hour, variable_per_hour, residual, lead_months, cloud_per_hour),
        *(interim_per_hour, price_decline, units, utilization, hours_per_month),
        *(horizon_months, discount_rate, tax_rate),
    )
    period = parse_period(month=month, since=since, until=until, last=last)
    told, money = _told(scenario, currency)
    measured = _measured(from_ledger, period, ledger, money)
    asked = _asked(told, measured, dict(zip(NAMES, given, strict=True)), money)
    found = _compare(asked, against)
    if explain:
        emit(_derivation(found, asked.currency), format, output)
        return
    sure = _draw(asked, found, draws, seed)
    if chart is None:
        emit(_report(asked, found, sure), format, output)
    else:
        _draw_chart(asked, found, sure, chart, format, output)


class Asked(NamedTuple):
    """A question made ready: inputs with their origin, the currency, demand by hour where known."""

    inputs: Mapping[str, Input]
    currency: str
    load: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


def _told(path: str | None, currency: str | None) -> tuple[Scenario | None, str]:
    """The scenario and the currency of every amount; nothing is converted."""
    from finops.analysis.breakeven.scenario import load_scenario
    from finops.config import load_config
    from finops.errors import UsageError

    told = load_scenario(path) if path is not None else None
    if told is not None and currency is not None and currency.upper() != told.currency:
        raise UsageError(f"{path} is in {told.currency}, not {currency.upper()}")
    if told is not None:
        return told, told.currency
    return None, (currency or load_config().currency).upper()


def _measured(
    pool: str | None, period: Period | None, ledger: str | None, currency: str
) -> Demand | None:
    """Demand of the pool `pool=NAME` names; None where no pool is asked for."""
    from finops.analysis.breakeven.measured import measured_demand
    from finops.analysis.pools import pool_rules
    from finops.config import load_config
    from finops.errors import UsageError

    if pool is None:
        if period is not None or ledger is not None:
            raise UsageError("a period or ledger needs a pool", hint="--from-ledger pool=NAME")
        return None
    key, _, name = pool.partition("=")
    if key.strip() != "pool" or not name.strip():
        raise UsageError(
            f"--from-ledger {pool!r} names no pool", hint="--from-ledger pool=aws-serving"
        )
    config = load_config()
    return measured_demand(
        open_ledger(ledger, config=config),
        name.strip(),
        period=period,
        rules=pool_rules(config.pools),
        currency=currency,
    )


def _asked(
    told: Scenario | None,
    measured: Demand | None,
    given: Mapping[str, float | None],
    money: str,
) -> Asked:
    """The scenario, what was measured and what options say, each laid over the one before.

    A price paid is taken only where the scenario names none.
    """
    from finops.analysis.breakeven.inputs import values

    inputs = dict(told.inputs) if told else {}
    notes = _quality(told)
    load = told.load if told else ()
    flags = _flags(given, money)
    if measured is not None:
        from finops.analysis.breakeven.measured import measured_inputs
        from finops.report.breakeven import demand_notes

        hours = values({**inputs, **flags})["time.hours_per_month"]
        found = measured_inputs(measured, hours, money)
        if "cloud.on_demand" in inputs:
            found.pop("cloud.on_demand", None)
        inputs, load = {**inputs, **found}, measured.load
        notes = [*notes, *demand_notes(measured)]
    if load and "demand.utilization" in flags:
        load, notes = (), [*notes, "Demand by hour is left out: --utilization says another."]
    inputs = {**inputs, **flags}
    _check(inputs)
    return Asked(inputs, money, load, tuple(notes))


def _compare(asked: Asked, against: Against) -> Comparison:
    """The comparison; with demand by hour, of as many units as are owned or, unsaid, as peak."""
    from finops.analysis.breakeven.compare import compare
    from finops.analysis.breakeven.inputs import values
    from finops.analysis.breakeven.ownership import with_load

    v = values(asked.inputs)
    if any(asked.load):
        peak = float(math.ceil(max(asked.load)))
        owned = v["demand.units"] if "demand.units" in asked.inputs else peak
        v = with_load(v, asked.load, owned)
    return compare(v, against=against.value, load=asked.load if any(asked.load) else ())


def _derivation(found: Comparison, currency: str) -> Report:
    from finops.report.breakeven import derivation_report

    return derivation_report(found, currency)


def _draw(asked: Asked, found: Comparison, draws: int, seed: int) -> Uncertainty | None:
    """The draws; what demand by hour says takes no range."""
    from finops.analysis.breakeven.uncertainty import uncertainty

    measured = ("demand.units", "demand.utilization", "demand.base_share") if found.load else ()
    given = {name: found.values[name] for name in measured}
    if not draws:
        return None
    return uncertainty(asked.inputs, against=found.against, draws=draws, seed=seed, given=given)


def _draw_chart(
    asked: Asked,
    found: Comparison,
    sure: Uncertainty | None,
    chart: BreakevenChart,
    format: ReportFormat,  # noqa: A002  (the option is called --format)
    output: str | None,
) -> None:
    """Write the chart; UsageError where a program is to read it."""
    from finops.cli.output import terminal_width, write_bytes
    from finops.errors import UsageError
    from finops.report.breakeven_chart import breakeven_chart

    if format is not ReportFormat.TABLE:
        raise UsageError("a chart is text", hint="leave out --format, or leave out --chart")
    width = terminal_width(tty=output is None and sys.stdout.isatty())
    text = breakeven_chart(chart, found, sure, asked.currency, width=width)
    write_bytes(text.encode(), output)


def _report(asked: Asked, found: Comparison, sure: Uncertainty | None) -> Report:
    from finops.report.breakeven import breakeven_report, input_rows, origin_note

    return breakeven_report(
        found,
        asked.currency,
        sure=sure,
        notes=(*asked.notes, origin_note(asked.inputs)),
        extras={"inputs": input_rows(asked.inputs)},
    )


def audit(
    scenario: ScenarioArgument,
    *,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Recompute a published comparison and say what it hides.

    The scenario's own table is recomputed to the printed digit; then follow other prices for the same
    hour, the length of a month, what nobody pays for and power that does not fit the hardware.
    """
    from finops.analysis.breakeven.audit import audit as held_against_its_inputs
    from finops.analysis.breakeven.scenario import load_scenario
    from finops.cli.output import emit
    from finops.errors import UsageError
    from finops.report.breakeven import audit_report

    found = load_scenario(scenario)
    if not found.claims:
        raise UsageError(
            f"{scenario} publishes nothing to recompute", hint="add [[published]] with its figures"
        )
    emit(audit_report(held_against_its_inputs(found)), format, output)


def _quality(told: Scenario | None) -> list[str]:
    """What the scenario says of an API's answers; that it says nothing, where it prices them."""
    if told is None or not any(name.startswith("api.") for name in told.inputs):
        return []
    if told.quality_equivalence:
        return [f"Quality: {told.quality_equivalence}"]
    return ["The scenario does not say that the API's answers are as good (quality_equivalence)."]


def _flags(given: Mapping[str, float | None], currency: str) -> dict[str, Input]:
    """What options say, as inputs: whoever types a number has not said where it is from."""
    from finops.analysis.breakeven.inputs import FIELDS, Input, Origin
    from finops.errors import UsageError

    odd = [name for name, value in given.items() if value is not None and not math.isfinite(value)]
    if odd:
        raise UsageError(f"{', '.join(odd)}: not a finite number")
    units = {field.name: field.unit.replace("USD", currency) for field in FIELDS}
    return {
        name: Input(name, float(value), units[name], Origin.ASSUMED, "given on the command line")
        for name, value in given.items()
        if value is not None
    }


def _check(inputs: Mapping[str, Input]) -> None:
    """UsageError where a price is missing: none is guessed."""
    from finops.errors import UsageError

    flags = {"own.price": "--capex", "cloud.on_demand": "--cloud-per-hour"}
    missing = [flag for name, flag in flags.items() if name not in inputs]
    if missing:
        raise UsageError(
            f"{' and '.join(missing)} missing",
            hint="finops breakeven --capex 250141.80 --opex-per-hour 6.37 --cloud-per-hour 98.32",
        )
