"""The one object-store client of every connector: S3, Google Cloud Storage, Azure Blob, or a folder.

Objects are listed a page at a time and never held all at once. A download goes to the spool in pieces, goes
on where a broken connection left it, and counts only when it is as long as the listing says and still the version
listed. Nothing here writes to a store.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from connectors.contract import Spooled
from connectors.spool import sync
from finops.errors import (
    AccessDenied,
    SourceError,
    SourceMissing,
    SourceUnavailable,
    UsageError,
)
from finops.ledger.bucket_errors import status_of, what_was_said
from finops.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from connectors.contract import Session

__all__ = ["Changed", "Object", "Objects", "open_objects"]

_PIECE = 4 * 1024 * 1024
_SMALL = 16 * 1024 * 1024
_SHORTEST_WAIT_S = 0.01
"""The store's client draws its waits from a range, which must not be empty."""
_MADE = "~"
"""Begins the version of an object whose store names none: length and time stand in for it."""


class Changed(SourceUnavailable):
    """An object is no longer the one that was listed: what was read belongs together no more."""


class Object(NamedTuple):
    """One object: its key, length in bytes, version and time of last change (UTC)."""

    key: str
    size: int
    etag: str
    modified: datetime


class Objects:
    """What lies below one address of a store."""

    def __init__(self, source: str, url: str, store: Any, session: Session[Any]) -> None:  # noqa: ANN401
        self.source = source
        self.url = url.rstrip("/")
        self._store = store
        self._session = session

    def list(self, prefix: str = "") -> Iterator[Object]:
        """Every object below the folder `prefix`, a page in memory at a time."""
        import obstore

        with self._errors(f"listing {self.url}/{prefix}"):
            for page in obstore.list(self._store, prefix=prefix or None, chunk_size=1000):
                for item in page:
                    yield _object(item)

    def folders(self, prefix: str = "") -> tuple[str, ...]:
        """Names of the folders directly below `prefix`, without what is in them."""
        import obstore

        with self._errors(f"listing {self.url}/{prefix}"):
            found = obstore.list_with_delimiter(self._store, prefix=prefix or None)
        return tuple(
            sorted(path.rstrip("/").rpartition("/")[2] for path in found["common_prefixes"])
        )

    def head(self, key: str) -> Object | None:
        """The object called `key`; None when there is none."""
        import obstore

        try:
            with self._errors(f"looking at {self.url}/{key}"):
                return _object(obstore.head(self._store, key))
        except SourceMissing:
            return None

    def read(self, item: Object, largest: int = _SMALL) -> bytes:
        """A small object, whole; SourceError above `largest` bytes, `Changed` when it is no longer the same."""
        import obstore

        if item.size > largest:
            raise SourceError(
                f"{self.source}: {self.url}/{item.key} is too large for what it should be"
            )
        with self._errors(f"reading {self.url}/{item.key}"):
            result = obstore.get(self._store, item.key, options=_exactly(item, 0))
            found = bytes(result.bytes())
        if len(found) != item.size:
            raise self._short(item, len(found))
        return found

    def fetch(self, item: Object, origin: str | None = None) -> Spooled:
        """The object as a file in the spool, fetched if it is not there already."""
        named = origin or f"{self.url}/{item.key}"
        path = self._session.spool.place(named, item.etag)
        if not path.exists():
            part = path.with_name(f"{path.name}.part")
            for attempt in range(self._session.settings.attempts):
                try:
                    self._append(item, part)
                    break
                except SourceUnavailable as error:
                    last = attempt + 1 == self._session.settings.attempts
                    if last or isinstance(error, Changed):
                        raise
            part.rename(path)
        return Spooled(path, named)

    def _append(self, item: Object, part: Any) -> None:  # noqa: ANN401  (a path)
        """Fetch what `part` does not hold yet; SourceUnavailable when the connection ends early."""
        import obstore

        with part.open("ab") as file, self._errors(f"fetching {self.url}/{item.key}"):
            have = file.tell()
            if have > item.size:
                file.truncate(have := 0)
            if have < item.size:
                result = obstore.get(self._store, item.key, options=_exactly(item, have))
                for piece in result.stream(min_chunk_size=_PIECE):
                    have += file.write(piece)
                    self._session.tell(item.key.rpartition("/")[2], have, item.size)
            sync(file.fileno())
        if have != item.size:
            raise self._short(item, have)

    def _short(self, item: Object, have: int) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.source}: {self.url}/{item.key} ended after {have:,} of {item.size:,} bytes",
            hint="pull again later",
        )

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        """Turn the client's errors into ours, by what can be done about them."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError) as error:
            raise self._ours(doing, error) from None

    def _ours(self, doing: str, error: Exception) -> SourceError:
        """An error of the client as one of ours."""
        from obstore import exceptions

        said = redact(f"{self.source}: {doing}: {what_was_said(error)}")
        status = status_of(error)
        refused = (exceptions.UnauthenticatedError, exceptions.PermissionDeniedError)
        missing = (FileNotFoundError, exceptions.NotFoundError)
        if isinstance(error, exceptions.PreconditionError):
            changed = redact(f"{self.source}: {doing}: it changed meanwhile")
            return Changed(changed, hint="pull again")
        if isinstance(error, refused) or status in {"401", "403"}:
            hint = "`finops connectors describe` shows the permissions it needs"
            return AccessDenied(said, hint=hint)
        if isinstance(error, missing) or status == "404":
            return SourceMissing(said, hint="check the address in finops.toml")
        return SourceUnavailable(said, hint="pull again later")


def open_objects(
    source: str, url: str, config: Mapping[str, Any], session: Session[Any]
) -> Objects:
    """The store at `url`; UsageError when the extra is missing or the address is none we know."""
    try:
        from obstore import store as stores
        from obstore.exceptions import BaseError
    except ImportError as error:
        raise UsageError(
            f"the source {source} needs the extra `objects`",
            hint="install it: pip install 'finops-terminal[objects]'",
        ) from error
    scheme = urlsplit(url).scheme
    said = session.settings
    plain = str(config.get("endpoint", config.get("base_url", ""))).startswith("http://")
    options: dict[str, Any] = {
        "client_options": {
            "timeout": said.timeout,
            "connect_timeout": said.timeout,
            "allow_http": plain,
        },
        "retry_config": {
            "max_retries": said.attempts - 1,
            "retry_timeout": said.timeout * said.attempts,
            "backoff": {
                "init_backoff": timedelta(seconds=max(said.retry_wait_s, _SHORTEST_WAIT_S)),
                "max_backoff": timedelta(seconds=30),
                "base": 2,
            },
        },
    }
    kinds: dict[str, Any] = {"s3": stores.S3Store, "gs": stores.GCSStore, "az": stores.AzureStore}
    try:
        if scheme == "file":
            opened: Any = stores.LocalStore(urlsplit(url).path)
        elif scheme in kinds:
            bucket, _, prefix = url.partition("://")[2].partition("/")
            opened = kinds[scheme](bucket, prefix=prefix or None, config=dict(config), **options)
        else:
            raise UsageError(
                f"the source {source}: {url!r} is not a place objects can be",
                hint="write s3://BUCKET/FOLDER, gs://, az:// or file:///FOLDER",
            )
    except (BaseError, OSError, ValueError) as error:
        raise UsageError(redact(f"the source {source}: {url}: {what_was_said(error)}")) from None
    return Objects(source, url, opened, session)


def _exactly(item: Object, start: int) -> Any:  # noqa: ANN401  (obstore's options)
    options: dict[str, Any] = {} if item.etag.startswith(_MADE) else {"if_match": item.etag}
    return options | ({"range": {"offset": start}} if start else {})


def _object(item: Any) -> Object:  # noqa: ANN401  (obstore's listing)
    modified = item["last_modified"]
    etag = item["e_tag"] or f"{_MADE}{item['size']}-{modified.timestamp()}"
    return Object(str(item["path"]), int(item["size"]), str(etag), modified)
