"""Amazon Bedrock's model invocation logs, as they are delivered to S3.

    <folder>/AWSLogs/<account>/BedrockModelInvocationLogs/<region>/2026/10/20/13/<time>_<id>.json.gz

The input count EXCLUDES cached tokens; what a record means is known by `connectors.formats.requests.bedrock`. An object
is written once. Of a day the objects are read that were written since it was read last; days are listed from two before
the newest that was read, so a pull lists little of a large bucket. Prompts and answers that were too large for the
log lie below `data/` and are never fetched; those in the log end in memory.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zlib
from base64 import urlsafe_b64encode
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.buckets import S3Settings
from connectors.contract import Connector, Files, Finding, Sign
from connectors.periods import first_day
from connectors.reducing import codes, figures, is_name, named, scalars
from finops.errors import SourceError, SourceMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Session
    from connectors.objects import Object, Objects

__all__ = ["CONNECTOR", "BedrockLogsSettings"]

_FOLDER = "BedrockModelInvocationLogs"
_DEPTH = 6
_LARGEST = 256 * 1024 * 1024
"""Bytes of one object, compressed."""
_NAME = re.compile(r"\d{4}/\d{2}/\d{2}/\d{2}/[^/]+\.json\.gz")
_LATE = timedelta(days=2)
_AGAIN = timedelta(hours=1)
"""Objects written this long before the newest one read may not have been listed then."""
_MARK = 8
_TEXTS = (
    "schemaType", "schemaVersion", "timestamp", "accountId", "region", "inferenceRegion", "requestId",
    "operation", "modelId",
)  # fmt: skip
_COUNTS = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")


class BedrockLogsSettings(S3Settings):
    """Where invocation logs are delivered."""


class _Day(NamedTuple):
    """One day of one region's log: its folder, and the region's."""

    region: str
    day: date

    @property
    def stream(self) -> str:
        return f"{self.region}/{self.day.isoformat()}"

    @property
    def folder(self) -> str:
        return f"{self.region}/{self.day:%Y/%m/%d}/"


class _Read(NamedTuple):
    """How far a day has been read: when its newest object was written, and marks of those just before."""

    newest: datetime | None
    marks: frozenset[str]

    @classmethod
    def parse(cls, cursor: str | None) -> _Read:
        if cursor is None:
            return cls(None, frozenset())
        at, _, marks = cursor.partition("/")
        found = (marks[start : start + _MARK] for start in range(0, len(marks), _MARK))
        return cls(datetime.fromisoformat(at), frozenset(found))

    def has(self, item: Object) -> bool:
        """Whether the object was read then."""
        if self.newest is None:
            return False
        return _mark(item) in self.marks or item.modified < self.newest - _AGAIN

    def after(self, items: list[Object]) -> str:
        """The cursor once `items`, all the day has, are read."""
        newest = max(item.modified for item in items)
        recent = (_mark(item) for item in items if item.modified >= newest - _AGAIN)
        return f"{newest.isoformat()}/{''.join(sorted(recent))}"


def _mark(item: Object) -> str:
    digest = hashlib.sha256(f"{item.key}\n{item.etag}".encode()).digest()
    return urlsafe_b64encode(digest[:6]).decode()


def read(session: Session[BedrockLogsSettings]) -> Iterator[Files]:
    """A delivery for each day and region with objects that are new."""
    objects = session.objects(session.settings.url, session.settings.config())
    for day in _days(session, objects):
        items = [item for item in objects.list(day.folder) if _is_log(day, item)]
        known = _Read.parse(session.cursor("requests", day.stream))
        new = [item for item in items if not known.has(item)]
        records = (record for item in new for record in _records(session, objects, item))
        file = session.spool.write_lines(f"{objects.url}/{day.folder}", records)
        if file is None:
            continue
        cursor, days = known.after(items), session.window
        yield Files("requests", day.stream, cursor, (file,), "bedrock-invocations", days=days)


def _is_log(day: _Day, item: Object) -> bool:
    """Whether the object is a log, and not a body that was too large for one."""
    return _NAME.fullmatch(item.key.removeprefix(f"{day.region}/")) is not None


def _days(session: Session[BedrockLogsSettings], objects: Objects) -> Iterator[_Day]:
    """Days that may hold something new, region by region; SourceMissing where no log is delivered."""
    regions = sorted(_regions(objects, ""))
    if not regions:
        raise SourceMissing(
            f"{session.source}: {objects.url} holds no folder {_FOLDER}",
            hint="the address is what the logging configuration of Bedrock names as bucket and prefix",
        )
    for region in regions:
        first, last = _bounds(session, region)
        for year in objects.folders(f"{region}/"):
            for month in objects.folders(f"{region}/{year}/"):
                if not first.isoformat()[:7] <= f"{year}-{month}" <= last.isoformat()[:7]:
                    continue
                for name in objects.folders(f"{region}/{year}/{month}/"):
                    day = _date(f"{year}-{month}-{name}")
                    if day is not None and first <= day <= last:
                        yield _Day(region, day)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _regions(objects: Objects, prefix: str, depth: int = 0) -> Iterator[str]:
    """Folders of regions, looked for folder by folder."""
    for name in objects.folders(prefix):
        below = f"{prefix}{name}"
        if name == _FOLDER:
            yield from (f"{below}/{region}" for region in objects.folders(f"{below}/"))
        elif depth < _DEPTH:
            yield from _regions(objects, f"{below}/", depth + 1)


def _bounds(session: Session[BedrockLogsSettings], region: str) -> tuple[date, date]:
    """First and last day to list; a record may lie in the folder of the day after it."""
    tomorrow = session.now.date() + timedelta(days=1)
    if session.window is not None:
        return session.window.start - timedelta(days=1), session.window.end
    read_days = [
        day
        for table, stream in session.cursors
        if table == "requests"
        and stream.startswith(f"{region}/")
        and (day := _date(stream.removeprefix(f"{region}/"))) is not None
    ]
    earliest = first_day(session, session.now.date())
    return max(earliest, max(read_days) - _LATE) if read_days else earliest, tomorrow


def _records(
    session: Session[BedrockLogsSettings], objects: Objects, item: Object
) -> Iterator[dict[str, Any]]:
    """The records of one object, without what was said; a note for lines that are none."""
    broken = 0
    try:
        with gzip.open(io.BytesIO(objects.read(item, _LARGEST))) as lines:
            for line in lines:
                try:
                    found = json.loads(line) if line.strip() else None
                except (ValueError, RecursionError):
                    broken += 1
                    continue
                if isinstance(found, dict):
                    yield reduced(found, session.allowed)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{session.source}: {objects.url}/{item.key} is damaged: {error}"
        ) from None
    if broken:
        session.note(f"{item.key}: {broken} lines are no JSON and were left out")


def reduced(found: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    """Of a record what the format reads."""
    kept = {name: value for name, value in scalars(found, _TEXTS).items() if is_name(value)}
    if found.get("errorCode") is not None:
        kept["errorCode"] = codes(found, ("errorCode",)).get("errorCode", "error")
    kept["requestMetadata"] = named(found.get("requestMetadata"), allowed)
    given, made = found.get("input"), found.get("output")
    if isinstance(given, dict):
        kept["input"] = figures({name: given.get(name) for name in _COUNTS})
    if isinstance(made, dict):
        kept["output"] = figures({"outputTokenCount": made.get("outputTokenCount")})
        kept["output"]["outputBodyJson"] = _body(made.get("outputBodyJson"))
    return kept


def _body(body: object) -> Any:  # noqa: ANN401  (an object, or a list of events)
    """Usage and latency of an answer: an object's, or those of the first event of a streamed one."""
    if isinstance(body, list):
        first = body[0] if body and isinstance(body[0], dict) else {}
        message = first.get("message")
        usage = message.get("usage") if isinstance(message, dict) else None
        return [{"message": {"usage": figures(usage)}}]
    if not isinstance(body, dict):
        return None
    return {name: figures(body.get(name)) for name in ("usage", "metrics")}


