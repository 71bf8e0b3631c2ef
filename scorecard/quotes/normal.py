"""An offer's cost for an hour that can be used, step by step: each line can be checked with a pencil.

The month's cost is everything the buyer's need would be billed for, spread evenly over the term. The hours
that can be used are those the buyer wants and the vendor delivers: hours paid and not wanted, and hours down,
are in the cost and not in the hours. That is how an offer with a lower price by the hour can be the dearer one.

Formulas. A price by the month is one by the hour with 730 hours to a month. *Paying ahead*: an amount P at
signing costs as much as P ÷ Σ (1 + r)^(-m/12), m = 1 … T, at the end of each of T months: the annuity of the
same present value (Brealey, Myers and Allen, Principles of Corporate Finance, on equivalent annual cost).
*Credits*: the share the schedule gives back at the availability to reckon with; each month is taken to be like
the average. *Per million tokens*: at the benchmarked throughput, 10^6 ÷ (3,600 s · tokens/s) usable
GPU-hours make a million tokens.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.arithmetic import amount, count, plain
from finops.model.money import ZERO, add, divide, multiply, subtract, total
from scorecard.quotes.inputs import HOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.explanation import Line
    from scorecard.quotes.inputs import Need, Quote

__all__ = ["Normal", "annuity_sum", "normalize"]

ONE = Decimal(1)
_SECONDS = Decimal(3600)
_MILLION = Decimal(1_000_000)
_MONTHS = 12

_PRECISE = Context(prec=50, rounding=ROUND_HALF_EVEN)


class Normal(NamedTuple):
    """An offer under one need, in its own currency. A number that is None has its reason in `reasons`."""

    quote: Quote
    lines: tuple[Line, ...]
    reasons: Mapping[str, str]
    assumed: tuple[str, ...]
    """What the offer does not say and was reckoned with, in words."""
    price_per_gpu_hour: Decimal
    billed_hours: Decimal
    month_cost: Decimal | None
    availability: Decimal | None
    usable_hours: Decimal | None
    cost_per_usable_hour: Decimal | None
    cost_per_million_tokens: Decimal | None


def annuity_sum(rate_per_year: Decimal, months: int) -> Decimal:
    """Present value of one unit of money at each month's end: Σ (1 + r)^(-m/12), to 50 digits."""
    with localcontext(_PRECISE):
        factor = (ONE + rate_per_year) ** (Decimal(-1) / _MONTHS)
        return sum((factor**month for month in range(1, months + 1)), ZERO)


class _Sheet:
    """Lines as they are worked out; a missing input is remembered with what would supply it.

    A formula names what the offer says (`offer.price`), what is needed (`need.hours`), and lines above it.
    """

    def __init__(self, quote: Quote, need: Need) -> None:
        self.quote, self.need = quote, need
        self.lines: list[Line] = []
        self.noted: set[str] = set()
        self.missing: list[str] = []
        self.assumed: list[str] = []

    def line(self, step: str, formula: str, value: Decimal, unit: str) -> Decimal:
        """Note a step, of money where its unit is; gives its value back."""
        if unit.startswith("money"):
            money = unit.replace("money", self.quote.currency)
            self.lines.append(amount(step, value, formula, money))
        else:
            self.lines.append(count(step, value, unit, formula))
        return value

    def silent(self, step: str, why: str) -> None:
        """Note a step that cannot be worked out."""
        self.lines.append(count(step, None, None, why))
        self.missing.append(why)

    def needed(self, name: str, unit: str) -> Decimal:
        """A number of the need, noted once."""
        value: Decimal = getattr(self.need, name)
        self._input(f"need.{name}", value, unit, f"what is needed: --need {name}=…, or the file")
        return value

    def said(self, name: str, unit: str) -> Decimal:
        """A number of the offer, noted once; nothing where it says nothing."""
        value: Decimal | None = getattr(self.quote, name)
        where = f", {self.quote.source}" if self.quote.source else ""
        source = f"the offer of {self.quote.name}{where}: {name}"
        if value is None:
            source = f"the offer of {self.quote.name} does not say its {name}"
        self._input(f"offer.{name}", value or ZERO, unit, source)
        return value or ZERO

    def _input(self, step: str, value: Decimal, unit: str, source: str) -> None:
        if step not in self.noted:
            self.noted.add(step)
            self.line(step, source, value, unit)

    def or_zero(self, name: str, unit: str) -> Decimal:
        """A charge that offers rarely have: counted as none, and said so, where nothing is said."""
        if getattr(self.quote, name) is None:
            self.assumed.append(f"{name} 0")
        return self.said(name, unit)


