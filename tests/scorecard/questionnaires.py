"""A vendor called acme, and its questionnaire on its way out and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.answers import Subject
from scorecard.catalog import SubjectKind, load_catalog
from scorecard.questionnaire.filled import Filled, Given
from scorecard.questionnaire.items import items_of
from scorecard.questionnaire.returned import Returned, read_returned
from scorecard.questionnaire.sheet import write_questionnaire
from scorecard.workbook.reading import read_workbook

if TYPE_CHECKING:
    from pathlib import Path


ACME = Subject(SubjectKind.VENDOR, "acme")
CATALOG = load_catalog()
ITEMS = items_of(CATALOG, SubjectKind.VENDOR)
BY_ID = {item.id: item for item in ITEMS}
ROW = {item.id: row for row, item in enumerate(ITEMS, start=2)}


def filled(given: dict[str, Given], **more: Any) -> Filled:  # noqa: ANN401
    return Filled(ACME, f"{CATALOG.id}/{CATALOG.version}", CATALOG.sha256, given, **more)


def back(path: Path, **more: Any) -> Returned:  # noqa: ANN401
    return read_returned(read_workbook(path), CATALOG, ITEMS, ACME, **more)


def sent(path: Path, given: dict[str, Given], **more: Any) -> Path:  # noqa: ANN401
    path.write_bytes(write_questionnaire(CATALOG, ITEMS, "acme", filled(given, **more)))
    return path


def answer(field: str) -> str:
    return f"D{ROW[field]}"
