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

from finops.model.money import ZERO, add, divide, multiply, subtract, total
from scorecard.quotes.inputs import HOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.quotes.inputs import Need, Quote

__all__ = ["Line", "Normal", "annuity_sum", "normalize"]

ONE = Decimal(1)
_SECONDS = Decimal(3600)
_MILLION = Decimal(1_000_000)
_MONTHS = 12

_PRECISE = Context(prec=50, rounding=ROUND_HALF_EVEN)


class Line(NamedTuple):
    """One step: what it is, its formula with the numbers in, and what that comes to (None: not known)."""

    step: str
    formula: str
    value: Decimal | None
    unit: str


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
    """Lines as they are worked out; a missing input is remembered with what would supply it."""

    def __init__(self, quote: Quote, need: Need) -> None:
        self.quote, self.need = quote, need
        self.lines: list[Line] = []
        self.missing: list[str] = []
        self.assumed: list[str] = []

    def line(self, step: str, formula: str, value: Decimal, unit: str) -> Decimal:
        """Note a step; gives its value back."""
        self.lines.append(Line(step, formula, value, unit))
        return value

    def silent(self, step: str, why: str) -> None:
        """Note a step that cannot be worked out."""
        self.lines.append(Line(step, why, None, ""))
        self.missing.append(why)

    def or_zero(self, name: str) -> Decimal:
        """A charge that offers rarely have: counted as none, and said so, where nothing is said."""
        value: Decimal | None = getattr(self.quote, name)
        if value is None:
            self.assumed.append(f"{name} 0")
            return ZERO
        return value


def normalize(quote: Quote, need: Need) -> Normal:
    """`quote` for `need`: the month's cost, the hours that can be used, and the cost of one."""
    sheet = _Sheet(quote, need)
    price = _price(sheet)
    gpus, billed = _billed(sheet)
    fee, month = _month(sheet, price, billed)
    availability = _availability(sheet)
    credit = _credit(sheet, fee, availability)
    cost = None
    if month is not None and credit is not None:
        cost = sheet.line(
            "month's cost", f"{_n(month)} - {_n(credit)}", subtract(month, credit), "money/month"
        )
    usable = None
    if availability is not None:
        wanted = multiply(gpus, need.hours)
        usable = sheet.line(
            "usable GPU-hours",
            f"{_n(gpus)} GPUs * {_n(need.hours)} h * {_n(availability)} available",
            multiply(wanted, availability),
            "hours/month",
        )
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
    price, formula = quote.price, _n(quote.price)
    if unit.startswith("node"):
        price, formula = (
            divide(price, quote.gpus_per_node or ONE),
            f"{formula} / {_n(quote.gpus_per_node or ONE)} GPUs",
        )
    if unit.endswith("month"):
        price, formula = divide(price, HOURS), f"{formula} / {_n(HOURS)} h"
    return sheet.line("price", formula, price, "money/GPU-hour")


def _billed(sheet: _Sheet) -> tuple[Decimal, Decimal]:
    """GPUs in use, and the GPU-hours a month that are billed for them."""
    quote, need = sheet.quote, sheet.need
    gpus = need.gpus if quote.gpus is None else min(need.gpus, quote.gpus)
    paid = max(gpus, quote.minimum_gpus or ZERO)
    billing = quote.billing
    if billing is None:
        billing = "reserved" if (quote.term_months or ZERO) > 1 else "used"
        sheet.assumed.append(f"billing {billing}")
    hours = HOURS if billing == "reserved" else need.hours
    billed, formula = multiply(paid, hours), f"{_n(paid)} GPUs * {_n(hours)} h, {billing}"
    least = quote.minimum_gpu_hours or ZERO
    if least > billed:
        billed, formula = least, f"at least {_n(least)}, not {formula}"
    return gpus, sheet.line("billed GPU-hours", formula, billed, "hours/month")


def _month(sheet: _Sheet, price: Decimal, billed: Decimal) -> tuple[Decimal, Decimal | None]:
    """The compute fee that credits are a share of, and the month's cost before them."""
    compute = sheet.line(
        "compute", f"{_n(billed)} h * {_n(price)}", multiply(billed, price), "money/month"
    )
    surcharge = sheet.or_zero("interconnect_per_gpu_hour")
    fabric = sheet.line(
        "interconnect",
        f"{_n(billed)} h * {_n(surcharge)}",
        multiply(billed, surcharge),
        "money/month",
    )
    fee = add(compute, fabric)
    share, fixed = sheet.or_zero("support"), sheet.quote.support_per_month or ZERO
    support = sheet.line(
        "support",
        f"{_n(share)} * {_n(fee)} + {_n(fixed)}",
        add(multiply(fee, share), fixed),
        "money/month",
    )
    parts = [
        fee,
        support,
        _ahead(sheet, compute),
        _beside(sheet, "storage"),
        _beside(sheet, "egress"),
    ]
    known = [part for part in parts if part is not None]
    return fee, total(known) if len(known) == len(parts) else None


