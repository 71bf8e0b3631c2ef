"""Writing a file as a whole or not at all: whoever reads sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from finops.errors import FinopsError, UsageError

__all__ = ["write_file"]


def write_file(data: bytes, path: str | Path) -> None:
    """Put `data` at `path`. UsageError for a directory or a missing folder, FinopsError when it cannot be written."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise UsageError(
            f"{path} is a directory", hint="name the file to write, for example costs.json"
        )
    if not target.parent.is_dir():
        raise UsageError(f"{path} cannot be written: the folder {target.parent} does not exist")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(data, target)
    except OSError as error:
        raise FinopsError(f"{path} could not be written: {error.strerror or error}") from error


def _replace(data: bytes, target: Path) -> None:
    """Write beside `target` and rename over it: whoever reads sees the old file or the new one."""
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
