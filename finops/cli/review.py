"""`finops review`: the review of a month, as a document finance reads without a meeting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import CurrencyOption, LedgerOption, open_session
from finops.errors import UsageError
from finops.report.document.formats import DocumentFormat

if TYPE_CHECKING:
    from finops.api.review.ask import Review
    from finops.api.review.deliver import Delivery
    from finops.api.session import Session
    from finops.report.document import Document
    from finops.sections.review import Review as Settings

__all__ = ["register"]

_BINARY = {DocumentFormat.PDF, DocumentFormat.XLSX, DocumentFormat.ZIP}
"""Formats no terminal shows."""

MonthArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[MONTH]",
        help="Month, as YYYY-MM. (default: the newest complete one in the ledger)",
        show_default=False,
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="YYYY-MM-DD",
        help="As it was known at the end of that day (UTC).",
        rich_help_panel="Period",
    ),
]
DiffOption = Annotated[
    bool,
    typer.Option("--diff", help="Show what later data changed, instead.", rich_help_panel="Period"),
]
IfNewOption = Annotated[
    bool,
    typer.Option(
        "--if-new",
        help="Deliver only what says something new; for cron. (to: `review` in finops.toml, or -o)",
        rich_help_panel="Output",
    ),
]
NotifyOption = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="env:NAME|file:PATH|keyring:NAME",
        help="Tell the webhook whose address is there; the same review is told once.",
        rich_help_panel="Output",
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="text|md|html|pdf|xlsx|json|zip",
        help="How to write it; several, separated by commas, into a folder. (default: as the output's name ends, "
        "text to stdout, html,xlsx into a folder)",
        rich_help_panel="Output",
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|FOLDER/|URL",
        help="File to write instead of stdout, folder, or s3://, gs:// or az:// address.",
        rich_help_panel="Output",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `review` to the application."""
    app.command("review")(review)


def review(  # noqa: PLR0913  (one parameter for each option)
    month: MonthArgument = None,
    *,
    as_of: AsOfOption = None,
    diff: DiffOption = False,
    if_new: IfNewOption = False,
    notify: NotifyOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = None,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Write the review of a month: what it cost, what changed, whose it is, and that it adds up.

    A closed month is reviewed from its books, so that the document never changes; --as-of shows what was
    known on an earlier day, --diff what has changed since. The same ledger gives the same bytes.
    """
    from finops.cli.diagnostics import say

    if if_new and (diff or as_of is not None):
        raise UsageError("--if-new delivers the month as it is", hint="without --diff and --as-of")
    session = open_session(ledger)
    delivery = _delivery(session.config.review, format, output, notify, if_new=if_new)
    if delivery is not None and delivery.place is not None and diff:
        raise UsageError("--diff is one document: name a file", hint="-o diff.html")
    chosen = None if delivery is not None and delivery.place is not None else _one(format, output)
    ask = session.review_diff if diff else session.review
    found = ask(month, as_of=as_of, currency=currency)
    for note in found.notes:
        say(note)
    if chosen is not None:
        _write(found.document, chosen, output)
    if delivery is not None:
        _deliver(session, found, delivery)


def _delivery(
    settings: Settings,
    formats: str | None,
    output: str | None,
    webhook: str | None,
    *,
    if_new: bool,
) -> Delivery | None:
    """Where it goes besides stdout or one file; None when nowhere. UsageError where --if-new names no place."""
    from finops.api.review.deliver import Delivery

    place = output if output is not None and _is_folder(output) else None
    told = webhook
    if if_new:
        place, told = output or settings.to, webhook or settings.webhook
        if place is None:
            raise UsageError(
                "--if-new needs a place to deliver to",
                hint="-o FOLDER/, or `to` under [review] in finops.toml",
            )
    if place is None and told is None:
        return None
    kinds = tuple(DocumentFormat(each) for each in settings.formats)
    return Delivery(
        place=place,
        formats=_several(formats) or kinds,
        webhook=told,
        link=settings.link,
        only_new=if_new,
    )


def _is_folder(output: str) -> bool:
    """Whether several files can go there: an address, a name that ends as folders do, a folder there is."""
    from pathlib import Path

    return "://" in output or output.endswith(("/", "\\")) or Path(output).is_dir()


def _several(formats: str | None) -> tuple[DocumentFormat, ...]:
    """`html,xlsx` as formats; UsageError names those there are."""
    if formats is None:
        return ()
    known = {str(each): each for each in DocumentFormat}
    found = []
    for name in formats.split(","):
        if name.strip() not in known:
            raise UsageError(
                f"there is no format {name.strip()!r}", hint=f"choose among {', '.join(known)}"
            )
        found.append(known[name.strip()])
    return tuple(dict.fromkeys(found))


def _one(formats: str | None, output: str | None) -> DocumentFormat:
    """The one format of stdout or a file."""
    from finops.api.review.ask import format_of

    asked = _several(formats)
    if len(asked) > 1:
        raise UsageError("several formats are several files", hint="-o FOLDER/")
    if asked:
        chosen = asked[0]
    elif output is None or output == "-":
        chosen = DocumentFormat.TEXT
    else:
        chosen = format_of(output)
    if output is None and chosen in _BINARY:
        raise UsageError(f"{chosen} is a file: name it", hint=f"-o review.{chosen}")
    return chosen


def _deliver(session: Session, found: Review, delivery: Delivery) -> None:
    """Write and tell, and say what was."""
    from finops.api.review.deliver import deliver
    from finops.cli.diagnostics import say

    outcome = deliver(session, found, delivery)
    for address in outcome.written:
        say(f"Written: {address}")
    if outcome.told:
        say("Told the webhook.")
    if not outcome.written and not outcome.told:
        say(f"Nothing new: the review of {found.month} says what it said when it was delivered.")


def _write(document: Document, chosen: DocumentFormat, output: str | None) -> None:
    """The bytes, as wide as the terminal where people read them there."""
    import sys

    from finops.cli.output import terminal_width, use_color, write_bytes
    from finops.report.document import render_document

    is_stdout = output is None or output == "-"
    tty = is_stdout and sys.stdout.isatty()
    width, color = terminal_width(tty=tty), use_color(tty=tty, stdout=is_stdout)
    write_bytes(render_document(document, chosen, width=width, color=color), output)
