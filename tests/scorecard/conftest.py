"""The catalog, what a vendor is asked, and LibreOffice as a filter that people's files go through."""

from __future__ import annotations

import subprocess
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


@pytest.fixture(scope="session")
def saved_by_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Call it with a workbook: the same one, opened and saved by LibreOffice."""
    profile = tmp_path_factory.mktemp("libreoffice")

    def save(path: Path) -> Path:
        folder = path.parent / "saved"
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation={profile.as_uri()}",
                "--headless",
                "--convert-to",
                "xlsx:Calc MS Excel 2007 XML",
                "--outdir",
                str(folder),
                str(path),
            ],
            check=True,
            capture_output=True,
            timeout=240,
        )
        return folder / path.name

    return save


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
