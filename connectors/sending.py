"""Sending what finops made to where people look for it: a folder, an object store, a webhook.

A file is put whole or not at all, over the one of its name. Of an object store the credentials are its usual
environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`). A webhook's address is a secret, given by reference; its notice
is a small JSON object and carries an `Idempotency-Key`, by which a receiver can tell a repetition.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from connectors.http import Http
from connectors.settings import SecretReference, SourceSettings
from finops.errors import (
    AccessDenied,
    ConfigError,
    FinopsError,
    SourceError,
    SourceMissing,
    SourceUnavailable,
    UsageError,
)
from finops.ledger.bucket_errors import status_of, what_was_said
from finops.ledger.location import parse_location
from finops.redaction import protect, redact

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Target", "is_store", "notify", "open_target"]

_STORES = ("s3", "s3a", "gs", "az")
_CREDENTIALS = {"s3": "AWS_…", "s3a": "AWS_…", "gs": "GOOGLE_…", "az": "AZURE_…"}
"""Variables a store's credentials stand in."""


class Target(Protocol):
    """A place files are put."""

    def put(self, name: str, content: bytes) -> str:
        """Put `content` at `name`, over what was there; its address. SourceError or FinopsError otherwise."""

    def has(self, name: str) -> bool:
        """Whether there is something at `name`."""


def is_store(place: str) -> bool:
    """Whether `place` is the address of an object store."""
    return "://" in place and place.split("://", 1)[0].lower() in _STORES


def open_target(place: str) -> Target:
    """The folder (made where it is missing) or bucket at `place`; UsageError for an address of neither."""
    if is_store(place):
        return _Bucket(place.rstrip("/"), _store(place))
    if "://" in place:
        raise UsageError(
            f"{place!r} is not a place files can be put",
            hint="give a folder, or s3://BUCKET/FOLDER, gs://… or az://…",
        )
    return _Folder(Path(place).expanduser())


class _Folder(NamedTuple):
    """A folder of this machine."""

    path: Path

    def put(self, name: str, content: bytes) -> str:
        """Write beside, then rename over."""
        target = self.path / name
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(dir=self.path, prefix=f".{name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            Path(made).chmod(0o666 & ~umask)
            Path(made).replace(target)
        except OSError as error:
            raise FinopsError(
                f"{target} could not be written: {error.strerror or error}"
            ) from error
        return str(target)

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.path / name).is_file()


class _Bucket(NamedTuple):
    """A folder of an object store."""

    url: str
    store: Any

    def put(self, name: str, content: bytes) -> str:
        """One PUT, which replaces as a whole."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.put(self.store, name, content)
        except (BaseError, OSError) as error:
            raise _refusal(self.url, f"cannot write {self.url}/{name}", error) from None
        return f"{self.url}/{name}"

    def has(self, name: str) -> bool:
        """Whether the object is there."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.head(self.store, name)
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise _refusal(self.url, f"cannot look at {self.url}/{name}", error) from None
        return True


def _refusal(url: str, doing: str, error: Exception) -> SourceError:
    """The store's answer as an error of ours, by what can be done about it."""
    said, status = redact(f"{doing}: {what_was_said(error)}"), status_of(error)
    scheme, _, rest = url.partition("://")
    variables = _CREDENTIALS.get(scheme.lower(), "the environment")
    if status in {"401", "403"}:
        return AccessDenied(said, hint=f"its credentials are in {variables}: may they write there?")
    if status == "404":
        bucket = rest.partition("/")[0]
        return SourceMissing(said, hint=f"is there a bucket {bucket}? finops makes none")
    return SourceUnavailable(said, hint="run the command again later")


def _store(place: str) -> Any:  # noqa: ANN401  (obstore's stores)
    """A client for the bucket; UsageError when the extra is missing or the address is wrong."""
    if place.split("://", 1)[0].lower() in {"s3", "s3a"}:
        return parse_location(place).object_store()
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError as error:
        raise UsageError(
            f"{place} needs the extra `objects`",
            hint="install it: pip install 'finops-terminal[objects]'",
        ) from error
    try:
        return from_url(place.rstrip("/"))
    except (BaseError, ValueError) as error:
        raise UsageError(redact(f"{place}: {error}")) from error


def notify(
    reference: str,
    notice: Mapping[str, object],
    key: str,
    settings: SourceSettings | None = None,
) -> None:
    """POST `notice` as JSON to the webhook whose address is the secret `reference` names.

    An attempt that met a broken connection or a busy server is made again; SourceError when it stays so.
    ConfigError where the secret is missing or is no address.
    """
    try:
        secret = SecretReference.parse(reference)
    except ValueError as error:
        raise ConfigError(f"the webhook is given by reference: {error}") from error
    address = secret.reveal()
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ConfigError(f"the secret {secret} is not the address of a webhook (https://…)")
    protect(parts.path.strip("/"))
    protect(parts.query)
    body = json.dumps(notice, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    with Http("the webhook", address, settings or SourceSettings()) as http:
        http.request("POST", "", headers=headers, body=body, wants_json=False)