def normalize(quote: Quote, need: Need) -> Normal:
    """`quote` for `need`: the month's cost, the hours that can be used, and the cost of one."""
    sheet = _Sheet(quote, need)
    price = _price(sheet)
    gpus, billed = _billed(sheet)
    fee, month, paid = _month(sheet, price, billed)
    availability = _availability(sheet)
    credit = _credit(sheet, fee, availability)
    cost = None
    if month is not None and credit is not None:
        cost = sheet.line(
            "month", f"= {paid} - service_credits", subtract(month, credit), "money/month"
        )
    usable = None
    if availability is not None:
        formula = "= gpus x need.hours x availability"
        wanted = multiply(gpus, sheet.needed("hours", "hours/month"))
        usable = sheet.line("usable_hours", formula, multiply(wanted, availability), "hours/month")
    reasons: dict[str, str] = {}
    if sheet.missing:
        reasons["cost_per_usable_hour"] = "; ".join(sheet.missing)
    per_hour = _per_hour(sheet, cost, usable, reasons)
    per_million = _per_million(sheet, per_hour, reasons)
    return Normal(
        quote,
        tuple(sheet.lines),
        reasons,
        tuple(sheet.assumed),
        price,
        billed,
        cost,
        availability,
        usable,
        per_hour,
        per_million,
    )


def _price(sheet: _Sheet) -> Decimal:
    """The offered price, of a GPU-hour."""
    quote = sheet.quote
    unit = quote.price_unit or "gpu_hour"
    if quote.price_unit is None:
        sheet.assumed.append("price_unit gpu_hour")
    price, formula = sheet.said("price", f"money/{unit.replace('_', '-')}"), "= offer.price"
    if unit.startswith("node"):
        sheet.said("gpus_per_node", "GPUs")
        price = divide(price, quote.gpus_per_node or ONE)
        formula += " / offer.gpus_per_node"
    if unit.endswith("month"):
        price, formula = divide(price, HOURS), f"{formula} / {plain(HOURS)}"
    return sheet.line("price", formula, price, "money/GPU-hour")


def _billed(sheet: _Sheet) -> tuple[Decimal, Decimal]:
    """GPUs in use, and the GPU-hours a month that are billed for them."""
    quote = sheet.quote
    gpus, formula = sheet.needed("gpus", "GPUs"), "= need.gpus"
    if quote.gpus is not None:
        gpus = min(gpus, sheet.said("gpus", "GPUs"))
        formula = "= min(need.gpus, offer.gpus)"
    sheet.line("gpus", formula, gpus, "GPUs")
    least_gpus = sheet.said("minimum_gpus", "GPUs")
    billing = quote.billing
    if billing is None:
        billing = "reserved" if (quote.term_months or ZERO) > 1 else "used"
        sheet.assumed.append(f"billing {billing}")
    hours, name = HOURS, plain(HOURS)
    if billing != "reserved":
        hours, name = sheet.needed("hours", "hours/month"), "need.hours"
    least = sheet.said("minimum_gpu_hours", "hours/month")
    billed = max(multiply(max(gpus, least_gpus), hours), least)
    formula = f"= max(max(gpus, offer.minimum_gpus) x {name}, offer.minimum_gpu_hours)"
    return gpus, sheet.line("billed_hours", formula, billed, "hours/month")


def _month(sheet: _Sheet, price: Decimal, billed: Decimal) -> tuple[Decimal, Decimal | None, str]:
    """The compute fee that credits are a share of, the month's cost before them, and its parts as a formula."""
    compute = sheet.line(
        "compute", "= billed_hours x price", multiply(billed, price), "money/month"
    )
    surcharge = sheet.or_zero("interconnect_per_gpu_hour", "money/GPU-hour")
    formula = "= billed_hours x offer.interconnect_per_gpu_hour"
    fabric = sheet.line("interconnect", formula, multiply(billed, surcharge), "money/month")
    fee = add(compute, fabric)
    share = sheet.or_zero("support", "of the compute fee")
    fixed = sheet.said("support_per_month", "money/month")
    formula = "= offer.support x (compute + interconnect) + offer.support_per_month"
    support = sheet.line("support", formula, add(multiply(fee, share), fixed), "money/month")
    ahead = _ahead(sheet, compute)
    parts = [fee, support, ahead, _beside(sheet, "storage"), _beside(sheet, "egress")]
    known = [part for part in parts if part is not None]
    told = "compute + interconnect + support"
    told += " + paying_ahead + storage + egress" if ahead else " + storage + egress"
    return fee, total(known) if len(known) == len(parts) else None, told


