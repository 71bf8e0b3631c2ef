"""Section 4: what models cost: by model and token kind, cache, self-hosted against API, workflows, accelerators."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.numbers import numbers_of
from finops.analysis.spans import add_groups
from finops.api.review.contract import SectionKind
from finops.api.review.parts import Compared, Months, against_last, compared, narrow
from finops.api.review.plans import plan_rows, plan_sentences, plan_table
from finops.model.money import ZERO, total
from finops.model.tables import TOKEN_COLUMNS
from finops.report.capacity import capacity_report
from finops.report.document import (
    Chart,
    ChartKind,
    Figure,
    Name,
    Number,
    Omitted,
    Section,
    Table,
    say,
)
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from finops.analysis.measures import Group
    from finops.api.review.facts import Facts
    from finops.report.document import Sentence
    from finops.report.model import Cell

__all__ = ["SECTION"]

_MOST = 10
"""Models and workflows a table shows; the rest are one row."""

_CAPACITY = ("gpu_busy", "gpu_idle", "commitment_unused")
"""Components of what is served on accelerators one pays for."""

_CACHE_FALL = 0.1
"""A cache hit rate lower by this much than last month's is worth a sentence."""

_REST = "(all others)"


def _build(facts: Facts) -> Section | Omitted:
    if not facts.unit().total.counts["attempts"]:
        return Omitted(SECTION.title, "no request of the month is logged: finops load requests")
    months = Months(facts.month, facts.before)
    parts = _components(facts, months)
    label = facts.month.label
    plans = plan_rows(facts)
    by_model, by_workflow = _split(facts, "model", months), _split(facts, "workflow", months)
    return Section(
        name="ai",
        title=SECTION.title,
        sentences=(
            *_sentences(facts, months, by_workflow), *plan_sentences(plans, facts.currency),
        ),
        figures=tuple(_figures(facts, months)),
        tables=(
            Table(
                "by_model", _groups_report(by_model, "model", "Cost by model", facts, months),
                Chart(ChartKind.BARS, "Cost of requests by model", "model", ("cost",)),
                f"finops unit --by model --month {label}",
            ),
            Table(
                "by_hosting", _hosting(facts, months),
                command=f"finops unit --by model --month {label} --format json",
            ),
            Table(
                "components",
                parts.report(
                    "What the cost of requests is made of", ("component", "Component"), facts.currency,
                    schema="finops.review.components/1",
                ),
                command=f"finops unit --month {label} --format json",
            ),
            Table("tokens", _tokens(facts, months), command=f"finops unit --month {label} --format json"),
            Table(
                "by_workflow", _groups_report(by_workflow, "workflow", "Cost by workflow", facts, months),
                command=f"finops unit --by workflow --month {label}",
            ),
            *_capacity(facts),
            *plan_table(plans, facts),
        ),
    )  # fmt: skip


SECTION = SectionKind(40, "ai", "AI: models, tokens and accelerators", _build)
"""Requests and what they cost, and what accelerators were used for."""


class _Line(NamedTuple):
    """One model or workflow, or all others: its group this month and last."""

    name: str | None
    now: Group | None
    before: Group | None


def _split(facts: Facts, by: str, months: Months) -> tuple[_Line, ...]:
    """Groups of both months, dearest first, all but the dearest as one."""
    now = facts.groups(by)
    before = facts.groups(by, months.before) if months.before else {}
    names = sorted(
        dict.fromkeys((*now, *before)),
        key=lambda each: (-(now[each].cost if each in now else ZERO), str(each)),
    )
    if len(names) <= _MOST + 1:
        return tuple(_Line(name, now.get(name), before.get(name)) for name in names)
    rest = names[_MOST:]
    lines = [_Line(name, now.get(name), before.get(name)) for name in names[:_MOST]]
    return (*lines, _Line(_REST, _sum(now, rest), _sum(before, rest)))


def _sum(found: Mapping[str | None, Group], names: Iterable[str | None]) -> Group | None:
    mine = [found[name] for name in names if name in found]
    return add_groups(mine) if mine else None


_GROUPS = (
    ("requests", "Requests", Style.COUNT),
    ("total_tokens", "Tokens", Style.COUNT),
    ("cost", "Cost", Style.MONEY),
    ("before", "", Style.MONEY),
    ("cost_per_1k_requests", "per 1,000 requests", Style.UNIT_MONEY),
    ("cost_per_million_tokens", "per M tokens", Style.UNIT_MONEY),
    ("cost_per_good_response", "per good response", Style.UNIT_MONEY),
    ("cache_hit_rate", "Cache hits", Style.RATIO),
)


def _groups_report(
    lines: Iterable[_Line], by: str, title: str, facts: Facts, months: Months
) -> Report:
    previous = months.before.label if months.before else ""
    whole = facts.unit().total
    last = facts.unit(months.before).total if months.before else None
    return Report(
        schema="finops.unit/1",
        title=title,
        columns=(
            ReportColumn(by, by.capitalize()),
            *(
                ReportColumn(name, head or f"Cost {previous}", style, shown=bool(head or previous))
                for name, head, style in _GROUPS
            ),
        ),
        rows=tuple({by: line.name, **_numbers(line.now, line.before)} for line in lines),
        totals={by: None, **_numbers(whole, last)},
        currency=facts.currency,
        period=facts.month,
    )


def _numbers(now: Group | None, before: Group | None) -> dict[str, Cell]:
    found = {} if now is None else numbers_of(now)
    row: dict[str, Cell] = {name: found.get(name) for name, _, _ in _GROUPS}
    row["before"] = None if before is None else numbers_of(before)["cost"]
    return row


