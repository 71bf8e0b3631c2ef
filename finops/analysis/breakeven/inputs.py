"""What a comparison may be told: every input's name, unit and meaning, and one input's value with its origin.

The registry is the schema: scenario files, the options of the command and the template all follow it.
A *unit* of hardware is what the scenario prices: one accelerator or one server, the same for owning and
renting. `USD` in a unit stands for the scenario's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "Field", "Input", "Origin", "defaults", "values"]


class Origin(StrEnum):
    """How far an input can be trusted."""

    MEASURED = "measured"
    QUOTED = "quoted"
    ASSUMED = "assumed"


class Field(NamedTuple):
    """One thing a comparison may be told; `default` None: it must be given."""

    name: str
    unit: str
    about: str
    default: float | None = 0.0
    minimum: float = 0.0
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One input: its value in the field's unit, where that comes from, and how far it may range."""

    name: str
    value: float
    unit: str
    origin: Origin
    source: str = ""
    date: str = ""
    low: float | None = None
    high: float | None = None


FIELDS = (
    Field("time.hours_per_month", "hours/month", "Length of a month.", 730.0, 1, 744),
    Field("time.horizon", "months", "Months looked at.", 60.0, 1, 600),
    Field("money.discount_rate", "ratio/year", "Cost of capital.", 0.10, -0.5, 10),
    Field("money.tax_rate", "ratio", "Tax on what is saved.", maximum=0.99),
    Field("money.inflation", "ratio/year", "Yearly rise of staff cost.", minimum=-0.5, maximum=10),
    Field("demand.units", "units", "Units owned.", 1.0, 1e-9),
    Field(
        "demand.utilization",
        "ratio",
        "Hours that would otherwise be rented, of the hours owned; a unit held idle is rented too.",
        1.0,
    ),
    Field(
        "demand.base_share",
        "ratio",
        "Share of the hours needed that owned units can serve; peaks above them are rented.",
        1.0,
        0,
        1,
    ),
    Field("demand.growth", "ratio/year", "Yearly growth of demand.", minimum=-0.99, maximum=100),
    Field("demand.input_tokens", "Mtokens/month", "Uncached input tokens, valid work or not."),
    Field("demand.cached_tokens", "Mtokens/month", "Input tokens read from a cache."),
    Field("demand.output_tokens", "Mtokens/month", "Output tokens."),
    Field(
        "demand.valid_share", "ratio", "Share of tokens in answers that were good.", 1.0, 1e-9, 1
    ),
    Field("own.price", "USD/unit", "Hardware.", None),
    Field("own.spares", "ratio", "Spare hardware, as a share of the hardware."),
    Field("own.network", "USD", "Switches and cables."),
    Field("own.storage", "USD", "Storage."),
    Field("own.facility", "USD", "Room, fit-out, cooling."),
    Field("own.migration", "USD", "Moving there: engineering, egress, months run twice."),
    Field("own.running", "USD/unit/hour", "Running cost of an hour owned, used or not."),
    Field("own.variable", "USD/unit/hour", "Running cost of an hour used, on top."),
    Field("own.licences", "USD/unit/month", "Software licences."),
    Field("own.support", "ratio/year", "Support contract, as a share of the hardware."),
    Field("own.staff", "FTE", "People who run it."),
    Field("own.salary", "USD/FTE/year", "What one of them costs."),
    Field("own.idle_power", "kW/unit", "Power drawn idle."),
    Field("own.max_power", "kW/unit", "Power drawn at full use."),
    Field(
        "own.pue", "ratio", "Power of the site for each unit of power of the hardware.", 1.0, 1, 5
    ),
    Field("own.tariff", "USD/kWh", "Electricity."),
    Field("own.colocation", "USD/kW/month", "Colocation, for the power contracted."),
    Field("own.failure_rate", "ratio/year", "Share of hardware replaced at one's own cost."),
    Field("own.downtime", "ratio", "Share of hours owned hardware is down.", maximum=0.99),
    Field("own.headroom", "ratio", "Share of capacity kept free.", maximum=0.99),
    Field(
        "own.residual", "ratio", "Share of the hardware's price it fetches at the end.", maximum=1
    ),
    Field("own.lifetime", "months", "Months the hardware is depreciated over.", 60.0, 1),
    Field("own.hardware_lead_time", "months", "From order until hardware stands."),
    Field("own.power_lead_time", "months", "Until the site has power."),
    Field("cloud.on_demand", "USD/unit/hour", "On-demand price.", None),
    Field("cloud.one_year", "USD/unit/hour", "Price with a commitment of one year."),
    Field("cloud.three_years", "USD/unit/hour", "Price with a commitment of three years."),
    Field("cloud.five_years", "USD/unit/hour", "Price with a commitment of five years."),
    Field("cloud.spot", "USD/unit/hour", "Spot price."),
    Field("cloud.one_year_share", "ratio", "Share of hours at the one-year price.", maximum=1),
    Field("cloud.three_years_share", "ratio", "Share of hours at the three-year price.", maximum=1),
    Field("cloud.five_years_share", "ratio", "Share of hours at the five-year price.", maximum=1),
    Field("cloud.spot_share", "ratio", "Share of hours at the spot price.", maximum=1),
    Field("cloud.rework", "ratio", "Spot hours done again, for each spot hour."),
    Field("cloud.interim", "USD/unit/hour", "Price paid during lead time; the mix where zero."),
    Field("cloud.minimum_rental", "hours", "Hours a rental is paid for at least."),
    Field("cloud.start_up", "hours", "Hours of a rental before it works."),
    Field("cloud.decline", "ratio/year", "Yearly fall of price.", minimum=-10, maximum=0.99),
    Field("cloud.egress", "USD/month", "Data leaving the cloud."),
    Field("cloud.storage", "USD/month", "Storage that comes with it."),
    Field("cloud.run_off", "USD/month", "Commitment that is paid on after leaving."),
    Field("cloud.run_off_months", "months", "Months it is."),
    Field("api.input", "USD/Mtokens", "Uncached input tokens."),
    Field("api.cached", "USD/Mtokens", "Input tokens read from a cache."),
    Field("api.output", "USD/Mtokens", "Output tokens."),
    Field("claim.power_cost", "USD/unit/hour", "Electricity the comparison counts, for an audit."),
    Field("claim.tariff", "USD/kWh", "Electricity price it names."),
    Field("claim.nameplate_power", "kW/unit", "Power the hardware is specified for."),
)
"""Every input, in the order of a scenario file."""


def defaults() -> dict[str, float]:
    """The value of every input that has a default, by its name."""
    return {field.name: field.default for field in FIELDS if field.default is not None}


def values(inputs: Mapping[str, Input]) -> dict[str, float]:
    """The value of every input: the one given, else the default."""
    return defaults() | {name: given.value for name, given in inputs.items()}
