"""The catalog, what a vendor is asked, and LibreOffice as a filter that people's files go through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from scorecard.catalog import SubjectKind, load_catalog
from scorecard.questionnaire.items import items_of
from tests.scorecard.questionnaires import sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scorecard.catalog import Catalog
    from scorecard.questionnaire.items import Item


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def items(catalog: Catalog) -> tuple[Item, ...]:
    return items_of(catalog, SubjectKind.VENDOR)


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """`edited({"E7": "yes"})`: a blank questionnaire with cells of its questions typed over."""

    def make(cells: dict[str, object], change: Callable[[Any], None] | None = None) -> Path:
        path = sent(tmp_path / "acme.xlsx", {})
        book = openpyxl.load_workbook(path)
        for reference, value in cells.items():
            book["Questions"][reference] = value
        if change:
            change(book)
        book.save(path)
        return path

    return make
