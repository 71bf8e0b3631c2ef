"""How the break-even figures come about, one line of arithmetic after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.breakeven import flows
from finops.analysis.breakeven.compare import RULE_MONTHS, static, utilization_rule
from finops.analysis.breakeven.ownership import with_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.breakeven.compare import Comparison, OptionAnswer
    from finops.analysis.breakeven.ownership import Ownership

__all__ = ["Line", "derivation"]


class Line(NamedTuple):
    """One step: what it is called, how it is computed with the numbers in place, and what it gives."""

    step: str
    formula: str
    value: float | None
    unit: str
    option: str = "own"


def derivation(found: Comparison, currency: str) -> tuple[Line, ...]:
    """Every step from the inputs to the figures of each option."""
    lines: list[Line] = []
    for option in found.options:
        if option.option == "own":
            lines += _owning(found, currency)
        elif option.option == "cloud":
            lines += _cloud(found, currency)
        elif option.option == "api":
            lines += _api(found, currency)
        elif option.option == "hybrid" and found.ownership is not None:
            lines += _hybrid(found, found.ownership, currency)
        lines += _in_all(found, option, currency)
    return tuple(lines)


def _owning(found: Comparison, money: str) -> tuple[Line, ...]:
    """The steps of what is owned, which `found` has as its first option."""
    lines = (*_monthly(found, money), *_axes(found, money), *_returns(found, money))
    return tuple(line._replace(option=found.options[0].option) for line in lines)


def _monthly(found: Comparison, money: str) -> Iterator[Line]:
    v, month = found.values, found.static
    yield Line("spent at once", "hardware, network, storage, site, moving", month.capex, money)
    yield Line(
        "hours owned a month",
        f"{v['demand.units']:g} units x {month.hours:g} h",
        v["demand.units"] * month.hours,
        "h/month",
    )
    yield Line(
        "hours that would be rented",
        f"{v['demand.units'] * month.hours:g} h x {v['demand.utilization']:g} "
        "of what is owned, as far as it can serve them",
        month.served,
        "h/month",
    )
    yield Line("price of an hour rented", "mix of the cloud's prices", month.price, f"{money}/h")
    yield Line(
        "cost of an hour used", "power above idle, and what varies", month.used, f"{money}/h"
    )
    yield Line(
        "cost of owning, used or not",
        "running, idle power, site, support, staff, less what the cloud costs beside hours",
        month.fixed,
        f"{money}/month",
    )
    yield Line(
        "saved a month",
        f"{month.served:,.2f} x ({month.price:,.4f} - {month.used:,.4f}) - {month.fixed:,.2f}",
        month.saved,
        f"{money}/month",
    )


def _axes(found: Comparison, money: str) -> Iterator[Line]:
    v, month, own = found.values, found.static, found.options[0]
    horizon = v["time.horizon"]
    yield Line(
        "break-even in months",
        f"{month.capex:,.2f} / {month.saved:,.2f}",
        own.breakeven_months,
        "months",
    )
    yield Line(
        "break-even in hours owned",
        f"months x {month.hours:g} h",
        own.breakeven_hours,
        "h",
    )
    lengths = (*found.rule, (horizon, own.breakeven_utilization))
    for months, utilization in lengths:
        yield Line(
            f"break-even utilization for {months:g} months",
            f"({month.capex:,.2f} / {months:g} + {month.fixed:,.2f}) / "
            f"({v['demand.units'] * month.hours:g} x ({month.price:,.4f} - {month.used:,.4f}))",
            utilization,
            "ratio",
        )
    yield Line(
        "break-even price of an hour rented",
        f"({month.capex:,.2f} / {horizon:g} + {month.fixed:,.2f}) / {month.served:,.2f} + {month.used:,.4f}",
        own.breakeven_price_per_hour,
        f"{money}/h",
    )


def _returns(found: Comparison, money: str) -> Iterator[Line]:
    v, own, saved = found.values, found.options[0], found.savings
    rate = v["money.discount_rate"]
    yield Line("flow of month 0", "what is spent at once, negative", float(saved[0]), money)
    yield Line("flow of month 1", "saved, after tax", float(saved[1]), money)
    yield Line(
        f"flow of month {len(saved) - 1}",
        "saved, after tax, with the residual value",
        float(saved[-1]),
        money,
    )
    yield Line(
        "net present value",
        f"sum of flow x {1 + rate:g}^(-month/12) over {len(saved) - 1} months",
        own.npv,
        money,
    )
    yield Line("internal rate of return", "the rate at which that sum is 0", own.irr, "ratio/year")
    yield Line("payback", "month in which the flows add up to 0", own.payback_months, "months")
    yield Line(
        "discounted payback",
        "month in which the discounted flows do",
        own.discounted_payback_months,
        "months",
    )


_PRICES = (
    ("one_year", "one year committed"),
    ("three_years", "three years committed"),
    ("five_years", "five years committed"),
)


def _cloud(found: Comparison, money: str) -> Iterator[Line]:
    v, price = found.values, f"{money}/h"
    needed = v["demand.units"] * v["demand.utilization"] * found.static.hours
    yield Line(
        "hours needed in month 1",
        f"{v['demand.units']:g} units x {v['demand.utilization']:g} x {found.static.hours:g} h",
        needed,
        "h/month",
        "cloud",
    )
    shares = {name: v[f"cloud.{name}_share"] for name, _ in _PRICES}
    rest = max(1 - sum(shares.values()) - v["cloud.spot_share"], 0.0)
    terms = [("on demand", rest, v["cloud.on_demand"])]
    terms += [(title, shares[name], v[f"cloud.{name}"]) for name, title in _PRICES]
    rework = 1 + v["cloud.rework"]
    terms.append(("spot, with rework", v["cloud.spot_share"], v["cloud.spot"] * rework))
    for title, share, paid in terms:
        if share:
            yield Line(f"paid {title}", f"{share:g} x {paid:,.4f}", share * paid, price, "cloud")
    yield Line("price of an hour rented", "sum of these", found.static.price, price, "cloud")
    beside = v["cloud.egress"] + v["cloud.storage"]
    last = len(found.savings) - 1
    for month in dict.fromkeys((1, last)):
        grown = (1 + v["demand.growth"]) ** ((month - 1) / 12)
        fallen = (1 - v["cloud.decline"]) ** ((month - 1) / 12)
        yield Line(
            f"cost of month {month}",
            f"{needed:,.2f} h x {grown:.6g} (growth) x {found.static.price:,.4f} "
            f"x {fallen:.6g} (decline) + {beside:,.2f} beside",
            float(found.costs["cloud"][month]),
            money,
            "cloud",
        )


def _api(found: Comparison, money: str) -> Iterator[Line]:
    v = found.values
    for kind in ("input", "cached", "output"):
        tokens, price = v[f"demand.{kind}_tokens"], v[f"api.{kind}"]
        if tokens:
            yield Line(
                f"{kind} tokens of month 1",
                f"{tokens:,.2f} Mtokens x {price:,.4f}",
                tokens * price,
                money,
                "api",
            )
    last = len(found.savings) - 1
    for month in dict.fromkeys((1, last)):
        grown = (1 + v["demand.growth"]) ** ((month - 1) / 12)
        yield Line(
            f"cost of month {month}",
            f"these x {grown:.6g} (growth)",
            float(found.costs["api"][month]),
            money,
            "api",
        )


def _hybrid(found: Comparison, base: Ownership, money: str) -> Iterator[Line]:
    def line(step: str, formula: str, value: float | None, unit: str) -> Line:
        return Line(step, formula, value, unit, "hybrid")

    yield line(
        "load factor worth owning",
        "fixed cost of a unit-hour / ((rented - used) x share of hours it is up)",
        base.threshold,
        "ratio",
    )
    for level in base.levels:
        if level.unit in {base.units, base.units + 1}:
            verdict = "owned" if level.unit <= base.units else "rented"
            yield line(
                f"unit {level.unit}, {verdict}",
                f"works {level.load_factor:.1%} of the hours; over them owned costs "
                f"{level.owned_cost:,.2f}, rented {level.rented_cost:,.2f}",
                level.owned_cost - level.rented_cost,
                money,
            )
    yield line("units owned", "the number with which the demand costs least", base.units, "units")
    if base.units:
        yield from _owning(_with_base(found, base), money)


def _with_base(found: Comparison, base: Ownership) -> Comparison:
    """`found` as it is when only the base is owned."""
    part = with_load(found.values, found.load, base.units)
    hybrid = next(option for option in found.options if option.option == "hybrid")
    return found._replace(
        values=part,
        static=static(part),
        options=(hybrid,),
        rule=tuple((length, utilization_rule(part, length)) for length in RULE_MONTHS),
        savings=flows.savings(part, found.costs[found.against], found.costs["hybrid"]),
    )


def _in_all(found: Comparison, option: OptionAnswer, money: str) -> Iterator[Line]:
    """What every option comes to over the horizon."""
    name, rate = option.option, found.values["money.discount_rate"]
    months = len(found.savings) - 1
    less = " less the residual value" if name in {"own", "hybrid"} else ""
    yield Line(
        "total cost",
        f"sum of months 0 to {months}{less}",
        option.total_cost,
        money,
        name,
    )
    yield Line(
        "present cost",
        f"sum of month x {1 + rate:g}^(-month/12){less}",
        option.present_cost,
        money,
        name,
    )
    yield Line(
        "equivalent annual cost",
        f"present cost / annuity factor of {months} months at {rate:.1%} a year",
        option.equivalent_annual_cost,
        f"{money}/year",
        name,
    )
    yield Line(
        "cost per million valid tokens",
        "present cost / valid Mtokens, discounted alike",
        option.cost_per_million_valid_tokens,
        f"{money}/Mtokens",
        name,
    )
