"""`finops scorecard roadmap`, `checklist` and `catalog`: what to do, what to know, what is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import (  # noqa: TC001  (Typer reads the annotations)
    FormatOption,
    LedgerOption,
    OutputOption,
)
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
    from finops.report.scorecard_plan import issues_csv, plan_markdown, plan_report
    from scorecard.roadmap import roadmap as plan

    if tasks and issues:
        raise UsageError("--tasks and --issues exclude each other")
    where = its.place(subject, catalog, store, ledger, vendors)
    found = its.measure(where, answers, as_of)
    steps = plan(found, where.catalog)
    if tasks:
        write_bytes(plan_markdown(steps, found), output)
    elif issues:
        write_bytes(issues_csv(steps), output)
    else:
        emit(plan_report(steps, found), format, output)


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
    from finops.report.scorecard_plan import checklist_report

    where = its.place(subject, catalog, store, ledger, vendors)
    emit(checklist_report(its.measure(where, answers, as_of), where.catalog), format, output)


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
    from finops.config import load_config
    from finops.report.scorecard_plan import catalog_report
    from scorecard.answers import parse_subject
    from scorecard.catalog import catalog_source, load_catalog

    chosen = str(catalog) if catalog is not None else load_config().scorecard.catalog
    kind = parse_subject(subject if ":" in subject or subject == "self" else f"{subject}:any").kind
    if yaml:
        write_bytes(catalog_source(chosen), output)
    else:
        emit(catalog_report(load_catalog(chosen), kind), format, output)
