"""A cluster from Prometheus and what speaks its API: Thanos, Mimir, VictoriaMetrics.

    [sources.cluster]
    connector = "prometheus"
    url = "https://prometheus.example.com"
    token = "env:PROMETHEUS_TOKEN"

Accelerators (NVIDIA's dcgm-exporter, AMD's device-metrics-exporter) are read a day at a time, as the samples that
were scraped (`connectors.prometheus.client`); the `dcgm` format joins the copies of one device and gives each
sample its interval. Where kube-state-metrics is scraped too, a pod's workload is its owner (a ReplicaSet's
Deployment) or the label named in `workload_label`, its pool the label named in `pool_label`, and its job the Job that owns
it. Inference engines are read by their own counters into `usage` (`connectors.prometheus.engines`), Kubernetes Jobs
into `jobs` (`connectors.prometheus.jobs`).

A day of samples or counters is read again until it is over and nothing in it has changed: its cursor is how many samples
it has. The day before the newest one read is looked at again, because samples may be written late. Jobs are read
from that day on and stored when they are new or different.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from connectors.arrow import batches_of
from connectors.contract import Connector, Files, Finding, Rows, Sign, Spooled
from connectors.prometheus.client import Client, Dialect
from connectors.prometheus.devices import FAMILIES
from connectors.prometheus.engines import ENGINES, Serving, read_engines
from connectors.prometheus.jobs import JobLabels, read_jobs
from connectors.prometheus.pods import pods_of
from connectors.prometheus.readings import Selection, chunks, write_readings
from connectors.settings import Secret, SourceSettings
from finops.errors import SourceMissing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connectors.contract import Delivery, Session
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
    team_label: str | None = Field(
        default=None,
        description="Pod label whose value is a job's team, as in label_team; else its namespace.",
    )
    deployment_label: str | None = Field(
        default=None,
        description="Label of engines' series that names the deployment; else the pod's workload.",
    )
    provider: str = Field(
        default="self-hosted",
        description="Provider of the engines' models, as the token log names it.",
    )
    tables: tuple[Literal["gpu_samples", "usage", "jobs"], ...] = Field(
        default=("gpu_samples", "usage", "jobs"),
        min_length=1,
        description="What to read: accelerators, engines' counters, Kubernetes Jobs.",
    )
    all_jobs: bool = Field(default=False, description="Also read Jobs that ask for no accelerator.")

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


def read(session: Session[PrometheusSettings]) -> Iterator[Delivery]:
    """A delivery for each day that has changed, and one of the jobs."""
    said = session.settings
    with _http(session) as http:
        client = Client(http, said.dialect)
        if "gpu_samples" in said.tables:
            for start, end in _days(session, "gpu_samples"):
                for family in FAMILIES:
                    yield from _accelerators(session, client, family, start, end)
        if "usage" in said.tables:
            for start, end in _days(session, "usage"):
                yield from _engines(session, client, start, end)
        if "jobs" in said.tables:
            yield from _jobs(session, client)


def check(session: Session[PrometheusSettings]) -> Iterator[Finding]:
    """Whether it answers, and which exporters it has had samples of in the last minutes."""
    said = session.settings
    inside, found = said.matchers, False
    with _http(session) as http:
        client = Client(http, said.dialect)
        named = [(family.name, family.presence) for family in FAMILIES]
        named += [(engine.name, (engine.presence,)) for engine in ENGINES]
        for name, metrics in named:
            count = max(
                client.number(f"count({metric}{{{inside}}})", session.now) for metric in metrics
            )
            found = found or count > 0
            yield Finding(True, name, f"{count:,} series now" if count else "not scraped")
        pods = client.number("count(kube_pod_info)", session.now)
        yield Finding(True, "kube-state-metrics", f"{pods:,} pods now" if pods else "not scraped")
        if not found:
            words = "no exporter has a sample in the last minutes; are the matchers right?"
            yield Finding(True, "accelerators and engines", words)


def _http(session: Session[PrometheusSettings]) -> Http:
    said = session.settings
    return session.http(said.url, said.headers, max_bytes=_GIBIBYTE)


def _first_day(session: Session[PrometheusSettings], read_days: list[date]) -> date:
    if session.window is not None:
        return session.window.start
    since = session.settings.since or session.now.date() - timedelta(days=_DEFAULT_DAYS)
    return max(read_days) - _LOOKBACK if read_days else since


def _days(session: Session[PrometheusSettings], table: str) -> Iterator[tuple[datetime, datetime]]:
    """What is to be looked at, day by day: days asked for, else from the day before the newest one read."""
    streams = [stream for name, stream in session.cursors if name == table]
    day = _first_day(session, [date.fromisoformat(stream.rpartition("/")[2]) for stream in streams])
    stop = session.now if session.window is None else min(_at(session.window.end), session.now)
    while (start := _at(day)) < stop:
        yield start, min(start + timedelta(days=1), session.now)
        day += timedelta(days=1)


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _samples(
    session: Session[PrometheusSettings],
    client: Client,
    metrics: Iterable[str],
    start: datetime,
    end: datetime,
) -> tuple[int, int]:
    """How many series the largest of `metrics` has in `[start, end)`, and the samples of all of them."""
    length = round((end - start).total_seconds())
    series, samples = 0, 0
    for metric in metrics:
        counted = f"count_over_time({metric}{{{session.settings.matchers}}}[{length}s])"
        series = max(series, client.number(f"count({counted})", end))
        samples += client.number(f"sum({counted})", end)
    return series, samples


def _accelerators(
    session: Session[PrometheusSettings],
    client: Client,
    family: Family,
    start: datetime,
    end: datetime,
) -> Iterator[Files]:
    """The readings of one exporter on one day, unless they are those we have."""
    said = session.settings
    devices, samples = _samples(session, client, family.presence, start, end)
    stream = f"{family.name}/{start:%Y-%m-%d}"
    if not devices or session.cursor("gpu_samples", stream) == f"{samples}":
        return
    pods = pods_of(client, start, end, said.workload_label, said.pool_label)
    origin = f"{said.url}/{family.name}/{start:%Y-%m-%d}.csv"
    path = session.spool.place(origin, "readings")
    session.tell(f"{family.name} {start:%Y-%m-%d}", 0, None)
    written = write_readings(
        client,
        path,
        chunks(start, end, devices, said.scrape_s),
        Selection(
            family,
            said.matchers,
            pods.workloads,
            pods.pools,
            pods.jobs,
            said.cluster or session.source,
        ),
    )
    if not written.lines:
        raise SourceMissing(
            f"{session.source}: {family.name} had samples on {start:%Y-%m-%d} a moment ago and has none now",
            hint="the server's retention may just have dropped them; pull again",
        )
    yield Files("gpu_samples", stream, f"{samples}", (Spooled(path, origin),), hint="dcgm")


def _engines(
    session: Session[PrometheusSettings], client: Client, start: datetime, end: datetime
) -> Iterator[Rows]:
    """What every engine counted on one day, unless it is what we have."""
    said = session.settings
    _, samples = _samples(session, client, [engine.presence for engine in ENGINES], start, end)
    stream = f"engines/{start:%Y-%m-%d}"
    if not samples or session.cursor("usage", stream) == f"{samples}":
        return
    session.tell(f"engines {start:%Y-%m-%d}", 0, None)
    pods = pods_of(client, start, end, said.workload_label, None)
    day = read_engines(
        client,
        start,
        end,
        Serving(said.matchers, said.provider, said.deployment_label, pods.workloads, said.scrape_s),
    )
    for note in day.notes:
        session.note(note)
    yield Rows("usage", stream, f"{samples}", batches_of("usage", day.rows))


def _jobs(session: Session[PrometheusSettings], client: Client) -> Iterator[Rows]:
    """Every Job since the day before the newest one read, unless they are as we have them."""
    said = session.settings
    before = session.cursor("jobs", "jobs")
    read_days = [] if before is None else [date.fromisoformat(before.partition("/")[0])]
    start = _at(_first_day(session, read_days))
    end = session.now if session.window is None else min(_at(session.window.end), session.now)
    if start >= end:
        return
    labels = JobLabels(
        said.team_label, said.pool_label, said.cluster or session.source, said.scrape_s
    )
    found = read_jobs(client, start, end, session.now, labels)
    rows = [row for row in found.rows if said.all_jobs or row["gpu_count"]]
    for note in found.notes:
        session.note(note)
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
    if rows and (before is None or before.partition("/")[2] != digest):
        cursor = f"{session.now.date()}/{digest}"
        yield Rows("jobs", "jobs", cursor, batches_of("jobs", rows))


CONNECTOR = Connector(
    name="prometheus",
    about="accelerators, inference engines and Kubernetes Jobs from Prometheus, Thanos, Mimir or VictoriaMetrics",
    tables=("gpu_samples", "usage", "jobs"),
    settings=PrometheusSettings,
    check=check,
    read=read,
    tested="a real Prometheus; Thanos, Mimir and VictoriaMetrics by recorded shapes",
    policy=(
        "Reading the query API: `GET /api/v1/query` (VictoriaMetrics: also `GET /api/v1/export`). Nothing is "
        "written, and neither `--web.enable-admin-api` nor `--web.enable-lifecycle` is needed."
    ),
    signs=(
        Sign("variable", "PROMETHEUS_URL", {"url": "{value}"}),
        Sign("address", "http://localhost:9090/-/ready", {"url": "http://localhost:9090"}),
    ),
)
