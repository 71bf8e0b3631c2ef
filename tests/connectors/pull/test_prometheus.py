"""Accelerators from a real Prometheus, its blocks built by promtool: GPU-hours come out exactly.

VictoriaMetrics, Thanos and Mimir do not run here: their answers are recorded from the shapes they document.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

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
from tests.connectors.pull.prometheus_server import (
    EXPORTER,
    START,
    Sample,
    device,
    held,
    prometheus_with,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.contract import Connector

pytestmark = pytest.mark.needs("prometheus", "promtool")

NOW = START + timedelta(days=3)


def counted(model: str, minutes: range, **labels: object) -> Iterator[Sample]:
    """A vLLM engine that reads 100 tokens and writes 10 for each request, one a minute, since minute 1400."""
    said = {"model_name": model, "engine": "0", **labels}
    for minute in minutes:
        done = minute - 1400
        yield Sample("vllm:prompt_tokens_total", said, minute, 100 * done)
        yield Sample("vllm:generation_tokens_total", said, minute, 10 * done)
        finished = {**said, "finished_reason": "stop"}
        yield Sample("vllm:request_success_total", finished, minute, done)


def trained(name: str, made: int, minutes: range, ended: int | None) -> Iterator[Sample]:
    """A Job that was made at minute `made`, seen in `minutes`, and ended at `ended`: one pod with two devices."""
    job = {"namespace": "ml", "job_name": name}
    pod = {"namespace": "ml", "pod": f"{name}-x"}
    start = START.timestamp()
    for minute in minutes:
        yield Sample("kube_node_info", {"node": "n1"}, minute, 1)
        yield Sample("kube_job_created", job, minute, start + 60 * made)
        yield Sample("kube_job_status_start_time", job, minute, start + 60 * made)
        if ended is not None and minute >= ended:
            yield Sample("kube_job_status_completion_time", job, minute, start + 60 * ended)
        owner = {**pod, "owner_kind": "Job", "owner_name": name}
        yield Sample("kube_pod_owner", owner, minute, 1)
        asked = {**pod, "container": "c", "resource": "nvidia_com_gpu", "unit": "integer"}
        yield Sample("kube_pod_container_resource_requests", asked, minute, 2)


def first_block() -> Iterator[Sample]:
    for number in (0, 1):
        yield from held(number, range(1430, 1450), cluster="c")
    yield from counted("chat", range(1430, 1450))
    yield from trained("one", 1425, range(1430, 1436), 1435)
    yield from trained("two", 1431, range(1431, 1450), None)


def later_block() -> Iterator[Sample]:
    for minutes in (range(1440, 1450), range(2880, 2890)):
        yield from held(2, minutes, cluster="c")
        yield from counted("draft", minutes)
    yield from counted("chat", range(2880, 2890))
    yield from trained("two", 1431, range(2880, 2890), 2885)


@functools.cache
def standing(*, all_of_it: bool) -> str:
    """A server with the first block, or with both."""
    return prometheus_with(first_block(), *([later_block()] if all_of_it else []))


class PrometheusRig(Rig):
    """Devices, an engine and Jobs over two days, then a third day, and more of the second."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_TOKEN": "planted-prometheus-token"}
    now: ClassVar[datetime] = START + timedelta(days=2)
    window: ClassVar[Period] = Period(date(2026, 10, 5), date(2026, 10, 7))
    split: ClassVar[date] = date(2026, 10, 6)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.all_of_it = False

    @property
    def address(self) -> str:
        return standing(all_of_it=self.all_of_it)

    def settings(self, address: str) -> dict[str, Any]:
        return {"url": address, "token": "env:PLANTED_TOKEN", "since": date(2026, 10, 4)}

    def first(self) -> None:
        self.all_of_it = False

    def later(self) -> None:
        self.all_of_it = True


TestPrometheus = suite(PrometheusRig)


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


def changing_hands() -> Iterator[Sample]:
    """A pod has GPU 0 for 10 h and hands it to another for 7; GPU 1 is nobody's for 20 h."""
    yield from held(0, range(600), case="hands", exported_pod="web-5d-a", exported_namespace="prod")
    yield from held(
        0, range(600, 1020), case="hands", exported_pod="job-1-x", exported_namespace="prod"
    )
    yield from held(1, range(1200), case="hands")
    owner = {"namespace": "prod", "pod": "web-5d-a", "owner_kind": "ReplicaSet", "owner_name": "web-5d"}  # fmt: skip
    above = {"namespace": "prod", "replicaset": "web-5d", "owner_kind": "Deployment", "owner_name": "web"}  # fmt: skip
    for minute in range(1020):
        yield Sample("kube_pod_owner", owner, minute, 1)
        yield Sample("kube_replicaset_owner", above, minute, 1)


