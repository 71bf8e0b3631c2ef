"""`finops scorecard roadmap`, `checklist` and `catalog`: what to do, what to know, what is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_session
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads the annotation)
from finops.report.formats import ReportFormat

__all__ = ["catalog", "checklist", "roadmap"]

ChecklistOption = Annotated[
    bool, typer.Option("--tasks", help="Write a Markdown task list instead.")
]
IssuesOption = Annotated[
    bool, typer.Option("--issues", help="Write a CSV that issue trackers import instead.")
]
YamlOption = Annotated[
    bool, typer.Option("--yaml", help="Write the catalog itself, to start your own from.")
]


def roadmap(  # noqa: PLR0913  (one parameter for each option)
    *,
    tasks: ChecklistOption = False,
    issues: IssuesOption = False,
    subject: its.SubjectOption = "self",
    answers: its.AnswersOption = None,
    as_of: its.AsOfOption = None,
    catalog: its.CatalogOption = None,
    store: its.StoreOption = None,
    vendors: VendorsOption = Path("vendors"),
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Plan 30, 60 and 90 days from the gaps, by money at stake for the effort.

    Every step has an owner, the layer of the stack it belongs to, and the check that proves it done.
    """
    from finops.cli.output import emit, write_bytes
    from finops.errors import UsageError

    if tasks and issues:
        raise UsageError("--tasks and --issues exclude each other")
    found = open_session(ledger, required=False).scorecard.roadmap(
        answers=answers, as_of=as_of,
        subject=subject, catalog=catalog, store=store, vendors=vendors,
    )  # fmt: skip
    its.tell(found.where)
    if tasks:
        write_bytes(found.tasks(), output)
    elif issues:
        write_bytes(found.issues(), output)
    else:
        emit(found.report, format, output)


def checklist(  # noqa: PLR0913  (one parameter for each option)
    *,
    subject: its.SubjectOption = "self",
    answers: its.AnswersOption = None,
    as_of: its.AsOfOption = None,
    catalog: its.CatalogOption = None,
    store: its.StoreOption = None,
    vendors: VendorsOption = Path("vendors"),
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show nine layers and eight concepts to know, with your own numbers."""
    from finops.cli.output import emit

    found = open_session(ledger, required=False).scorecard.checklist(
        answers=answers, as_of=as_of,
        subject=subject, catalog=catalog, store=store, vendors=vendors,
    )  # fmt: skip
    its.tell(found.where)
    emit(found.report, format, output)


def catalog(
    *,
    subject: its.SubjectOption = "self",
    yaml: YamlOption = False,
    catalog: its.CatalogOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """List every check that is asked, with the probe that answers it and what to do when it is false."""
    from finops.cli.output import emit, write_bytes

    found = open_session(required=False).scorecard.catalog(subject, catalog=catalog)
    if yaml:
        write_bytes(found.yaml(), output)
    else:
        emit(found.report, format, output)
