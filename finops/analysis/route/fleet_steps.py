"""How what routing does to a fleet comes about: replicas, nodes, racks and power of each class, step by step."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.arithmetic import SUM, Derived, count, derived, plain
from finops.analysis.derived.sheet import leading_to, of_sheet
from finops.analysis.derived.table import Row, Table
from finops.analysis.route.costs import Design

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.explanation import Line, Value
    from finops.analysis.route.costs import Split
    from finops.analysis.route.fleet import Accelerator, ClassNeed, Fleet, FleetEffect, ServedModel
    from finops.analysis.route.fleet_file import MeasuredDemand

__all__ = ["TOLD", "Placed", "fleet_table"]

_WHEN = {
    "before": "when the large model answers everything",
    "after": "when the small model answers first",
}

TOLD = {
    f"{name}_{when}": f"{words} {told}"
    for name, words in (
        ("accelerators", "sum over models of replicas x accelerators of a replica,"),
        ("nodes", "accelerators / accelerators of a node, whole ones,"),
        ("racks", "nodes / nodes of a rack, whole ones,"),
        ("kw", "nodes x power of a full node,"),
        ("kw_per_rack", "nodes of the fullest rack x power of a full node,"),
    )
    for when, told in _WHEN.items()
}
TOLD |= {f"{name}_freed": f"{name}_before - {name}_after" for name in ("accelerators", "kw")}
"""What each number of a class is."""

_MOST = "kw_per_rack"
"""The number that is not a sum over classes."""


class Placed(NamedTuple):
    """What the fleet was asked to hold: its file, the threshold's split, and what the ledger measured."""

    path: str
    split: Split
    design: Design
    context_growth: Decimal
    measured: MeasuredDemand | None = None


def fleet_table(fleet: Fleet, effect: FleetEffect, asked: Placed) -> Table:
    """A row for each class of accelerator, and the whole fleet."""
    rows = tuple(_row(fleet, pair, asked) for pair in zip(effect.before, effect.after, strict=True))
    return Table(rows, Row({"accelerator": "Total"}, _whole(effect)))


def _values(before: ClassNeed, after: ClassNeed) -> dict[str, Decimal | int]:
    found: dict[str, Decimal | int] = {}
    for name in ("accelerators", "nodes", "racks", "kw", _MOST):
        found |= {f"{name}_before": getattr(before, name), f"{name}_after": getattr(after, name)}
    found["accelerators_freed"] = before.accelerators - after.accelerators
    found["kw_freed"] = before.kw - after.kw
    return found


def _row(fleet: Fleet, pair: tuple[ClassNeed, ClassNeed], asked: Placed) -> Row:
    kind = fleet.accelerators[pair[0].accelerator]
    values = _values(*pair)
    sheet = (
        *_shares(asked),
        *_demand(fleet, asked),
        *_class(kind, asked),
        *(line for when in _WHEN for line in _needs(fleet, kind, asked, when, values)),
        *(
            count(f"{name}_freed", values[f"{name}_freed"], unit, f"= {name}_before - {name}_after")
            for name, unit in (("accelerators", "devices"), ("kw", "kW"))
        ),
    )
    shown: dict[str, Value] = dict(values)
    numbers = of_sheet(sheet, TOLD, shown)
    return Row({"accelerator": kind.name}, numbers, sheet=leading_to(sheet, TOLD))


def _shares(asked: Placed) -> Iterator[Line]:
    """Requests by where they end, and what one that is sent on has grown by."""
    split, told = asked.split, "of the threshold: finops explain route.kept_share"
    for name in ("kept", "escalated", "forced", "requests"):
        yield count(name, getattr(split, name), "requests", told)
    yield count("context_growth", asked.context_growth, "of a large request", "--context-growth")


def _demand(fleet: Fleet, asked: Placed) -> Iterator[Line]:
    """What the file says of the demand and the models, and the ledger where it says nothing."""
    measured = asked.measured
    rate, source = fleet.requests_per_second, f"{asked.path}: demand.requests_per_second"
    if measured is not None and rate == measured.requests_per_second:
        source = "measured: calls of either model in the busiest hour of the period / 3600"
    yield count("requests_per_second", rate, None, source)
    yield count("max_busy", fleet.max_busy, "of throughput", f"{asked.path}: demand.max_busy")
    for name, model in (("small", fleet.small), ("large", fleet.large)):
        if model is None:
            continue
        tokens, told = model.tokens_per_request, f"{asked.path}: {name}.tokens_per_request"
        if measured is not None and tokens == getattr(measured, f"{name}_tokens"):
            told = "measured: tokens of its attempts / attempts, in the period"
        yield count(f"{name}_tokens_per_request", tokens, "tokens", told)
        for field in ("tokens_per_second", "per_replica"):
            told = f"{asked.path}: {name}.{field}"
            yield count(f"{name}_{field}", getattr(model, field), None, told)


