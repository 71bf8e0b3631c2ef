"""Lines that refer to each other by name, and of them those that lead to one number.

A sheet is the whole arithmetic of a row, each step once and below what it takes. A number of the row is one of
its steps; its derivation are the lines its formula names, those that they name, and so on, in the sheet's order.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import Derived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from finops.analysis.explanation import Line, Value

__all__ = ["PARTS", "leading_to", "of_sheet"]

PARTS = "sum of the lines that begin with "
"""What a line says that is the sum of those named `NAME: …`."""

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def leading_to(
    sheet: Sequence[Line],
    steps: Iterable[str],
    *,
    why: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
) -> tuple[Line, ...]:
    """Those lines of `sheet` that any of `steps` is made of, and these, in its order.

    `why` says of a step without a value the reason; `beside` names for a step another that shows it to be right,
    though its formula does not take it.
    """
    proofs = beside or {}
    wanted = set(steps)
    kept: list[Line] = []
    for line in reversed(sheet):
        group, parted, _ = line.step.partition(": ")
        if line.step in wanted or (parted and f"{PARTS}{group}" in wanted):
            kept.append(line)
            wanted.update(_takes(line))
            wanted.update(name for name in (proofs.get(line.step),) if name)
    return tuple(_known(line, why or {}) for line in reversed(kept))


def _takes(line: Line) -> Iterator[str]:
    """What a line names: steps above it, or the group it is the sum of."""
    if line.source.startswith(PARTS):
        yield line.source
    elif line.source.startswith("= "):
        yield from _NAME.findall(line.source)


def of_sheet(
    sheet: Sequence[Line],
    told: Mapping[str, str],
    values: Mapping[str, Value],
    *,
    why: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
) -> dict[str, Callable[[], Derived]]:
    """How each of `values` is derived, by its step's name; `told` is its formula in words.

    `why` says of a step without a value the reason.
    """
    return {
        name: partial(_derived, sheet, name, Derived(value, told[name], ()), why or {}, beside)
        for name, value in values.items()
    }


def _derived(
    sheet: Sequence[Line],
    name: str,
    number: Derived,
    why: Mapping[str, str],
    beside: Mapping[str, str] | None,
) -> Derived:
    return number._replace(lines=leading_to(sheet, (name,), why=why, beside=beside))


def _known(line: Line, why: Mapping[str, str]) -> Line:
    """`line`; with the reason in place of its arithmetic, where that comes to nothing."""
    if line.amount is not None or line.quantity is not None:
        return line
    return line._replace(source=why.get(line.step) or "not known: something above is not")
