"""`finops scorecard gate`: whether the score is what a policy demands, for continuous integration."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import (  # noqa: TC001  (Typer reads the annotations)
    FormatOption,
    LedgerOption,
    OutputOption,
)
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads the annotation)
from finops.errors import GateFailed, UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from scorecard.gate import Policy
    from scorecard.scoring import Score

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
    from finops.report.scorecard_gate import gate_report
    from finops.report.scorecard_gate import junit as as_junit
    from finops.report.scorecard_gate import sarif as as_sarif
    from scorecard.gate import Policy, parse_levels
    from scorecard.gate import gate as decide

    where = its.place(subject, catalog, store, ledger, vendors)
    policy = Policy(
        _points(minimum),
        parse_levels(min_level or (), where.catalog),
        no_regression,
        max_unknown,
        red_flags,
        sovereign,
    )
    _demands_something(policy)
    found = its.measure(where, answers, as_of)
    rules = decide(found, policy, _before(where, found) if no_regression else None)
    if sarif is not None:
        place = (answers or where.answers_file).name
        write_bytes(as_sarif(found, rules, where.catalog, place=place), sarif)
    if junit is not None:
        write_bytes(as_junit(found, rules), junit)
    emit(gate_report(found, rules), format, output)
    broken = [rule for rule in rules if not rule.met]
    if broken:
        raise GateFailed(
            f"{len(broken)} of {len(rules)} demands are not met: "
            + ", ".join(rule.id for rule in broken),
            hint="finops scorecard roadmap says what to do about it",
        )


def _points(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise UsageError(f"--min {text!r} is no number of points", hint="--min 10")
    return found


def _demands_something(policy: Policy) -> None:
    if policy == type(policy)(red_flags=False):
        raise UsageError(
            "nothing is demanded",
            hint="for example --min 10 --min-level cost_model=1 --no-regression --max-unknown 2",
        )


def _before(where: its.Place, found: Score) -> Score | None:
    """The last score written down that is not the same as `found`."""
    from scorecard.history import plain, read_history

    now = plain(found)
    for record in reversed(read_history(where.history_file)):
        if plain(record.score) != now:
            return record.score
    return None