def _class(kind: Accelerator, asked: Placed) -> Iterator[Line]:
    for field, unit in (("per_node", "devices"), ("node_kw", "kW"), ("nodes_per_rack", "nodes")):
        told = f"{asked.path}: accelerators.{kind.name}.{field}"
        yield count(field, getattr(kind, field), unit, told)


def _needs(
    fleet: Fleet,
    kind: Accelerator,
    asked: Placed,
    when: str,
    values: Mapping[str, Decimal | int],
) -> Iterator[Line]:
    """Replicas of the models on this class, and what stands behind them."""
    parts = []
    for name, model in (("small", fleet.small), ("large", fleet.large)):
        share = _share(asked, name, when)
        if model is None or model.accelerator != kind.name or share is None:
            continue
        of_all, value = share
        text = (
            f"= ceil(requests_per_second x {of_all} x {name}_tokens_per_request "
            f"/ ({name}_tokens_per_second x max_busy))"
        )
        replicas = _replicas(fleet, model, value)
        yield count(f"{name}_replicas_{when}", replicas, "replicas", text)
        parts.append(f"{name}_replicas_{when} x {name}_per_replica")
    for name, unit, text in (
        ("accelerators", "devices", " + ".join(parts) or "0"),
        ("nodes", "nodes", f"ceil(accelerators_{when} / per_node)"),
        ("racks", "racks", f"ceil(nodes_{when} / nodes_per_rack)"),
        ("kw", "kW", f"nodes_{when} x node_kw"),
        (_MOST, "kW", f"min(nodes_{when}, nodes_per_rack) x node_kw"),
    ):
        yield count(f"{name}_{when}", values[f"{name}_{when}"], unit, f"= {text}")


def _share(asked: Placed, name: str, when: str) -> tuple[str, Fraction] | None:
    """Of all requests those a model is asked for, as a formula and exactly; None where it is not asked."""
    split, cascade = asked.split, asked.design is Design.CASCADE
    if when == "before":
        return ("1", Fraction(1)) if name == "large" else None
    if name == "small":
        text = "(kept + escalated) / requests" if cascade else "kept / requests"
        return text, Fraction(split.kept + (split.escalated if cascade else 0), split.requests)
    growth = Fraction(asked.context_growth) if cascade else Fraction(0)
    grown = " x (1 + context_growth)" if cascade else ""
    share = (split.forced + split.escalated * (1 + growth)) / split.requests
    return f"(forced + escalated{grown}) / requests", share


def _replicas(fleet: Fleet, model: ServedModel, share: Fraction) -> int:
    tokens = Fraction(fleet.requests_per_second) * share * Fraction(model.tokens_per_request)
    return math.ceil(tokens / (Fraction(model.tokens_per_second) * Fraction(fleet.max_busy)))


def _whole(effect: FleetEffect) -> dict[str, Callable[[], Derived]]:
    """Sums over the classes; the fullest rack is the fullest of any."""
    pairs = list(zip(effect.before, effect.after, strict=True))
    made: dict[str, Callable[[], Derived]] = {}
    for name in TOLD:
        parts = {before.accelerator: _values(before, after)[name] for before, after in pairs}
        made[name] = lambda name=name, parts=parts: _of_all(name, parts)  # type: ignore[misc]
    return made


def _of_all(name: str, parts: Mapping[str, Decimal | int]) -> Derived:
    lines = [
        count(title, value, None, f"finops explain route.fleet.{name} {title}")
        for title, value in parts.items()
    ]
    if name.startswith(_MOST):
        most: Sequence[Decimal | int] = tuple(parts.values())
        text = f"= max({', '.join(plain(value) for value in most)}, 0)"
        return derived(
            max(most),
            "that of the class with the fullest rack",
            *lines,
            count(name, max(most), "kW", text),
        )
    whole = sum(parts.values())
    return derived(whole, "sum over the classes", *lines, count(name, whole, None, SUM))
