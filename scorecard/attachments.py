"""Files that answers point at as evidence: beside the answers or below, and nowhere else.

A vendor's questionnaire names its evidence, and a name is all it may choose: one that climbs out of the
folder, is absolute, follows a link outside or is another kind of address is refused, not cleaned up.
Addresses on the web are kept as text and never visited.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from finops.errors import InputError

__all__ = ["attached", "fingerprint", "is_web"]

_WEB = re.compile(r"^https?://[^\s/]+", re.IGNORECASE)
_BLOCK = 1 << 20
LARGEST = 200_000_000
"""Bytes of one attachment."""


def is_web(name: str) -> bool:
    """Whether `name` is an address on the web."""
    return bool(_WEB.match(name))


def attached(folder: Path, name: str, *, where: str) -> Path | None:
    """The file `name` in `folder`, None when it is not there.

    `where` says who names it (`acme.xlsx, Answers!E7`), for the message. InputError when the name points
    outside `folder`.
    """
    plain = PurePosixPath(name.replace("\\", "/"))
    windows = PureWindowsPath(name)
    outside = (
        plain.is_absolute()
        or windows.is_absolute()
        or bool(windows.drive)
        or ".." in plain.parts
        or "://" in name
        or any(ord(char) < 0x20 for char in name)  # noqa: PLR2004  (control characters)
    )
    root = folder.resolve()
    if not outside:
        found = (root / plain).resolve()
        outside = not found.is_relative_to(root)
    if outside:
        raise InputError(
            f"{where}: attachment {name!r} points outside {folder}",
            hint="put the file beside the answers and name it alone",
        )
    return found if found.is_file() else None


def fingerprint(path: Path) -> str:
    """SHA-256 of a file; InputError when it cannot be read or is larger than any document."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: is larger than {LARGEST:,} bytes")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()
