"""Unit economics as a report: one row per group, how it meets the bill, and what could not be priced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.analysis.grain import TIME
from finops.model.money import ZERO, add
from finops.model.tables import TOKEN_COLUMNS
from finops.report.capacity import capacity_notes, seat_note
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown
from finops.report.set_aside import set_aside_notes, set_aside_rows
from finops.report.unit_row import missing, unit_row
from finops.report.vendor_counts import vendor_count_notes, vendor_count_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.analysis.reconcile import Books, Reconciliation
    from finops.analysis.vendor_counts import Compared
    from finops.report.model import Cell

__all__ = ["unit_report"]

SCHEMA = "finops.unit/1"

_NAMED = 5
"""Models a note names before it says there are more."""


_MEASURES = (
    ReportColumn("requests", "Requests", Style.COUNT),
    ReportColumn("attempts", "Attempts", Style.COUNT, shown=False),
    ReportColumn("responses", "Responses", Style.COUNT, shown=False),
    ReportColumn("good_responses", "Good", Style.COUNT, shown=False, optional=True),
    ReportColumn("slo_missed", "Missed SLO", Style.COUNT, shown=False),
    ReportColumn("slo_unknown", "SLO unknown", Style.COUNT, shown=False),
    ReportColumn("runs", "Runs", Style.COUNT, optional=True),
    ReportColumn("successful_runs", "Successful runs", Style.COUNT, shown=False),
    ReportColumn("embedding_calls", "Embedding calls", Style.COUNT, shown=False),
    ReportColumn("rerank_calls", "Rerank calls", Style.COUNT, shown=False),
    *(
        ReportColumn(name, name.replace("_", " ").capitalize(), Style.COUNT, shown=False)
        for name in (*TOKEN_COLUMNS, "reasoning_tokens", "input_tokens")
    ),
    ReportColumn("total_tokens", "Tokens", Style.COUNT, shown=False),
    ReportColumn("unpriced_tokens", "Unpriced", Style.COUNT, shown=False, optional=True),
    ReportColumn("cost", "Cost", Style.MONEY),
    ReportColumn("cost_low", "at least", Style.MONEY, shown=False),
    ReportColumn("cost_high", "at most", Style.MONEY, shown=False),
    ReportColumn("list_equivalent", "Seats at list", Style.MONEY, shown=False, optional=True),
    ReportColumn("components", "Components", Style.MONEY, shown=False),
    ReportColumn("cost_per_1k_requests", "per 1k requests", Style.UNIT_MONEY),
    ReportColumn("cost_per_million_tokens", "per M tokens", Style.UNIT_MONEY),
    ReportColumn("cost_per_million_output_tokens", "per M output", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_response", "per response", Style.UNIT_MONEY),
    ReportColumn("cost_per_good_response", "per good", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_run", "per run", Style.UNIT_MONEY),
    ReportColumn("cost_per_run_p50", "run p50", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_run_p95", "run p95", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_successful_run", "per success", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_1k_embeddings", "per 1k embeddings", Style.UNIT_MONEY, shown=False),
    ReportColumn("cost_per_1k_reranks", "per 1k reranks", Style.UNIT_MONEY, shown=False),
    ReportColumn("work", "Work", Style.UNIT_MONEY, shown=False),
    ReportColumn("work_units", "Work units", Style.NUMBER, shown=False, optional=True),
    ReportColumn("cost_per_work_unit", "per work unit", Style.UNIT_MONEY, shown=False),
    ReportColumn("marginal_cost_factor", "Marginal factor", Style.NUMBER, shown=False),
    ReportColumn("latency_ms", "Latency", Style.MILLISECONDS, shown=False),
    ReportColumn("ttft_ms", "Time to first token", Style.MILLISECONDS, shown=False),
    ReportColumn("error_rate", "Errors", Style.RATIO, optional=True),
    ReportColumn("retry_rate", "Retries", Style.RATIO, optional=True),
    ReportColumn("cache_hit_rate", "Cache hits", Style.RATIO, optional=True),
    ReportColumn("cost_basis", "Basis", Style.TEXT, optional=True),
)


def unit_report(
    answer: UnitEconomics,
    *,
    limit: int | None = None,
    notes: Sequence[str] = (),
    compared: Sequence[Compared] = (),
) -> Report:
    """The report of `answer`, `limit` rows of it; totals count all.

    Groups stand dearest first, within the stretch of time they are of where time is asked for. `compared`, what
    vendors and engines counted beside the logs, is told and never among the requests.
    """
    times = [place for place, name in enumerate(answer.by) if name in TIME]
    groups = sorted(
        answer.groups,
        key=lambda group: (
            [str(group.keys[place]) for place in times],
            -group.cost,
            str(group.keys),
        ),
    )
    has_bill = any(answer.reconciliation.amounts.values())
    rows = [unit_row(group, answer.by, has_bill=has_bill) for group in groups[:limit]]
    hidden = (_hidden(len(groups) - len(rows)),) if len(rows) < len(groups) else ()
    totals: dict[str, Cell] = dict.fromkeys(answer.by)
    whole = unit_row(answer.total, (), has_bill=has_bill)
    totals.update(whole)
    totals.update(answer.reconciliation.amounts)
    return Report(
        schema=SCHEMA,
        title="Unit economics",
        columns=(
            *(ReportColumn(name, name.replace("_", " ").capitalize()) for name in answer.by),
            *_measures(answer),
        ),
        rows=tuple(rows),
        period=answer.period,
        currency=answer.currency,
        totals=totals,
        notes=(*notes, *hidden, *_notes(answer), *vendor_count_notes(compared), *answer.notes),
        extras={
            "reconciliation": _reconciliation(answer.reconciliation),
            "missing": missing((*rows, whole), answer.missing),
            "set_aside": set_aside_rows(answer.set_aside),
            "usage": vendor_count_rows(compared),
            "prior_period": _prior_period(answer),
            "unpriced": [
                {"provider": provider, "model": model, "tokens": tokens, "reason": reason}
                for (provider, model, reason), tokens in sorted(
                    {**answer.allocation.log.unpriced, **answer.allocation.without_cost}.items()
                )
            ],
        },
    )


def _prior_period(answer: UnitEconomics) -> dict[str, Decimal]:
    """What earlier months' charges come to on this period's books, by pool."""
    found: dict[str, Decimal] = {}
    for charge in answer.allocation.charges.charges:
        if charge.line == "prior_period":
            found[charge.pool] = add(found.get(charge.pool, ZERO), charge.cost)
    return found


def _measures(answer: UnitEconomics) -> tuple[ReportColumn, ...]:
    """Columns of measures; some are shown where there is something in them."""
    whole = answer.total
    shown_now = {
        "unpriced_tokens": bool(whole.unpriced_tokens),
        "good_responses": bool(whole.under_slo),
        "cost_per_good_response": bool(whole.under_slo),
        "cost_per_run_p50": whole.run_costs is not None,
        "cost_per_run_p95": whole.run_costs is not None,
        "cost_per_successful_run": whole.run_costs is not None,
        "marginal_cost_factor": bool(whole.doubled or "marginal_cost_factor" in answer.missing),
        "work_units": bool(whole.measured_work),
        "cost_per_work_unit": bool(whole.measured_work),
    }
    return tuple(
        replace(column, shown=True) if shown_now.get(column.name) else column
        for column in _MEASURES
    )


def _reconciliation(found: Reconciliation) -> dict[str, object]:
    return {
        **found.amounts,
        "allocated": found.allocated,
        "allocated_to_jobs": found.jobs,
        "allocated_to_workloads": found.workloads,
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
        "allocated_to_jobs": books.jobs,
        "allocated_to_workloads": books.workloads,
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
    notes += set_aside_notes(answer.set_aside)
    notes += _slo_notes(answer.total)
    notes += _capacity_notes(answer)
    for name, cost in answer.other_currencies.items():
        notes.append(
            f"{shown(cost, Style.MONEY)} {name} of the bill is left out: currencies are not added "
            f"(--currency {name}; or [[fx]] rates in finops.toml)."
        )
    return notes


def _slo_notes(whole: Group) -> list[str]:
    """What of the responses could not be judged; silent where no objective is configured."""
    responses, judged = whole.counts["responses"], whole.under_slo
    notes = []
    if judged and judged < responses:
        notes.append(
            f"{responses - judged:,} of {responses:,} responses are under no objective: "
            "groups with one have no cost per good response."
        )
    if whole.counts["slo_unknown"]:
        notes.append(
            f"{whole.counts['slo_unknown']:,} responses lack a time their objective needs and are not "
            "counted as good."
        )
    return notes


def _capacity_notes(answer: UnitEconomics) -> list[str]:
    """What capacity served without a known cost, what seats served, and how the rest was told."""
    reasons: dict[str, int] = {}
    for (*_, reason), tokens in answer.allocation.without_cost.items():
        reasons[reason] = reasons.get(reason, 0) + tokens
    notes = [f"{tokens:,} tokens have no known cost: {why}." for why, tokens in reasons.items()]
    seats = seat_note(answer)
    notes += [] if seats is None else [seats]
    return (
        [*notes, *capacity_notes(answer.allocation.capacity)]
        if any(answer.total.capacity)
        else notes
    )


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
            ("on jobs", found.jobs),
            ("on workloads", found.workloads),
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
