"""For how many months in a row there is unit cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.model.period import month_of
from scorecard.probes.base import Probe, judged, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Months with a bill and requests, counted back from the newest without a gap."""
    rows = context.rows(
        "select distinct strftime(day, '%Y-%m') from requests "
        f"where day < date '{context.as_of.isoformat()}'"
    )
    logged = {str(month) for (month,) in rows}
    row = 0
    expected = context.month
    for month in reversed([each for each in context.billed_months if each.end <= context.as_of]):
        if expected is None or month != expected or month.label not in logged:
            break
        row += 1
        expected = month_of(month.start - timedelta(days=1))
    if not row:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    return judged(
        Decimal(row),
        {"at_least": params["months"]},
        "in a row have a bill and requests",
        unit="months",
        query="finops unit --by month --all",
        collected=context.as_of_month,
    )


PROBE = Probe("unit_cost_trend", "Is there unit cost for several months?", ask, ())
