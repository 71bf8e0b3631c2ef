"""What a pull did, as a report: a row for each part of a source that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.redaction import redact
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.pulling import SourceResult
    from finops.report.model import Row

__all__ = ["pull_report"]

_COLUMNS = (
    ReportColumn("source", "Source"),
    ReportColumn("table", "Table"),
    ReportColumn("stream", "Part"),
    ReportColumn("state", "State"),
    ReportColumn("rows", "Rows", Style.COUNT),
    ReportColumn("rows_duplicate", "There already", Style.COUNT),
    ReportColumn("rows_replaced", "Replaced", Style.COUNT),
)


def pull_report(results: Sequence[SourceResult], *, dry_run: bool) -> Report:
    """One row for each delivery, one for a source that brought nothing; failures in `errors`."""
    return Report(
        schema="finops.pull/1",
        title="Would be pulled" if dry_run else "Pulled",
        columns=_COLUMNS,
        rows=tuple(row for result in results for row in _rows(result)),
        notes=tuple(f"{result.source}: {note}" for result in results for note in result.notes),
        extras={
            "errors": [
                {
                    "source": result.source,
                    "error": redact(result.error.message),
                    "exit_code": int(result.error.exit_code),
                }
                for result in results
                if result.error is not None
            ]
        },
    )


def _rows(result: SourceResult) -> Iterator[Row]:
    for stream, load in result.loads:
        stored = load.stored
        new = stored.rows_stored and not stored.unchanged
        yield {
            "source": result.source,
            "table": load.table,
            "stream": stream,
            "state": "new" if new else "unchanged",
            "rows": stored.rows_stored,
            "rows_duplicate": stored.rows_duplicate,
            "rows_replaced": stored.rows_replaced,
        }
    for planned in result.planned:
        yield _bare(result.source, planned.table, planned.stream, f"{len(planned.files)} files")
    if result.error is not None:
        yield _bare(result.source, None, None, "failed")
    elif not result.loads and not result.planned:
        yield _bare(result.source, None, None, "nothing new")


def _bare(source: str, table: str | None, stream: str | None, state: str) -> Row:
    return {
        "source": source,
        "table": table,
        "stream": stream,
        "state": state,
        "rows": None,
        "rows_duplicate": None,
        "rows_replaced": None,
    }
