"""Runs one by one as a report: when each ran, how it came out, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.model.tables import INPUT_TOKEN_COLUMNS
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.settled_runs import Run, RunList
    from finops.model.period import Period
    from finops.report.model import Row

__all__ = ["runs_report"]

_COLUMNS = (
    ReportColumn("run", "Run"),
    ReportColumn("source", "Source", shown=False),
    ReportColumn("cost", "Cost", Style.UNIT_MONEY),
    ReportColumn("started", "Started", Style.TIME),
    ReportColumn("ended", "Ended", Style.TIME, shown=False),
    ReportColumn("outcome", "Outcome", optional=True),
    ReportColumn("requests", "Requests", Style.COUNT),
    ReportColumn("attempts", "Attempts", Style.COUNT, optional=True),
    ReportColumn("failures", "Failed", Style.COUNT, optional=True),
    ReportColumn("input_tokens", "Input", Style.COUNT, optional=True),
    ReportColumn("output_tokens", "Output", Style.COUNT, optional=True),
    ReportColumn("unpriced_tokens", "Unpriced", Style.COUNT, shown=False),
)


def runs_report(
    found: RunList, period: Period, currency: str, *, notes: Sequence[str] = ()
) -> Report:
    """A row for each of the runs listed; a note says of how many."""
    left = found.everything - len(found.runs)
    listed = (f"{len(found.runs):,} of {found.everything:,} runs are listed.",) if left else ()
    return Report(
        schema="finops.runs/1",
        title="Runs",
        columns=_COLUMNS,
        rows=tuple(_row(run) for run in found.runs),
        period=period,
        currency=currency,
        notes=(*notes, *listed),
        extras={"runs": found.everything},
    )


def _row(run: Run) -> Row:
    counts = run.counts
    return {
        "run": run.run,
        "source": run.source,
        "cost": run.cost,
        "started": f"{run.started:%Y-%m-%dT%H:%M:%SZ}",
        "ended": f"{run.ended:%Y-%m-%dT%H:%M:%SZ}",
        "outcome": run.outcome,
        "requests": counts["requests"],
        "attempts": counts["attempts"],
        "failures": counts["failures"],
        "input_tokens": sum(counts[name] for name in INPUT_TOKEN_COLUMNS),
        "output_tokens": counts["output_tokens"],
        "unpriced_tokens": run.unpriced_tokens,
    }
