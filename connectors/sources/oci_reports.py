"""Oracle Cloud cost reports: `FOCUS Reports/YYYY/MM/DD/*.csv.gz`, or the older `reports/cost-csv/*.csv.gz`.

Oracle keeps them in its own tenancy, namespace `bling`, in a bucket named after the customer's tenancy, read through
the interface that speaks S3 with a customer secret key. Every file holds what was metered since the one before, so a
month is the union of the files written in it and in the days after it; it is read as a whole when one of them
is new, and replaced. Files of the older kind have no date in their names: the day they were written counts.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from connectors.buckets import S3Settings
from connectors.contract import Connector, Finding
from connectors.dated import Layout, deliveries, months_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Files, Session
    from connectors.objects import Object

__all__ = ["CONNECTOR", "OciReportsSettings"]

_DAY = re.compile(r"(?:^|/)(20\d{2})/(\d{2})/(\d{2})/[^/]+$")


class OciReportsSettings(S3Settings):
    """The bucket of a tenancy's reports; the endpoint is https://bling.compat.objectstorage.REGION.oraclecloud.com."""

    late_days: int = Field(
        default=7,
        ge=0,
        le=27,
        description="Days after a month's end in which its charges still arrive.",
    )


def _layout(session: Session[OciReportsSettings]) -> Layout:
    def day(item: Object) -> date | None:
        if not item.key.endswith((".csv", ".csv.gz")):
            return None
        found = _DAY.search(item.key)
        if found is None:
            return item.modified.date()
        return date(int(found[1]), int(found[2]), int(found[3]))

    return Layout(day, timedelta(days=session.settings.late_days), timedelta(0))


def read(session: Session[OciReportsSettings]) -> Iterator[Files]:
    """A delivery for each month that has a new file."""
    objects = session.objects(session.settings.url, session.settings.config())
    yield from deliveries(session, objects, _layout(session))


def check(session: Session[OciReportsSettings]) -> Iterator[Finding]:
    """Reach the bucket and say which months it holds."""
    objects = session.objects(session.settings.url, session.settings.config())
    months = months_of(objects, _layout(session))
    detail = ", ".join(f"{month.name} ({month.objects} files)" for month in months)
    yield Finding(ok=bool(months), what="list", detail=detail or f"{objects.url} holds no reports")


CONNECTOR = Connector(
    name="oci-reports",
    about="Oracle Cloud cost reports (FOCUS, or the older CSV) through its S3 interface",
    tables=("costs",),
    settings=OciReportsSettings,
    check=check,
    read=read,
    tested="a real S3 server (moto), the interface Oracle's storage has too",
    policy="""\
```text
define tenancy usage-report as ocid1.tenancy.oc1..aaaaaaaaned4fkpkisbwjlr56u7cj63lf3wffbilvqknstgtvzub7vhqkggq
endorse group GROUP to read objects in tenancy usage-report
```""",
)