def _components(facts: Facts, months: Months) -> Compared:
    """The parts of the cost of requests; they add up to it."""

    def parts(group: Group) -> dict[str | None, Decimal]:
        return {
            name.replace("_", " ").capitalize().replace("Gpu", "GPU").replace("Slo", "SLO"): cost
            for name, cost in group.components.items()
            if cost
        }

    before = parts(facts.unit(months.before).total) if months.before else {}
    return compared(parts(facts.unit().total), before, months)


def _tokens(facts: Facts, months: Months) -> Report:
    """How many tokens of each kind."""
    now = facts.unit().total.counts
    before = facts.unit(months.before).total.counts if months.before else {}
    names = [name for name in TOKEN_COLUMNS if now[name] or before.get(name)]
    whole = sum(now[name] for name in TOKEN_COLUMNS)
    return Report(
        schema="finops.review.tokens/1",
        title="Tokens by kind",
        columns=(
            ReportColumn("kind", "Kind"),
            ReportColumn("tokens", months.now.label, Style.COUNT),
            ReportColumn("share", "Share", Style.RATIO),
            ReportColumn(
                "before",
                months.before.label if months.before else "Month before",
                Style.COUNT,
                shown=months.before is not None,
            ),
        ),
        rows=tuple(
            {
                "kind": name.removesuffix("_tokens").replace("_", " ").capitalize(),
                "tokens": now[name],
                "share": now[name] / whole if whole else None,
                "before": before.get(name),
            }
            for name in names
        ),
        totals={
            "kind": None,
            "tokens": whole,
            "share": 1.0 if whole else None,
            "before": sum(before[name] for name in TOKEN_COLUMNS) if before else None,
        },
    )


_HOSTED, _CALLED, _NEITHER = "Self-hosted", "API", "No model (retrieval, shared)"


def _host_of(key: str | None, group: Group) -> str:
    if key is None:
        return _NEITHER
    return _HOSTED if any(group.components[name] for name in _CAPACITY) else _CALLED


def _hosting(facts: Facts, months: Months) -> Report:
    """Models served on accelerators of one's own or reserved, beside those called by API."""

    def sums(groups: Mapping[str | None, Group]) -> dict[str | None, Group]:
        found: dict[str | None, list[Group]] = {}
        for key, group in groups.items():
            found.setdefault(_host_of(key, group), []).append(group)
        return {name: add_groups(mine) for name, mine in found.items()}

    now = sums(facts.groups("model"))
    before = sums(facts.groups("model", months.before)) if months.before else {}
    lines = [
        _Line(name, now.get(name), before.get(name))
        for name in (_HOSTED, _CALLED, _NEITHER)
        if name in now or name in before
    ]
    whole = _groups_report(lines, "model", "Self-hosted against API", facts, months)
    kept = ["model", *(name for name, _, _ in _GROUPS if name != "cost_per_good_response")]
    return narrow(whole, kept, titles={"model": "Served"})


def _capacity(facts: Facts) -> Iterator[Table]:
    """What accelerators were used for."""
    answer = facts.unit()
    if not answer.allocation.capacity.books:
        return
    names = (
        "pool", "kind", "billed_hours", "busy_hours", "held_idle_hours", "idle_hours", "cost", "gpu_idle",
        "commitment_unused", "price_per_gpu_hour",
    )  # fmt: skip
    report = narrow(capacity_report(answer), names, title="Accelerators and seats")
    yield Table("capacity", report, command=f"finops capacity --month {facts.month.label}")


def _figures(facts: Facts, months: Months) -> Iterator[Figure]:
    now = numbers_of(facts.unit().total)
    before: Mapping[str, Decimal | None] = (
        numbers_of(facts.unit(months.before).total) if months.before else {}
    )
    cost = Figure("cost", "Cost of requests", now["cost"], unit=facts.currency)
    yield against_last(cost, before.get("cost"), months)
    for name, title, style in (
        ("requests", "Requests", Style.COUNT),
        ("total_tokens", "Tokens", Style.COUNT),
        ("cache_hit_rate", "Input from cache", Style.RATIO),
        ("error_rate", "Errors", Style.RATIO),
    ):
        figure = Figure(name, title, now[name], style)
        yield against_last(figure, before.get(name), months, relative=style is Style.COUNT)


def _sentences(facts: Facts, months: Months, workflows: tuple[_Line, ...]) -> Iterator[Sentence]:
    everything = facts.unit().total
    failed = total(everything.components[name] for name in ("failed", "retried", "cancelled"))
    dearest = next((line for line in workflows if line.name and line.now is not None), None)
    if dearest is not None and dearest.now is not None and dearest.name is not None:
        yield say(
            "The dearest workflow is ", Name(dearest.name), " with ",
            Number(dearest.now.cost, unit=facts.currency), ".",
        )  # fmt: skip
    if failed:
        yield from _failed(everything, facts.currency)
    for line in workflows:
        yield from _cache_fell(line, months)


def _failed(group: Group, unit: str) -> Iterator[Sentence]:
    parts = [
        (word, group.components[name])
        for name, word in (("failed", "failed"), ("retried", "retried"), ("cancelled", "cancelled"))
        if group.components[name]
    ]
    said: list[str | Number] = ["Of the cost of requests "]
    for at, (word, cost) in enumerate(parts):
        said += [", " if at else "", Number(cost, unit=unit), f" went into {word} attempts"]
    yield say(*said, ".")


def _cache_fell(line: _Line, months: Months) -> Iterator[Sentence]:
    if line.now is None or line.before is None or months.before is None or line.name is None:
        return
    now, before = (numbers_of(each)["cache_hit_rate"] for each in (line.now, line.before))
    if now is not None and before is not None and before - now >= _CACHE_FALL:
        yield say(
            "Of the input of ", Name(line.name), " only ", Number(now, Style.RATIO),
            " came from cache, less than in ", Name(months.before.label), ".",
        )  # fmt: skip
