"""Unit economics as a report: one row per group, how it meets the bill, and what could not be priced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.analysis.grain import TIME
from finops.analysis.measures import COMPONENTS
from finops.model.money import ZERO, divide, multiply, total
from finops.model.tables import INPUT_TOKEN_COLUMNS, TOKEN_COLUMNS
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.analysis.reconcile import Books, Reconciliation
    from finops.report.model import Cell, Row

__all__ = ["unit_report", "unit_row"]

SCHEMA = "finops.unit/1"

_MILLION = 1_000_000

_NAMED = 5
"""Models a note names before it says there are more."""

MISSING = {
    "good_responses": "no service-level objective is known, so no response can be called good",
    "cost_per_good_response": "no service-level objective is known, so no response can be called good",
    "marginal_cost_factor": "the cost of capacity is not on requests, so its next step is not known",
}
"""Numbers of a row that are null in every row, and why."""

_MEASURES = (
    ReportColumn("requests", "Requests", Style.COUNT),
    ReportColumn("attempts", "Attempts", Style.COUNT, shown=False),
    ReportColumn("responses", "Responses", Style.COUNT, shown=False),
    ReportColumn("good_responses", "Good responses", Style.COUNT, shown=False),
    ReportColumn("runs", "Runs", Style.COUNT, optional=True),
    *(
        ReportColumn(name, name.replace("_", " ").capitalize(), Style.COUNT, shown=False)
        for name in (*TOKEN_COLUMNS, "reasoning_tokens", "input_tokens")
    ),
    ReportColumn("total_tokens", "Tokens", Style.COUNT, shown=False),
    ReportColumn("unpriced_tokens", "Unpriced", Style.COUNT, shown=False, optional=True),
    ReportColumn("cost", "Cost", Style.MONEY),
    ReportColumn("components", "Components", Style.MONEY, shown=False),
    ReportColumn("cost_per_1k_requests", "per 1k requests", Style.UNIT_MONEY),
    ReportColumn("cost_per_million_tokens", "per M tokens", Style.UNIT_MONEY),
    ReportColumn("cost_per_million_output_tokens", "per M output", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_response", "per response", Style.UNIT_MONEY),
    ReportColumn("cost_per_good_response", "per good response", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_run", "per run", Style.UNIT_MONEY),
    ReportColumn("marginal_cost_factor", "Marginal factor", Style.NUMBER, shown=False),
    ReportColumn("latency_ms", "Latency", Style.MILLISECONDS, shown=False),
    ReportColumn("ttft_ms", "Time to first token", Style.MILLISECONDS, shown=False),
    ReportColumn("error_rate", "Errors", Style.RATIO, optional=True),
    ReportColumn("retry_rate", "Retries", Style.RATIO, optional=True),
    ReportColumn("cache_hit_rate", "Cache hits", Style.RATIO, optional=True),
    ReportColumn("cost_basis", "Basis", Style.TEXT, optional=True),
)


def unit_report(
    answer: UnitEconomics, *, limit: int | None = None, notes: Sequence[str] = ()
) -> Report:
    """The report of `answer`, `limit` rows of it; totals count all.

    Groups stand dearest first, within the stretch of time they are of where time is asked for.
    """
    times = [place for place, name in enumerate(answer.by) if name in TIME]
    groups = sorted(
        answer.groups,
        key=lambda group: (
            [str(group.keys[place]) for place in times],
            -_cost(group),
            str(group.keys),
        ),
    )
    has_bill = any(answer.reconciliation.amounts.values())
    rows = [unit_row(group, answer.by, has_bill=has_bill) for group in groups]
    hidden = () if limit is None or limit >= len(rows) else (_hidden(len(rows) - limit),)
    totals: dict[str, Cell] = dict.fromkeys(answer.by)
    totals.update(unit_row(answer.total, (), has_bill=has_bill))
    totals.update(answer.reconciliation.amounts)
    return Report(
        schema=SCHEMA,
        title="Unit economics",
        columns=(
            *(ReportColumn(name, name.replace("_", " ").capitalize()) for name in answer.by),
            *_measures(answer),
        ),
        rows=tuple(rows[:limit]),
        period=answer.period,
        currency=answer.currency,
        totals=totals,
        notes=(*notes, *hidden, *_notes(answer), *answer.notes),
        extras={
            "reconciliation": _reconciliation(answer.reconciliation),
            "missing": MISSING,
            "unpriced": [
                {"provider": provider, "model": model, "tokens": tokens, "reason": reason}
                for (provider, model, reason), tokens in sorted(
                    answer.allocation.log.unpriced.items()
                )
            ],
        },
    )


def _measures(answer: UnitEconomics) -> tuple[ReportColumn, ...]:
    """Columns of measures; tokens without a price are shown where there are any."""
    if not answer.total.unpriced_tokens:
        return _MEASURES
    return tuple(
        replace(column, shown=True) if column.name == "unpriced_tokens" else column
        for column in _MEASURES
    )


def unit_row(group: Group, by: Sequence[str], *, has_bill: bool = True) -> Row:
    """Every measure of `group` under its name in JSON; None is `n/a`. Without a bill costs are list."""
    counts = group.counts
    inputs = sum(counts[name] for name in INPUT_TOKEN_COLUMNS)
    tokens = inputs + counts["output_tokens"]
    cost = None if _is_unpriced(group) else _cost(group)
    row: dict[str, Cell] = {name: _key(value) for name, value in zip(by, group.keys, strict=True)}
    row |= {name: counts[name] for name in ("requests", "attempts", "responses")}
    row |= {"good_responses": None, "runs": group.runs}
    row |= {name: counts[name] for name in (*TOKEN_COLUMNS, "reasoning_tokens")}
    row |= {
        "input_tokens": inputs,
        "total_tokens": tokens,
        "unpriced_tokens": group.unpriced_tokens,
    }
    row |= {
        "cost": cost,
        "components": None if cost is None else {n: group.components[n] for n in COMPONENTS},
        "cost_per_1k_requests": _per(cost, counts["requests"], 1000),
        "cost_per_million_tokens": _per(cost, tokens, _MILLION),
        "cost_per_million_output_tokens": _per(cost, counts["output_tokens"], _MILLION),
        "cost_per_response": _per(cost, counts["responses"]),
        "cost_per_good_response": None,
        "cost_per_run": _per(cost, group.runs),
        "marginal_cost_factor": None,
        "latency_ms": _timing(group, "latency_ms"),
        "ttft_ms": _timing(group, "ttft_ms"),
        "error_rate": _ratio(counts["errors"], counts["attempts"]),
        "retry_rate": _ratio(counts["retries"], counts["attempts"]),
        "cache_hit_rate": _ratio(counts["cache_read_tokens"], inputs),
        "cost_basis": _basis(group, cost, has_bill=has_bill),
    }
    return row


def _key(value: object) -> Cell:
    return value if value is None or isinstance(value, bool) else str(value)


def _cost(group: Group) -> Decimal:
    return total(group.components.values())


def _is_unpriced(group: Group) -> bool:
    """Whether there is work and nothing of it has a price: its cost is not zero but unknown."""
    return bool(group.unpriced_tokens) and not _cost(group)


def _per(cost: Decimal | None, count: int, units: int = 1) -> Decimal | None:
    return None if cost is None or not count else divide(multiply(cost, units), count)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _timing(group: Group, measure: str) -> dict[str, Cell]:
    found = group.quantiles.get(measure, {})
    return {name: found.get(name) for name in ("p50", "p95", "p99")}


def _basis(group: Group, cost: Decimal | None, *, has_bill: bool) -> str | None:
    if cost is None:
        return None
    if not has_bill:
        return "list"
    if not group.list_cost:
        return "billed"
    return "list" if group.list_cost == cost else "mixed"


def _reconciliation(found: Reconciliation) -> dict[str, object]:
    return {
        **found.amounts,
        "allocated": found.allocated,
        "unallocated": dict(found.unallocated),
        "other": found.other,
        "excluded": dict(found.excluded),
        "estimated": found.estimated,
        "difference": found.difference,
        "origins": {name: _books(books) for name, books in found.origins.items()},
    }


def _books(books: Books) -> dict[str, object]:
    return {
        "EffectiveCost": books.charged,
        "allocated": books.allocated,
        "unallocated": dict(books.unallocated),
        "other": books.other,
        "excluded": dict(books.excluded),
        "difference": books.difference,
    }


def _hidden(count: int) -> str:
    return f"{count} more rows are not shown; the totals count them."


def _notes(answer: UnitEconomics) -> list[str]:
    """What the reader must know, made from the numbers."""
    notes = [_bill_note(answer)]
    unpriced = answer.allocation.log.unpriced
    if unpriced:
        tokens = sum(unpriced.values())
        models = sorted({model for _, model, _ in unpriced})
        notes.append(
            f"{tokens:,} tokens have no book price ({', '.join(models[:_NAMED])}"
            f"{' …' if len(models) > _NAMED else ''}); add [[prices]] to finops.toml."
        )
    for name, cost in answer.other_currencies.items():
        notes.append(
            f"{shown(cost, Style.MONEY)} {name} of the bill is left out: currencies are not added "
            f"(--currency {name})."
        )
    return notes


def _bill_note(answer: UnitEconomics) -> str:
    found = answer.reconciliation
    money = answer.currency
    if not any(found.amounts.values()):
        return (
            f"No bill in {money} covers this period: costs are list prices. "
            "Load one with `finops load costs FILE`."
        )
    parts = [f"{shown(found.allocated, Style.MONEY)} on requests"]
    parts += [
        f"{shown(cost, Style.MONEY)} {name.replace('_', ' ')}"
        for name, cost in (
            *found.unallocated.items(),
            ("not AI", found.other),
            *found.excluded.items(),
        )
        if cost and (name != "rounding" or abs(cost) >= ZERO + 1)
    ]
    owned = found.origins["owned"].charged
    charged = f"Bill {shown(found.origins['bill'].charged, Style.MONEY)}"
    if owned:
        charged += f" + owned hardware {shown(owned, Style.MONEY)}"
    note = f"{charged} {money} = {' + '.join(parts)}."
    if found.estimated:
        note += f" Beside it {shown(found.estimated, Style.MONEY)} {money} at list price, not billed yet."
    return note
