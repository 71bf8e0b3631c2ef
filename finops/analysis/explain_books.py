"""Where a line of the reconciliation comes from: the accounts, pools and origins it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.explanation import Explanation, Line
from finops.model.money import ZERO, total

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from finops.analysis.charges import PoolCharge
    from finops.analysis.economics import UnitEconomics

__all__ = ["explain_line", "line_names"]

_SINGLE = ("allocated", "jobs", "workloads", "other", "estimated", "difference")

_TOLD = {
    "allocated": "what requests carry of what was charged",
    "jobs": "what jobs carry of the device time they held",
    "workloads": "what workloads that no request names carry of the device time they held",
    "other": "charges of pools that are not AI",
    "estimated": "requests at list price where no bill covers their day; beside the bill, not in it",
    "difference": "EffectiveCost less every part named; zero",
    "unlogged": "metered usage on the bill that no log shows, at the billed rate",
    "unmapped": "charges whose row names no known model or token kind, and shared pools nothing drives",
    "commitment_unused": "what commitments and reservations cost while unused",
    "rounding": "what rates cut at the 24th decimal place leave over",
    "gpu_idle": "device time nobody held",
    "unobserved": "billed device time without samples",
    "seat": "per-user plans that nobody was seen to use",
    "blending": "the period's charges less its device time at the month's rate",
    "fx": "what the invoice's exchange rate differs from the charges' rates",
}


def line_names(answer: UnitEconomics) -> dict[str, Decimal]:
    """Every line of the reconciliation by the name it is explained under."""
    found = answer.reconciliation
    names = {name: getattr(found, name) for name in _SINGLE}
    names |= {f"unallocated.{name}": amount for name, amount in found.unallocated.items()}
    return names | {f"excluded.{name}": amount for name, amount in found.excluded.items()}


def explain_line(answer: UnitEconomics, number: str) -> Explanation | None:
    """The line `number`, with or without `unallocated.` or `excluded.`; None when there is none."""
    names = line_names(answer)
    full = next(
        (f"{p}{number}" for p in ("", "unallocated.", "excluded.") if f"{p}{number}" in names), None
    )
    if full is None:
        return None
    value, name = names[full], full.rpartition(".")[2]
    lines = _details(answer, full)
    if not lines or total(line.amount or ZERO for line in lines) != value:
        lines = _by_origin(answer, full)
    told = _TOLD.get(name, f"charges on the line {name}")
    summed = Line(full, None, None, None, value, "sum of the lines above")
    return Explanation(
        number, f"{name} = {told}", value, answer.period, answer.currency, (*lines, summed)
    )


def _details(answer: UnitEconomics, full: str) -> list[Line]:
    """The accounts or pools behind a line, dearest first."""
    kind, _, name = full.rpartition(".")
    charges = answer.allocation.charges.charges
    if name == "unlogged":
        lines = [
            _account(answer, place) for place in range(len(answer.allocation.metered.settlements))
        ]
        found = [line for line in lines if line.amount]
    elif kind == "excluded":
        found = _pools(charge for charge in charges if charge.line == name)
    elif name == "other":
        found = _pools(c for c in charges if c.kind == "other" and c.line == "usage")
    elif name == "commitment_unused":
        found = _pools(c for c in charges if c.line == "commitment_unused")
    elif name in {"jobs", "workloads", "gpu_idle", "unobserved", "seat", "blending"}:
        found = _capacity(answer, name)
    else:
        return []
    return sorted(found, key=lambda line: (-abs(line.amount or ZERO), line.step))


def _account(answer: UnitEconomics, place: int) -> Line:
    each = answer.allocation.metered.settlements[place]
    key = each.key
    parts = (key.provider, key.model, key.kind, key.tier, key.project, key.region, key.period)
    billed = "no quantity" if each.billed_tokens is None else f"{each.billed_tokens:,.0f} tokens"
    return Line(
        " ".join(part for part in parts if part),
        None if each.billed_tokens is None else each.billed_tokens - each.logged_tokens,
        "tokens",
        None,
        each.unlogged,
        f"{each.rule}: billed {each.billed_cost.normalize():f} for {billed}, "
        f"{each.logged_tokens:,} tokens logged",
    )


def _pools(charges: Iterable[PoolCharge]) -> list[Line]:
    return [
        Line(
            each.pool, None, None, None, each.cost, f"pool {each.pool} ({each.kind}), {each.origin}"
        )
        for each in charges
        if each.cost
    ]


def _capacity(answer: UnitEconomics, name: str) -> list[Line]:
    return [
        Line(each.pool, None, None, None, getattr(each, name), f"pool {each.pool}, {each.origin}")
        for each in answer.allocation.capacity.books
        if getattr(each, name)
    ]


def _by_origin(answer: UnitEconomics, full: str) -> list[Line]:
    kind, _, name = full.rpartition(".")
    lines = []
    for origin, books in answer.reconciliation.origins.items():
        parts = getattr(books, kind) if kind else {name: getattr(books, name, ZERO)}
        if amount := parts.get(name, ZERO):
            lines.append(Line(origin, None, None, None, amount, f"charges of origin {origin}"))
    return lines
