"""`finops scorecard`: sixteen points from evidence, how they moved, and what would raise them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_session
from finops.cli.scorecard_answer import answer
from finops.cli.scorecard_gate import gate
from finops.cli.scorecard_plan import catalog, checklist, roadmap
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads the annotation)
from finops.report.formats import ReportFormat

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

    found = open_session(ledger, required=False).scorecard.run(
        answers=answers, as_of=as_of, no_history=no_history,
        subject=subject, catalog=catalog, store=store, vendors=vendors,
    )  # fmt: skip
    its.tell(found.where)
    its.tell_written(found.written)
    emit(found.report, format, output)


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

    found = open_session(ledger, required=False).scorecard.show(
        as_of=as_of, category=category, checks=checks, unknown=unknown,
        subject=subject, catalog=catalog, store=store, vendors=vendors,
    )  # fmt: skip
    its.tell(found.where)
    if badge is not None:
        write_bytes(found.badge(), badge)
    emit(found.report, format, output)


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

    asked = open_session(ledger, required=False).scorecard
    found = asked.history(subject=subject, store=store, vendors=vendors)
    its.tell(found.where)
    emit(found.report, format, output)


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

    asked = open_session(ledger, required=False).scorecard
    found = asked.diff(since, until, subject=subject, store=store, vendors=vendors)
    its.tell(found.where)
    emit(found.report, format, output)
