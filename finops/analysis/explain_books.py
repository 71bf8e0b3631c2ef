"""Where a line of the reconciliation comes from: accounts, device time and the charges it is made of."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.charges import LINES, UNIT_LINES, is_metered_sql
from finops.analysis.explain_charges import of_pools
from finops.analysis.explain_pools import explain_pools
from finops.analysis.explanation import Explanation, Line
from finops.model.money import ZERO, add, multiply, subtract, total

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finops.analysis.charges import PoolCharge
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.explain_charges import Charged
    from finops.analysis.metering import Settlement

__all__ = ["explain_line", "line_names"]

_SINGLE = ("allocated", "jobs", "workloads", "other", "estimated", "difference")

_OF_ROWS = frozenset({"other", "commitment_unused", "seat", "unmapped"})
"""Lines made of whole charges, beside those that are excluded."""

_NOT_UNUSED = frozenset({"shared", "other"})
"""Kinds of pools whose unused commitments are handed on like the rest of them."""

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


def explain_line(
    answer: UnitEconomics, number: str, charged: Charged | None = None
) -> Explanation | None:
    """The line `number`, with or without `unallocated.` or `excluded.`; None when there is none.

    Without `charged` what is made of charges ends at its pools.
    """
    names = line_names(answer)
    names |= {
        f"excluded.{line}": ZERO
        for line in LINES
        if line not in UNIT_LINES and f"excluded.{line}" not in names
    }
    full = next(
        (f"{p}{number}" for p in ("", "unallocated.", "excluded.") if f"{p}{number}" in names), None
    )
    if full is None:
        return None
    value, name = names[full], full.rpartition(".")[2]
    made = (_charges(answer, full, charged), _details(answer, full), _by_origin(answer, full))
    lines = next(
        (
            found
            for found in made
            if total(line.amount or ZERO for line in found) == value and found
        ),
        [],
    )
    lines = [line for line in lines if line.amount]
    told = _TOLD.get(name, f"charges on the line {name}")
    made_of = "sum of the lines above"
    if not lines:
        nothing = f"nothing in {answer.period.label} is of it"
        made_of = "what finops explain cost prices by the list" if value else nothing
    summed = Line(full, None, None, None, value, made_of)
    return Explanation(
        number, f"{name} = {told}", value, answer.period, answer.currency, (*lines, summed)
    )


def _charges(answer: UnitEconomics, full: str, charged: Charged | None) -> list[Line]:
    """The rows of bills and owned hardware behind a line, where it is made of whole rows."""
    kind, _, name = full.rpartition(".")
    if charged is None or (kind != "excluded" and name not in _OF_ROWS):
        return []
    if kind == "excluded":
        return charged(f"line = '{name}'")
    found = answer.allocation.charges.charges
    if name == "other":
        others = {each.pool for each in found if each.kind == "other"}
        return [line for each in UNIT_LINES for line in charged(of_pools(each, others))]
    if name == "commitment_unused":
        pools = {each.pool for each in found if each.line == name and each.kind not in _NOT_UNUSED}
        return charged(of_pools(name, pools))
    if name == "seat":
        return _seats(answer, charged)
    metered = {each.pool for each in found if each.kind == "metered"}
    nameless = f"(origin = 'owned' or not {is_metered_sql()})"
    return [*charged(f"{of_pools('usage', metered)} and {nameless}"), *_stranded(answer)]


def _details(answer: UnitEconomics, full: str) -> list[Line]:
    """The accounts, pools or device time behind a line, dearest first."""
    kind, _, name = full.rpartition(".")
    charges = answer.allocation.charges.charges
    settlements = answer.allocation.metered.settlements
    found: list[Line] = []
    if name == "allocated":
        found = _carried(answer)
    elif name == "estimated":
        found = _listed(answer)
    elif name == "unlogged":
        found = [_account(each, each.unlogged) for each in settlements]
    elif name == "rounding":
        found = _rounded(answer)
    elif kind == "excluded":
        found = _pools(charge for charge in charges if charge.line == name)
    elif name == "other":
        found = _pools(c for c in charges if c.kind == "other" and c.line in UNIT_LINES)
    elif name == "commitment_unused":
        found = _pools(c for c in charges if c.line == name and c.kind not in _NOT_UNUSED)
    elif name in {"jobs", "workloads", "gpu_idle", "unobserved", "seat", "blending"}:
        held = explain_pools(answer, name)
        found = [] if held is None else list(held.lines[:-1])
    found = [line for line in found if line.amount]
    return sorted(found, key=lambda line: (-abs(line.amount or ZERO), line.step))


def _account(each: Settlement, amount: Decimal) -> Line:
    """One line of account between bill and log, with what of it `amount` is."""
    key = each.key
    parts = (key.provider, key.model, key.kind, key.tier, key.project, key.region, key.period)
    billed = "no quantity" if each.billed_tokens is None else f"{each.billed_tokens:,.0f} tokens"
    return Line(
        " ".join(part for part in parts if part),
        None if each.billed_tokens is None else each.billed_tokens - each.logged_tokens,
        "tokens",
        None,
        amount,
        f"{each.rule}: billed {each.billed_cost.normalize():f} for {billed}, "
        f"{each.logged_tokens:,} tokens logged",
    )


def _carried(answer: UnitEconomics) -> list[Line]:
    """What requests carry: metered accounts, capacity pools and shared pools."""
    found = answer.allocation
    lines = [
        _account(each, each.requests_cost)._replace(quantity=Decimal(each.logged_tokens))
        for each in found.metered.settlements
    ]
    lines += [
        Line(
            each.pool,
            None,
            None,
            None,
            each.requests,
            f"finops explain capacity.requests, {each.origin}",
        )
        for each in found.capacity.books
    ]
    lines += [
        Line(
            each.pool.name,
            Decimal(each.units),
            "workflows" if each.rate is None else each.pool.driver,
            each.rate,
            each.shared,
            f"{each.pool.cost.normalize():f} / {each.units:,}, {each.pool.origin}",
        )
        for each in found.shares.shares
        if each.units
    ]
    if found.shares.of_cost:
        names = ", ".join(pool.name for pool, _ in found.shares.of_cost)
        rest = subtract(
            answer.reconciliation.allocated, total(line.amount or ZERO for line in lines)
        )
        lines.append(
            Line(names, None, None, None, rest, "in proportion to metered cost, rate by rate")
        )
    return lines


def _listed(answer: UnitEconomics) -> list[Line]:
    """Tokens of each model that no bill covers, at their list rate."""
    rates = answer.allocation.metered.rates
    counts: dict[tuple[str, str, str, Decimal], int] = defaultdict(int)
    for each in answer.allocation.log.tokens:
        for kind, count in each.tokens.items():
            rate = rates.get((each.id, kind))
            if count and rate is not None and rate.basis == "list" and rate.amount is not None:
                counts[each.provider, each.model, kind, rate.amount] += count
    return [
        Line(
            f"{provider} {model} {kind}",
            Decimal(count),
            "tokens",
            rate,
            multiply(rate, count),
            "list price: finops explain cost says whose and of which day",
        )
        for (provider, model, kind, rate), count in counts.items()
    ]


def _rounded(answer: UnitEconomics) -> list[Line]:
    """What each rate, cut at its last place, leaves of what it was made from."""
    found, told = answer.allocation, "charged less units x rate, which is cut at the 24th place"
    lines = [
        _account(each, each.rounding)._replace(quantity=None, unit=None, source=told)
        for each in found.metered.settlements
    ]
    lines += [
        Line(each.pool.name, None, None, None, each.rounding, told) for each in found.shares.shares
    ]
    return lines + [
        Line(each.pool, None, None, None, each.rounding, told) for each in found.capacity.books
    ]


def _seats(answer: UnitEconomics, charged: Charged) -> list[Line]:
    """The fees of plans less what of them is on requests."""
    books = [each for each in answer.allocation.capacity.books if each.seat or each.requests]
    kinds = {each.pool for each in answer.allocation.charges.charges if each.kind == "seat"}
    seats = [each for each in books if each.pool in kinds]
    told = "on requests of those who used it: finops explain capacity.requests"
    used = [
        Line(f"{each.pool} used", None, None, None, -add(each.requests, each.rounding), told)
        for each in seats
    ]
    return [*charged(of_pools("usage", {each.pool for each in seats})), *used]


def _stranded(answer: UnitEconomics) -> list[Line]:
    """Shared pools with nothing there to carry them."""
    return [
        Line(
            each.pool.name,
            None,
            None,
            None,
            each.pool.cost,
            f"nothing of its driver: {each.pool.driver}",
        )
        for each in answer.allocation.shares.shares
        if each.is_stranded
    ]


def _pools(charges: Iterable[PoolCharge]) -> list[Line]:
    return [
        Line(
            each.pool, None, None, None, each.cost, f"pool {each.pool} ({each.kind}), {each.origin}"
        )
        for each in charges
    ]


def _by_origin(answer: UnitEconomics, full: str) -> list[Line]:
    kind, _, name = full.rpartition(".")
    lines = []
    for origin, books in answer.reconciliation.origins.items():
        parts = getattr(books, kind) if kind else {name: getattr(books, name, ZERO)}
        if amount := parts.get(name, ZERO):
            lines.append(Line(origin, None, None, None, amount, f"charges of origin {origin}"))
    return lines
