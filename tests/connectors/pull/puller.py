"""A process that has imported everything and forks a child for each pull, so that fifty cost little more than their work.

Reads a JSON object a line: {"config": a finops.toml, "ledger": …, "kill_after_s": seconds or null, "memory": what DuckDB may
hold, or null}, and answers with two: {"pid": …} when the child runs, {"status": …, "cpu_s": …, "peak": bytes} when it
has ended. A child is `finops pull` from its command line to its exit code; what it prints goes to stderr. Once it has used
`kill_after_s` of processor time it is killed from outside (SIGKILL), in the middle of whatever it does then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import deltalake.transaction
import httpx
import obstore.store
import pandas as pd
import pyarrow.parquet
import stamina

import connectors.http
import connectors.objects
import finops.api.pull
import finops.cli.pull
import finops.ledger.engine
import finops.ledger.write
import finops.report.table
from finops.cli.app import run
from finops.plugins import CONNECTORS, FORMATS, load, names

_IMPORTED = (
    *(deltalake.transaction, httpx, obstore.store, pd, pyarrow.parquet, stamina),
    *(connectors.http, connectors.objects, finops.ledger.write),
    *(finops.api.pull, finops.cli.pull, finops.report.table),
    *(load(group, name) for group in (CONNECTORS, FORMATS) for name in names(group)),
)
"""What a pull imports on its way: the children have it without importing it."""


_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of what the system counts memory in."""

_WATCHED_S = 0.0005
"""Seconds between two looks at the processor time of a child that is to be killed."""


def pulled(asked: dict[str, Any]) -> None:
    """Be `finops pull`; never returns."""
    os.dup2(2, 1)
    if asked["memory"] is not None:
        finops.ledger.engine.MEMORY_LIMIT = asked["memory"]
    os.environ.update(FINOPS_CONFIG=asked["config"], FINOPS_LEDGER=asked["ledger"])
    sys.argv = ["finops", "pull", "--format", "json"]
    run()


def killed(child: int, after_s: float) -> None:
    """Kill `child` once it has used `after_s` of processor time; nothing when it ends before."""
    clock = (~child << 3) | 2  # the kernel's name for the processor clock of another process
    while time.clock_gettime(clock) < after_s:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(_WATCHED_S)
    os.kill(child, signal.SIGKILL)


def answer(said: dict[str, Any]) -> None:
    """A line for who asked."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer every line until there is none."""
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                pulled(asked)
            except SystemExit as said:
                os._exit(said.code if isinstance(said.code, int) else 98)
            finally:
                os._exit(99)
        answer({"pid": child})
        if asked["kill_after_s"] is not None:
            killed(child, asked["kill_after_s"])
        _, status, used = os.wait4(child, 0)
        spent = used.ru_utime + used.ru_stime
        ended = os.waitstatus_to_exitcode(status)
        answer({"status": ended, "cpu_s": spent, "peak": used.ru_maxrss * _UNIT})


if __name__ == "__main__":
    main()
