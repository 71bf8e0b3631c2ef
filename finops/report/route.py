"""Routing as a report: a row per threshold, the threshold to use, and whether it pays at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.route.costs import Design
from finops.analysis.route.derivation import missing_numbers
from finops.errors import UsageError
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.route.answer import Routing
    from finops.analysis.route.choice import Choice, Interval
    from finops.analysis.route.sweep import Point
    from finops.report.model import Row

__all__ = ["chosen_point", "route_notes", "route_report"]

SCHEMA = "finops.route/1"

_COLUMNS = (
    ReportColumn("threshold", "Threshold", Style.NUMBER),
    ReportColumn("kept_share", "Kept small", Style.RATIO, shown=False),
    ReportColumn("escalation_rate", "Escalated", Style.RATIO),
    ReportColumn("forced_share", "Forced", Style.RATIO, shown=False),
    ReportColumn("accuracy", "Accuracy", Style.RATIO),
    ReportColumn("quality_delta", "vs all-large", Style.RATIO, optional=True),
    ReportColumn("kept_accuracy", "Accuracy of kept", Style.RATIO, shown=False),
    ReportColumn("blended_cost_ratio", "Cost vs all-large", Style.RATIO),
    ReportColumn("saving", "Saving", Style.RATIO),
    ReportColumn("cost_per_request", "Per request", Style.UNIT_MONEY, shown=False),
    ReportColumn("escalated_p99_ms", "Escalated p99", Style.MILLISECONDS, shown=False),
    ReportColumn("p99_ms", "p99", Style.MILLISECONDS, shown=False),
    ReportColumn("verdict", "Verdict", Style.TEXT),
)

_MEASURED = {"cost_per_request", "escalated_p99_ms", "p99_ms"}
"""Columns shown where any row has a value."""


def route_report(found: Routing, *, notes: Sequence[str] = ()) -> Report:
    """The report of `found`; a saving below zero says that it loses money."""
    money = found.plan.money
    rows = tuple(_row(found, point) for point in found.points)
    return Report(
        schema=SCHEMA,
        title=f"Small-model routing, {found.plan.design}",
        columns=tuple(_visible(column, rows) for column in _COLUMNS),
        rows=rows,
        period=None if money is None else money.period,
        currency=None if money is None else money.currency,
        notes=(*notes, *route_notes(found)),
        extras={
            "requests": found.requests,
            "judged_requests": found.judged,
            "risk_classes": dict(found.by_class),
            "never_small": list(found.plan.never_small),
            "design": str(found.plan.design),
            "costs": {
                "cost_ratio": found.plan.costs.small,
                "verifier_cost_ratio": found.plan.costs.verifier,
                "context_growth": found.plan.costs.context_growth,
                "router_cost_ratio": found.plan.costs.router,
            },
            "small_model_utilization": None if money is None else money.small_utilization,
            "break_even_escalation": found.break_even,
            "all_small_accuracy": found.all_small_accuracy,
            "all_large_accuracy": found.all_large_accuracy,
            "all_large_p99_ms": found.all_large_p99_ms,
            "chosen": _chosen(found),
            "missing": missing_numbers(found),
        },
    )


def chosen_point(found: Routing) -> Point:
    """The chosen threshold, or the only one asked for; UsageError without either."""
    point = found.chosen or (found.points[0] if len(found.points) == 1 else None)
    if point is None:
        raise UsageError(
            f"no threshold was chosen: {found.no_choice}", hint="name one: --thresholds 0.8"
        )
    return point


def _visible(column: ReportColumn, rows: Sequence[Row]) -> ReportColumn:
    if column.name in _MEASURED and any(row[column.name] is not None for row in rows):
        return ReportColumn(column.name, column.title, column.style, optional=True)
    return column


def _row(found: Routing, point: Point) -> Row:
    return {**found.numbers_at(point), "verdict": _verdict(found, point)}


def _verdict(found: Routing, point: Point) -> str:
    words = "saves" if point.saving > 0 else "loses money" if point.saving < 0 else "breaks even"
    is_chosen = found.choice is not None and found.choice.threshold == point.threshold
    return f"{words}, chosen" if is_chosen else words


def _chosen(found: Routing) -> dict[str, object] | None:
    choice = found.choice
    if choice is None:
        return None
    return {
        "threshold": choice.threshold,
        "calibration_rows": choice.calibration_rows,
        "held_out_rows": choice.held_out_rows,
        "target_accuracy": choice.target_accuracy,
        "calibration_accuracy": choice.calibration_accuracy,
        "seed": found.plan.rule.seed,
        **{
            name: getattr(choice, name)._asdict()
            for name in ("accuracy", "quality_delta", "escalation_rate", "saving")
        },
    }


def route_notes(found: Routing) -> list[str]:
    """What the reader must know, made from the numbers."""
    notes = [_break_even_note(found), *_choice_notes(found)]
    losing = [point for point in found.points if point.saving < 0]
    if losing and len(losing) == len(found.points):
        notes.insert(
            0, "It loses money at every threshold: asking the large model at once is cheaper."
        )
    elif losing:
        notes.append(
            f"It loses money from threshold {losing[0].threshold:f} on: "
            "asking the large model at once is cheaper there."
        )
    if 0 < found.judged < found.requests:
        notes.append(
            f"Accuracy is that of {found.judged:,} of {found.requests:,} requests: the others "
            "have no judgement of both models. Judge a random sample: in a log the judged ones are "
            "often those that were escalated, which are harder."
        )
    absent = [name for name in found.plan.never_small if name not in found.by_class]
    if absent:
        notes.append(
            f"No request is of class {', '.join(absent)}; classes here: "
            f"{', '.join(name or '(none)' for name in found.by_class) or 'none'}."
        )
    if found.plan.money is not None:
        notes.append(f"Costs per request: {found.plan.money.source}.")
    if found.plan.design is Design.ROUTER and found.all_large_p99_ms is not None:
        notes.append("Delay leaves out the time the router takes.")
    return notes


def _break_even_note(found: Routing) -> str:
    if found.break_even is None:
        return "No escalation rate saves anything: what goes before the large model costs as much as it."
    rate = shown(found.break_even, Style.RATIO)
    return f"It saves as long as less than {rate} of the requests end at the large model."


def _choice_notes(found: Routing) -> list[str]:
    choice, point = found.choice, found.chosen
    if choice is None or point is None:
        return [f"No threshold was chosen: {found.no_choice}."]
    notes = [
        (
            f"Threshold {choice.threshold:f} was chosen on {choice.calibration_rows:,} rows (accuracy at least "
            f"{choice.target_accuracy:.4f}, seed {found.plan.rule.seed}). On the {choice.held_out_rows:,} others: "
            f"accuracy {_span(choice.accuracy)}, against all-large {_span(choice.quality_delta)}, "
            f"saving {_span(choice.saving)}."
        )
    ]
    if point.escalated_p99_ms is not None and found.all_large_p99_ms is not None:
        escalated = shown(point.escalated_p99_ms, Style.COUNT)
        at_once = shown(found.all_large_p99_ms, Style.COUNT)
        notes.append(f"Escalated requests take p99 {escalated} ms; all-large takes {at_once} ms.")
    if point.saving < 0:
        notes.append(
            "The chosen threshold loses money: to keep this quality, ask the large model at once."
        )
    if _is_unsure(found, choice):
        notes.append(
            "The held-out interval reaches below the quality asked for: judge more requests before relying on it."
        )
    return notes


def _is_unsure(found: Routing, choice: Choice) -> bool:
    rule = found.plan.rule
    if rule.min_accuracy is not None:
        return choice.accuracy.low < rule.min_accuracy
    return choice.quality_delta.low < -rule.max_quality_loss


def _span(found: Interval) -> str:
    texts = [shown(value, Style.RATIO) for value in found]
    return f"{texts[0]} (95 %: {texts[1]} to {texts[2]})"
