"""A real loader process for the tests: loads generated rows, and may die where it is told to.

    loader.py LEDGER TABLE SOURCE ROWS FIRST VALUE [before-commit|after-commit|loop=N]

`before-commit` and `after-commit` kill the process with SIGKILL around delta-rs's commit; `loop=N`
loads N deliveries one after another. Prints `ready` once everything is imported.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from finops.ledger import write
from finops.ledger.engine import open_engine
from finops.ledger.loads import Load, new_load_id
from finops.ledger.store import Ledger
from finops.model.tables import TABLES


def rows_sql(table: str, source: str, rows: int, first: int, value: str) -> str:
    """A SELECT of `rows` generated rows whose amounts (or tokens) are all `value`."""
    given = {
        "costs": {
            "BilledCost": value,
            "EffectiveCost": value,
            "BillingCurrency": "'USD'",
            "x_BillingMonth": "'2026-10'",
            "x_SourceId": f"'{source}'",
            "x_Scope": "'AWS/1'",
            "ChargeDescription": "repeat(md5(i::VARCHAR), 4)",
        },
        "requests": {
            "timestamp": "TIMESTAMPTZ '2026-10-01' + to_seconds(i % 200000)",
            "day": "CAST(TIMESTAMPTZ '2026-10-01' + to_seconds(i % 200000) AS DATE)",
            "request_id": "'r' || i",
            "call_id": "'r' || i",
            "attempt": "1",
            "output_tokens": value,
            "source_id": f"'{source}'",
        },
    }[table]
    columns = ", ".join(
        f'CAST({given.get(c.name, "NULL")} AS {c.kind}) AS "{c.name}"'
        for c in TABLES[table].columns
    )
    return f"SELECT {columns} FROM range({first}, {first + rows}) AS r(i)"


def die_around_commit(*, after: bool) -> None:
    """Make the next commit of a data table kill this process, right before or right after it."""
    module: Any = write
    real = module.commit

    def commit(*arguments: object) -> int:
        version = real(*arguments) if after else 0
        os.kill(os.getpid(), signal.SIGKILL)
        return int(version)

    module.commit = commit


def main() -> None:
    location, table, source, rows, first, value, *how = sys.argv[1:]
    ledger = Ledger.open(location, create=True)
    if how and how[0].endswith("-commit"):
        die_around_commit(after=how[0] == "after-commit")
    times = int(how[0].removeprefix("loop=")) if how and how[0].startswith("loop=") else 1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number in range(times):
        begin = int(first) + number * int(rows)
        sql = rows_sql(table, source, int(rows), begin, value)
        digest = f"{source} {rows} {begin} {value}"
        with open_engine() as con:
            write.store(ledger, table, con, sql, Load(new_load_id(), source, "test", (), digest))


if __name__ == "__main__":
    main()
