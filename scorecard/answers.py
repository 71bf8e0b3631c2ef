"""What people say: who is scored, their answers with documents, and the levels they claim.

Kept as YAML, because people edit it by hand. An answer with a fingerprinted document attests; one
without claims. A document's fingerprint is taken from the file beside the answers when it is read.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from finops.errors import ConfigError, InputError, UsageError
from finops.model.problem import Problem
from finops.yamltext import parse_yaml
from scorecard.attachments import attached, fingerprint, is_web
from scorecard.catalog import Number, SubjectKind
from scorecard.evidence import ATTESTED_DAYS, Evidence, EvidenceType, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "Answer",
    "Answers",
    "Document",
    "Says",
    "Subject",
    "Value",
    "answers_from",
    "dump_answers",
    "evidence_of",
    "parse_answers",
    "parse_subject",
    "plain_answer",
    "read_answers",
]


class Says(StrEnum):
    """What a person says about a check."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class Subject(NamedTuple):
    """Who is scored: ourselves, one of our teams, or a vendor, by name."""

    kind: SubjectKind = SubjectKind.SELF
    name: str = ""

    def __str__(self) -> str:
        """`self`, `team:search`, `vendor:acme`."""
        return str(self.kind) if self.kind is SubjectKind.SELF else f"{self.kind}:{self.name}"

    @property
    def slug(self) -> str:
        """A name for its files: letters, digits and dashes, with a few digits that keep two names apart."""
        if self.kind is SubjectKind.SELF:
            return str(self.kind)
        plain = re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-")[:60]
        mark = hashlib.sha256(self.name.encode()).hexdigest()[:6]
        return f"{self.kind}-{plain}" if plain == self.name else f"{self.kind}-{plain}-{mark}"


class Document(NamedTuple):
    """Something to look at. With `sha256` it attests; without, it is only pointed at."""

    uri: str
    sha256: str | None = None
    collected: date | None = None
    expires: date | None = None


class Answer(NamedTuple):
    """What `owner` says about one check on a day, with what shows it."""

    check: str
    says: Says
    owner: str | None = None
    on: date | None = None
    note: str = ""
    documents: tuple[Document, ...] = ()


Value = bool | Decimal | str | date
"""A questionnaire field's answer: yes or no, a number (12 percent is 12), words, a day."""


class Answers(NamedTuple):
    """Everything said about one subject.

    `claims` are levels a person typed by category id; `responses` are a questionnaire's fields by id
    (`scorecard.questions` makes answers of them).
    """

    subject: Subject = Subject()
    claims: Mapping[str, int] = {}
    answers: tuple[Answer, ...] = ()
    responses: Mapping[str, Value] = {}

    def answer(self, check: str) -> Answer | None:
        """The answer about `check`, if there is one."""
        return next((each for each in self.answers if each.check == check), None)

    def having(self, answer: Answer) -> Answers:
        """These answers with `answer` in the place of an earlier one about its check."""
        kept = [each for each in self.answers if each.check != answer.check]
        return self._replace(answers=(*kept, answer))

    def without(self, check: str) -> Answers:
        """These answers, less the one about `check`."""
        return self._replace(answers=tuple(e for e in self.answers if e.check != check))


def evidence_of(answers: Answers) -> tuple[Evidence, ...]:
    """The answers as evidence: one piece for each fingerprinted document, else one claim."""
    return tuple(piece for answer in answers.answers for piece in _pieces(answer))


_OUTCOMES = {
    Says.YES: Outcome.TRUE,
    Says.NO: Outcome.FALSE,
    Says.NOT_APPLICABLE: Outcome.NOT_APPLICABLE,
}


def _pieces(answer: Answer) -> list[Evidence]:
    attested = [
        Evidence(
            check=answer.check,
            type=EvidenceType.ATTESTED,
            outcome=_OUTCOMES[answer.says],
            reason=answer.note,
            collected=document.collected or answer.on,
            expires=document.expires or _expiry(document.collected or answer.on),
            source=document.uri,
            sha256=document.sha256,
            owner=answer.owner,
        )
        for document in answer.documents
        if document.sha256 is not None
    ]
    if attested:
        return attested
    pointed_at = answer.documents[0].uri if answer.documents else None
    return [
        Evidence(
            check=answer.check,
            type=EvidenceType.CLAIMED,
            outcome=_OUTCOMES[answer.says],
            reason=answer.note,
            collected=answer.on,
            expires=_expiry(answer.on),
            source=pointed_at,
            owner=answer.owner,
        )
    ]


def _expiry(collected: date | None) -> date | None:
    return None if collected is None else collected + timedelta(days=ATTESTED_DAYS)


def parse_subject(text: str) -> Subject:
    """`self`, `team:search` or `vendor:acme`; UsageError for anything else."""
    kind, _, name = text.partition(":")
    name = name.strip()
    if kind not in set(SubjectKind) or (kind == SubjectKind.SELF) == bool(name):
        raise UsageError(f"{text!r} is no subject", hint="write self, team:NAME or vendor:NAME")
    return Subject(SubjectKind(kind), name)


