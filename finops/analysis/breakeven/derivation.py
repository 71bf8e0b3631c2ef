"""How the break-even figures come about, one line of arithmetic after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.breakeven.compare import Comparison

__all__ = ["Line", "derivation"]


class Line(NamedTuple):
    """One step: what it is called, how it is computed with the numbers in place, and what it gives."""

    step: str
    formula: str
    value: float | None
    unit: str


def derivation(found: Comparison, currency: str) -> tuple[Line, ...]:
    """Every step from the inputs to the figures of owning."""
    return (*_monthly(found, currency), *_axes(found, currency), *_returns(found, currency))


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
