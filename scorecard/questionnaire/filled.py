"""A filled questionnaire: what was answered, with which documents, by whom, kept as YAML beside the documents.

    subject: vendor:acme
    catalog: finops/1.0
    answered_by: Jo Doe
    on: 2026-11-02
    answers:
      latency_promised: {value: "yes", documents: [slo.pdf], note: "annex B"}
      latency_p95_ms: {value: 800}
    checks:                          # what we say of the vendor ourselves, check by check
      - {check: vendor_targets, says: "no", owner: ada, date: 2026-11-03}
    claims: {reliability_targets: 1} # levels the vendor gives itself

A document that lies there is fingerprinted when the file is read, so that it attests; one that does not is
only pointed at.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import yaml

from finops.errors import ConfigError, InputError
from finops.model.problem import Problem
from finops.yamltext import parse_yaml
from scorecard.answers import (
    Answer,
    Answers,
    Document,
    Says,
    Subject,
    answers_from,
    parse_subject,
    plain_answer,
)
from scorecard.attachments import attached, fingerprint, is_web
from scorecard.questionnaire.values import parse_value, value_text
from scorecard.questions import answers_to_questions, asked, fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from scorecard.catalog import Catalog
    from scorecard.questionnaire.items import Item
    from scorecard.questionnaire.values import Value

__all__ = ["Filled", "Given", "dump_filled", "laid_over", "read_filled", "spoken", "to_answers"]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Text that every YAML reader takes for text."""

_KEYS = {"subject", "catalog", "catalog_sha256", "answered_by", "on", "answers", "checks", "claims"}
_ANSWER_KEYS = {"value", "documents", "note", "applies"}


class Given(NamedTuple):
    """What is said about one item. A value that is None is blank; `applies` False needs the note's reason."""

    value: Value | None = None
    documents: tuple[str, ...] = ()
    note: str = ""
    applies: bool = True


class Filled(NamedTuple):
    """A questionnaire as it came back; `given` by item, in the order of the questions.

    `checks` are answers given by hand, which go before those of the questionnaire; `claims` levels by category.
    """

    subject: Subject
    catalog: str
    catalog_sha256: str
    given: Mapping[str, Given]
    answered_by: str | None = None
    on: date | None = None
    checks: tuple[Answer, ...] = ()
    claims: Mapping[str, int] = {}


def read_filled(path: Path, items: Iterable[Item]) -> Filled:
    """The questionnaire kept at `path`; InputError names everything wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
        raw = parse_yaml(text, str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} could not be read: {error}") from error
    except ConfigError as error:
        raise InputError(error.message) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("answers", {}), dict):
        raise InputError(f"{path} holds no answers")
    known = {item.id: item for item in items}
    problems = [
        Problem(path.name, None, str(key), None, "is no part of a questionnaire")
        for key in raw
        if key not in _KEYS
    ]
    given: dict[str, Given] = {}
    for name, said in (raw.get("answers") or {}).items():
        _take(path.name, known, name, said, given, problems)
    day = raw.get("on")
    if day is not None and not isinstance(day, date):
        problems.append(Problem(path.name, None, "on", str(day), "is not a date: 2026-10-31"))
    if problems:
        raise InputError(f"{path} holds answers that cannot be read", problems=problems)
    ours = {"answers": raw.get("checks") or [], "claims": raw.get("claims") or {}}
    by_hand = answers_from(ours, str(path))
    return Filled(
        parse_subject(str(raw.get("subject", "self"))),
        str(raw.get("catalog") or ""),
        str(raw.get("catalog_sha256") or ""),
        {item: given[item] for item in known if item in given},
        str(raw["answered_by"]) if raw.get("answered_by") else None,
        day,
        by_hand.answers,
        by_hand.claims,
    )


def _take(
    file: str,
    known: Mapping[str, Item],
    name: object,
    said: object,
    given: dict[str, Given],
    problems: list[Problem],
) -> None:
    item = known.get(str(name))
    raw = said if isinstance(said, dict) else {"value": said}
    if item is None:
        problems.append(Problem(file, None, str(name), None, "is not asked by the catalog"))
        return
    documents = raw.get("documents") or []
    documents = [documents] if isinstance(documents, str) else documents
    if set(raw) - _ANSWER_KEYS or not isinstance(documents, list):
        why = "has a value, documents (a list), a note, and applies: false where it does not"
        problems.append(Problem(file, None, item.id, None, why))
        return
    value = raw.get("value")
    try:
        parsed = None if value is None or value == "" else parse_value(item, _typed(value))
    except ValueError as error:
        problems.append(Problem(file, None, item.id, str(value), str(error)))
        return
    given[item.id] = Given(
        parsed,
        tuple(str(one) for one in documents),
        str(raw.get("note") or ""),
        raw.get("applies") is not False,
    )


def _typed(value: object) -> str:
    if isinstance(value, bool | Decimal | date):
        return value_text(value)
    return str(value)


def dump_filled(filled: Filled) -> str:
    """`filled` as YAML that `read_filled` reads back to the same."""
    raw: dict[str, object] = {"subject": str(filled.subject), "catalog": filled.catalog}
    if filled.catalog_sha256:
        raw["catalog_sha256"] = filled.catalog_sha256
    if filled.answered_by:
        raw["answered_by"] = filled.answered_by
    if filled.on is not None:
        raw["on"] = filled.on
    raw["answers"] = {name: _plain(given) for name, given in filled.given.items()}
    if filled.checks:
        raw["checks"] = [plain_answer(answer) for answer in filled.checks]
    if filled.claims:
        raw["claims"] = dict(filled.claims)
    return yaml.dump(raw, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _plain(given: Given) -> dict[str, object]:
    raw: dict[str, object] = {}
    if given.value is not None:
        is_plain = isinstance(given.value, Decimal | date)
        raw["value"] = given.value if is_plain else value_text(given.value)
    if not given.applies:
        raw["applies"] = False
    if given.documents:
        raw["documents"] = list(given.documents)
    if given.note:
        raw["note"] = given.note
    return raw


class _Dumper(yaml.SafeDumper):
    """Quotes every text, so that no reader takes one for a number, a date or a truth."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = bool(_PLAIN.fullmatch(text)) and text not in _WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _digits(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = f"{value:f}"
    kind = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


