"""Where a ledger stands: a local folder or an S3 bucket, and how to reach it.

Everything that differs between the two is decided here, so that the other ledger modules ask for a
table's address, a store or a working folder and never look at the scheme themselves.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from obstore.store import S3Store

__all__ = ["STAGING", "Location", "parse_location"]

STAGING = "_staging"
"""Folder of the live loaders' locks and temporary files, beside the tables."""

_OPTIONS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ALLOW_HTTP",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_SKIP_SIGNATURE",
)
"""Environment variables an S3 client is configured with."""


class Location(NamedTuple):
    """A ledger's address. `root` is its folder; for an object store, the folder of its local copy."""

    url: str
    root: Path
    is_local: bool
    options: Mapping[str, str]
    at: datetime | None = None
    """The moment it is looked at, commits from then on left out; None for now. See `finops.ledger.past`."""
    versions: Mapping[str, int | None] | None = None
    """The version of each table that held then, where somebody wrote that down."""

    def __repr__(self) -> str:
        """The address alone: the options hold credentials."""
        return self.url

    @property
    def staging(self) -> Path:
        """Local folder for locks and temporary files."""
        return self.root / STAGING

    def table_folder(self, table: str) -> Path:
        """Local folder holding `table`'s Parquet files, or their copies."""
        return self.root / table

    def table_url(self, table: str) -> str:
        """Address of `table` as delta-rs wants it."""
        return str(self.root / table) if self.is_local else f"{self.url}/{table}"

    def object_store(self) -> S3Store:
        """A client for the bucket, rooted at the ledger; UsageError when the extra is missing."""
        try:
            from obstore.store import S3Store
        except ImportError as error:
            raise UsageError(
                f"a ledger at {self.url} needs the extra `objects`",
                hint="install it: pip install 'finops-terminal[objects]'",
            ) from error
        config = {name.lower(): value for name, value in self.options.items()}
        client = {"allow_http": config.pop("aws_allow_http", "false").lower() in {"true", "1"}}
        return S3Store.from_url(self.url, config=config, client_options=client)  # type: ignore[arg-type]


def parse_location(text: str) -> Location:
    """The location `text` names: a path, a `file://` URL or an `s3://bucket/prefix` URL.

    Credentials, region and endpoint of a bucket are the usual `AWS_…` environment variables.
    """
    scheme = text.split("://", 1)[0].lower() if "://" in text else ""
    if scheme == "":
        return _local(Path(text).expanduser())
    if scheme == "file":
        return _local(Path(unquote(urlsplit(text).path)))
    if scheme not in {"s3", "s3a"}:
        raise UsageError(
            f"{text!r} is not a place a ledger can be",
            hint="give a folder or an s3://bucket/prefix URL",
        )
    rest = text.split("://", 1)[1].strip("/")
    if not rest:
        raise UsageError(f"{text!r} names no bucket", hint="write s3://bucket/prefix")
    return _bucket(f"s3://{rest}")


def _local(path: Path) -> Location:
    root = path.absolute()
    return Location(url=str(root), root=root, is_local=True, options={})


def _bucket(url: str) -> Location:
    import platformdirs

    options = {name: os.environ[name] for name in _OPTIONS if os.environ.get(name)}
    endpoint = options.pop("AWS_ENDPOINT_URL_S3", None)
    if endpoint:
        options["AWS_ENDPOINT_URL"] = endpoint
    identity = f"{options.get('AWS_ENDPOINT_URL', '')} {url}"
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    cache = os.environ.get("FINOPS_CACHE")
    base = Path(cache) if cache else platformdirs.user_cache_path("finops")
    return Location(url=url, root=base / "ledgers" / name, is_local=False, options=options)
