"""Whether power usage effectiveness is measured every month."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops.model.period import parse_month
from scorecard.probes.base import Probe, judged, missing, no_accelerators, not_applicable
from scorecard.scans import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """The newest measured PUE; false when it is older than `days` days or above the limit."""
    path = context.settings.files.pue
    if path is None:
        none = no_accelerators(context)
        if none is not None:
            return none
        if not context.config.owned:
            return not_applicable("no facility is ours: nothing is owned", context.newest("costs"))
        return missing("no measurement of PUE is known", "scorecard.files.pue in finops.toml")
    months = {
        parse_month(row.text("month")): row.number("pue")
        for row in read_table(Path(path), ("month", "pue"))
    }
    known = [month for month in months if month.end <= context.today]
    if not known:
        return missing(f"{Path(path).name} has no month yet", "scorecard.files.pue in finops.toml")
    newest = max(known)
    if (context.today - newest.end).days > int(params["days"]):
        return missing(f"the newest PUE is of {newest.label}", "scorecard.files.pue in finops.toml")
    return judged(
        months[newest],
        {"at_most": params["at_most"]},
        f"is the PUE of {newest.label}",
        unit="",
        query=Path(path).name,
        collected=newest.end - timedelta(days=1),
    )


PROBE = Probe("pue_measured", "Is power usage effectiveness measured?", ask, ())