_WORDS = {"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL"} | {
    word
    for each in ("yes", "no", "on", "off", "y", "n")
    for word in (each, each.title(), each.upper())
}
_Dumper.add_representer(str, _text)
_Dumper.add_representer(Decimal, _digits)


def spoken(catalog: Catalog, filled: Filled, folder: Path | None) -> Answers:
    """`filled` as it was said, nothing concluded from it; `folder` is where its documents lie (None: nowhere)."""
    asked_by_field = {field.id for field in fields(catalog)}
    responses: dict[str, Value] = {}
    result = Answers(filled.subject, filled.claims, filled.checks)
    for name, given in filled.given.items():
        if name in asked_by_field:
            if given.value is not None and given.applies:
                responses[name] = given.value
        elif result.answer(name) is None:
            found = tuple(_document(folder, name, uri) for uri in given.documents)
            direct = tuple(_direct(filled, name, given, found))
            result = result._replace(answers=(*result.answers, *direct))
    return result._replace(responses=responses)


def laid_over(catalog: Catalog, filled: Filled, folder: Path, said: Answers) -> Filled:
    """`filled` with what `said` answers otherwise; `folder` is where its documents lie.

    Documents and notes of an answer that changes were about the old one, and go with it.
    """
    before = spoken(catalog, filled, folder)
    given = dict(filled.given)
    for name, value in said.responses.items():
        if before.responses.get(name) != value:
            given[name] = Given(value)
    by_hand = Answers(answers=filled.checks)
    for answer in said.answers:
        if before.answer(answer.check) != answer:
            by_hand = by_hand.having(answer)
    return filled._replace(given=given, checks=by_hand.answers, claims=dict(said.claims))


def to_answers(catalog: Catalog, filled: Filled, folder: Path | None) -> Answers:
    """`filled` as answers about checks; `folder` is where its documents lie (None: nowhere).

    What does not apply says so of its check where that is all that is asked of it.
    """
    start = spoken(catalog, filled, folder)
    for answer in _absent(catalog, filled, start.responses):
        if start.answer(answer.check) is None:
            start = start.having(answer)
    by_field = {field.id for field in fields(catalog)}
    documents = {
        name: [_document(folder, name, uri) for uri in given.documents]
        for name, given in filled.given.items()
        if name in by_field
    }
    return answers_to_questions(catalog, start, documents, owner=filled.answered_by, on=filled.on)


def _direct(
    filled: Filled, check: str, given: Given, documents: tuple[Document, ...]
) -> Iterable[Answer]:
    if not given.applies:
        says = Says.NOT_APPLICABLE
    elif isinstance(given.value, bool):
        says = Says.YES if given.value else Says.NO
    else:
        return
    yield Answer(check, says, filled.answered_by, filled.on, given.note, documents)


def _absent(catalog: Catalog, filled: Filled, responses: Mapping[str, Value]) -> Iterable[Answer]:
    """Checks all of whose fields that are asked do not apply."""
    every = fields(catalog)
    for check in dict.fromkeys(field.check for field in every if field.check):
        wanted = [field for field in every if field.check == check and asked(field, responses)]
        said = [filled.given.get(field.id, Given()) for field in wanted]
        if said and all(not given.applies for given in said):
            note = "; ".join(given.note for given in said if given.note)
            yield Answer(check, Says.NOT_APPLICABLE, filled.answered_by, filled.on, note)


def _document(folder: Path | None, name: str, uri: str) -> Document:
    """The document with its fingerprint where it lies in `folder`."""
    if folder is None or is_web(uri):
        return Document(uri)
    file = attached(folder, uri, where=name)
    return Document(uri, None if file is None else fingerprint(file))
