"""What lies at a path: which files, how they are packed, how they are laid out, what they call things.

Everything here looks at names, sizes and the first 64 KiB; no row is read. A file that cannot be a
delivery (missing, empty, binary, an archive, one endless line) is refused here, with a sentence, before
anything else runs.
"""

from __future__ import annotations

import csv
import glob
import gzip
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from connectors.formats.contract import Head, Shape
from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "HEAD_BYTES",
    "MAX_LINE_BYTES",
    "SourceFile",
    "Stat",
    "find_files",
    "open_source",
    "stat_of",
]

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at to tell what it is."""

MAX_LINE_BYTES = 16 * 1024 * 1024
"""The longest line, or JSON object of a JSON Lines file, that is read; a longer one is refused."""

_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xfd7zX": "an xz archive",
}
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_BOM = "\ufeff"


class Stat(NamedTuple):
    """What the file system says of a file; it differs when somebody writes to it."""

    size: int
    mtime_ns: int
    inode: int


class SourceFile(NamedTuple):
    """One file that could be read, and what its beginning shows."""

    path: Path
    stat: Stat
    head: Head
    compression: str
    """DuckDB's name: none, gzip or zstd."""
    delimiter: str
    from_folder: bool
    """Whether it was found in a folder rather than named."""


class Found(NamedTuple):
    """A path to look at, and whether somebody named it or a folder held it."""

    path: Path
    from_folder: bool


def find_files(paths: Sequence[Path]) -> tuple[Found, ...]:
    """Files at `paths` (files, folders, globs), each once, in a stable order; InputError for none."""
    found: dict[Path, Found] = {}
    for path in paths:
        for item in _at(path):
            found.setdefault(item.path.resolve(), item)
    return tuple(found.values())


def _at(path: Path) -> Iterator[Found]:
    if path.is_dir():
        inside = [
            Found(file, from_folder=True)
            for file in sorted(path.rglob("*"))
            if _is_data(file, path)
        ]
        if not inside:
            raise InputError(f"{path}: the folder holds no files")
        yield from inside
    elif path.exists():
        yield Found(path, from_folder=False)
    else:
        matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207  (absolute patterns too)
        files = [Path(match) for match in matches if Path(match).is_file()]
        if not files:
            raise InputError(f"{path}: no such file or folder")
        yield from (Found(file, from_folder=False) for file in files)


def _is_data(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith((".", "_delta_log")) for part in file.relative_to(folder).parts)
    return file.is_file() and not hidden


def stat_of(path: Path) -> Stat:
    """Size, modification time and inode now; InputError when the file is gone or closed to us."""
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return Stat(status.st_size, status.st_mtime_ns, status.st_ino)


def open_source(found: Found) -> SourceFile:
    """Look at the beginning of a file; InputError says why it cannot be data."""
    path = found.path
    if not path.is_file():
        raise InputError(f"{path}: not a file")
    stat = stat_of(path)
    if stat.size == 0:
        raise InputError(f"{path}: the file is empty")
    raw, compression = _first_bytes(path)
    if raw[:4] == b"PAR1":
        head = Head(path, Shape.PARQUET, _parquet_columns(path), "")
        return SourceFile(path, stat, head, compression, ",", found.from_folder)
    text = _decoded(path, raw)
    if not text.strip():
        raise InputError(f"{path}: the file is empty")
    shape, delimiter = _shape(path, text)
    columns = _columns(path, shape, text, delimiter)
    return SourceFile(
        path, stat, Head(path, shape, columns, text), compression, delimiter, found.from_folder
    )


def _first_bytes(path: Path) -> tuple[bytes, str]:
    try:
        with path.open("rb") as file:
            raw = file.read(HEAD_BYTES)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    for magic, kind in _ARCHIVES.items():
        if raw.startswith(magic):
            raise InputError(f"{path}: is {kind}", hint="unpack it and load what is inside")
    if raw.startswith(b"\x1f\x8b"):
        return _gzip_head(path), "gzip"
    if raw.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd_head(path), "zstd"
    return raw, "none"


