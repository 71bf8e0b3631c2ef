"""Where the files of closed months lie: how they are found, fetched, hashed and put in place.

The one place that knows that a folder renames and links while a bucket puts and lists.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from finops.errors import CommitConflict, SourceError
from finops.ledger.bucket_errors import what_was_said
from finops.ledger.cache import bring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from finops.ledger.location import Location
    from finops.ledger.store import DataFile

__all__ = [
    "fetch_kept",
    "find_documents",
    "is_verified",
    "publish_document",
    "publish_folder",
    "read_document",
    "remember_verified",
    "sha256_of",
]


def find_documents(
    where: Location, folder: str, names: Iterable[str]
) -> dict[str, dict[str, bytes]]:
    """Documents called one of `names` two levels below `folder`, by the folder they are in."""
    wanted = set(names)
    found: dict[str, dict[str, bytes]] = {}
    keys = _keys_of_folder(where, folder) if where.is_local else _keys_of_bucket(where, folder)
    for key in keys:
        parent, _, name = key.rpartition("/")
        if name in wanted and parent.count("/") == 1 and "/." not in f"/{parent}":
            content = read_document(where, f"{folder}/{key}")
            if content is not None:
                found.setdefault(parent, {})[name] = content
    return found


def _keys_of_folder(where: Location, folder: str) -> Iterator[str]:
    base = where.root / folder
    for path in base.glob("*/*/*.json"):
        yield path.relative_to(base).as_posix()


def _keys_of_bucket(where: Location, folder: str) -> Iterator[str]:
    import obstore
    from obstore.exceptions import BaseError

    try:
        for batch in obstore.list(where.object_store(), prefix=f"{folder}/"):
            for item in batch:
                yield str(item["path"]).removeprefix(f"{folder}/")
    except BaseError as error:
        raise SourceError(f"cannot list {where.url}/{folder}: {what_was_said(error)}") from error


def read_document(where: Location, key: str) -> bytes | None:
    """The content of a small file of ours at `key`; None when there is none."""
    if where.is_local:
        try:
            return (where.root / key).read_bytes()
        except FileNotFoundError:
            return None
    import obstore
    from obstore.exceptions import BaseError

    try:
        return bytes(obstore.get(where.object_store(), key).bytes())
    except FileNotFoundError:
        return None
    except BaseError as error:
        raise SourceError(f"cannot read {where.url}/{key}: {what_was_said(error)}") from error


def publish_folder(where: Location, working: Path, folder: str, last: str) -> None:
    """Make what is in `working` the new folder `folder`, its file `last` after all others.

    CommitConflict when the folder is there already.
    """
    if not where.is_local:
        for path in sorted(working.rglob("*")):
            if path.is_file() and path != working / last:
                _put(where, f"{folder}/{path.relative_to(working).as_posix()}", path)
        _put(where, f"{folder}/{last}", working / last, only_new=True)
    target = where.root / folder
    try:
        working.rename(target)
    except OSError as error:
        if where.is_local:
            raise _taken(where, folder) from error


def publish_document(where: Location, key: str, content: bytes) -> None:
    """Put a new small file at `key`; CommitConflict when there is one."""
    target = where.root / key
    target.parent.mkdir(parents=True, exist_ok=True)
    making = target.with_name(f".{uuid4().hex}")
    making.write_bytes(content)
    try:
        if where.is_local:
            os.link(making, target)
        else:
            _put(where, key, making, only_new=True)
    except FileExistsError as error:
        raise _taken(where, key) from error
    finally:
        making.unlink()


def _put(where: Location, key: str, path: Path, *, only_new: bool = False) -> None:
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError

    try:
        obstore.put(where.object_store(), key, path, mode="create" if only_new else "overwrite")
    except AlreadyExistsError as error:
        raise _taken(where, key) from error
    except BaseError as error:
        raise SourceError(f"cannot write {where.url}/{key}: {what_was_said(error)}") from error


def _taken(where: Location, key: str) -> CommitConflict:
    return CommitConflict(
        f"{where.url}/{key} is there already: somebody else was faster",
        hint="look at `finops close --list`, and run the command again if it is still needed",
    )


def fetch_kept(where: Location, folder: str, files: Iterable[DataFile]) -> None:
    """Bring `files`, whose keys are below `folder`, to this machine where they are not here yet."""
    if not where.is_local:
        bring(where, folder, list(files))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_verified(path: Path, expected: str) -> bool:
    """Whether this very file was found to have the SHA-256 `expected` and was not touched since."""
    try:
        return _proof(path, expected).exists()
    except OSError:
        return False


def remember_verified(path: Path, expected: str) -> None:
    """Note that `path` has the SHA-256 `expected`, so that it is not read again to find out."""
    try:
        proof = _proof(path, expected)
        proof.parent.mkdir(parents=True, exist_ok=True)
        proof.touch()
    except OSError:
        return  # a machine without a place for it reads the file again


def _proof(path: Path, expected: str) -> Path:
    """A file named after everything that changes when `path` does: nobody can set its ctime."""
    import platformdirs

    stat = path.stat()
    facts = (path, expected, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    name = hashlib.sha256(repr(facts).encode()).hexdigest()
    cache = os.environ.get("FINOPS_CACHE")
    base = Path(cache) if cache else platformdirs.user_cache_path("finops")
    return base / "verified" / name[:2] / name
