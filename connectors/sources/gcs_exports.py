"""Google Cloud billing data exported to Cloud Storage as CSV, JSON Lines or Parquet.

BigQuery's `EXPORT DATA` writes no manifest and follows no layout, so the names say which month a file holds: a
folder or file name with `2026-10`, `202610`, `2026/10` or `month=2026-10` in it. A month is read when nothing was
written to it for `settle_minutes`, as a whole, and replaced; rows of other months in its files are left out. What
has no month in its name is not read, and said.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from connectors.buckets import GoogleSettings
from connectors.contract import Connector, Finding, Sign
from connectors.dated import Layout, deliveries, months_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Files, Session
    from connectors.objects import Object

__all__ = ["CONNECTOR", "GcsExportsSettings"]

_MONTH = re.compile(r"(?<!\d)(20\d{2})[-/_]?(0[1-9]|1[0-2])(?:[-/_]?\d{2})?(?!\d)")
_NOT_DATA = (".json.tmp", "/", "_SUCCESS", "manifest.json")


class GcsExportsSettings(GoogleSettings):
    """Where billing data is exported to."""

    settle_minutes: int = Field(
        default=30,
        ge=0,
        description="Minutes without a change after which a month's files are complete.",
    )


def _layout(session: Session[GcsExportsSettings]) -> Layout:
    def day(item: Object) -> date | None:
        if item.key.endswith(_NOT_DATA):
            return None
        found = _MONTH.search(item.key)
        if found is None:
            session.note(f"{item.key} has no month in its name and was not read")
            return None
        return date(int(found[1]), int(found[2]), 1)

    return Layout(day, timedelta(0), timedelta(minutes=session.settings.settle_minutes))


def read(session: Session[GcsExportsSettings]) -> Iterator[Files]:
    """A delivery for each month whose files are not the ones we have."""
    objects = session.objects(session.settings.url, session.settings.config())
    yield from deliveries(session, objects, _layout(session))


def check(session: Session[GcsExportsSettings]) -> Iterator[Finding]:
    """Reach the bucket and say which months it holds."""
    objects = session.objects(session.settings.url, session.settings.config())
    months = months_of(objects, _layout(session))
    detail = ", ".join(f"{month.name} ({month.objects} files)" for month in months)
    yield Finding(ok=bool(months), what="list", detail=detail or f"{objects.url} holds no months")


CONNECTOR = Connector(
    name="gcs-exports",
    about="Google Cloud billing data (detailed or FOCUS) exported to Cloud Storage",
    tables=("costs",),
    settings=GcsExportsSettings,
    check=check,
    read=read,
    tested="a Cloud Storage server (gcp-storage-emulator)",
    policy="the role `roles/storage.objectViewer` on the bucket.",
    signs=(
        Sign("variable", "GOOGLE_APPLICATION_CREDENTIALS", {"service_account_key": "file:{value}"}),
    ),
)
