"""`finops actions`: what is to be done, by whom, until when, and what it really saved."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import (
    FormatOption,
    LedgerOption,
    MonthOption,
    OutputOption,
    open_session,
)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from finops.api.actions import Said

__all__ = ["register"]

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The action, for example A-3.")]
TitleArgument = Annotated[str, typer.Argument(metavar="TITLE", help="What is to be done.")]
TitleOption = Annotated[str | None, typer.Option("--title", help="What is to be done.")]
OwnerOption = Annotated[str | None, typer.Option("--owner", help="Who does it.")]
DueOption = Annotated[
    str | None, typer.Option("--due", metavar="YYYY-MM-DD", help="Until which day.")
]
ExpectedOption = Annotated[
    str | None,
    typer.Option(
        "--expected",
        metavar="AMOUNT",
        help="What it is to save in a month. (default: what its evidence says, at most)",
    ),
]
EvidenceOption = Annotated[
    str | None,
    typer.Option(
        "--evidence",
        metavar="LEVER/SUBJECT",
        help="A row of `finops savings`; its number tells afterwards what was saved.",
    ),
]
CostOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="EXPRESSION",
        help="Bills whose cost tells what was saved, where there is no such row.",
    ),
]
EvidenceMonthOption = Annotated[
    str | None,
    typer.Option("--month", metavar="YYYY-MM", help="Month the evidence is of."),
]
NoteOption = Annotated[str | None, typer.Option("--note", help="Why, or what to know.")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="Who says so. (default: the name you are logged in by)")
]
OnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="YYYY-MM-DD", help="Day it took effect. (default: today)"),
]


def register(app: typer.Typer) -> None:
    """Add `actions` and its commands to the application."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Keep the list of what is to be done about costs, and what it really saved.",
    )
    for name, command in (
        ("list", list_),
        ("add", add),
        ("change", change),
        ("done", done),
        ("drop", drop),
        ("show", show),
    ):
        group.command(name)(command)
    app.add_typer(group, name="actions")


def list_(
    *,
    month: MonthOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show every action: what is open by its day, what was done with what it saved in the month."""
    from finops.cli.output import emit

    emit(open_session(ledger).actions.list(month=month).report, format, output)


def add(  # noqa: PLR0913  (one parameter for each option)
    title: TitleArgument,
    *,
    owner: OwnerOption = None,
    due: DueOption = None,
    expected: ExpectedOption = None,
    evidence: EvidenceOption = None,
    where: CostOption = None,
    month: EvidenceMonthOption = None,
    note: NoteOption = None,
    by: ByOption = None,
    ledger: LedgerOption = None,
) -> None:
    """Add an action.

    With --evidence, a row of `finops savings`, its amount and owner need not be said.
    """
    said: Said = {
        "owner": owner, "due": due, "expected": expected, "evidence": evidence, "where": where,
        "month": month, "note": note,
    }  # fmt: skip
    _tell(open_session(ledger).actions.add(title, by=by or getpass.getuser(), **said).value.id)


def change(  # noqa: PLR0913  (one parameter for each option)
    action: IdArgument,
    *,
    title: TitleOption = None,
    owner: OwnerOption = None,
    due: DueOption = None,
    expected: ExpectedOption = None,
    where: CostOption = None,
    month: EvidenceMonthOption = None,
    note: NoteOption = None,
    by: ByOption = None,
    ledger: LedgerOption = None,
) -> None:
    """Say anew what of an open action has changed."""
    said: Said = {
        "owner": owner, "due": due, "expected": expected, "where": where, "month": month,
        "note": note,
    }  # fmt: skip
    who = by or getpass.getuser()
    _tell(open_session(ledger).actions.change(action, by=who, title=title, **said).value.id)


def done(
    action: IdArgument,
    *,
    on: OnOption = None,
    note: NoteOption = None,
    by: ByOption = None,
    ledger: LedgerOption = None,
) -> None:
    """Say that an action is done."""
    who = by or getpass.getuser()
    _tell(open_session(ledger).actions.done(action, by=who, on=on, note=note).value.id)


def drop(
    action: IdArgument, *, note: NoteOption = None, by: ByOption = None, ledger: LedgerOption = None
) -> None:
    """Say that an action will not be done."""
    who = by or getpass.getuser()
    _tell(open_session(ledger).actions.drop(action, by=who, note=note).value.id)


def show(
    action: IdArgument,
    *,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show everything that was ever said of an action."""
    from finops.cli.output import emit

    emit(open_session(ledger).actions.show(action).report, format, output)


def _tell(number: str) -> None:
    """The id, and nothing else, for scripts."""
    from finops.cli.output import write_bytes

    write_bytes(f"{number}\n".encode())