def _ahead(sheet: _Sheet, compute: Decimal) -> Decimal:
    """What paying at signing adds to the months: money is dearer today than later."""
    quote = sheet.quote
    months = int(quote.term_months or 1)
    prepaid, setup = quote.prepaid or ZERO, sheet.or_zero("setup_fee")
    if not prepaid and not setup:
        return ZERO
    at_once = add(multiply(multiply(compute, prepaid), months), setup)
    rate = sheet.need.discount_rate
    factor = annuity_sum(rate, months)
    spread = divide(at_once, factor)
    return sheet.line(
        "paying ahead",
        f"({_n(prepaid)} * {_n(compute)} * {months} + {_n(setup)}) / {factor:.6f} at {_n(rate)} a year "
        f"- {_n(prepaid)} * {_n(compute)}",
        subtract(spread, multiply(compute, prepaid)),
        "money/month",
    )


_BESIDE = {
    "storage": ("storage_tb", "storage_per_tb_month", "storage_included_tb", "TB"),
    "egress": ("egress_gb", "egress_per_gb", "egress_included_gb", "GB"),
}


def _beside(sheet: _Sheet, what: str) -> Decimal | None:
    """Storage or egress beyond what is included; None when wanted and the offer names no price."""
    wanted_field, price_field, included_field, unit = _BESIDE[what]
    wanted: Decimal = getattr(sheet.need, wanted_field)
    included: Decimal = getattr(sheet.quote, included_field) or ZERO
    price: Decimal | None = getattr(sheet.quote, price_field)
    charged = max(subtract(wanted, included), ZERO)
    if charged and price is None:
        sheet.silent(what, f"the offer names no price for {what}: ask for {price_field}")
        return None
    return sheet.line(
        what,
        f"({_n(wanted)} - {_n(included)} included) {unit} * {_n(price or ZERO)}"
        if charged
        else f"{_n(wanted)} {unit} wanted, {_n(included)} included",
        multiply(charged, price or ZERO),
        "money/month",
    )


def _availability(sheet: _Sheet) -> Decimal | None:
    """The share of hours the vendor delivers: what is to be expected, else promised, else the need's."""
    quote, need = sheet.quote, sheet.need
    for value, origin in (
        (quote.expected_availability, "expected"),
        (quote.availability, "promised"),
        (need.availability, "assumed, for offers that say none"),
    ):
        if value is not None:
            if origin != "expected":
                sheet.assumed.append(f"availability {_n(value)} ({origin.partition(',')[0]})")
            return sheet.line("availability", origin, value, "ratio")
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
    return sheet.line(
        "service credits",
        f"{_n(share)} * {_n(fee)} at {_n(availability)} available",
        multiply(fee, share),
        "money/month",
    )


def _per_hour(
    sheet: _Sheet, cost: Decimal | None, usable: Decimal | None, reasons: dict[str, str]
) -> Decimal | None:
    if cost is None or usable is None:
        reasons.setdefault("month_cost", reasons["cost_per_usable_hour"])
        return None
    if not usable:
        reasons["cost_per_usable_hour"] = "no hour can be used at availability 0"
        return None
    return sheet.line(
        "per usable GPU-hour",
        f"{_n(cost)} / {_n(usable)} h",
        divide(cost, usable),
        "money/GPU-hour",
    )


def _per_million(
    sheet: _Sheet, per_hour: Decimal | None, reasons: dict[str, str]
) -> Decimal | None:
    rate = sheet.quote.tokens_per_second
    if rate is None:
        rate = sheet.need.tokens_per_second
        if rate is not None:
            sheet.assumed.append(f"tokens_per_second {_n(rate)}")
    if per_hour is None:
        reasons["cost_per_million_tokens"] = "the cost of a usable hour is not known"
        return None
    if not rate:
        reasons["cost_per_million_tokens"] = (
            "no benchmarked throughput: measure it, then tokens_per_second in the offer or "
            "--need tokens_per_second=…"
        )
        return None
    value = divide(multiply(per_hour, _MILLION), multiply(rate, _SECONDS))
    return sheet.line(
        "per million tokens",
        f"{_n(per_hour)} * 1,000,000 / ({_n(rate)} tokens/s * 3,600 s)",
        value,
        "money/M tokens",
    )


_READABLE = 14
"""Characters up to which a number in a formula is written out."""


def _n(value: Decimal) -> str:
    """A number in a formula: as given where it is short, else six decimals."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if len(text) <= _READABLE else f"{value:.6f}"
