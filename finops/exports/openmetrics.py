"""OpenMetrics text: families of gauges, each with its help and unit, in the order they are given.

It is also the text format 0.0.4, so that node_exporter's textfile collector reads it: gauges only, no timestamps.
A value is written with all the digits the ledger has; who reads it makes a 64-bit float of it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.report.numbers import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Family", "Sample", "render_families"]


class Sample(NamedTuple):
    """One value under its labels; a label without a value is left out."""

    labels: Mapping[str, str | None]
    value: Decimal | float | int


class Family(NamedTuple):
    """One metric: its name, which ends in `unit` where it has one, what it means, and its samples."""

    name: str
    about: str
    unit: str | None
    samples: tuple[Sample, ...]


def render_families(families: Iterable[Family]) -> str:
    """The exposition; families without a sample are left out."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines.append(f"# TYPE {family.name} gauge")
        if family.unit is not None:
            lines.append(f"# UNIT {family.name} {family.unit}")
        lines.append(f"# HELP {family.name} {_escaped(family.about)}")
        lines += [
            f"{family.name}{_labels(each.labels)} {_value(each.value)}" for each in family.samples
        ]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _labels(labels: Mapping[str, str | None]) -> str:
    given = [f'{name}="{_escaped(value)}"' for name, value in labels.items() if value]
    return f"{{{','.join(given)}}}" if given else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _value(value: Decimal | float) -> str:
    return exact(value) if isinstance(value, Decimal) else repr(value)
