"""What changed as a report: a row for each group or item, its effects in the order of a waterfall."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.model.money import ZERO
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from finops.analysis.compare.comparison import Comparison, Moved, Recorded
    from finops.report.model import Cell, Row

__all__ = ["EFFECT_TITLES", "compare_report"]

SCHEMA = "finops.compare/1"

EFFECT_TITLES = {
    "price": "Price",
    "usage": "Usage",
    "mix": "Mix",
    "new": "New",
    "gone": "Gone",
    "unmeasured": "Unmeasured",
    "commitment_unused": "Unused",
    "credits": "Credits",
    "tax": "Tax",
    "fx": "FX",
    "jobs": "On jobs",
    "workloads": "On workloads",
    "gpu_idle": "GPU idle",
}
"""How people read an effect; any other is its name."""

_CENT = Decimal("0.01")

_ALWAYS = ("price", "usage", "mix")


def compare_report(
    found: Comparison,
    *,
    items: bool = False,
    limit: int | None = None,
    notes: tuple[str, ...] = (),
) -> Report:
    """What moved most first, groups or with `items` what they are made of; `extras` has both waterfall and movers.

    With several currencies `totals` is null, and `waterfall` has an entry for each.
    """
    chosen = found.items if items else found.groups
    shown = chosen[:limit]
    effects = found.effects
    many = len(found.totals) != 1
    asked = found.asked
    told = list(notes)
    if len(shown) < len(chosen):
        told.append(f"{len(shown):,} of {len(chosen):,} rows shown; totals count all of them.")
    if not chosen:
        told.append("Neither period has a cost that fits.")
    return Report(
        schema=SCHEMA,
        title=_title(found),
        columns=_columns(found, effects, items=items, many=many),
        rows=tuple(_row(found, each, effects, items=items) for each in shown),
        period=asked.after,
        currency=None if many else found.totals[0].currency,
        totals=None if many else _row(found, found.totals[0], effects, items=items),
        notes=(*told, *found.notes),
        extras={
            "of": str(found.of),
            "before": {"start": asked.before.start, "end": asked.before.end},
            "waterfall": [_steps(each, effects) for each in found.totals],
            "movers": [_mover(found, each) for each in found.items[:10]],
        },
    )


def _title(found: Comparison) -> str:
    split = f" by {', '.join(found.asked.by)}" if found.asked.by else ""
    return f"What changed{split} since {found.asked.before.label}"


def _columns(
    found: Comparison, effects: tuple[str, ...], *, items: bool, many: bool
) -> tuple[ReportColumn, ...]:
    named = [each for each in (*found.items, *found.groups) if each.owner is not None]
    told = any(each.recorded for each in found.groups) and not items
    return (
        *(ReportColumn(name, name) for name in found.asked.by),
        *((ReportColumn("item", "Item"),) if items else ()),
        ReportColumn("owner", "Owner", shown=bool(named), optional=True),
        ReportColumn("before", found.asked.before.label, Style.MONEY),
        ReportColumn("after", found.asked.after.label, Style.MONEY),
        ReportColumn("change", "Change", Style.MONEY),
        ReportColumn("change_share", "in %", Style.RATIO),
        *(
            ReportColumn(
                name,
                EFFECT_TITLES.get(name, name.replace("_", " ").capitalize()),
                Style.MONEY,
                shown=name in _ALWAYS or _occurs(found, name),
                optional=name not in _ALWAYS,
            )
            for name in effects
        ),
        ReportColumn("recorded", "Recorded change", shown=told, prose=True, optional=True),
        ReportColumn("currency", "Currency", shown=many),
    )


def _occurs(found: Comparison, effect: str) -> bool:
    """Whether any row shows a cent of it."""
    return any(abs(each.effects.get(effect, ZERO)) >= _CENT for each in found.groups)


def _row(found: Comparison, each: Moved, effects: tuple[str, ...], *, items: bool) -> Row:
    group = each.group or (None,) * len(found.asked.by)
    named: dict[str, Cell] = {
        name: _cell(value) for name, value in zip(found.asked.by, group, strict=False)
    }
    if items:
        named["item"] = each.name
    return {
        **named,
        "owner": None if each is found.totals[0] else each.owner,
        "before": each.before,
        "after": each.after,
        "change": each.change,
        "change_share": float(each.change / each.before) if each.before > 0 else None,
        **{name: each.effects.get(name, ZERO) for name in effects},
        "recorded": "; ".join(_told(one) for one in each.recorded) or None,
        "currency": each.currency,
    }


def _cell(value: object) -> Cell:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _told(one: Recorded) -> str:
    """`HL-344 model: gpt-4o-mini → gpt-4.1 on 2026-10-01, approved by nobody`."""
    moved = f"{one.changed_from or 'nothing'} → {one.changed_to or 'nothing'}"
    return f"{one.id} {one.kind}: {moved} on {one.at:%Y-%m-%d}, approved by {one.approved_by or 'nobody'}"


def _steps(each: Moved, effects: tuple[str, ...]) -> dict[str, object]:
    """The waterfall of one currency: where it starts, every step, where it ends."""
    steps = {name: each.effects.get(name, ZERO) for name in effects}
    return {"currency": each.currency, "before": each.before, **steps, "after": each.after}


def _mover(found: Comparison, each: Moved) -> dict[str, object]:
    return {
        **{name: _cell(value) for name, value in zip(found.asked.by, each.group, strict=False)},
        "item": each.name,
        "owner": each.owner,
        "change": each.change,
        "effects": dict(each.effects),
        "currency": each.currency,
    }
