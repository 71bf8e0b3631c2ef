"""A real Prometheus with the samples a test says: its blocks are built by promtool, nothing is scraped."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx

from tests.connectors.pull.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["EXPORTER", "START", "Sample", "device", "held", "prometheus_with"]

START = datetime(2026, 10, 5, tzinfo=UTC)
EXPORTER = {"pod": "dcgm-exporter-x", "namespace": "monitoring", "container": "exporter"}


class Sample(NamedTuple):
    """One sample of one series, `minute` after `START`."""

    metric: str
    labels: Mapping[str, object]
    minute: float
    value: float

    @property
    def line(self) -> str:
        """As OpenMetrics writes it."""
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        at = int(START.timestamp() + 60 * self.minute)
        return f"{self.metric}{{{labels}}} {self.value} {at}"


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
    """The device in each of `minutes`, as the exporter's own pod says it."""
    for minute in minutes:
        yield from device(number, minute, **{**EXPORTER, **labels})


def prometheus_with(*blocks: Iterable[Sample]) -> str:
    """The address of a Prometheus that holds `blocks`, each a block of its own; it lives as long as the tests."""
    folder = Path(tempfile.mkdtemp(prefix="finops-prometheus-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "data").mkdir()
    for number, samples in enumerate(blocks):
        _add(folder, number, samples)
    port = free_port()
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1m}\n")
    running = subprocess.Popen(
        [
            "prometheus", f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    atexit.register(_end, running)
    address = f"http://127.0.0.1:{port}"
    for _ in range(1200):
        if _is_ready(address):
            return address
        time.sleep(0.05)
    raise AssertionError("Prometheus does not start")


def _add(folder: Path, number: int, samples: Iterable[Sample]) -> None:
    families: dict[str, dict[str, None]] = {}
    for sample in samples:
        families.setdefault(sample.metric, {})[sample.line] = None
    lines = []
    for name, found in families.items():
        lines.append(f"# TYPE {name} gauge")
        lines += found
    written, built = folder / f"{number}.om", folder / f"built-{number}"
    written.write_text("\n".join([*lines, "# EOF", ""]))
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h",
         written, built],
        check=True, capture_output=True,
    )  # fmt: skip
    for block in built.iterdir():
        shutil.move(block, folder / "data" / block.name)


def _end(running: subprocess.Popen[bytes]) -> None:
    running.kill()
    running.wait()


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/-/ready", timeout=1).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
