"""`finops scorecard gate`: whether the score is what a policy demands, for continuous integration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_session
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads the annotation)
from finops.report.formats import ReportFormat

__all__ = ["gate"]

_POLICY = "What is demanded"

MinOption = Annotated[
    str | None,
    typer.Option("--min", metavar="POINTS", help="Verified points.", rich_help_panel=_POLICY),
]
MinLevelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--min-level",
        metavar="CATEGORY=LEVEL",
        help="Verified level of a category. Repeat.",
        rich_help_panel=_POLICY,
    ),
]
NoRegressionOption = Annotated[
    bool,
    typer.Option(
        "--no-regression",
        help="No category, and not the sum, below the last different score written down.",
        rich_help_panel=_POLICY,
    ),
]
MaxUnknownOption = Annotated[
    int | None,
    typer.Option(
        "--max-unknown",
        min=0,
        metavar="N",
        help="Checks nothing verified is known about.",
        rich_help_panel=_POLICY,
    ),
]
RedFlagsOption = Annotated[
    bool,
    typer.Option(
        "--red-flags/--no-red-flags",
        help="Fail on a red flag, whatever the score.",
        rich_help_panel=_POLICY,
    ),
]
SovereignOption = Annotated[
    bool,
    typer.Option(
        "--sovereign",
        help="Fail on a sovereignty requirement that does not hold.",
        rich_help_panel=_POLICY,
    ),
]
SarifOption = Annotated[
    Path | None,
    typer.Option("--sarif", metavar="FILE", help="Also write SARIF, for code scanning."),
]
JunitOption = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML.")
]


def gate(  # noqa: PLR0913  (one parameter for each option)
    *,
    minimum: MinOption = None,
    min_level: MinLevelOption = None,
    no_regression: NoRegressionOption = False,
    max_unknown: MaxUnknownOption = None,
    red_flags: RedFlagsOption = False,
    sovereign: SovereignOption = False,
    sarif: SarifOption = None,
    junit: JunitOption = None,
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
    """Measure the score and hold it against a policy; exit code 4 where it falls short.

    Nothing is written down. What is unknown counts as false.
    """
    from finops.cli.output import emit, write_bytes

    found = open_session(ledger, required=False).scorecard.gate(
        minimum=minimum, min_level=min_level or (), no_regression=no_regression,
        max_unknown=max_unknown, red_flags=red_flags, sovereign=sovereign,
        answers=answers, as_of=as_of,
        subject=subject, catalog=catalog, store=store, vendors=vendors,
    )  # fmt: skip
    its.tell(found.where)
    if sarif is not None:
        write_bytes(found.sarif(), sarif)
    if junit is not None:
        write_bytes(found.junit(), junit)
    emit(found.report, format, output)
    found.require()
