"""`finops collect gpu`: what this machine's GPUs do, into the ledger or a file."""

from __future__ import annotations

import re
import signal
import threading
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finops.cli.options import LedgerOption, open_ledger
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["register"]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}

IntervalOption = Annotated[
    str | None,
    typer.Option(
        "--interval", metavar="TIME", help="Time between readings: 15, 15s, 1m. (default: 15s)"
    ),
]
DurationOption = Annotated[
    str | None,
    typer.Option(
        "--duration",
        metavar="TIME",
        help="Stop after this time: 10m, 8h, 7d. (default: until Ctrl-C or SIGTERM)",
    ),
]
FlushOption = Annotated[
    str | None,
    typer.Option(
        "--flush", metavar="TIME", help="Time between writes into the ledger. (default: 5m)"
    ),
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.csv",
        help="Append to FILE instead; `finops load gpu FILE` reads it.",
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="Source in the ledger. (default: gpu-NODE)"),
]
NodeOption = Annotated[
    str | None,
    typer.Option("--node", metavar="NAME", help="Name of this machine. (default: its own)"),
]
ClusterOption = Annotated[
    str | None, typer.Option("--cluster", metavar="NAME", help="Cluster it belongs to.")
]
PoolOption = Annotated[
    str | None, typer.Option("--pool", metavar="NAME", help="Pool its GPUs belong to.")
]
WorkloadOption = Annotated[
    str | None,
    typer.Option(
        "--workload",
        metavar="NAME",
        help="Workload of GPUs in use. (default: the program's name)",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `collect` to the application."""
    group = typer.Typer(no_args_is_help=True, help="Collect samples of this machine's hardware.")
    group.callback()(_collect)
    group.command("gpu")(gpu)
    app.add_typer(group, name="collect")


def _collect() -> None:
    """Collect samples of this machine's hardware."""


def gpu(  # noqa: PLR0913  (one parameter for each option)
    *,
    interval: IntervalOption = None,
    duration: DurationOption = None,
    flush: FlushOption = None,
    output: FileOption = None,
    source: SourceOption = None,
    node: NodeOption = None,
    cluster: ClusterOption = None,
    pool: PoolOption = None,
    workload: WorkloadOption = None,
    ledger: LedgerOption = None,
) -> None:
    """Sample this machine's NVIDIA GPUs into the ledger, or into a file.

    Utilization, memory, power, energy, clocks, throttling and who computes on each GPU, through the
    driver's NVML; from Hopper on also how busy engine, SMs, tensor cores and memory were. What was
    collected is kept when the command is stopped, and stored by the next one when it was killed.
    What no option says is taken from [collect] of finops.toml.
    """
    import platform

    from connectors.local_gpu.nvml import Gpus
    from connectors.local_gpu.sampling import Labels, append, samples
    from finops.cli import diagnostics
    from finops.config import load_config

    said = load_config().collect
    every = seconds(interval or said.interval, "--interval")
    wait_s = seconds(flush or said.flush, "--flush")
    length = None if duration is None else seconds(duration, "--duration")
    name = node or said.node or platform.node() or "localhost"
    labels = Labels(name, cluster or said.cluster, pool or said.pool, workload or said.workload)
    with ExitStack() as held, Gpus() as gpus:
        if output is None:
            keep = _into_ledger(held, ledger, source or said.source or f"gpu-{name}", wait_s)
        else:
            keep = partial(append, output)
        wait = held.enter_context(_until_stopped(length))
        taken = 0
        for rows in samples(gpus, labels, every, wait, time.time):
            keep(rows)
            taken += len(rows)
    where = "the ledger" if output is None else str(output)
    diagnostics.say(f"{taken:,} samples of {name} are in {where}")


def _into_ledger(
    held: ExitStack, ledger: str | None, source: str, wait_s: float
) -> Callable[[list[dict[str, Any]]], None]:
    """What keeps samples on disk and stores them every `wait_s` seconds; the rest is stored by `held`."""
    from connectors.local_gpu.waiting import Waiting

    waiting = held.enter_context(Waiting(open_ledger(ledger, create=True), source))
    stored = time.monotonic()

    def keep(rows: list[dict[str, Any]]) -> None:
        nonlocal stored
        waiting.hold(rows)
        if time.monotonic() - stored >= wait_s:
            waiting.store()
            stored = time.monotonic()

    return keep


@contextmanager
def _until_stopped(length: float | None) -> Iterator[Callable[[float], bool]]:
    """A wait that ends early, and says False, at ctrl-C, SIGTERM or after `length` seconds in all."""
    stopped = threading.Event()
    end = None if length is None else time.monotonic() + length

    def wait(wanted: float) -> bool:
        left = wanted if end is None else min(wanted, end - time.monotonic())
        return not stopped.wait(max(left, 0.0)) and (end is None or time.monotonic() < end)

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        stopped.set()

    noticed = signal.set_wakeup_fd(-1)
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(noticed)


def seconds(text: str, option: str) -> float:
    """`15`, `15s`, `1m`, `8h` or `7d` in seconds, above 0; UsageError names the option."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)", text.strip())
    found = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not found:
        raise UsageError(f"{option} {text!r} is no time", hint=f"{option} 15s, 5m, 8h or 7d")
    return found
