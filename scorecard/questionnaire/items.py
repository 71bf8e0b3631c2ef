"""What one subject is asked, in order: the catalog's questions and the checks only a person can answer.

A vendor is asked the eight questions, each field an item, and the checks no field speaks to (sovereignty);
we and our teams are asked every check that a document can answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scorecard.catalog import CheckKind, FieldKind, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scorecard.catalog import Catalog, Check, FollowUp

__all__ = ["Item", "condition_text", "items_of"]


class Item(NamedTuple):
    """One cell to answer; `section` and `about` say what it belongs to. `id` is a field's or a check's."""

    id: str
    section: str
    about: str
    ask: str
    kind: FieldKind
    unit: str = ""
    choices: tuple[str, ...] = ()
    guidance: str = ""
    when: FollowUp | None = None
    document: bool = False


def items_of(catalog: Catalog, subject: SubjectKind) -> tuple[Item, ...]:
    """Everything `subject` is asked."""
    if subject is SubjectKind.VENDOR:
        spoken = {field.check for question in catalog.questions for field in question.fields}
        left = (check for check in catalog.checks(subject) if check.id not in spoken)
        return (*_questions(catalog), *(_check(catalog, check) for check in left))
    asked = (c for c in catalog.checks(subject) if c.kind is not CheckKind.AUTOMATIC)
    return tuple(_check(catalog, check) for check in asked)


def _questions(catalog: Catalog) -> Iterator[Item]:
    for question in catalog.questions:
        for field in question.fields:
            yield Item(
                field.id,
                f"{question.number} {question.title}",
                question.ask,
                field.ask,
                field.kind,
                "%" if field.kind is FieldKind.PERCENT else field.unit,
                field.choices,
                field.guidance,
                field.when,
                field.document,
            )


def _check(catalog: Catalog, check: Check) -> Item:
    category = catalog.category_of(check.id)
    groups = [one for one in catalog.requirements if check.id in one.checks]
    if category is not None:
        section, about = category.title, category.question
    elif groups:
        section, about = groups[0].group.replace("_", " ").capitalize(), groups[0].statement
    else:
        section, about = "Further", ""
    return Item(
        check.id,
        section,
        about,
        check.statement,
        FieldKind.YES_NO,
        guidance=check.guidance,
        document=check.level > 1,
    )


def condition_text(item: Item, items: tuple[Item, ...]) -> str:
    """When `item` is asked, in words; empty for always."""
    when = item.when
    if when is None:
        return ""
    asked = next((one.ask for one in items if one.id == when.field), when.field)
    told = []
    if when.one_of is not None:
        told.append(" or ".join(when.one_of))
    if when.at_least is not None:
        told.append(f"{when.at_least:f} or more")
    if when.at_most is not None:
        told.append(f"{when.at_most:f} or less")
    if when.answered is not None:
        told.append("answered" if when.answered else "blank")
    return f"{asked.rstrip('?')}: {' and '.join(told)}"
