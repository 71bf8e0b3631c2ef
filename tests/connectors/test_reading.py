"""Files before a row is read: what they are, and what is refused with a sentence."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from connectors.formats.contract import Shape
from connectors.reading import MAX_LINE_BYTES, Found, SourceFile, find_files, open_source
from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def look(path: Path) -> SourceFile:
    return open_source(Found(path, from_folder=False))


@pytest.mark.parametrize(
    ("name", "text", "shape", "columns"),
    [
        ("a.csv", "A,b\n1,2\n", Shape.CSV, ("A", "b")),
        ("bom.csv", "\ufeffA,b\n1,2\n", Shape.CSV, ("A", "b")),
        ("semicolon.csv", "A;b\n1;2\n", Shape.CSV, ("A", "b")),
        ("sacct.txt", "JobID|State\n1|OK\n", Shape.CSV, ("JobID", "State")),
        ("quoted.csv", '"a, b","c\nd"\n1,2\n', Shape.CSV, ("a, b", "c\nd")),
        ("case.csv", "team,Team\n1,2\n", Shape.CSV, ("team", "Team (2)")),
        ("trailing.csv", "a,b,\n1,2,\n", Shape.CSV, ("a", "b", "(unnamed)")),
        ("one.jsonl", '{"a": 1, "b": {"c": 2}}\n{"d": "{"}', Shape.JSONL, ("a", "b", "d")),
        ("doc.json", '{\n "a": [1],\n "b": {"c": 2}\n}', Shape.JSON, ("a", "b")),
        ("list.json", '[{"a": 1}, {"b\\"": {"c": 3}}]', Shape.JSON, ("a", 'b\\"')),
        ("metrics.txt", "# HELP x\nx{a=1} 2\n", Shape.TEXT, ()),
    ],
)
def test_shape_and_columns_are_seen(
    name: str, text: str, shape: Shape, columns: tuple[str, ...], write: Callable[..., Path]
) -> None:
    head = look(write(name, text)).head
    assert (head.shape, head.columns) == (shape, columns)


def test_a_gzip_is_told_by_its_bytes_not_its_name(write: Callable[..., Path]) -> None:
    found = look(write("bill.csv", gzip.compress(b"A,b\n1,2\n")))
    assert (found.compression, found.head.columns) == ("gzip", ("A", "b"))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b" \n\n", "is empty"),
        ("junk.csv", bytes(range(256)) * 40, "is binary"),
        ("latin.csv", "a,b\nM\xfcller,1\n".encode("latin-1"), "neither UTF-8 text nor Parquet"),
        ("wide.csv", "a,b\n".encode("utf-16"), "UTF-16"),
        ("archive.zip", b"PK\x03\x04 and so on", "is a zip archive"),
        ("cut.csv.gz", gzip.compress(b"a,b\n" * 9000, mtime=0)[:30], "cut short"),
        ("bad.parquet", b"PAR1 but nothing else", "Parquet file is damaged"),
        ("twice.csv", b"A,B,A\n1,2,3\n", "names a column twice: A"),
        ("gap.csv", b"A,,B\n1,2,3\n", "without a name"),
        ("long.csv", b"a," * 40_000, "the first line is longer"),
    ],
)
def test_what_cannot_be_data_is_refused(
    name: str, content: bytes, why: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(InputError, match=why):
        look(write(name, content))


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        find_files([tmp_path / "nothing.csv"])
    with pytest.raises(InputError, match="holds no files"):
        find_files([tmp_path])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_we_may_not_read_is_refused(write: Callable[..., Path]) -> None:
    path = write("secret.csv", "a,b\n")
    path.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        look(path)


def test_a_file_named_twice_is_read_once(write: Callable[..., Path]) -> None:
    path = write("a.csv", "a,b\n")
    found = find_files([path, path.parent, path.parent / "*.csv"])
    assert [item.path for item in found] == [path]


def test_a_line_without_an_end_is_refused_without_being_read(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    path = write("endless.jsonl", b'{"timestamp": "2026-10-01T00:00:00Z", "request_id": "')
    with path.open("r+b") as file:
        file.truncate(4 * 2**30)
    error = refused("requests", path, hint="requests")
    assert "binary" in error.message
    with path.open("wb") as file:
        file.write(b'{"timestamp": "2026-10-01T00:00:00Z", "request_id": "a", "x": "')
        for _ in range(2 * MAX_LINE_BYTES // 2**20):
            file.write(b"x" * 2**20)
        file.write(b'"}\n')
    assert "endless.jsonl" in refused("requests", path, hint="requests").message