def _ahead(sheet: _Sheet, compute: Decimal) -> Decimal:
    """What paying at signing adds to the months: money is dearer today than later."""
    months = int(sheet.quote.term_months or 1)
    prepaid, setup = sheet.quote.prepaid or ZERO, sheet.or_zero("setup_fee", "money")
    if not prepaid and not setup:
        return ZERO
    sheet.said("prepaid", "of the term's compute fee")
    sheet.line("term", "the offer's term_months, at least 1", ZERO + months, "months")
    at_once = add(multiply(multiply(compute, prepaid), months), setup)
    rate = sheet.needed("discount_rate", "a year")
    factor = annuity_sum(rate, months)
    each = "(1 + need.discount_rate) ^ (-1 / 12)"
    geometric = f"{each} x (1 - (1 + need.discount_rate) ^ (0 - term / 12)) / (1 - {each})"
    sheet.line("annuity", f"= {geometric if rate else 'term'}", factor, "months")
    return sheet.line(
        "paying_ahead",
        "= (offer.prepaid x compute x term + offer.setup_fee) / annuity - offer.prepaid x compute",
        subtract(divide(at_once, factor), multiply(compute, prepaid)),
        "money/month",
    )


_BESIDE = {
    "storage": ("storage_tb", "storage_per_tb_month", "storage_included_tb", "TB"),
    "egress": ("egress_gb", "egress_per_gb", "egress_included_gb", "GB"),
}


def _beside(sheet: _Sheet, what: str) -> Decimal | None:
    """Storage or egress beyond what is included; None when wanted and the offer names no price."""
    wanted_field, price_field, included_field, unit = _BESIDE[what]
    wanted = sheet.needed(wanted_field, unit)
    included = sheet.said(included_field, unit)
    charged = max(subtract(wanted, included), ZERO)
    if charged and getattr(sheet.quote, price_field) is None:
        sheet.silent(what, f"the offer names no price for {what}: ask for {price_field}")
        return None
    price = sheet.said(price_field, f"money/{unit}")
    formula = f"= max(need.{wanted_field} - offer.{included_field}, 0) x offer.{price_field}"
    return sheet.line(what, formula, multiply(charged, price), "money/month")


def _availability(sheet: _Sheet) -> Decimal | None:
    """The share of hours the vendor delivers: what is to be expected, else promised, else the need's."""
    quote, need = sheet.quote, sheet.need
    for value, origin, field in (
        (quote.expected_availability, "expected", "expected_availability of the offer"),
        (quote.availability, "promised", "availability of the offer"),
        (need.availability, "assumed", "--need availability=…, for offers that say none"),
    ):
        if value is not None:
            if origin != "expected":
                sheet.assumed.append(f"availability {plain(value)} ({origin})")
            return sheet.line("availability", f"{origin}: {field}", value, "of the hours")
    sheet.silent(
        "availability",
        "the offer promises no availability: ask for it, or --need availability=0.99",
    )
    return None


def _credit(sheet: _Sheet, fee: Decimal, availability: Decimal | None) -> Decimal | None:
    """What comes back in a month of that availability; None when the availability is not known."""
    if availability is None:
        return None
    share = ZERO
    for step in sheet.quote.credits or ():
        if availability < step.availability:
            share = step.share
    told = f"the offer's credits at {plain(availability)} available"
    sheet.line("credit_share", told, share, "of the compute fee")
    formula = "= credit_share x (compute + interconnect)"
    return sheet.line("service_credits", formula, multiply(fee, share), "money/month")


def _per_hour(
    sheet: _Sheet, cost: Decimal | None, usable: Decimal | None, reasons: dict[str, str]
) -> Decimal | None:
    if cost is None or usable is None:
        reasons.setdefault("month_cost", reasons["cost_per_usable_hour"])
        return None
    if not usable:
        reasons["cost_per_usable_hour"] = "no hour can be used at availability 0"
        return None
    return sheet.line("per_hour", "= month / usable_hours", divide(cost, usable), "money/GPU-hour")


def _per_million(
    sheet: _Sheet, per_hour: Decimal | None, reasons: dict[str, str]
) -> Decimal | None:
    rate, source = sheet.quote.tokens_per_second, "benchmarked, in the offer"
    if rate is None:
        rate, source = sheet.need.tokens_per_second, "--need tokens_per_second=…"
        if rate is not None:
            sheet.assumed.append(f"tokens_per_second {plain(rate)}")
    if per_hour is None:
        reasons["cost_per_million_tokens"] = "the cost of a usable hour is not known"
        return None
    if not rate:
        reasons["cost_per_million_tokens"] = (
            "no benchmarked throughput: measure it, then tokens_per_second in the offer or "
            "--need tokens_per_second=…"
        )
        return None
    sheet.line("tokens_per_second", source, rate, "tokens/s")
    value = divide(multiply(per_hour, _MILLION), multiply(rate, _SECONDS))
    formula = f"= per_hour x {plain(_MILLION)} / (tokens_per_second x {plain(_SECONDS)})"
    return sheet.line("per_million", formula, value, "money/M tokens")
