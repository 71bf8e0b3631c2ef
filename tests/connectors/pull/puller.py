"""A process that has imported everything and forks a child for each pull, so that fifty cost little more than their work.

Reads a JSON object a line: {"ledger": …, "now": …, "sources": {"name": {"connector": …}}, "cpu_s": seconds or null,
"memory": what DuckDB may hold, or null}, and
answers with one: {"status": …, "cpu_s": …, "peak": bytes}. A child is ended by a signal nobody handles, as by `kill -9`, once it has
used `cpu_s` of processor time: in the middle of whatever it does then, native code included.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

import deltalake.transaction
import httpx
import obstore.store
import pandas as pd
import pyarrow.parquet
import stamina

import connectors.http
import connectors.objects
import finops.ledger.engine
import finops.ledger.write
from connectors.configured import configured
from connectors.pulling import PullOptions, pull
from finops.ledger.store import Ledger
from finops.plugins import CONNECTORS, FORMATS, load, names

_IMPORTED = (
    *(deltalake.transaction, httpx, obstore.store, pd, pyarrow.parquet, stamina),
    *(connectors.http, connectors.objects, finops.ledger.write),
    *(load(group, name) for group in (CONNECTORS, FORMATS) for name in names(group)),
)
"""What a pull imports on its way: the children have it without importing it."""


_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of what the system counts memory in."""


def pulled(asked: dict[str, Any]) -> int:
    """Sources that failed."""
    if asked["cpu_s"] is not None:
        signal.setitimer(signal.ITIMER_PROF, max(asked["cpu_s"], 1e-4))
    if asked["memory"] is not None:
        finops.ledger.engine.MEMORY_LIMIT = asked["memory"]
    ledger = Ledger.open(asked["ledger"], create=True)
    options = PullOptions(datetime.fromisoformat(asked["now"]))
    results = pull(ledger, configured(asked["sources"]), options)
    return sum(result.error is not None for result in results)


def main() -> None:
    """Answer every line until there is none."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                os._exit(pulled(json.loads(line)))
            finally:
                os._exit(99)
        _, status, used = os.wait4(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        spent = used.ru_utime + used.ru_stime
        answer = {"status": ended, "cpu_s": spent, "peak": used.ru_maxrss * _UNIT}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
