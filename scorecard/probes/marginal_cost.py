"""Whether it is known what doubled traffic would cost: what grows, and what capacity would have to be bought.

The number is that of `finops marginal`, of everything together. A pool that is paid for and not watched leaves
it open: nobody can say how much more fits.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.evidence import Finding, Outcome
from scorecard.probes.base import Probe, missing, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.headroom import Step
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:  # noqa: ARG001  (nothing to be told)
    """True where the factor is known; not available where headroom of a pool, or a price, is not."""
    found = context.economics
    if found is None:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    label = found.period.label
    doubled = found.total.doubled
    steps = () if doubled is None else doubled.steps
    unknown = [each.why for each in steps if each.units is None and each.why]
    unknown += _unwatched(found, {each.pool for each in steps})
    if unknown:
        return missing(
            "; ".join(unknown), "finops load gpu FILE, or tokens_per_unit_minute of the pool"
        )
    if doubled is None or doubled.factor is None:
        return missing(
            f"what requests of {label} cost is not known", f"finops unit --month {label}"
        )
    words = [f"doubled traffic adds {doubled.factor:.2f} times what there is"]
    words += [_told(each, found.currency) for each in steps]
    return Finding(
        Outcome.TRUE,
        "; ".join(words),
        value=number(doubled.factor),
        query=f"finops marginal --month {label}",
        collected=context.as_of_month,
    )


def _unwatched(found: UnitEconomics, known: set[str]) -> list[str]:
    """Pools no request is seen on, with time nobody saw: whether requests run there is not known."""
    unseen: dict[str, Decimal] = {}
    for books in found.allocation.capacity.books:
        if books.pool not in known and books.unobserved > 0:
            unseen[books.pool] = unseen.get(books.pool, Decimal(0)) + books.unobserved
    return [
        f"headroom of {pool} is not known: {cost:,.2f} {found.currency} of it was not watched"
        for pool, cost in sorted(unseen.items())
    ]


def _told(step: Step, currency: str) -> str:
    """`gpus fits (70 % of 80 % busy)`, or what would have to be bought for how much a month, and what is paid of it."""
    if step.units and step.monthly_cost is not None and step.hour is not None:
        cost = f"{step.monthly_cost:,.2f} {currency}"
        paid = f", {step.covered:,.2f} paid already" if step.covered else ""
        full = f"{step.hour:%Y-%m-%d %H}h is full"
        return f"{step.pool}: buy {step.units} for {cost} a month{paid} ({full})"
    limit = f"{step.max_busy:.0%}" + (" assumed" if step.is_assumed else "")
    return f"{step.pool} fits ({step.busy or 0:.0%} of {limit} busy)"


PROBE = Probe("marginal_cost", "Is the cost of the next request known?", ask, ())
