"""AWS billing exports on S3: Data Exports (FOCUS 1.0 and 1.2, CUR 2.0) and the legacy Cost and Usage Report.

    <export>/data/BILLING_PERIOD=2026-06/<export>-00001.csv.gz                    overwrite
    <export>/data/BILLING_PERIOD=2026-06/<timestamp>-<execution>/<export>-…       create new
    <export>/metadata/BILLING_PERIOD=2026-06/[<run>/]<export>-Manifest.json
    <report>/20260601-20260701/[<assembly>/]<report>-Manifest.json                legacy

The manifest is written last and names the files of a month: nothing else decides what is read. Of several
manifests of a month the newest one counts; what older runs left is never read. A month whose manifest has not
changed is not read again, one that has replaces what we had. A month is left for next time, and a note says so,
when a file is missing, not as long as its manifest says, or younger than the manifest and written in the last
hours: then a delivery is under way. Folder names are matched without case.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from connectors.buckets import S3Settings
from connectors.contract import Connector, Files, Finding, Sign
from finops.errors import SourceError, SourceMissing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.contract import Session
    from connectors.objects import Object, Objects

__all__ = ["CONNECTOR", "AwsExportsSettings"]

_EXPORT = re.compile(
    r"(?P<export>.*?)/?metadata/billing_period=(?P<month>\d{4}-\d{2})/(?P<run>[^/]+/)?[^/]+-manifest\.json",
    re.IGNORECASE,
)
_LEGACY = re.compile(
    r"(?P<export>.*?)/?(?P<month>\d{6})\d{2}-\d{8}/(?P<run>[^/]+/)?[^/]+-manifest\.json",
    re.IGNORECASE,
)
_PERIOD = re.compile(r"\d{8}-\d{8}")


class AwsExportsSettings(S3Settings):
    """Where an export is delivered."""

    export: str | None = Field(
        default=None, description="Name of the export or report, when the folder holds several."
    )


class _Manifest(NamedTuple):
    """One manifest file: of which export and month, and from which run."""

    item: Object
    export: str
    month: str
    run: str


def read(session: Session[AwsExportsSettings]) -> Iterator[Files]:
    """A delivery for each month whose newest manifest is not the one we have."""
    objects = session.objects(session.settings.url, session.settings.config())
    for manifest in _newest(session, objects):
        stream, version = f"{manifest.export}/{manifest.month}", manifest.item.etag
        if session.cursor("costs", stream) == version or not _wanted(session, manifest.month):
            continue
        items = _items(session, objects, manifest)
        if items:
            files = tuple(objects.fetch(item) for item in items)
            yield Files("costs", stream, version, files)


def _wanted(session: Session[AwsExportsSettings], month: str) -> bool:
    if session.window is not None:
        return month in session.window.months
    since = session.settings.since
    return since is None or month >= f"{since:%Y-%m}"


def _newest(session: Session[AwsExportsSettings], objects: Objects) -> list[_Manifest]:
    """The newest manifest of each month of one export; SourceMissing when there is none at all."""
    found: dict[tuple[str, str], _Manifest] = {}
    for manifest in _manifests(session, objects):
        key = (manifest.export, manifest.month)
        there = found.get(key)
        if there is None or _age(manifest) > _age(there):
            found[key] = manifest
    exports = sorted({manifest.export for manifest in found.values()})
    wanted = session.settings.export
    if wanted is not None:
        exports = [name for name in exports if name.rpartition("/")[2] == wanted or name == wanted]
    if not exports:
        named = f" of {wanted}" if wanted else ""
        raise SourceMissing(
            f"{session.source}: {objects.url} holds no manifest{named}",
            hint="the address is the folder an export is delivered to; the first delivery takes a day",
        )
    if len(exports) > 1:
        raise SourceError(
            f"{session.source}: {objects.url} holds several exports: {', '.join(exports)}",
            hint=f'choose one: export = "{exports[0].rpartition("/")[2]}", and a source for each other',
        )
    return sorted(
        (each for each in found.values() if each.export == exports[0]), key=lambda each: each.month
    )


def _age(manifest: _Manifest) -> tuple[Any, str]:
    """What orders the runs of a month: when the manifest was written, then the run's folder, dated."""
    return (manifest.item.modified, manifest.run)


def _manifests(session: Session[AwsExportsSettings], objects: Objects) -> Iterator[_Manifest]:
    """Every manifest, without listing the data: only `metadata` folders and the months of reports."""
    del session
    for item in _candidates(objects, ""):
        for pattern in (_EXPORT, _LEGACY):
            match = pattern.fullmatch(item.key)
            if match:
                month = match["month"]
                named = month if "-" in month else f"{month[:4]}-{month[4:]}"
                yield _Manifest(item, match["export"], named, match["run"] or "")
                break


_DEPTH = 6

