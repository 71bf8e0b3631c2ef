"""Azure Cost Management exports on Blob Storage: FOCUS, or actual and amortized together.

    <folder>/<export>/20261001-20261031/[<run time>/]<guid>/part_0_0001.csv[.gz|.parquet]
    <folder>/<export>/20261001-20261031/[<run time>/]<guid>/manifest.json

The manifest decides what is read, not the path, whose form has changed: it names the files with their lengths, the
kind of data (`exportConfig.type`), the period and when the run was submitted. Of the runs of a period the one
submitted last counts. Actual and amortized exports are two views of one bill and are read together, when both have
delivered the period; other exports of one account would count it twice, so several must be chosen from by name.
A run whose files are not all there is left for next time, and a note says so.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from connectors.buckets import AzureSettings
from connectors.contract import Connector, Files, Finding, Sign
from finops.errors import SourceError, SourceMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.contract import Session, Spooled
    from connectors.objects import Object, Objects

__all__ = ["CONNECTOR", "AzureExportsSettings"]

_PERIOD = re.compile(r"(?:^|/)(\d{8}-\d{8})/")
_PAIR = {"ActualCost", "AmortizedCost"}


class AzureExportsSettings(AzureSettings):
    """Where exports are delivered."""

    exports: tuple[str, ...] = Field(
        default=(), description="Names of the exports to read, when the folder holds several."
    )


class _Run(NamedTuple):
    """One manifest, read: what was exported, for which days, and its files."""

    item: Object
    export: str
    kind: str
    start: date
    end: date
    submitted: datetime
    files: tuple[tuple[str, int | None], ...]


def read(session: Session[AzureExportsSettings]) -> Iterator[Files]:
    """A delivery for each period whose newest run is not the one we have."""
    objects = session.objects(session.settings.url, session.settings.config())
    for stream, runs in _newest(session, objects).items():
        version = "+".join(run.item.etag for run in runs)
        if session.cursor("costs", stream) == version or not _wanted(session, runs[0]):
            continue
        files: list[Spooled] = []
        for run in runs:
            files += _fetched(session, objects, run)
        if files:
            yield Files("costs", stream, version, tuple(files))


def _wanted(session: Session[AzureExportsSettings], run: _Run) -> bool:
    if session.window is not None:
        return run.start < session.window.end and run.end >= session.window.start
    since = session.settings.since
    return since is None or run.end >= since


def _newest(
    session: Session[AzureExportsSettings], objects: Objects
) -> dict[str, tuple[_Run, ...]]:
    """By period, the newest run of the export, or of both exports of a pair."""
    found: dict[tuple[str, date, date], _Run] = {}
    for item in _manifests(objects):
        run = _read(session, objects, item)
        key = (run.export, run.start, run.end)
        if key not in found or found[key].submitted < run.submitted:
            found[key] = run
    chosen = _chosen(session, objects, {run.export: run.kind for run in found.values()})
    periods: dict[str, list[_Run]] = {}
    for run in sorted(found.values(), key=lambda run: (run.start, run.end, run.kind)):
        if run.export in chosen:
            periods.setdefault(f"{run.start}/{run.end}", []).append(run)
    complete = {}
    for stream, runs in periods.items():
        if len(runs) == len(chosen):
            complete[stream] = tuple(runs)
        else:
            session.note(f"{stream}: only {runs[0].export} has delivered it; left for next time")
    return complete


def _manifests(objects: Objects) -> Iterator[Object]:
    """The newest manifest of each folder of runs: of a period's runs no older one is even read."""
    newest: dict[str, Object] = {}
    for item in objects.list():
        if item.key.rpartition("/")[2] != "manifest.json":
            continue
        period = _PERIOD.search(item.key)
        above = item.key[: period.end()] if period else item.key
        if above not in newest or newest[above].modified < item.modified:
            newest[above] = item
    yield from newest.values()


