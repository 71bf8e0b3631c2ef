"""Where a number of `finops capacity --by holder` or `--by team` comes from: device time of each, by node and month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.capacity.holders import held
from finops.analysis.capacity.units import device_hours
from finops.analysis.explain_rows import chosen
from finops.analysis.explanation import Explanation, Line
from finops.model.money import ZERO, divide, total

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from finops.analysis.capacity.holders import Held
    from finops.analysis.economics import UnitEconomics

__all__ = ["HELD", "explain_holders"]

_TOLD = {
    "busy_hours": "device time the holder's work ran in, by the samples' activity",
    "idle_hours": "device time the holder held and nothing ran in",
    "cost": "device time held, busy and idle, x what a device-hour of its node cost in the month",
}

HELD = tuple(_TOLD)
"""Numbers of a holder."""

_COLUMNS = ("pool", "kind", "name", "team", "node", "month")


def explain_holders(
    answer: UnitEconomics, teams: Mapping[str, str | None], name: str, where: str | None = None
) -> Explanation | None:
    """`name` of the holders `where` lets through; None when it is not one of HELD. `teams` are those of jobs."""
    if name not in _TOLD:
        return None
    every = list(held(answer.allocation.capacity.months, teams))
    rows = chosen(every, _values, _COLUMNS, where)
    lines = sorted((_line(each, name) for each in rows), key=_largest)
    if name == "cost":
        value = total(each.cost for each in rows)
        lines.append(Line(name, None, None, None, value, "sum of the lines above"))
    else:
        value = device_hours(sum(_parts(each, name) for each in rows))
        lines.append(Line(name, value, "device-hours", None, None, "sum of the lines above"))
    formula = f"{name} = {_TOLD[name]}"
    return Explanation(name, formula, value, answer.period, answer.currency, tuple(lines))


def _values(each: Held) -> dict[str, str | None]:
    return {name: getattr(each, name) for name in _COLUMNS}


def _parts(each: Held, name: str) -> int:
    found = {"busy_hours": each.time.busy, "idle_hours": each.time.idle}
    return found.get(name, each.time.parts)


def _largest(line: Line) -> tuple[Decimal, str]:
    """Dearest first, or longest where time is asked for."""
    size = line.quantity if line.amount is None else line.amount
    return -(size or ZERO), line.step


def _line(each: Held, name: str) -> Line:
    step = f"{each.pool}: {each.kind} {each.name or ''}".rstrip()
    of = f"{each.month}, {each.node or 'every node'}"
    hours = device_hours(_parts(each, name))
    if name != "cost":
        return Line(step, hours, "device-hours", None, None, f"samples of {of}")
    rate = divide(each.cost, hours) if hours else None
    told = "the month's rate" if each.cost else "nobody is charged for it"
    return Line(step, hours, "device-hours", rate, each.cost, f"{told}; {of}")