_SETTLED = timedelta(hours=6)
"""No delivery takes this long: older files may have been copied in any order."""


def _candidates(objects: Objects, prefix: str, depth: int = 0) -> Iterator[Object]:
    """Objects that may be manifests, looked for folder by folder: a month's data is never listed."""
    for name in objects.folders(prefix):
        below = f"{prefix}{name}/"
        if name.lower() == "metadata" or _PERIOD.fullmatch(name):
            yield from (each for each in objects.list(below) if _is_manifest(each))
        elif name.lower() != "data" and depth < _DEPTH:
            yield from _candidates(objects, below, depth + 1)


def _is_manifest(item: Object) -> bool:
    return item.key.lower().endswith("-manifest.json")


def _items(
    session: Session[AwsExportsSettings], objects: Objects, manifest: _Manifest
) -> tuple[Object, ...]:
    """The objects a manifest names, all there and as long as it says; none, with a note, otherwise."""
    found = []
    for key, size in _named(session, objects, manifest):
        item = objects.head(key)
        wrong = _unfinished(session, manifest, item, size)
        if item is None or wrong:
            session.note(
                f"{manifest.export} {manifest.month} is not complete and was left for next time: {key} {wrong}"
            )
            return ()
        found.append(item)
    return tuple(found)


def _unfinished(
    session: Session[AwsExportsSettings], manifest: _Manifest, item: Object | None, size: int | None
) -> str | None:
    """Why a file of a manifest cannot be read yet; None when it can."""
    if item is None:
        return "is not there"
    if size is not None and size != item.size:
        return f"has {item.size:,} of {size:,} bytes"
    if item.modified > manifest.item.modified and session.now - item.modified < _SETTLED:
        return "is newer than its manifest"
    return None


def _named(
    session: Session[AwsExportsSettings], objects: Objects, manifest: _Manifest
) -> list[tuple[str, int | None]]:
    """Keys, below the source's address, and lengths of a manifest's files; SourceError for nonsense."""
    try:
        said = json.loads(objects.read(manifest.item))
        files = said["dataFiles"] if "dataFiles" in said else said["reportKeys"]
        return [_key(objects, entry) for entry in _entries(files)]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{session.source}: {objects.url}/{manifest.item.key} is no manifest we can read: {error!r}"
        ) from None


def _entries(files: Iterable[Any]) -> Iterator[tuple[str, int | None]]:
    for entry in files:
        if isinstance(entry, str):
            yield entry, None
        else:
            yield entry["s3Uri"], entry.get("size")


def _key(objects: Objects, entry: tuple[str, int | None]) -> tuple[str, int | None]:
    """`s3://bucket/a/b.csv.gz`, or `a/b.csv.gz`, as a key below the source's address."""
    name, size = entry
    bucket, _, prefix = objects.url.partition("://")[2].partition("/")
    if name.startswith("s3://"):
        there, _, name = name.removeprefix("s3://").partition("/")
        if objects.url.startswith("s3://") and there != bucket:
            raise ValueError(f"it names a file in another bucket, {there}")
    if objects.url.startswith("file://"):
        return _below(objects, name), size
    return name.removeprefix(f"{prefix}/") if prefix else name, size


def _below(objects: Objects, name: str) -> str:
    """The key in a local copy, which may begin anywhere inside the bucket's folders."""
    parts = name.split("/")
    for start in range(len(parts)):
        key = "/".join(parts[start:])
        if objects.head(key) is not None:
            return key
    return name


def check(session: Session[AwsExportsSettings]) -> Iterator[Finding]:
    """Reach the bucket, find the manifests, and look at the first file of the newest month."""
    objects = session.objects(session.settings.url, session.settings.config())
    manifests = _newest(session, objects)
    months = ", ".join(each.month for each in manifests)
    yield Finding(ok=True, what="list", detail=f"{manifests[0].export or objects.url}: {months}")
    items = _items(session, objects, manifests[-1])
    size = sum(item.size for item in items)
    yield Finding(
        ok=bool(items),
        what="read",
        detail=f"{manifests[-1].month}: {len(items)} files, {size:,} bytes",
    )


CONNECTOR = Connector(
    name="aws-exports",
    about="AWS Data Exports (FOCUS, CUR 2.0) and legacy Cost and Usage Reports on S3",
    tables=("costs",),
    settings=AwsExportsSettings,
    check=check,
    read=read,
    tested="a real S3 server (moto)",
    policy="""\
```json
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::BUCKET",
   "Condition": {"StringLike": {"s3:prefix": ["FOLDER", "FOLDER/*"]}}},
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::BUCKET/FOLDER/*"}]}
```""",
    signs=(
        Sign("variable", "AWS_PROFILE", {"profile": "{value}"}),
        Sign("variable", "AWS_ACCESS_KEY_ID"),
        Sign("path", "~/.aws/credentials", {"profile": "default"}),
    ),
)