def copied() -> Iterator[Sample]:
    """A series per job line and one per sharing pod."""
    for job in ("41", "42"):
        yield from held(0, range(60), case="copies", hpc_job=job)
    for pod in ("a", "b"):
        yield from held(1, range(60), case="copies", exported_pod=pod, exported_namespace="prod")


def with_a_gap() -> Iterator[Sample]:
    yield from held(0, range(60), case="gap")
    yield from held(0, range(300, 360), case="gap")
    said = {"gpu": 0, "UUID": "GPU-0", "case": "gap", **EXPORTER}
    yield Sample("DCGM_FI_DEV_SM_CLOCK", said, 3, 9.2e18)


def plain() -> Iterator[Sample]:
    for minute in range(60):
        yield from device(0, minute, case="plain", pod="web", namespace="prod", container="server")


def labelled() -> Iterator[Sample]:
    for number, job in ((0, "dcgm"), (1, "other")):
        yield from held(number, range(60), job=job, exported_pod="p", exported_namespace="n")
    said = {"namespace": "n", "pod": "p", "label_pool": "h100", "label_app": "chat"}
    yield Sample("kube_pod_labels", said, 1, 1)


def of_amd() -> Iterator[Sample]:
    """Percent, megabytes and microjoules; partitions other than 0 are the same device."""
    for minute in range(60):
        for partition in ("0", "1"):
            said = {"serial_number": "S1", "card_model": "MI300X", "hostname": "n2",
                    "gpu_partition_id": partition, "case": "amd"}  # fmt: skip
            yield Sample("gpu_gfx_activity", said, minute, 80 if partition == "0" else 0)
            yield Sample("gpu_used_vram", said, minute, 1000)
            yield Sample("gpu_free_vram", said, minute, 191_000)
            yield Sample("gpu_energy_consumed", said, minute, 700 * 60 * 1e6 * minute)


@pytest.fixture(scope="module")
def server() -> str:
    """A server with every case, told apart by a label."""
    cases = (changing_hands, copied, with_a_gap, plain, labelled, of_amd)
    return prometheus_with(chain.from_iterable(case() for case in cases))


def test_gpu_hours_are_exact_where_a_device_changes_hands(server: str, tmp_path: Path) -> None:
    ledger = pulled(tmp_path, url=server, scrape_s=60, matchers='case="hands"')
    assert asked(ledger, HOURS) == [
        ("GPU-0", "job-1-x", None, 7.0, 420),
        ("GPU-0", "web-5d-a", "web", 10.0, 600),
        ("GPU-1", None, None, 20.0, 1200),
    ]
    ((cluster, util, memory),) = asked(
        ledger, "select distinct cluster, gpu_util, memory_total_bytes from gpu_samples"
    )
    assert (cluster, util, memory) == ("k8s", 0.5, 80_000 * 1024 * 1024)


def test_copies_of_a_device_are_one_device(server: str, tmp_path: Path) -> None:
    """Still one device-hour an hour."""
    ledger = pulled(tmp_path, url=server, matchers='case="copies"')
    assert asked(
        ledger, "select device_uuid, sum(interval_s) / 3600 from gpu_samples group by 1 order by 1"
    ) == [
        ("GPU-0", 1.0),
        ("GPU-1", 1.0),
    ]


def test_a_gap_is_not_filled_and_blanks_are_no_readings(server: str, tmp_path: Path) -> None:
    ledger = pulled(tmp_path, url=server, matchers='case="gap"')
    ((hours, longest, clock),) = asked(
        ledger, "select sum(interval_s) / 3600, max(interval_s), max(sm_clock_mhz) from gpu_samples"
    )
    assert hours == pytest.approx(2 + 2 / 60)  # the reading before the gap stands for three minutes
    assert (longest, clock) == (180.0, None)


def test_plain_pods_are_believed_where_prometheus_kept_them(server: str, tmp_path: Path) -> None:
    ledger = pulled(tmp_path, url=server, matchers='case="plain"')
    assert asked(ledger, "select distinct pod, namespace from gpu_samples") == [("web", "prod")]


def test_matchers_choose_and_labels_name_the_pool(server: str, tmp_path: Path) -> None:
    ledger = pulled(
        tmp_path, url=f"{server}/api/v1/", matchers='{job="dcgm"}',
        pool_label="label_pool", workload_label="label_app", cluster="fra",
    )  # fmt: skip
    assert asked(
        ledger, "select distinct device_uuid, pool, workload, cluster from gpu_samples"
    ) == [("GPU-0", "h100", "chat", "fra")]


def test_amd_devices_speak_in_other_units(server: str, tmp_path: Path) -> None:
    ledger = pulled(tmp_path, url=server, matchers='case="amd"')
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
