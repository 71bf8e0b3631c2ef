"""Section 2: what changed since last month: a waterfall that adds up exactly, and what moved most, with owners."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.analysis.compare.comparison import Versus, compare
from finops.analysis.compare.requested import NO_REQUEST
from finops.api.review.contract import SectionKind
from finops.api.review.parts import narrow
from finops.report.compare import EFFECT_TITLES, compare_report
from finops.report.document import (
    Chart,
    ChartKind,
    Name,
    Number,
    Omitted,
    Section,
    Table,
    say,
)
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.analysis.compare.comparison import Comparison, Moved
    from finops.api.review.facts import Facts
    from finops.model.period import Period
    from finops.report.document import Sentence
    from finops.report.model import Row

__all__ = ["SECTION"]

_BILL = ("provider", "ServiceName")

_OF_REQUESTS = ("price", "usage", "mix", "new", "gone", "unmeasured")
"""Effects that what requests cost can have."""

_WORDS = {
    "commitment_unused": "unused commitments",
    "gpu_idle": "idle GPUs",
    "fx": "exchange rates",
}
"""Effects as a sentence calls them; any other by its name."""

_MOST = 12
"""Movers in a table; the others are in the command it names."""

_TOLD = 3
"""Movers with a sentence each."""


def _build(facts: Facts) -> Section | Omitted:
    if facts.before is None:
        return Omitted(SECTION.title, "the month before is not in the ledger: finops load costs")
    billed = _compared(facts, facts.before, _BILL)
    whole = next((each for each in billed.totals if each.currency == facts.currency), None)
    if whole is None:
        return Omitted(SECTION.title, "neither month has a cost")
    label = facts.month.label
    tables = [
        Table(
            "waterfall",
            _waterfall(billed, whole, facts),
            Chart(
                ChartKind.WATERFALL, f"Effective cost, {facts.before.label} to {label}", "step",
                ("amount",), mark="total",
            ),
            f"finops compare --month {label}",
        ),
        Table(
            "movers",
            _movers(billed, _BILL, "What moved, by service and owner"),
            command=f"finops compare --month {label}",
        ),
    ]  # fmt: skip
    if facts.unit().total.counts["attempts"]:
        asked = _compared(facts, facts.before, ("workflow",))
        tables.append(
            Table(
                "workflows",
                _workflows(asked),
                command=f"finops compare --by workflow --month {label}",
            )
        )
    return Section(
        name="changed",
        title=SECTION.title,
        sentences=tuple(_sentences(billed.groups, facts.currency)),
        tables=tuple(tables),
        notes=billed.notes,
    )


SECTION = SectionKind(20, "changed", "What changed", _build)
"""Price, usage, mix, new and gone, and what else moved effective cost."""


def _compared(facts: Facts, before: Period, by: tuple[str, ...]) -> Comparison:
    asked = Versus(before, facts.month, by, currency=facts.currency)
    return compare(facts.ledger, facts.config, asked)


def _waterfall(found: Comparison, whole: Moved, facts: Facts) -> Report:
    """From last month's cost to this one's: every effect that is not nothing; they add up exactly."""
    steps = [(name, whole.effects.get(name)) for name in found.effects]
    rows = [_step(found.asked.before.label, whole.before, is_total=True)]
    rows += [
        _step(EFFECT_TITLES.get(name, name.replace("_", " ").capitalize()), amount, is_total=False)
        for name, amount in steps
        if amount
    ]
    rows.append(_step(facts.month.label, whole.after, is_total=True))
    return Report(
        schema="finops.review.waterfall/1",
        title=f"From {found.asked.before.label} to {facts.month.label}",
        columns=(
            ReportColumn("step", "Step"),
            ReportColumn("amount", "Amount", Style.MONEY),
            ReportColumn("total", "Is a total", shown=False),
        ),
        rows=tuple(rows),
        currency=facts.currency,
    )


def _step(name: str, amount: object, *, is_total: bool) -> Row:
    return {"step": name, "amount": amount, "total": is_total}  # type: ignore[dict-item]  # an amount


def _movers(found: Comparison, by: Sequence[str], title: str) -> Report:
    """What moved most, with who owns it and the effects that moved it."""
    report = compare_report(found, limit=_MOST)
    effects = [
        column.name for column in report.columns if column.name in found.effects and column.shown
    ]
    heads = {name: name.replace("ServiceName", "Service").capitalize() for name in by}
    return narrow(
        report, (*by, "owner", "before", "after", "change", *effects), title=title, titles=heads
    )


def _workflows(found: Comparison) -> Report:
    """What moved in requests: what is on no request stands in the tables above."""
    groups = tuple(each for each in found.groups if NO_REQUEST not in each.group)
    effects = [name for name in _OF_REQUESTS if any(each.effects.get(name) for each in groups)]
    report = compare_report(found._replace(groups=groups), limit=_MOST)
    names = ("workflow", "owner", "before", "after", "change", *effects, "recorded")
    titles = {"workflow": "Workflow", "recorded": "On record"}
    return replace(
        narrow(report, names, title="What moved in requests, by workflow and owner", titles=titles),
        totals=None,
    )


def _sentences(groups: Sequence[Moved], unit: str) -> Iterator[Sentence]:
    """What moved most, one sentence each, with the effect that moved it furthest."""
    for each in [one for one in groups if one.change and one.currency == unit][:_TOLD]:
        name = _called(each.group)
        moved = " rose by " if each.change > 0 else " fell by "
        effect, amount = max(each.effects.items(), key=lambda item: (size(item[1]), item[0]))
        by = Name(_WORDS.get(effect, effect.replace("_", " ")))
        why = (", all of it ", by) if amount == each.change else (
            "; the largest effect is ", by, " with ", Number(amount, unit=unit)
        )  # fmt: skip
        owner = () if each.owner is None else (" Owner: ", Name(each.owner), ".")
        yield say(Name(name), moved, Number(each.change, unit=unit, size=True), *why, ".", *owner)


def _called(group: tuple[object, ...]) -> str:
    """Provider and service in one name, the provider once."""
    words = [str(value) for value in group if value is not None]
    if len(words) > 1 and words[-1].startswith(words[0]):
        return words[-1]
    return " ".join(words) or "(no service)"
