"""From a filled questionnaire to answers: which fields are asked, and what they say about which check."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from scorecard.answers import Answer, Document, Says
from scorecard.catalog import FieldKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scorecard.answers import Answers, Value
    from scorecard.catalog import Catalog, Condition, QuestionField

__all__ = ["answers_to_questions", "asked", "fields", "holds"]


class _Spoken(NamedTuple):
    """What the fields of one check say together."""

    says: Says
    note: str


def fields(catalog: Catalog) -> tuple[QuestionField, ...]:
    """Every field of every question, in order."""
    return tuple(field for question in catalog.questions for field in question.fields)


def asked(field: QuestionField, responses: Mapping[str, Value]) -> bool:
    """Whether `field` is asked, given the answers before it: a follow-up only where its condition holds."""
    return field.when is None or holds(field.when, responses.get(field.when.field))


def holds(condition: Condition, value: Value | None) -> bool:
    """Whether `value` (None: not answered) is what `condition` asks for."""
    if condition.answered is not None and (value is not None) != condition.answered:
        return False
    if condition.one_of is not None and _word(value) not in condition.one_of:
        return False
    if condition.at_least is None and condition.at_most is None:
        return True
    if not isinstance(value, Decimal):
        return False
    is_enough = condition.at_least is None or value >= condition.at_least
    return is_enough and (condition.at_most is None or value <= condition.at_most)


def answers_to_questions(
    catalog: Catalog,
    answers: Answers,
    documents: Mapping[str, Sequence[Document]] | None = None,
    *,
    owner: str | None = None,
    on: date | None = None,
) -> Answers:
    """`answers` with one answer added for each check its responses speak to.

    A check is said to hold when all its fields that are asked are answered as they should be, and not to
    hold when one is answered otherwise; while one is blank nothing is said. `documents` are attachments
    by field id. An answer given by hand stays.
    """
    result = answers
    for check in dict.fromkeys(field.check for field in fields(catalog) if field.check):
        if answers.answer(check) is not None:
            continue
        spoken = _spoken(catalog, check, answers.responses)
        if spoken is None:
            continue
        attached = tuple(
            document
            for field in fields(catalog)
            if field.check == check
            for document in (documents or {}).get(field.id, ())
        )
        result = result.having(Answer(check, spoken.says, owner, on, spoken.note, attached))
    return result


def _spoken(catalog: Catalog, check: str, responses: Mapping[str, Value]) -> _Spoken | None:
    wanted = [field for field in fields(catalog) if field.check == check]
    wanted = [field for field in wanted if asked(field, responses)]
    wrong = [
        field
        for field in wanted
        if field.id in responses and not _passes(field, responses[field.id])
    ]
    if wrong:
        return _Spoken(Says.NO, "; ".join(_told(field, responses) for field in wrong))
    if not wanted or any(field.id not in responses for field in wanted):
        return None
    return _Spoken(Says.YES, "; ".join(_told(field, responses) for field in wanted))


def _passes(field: QuestionField, value: Value) -> bool:
    return field.passes is not None and holds(field.passes, value)


def _told(field: QuestionField, responses: Mapping[str, Value]) -> str:
    value = _word(responses[field.id])
    unit = " %" if field.kind is FieldKind.PERCENT else f" {field.unit}" if field.unit else ""
    return f"{field.ask}: {value}{unit}"


def _word(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)
