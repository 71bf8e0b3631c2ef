"""`finops scorecard`: sixteen points from evidence, how they moved, and what would raise them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import (  # noqa: TC001  (Typer reads the annotations)
    FormatOption,
    LedgerOption,
    OutputOption,
)
from finops.cli.scorecard_answer import answer
from finops.cli.scorecard_gate import gate
from finops.cli.scorecard_plan import catalog, checklist, roadmap
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads the annotation)
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
BadgeOption = Annotated[
    Path | None, typer.Option("--badge", metavar="FILE", help="Also write a badge (SVG).")
]
SinceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[FROM]",
        help="Day; the last score about it or before. (default: the one before TO)",
        show_default=False,
    ),
]
UntilArgument = Annotated[
    str | None,
    typer.Argument(metavar="[TO]", help="Likewise. (default: the last score)", show_default=False),
]
UnknownOption = Annotated[bool, typer.Option("--unknown", help="Show the checks that are unknown.")]


def register(app: typer.Typer) -> None:
    """Add `scorecard` and its commands to the application."""
    group = typer.Typer(
        no_args_is_help=True, help="Score infrastructure in sixteen points, from evidence."
    )
    group.command("run")(run)
    group.command("show")(show)
    group.command("answer")(answer)
    group.command("history")(history)
    group.command("diff")(diff)
    group.command("gate")(gate)
    group.command("roadmap")(roadmap)
    group.command("checklist")(checklist)
    group.command("catalog")(catalog)
    app.add_typer(group, name="scorecard")


def run(  # noqa: PLR0913  (one parameter for each option)
    *,
    subject: its.SubjectOption = "self",
    answers: its.AnswersOption = None,
    as_of: its.AsOfOption = None,
    no_history: its.NoHistoryOption = False,
    catalog: its.CatalogOption = None,
    store: its.StoreOption = None,
    vendors: VendorsOption = Path("vendors"),
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Ask every probe, add what people answered, and write the score down.

    Two runs on the same ledger and answers print the same, byte for byte.
    """
    from finops.cli.output import emit
    from finops.report.scorecard import score_report

    where = its.place(subject, catalog, store, ledger, vendors)
    found = its.measure(where, answers, as_of)
    if not no_history:
        its.write_down(where, found)
    emit(score_report(found, where.catalog), format, output)


def show(  # noqa: PLR0913  (one parameter for each option)
    *,
    subject: its.SubjectOption = "self",
    as_of: its.AsOfOption = None,
    category: CategoryOption = None,
    checks: ChecksOption = False,
    unknown: UnknownOption = False,
    badge: BadgeOption = None,
    catalog: its.CatalogOption = None,
    store: its.StoreOption = None,
    vendors: VendorsOption = Path("vendors"),
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show the last score written down, or its checks with their evidence."""
    from finops.cli.output import emit, write_bytes
    from finops.report.badge import badge_svg

    where = its.place(subject, catalog, store, ledger, vendors)
    found = its.latest(where, as_of).score
    if badge is not None:
        write_bytes(badge_svg(found), badge)
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


def history(
    *,
    subject: its.SubjectOption = "self",
    store: its.StoreOption = None,
    vendors: VendorsOption = Path("vendors"),
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show every score written down, and how they moved."""
    from finops.cli.output import emit
    from finops.report.scorecard_time import history_report
    from scorecard.history import read_history

    where = its.place(subject, None, store, ledger, vendors)
    its.latest(where)
    emit(history_report(read_history(where.history_file)), format, output)


def diff(  # noqa: PLR0913  (one parameter for each option)
    since: SinceArgument = None,
    until: UntilArgument = None,
    *,
    subject: its.SubjectOption = "self",
    store: its.StoreOption = None,
    vendors: VendorsOption = Path("vendors"),
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what changed between two scores written down, and why."""
    from finops.cli.output import emit
    from finops.report.scorecard_time import diff_report
    from scorecard.history import read_history

    where = its.place(subject, None, store, ledger, vendors)
    after = its.latest(where, until)
    if since is not None:
        before = its.latest(where, since)
    else:
        records = read_history(where.history_file)
        place = records.index(after)
        if place == 0:
            raise UsageError(
                f"there is one score of {where.subject}, and nothing to compare it with",
                hint="run finops scorecard run again when something has changed",
            )
        before = records[place - 1]
    emit(diff_report(before, after), format, output)
