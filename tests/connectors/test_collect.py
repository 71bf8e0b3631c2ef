"""`finops collect gpu` against a driver's library built for the test: its functions have NVML's documented shapes.

No NVIDIA driver runs here; the Python binding, its structures and the command are the real ones.
"""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.local_gpu.holders import Holder, holder_of
from connectors.local_gpu.nvml import Reading
from connectors.local_gpu.sampling import Labels, samples
from finops.ledger.engine import query
from finops.ledger.store import Ledger

FAKE = Path(__file__).parent / "nvml" / "fake_nvml.c"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory, needs_session: None) -> Path:
    folder = tmp_path_factory.mktemp("nvml")
    library = folder / "libnvidia-ml.so.1"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, FAKE], check=True)
    return folder


@pytest.fixture(scope="module")
def needs_session() -> None:
    from tests.conftest import require

    require("gcc", "pynvml")


def collect(driver: Path | None, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    found = {**os.environ, **environment}
    if driver is not None:
        found["LD_LIBRARY_PATH"] = str(driver)
    command = [sys.executable, "-c", "from finops.cli.app import run; run()", "collect", "gpu"]
    return subprocess.Popen(
        [*command, *arguments], env=found, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_file_has_every_device_and_slice(driver: Path, tmp_path: Path) -> None:
    file = tmp_path / "gpus.csv"
    code, out, err = finished(
        collect(driver, "--interval", "0.2s", "--duration", "1s", "-o", str(file), "--pool", "h100",
                "--node", "n1", FAKE_NVML_PID=str(os.getpid()))
    )  # fmt: skip
    assert (code, out) == (0, "")
    found = rows(file)
    assert f"{len(found)} samples of n1 are in {file}" in err
    devices = {(row["device_uuid"], row["mig_profile"]) for row in found}
    assert devices == {("GPU-0", ""), ("GPU-1", "2/3g.40gb"), ("GPU-1", "9/1g.10gb")}
    last = [row for row in found if row["device_uuid"] == "GPU-0"][-1]
    assert (last["gpu_util"], last["memory_used_bytes"], last["power_w"]) == (
        "0.6",
        "20000",
        "700.0",
    )
    assert [last[name] for name in ("gr_engine_active", "sm_active", "tensor_active", "dram_active")] == [
        "0.1", "0.2", "0.3", "",
    ]  # fmt: skip
    assert (last["node"], last["pool"]) == ("n1", "h100")
    assert last["workload"]
    interval = float(last["interval_s"])
    assert float(last["energy_j"]) / interval == pytest.approx(700, rel=0.1)
    assert float(last["throttle_s"]) / interval == pytest.approx(0.5, rel=0.1)
    mig = next(row for row in found if row["mig_profile"] == "9/1g.10gb")
    assert (mig["gpu_util"], mig["workload"], mig["power_w"]) == ("", "", "350.0")


def test_the_whole_time_is_covered_and_loads_again(driver: Path, tmp_path: Path) -> None:
    """The intervals of a device follow each other; what the file says is what the ledger gets."""
    file, ledger = tmp_path / "gpus.csv", tmp_path / "ledger"
    finished(collect(driver, "--interval", "0.1", "--duration", "0.6", "-o", str(file)))
    assert (
        finished(collect(driver, "--interval", "0.1", "--duration", "0.3", "-o", str(file)))[0] == 0
    )
    run = [sys.executable, "-c", "from finops.cli.app import run; run()"]
    loaded = [*run, "load", "gpu", str(file), "--ledger", str(ledger)]
    subprocess.run(loaded, check=True, capture_output=True)
    with Ledger.open(str(ledger)).connect(["gpu_samples"]) as con:
        ((spent, count),) = query(
            con, "select sum(interval_s), count(*) from gpu_samples where device_uuid = 'GPU-0'"
        )
    assert count == sum(row["device_uuid"] == "GPU-0" for row in rows(file))
    assert 0.85 <= spent < 5  # two runs of 0.6 s and 0.3 s, in whole milliseconds


def test_samples_of_a_killed_collector_are_stored_by_the_next(driver: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    asked = ("--interval", "0.1", "--node", "n1", "--ledger", str(ledger))
    killed = collect(driver, *asked)
    spooled = ledger / "_spool" / "gpu-n1" / "samples.csv"
    _until(lambda: spooled.exists() and len(spooled.read_text().splitlines()) > 6)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    first = {row["timestamp"] for row in rows(spooled)}
    stopped = collect(driver, *asked)
    _until(lambda: spooled.exists() and len(spooled.read_text().splitlines()) > 6 and first.isdisjoint(
        {row["timestamp"] for row in rows(spooled)}))  # fmt: skip
    stopped.send_signal(signal.SIGINT)
    code, _, err = finished(stopped)
    assert code == 0, err
    with Ledger.open(str(ledger)).connect(["gpu_samples"]) as con:
        ((count, sources, distinct),) = query(
            con,
            "select count(*), max(source_id), count(distinct (timestamp, device_uuid, mig_profile)) "
            "from gpu_samples",
        )
    assert sources == "gpu-n1"
    assert count == distinct > 2 * len(first)
    assert not spooled.exists()


def _until(holds: Any) -> None:  # noqa: ANN401  (a question)
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never held")


def test_a_machine_without_a_driver_says_so(tmp_path: Path) -> None:
    code, out, err = finished(collect(tmp_path, "-o", str(tmp_path / "x.csv")))
    assert (code, out) == (3, "")
    assert "this machine's NVIDIA driver does not answer" in err
    assert not (tmp_path / "x.csv").exists()


def test_a_driver_that_stops_answering_keeps_what_was_sampled(driver: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    gone = str(time.monotonic() + 6)
    code, _, err = finished(
        collect(
            driver, "--interval", "0.2", "--duration", "30", "-o", str(file), FAKE_NVML_LOST=gone
        )
    )
    assert code == 3
    assert "the NVIDIA driver stopped answering" in err
    assert rows(file)


@pytest.mark.parametrize("text", ["0", "soon", "-1s", "5 years"])
def test_what_is_no_time_is_refused(text: str, tmp_path: Path) -> None:
    code, _, err = finished(collect(None, "--interval", text, "-o", str(tmp_path / "x.csv")))
    assert code == 2
    assert "--interval" in err


def test_who_holds_a_device(tmp_path: Path) -> None:
    def process(pid: int, name: str, **environment: str) -> None:
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "comm").write_text(f"{name}\n")
        said = "\0".join(f"{key}={value}" for key, value in environment.items())
        (folder / "environ").write_bytes(said.encode())

    process(1, "python", SECRET="s", HOSTNAME="laptop")
    process(2, "train", SLURM_JOB_ID="42", HOSTNAME="n1")
    process(
        3, "vllm", KUBERNETES_SERVICE_HOST="10.0.0.1", HOSTNAME="web-5d-a", POD_NAMESPACE="prod"
    )
    assert holder_of((), tmp_path) == Holder()
    assert holder_of((1,), tmp_path) == Holder(workload="python")
    assert holder_of((1, 2), tmp_path) == Holder(job_id="42", workload="train")
    assert holder_of((3,), tmp_path) == Holder(None, "prod", "web-5d-a", "vllm")
    assert holder_of((9,), tmp_path) == Holder(workload="pid 9")


class Gpus:
    """Readings as given, one list for each time it is asked."""

    def __init__(self, *energies: float) -> None:
        self.energies = list(energies)

    def read(self) -> list[Reading]:
        return [Reading("G", "H", None, 0.5, 1, 2, 3.0, self.energies.pop(0), 4.0, None, {}, ())]


def test_counters_that_go_back_and_clocks_that_jump_claim_nothing() -> None:
    """Read at 0, 10, 20 and 500 s; energy falls once: the last sample stands for three intervals."""
    times = iter([0.0, 0.0, 0.0, 10.0, 10.0, 20.0, 20.0, 500.0, 500.0])
    answers = iter([True, True, False])
    found = [
        row
        for rows_ in samples(
            Gpus(5, 105, 1, 400),  # type: ignore[arg-type]
            Labels("n"), 10, lambda _: next(answers), lambda: next(times),
        )
        for row in rows_
    ]  # fmt: skip
    assert [(row["interval_s"], row["energy_j"]) for row in found] == [
        (10.0, 100), (10.0, None), (30.0, None),
    ]  # fmt: skip
