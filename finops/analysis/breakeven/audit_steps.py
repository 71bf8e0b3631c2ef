"""How a published figure is held against its own inputs: the figure from the paper's numbers, step by step."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from finops.analysis.breakeven.audit import claimed_values, corners
from finops.analysis.breakeven.compare import compare
from finops.analysis.breakeven.derivation import breakeven_table
from finops.analysis.breakeven.inputs import Input, Origin
from finops.analysis.derived.arithmetic import Derived, count, missing
from finops.analysis.derived.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from finops.analysis.breakeven.audit import Audit, Reproduced
    from finops.analysis.breakeven.scenario import Claim, Scenario

__all__ = ["TOLD", "audit_table"]

TOLD = {
    "from_inputs": "the figure from the paper's own inputs, as they are printed",
    "low": "the least that inputs which round to the printed ones give",
    "high": "the most that inputs which round to the printed ones give",
}
"""What each number of a claim is."""


def audit_table(found: Audit) -> Table:
    """A row for each published figure."""
    pairs = zip(found.scenario.claims, found.table, strict=True)
    return Table(tuple(_row(found.scenario, claim, line) for claim, line in pairs))


def _row(scenario: Scenario, claim: Claim, line: Reproduced) -> Row:
    numbers: dict[str, Callable[[], Derived]] = {
        name: partial(_number, scenario, claim, line, name) for name in TOLD
    }
    names: dict[str, str | None] = {"claim": claim.name, "axis": claim.axis}
    return Row(names, numbers, scenario.currency)


def _number(scenario: Scenario, claim: Claim, line: Reproduced, name: str) -> Derived:
    exact, told = line.from_inputs, TOLD[name]
    value: float | None = getattr(line, name)
    if exact is None or value is None:
        return missing(name, told, line.verdict)
    v = claimed_values(scenario, claim)
    if name != "from_inputs":
        v = corners(scenario, claim, v, exact)[0 if name == "low" else 1]
    if math.isinf(value):
        return Derived(value, told, (count(name, None, None, "with these inputs there is none"),))
    table = breakeven_table(compare(v), _inputs(scenario, claim, v), scenario.currency)
    row = next(row for row in table.rows if row.names["option"] == claim.option)
    axis = claim.axis if claim.axis in row.numbers else f"breakeven_{claim.axis}"
    lines = row.numbers[axis]().lines
    return Derived(value, told, (*lines, count(name, value, lines[-1].unit, f"= {axis}")))


def _inputs(scenario: Scenario, claim: Claim, v: Mapping[str, float]) -> dict[str, Input]:
    """The scenario's inputs with their sources; those the claim or their rounding changes say so."""
    found = dict(scenario.inputs)
    printed = {**scenario.digits, **claim.changes}
    for name, digits in printed.items():
        given = found.get(name)
        unit, source = ("", "") if given is None else (given.unit, given.source)
        words = f"as published for {claim.name!r}" if name in claim.changes else source
        origin = Origin.QUOTED if given is None else given.origin
        if v[name] != float(digits):
            words = f"{words}, printed as {digits}".lstrip(", ")
        day = "" if given is None else given.date
        found[name] = Input(name, v[name], unit, origin, words, day)
    return found