def _gzip_head(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(HEAD_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the gzip stream is damaged or cut short") from error


def _zstd_head(path: Path) -> bytes:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression="zstd") as stream:
            return bytes(stream.read(HEAD_BYTES))
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: the zstd stream is damaged or cut short") from error


def _decoded(path: Path, raw: bytes) -> str:
    """The head as text without its byte-order mark; a character cut at the end is left off."""
    if raw.startswith(_WIDE):
        raise InputError(f"{path}: is UTF-16 text", hint="save it as UTF-8")
    if b"\x00" in raw:
        raise InputError(f"{path}: is binary, not a bill, log or table we can read")
    for cut in range(4):
        try:
            return raw[: len(raw) - cut].decode("utf-8").removeprefix(_BOM)
        except UnicodeDecodeError as error:
            if error.start < len(raw) - 4 or len(raw) < HEAD_BYTES:
                break
    raise InputError(f"{path}: is neither UTF-8 text nor Parquet", hint="save it as UTF-8")


def _shape(path: Path, text: str) -> tuple[Shape, str]:
    start = text.lstrip()
    if start.startswith("["):
        return Shape.JSON, ","
    if start.startswith("{"):
        return (Shape.JSONL if _is_lines(path, start) else Shape.JSON), ","
    if _named_lines(path):
        return Shape.JSONL, ","
    first = start.partition("\n")[0].rstrip("\r")
    delimiter = _delimiter(first)
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if first.count(delimiter) and not first.startswith("#"):
        return Shape.CSV, delimiter
    if suffixes & {".csv", ".tsv"} and not first.startswith("#"):
        return Shape.CSV, delimiter
    return Shape.TEXT, delimiter


def _is_lines(path: Path, start: str) -> bool:
    """Whether the first line is a whole JSON object (JSON Lines), not the first line of a document."""
    line, newline, rest = start.partition("\n")
    if not newline and len(start.encode()) >= HEAD_BYTES // 2:
        return _named_lines(path)
    if line.rstrip().endswith("}") and _depth(line) == 0:
        return True
    return _named_lines(path) and rest.startswith("{")


def _named_lines(path: Path) -> bool:
    """Whether the file's name says that it is JSON Lines: its first line may be damaged."""
    return bool({".jsonl", ".ndjson"} & {suffix.lower() for suffix in path.suffixes})


def _depth(line: str) -> int:
    """Brackets of `line` that are not closed in it."""
    return sum((mark[0] in "{[") - (mark[0] in "}]") for mark in _MARK.finditer(line))


def _delimiter(line: str) -> str:
    return max(",;\t|", key=lambda mark: (line.count(mark), mark == ","))


def _columns(path: Path, shape: Shape, text: str, delimiter: str) -> tuple[str, ...]:
    if shape is Shape.CSV:
        return _header(path, text, delimiter)
    if shape is Shape.JSONL:
        return tuple(_line_keys(text))
    if shape is Shape.JSON:
        return tuple(_top_keys(text))
    return ()


def _header(path: Path, text: str, delimiter: str) -> tuple[str, ...]:
    """The header's names; a name that stands there twice is refused, spelling apart it gets a number."""
    if "\n" not in text and len(text.encode()) >= HEAD_BYTES - 4:
        raise InputError(f"{path}: the first line is longer than {HEAD_BYTES} bytes: no header")
    names = next(
        csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
    )
    names = [name.strip() for name in names]
    if len(names) > 1 and not names[-1]:
        names[-1] = "(unnamed)"
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: the header names a column twice: {', '.join(twice)}")
    if not all(names):
        raise InputError(f"{path}: the header has a column without a name")
    return _unfolded(names)


def _unfolded(names: Sequence[str]) -> tuple[str, ...]:
    """Names that differ only in case made distinct: `team`, then `Team (2)`; SQL folds case."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        times = seen[name.lower()] = seen.get(name.lower(), 0) + 1
        distinct.append(name if times == 1 else f"{name} ({times})")
    return tuple(distinct)


_MARK = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]', re.DOTALL)
"""What a JSON text is made of, for finding its keys: strings, braces and brackets."""


def _line_keys(text: str) -> dict[str, None]:
    """Keys of the objects in the lines of `text`; one that is damaged, or cut off, gives those it has."""
    keys: dict[str, None] = {}
    for line in text.split("\n"):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = _top_keys(line)
        if isinstance(found, dict):
            keys.update(dict.fromkeys(found))
    return keys


def _top_keys(text: str) -> dict[str, None]:
    """Keys of the outermost objects, in order, as far as the text goes; it may end anywhere."""
    keys: dict[str, None] = {}
    inside = 2 if text.lstrip().startswith("[") else 1
    depth = 0
    for mark in _MARK.finditer(text):
        found = mark[0]
        if found[0] != '"':
            depth += 1 if found in "{[" else -1
        elif depth == inside and text[mark.end() : mark.end() + 32].lstrip().startswith(":"):
            keys[found[1:-1]] = None
    return keys


def _parquet_columns(path: Path) -> tuple[str, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(path).names)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: the Parquet file is damaged or cut short") from error
