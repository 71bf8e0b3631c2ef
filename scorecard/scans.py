"""Files other tools write that the ledger has no table for: results of secret scans, lists of keys, PUE."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Line", "ScanResult", "read_table", "scan_result"]


class ScanResult(NamedTuple):
    """What a scan for secrets found, by which tool, on which day."""

    findings: int
    tool: str
    day: date


class Line(NamedTuple):
    """One row of a small CSV; `place` says which, for messages."""

    place: str
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """The cell of `column`."""
        return self.cells[column]

    def day(self, column: str) -> date:
        """The cell as a day; InputError when it is none."""
        try:
            return date.fromisoformat(self.cells[column][:10])
        except ValueError:
            raise InputError(
                f"{self.place}, {column} = {self.cells[column]!r}: not a date (YYYY-MM-DD)"
            ) from None

    def number(self, column: str) -> Decimal:
        """The cell as a number; InputError when it is none."""
        try:
            found = Decimal(self.cells[column])
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite():
            raise InputError(f"{self.place}, {column} = {self.cells[column]!r}: not a number")
        return found


def read_table(file: Path, columns: Sequence[str]) -> tuple[Line, ...]:
    """The rows of a CSV that must have `columns`; InputError says what is wrong with it."""
    rows = csv.DictReader(_text(file).splitlines())
    gone = [name for name in columns if name not in (rows.fieldnames or ())]
    if gone:
        raise InputError(f"{file} has no column {gone[0]}", hint=f"it needs {', '.join(columns)}")
    return tuple(
        Line(f"{file} row {number}", {name: (row[name] or "").strip() for name in columns})
        for number, row in enumerate(rows, start=1)
    )


def scan_result(file: Path) -> ScanResult:
    """Findings of a scan: SARIF, a JSON list, or JSON lines; InputError for anything else."""
    text = _text(file)
    written = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC).date()
    try:
        raw = json.loads(text) if text.lstrip()[:1] in {"[", "{"} and not _is_lines(text) else None
        if raw is None:
            lines = [json.loads(line) for line in text.splitlines() if line.strip()]
            return ScanResult(len(lines), "the scan", written)
    except ValueError as error:
        raise InputError(f"{file} is not the result of a scan: {error}") from error
    if isinstance(raw, list):
        return ScanResult(len(raw), "the scan", written)
    runs = raw.get("runs")
    if not isinstance(runs, list):
        raise InputError(
            f"{file} is not the result of a scan: neither SARIF nor a list of findings"
        )
    return _sarif(runs, written)


def _sarif(runs: list[dict[str, Any]], written: date) -> ScanResult:
    findings = sum(len(run.get("results") or ()) for run in runs)
    names = [run.get("tool", {}).get("driver", {}).get("name") for run in runs]
    ended = [
        str(call["endTimeUtc"])[:10]
        for run in runs
        for call in run.get("invocations") or ()
        if call.get("endTimeUtc")
    ]
    day = date.fromisoformat(max(ended)) if ended else written
    return ScanResult(findings, ", ".join(str(name) for name in names if name) or "the scan", day)


def _is_lines(text: str) -> bool:
    """Whether `text` holds one JSON object a line."""
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} could not be read: {error}") from error
