"""The fingerprint of files: SHA-256, and whether somebody wrote to them while we read.

A file up to one piece long has its plain SHA-256, as `sha256sum` prints it. A longer one is hashed in
pieces on all cores, and its fingerprint is the SHA-256 of the pieces' digests: the loader must not wait
for one core to hash what all of them will read.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from connectors.reading import stat_of
from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.reading import SourceFile

__all__ = ["PIECE_BYTES", "Fingerprint", "check_unchanged", "fingerprints", "of_delivery"]

PIECE_BYTES = 64 * 1024 * 1024
"""Length of the pieces a long file is hashed in."""

_BLOCK = 1024 * 1024


class Fingerprint(NamedTuple):
    """One file's length in bytes and its SHA-256, hexadecimal."""

    path: Path
    size: int
    digest: str


def fingerprints(files: Sequence[SourceFile]) -> tuple[Fingerprint, ...]:
    """The fingerprint of each file; InputError when a gzip stream is cut short or a file has changed."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        pending = [
            [pool.submit(_piece, file, start) for start in range(0, file.stat.size, PIECE_BYTES)]
            for file in files
        ]
        checks = [
            pool.submit(_check_gzip, file.path) for file in files if file.compression == "gzip"
        ]
        found = tuple(
            Fingerprint(file.path, file.stat.size, _joined([piece.result() for piece in pieces]))
            for file, pieces in zip(files, pending, strict=True)
        )
        for check in checks:
            check.result()
    check_unchanged(files)
    return found


def check_unchanged(files: Sequence[SourceFile]) -> None:
    """InputError when a file is no longer the one that was opened."""
    for file in files:
        if stat_of(file.path) != file.stat:
            raise InputError(
                f"{file.path}: the file changed while it was read; nothing was stored",
                hint="load it again when it is complete",
            )


def of_delivery(files: Sequence[Fingerprint], reading: Mapping[str, object]) -> str:
    """SHA-256 over the files' digests (in any order) and the options that change how they are read."""
    content = {"files": sorted(file.digest for file in files), "reading": reading}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _piece(file: SourceFile, start: int) -> bytes:
    digest, left = hashlib.sha256(), PIECE_BYTES
    with file.path.open("rb") as stream:
        stream.seek(start)
        while left > 0 and (block := stream.read(min(_BLOCK, left))):
            digest.update(block)
            left -= len(block)
    return digest.digest()


def _joined(pieces: Sequence[bytes]) -> str:
    if len(pieces) == 1:
        return pieces[0].hex()
    return hashlib.sha256(b"".join(pieces)).hexdigest()


def _check_gzip(path: Path) -> None:
    """Read the stream to its end: a truncated one must not pass for a shorter bill."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                while block:
                    unpacker.decompress(block)
                    block = unpacker.unused_data
                    if unpacker.eof and block.strip(b"\0"):
                        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
                    else:
                        block = b""
        except zlib.error as error:
            raise InputError(f"{path}: the gzip stream is damaged: {error}") from error
    if not unpacker.eof:
        raise InputError(f"{path}: the gzip stream is cut short")