def _chosen(
    session: Session[AzureExportsSettings], objects: Objects, kinds: dict[str, str]
) -> Sequence[str]:
    """The exports to read together: those named, else the only one, else an actual and amortized pair."""
    if not kinds:
        raise SourceMissing(
            f"{session.source}: {objects.url} holds no manifest.json",
            hint="the address is the container and folder the exports are delivered to",
        )
    named = session.settings.exports or tuple(sorted(kinds))
    gone = [name for name in named if name not in kinds]
    if gone:
        raise SourceMissing(
            f"{session.source}: {objects.url} has no export called {', '.join(gone)}",
            hint=f"it has: {', '.join(sorted(kinds))}",
        )
    if len(named) > 1 and {kinds[name] for name in named} != _PAIR:
        listed = ", ".join(f"{name} ({kinds[name]})" for name in named)
        raise SourceError(
            f"{session.source}: {objects.url} holds several exports: {listed}",
            hint=f'choose: exports = ["{named[0]}"]; only actual and amortized are read together',
        )
    return named


def _read(session: Session[AzureExportsSettings], objects: Objects, item: Object) -> _Run:
    """A manifest's contents; SourceError for one that lacks what decides."""
    try:
        said = json.loads(objects.read(item).decode("utf-8-sig"))
        run, config = said["runInfo"], said["exportConfig"]
        return _Run(
            item,
            config["exportName"],
            config["type"],
            _moment(run["startDate"]).date(),
            _moment(run["endDate"]).date(),
            _moment(run["submittedTime"]),
            tuple((each["blobName"], each.get("byteCount")) for each in said["blobs"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{session.source}: {objects.url}/{item.key} is no manifest we can read: {error!r}"
        ) from None


def _moment(text: str) -> datetime:
    """A time of a manifest, whose seconds may have seven digits."""
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _fetched(
    session: Session[AzureExportsSettings], objects: Objects, run: _Run
) -> tuple[Spooled, ...]:
    """The run's files with their manifest beside each: the format asks it what they are."""
    items = _items(session, objects, run)
    manifest = objects.read(run.item) if items else b""
    files = tuple(objects.fetch(item) for item in items)
    for file in files:
        (file.path.parent / "manifest.json").write_bytes(manifest)
    return files


def _items(
    session: Session[AzureExportsSettings], objects: Objects, run: _Run
) -> tuple[Object, ...]:
    """The blobs a manifest names, all there and as long as it says; none, with a note, otherwise."""
    folder = objects.url.partition("://")[2].partition("/")[2]
    found = []
    for name, size in run.files:
        key = name.removeprefix(f"{folder}/") if folder else name
        item = objects.head(key) or objects.head(_beside(run, name))
        if item is None or size not in {None, item.size}:
            what = "is not there" if item is None else f"has {item.size:,} of {size:,} bytes"
            session.note(f"{run.export} {run.start}: {name} {what}; left for next time")
            return ()
        found.append(item)
    return tuple(found)


def _beside(run: _Run, name: str) -> str:
    """The key of a file beside its manifest, for copies that begin elsewhere."""
    return f"{run.item.key.rpartition('/')[0]}/{name.rpartition('/')[2]}"


def check(session: Session[AzureExportsSettings]) -> Iterator[Finding]:
    """Reach the container, read the manifests, and look at the newest period's files."""
    objects = session.objects(session.settings.url, session.settings.config())
    found = _newest(session, objects)
    exports = sorted({f"{run.export} ({run.kind})" for runs in found.values() for run in runs})
    yield Finding(ok=bool(found), what="list", detail=f"{', '.join(exports)}: {', '.join(found)}")
    for run in list(found.values())[-1] if found else ():
        items = _items(session, objects, run)
        size = sum(item.size for item in items)
        detail = f"{run.export} {run.start}: {len(items)} files, {size:,} bytes"
        yield Finding(ok=bool(items), what="read", detail=detail)


CONNECTOR = Connector(
    name="azure-exports",
    about="Azure Cost Management exports (FOCUS, actual and amortized) on Blob Storage",
    tables=("costs",),
    settings=AzureExportsSettings,
    check=check,
    read=read,
    tested="Azurite, Microsoft's Blob Storage server",
    policy="the role `Storage Blob Data Reader` on the container, or a shared access signature with `sp=rl` (read, list).",
    signs=(
        Sign("variable", "AZURE_STORAGE_ACCOUNT_NAME", {"account": "{value}"}),
        Sign("variable", "AZURE_CLIENT_ID"),
    ),
)
