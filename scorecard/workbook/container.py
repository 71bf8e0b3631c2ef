"""Whether a workbook may be opened at all, decided before anything in it is read.

An xlsx file is a zip archive of XML. What makes one dangerous or endless is visible from outside: members
that unpack to more than they should, macros, links to other files, embedded programs, document types with
entities, cells a million rows down. Each is refused with the name of the member or the cell; nothing is
repaired and no address in it is ever visited.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

from finops.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LIMITS", "Limits", "check_workbook"]


class Limits(NamedTuple):
    """What a questionnaire or a quote may be at most; real ones are a tenth of it."""

    file_bytes: int = 10_000_000
    unpacked_bytes: int = 50_000_000
    ratio: int = 100
    """Unpacked to packed, of members over `small_bytes`."""
    small_bytes: int = 1_000_000
    members: int = 1_000
    rows: int = 10_000
    columns: int = 64
    filled_cells: int = 200_000
    depth: int = 64


LIMITS = Limits()

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = 0x1

_RUNS = re.compile(
    r"(^|/)(vbaProject|vbaData|macrosheets/|dialogsheets/|ctrlProps/|activeX/)", re.IGNORECASE
)
_OUTSIDE = re.compile(
    r"(^|/)(externalLinks/|connections\.xml|queryTables/|webextensions/)", re.IGNORECASE
)
_EMBEDDED = re.compile(r"(^|/)embeddings/", re.IGNORECASE)
_REFERENCE = re.compile(r"^([A-Z]{1,3})([1-9][0-9]{0,6})$")

_HYPERLINK = "/hyperlink"
_MACRO_TYPE = "macroenabled"


def check_workbook(path: Path, limits: Limits = LIMITS) -> None:
    """Return quietly when `path` is a workbook that may be opened; InputError says why it may not."""
    name = path.name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if start == _OLE:
        raise InputError(
            f"{name}: is protected by a password or in the old .xls format",
            hint="save it as .xlsx without a password",
        )
    if size > limits.file_bytes:
        raise InputError(
            f"{name}: {size:,} bytes is more than a questionnaire ({limits.file_bytes:,})"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(name, archive, size, limits)
            _check_members(name, archive, limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise InputError(f"{name}: is not a workbook that can be opened: {error}") from error


def _check_directory(name: str, archive: zipfile.ZipFile, size: int, limits: Limits) -> None:
    """What the zip directory alone tells: names, sizes, ratios, and parts that do not belong."""
    members = archive.infolist()
    if len(members) > limits.members:
        raise InputError(f"{name}: {len(members):,} members are more than a workbook has")
    names = [member.filename for member in members]
    if "mimetype" in names and "xl/workbook.xml" not in names:
        raise InputError(f"{name}: is not xlsx", hint="open it and save it as .xlsx")
    if len(set(names)) != len(names):
        raise InputError(f"{name}: has two members of one name")
    if sum(member.compress_size for member in members) > size:
        raise InputError(f"{name}: members overlap, as in a zip bomb")
    for member in members:
        _check_size(name, member, limits)
        _check_name(name, member)
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise InputError(
            f"{name}: unpacks to {unpacked:,} bytes, as a zip bomb does (at most {limits.unpacked_bytes:,})"
        )


def _check_size(name: str, member: zipfile.ZipInfo, limits: Limits) -> None:
    if member.flag_bits & _ENCRYPTED:
        raise InputError(
            f"{name}: {member.filename} is encrypted", hint="save it without a password"
        )
    large = member.file_size > limits.small_bytes
    if large and member.file_size > limits.ratio * max(member.compress_size, 1):
        times = member.file_size // max(member.compress_size, 1)
        raise InputError(
            f"{name}: {member.filename} unpacks to {times:,} times its size, as a zip bomb does"
        )


def _check_name(name: str, member: zipfile.ZipInfo) -> None:
    part = member.filename
    path = PurePosixPath(part)
    if path.is_absolute() or ".." in path.parts or "\\" in part or ":" in part or "\0" in part:
        raise InputError(f"{name}: member {part!r} points outside the file")
    if _RUNS.search(part):
        raise InputError(
            f"{name}: holds macros or controls ({part})", hint="save it as .xlsx without them"
        )
    if _OUTSIDE.search(part):
        raise InputError(
            f"{name}: links to data outside it ({part})",
            hint="in Excel: Data, Edit Links, Break Link; then save it again",
        )
    if _EMBEDDED.search(part):
        raise InputError(
            f"{name}: has a file embedded ({part})", hint="send it beside the workbook instead"
        )


def _check_members(name: str, archive: zipfile.ZipFile, limits: Limits) -> None:
    """What only the XML tells: document types, links, macro content types, far cells."""
    if "[Content_Types].xml" not in archive.namelist():
        raise InputError(f"{name}: is a zip archive, but no workbook")
    filled = 0
    for member in archive.infolist():
        if not member.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        seen = _Scan(name, member.filename, limits)
        with archive.open(member) as stream:
            seen.read(stream.read())
        filled += seen.filled
        if filled > limits.filled_cells:
            raise InputError(f"{name}: more than {limits.filled_cells:,} cells are filled")


class _Scan:
    """One pass over one XML member without building anything of it."""

    def __init__(self, file: str, member: str, limits: Limits) -> None:
        self.filled = self.merged = 0
        self._file, self._member, self._limits = file, member, limits
        self._depth = 0
        self._row = self._column = 0
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, data: bytes) -> None:
        """Look at all of `data`; InputError when it is no XML or something in it is refused."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise InputError(f"{self._file}: {self._member} is not sound XML: {error}") from error

    def _doctype(self, *_: object) -> None:
        raise InputError(
            f"{self._file}: {self._member} declares a document type, as an entity bomb does"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self._limits.depth:
            raise InputError(f"{self._file}: {self._member} is nested deeper than any workbook")
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = (
                int(attributes["r"]) if attributes.get("r", "").isdecimal() else self._row + 1
            )
            self._column = 0
        elif name == "c":
            self._cell(attributes.get("r", ""))
        elif name in {"v", "is", "f"}:
            self._content(name)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif name == "Relationship":
            self._relationship(attributes)
        elif _MACRO_TYPE in attributes.get("ContentType", "").lower():
            raise InputError(
                f"{self._file}: is a workbook with macros", hint="save it as .xlsx without them"
            )

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _cell(self, reference: str) -> None:
        """Where the next content belongs: the cell's own reference, else right of the one before."""
        found = _REFERENCE.match(reference)
        if found is None:
            self._column += 1
            return
        self._column, self._row = _column(found[1]), int(found[2])

    def _content(self, name: str) -> None:
        if not self._row:
            return
        if self._row > self._limits.rows or self._column > self._limits.columns:
            from openpyxl.utils import get_column_letter

            place = f"{get_column_letter(max(self._column, 1))}{self._row}"
            raise InputError(
                f"{self._file}: {self._member} has something in cell {place}; a questionnaire has at most "
                f"{self._limits.rows:,} rows and {self._limits.columns} columns"
            )
        self.filled += name != "f"

    def _merge(self, area: str) -> None:
        """Merged cells are kept one by one, so that an area over the whole sheet would take all memory."""
        first, _, last = area.partition(":")
        start, end = _REFERENCE.match(first), _REFERENCE.match(last or first)
        if start is None or end is None:
            raise InputError(f"{self._file}: {self._member} merges {area[:40]!r}, which is no area")
        height = int(end[2]) - int(start[2]) + 1
        self.merged += height * (_column(end[1]) - _column(start[1]) + 1)
        if height < 1 or self.merged > self._limits.filled_cells:
            raise InputError(
                f"{self._file}: {self._member} merges {area}, larger than a questionnaire"
            )

    def _relationship(self, attributes: dict[str, str]) -> None:
        """A target outside the file: links that people click are never followed, all others are refused."""
        if attributes.get("TargetMode") != "External":
            return
        if attributes.get("Type", "").endswith(_HYPERLINK):
            return
        target = attributes.get("Target", "")
        raise InputError(f"{self._file}: {self._member} loads {target[:80]!r} from outside it")


def _column(letters: str) -> int:
    """The number of column `AB`, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