def check(session: Session[BedrockLogsSettings]) -> Iterator[Finding]:
    """Reach the bucket, find the log's newest day, and read one object of it."""
    objects = session.objects(session.settings.url, session.settings.config())
    days = list(_days(session, objects))
    regions = ", ".join(sorted({day.region.rpartition("/")[2] for day in days})) or "no recent days"
    yield Finding(ok=True, what="list", detail=f"{objects.url}: {regions}")
    for day in sorted(days, key=lambda each: each.day, reverse=True)[:1]:
        items = [item for item in objects.list(day.folder) if _is_log(day, item)]
        size = sum(item.size for item in items)
        many = sum(1 for _ in _records(session, objects, items[0])) if items else 0
        detail = f"{day.stream}: {len(items)} objects, {size:,} bytes; the first has {many} records"
        yield Finding(ok=True, what="read", detail=detail)


CONNECTOR = Connector(
    name="bedrock-logs",
    about="Amazon Bedrock's model invocation logs on S3",
    tables=("requests",),
    settings=BedrockLogsSettings,
    check=check,
    read=read,
    tested="a real S3 server (moto)",
    policy="""\
```json
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::BUCKET",
   "Condition": {"StringLike": {"s3:prefix": ["FOLDER", "FOLDER/*"]}}},
  {"Effect": "Allow", "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::BUCKET/FOLDER/AWSLogs/*/BedrockModelInvocationLogs/*.json.gz"},
  {"Effect": "Deny", "Action": "s3:GetObject",
   "Resource": "arn:aws:s3:::BUCKET/FOLDER/AWSLogs/*/BedrockModelInvocationLogs/*/data/*"}]}
```""",
    signs=(
        Sign("variable", "AWS_PROFILE", {"profile": "{value}"}),
        Sign("variable", "AWS_ACCESS_KEY_ID"),
        Sign("path", "~/.aws/credentials", {"profile": "default"}),
    ),
)
