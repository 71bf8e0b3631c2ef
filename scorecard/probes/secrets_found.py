"""How many secrets a scan of the repositories found.

Reads what scanners write: SARIF, or a JSON list of findings (gitleaks, trufflehog). A scan is dated by
SARIF's end of the run, else by when its file was written.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing
from scorecard.scans import scan_result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Findings in the scan result that finops.toml names."""
    path = context.settings.files.secret_scan
    if path is None:
        return missing("no scan for secrets is known", "scorecard.files.secret_scan in finops.toml")
    found = scan_result(Path(path))
    return judged(
        Decimal(found.findings),
        params,
        f"found by {found.tool}",
        unit="secrets",
        query=Path(path).name,
        collected=found.day,
    )


PROBE = Probe("secrets_found", "Are the repositories free of secrets?", ask, ())
