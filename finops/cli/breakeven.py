"""`finops breakeven`: own, rent or call an API, and from when owning pays."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

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
    SetOption,
    TaxOption,
    UnitsOption,
    UtilizationOption,
    VariableOption,
    asked_inputs,
)
from finops.cli.options import (
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    OutputOption,
    ToOption,
    open_session,
)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from finops.api.breakeven import Breakeven
    from finops.report.breakeven_chart import BreakevenChart

__all__ = ["register"]


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
    set: SetOption = None,  # noqa: A002  (the option is called --set)
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
    from finops.api.breakeven import INPUTS
    from finops.api.breakeven import breakeven as compare

    if ctx.invoked_subcommand is not None:
        return
    given = (
        *(capex, opex_per_hour, variable_per_hour, residual, lead_months, cloud_per_hour),
        *(interim_per_hour, price_decline, units, utilization, hours_per_month),
        *(horizon_months, discount_rate, tax_rate),
    )
    asked: Any = {
        "scenario": scenario, "against": against.value, "currency": currency, "seed": seed,
        "draws": 0 if explain else draws, "inputs": asked_inputs(set), **dict(zip(INPUTS, given, strict=True)),
    }  # fmt: skip
    when: Any = {"month": month, "since": since, "until": until, "last": last}
    if from_ledger is None:
        _needs_pool(ledger, *when.values())
        found = compare(**asked)
    else:
        found = open_session(ledger).breakeven(_pool(from_ledger), **when, **asked)
    _emit(found, format, output, explain=explain, chart=chart)


def _emit(
    found: Breakeven,
    format: ReportFormat,  # noqa: A002  (the option is called --format)
    output: str | None,
    *,
    explain: bool,
    chart: BreakevenChart | None,
) -> None:
    from finops.cli.output import emit

    if explain:
        emit(found.derivation().report, format, output)
    elif chart is None:
        emit(found.report, format, output)
    else:
        _draw_chart(found, chart, format, output)


def _needs_pool(*given: str | None) -> None:
    """UsageError when something is given that only the demand of a pool has."""
    from finops.errors import UsageError

    if any(one is not None for one in given):
        raise UsageError("a period or ledger needs a pool", hint="--from-ledger pool=NAME")


def _pool(named: str) -> str:
    """The name in `pool=NAME`."""
    from finops.errors import UsageError

    key, _, name = named.partition("=")
    if key.strip() != "pool" or not name.strip():
        raise UsageError(
            f"--from-ledger {named!r} names no pool", hint="--from-ledger pool=aws-serving"
        )
    return name.strip()


def _draw_chart(
    found: Breakeven,
    chart: BreakevenChart,
    format: ReportFormat,  # noqa: A002  (the option is called --format)
    output: str | None,
) -> None:
    """Write the chart; UsageError where a program is to read it."""
    from finops.cli.output import terminal_width, write_bytes
    from finops.errors import UsageError

    if format is not ReportFormat.TABLE:
        raise UsageError("a chart is text", hint="leave out --format, or leave out --chart")
    width = terminal_width(tty=output is None and sys.stdout.isatty())
    write_bytes(found.chart(chart, width=width).encode(), output)


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
    from finops.api.breakeven import audit as ask
    from finops.cli.output import emit

    emit(ask(scenario).report, format, output)
