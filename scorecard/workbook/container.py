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
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from xml.parsers import expat

from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LIMITS", "Area", "Limits", "Marks", "check_workbook"]


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
    elements: int = 1_000_000
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
_MARKUP = frozenset({"xml", "rels", "vml", "psmdcp"})
_PICTURES = frozenset(
    {"png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "bin"}
)
"""Never read; printer settings are `bin`, and macros too, which are refused by their names."""

_REFERENCE = re.compile(r"^([A-Z]{1,3})([1-9][0-9]{0,6})$")

_HYPERLINK = "hyperlink"
_TRUE = frozenset({"1", "true", "on"})
_MACRO_TYPE = "macroenabled"


class Area(NamedTuple):
    """A rectangle of cells, both corners in it, from 1."""

    top: int
    left: int
    bottom: int
    right: int


class Marks(NamedTuple):
    """What of a sheet is merged and hidden. `hidden_columns` are ranges, first and last."""

    merged: tuple[Area, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[tuple[int, int], ...] = ()


def check_workbook(path: Path, limits: Limits = LIMITS) -> dict[str, Marks]:
    """The marks of every sheet when `path` is a workbook that may be opened; InputError says why it may not."""
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
            return _sheets(name, _scan_members(name, archive, limits))
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


def _scan_members(name: str, archive: zipfile.ZipFile, limits: Limits) -> dict[str, _Scan]:
    """What only the XML tells: document types, links, macro content types, far cells, by member."""
    if "[Content_Types].xml" not in archive.namelist():
        raise InputError(f"{name}: is a zip archive, but no workbook")
    scans: dict[str, _Scan] = {}
    for member in archive.infolist():
        kind = member.filename.rpartition(".")[2].lower()
        if kind in _PICTURES or member.is_dir():
            continue
        if kind not in _MARKUP:
            raise InputError(f"{name}: {member.filename} is nothing a workbook holds")
        scan = _Scan(name, member.filename, limits)
        with archive.open(member) as stream:
            scan.read(stream.read())
        scans[member.filename] = scan
        if sum(one.filled for one in scans.values()) > limits.filled_cells:
            raise InputError(f"{name}: more than {limits.filled_cells:,} cells are filled")
        if sum(one.elements for one in scans.values()) > limits.elements:
            raise InputError(f"{name}: has more than {limits.elements:,} elements of XML")
    return scans


def _sheets(name: str, scans: dict[str, _Scan]) -> dict[str, Marks]:
    """The marks of each sheet by its name, found the way programs find sheets: by relations."""
    top = scans.get("_rels/.rels")
    main = next(
        (to for kind, to in (top.targets.values() if top else ()) if kind == "officeDocument"), ""
    )
    book = main.removeprefix("/")
    folder, _, file = book.rpartition("/")
    relations = scans.get(f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels")
    if book not in scans or relations is None:
        raise InputError(f"{name}: is a zip archive, but no workbook")
    found = {}
    for title, relation in scans[book].sheets:
        kind, target = relations.targets.get(relation, ("", ""))
        path = (
            target.removeprefix("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
        )
        if kind != "worksheet":
            continue
        if path not in scans:
            raise InputError(f"{name}: the sheet {title!r} is not where the workbook says ({path})")
        found[title] = scans[path].marks()
    return found


class _Scan:
    """One pass over one XML member without building anything of it."""

    def __init__(self, file: str, member: str, limits: Limits) -> None:
        self.filled = self.elements = 0
        self.sheets: list[tuple[str, str]] = []
        self.targets: dict[str, tuple[str, str]] = {}
        self._merged: list[Area] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: list[tuple[int, int]] = []
        self._merged_cells = 0
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

    def marks(self) -> Marks:
        """What was seen merged and hidden."""
        return Marks(tuple(self._merged), frozenset(self._hidden_rows), tuple(self._hidden_columns))

    def _doctype(self, *_: object) -> None:
        raise InputError(
            f"{self._file}: {self._member} declares a document type, as an entity bomb does"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self.elements += 1
        if self._depth > self._limits.depth:
            raise InputError(f"{self._file}: {self._member} is nested deeper than any workbook")
        name = tag.rpartition(":")[2]
        act = self._ACTS.get(name)
        if act is not None:
            act(self, attributes)
        elif _MACRO_TYPE in attributes.get("ContentType", "").lower():
            raise InputError(
                f"{self._file}: is a workbook with macros", hint="save it as .xlsx without them"
            )

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _new_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r", "")
        self._row = int(given) if given.isdecimal() else self._row + 1
        self._column = 0
        if attributes.get("hidden") in _TRUE:
            self._hidden_rows.add(self._row)

    def _new_columns(self, attributes: dict[str, str]) -> None:
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if attributes.get("hidden") in _TRUE and first.isdecimal() and last.isdecimal():
            self._hidden_columns.append((int(first), int(last)))

    def _cell(self, attributes: dict[str, str]) -> None:
        """Where the next content belongs: the cell's own reference, else right of the one before."""
        found = _REFERENCE.match(attributes.get("r", ""))
        if found is None:
            self._column += 1
            return
        self._column, self._row = _column(found[1]), int(found[2])

    def _value(self, _: dict[str, str]) -> None:
        if self._row:
            self._within()
            self.filled += 1

    def _within(self) -> None:
        if self._row > self._limits.rows or self._column > self._limits.columns:
            from openpyxl.utils import get_column_letter

            place = f"{get_column_letter(max(self._column, 1))}{self._row}"
            raise InputError(
                f"{self._file}: {self._member} has something in cell {place}; a questionnaire has at most "
                f"{self._limits.rows:,} rows and {self._limits.columns} columns"
            )

    def _formula(self, _: dict[str, str]) -> None:
        if self._row:
            self._within()

    def _merge(self, attributes: dict[str, str]) -> None:
        """Merged cells are kept one by one, so that an area over the whole sheet would take all memory."""
        area = attributes.get("ref", "")
        first, _, last = area.partition(":")
        start, end = _REFERENCE.match(first), _REFERENCE.match(last or first)
        if start is None or end is None:
            raise InputError(f"{self._file}: {self._member} merges {area[:40]!r}, which is no area")
        found = Area(int(start[2]), _column(start[1]), int(end[2]), _column(end[1]))
        height, width = found.bottom - found.top + 1, found.right - found.left + 1
        self._merged_cells += height * width
        if min(height, width) < 1 or self._merged_cells > self._limits.filled_cells:
            raise InputError(
                f"{self._file}: {self._member} merges {area}, larger than a questionnaire"
            )
        self._merged.append(found)

    def _sheet(self, attributes: dict[str, str]) -> None:
        """A sheet of the workbook: its name, and the relation that says where it is."""
        relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
        self.sheets.append((attributes.get("name", ""), relation))

    def _relationship(self, attributes: dict[str, str]) -> None:
        """A target outside the file: links that people click are never followed, all others are refused."""
        kind, target = attributes.get("Type", "").rpartition("/")[2], attributes.get("Target", "")
        if attributes.get("TargetMode") != "External":
            self.targets[attributes.get("Id", "")] = (kind, target)
        elif kind != _HYPERLINK:
            raise InputError(f"{self._file}: {self._member} loads {target[:80]!r} from outside it")

    _ACTS: ClassVar[dict[str, Callable[[_Scan, dict[str, str]], None]]] = {
        "row": _new_row,
        "col": _new_columns,
        "c": _cell,
        "v": _value,
        "is": _value,
        "f": _formula,
        "mergeCell": _merge,
        "sheet": _sheet,
        "Relationship": _relationship,
    }
    """What is looked at, by the name of its element."""


def _column(letters: str) -> int:
    """The number of column `AB`, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
