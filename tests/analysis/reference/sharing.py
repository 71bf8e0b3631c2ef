"""Shared pools of the reference: a rate per unit of the driver, over everything the period has."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.analysis.reference.rows import KINDS, Attempt, Shared, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.analysis.reference.bill import Line


def share(lines: Iterable[Line], include: Sequence[str], inside: Sequence[Attempt]) -> Shared:
    """Rates that lay shared pools, and lines of the bill that are included, on `inside`."""
    made = Shared()
    units = {
        "requests": sum(each.is_request for each in inside),
        "tokens": sum(each.tokens for each in inside),
        "retrievals": sum(each.is_retrieval for each in inside),
        "bytes": sum(each.bytes for each in inside),
    }
    workflows: dict[str | None, int] = defaultdict(int)
    for each in inside:
        if each.is_request:
            workflows[each.row["workflow"]] += 1
    metered = sum((each.cost(kind) for each in inside for kind in KINDS), Fraction(0))
    for amount, driver, origin in _pools(lines, include):
        given = Fraction(0)
        if driver == "cost" and metered:
            fraction = amount / metered
            made.of_cost.append(fraction)
            given = sum((of_cost(e, kind, fraction) for e in inside for kind in KINDS), Fraction(0))
        elif driver == "even" and workflows:
            for workflow, count in workflows.items():
                rate = cut(amount / len(workflows) / count)
                made.by_workflow[workflow] += rate
                given += rate * count
        elif units.get(driver):
            rate = cut(amount / units[driver])
            made.per[driver] += rate
            given = rate * units[driver]
        else:
            made.unallocated[origin] += amount
            continue
        made.given[origin] += given
        made.rounding[origin] += amount - given
    return made


def of_cost(each: Attempt, kind: str, fraction: Fraction) -> Fraction:
    """What a pool that takes `fraction` of metered cost adds to the tokens of a kind."""
    rate = each.rates[kind][0]
    return Fraction(0) if rate is None else cut(rate * fraction) * each.count(kind)


def _pools(lines: Iterable[Line], include: Sequence[str]) -> list[tuple[Fraction, str, str]]:
    found: dict[tuple[str, str, str, str], Fraction] = defaultdict(Fraction)
    for each in lines:
        if each.line in include:
            found["", each.line, "cost", each.origin] += each.amount
        elif each.kind == "shared" and each.line in {"usage", "commitment_unused"}:
            found[each.pool, each.line, each.driver or "requests", each.origin] += each.amount
    return [(amount, driver, origin) for (*_, driver, origin), amount in found.items() if amount]