# --- the file ----------------------------------------------------------------------------------


def _said(value: object) -> object:
    """`true` and `false` for yes and no."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Document(_Part):
    uri: str = Field(min_length=1)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    collected: date | None = None
    expires: date | None = None


class _Answer(_Part):
    check: str
    says: Annotated[Says, BeforeValidator(_said)]
    owner: str | None = None
    on: date | None = Field(default=None, alias="date")
    note: str = ""
    documents: tuple[_Document, ...] = ()


class _File(_Part):
    subject: str = "self"
    claims: dict[str, Literal[0, 1, 2]] = {}
    answers: tuple[_Answer, ...] = ()
    responses: dict[str, bool | Number | date | str] = {}


def read_answers(path: str | Path) -> Answers:
    """The answers in the YAML file at `path`; InputError names every part that is wrong.

    A document that is a file in the answers' folder (or below) is fingerprinted; one whose content is
    not what its sha256 says is an error.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the answers {file} could not be read: {error}") from error
    return parse_answers(text, str(file), folder=file.resolve().parent)


def parse_answers(text: str, name: str, *, folder: Path | None = None) -> Answers:
    """The answers written in `text` (YAML); `folder` is where its documents lie, None for nowhere."""
    try:
        raw = parse_yaml(text, name)
    except ConfigError as error:
        raise InputError(error.message) from error
    return answers_from(raw or {}, name, folder=folder)


def answers_from(raw: object, name: str, *, folder: Path | None = None) -> Answers:
    """The answers that `raw` (a file's content, read) holds; InputError as `read_answers`."""
    try:
        found = _File.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(name, dict(each)) for each in error.errors(include_url=False)]
        raise InputError(f"{name} does not hold answers", problems=problems) from error
    twice = _twice(answer.check for answer in found.answers)
    if twice is not None:
        problem = Problem(name, None, "check", twice, "answered twice; keep one")
        raise InputError(f"{name} contradicts itself", problems=[problem])
    attach = _attacher(name, folder)
    return Answers(
        parse_subject(found.subject),
        dict(found.claims),
        tuple(_answer(each, attach) for each in found.answers),
        dict(found.responses),
    )


def _answer(raw: _Answer, attach: Callable[[_Document, str], Document]) -> Answer:
    documents = tuple(attach(document, raw.check) for document in raw.documents)
    return Answer(raw.check, raw.says, raw.owner, raw.on, raw.note, documents)


def _attacher(name: str, folder: Path | None) -> Callable[[_Document, str], Document]:
    def attach(raw: _Document, check: str) -> Document:
        where = f"{name}, {check}"
        here = folder is not None and not is_web(raw.uri)
        file = attached(folder, raw.uri, where=where) if here and folder is not None else None
        sha256 = raw.sha256 if file is None else fingerprint(file)
        if raw.sha256 is not None and sha256 != raw.sha256:
            raise InputError(
                f"{where}: {raw.uri} is not the document it was: its content has changed",
                hint="look at it, then take the sha256 out and read the answers again",
            )
        return Document(raw.uri, sha256, raw.collected, raw.expires)

    return attach


def _twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _problem(name: str, found: dict[str, Any]) -> Problem:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in found["loc"])
    value = found["input"]
    shown = None if isinstance(value, dict | list) else str(value)
    return Problem(name, None, place or None, shown, str(found["msg"]))


def dump_answers(answers: Answers) -> str:
    """`answers` as YAML that `parse_answers` reads back to the same."""
    raw: dict[str, object] = {"subject": str(answers.subject)}
    if answers.claims:
        raw["claims"] = dict(answers.claims)
    if answers.answers:
        raw["answers"] = [plain_answer(answer) for answer in answers.answers]
    if answers.responses:
        raw["responses"] = dict(answers.responses)
    return yaml.dump(raw, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Writes decimals by their digits, as `finops.yamltext` reads them."""


def _decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = f"{value:f}"
    kind = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


def _words(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    """Text, quoted where `finops.yamltext` would read a number, a day or nothing."""
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", value, style=None if _stays_words(value) else "'"
    )


def _stays_words(value: str) -> bool:
    try:
        return bool(parse_yaml(value, "") == value)
    except ConfigError:
        return False


_Dumper.add_representer(Decimal, _decimal)
_Dumper.add_representer(str, _words)


def plain_answer(answer: Answer) -> dict[str, object]:
    """`answer` as a file holds it."""
    raw: dict[str, object] = {"check": answer.check, "says": str(answer.says)}
    if answer.owner is not None:
        raw["owner"] = answer.owner
    if answer.on is not None:
        raw["date"] = answer.on
    if answer.note:
        raw["note"] = answer.note
    if answer.documents:
        raw["documents"] = [
            {key: value for key, value in document._asdict().items() if value is not None}
            for document in answer.documents
        ]
    return raw
