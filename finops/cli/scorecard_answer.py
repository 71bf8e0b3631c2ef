"""`finops scorecard answer`: people's side of the score, asked one check at a time or read from a file.

Questions go to stderr and answers come from stdin, so a keyboard is all it needs. Every answer is stored
as it is given: whoever stops goes on later where they stopped.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import LedgerOption, open_session
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads the annotation)
from finops.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.api.scorecard_place import Place
    from scorecard.answers import Answer, Answers, Document, Subject, Value
    from scorecard.catalog import Check, QuestionField

__all__ = ["answer"]

T = TypeVar("T")

ChecksArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CHECK]…",
        help="Checks to answer. (default: all that are open)",
        show_default=False,
    ),
]
FromOption = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Take answers from a YAML file, or a questionnaire (xlsx), instead of asking.",
    ),
]
ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE.xlsx",
        help="Write the questionnaire as a workbook to fill in, and stop.",
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Ask again what is answered already.")]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="NAME", help="Who stands for the answers.")
]

STOP, SKIP = "q", "s"
_SAYS = {"y": "yes", "n": "no", "a": "not_applicable"}


class _Stopped(Exception):
    """The person wants to go on later."""


class Asked(NamedTuple):
    """What came of asking: answers given, and open ones left."""

    given: int
    left: int


def answer(  # noqa: PLR0913  (one parameter for each option)
    checks: ChecksArgument = None,
    *,
    source: FromOption = None,
    target: ToOption = None,
    everything: AllOption = False,
    owner: OwnerOption = None,
    subject: its.SubjectOption = "self",
    catalog: its.CatalogOption = None,
    store: its.StoreOption = None,
    vendors: VendorsOption = Path("vendors"),
    ledger: LedgerOption = None,
) -> None:
    """Answer what the ledger cannot tell, with the documents that show it.

    A document is fingerprinted and attests; an answer without one is a claim, and claims earn no verified
    points. What does not apply needs a reason and an owner. A vendor is asked the questionnaire.
    """
    from finops.cli.diagnostics import say
    from scorecard.catalog import SubjectKind

    where = open_session(ledger, required=False).scorecard.place(
        subject=subject, catalog=catalog, store=store, vendors=vendors
    )
    its.tell(where)
    if target is not None:
        _write_questionnaire(where, target)
        say(f"wrote {target}: fill it in, then --from {target}")
        return
    if source is not None:
        given = _taken(where, source)
        say(f"{given} answers are stored in {where.answers_file}")
        return
    stands = owner or where.config.scorecard.owner
    if where.subject.kind is SubjectKind.VENDOR and not checks:
        asked = _ask_fields(where, everything=everything)
    else:
        asked = _ask_checks(where, tuple(checks or ()), stands, everything=everything)
    say(f"{asked.given} answered, {asked.left} still open; stored in {where.answers_file}")


def _taken(where: Place, source: Path) -> int:
    """Lay the answers of a file over the stored ones; how many there were."""
    from scorecard.run import known

    found = known(where.catalog, _read(where, source), str(source))
    if found.subject != where.subject:
        raise UsageError(
            f"{source} is about {found.subject}, not {where.subject}",
            hint=f"--subject {found.subject}",
        )
    merged = where.stored()
    for each in found.answers:
        merged = merged.having(each)
    merged = merged._replace(
        claims={**merged.claims, **found.claims},
        responses={**merged.responses, **found.responses},
    )
    where.keep(merged)
    return len(found.answers) + len(found.responses) + len(found.claims)


def _read(where: Place, source: Path) -> Answers:
    """The answers in a file: a workbook when its name ends so, else YAML. Odd cells are told on stderr."""
    from finops.cli.diagnostics import warn
    from scorecard.answers import read_answers
    from scorecard.questionnaire.returned import answers_in

    if source.suffix.lower() != ".xlsx":
        found = read_answers(source)
        return found._replace(subject=where.subject) if _is_same(where, found.subject) else found
    if where.vendor is not None:
        raise UsageError(
            f"{where.subject} has a folder: {where.vendor.folder}",
            hint=f"finops vendor import {where.vendor.name} {source}",
        )
    found, remarks = answers_in(source, where.catalog, where.subject)
    for remark in remarks:
        warn(str(remark))
    return found


def _is_same(where: Place, subject: Subject) -> bool:
    """Whether answers about `subject` are about the vendor whose folder is used, by whatever spelling."""
    from scorecard.vendors import slug

    return (
        where.vendor is not None
        and subject.kind is where.subject.kind
        and slug(subject.name) == where.subject.name
    )


def _write_questionnaire(where: Place, target: Path) -> None:
    from finops.cli.output import write_bytes
    from scorecard.questionnaire.items import items_of
    from scorecard.questionnaire.sheet import write_questionnaire

    items = items_of(where.catalog, where.subject.kind)
    write_bytes(write_questionnaire(where.catalog, items, str(where.subject)), target)


# --- checks --------------------------------------------------------------------------------------


def _ask_checks(
    where: Place, names: tuple[str, ...], owner: str | None, *, everything: bool
) -> Asked:
    from scorecard.catalog import CheckKind

    asked = where.catalog.checks(where.subject.kind)
    known = [check.id for check in asked]
    for name in names:
        if name not in known:
            raise UsageError(
                f"{where.subject} is not asked {name!r}", hint="finops scorecard catalog"
            )
    answers = where.stored()
    settled = {answer.check for answer in answers.answers} | _measured(where)
    wanted = [
        check
        for check in asked
        if (check.id in names if names else check.kind is not CheckKind.AUTOMATIC)
        and (everything or names or check.id not in settled)
    ]
    given = 0
    try:
        for number, check in enumerate(wanted, start=1):
            found = _ask_check(check, f"{number}/{len(wanted)}", owner)
            if found is not None:
                owner, given = found.owner or owner, given + 1
                answers = answers.having(found)
                where.keep(answers)
    except _Stopped:
        pass
    return Asked(given, len(wanted) - given)


def _measured(where: Place) -> set[str]:
    """Checks the last score written down has measured: nobody need answer them."""
    from scorecard.history import read_history

    records = read_history(where.history_file)[-1:]
    return {
        check.check
        for record in records
        for category in record.score.categories
        for check in category.checks
        if check.mark == "measured"
    }


def _ask_check(check: Check, place: str, owner: str | None) -> Answer | None:
    """What a person says about `check`; None when they skip it."""
    from finops.cli.diagnostics import say
    from scorecard.answers import Answer, Says

    say(f"\n[{place}] {check.id} (level {check.level})\n  {check.statement}")
    if check.guidance:
        say(f"  Look for: {check.guidance}")
    if check.probe is not None:
        say("  The ledger may answer this too; what is measured goes before what is said.")
    said = _prompt("  yes, no, not applicable, skip, quit (y/n/a/s/q)", "s", _one_of("ynasq"))
    if said == STOP:
        raise _Stopped
    if said == SKIP:
        return None
    says = Says(_SAYS[said])
    needs = says is Says.NOT_APPLICABLE
    stands = _prompt("  who stands for it", owner or "", _given if needs else str.strip)
    note = _prompt("  why" if needs else "  note", "", _given if needs else str.strip)
    documents = () if needs else _ask_documents()
    return Answer(check.id, says, stands or None, _today(), note, documents)


def _ask_documents() -> tuple[Document, ...]:
    from scorecard.answers import Document
    from scorecard.attachments import fingerprint, is_web

    found: list[Document] = []
    while True:
        name = _prompt("  document, a file or an address (empty: no more)", "", _readable)
        if not name:
            return tuple(found)
        if is_web(name):
            found.append(Document(name))
        else:
            found.append(Document(name, fingerprint(Path(name).expanduser()), _today()))


def _readable(text: str) -> str:
    from scorecard.attachments import is_web

    name = text.strip()
    if name and not is_web(name) and not Path(name).expanduser().is_file():
        raise InputError(f"there is no file {name!r}")
    return name


# --- a questionnaire -----------------------------------------------------------------------------


def _ask_fields(where: Place, *, everything: bool) -> Asked:
    from finops.cli.diagnostics import say
    from scorecard.questions import asked

    answers = where.stored()
    given = 0
    try:
        for question in where.catalog.questions:
            wanted = [f for f in question.fields if everything or f.id not in answers.responses]
            if wanted:
                say(f"\n{question.number}. {question.title}: {question.ask}")
            for field in wanted:
                if not asked(field, answers.responses):
                    continue
                value = _ask_field(field)
                if value is not None:
                    given += 1
                    answers = _with_response(answers, field.id, value)
                    where.keep(answers)
    except _Stopped:
        pass
    return Asked(given, _open_fields(where, answers))


def _with_response(answers: Answers, field: str, value: Value) -> Answers:
    return answers._replace(responses={**answers.responses, field: value})


def _open_fields(where: Place, answers: Answers) -> int:
    from scorecard.questions import asked, fields

    return sum(
        asked(field, answers.responses) and field.id not in answers.responses
        for field in fields(where.catalog)
    )


def _ask_field(field: QuestionField) -> Value | None:
    """The answer to one field; None when it is skipped."""
    from scorecard.questionnaire.values import parse_value

    words = {
        "yes_no": "y/n",
        "choice": " | ".join(field.choices),
        "date": "YYYY-MM-DD",
        "percent": "%",
    }.get(field.kind, field.unit)

    def read(text: str) -> Value | None:
        if text.strip() in {"", SKIP}:
            return None
        if text.strip() == STOP:
            raise _Stopped
        try:
            return parse_value(field, text)
        except ValueError as error:
            raise InputError(f"{text.strip()!r} {error}") from error

    shown = f"  {field.ask}" + (f" ({words})" if words else "")
    return _prompt(shown, "", read)


# --- the keyboard --------------------------------------------------------------------------------


def _prompt(words: str, default: str, read: Callable[[str], T]) -> T:
    """Ask until `read` takes what is typed; the end of the input stops the asking."""
    from finops.cli.diagnostics import ask, say

    while True:
        typed = ask(f"{words} [{default}]: " if default else f"{words}: ")
        if typed is None:
            raise _Stopped
        try:
            return read(typed.strip() or default)
        except InputError as error:
            say(f"  {error.message}")


def _one_of(letters: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        letter = text.strip().casefold()[:1]
        if letter not in letters or not letter:
            raise InputError(f"type one of {', '.join(letters)}")
        return letter

    return read


def _given(text: str) -> str:
    if not text.strip():
        raise InputError("this cannot be left out")
    return text.strip()


def _today() -> date:
    return datetime.now(tz=UTC).date()
