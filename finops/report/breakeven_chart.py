"""Break-even as text charts: cost over time and by hours used, demand by how long it lasts, and what moves NPV.

Letters and shades carry the meaning, so that a chart reads the same without colour.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

from finops.analysis.breakeven.sensitivity import by_utilization, level_at
from finops.errors import UsageError
from finops.report.model import Style
from finops.report.numbers import shown
from finops.report.plot import Plot, between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.breakeven.compare import Comparison
    from finops.analysis.breakeven.uncertainty import Bar, Uncertainty

__all__ = ["BreakevenChart", "breakeven_chart", "breakeven_words"]

WIDTH = 80
"""Columns where the terminal does not say."""

HEIGHT = 16
"""Rows of the plot."""

_NARROWEST = 30
_LOWEST = 4


class BreakevenChart(StrEnum):
    """What to draw."""

    COST = "cost"
    """Money spent on each option up to each month."""
    LOAD = "load"
    """Units needed, the busiest hour first."""
    UTILIZATION = "utilization"
    """What each option costs by the share of the hours that is used."""
    TORNADO = "tornado"
    """NPV with each input at its P10 and P90."""


def breakeven_chart(
    chart: BreakevenChart,
    found: Comparison,
    sure: Uncertainty | None,
    currency: str,
    *,
    width: int | None = None,
    height: int | None = None,
) -> str:
    """The chart as lines of text, at most `width` columns, its plot `height` lines high.

    UsageError where there is nothing to draw.
    """
    room, rows = max(width or WIDTH, _NARROWEST), max(height or HEIGHT, _LOWEST)
    if chart is BreakevenChart.COST:
        lines = _cost(found, sure, currency, (room, rows))
    elif chart is BreakevenChart.LOAD:
        lines = _load(found, room, rows)
    elif chart is BreakevenChart.UTILIZATION:
        lines = _utilization(found, currency, (room, rows))
    else:
        lines = _tornado(sure, currency, room)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def breakeven_words(
    chart: BreakevenChart, found: Comparison, currency: str, *, points: int = 4
) -> tuple[str, ...]:
    """What the lines of the cost or the utilization chart say, in sentences: each option at `points` places, and where they cross."""
    if chart is BreakevenChart.UTILIZATION:
        used = by_utilization(found, points)
        said = [
            f"At {shown(each.utilization, Style.RATIO)} of the hours: {_each(each.present_cost, currency)}."
            for each in used
        ]
        return (*said, f"{_level(found).capitalize()}.")
    months = len(found.savings) - 1
    spent = {name: cost.cumsum().tolist() for name, cost in found.costs.items()}
    said = [
        f"After {at} months: {_each({name: line[at] for name, line in spent.items()}, currency)}."
        for at in (round(months * step / points) for step in range(1, points + 1))
    ]
    return (*said, *(f"{line.capitalize()}." for line in _crossings(found, None)))


def _each(costs: Mapping[str, float], currency: str) -> str:
    told = ", ".join(f"{name} {shown(cost, Style.COUNT)}" for name, cost in costs.items())
    return f"{told} {currency}"


def _cost(
    found: Comparison, sure: Uncertainty | None, currency: str, room: tuple[int, int]
) -> list[str]:
    width, rows = room
    spent = {name: cost.cumsum().tolist() for name, cost in found.costs.items()}
    bands = _bands(sure, spent)
    most = max(max(line) for line in (*spent.values(), *(high for _, high in bands))) or 1.0
    label = len(shown(most, Style.COUNT))
    plot = Plot(width - label - 2, rows, most)
    columns, months = plot.columns, len(found.savings) - 1
    for low, high in bands:
        for column in range(columns):
            share = column / (columns - 1)
            for row in range(plot.row(between(high, share)), plot.row(between(low, share)) + 1):
                plot.cells[row][column] = "░"
    plot.draw(spent)
    paid_back = found.options[0].payback_months
    if paid_back is not None and paid_back <= months:
        own = spent[found.options[0].option]
        plot.mark(paid_back / months, between(own, paid_back / months), "X")
    lines = plot.text(f"Cost up to each month, {currency}", lambda cost: shown(cost, Style.COUNT))
    if sure is not None:
        lines.append(f"{'':>{label}}  {_band(sure, columns, months)}")
    end = f"{months} months"
    lines.append(f"{'':>{label}}  0{end:>{columns - 1}}")
    legend = ", ".join(f"{name[0]} {name}" for name in spent) + ", * both"
    legend += ", X own paid back" if paid_back is not None else ""
    legend += ", ░ P10 to P90 of each" if bands else ""
    return [*lines, legend, *_crossings(found, sure)]


def _utilization(found: Comparison, currency: str, room: tuple[int, int]) -> list[str]:
    width, rows = room
    used = by_utilization(found)
    costs = {name: [each.present_cost[name] for each in used] for name in used[0].present_cost}
    most = max(max(line) for line in costs.values())
    label = len(shown(most, Style.COUNT))
    plot = Plot(width - label - 2, rows, most)
    plot.draw(costs)
    least, top = used[0].utilization, used[-1].utilization
    level = level_at(used, found.options[0].option, found.against)
    if level is not None:
        share = (level - least) / (top - least)
        plot.mark(share, between(costs[found.against], share), "X")
    title = f"Cost over {round(found.values['time.horizon'])} months, discounted, by hours used, {currency}"
    lines = plot.text(title, lambda cost: shown(cost, Style.COUNT))
    here = (found.values["demand.utilization"] - least) / (top - least)
    at = round(min(max(here, 0.0), 1.0) * (plot.columns - 1))
    ends = shown(least, Style.RATIO), shown(top, Style.RATIO)
    lines.append(f"{'':>{label}}  {' ' * at}^")
    lines.append(f"{'':>{label}}  {ends[0]}{ends[1]:>{plot.columns - len(ends[0])}}")
    legend = ", ".join(f"{name[0]} {name}" for name in costs) + ", * both, ^ now"
    return [*lines, legend + (", X both cost the same" if level is not None else ""), _level(found)]


def _level(found: Comparison) -> str:
    """From which share of the hours owning costs less, and where that is now."""
    own, now = found.options[0].option, shown(found.values["demand.utilization"], Style.RATIO)
    level = level_at(by_utilization(found), own, found.against)
    if level is None:
        return f"{own} costs more than {found.against} at every share of the hours; now {now}"
    return f"{own} costs no more than {found.against} from {shown(level, Style.RATIO)} of the hours; now {now}"


def _bands(
    sure: Uncertainty | None, drawn: Mapping[str, Sequence[float]]
) -> list[tuple[list[float], list[float]]]:
    """P10 and P90 of the money spent up to each month, for every option that is drawn and ranges."""
    bands = []
    for name, line in () if sure is None else sure.spent.items():
        ends = [(it.p10 or 0.0, it.p90 or 0.0) for it in line]
        if name in drawn and any(low < high for low, high in ends):
            bands.append(([low for low, _ in ends], [high for _, high in ends]))
    return bands


def _band(sure: Uncertainty, columns: int, months: int) -> str:
    """P10 to P90 of payback along the axis, P50 marked."""
    ends = [months if it is None else it for it in sure.payback_months]
    first, middle, last = (round(min(it, months) / months * (columns - 1)) for it in ends)
    return "".join(
        "▒" if first <= column <= last and column != middle else "█" if column == middle else " "
        for column in range(columns)
    )


def _crossings(found: Comparison, sure: Uncertainty | None) -> list[str]:
    lines = []
    for option in found.options:
        if option.payback_months is not None:
            lines.append(
                f"{option.option} crosses {found.against} after {option.payback_months:.1f} months"
            )
        elif option.option == "own":
            lines.append(f"own {option.reasons['payback_months']}")
    if sure is not None:
        texts = ["never" if it is None else f"{it:.1f}" for it in sure.payback_months]
        lines.append(
            f"▒ payback of own, P10 to P90: {texts[0]} to {texts[2]}, █ P50: {texts[1]} months"
        )
    return lines


def _load(found: Comparison, width: int, height: int) -> list[str]:
    if found.ownership is None:
        raise UsageError(
            "no demand by hour is known", hint="--from-ledger pool=NAME, or [load] in a scenario"
        )
    ordered = sorted(found.load, reverse=True)
    most = math.ceil(ordered[0])
    label = len(str(most))
    columns = min(width - label - 2, len(ordered))
    picked = [ordered[column * len(ordered) // columns] for column in range(columns)]
    rows = min(height, most)
    owned = found.ownership.units
    lines = ["Units needed, the busiest hour first"]
    for row in range(rows, 0, -1):
        level = row * most / rows
        cells = "".join(_shade(need, level, most / rows, owned) for need in picked)
        lines.append(f"{math.ceil(level):>{label}} ┤{cells}")
    lines.append(f"{'':>{label}} └{'─' * columns}")
    lines.append(f"{'':>{label}}  0%{'of hours 100%':>{max(columns - 2, 13)}}")
    return [*lines, f"█ owned ({owned} units), ░ rented"]


def _shade(need: float, level: float, step: float, owned: int) -> str:
    if need <= level - step / 2:
        return " "
    return "█" if level - step / 2 < owned else "░"


def _tornado(sure: Uncertainty | None, currency: str, width: int) -> list[str]:
    if sure is None:
        raise UsageError(
            "no input has a range", hint="give inputs low and high in a scenario, and draw them"
        )
    names = max(len(bar.name) for bar in sure.tornado)
    ends = [end for bar in sure.tornado for end in (bar.npv_low, bar.npv_high)]
    least, most = min(ends), max(ends)
    texts = [_ends(bar.npv_low, bar.npv_high) for bar in sure.tornado]
    columns = max(width - names - max(map(len, texts)) - 4, 10)
    lines = [f"NPV with each input at its P10 and P90, {currency}"]
    for bar, text in zip(sure.tornado, texts, strict=True):
        lines.append(f"{bar.name:<{names}}  {_bar(bar, least, most, columns)}  {text}")
    return [*lines, "◁ input at P10, ▶ at P90"]


def _ends(low: float, high: float) -> str:
    return f"{shown(min(low, high), Style.COUNT)} to {shown(max(low, high), Style.COUNT)}"


def _bar(bar: Bar, least: float, most: float, columns: int) -> str:
    span = (most - least) or 1.0
    low, high = (round((it - least) / span * (columns - 1)) for it in (bar.npv_low, bar.npv_high))
    cells: Sequence[str] = [
        "▶" if column == high else "◁" if column == low else "─"
        for column in range(min(low, high), max(low, high) + 1)
    ]
    return (" " * min(low, high) + "".join(cells)).ljust(columns)
