"""Accelerators from Prometheus and what speaks its API: Thanos, Mimir, VictoriaMetrics.

    [sources.cluster]
    connector = "prometheus"
    url = "https://prometheus.example.com"
    token = "env:PROMETHEUS_TOKEN"

NVIDIA's dcgm-exporter and AMD's device-metrics-exporter are read, a day at a time, as the samples that were
scraped (`connectors.prometheus.client`); the `dcgm` format joins the copies of one device and gives each
sample its interval. Where kube-state-metrics is scraped too, a pod's workload is its owner (a ReplicaSet's
Deployment) or the label named in `workload_label`, and its pool the label named in `pool_label`.

A day is read again until it is over and nothing in it has changed: its cursor is how many samples it
has. The day before the newest one read is looked at again, because samples may be written late.
"""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field, field_validator, model_validator

from connectors.contract import Connector, Files, Finding, Spooled
from connectors.prometheus.client import Client, Dialect
from connectors.prometheus.devices import FAMILIES
from connectors.prometheus.pods import pods_of
from connectors.prometheus.readings import Selection, chunks, write_readings
from connectors.settings import Secret, SourceSettings
from finops.errors import SourceMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Session
    from connectors.http import Http
    from connectors.prometheus.devices import Family

__all__ = ["CONNECTOR", "PrometheusSettings"]

_LOOKBACK = timedelta(days=1)
_DEFAULT_DAYS = 30
_GIBIBYTE = 1024**3


class PrometheusSettings(SourceSettings):
    """Where Prometheus answers, and which of its series are meant."""

    url: str = Field(description="Address of the API, up to where /api/v1 begins.")
    dialect: Dialect = Field(
        default=Dialect.PROMETHEUS,
        description="Who answers: prometheus, thanos, mimir or victoriametrics.",
    )
    token: Secret | None = Field(default=None, description="Bearer token.")
    user: str | None = Field(default=None, description="User, where a password is asked for.")
    password: Secret | None = Field(default=None, description="That user's password.")
    tenant: str | None = Field(default=None, description="Tenant, sent as X-Scope-OrgID.")
    cluster: str | None = Field(
        default=None,
        description="Cluster of series without a cluster label; else the source's name.",
    )
    matchers: str = Field(
        default="", description='Label matchers for every series, as in PromQL: job="dcgm".'
    )
    scrape_s: float = Field(
        default=15.0, gt=0, le=3600, description="Seconds between scrapes; sizes the requests only."
    )
    workload_label: str | None = Field(
        default=None, description="Pod label whose value is the workload, as in label_app."
    )
    pool_label: str | None = Field(
        default=None, description="Pod label whose value is the pool, as in label_pool."
    )

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("write http:// or https:// and the address")
        return value.rstrip("/").removesuffix("/api/v1")

    @field_validator("matchers")
    @classmethod
    def _inside(cls, value: str) -> str:
        return value.strip().removeprefix("{").removesuffix("}").strip().rstrip(",")

    @model_validator(mode="after")
    def _one_way_in(self) -> PrometheusSettings:
        if self.token is not None and self.password is not None:
            raise ValueError("give a token, or a user and a password, not both")
        if (self.user is None) != (self.password is None):
            raise ValueError("a user and a password belong together")
        return self

    def headers(self, request: object) -> Mapping[str, str]:
        """Credentials and tenant of one request."""
        del request
        found = {} if self.tenant is None else {"X-Scope-OrgID": self.tenant}
        if self.token is not None:
            found["Authorization"] = f"Bearer {self.token.reveal()}"
        elif self.password is not None:
            pair = f"{self.user}:{self.password.reveal()}".encode()
            found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return found


def read(session: Session[PrometheusSettings]) -> Iterator[Files]:
    """A delivery for each day that has changed."""
    with _http(session) as http:
        client = Client(http, session.settings.dialect)
        for day in _days(session):
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            end = min(start + timedelta(days=1), session.now)
            for family in FAMILIES:
                yield from _day(session, client, family, start, end)


def check(session: Session[PrometheusSettings]) -> Iterator[Finding]:
    """Whether it answers, and which exporters it has had samples of in the last hour."""
    with _http(session) as http:
        client = Client(http, session.settings.dialect)
        inside = session.settings.matchers
        found = False
        for family in FAMILIES:
            count = max(
                client.number(f"count({name}{{{inside}}})", session.now) for name in family.presence
            )
            found = found or count > 0
            yield Finding(True, family.name, f"{count:,} series now" if count else "not scraped")
        pods = client.number("count(kube_pod_info)", session.now)
        yield Finding(True, "kube-state-metrics", f"{pods:,} pods now" if pods else "not scraped")
        if not found:
            said = "no exporter has a sample in the last minutes; are the matchers right?"
            yield Finding(True, "accelerators", said)


def _http(session: Session[PrometheusSettings]) -> Http:
    said = session.settings
    return session.http(said.url, said.headers, max_bytes=_GIBIBYTE)


def _days(session: Session[PrometheusSettings]) -> list[date]:
    """Days to look at, oldest first: those asked for, else from the day before the newest one read."""
    today = session.now.date()
    if session.window is not None:
        first, last = session.window.start, min(session.window.end - timedelta(days=1), today)
    else:
        streams = [stream for table, stream in session.cursors if table == "gpu_samples"]
        read_days = [date.fromisoformat(stream.rpartition("/")[2]) for stream in streams]
        since = session.settings.since or today - timedelta(days=_DEFAULT_DAYS)
        first, last = (max(read_days) - _LOOKBACK if read_days else since), today
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day(
    session: Session[PrometheusSettings],
    client: Client,
    family: Family,
    start: datetime,
    end: datetime,
) -> Iterator[Files]:
    """The readings of one exporter on one day, unless they are those we have."""
    if start >= end:
        return
    said = session.settings
    inside = f"{{{said.matchers}}}"
    length = round((end - start).total_seconds())
    devices, samples = 0, 0
    for name in family.presence:
        counted = f"count_over_time({name}{inside}[{length}s])"
        devices = max(devices, client.number(f"count({counted})", end))
        samples += client.number(f"sum({counted})", end)
    if not devices:
        return
    stream = f"{family.name}/{start:%Y-%m-%d}"
    if session.cursor("gpu_samples", stream) == f"{samples}":
        return
    pods = pods_of(client, start, end, said.workload_label, said.pool_label)
    cluster = said.cluster or session.source
    origin = f"{said.url}/{family.name}/{start:%Y-%m-%d}.csv"
    path = session.spool.place(origin, "readings")
    session.tell(f"{family.name} {start:%Y-%m-%d}", 0, None)
    written = write_readings(
        client,
        path,
        chunks(start, end, devices, said.scrape_s),
        Selection(family, said.matchers, pods.workloads, pods.pools, cluster),
    )
    if not written.lines:
        raise SourceMissing(
            f"{session.source}: {family.name} had samples on {start:%Y-%m-%d} a moment ago and has none now",
            hint="the server's retention may just have dropped them; pull again",
        )
    yield Files("gpu_samples", stream, f"{samples}", (Spooled(path, origin),), hint="dcgm")


CONNECTOR = Connector(
    name="prometheus",
    about="accelerators (dcgm-exporter, AMD) from Prometheus, Thanos, Mimir or VictoriaMetrics",
    tables=("gpu_samples",),
    settings=PrometheusSettings,
    check=check,
    read=read,
    policy=(
        "Reading the query API: `GET /api/v1/query` (VictoriaMetrics: also `GET /api/v1/export`). Nothing is "
        "written, and neither `--web.enable-admin-api` nor `--web.enable-lifecycle` is needed."
    ),
)
