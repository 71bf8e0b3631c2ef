"""Accelerators from a real Prometheus, its blocks built by promtool: GPU-hours come out exactly.

VictoriaMetrics, Thanos and Mimir do not run here: their answers are recorded from the shapes they document.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import httpx
import pytest

from connectors.configured import Source, settings_of
from connectors.conformance import Rig, suite
from connectors.conformance.fake import FakeSource
from connectors.http import Http
from connectors.prometheus.client import Client, Dialect
from connectors.pulling import PullOptions, pull
from connectors.sources.prometheus import CONNECTOR, PrometheusSettings
from finops.errors import ConfigError, SourceError, SourceUnavailable
from finops.ledger.engine import query
from finops.ledger.store import Ledger
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.contract import Connector

pytestmark = pytest.mark.needs("prometheus", "promtool")

START = datetime(2026, 10, 5, tzinfo=UTC)
NOW = START + timedelta(days=3)
EXPORTER = {"pod": "dcgm-exporter-x", "namespace": "monitoring", "container": "exporter"}


class Sample(NamedTuple):
    """One sample of one series, `minute` after `START`."""

    metric: str
    labels: Mapping[str, object]
    minute: int
    value: float


def device(number: int, minute: int, **labels: object) -> Iterator[Sample]:
    """What dcgm-exporter says of a device in a minute: half busy, 300 W, its memory."""
    said = {"gpu": number, "UUID": f"GPU-{number}", "modelName": "H100", "Hostname": "n1", **labels}
    readings = {
        "DCGM_FI_DEV_GPU_UTIL": 50,
        "DCGM_FI_DEV_FB_USED": 1000,
        "DCGM_FI_DEV_FB_FREE": 79_000,
        "DCGM_FI_DEV_POWER_USAGE": 300,
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": 300 * 60 * 1000 * minute,
    }
    for metric, value in readings.items():
        yield Sample(metric, said, minute, value)


def held(number: int, minutes: range, **labels: object) -> Iterator[Sample]:
    for minute in minutes:
        yield from device(number, minute, **{**EXPORTER, **labels})


def _line(one: Sample) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in one.labels.items())
    at = int(START.timestamp()) + 60 * one.minute
    return f"{one.metric}{{{labels}}} {one.value} {at}"


class Server:
    """A Prometheus on this machine with the blocks it is given, and nothing to scrape."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blocks = 0
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1m}\n")
        self.running: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, samples: Iterator[Sample]) -> None:
        """Put `samples` into a block of their own, and start again with it."""
        self.stop()
        families: dict[str, list[Sample]] = {}
        for sample in samples:
            families.setdefault(sample.metric, []).append(sample)
        lines = []
        for name, found in families.items():
            lines.append(f"# TYPE {name} gauge")
            lines += [_line(one) for one in found]
        self.blocks += 1
        written = self.folder / f"{self.blocks}.om"
        written.write_text("\n".join([*lines, "# EOF", ""]))
        built = self.folder / f"built-{self.blocks}"
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h",
             written, built],
            check=True, capture_output=True,
        )  # fmt: skip
        for block in built.iterdir():
            shutil.move(block, self.folder / "data" / block.name)
        self.start()

    def start(self) -> None:
        self.running = subprocess.Popen(
            [
                "prometheus", f"--config.file={self.folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.folder / 'data'}", "--storage.tsdb.retention.time=100y",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(400):
            if _is_ready(self.address):
                return
            time.sleep(0.05)
        raise AssertionError("Prometheus does not start")

    def stop(self) -> None:
        if self.running is not None:
            self.running.terminate()
            self.running.wait(timeout=20)
            self.running = None


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/-/ready", timeout=1).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


class PrometheusRig(Rig):
    """Two devices over two days, then a third day and another device on the second."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_TOKEN": "planted-prometheus-token"}
    now: ClassVar[datetime] = START + timedelta(days=2)
    window: ClassVar[Period] = Period(date(2026, 10, 5), date(2026, 10, 7))
    split: ClassVar[date] = date(2026, 10, 6)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "data").mkdir()
        self.server = Server(folder)

    @property
    def address(self) -> str:
        return self.server.address

    def settings(self, address: str) -> dict[str, Any]:
        return {"url": address, "token": "env:PLANTED_TOKEN", "since": date(2026, 10, 4)}

    def first(self) -> None:
        self.server.add(
            sample for number in (0, 1) for sample in held(number, range(1430, 1450), cluster="c")
        )

    def later(self) -> None:
        self.server.add(
            sample
            for minutes in (range(1440, 1450), range(2880, 2890))
            for sample in held(2, minutes, cluster="c")
        )

    def stop(self) -> None:
        self.server.stop()


TestPrometheus = suite(PrometheusRig)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "prometheus"
    (folder / "data").mkdir(parents=True)
    made = Server(folder)
    yield made
    made.stop()


def pulled(folder: Path, **settings: Any) -> Ledger:  # noqa: ANN401  (settings of any kind)
    ledger = Ledger.open(str(folder / "ledger"), create=True)
    said = {"since": date(2026, 10, 4), **settings}
    source = Source("k8s", CONNECTOR, settings_of("k8s", CONNECTOR, said))
    (result,) = pull(ledger, [source], PullOptions(now=NOW))
    assert result.error is None
    return ledger


def asked(ledger: Ledger, sql: str) -> list[tuple[Any, ...]]:
    with ledger.connect(["gpu_samples"]) as con:
        return query(con, sql)


HOURS = (
    "select device_uuid, pod, workload, cast(sum(interval_s) as bigint) / 3600, count(*) "
    "from gpu_samples group by all order by all"
)


def test_gpu_hours_are_exact_where_a_device_changes_hands(server: Server, tmp_path: Path) -> None:
    """A pod has GPU 0 for 10 h and hands it to another for 7; GPU 1 is nobody's for 20 h."""

    def samples() -> Iterator[Sample]:
        yield from held(0, range(600), exported_pod="web-5d-a", exported_namespace="prod")
        yield from held(0, range(600, 1020), exported_pod="job-1-x", exported_namespace="prod")
        yield from held(1, range(1200))
        for minute in range(1020):
            yield Sample(
                "kube_pod_owner",
                {"namespace": "prod", "pod": "web-5d-a", "owner_kind": "ReplicaSet",
                 "owner_name": "web-5d"}, minute, 1,
            )  # fmt: skip
            yield Sample(
                "kube_replicaset_owner",
                {"namespace": "prod", "replicaset": "web-5d", "owner_kind": "Deployment",
                 "owner_name": "web"}, minute, 1,
            )  # fmt: skip

    server.add(samples())
    ledger = pulled(tmp_path, url=server.address, scrape_s=60)
    assert asked(ledger, HOURS) == [
        ("GPU-0", "job-1-x", None, 7.0, 420),
        ("GPU-0", "web-5d-a", "web", 10.0, 600),
        ("GPU-1", None, None, 20.0, 1200),
    ]
    ((cluster, util, memory),) = asked(
        ledger, "select distinct cluster, gpu_util, memory_total_bytes from gpu_samples"
    )
    assert (cluster, util, memory) == ("k8s", 0.5, 80_000 * 1024 * 1024)


def test_copies_of_a_device_are_one_device(server: Server, tmp_path: Path) -> None:
    """A series per job line and one per sharing pod: still one device-hour an hour."""

    def samples() -> Iterator[Sample]:
        for job in ("41", "42"):
            yield from held(0, range(60), hpc_job=job)
        for pod in ("a", "b"):
            yield from held(1, range(60), exported_pod=pod, exported_namespace="prod")

    server.add(samples())
    ledger = pulled(tmp_path, url=server.address)
    assert asked(
        ledger, "select device_uuid, sum(interval_s) / 3600 from gpu_samples group by 1 order by 1"
    ) == [
        ("GPU-0", 1.0),
        ("GPU-1", 1.0),
    ]


def test_a_gap_is_not_filled_and_blanks_are_no_readings(server: Server, tmp_path: Path) -> None:
    def samples() -> Iterator[Sample]:
        yield from held(0, range(60))
        yield from held(0, range(300, 360))
        yield Sample("DCGM_FI_DEV_SM_CLOCK", {"gpu": 0, "UUID": "GPU-0", **EXPORTER}, 3, 9.2e18)

    server.add(samples())
    ledger = pulled(tmp_path, url=server.address)
    ((hours, longest, clock),) = asked(
        ledger, "select sum(interval_s) / 3600, max(interval_s), max(sm_clock_mhz) from gpu_samples"
    )
    assert hours == pytest.approx(2 + 2 / 60)  # the reading before the gap stands for three minutes
    assert (longest, clock) == (180.0, None)


def test_plain_pods_are_believed_where_prometheus_kept_them(server: Server, tmp_path: Path) -> None:
    server.add(
        sample
        for minute in range(60)
        for sample in device(0, minute, pod="web", namespace="prod", container="server")
    )
    ledger = pulled(tmp_path, url=server.address)
    assert asked(ledger, "select distinct pod, namespace from gpu_samples") == [("web", "prod")]


def test_matchers_choose_and_labels_name_the_pool(server: Server, tmp_path: Path) -> None:
    def samples() -> Iterator[Sample]:
        for number, job in ((0, "dcgm"), (1, "other")):
            yield from held(number, range(60), job=job, exported_pod="p", exported_namespace="n")
        yield Sample(
            "kube_pod_labels",
            {"namespace": "n", "pod": "p", "label_pool": "h100", "label_app": "chat"}, 1, 1,
        )  # fmt: skip

    server.add(samples())
    ledger = pulled(
        tmp_path, url=f"{server.address}/api/v1/", matchers='{job="dcgm"}',
        pool_label="label_pool", workload_label="label_app", cluster="fra",
    )  # fmt: skip
    assert asked(
        ledger, "select distinct device_uuid, pool, workload, cluster from gpu_samples"
    ) == [("GPU-0", "h100", "chat", "fra")]


def test_amd_devices_speak_in_other_units(server: Server, tmp_path: Path) -> None:
    """Percent, megabytes and microjoules; partitions other than 0 are the same device."""

    def samples() -> Iterator[Sample]:
        for minute in range(60):
            for partition in ("0", "1"):
                said = {"serial_number": "S1", "card_model": "MI300X", "hostname": "n2",
                        "gpu_partition_id": partition}  # fmt: skip
                yield Sample("gpu_gfx_activity", said, minute, 80 if partition == "0" else 0)
                yield Sample("gpu_used_vram", said, minute, 1000)
                yield Sample("gpu_free_vram", said, minute, 191_000)
                yield Sample("gpu_energy_consumed", said, minute, 700 * 60 * 1e6 * minute)

    server.add(samples())
    ledger = pulled(tmp_path, url=server.address)
    ((device_, model, util, total, energy, hours),) = asked(
        ledger,
        "select device_uuid, device_model, avg(gpu_util), max(memory_total_bytes), max(energy_j), "
        "sum(interval_s) / 3600 from gpu_samples group by 1, 2",
    )
    assert (device_, model, hours) == ("S1", "MI300X", 1.0)
    assert util == pytest.approx(0.8)
    assert total == pytest.approx(192e9, rel=1e-6)
    assert energy == pytest.approx(700 * 60)


@contextmanager
def client(answer: FakeSource, dialect: Dialect) -> Iterator[Client]:
    settings = PrometheusSettings(url=answer.address, retry_wait_s=0, attempts=2)
    with Http("p", answer.address, settings) as http:
        yield Client(http, dialect)


def test_victoriametrics_is_asked_for_its_export() -> None:
    """Shape of /api/v1/export as documented: a series a line, times in milliseconds, null for a gap."""
    line = {"metric": {"UUID": "G"}, "values": [1, None, 3], "timestamps": [1000, 2000, 3000]}
    start = datetime.fromtimestamp(1, tz=UTC)
    stop = start + timedelta(seconds=2)
    with FakeSource(lambda _: (200, line)) as source, client(source, Dialect.VICTORIAMETRICS) as it:
        (series,) = it.raw("up{}", start, stop)
    assert series.samples == [(1000, "1")]
    assert source.asked[0].path == "/api/v1/export"
    assert source.asked[0].params["match[]"] == ["up{}"]


def test_thanos_may_not_answer_in_part() -> None:
    """A store that is down gives status 200 and a warning."""
    part = {
        "status": "success",
        "warnings": ["store b is down"],
        "data": {"resultType": "matrix", "result": []},
    }
    with (
        FakeSource(lambda _: (200, part)) as source,
        client(source, Dialect.THANOS) as it,
        pytest.raises(SourceUnavailable, match="partial: store b is down"),
    ):
        list(it.raw("up{}", START, NOW))
    assert source.asked[0].params["partial_response"] == ["false"]
    assert source.asked[0].params["max_source_resolution"] == ["0s"]


def test_what_is_no_prometheus_is_said_to_be_none() -> None:
    with (
        FakeSource(lambda _: (200, [])) as source,
        client(source, Dialect.MIMIR) as it,
        pytest.raises(SourceError, match="answered as no Prometheus does"),
    ):
        list(it.raw("up{}", START, NOW))


def test_mimir_is_told_whose_series_are_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "p")
    said = PrometheusSettings(
        url="http://m/prometheus", tenant="a", user="u", password="env:PASSWORD"
    )
    assert said.headers(None) == {"X-Scope-OrgID": "a", "Authorization": "Basic dTpw"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "prometheus"}, "write http:// or https://"),
        ({"url": "http://p", "user": "u"}, "belong together"),
        ({"url": "http://p", "token": "env:A", "user": "u", "password": "env:B"}, "not both"),
        ({"url": "http://p", "token": "s3cret"}, "write where the secret is"),
    ],
)
def test_settings_that_contradict_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        settings_of("k8s", CONNECTOR, wrong)
    assert "s3cret" not in str(caught.value)
