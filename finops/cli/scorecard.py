"""`finops scorecard`: sixteen points from evidence, how they moved, and what would raise them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import (  # noqa: TC001  (Typer reads the annotations)
    FormatOption,
    LedgerOption,
    OutputOption,
)
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from finops.report.model import Report
    from scorecard.catalog import Catalog
    from scorecard.scoring import Score

__all__ = ["register"]

CategoryOption = Annotated[
    str | None,
    typer.Option("--category", metavar="ID,…", help="Show the checks of these categories."),
]
ChecksOption = Annotated[bool, typer.Option("--checks", help="Show every check.")]
UnknownOption = Annotated[bool, typer.Option("--unknown", help="Show the checks that are unknown.")]
NoHistoryOption = Annotated[
    bool, typer.Option("--no-history", help="Do not write the result down.")
]


def register(app: typer.Typer) -> None:
    """Add `scorecard` and its commands to the application."""
    group = typer.Typer(
        no_args_is_help=True, help="Score infrastructure in sixteen points, from evidence."
    )
    group.command("run")(run)
    group.command("show")(show)
    app.add_typer(group, name="scorecard")


def run(  # noqa: PLR0913  (one parameter for each option)
    *,
    subject: its.SubjectOption = "self",
    answers: its.AnswersOption = None,
    as_of: its.AsOfOption = None,
    no_history: NoHistoryOption = False,
    catalog: its.CatalogOption = None,
    store: its.StoreOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Ask every probe, add what people answered, and write the score down.

    Two runs on the same ledger and answers print the same, byte for byte.
    """
    from finops.cli.diagnostics import say
    from finops.cli.output import emit
    from finops.report.scorecard import score_report
    from scorecard.history import Record, append

    where = its.place(subject, catalog, store, ledger)
    found = its.measure(where, answers, as_of)
    if not no_history:
        is_new = append(where.history_file, Record(datetime.now(tz=UTC), found))
        say("Written down." if is_new else "The same as the last time; nothing is added.")
    emit(score_report(found, where.catalog), format, output)


def show(  # noqa: PLR0913  (one parameter for each option)
    *,
    subject: its.SubjectOption = "self",
    as_of: its.AsOfOption = None,
    category: CategoryOption = None,
    checks: ChecksOption = False,
    unknown: UnknownOption = False,
    catalog: its.CatalogOption = None,
    store: its.StoreOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show the last score written down, or its checks with their evidence."""
    from finops.cli.output import emit

    where = its.place(subject, catalog, store, ledger)
    found = its.latest(where, as_of).score
    emit(_shown(found, where.catalog, category, checks=checks, unknown=unknown), format, output)


def _shown(
    found: Score, catalog: Catalog, category: str | None, *, checks: bool, unknown: bool
) -> Report:
    from dataclasses import replace

    from finops.report.scorecard import checks_report, score_report

    if category is None and not checks and not unknown:
        return score_report(found, catalog)
    names = tuple(category.split(",")) if category is not None else ()
    known = [each.id for each in found.categories]
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no category {name!r}", hint=f"choose among {', '.join(known)}"
            )
    report = checks_report(found, catalog, categories=names)
    if unknown:
        rows = tuple(row for row in report.rows if row["check"] in found.unknown)
        report = replace(report, rows=rows)
    return report
