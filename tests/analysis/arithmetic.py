"""Doing the arithmetic of an explanation again: every line from the lines above it, to the digits shown."""

from __future__ import annotations

import ast
import math
import operator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import SUM
from finops.report.numbers import NUMBER_STYLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from finops.analysis.derived.arithmetic import Derived
    from finops.analysis.derived.table import Table
    from finops.analysis.explanation import Line
    from finops.report.model import Report

_SHOWN = {
    ", to the cent": Fraction(1, 200),
    ", to a tenth": Fraction(1, 20),
    ", to six decimals": Fraction(1, 10**6),
    ", cut to two decimals": Fraction(1, 100),
}
"""What a line that is rounded says, and how far from its arithmetic it may be."""

_RATIO = Fraction(1, 10**12)
"""What a ratio in binary loses of the exact one."""

_CUT = Fraction(1, 10**20)
"""What amounts cut at the 24th place may lose together."""

_BEGIN = "sum of the lines that begin with "


def recompute(lines: Sequence[Line]) -> int:
    """How many of `lines` are computed; each of them is what its arithmetic gives, or an assertion fails."""
    known: dict[str, Fraction] = {}
    computed = 0
    for place, line in enumerate(lines):
        assert line.source, line
        value = value_of(line)
        wanted, off = _again(line, lines[:place], known)
        if wanted is not None:
            assert value is not None, line
            assert abs(value - wanted) <= off + abs(wanted) * _RATIO + _CUT, (line, float(wanted))
            computed += 1
        if value is not None:
            known[line.step] = value
    return computed


def value_of(line: Line) -> Fraction | None:
    """An amount, else a quantity."""
    value = line.quantity if line.amount is None else line.amount
    return None if value is None else Fraction(value)


def _again(
    line: Line, above: Sequence[Line], known: Mapping[str, Fraction]
) -> tuple[Fraction | None, Fraction]:
    source = line.source
    if source == SUM:
        added = [each.quantity if line.amount is None else each.amount for each in above]
        return sum((Fraction(each) for each in added if each is not None), Fraction(0)), Fraction(0)
    if source.startswith(_BEGIN):
        begin = f"{source.removeprefix(_BEGIN)}: "
        mine = [value_of(each) or Fraction(0) for each in above if each.step.startswith(begin)]
        return sum(mine, Fraction(0)), max(map(abs, mine), default=Fraction(0)) * _RATIO
    if line.quantity is not None and line.rate is not None and line.amount is not None:
        return Fraction(line.quantity) * Fraction(line.rate), Fraction(0)
    if not source.startswith("= "):
        return None, Fraction(0)
    for told, off in _SHOWN.items():
        if source.endswith(told):
            return evaluate(source[2:].removesuffix(told), known), off
    return evaluate(source[2:], known), Fraction(0)


def evaluate(text: str, known: Mapping[str, Fraction]) -> Fraction:
    """`price x (1 - 0.5)`: numbers as they are written, names of lines above."""
    written = text.replace(" x ", " * ").replace(" ^ ", " ** ")
    return _value(ast.parse(written, mode="eval").body, written, known)


_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "max": max,
    "min": min,
    "ceil": lambda x: Fraction(math.ceil(x)),
    "sqrt": lambda x: Fraction(math.sqrt(x)),
    "round": lambda x, places=0: Fraction(round(x, int(places))),
}


def _value(node: ast.expr, text: str, known: Mapping[str, Fraction]) -> Fraction:
    match node:
        case ast.Constant():
            found = Fraction(ast.get_source_segment(text, node) or "")
        case ast.Name() | ast.Attribute():
            found = known[ast.get_source_segment(text, node) or ""]
        case ast.UnaryOp(op=ast.USub()):
            found = -_value(node.operand, text, known)
        case ast.Call(func=ast.Name(id=name)):
            given = [_value(each, text, known) for each in node.args]
            found = _FUNCTIONS[name](*given)
        case ast.BinOp():
            sides = (_value(each, text, known) for each in (node.left, node.right))
            found = _OPERATORS[type(node.op)](*sides)
        case _:
            raise AssertionError(text)
    return found


_OPERATORS: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: lambda base, power: Fraction(base**power),
}


def check_number(name: str, shown: object, found: Derived) -> None:
    """A derivation leads to the number that is shown, or says why there is none."""
    assert found.formula, name
    assert found.lines, name
    last = found.lines[-1]
    assert last.step == name, (name, last)
    recompute(found.lines)
    if shown is None:
        assert found.value is None, name
        assert value_of(last) is None, (name, last)
        return
    assert isinstance(shown, Decimal | int | float), (name, shown)
    assert found.value == shown, name
    value = value_of(last)
    assert value is not None, (name, last)
    assert abs(value - Fraction(shown)) <= abs(Fraction(shown)) * _RATIO, (name, last, shown)


def check_table(table: Table, report: Report) -> int:
    """Every number of every row and of the line of all is derived; how many that are."""
    columns = [column.name for column in report.columns if column.style in NUMBER_STYLES]
    assert columns
    assert len(table.rows) == len(report.rows)
    checked = 0
    for row, shown_row in zip(table.rows, report.rows, strict=True):
        for name in columns:
            check_number(name, shown_row[name], row.numbers[name]())
            checked += 1
    if table.whole is not None and report.totals is not None:
        for name, derive in table.whole.numbers.items():
            check_number(name, report.totals[name], derive())
            checked += 1
    return checked
