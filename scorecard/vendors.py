"""Where what vendors said is kept: one folder each, with files people can read, mail and put under version control.

vendors/acme/questionnaire.xlsx   to send
vendors/acme/answers.yaml         what came back, and the documents it names beside it
vendors/acme/quote.yaml           their offer (or .toml, .csv, .xlsx)
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import UsageError
from scorecard.answers import Subject
from scorecard.catalog import SubjectKind

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FOLDER",
    "QUOTE_SUFFIXES",
    "Vendor",
    "all_vendors",
    "find_vendor",
    "slug",
    "subject_of",
    "vendor_at",
]

FOLDER = "vendors"
"""The folder of all vendors, where none is named."""

QUOTE_SUFFIXES = (".yaml", ".yml", ".toml", ".csv", ".xlsx")

_ANSWERS = "answers.yaml"


class Vendor(NamedTuple):
    """A vendor's folder, which need not exist yet."""

    name: str
    folder: Path

    @property
    def answers(self) -> Path:
        """What the vendor said."""
        return self.folder / _ANSWERS

    @property
    def questionnaire(self) -> Path:
        """What is sent to the vendor."""
        return self.folder / "questionnaire.xlsx"

    @property
    def quote(self) -> Path | None:
        """The vendor's offer; None when there is no file of it."""
        found = (self.folder / f"quote{suffix}" for suffix in QUOTE_SUFFIXES)
        return next((path for path in found if path.is_file()), None)


def slug(name: str) -> str:
    """`name` as a folder: lower-case letters, digits and dashes; UsageError when none is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    text = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    if not text:
        raise UsageError(f"{name!r} has no letter or digit to name a folder by")
    return text


def vendor_at(root: Path, name: str) -> Vendor:
    """The vendor `name` under `root`, there or not."""
    return Vendor(name, root / slug(name))


def subject_of(vendor: Vendor) -> Subject:
    """Whom the scorecard scores: the vendor by the name of its folder."""
    return Subject(SubjectKind.VENDOR, vendor.folder.name)


def find_vendor(root: Path, name: str) -> Vendor:
    """The vendor `name` under `root`; UsageError names those there are when it is not."""
    vendor = vendor_at(root, name)
    if vendor.folder.is_dir():
        return vendor
    known = ", ".join(one.name for one in all_vendors(root))
    raise UsageError(
        f"there is no vendor {name!r} in {root}",
        hint=f"one of: {known}" if known else f"finops vendor new {name!r}",
    )


def all_vendors(root: Path) -> tuple[Vendor, ...]:
    """Every folder under `root` with an offer or answers in it, by name."""
    if not root.is_dir():
        return ()
    found = (Vendor(path.name, path) for path in sorted(root.iterdir()) if path.is_dir())
    return tuple(one for one in found if one.answers.is_file() or one.quote is not None)
