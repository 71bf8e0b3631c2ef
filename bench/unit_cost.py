"""(b) `finops unit --by workflow,model` against one hand-written statement over the same files.

`python -m bench.unit_cost raw|rollups|floor LEDGER` measures one of them in a process of its own and
prints the wall and processor seconds of the answer alone, how many attempts it counted and what they cost.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import Measured, run

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

__all__ = ["unit_cost"]

Answer = tuple[float, float, int, str]

_TURNS = 3
_BY = ("workflow", "model")


def unit_cost(ledger: Path) -> list[Measured]:
    """Raw against the floor, and roll-ups against raw; each the best of a few turns."""
    answers: dict[str, list[dict[str, Any]]] = {"floor": [], "raw": [], "rollups": []}
    for _ in range(_TURNS):
        for way, found in answers.items():
            found.append(
                json.loads(run([sys.executable, "-m", "bench.unit_cost", way, ledger]).stdout)
            )
    best = {way: min(each["seconds"] for each in found) for way, found in answers.items()}
    cpu = {way: min(each["cpu"] for each in found) for way, found in answers.items()}
    said = {way: (found[0]["attempts"], found[0]["cost"]) for way, found in answers.items()}
    same = len(set(said.values())) == 1
    attempts, cost = said["floor"]
    note = f"{attempts:,} attempts, {cost} USD each way" if same else f"answers differ: {said}"
    what = f"unit --by {','.join(_BY)} over {attempts:,} requests"
    return [
        Measured(
            letter="b",
            what=f"{what}, raw",
            floor="one hand-written DuckDB statement",
            target=1.5,
            ceiling=True,
            ratio=best["raw"] / best["floor"] if same else None,
            cpu_ratio=cpu["raw"] / cpu["floor"],
            note=f"best of {_TURNS}, start-up apart; {note}",
            seconds={"finops": best["raw"], "duckdb": best["floor"]},
        ),
        Measured(
            letter="b",
            what=f"{what}, roll-ups",
            floor="the same question read raw",
            target=3,
            ceiling=False,
            ratio=best["raw"] / best["rollups"] if same else None,
            cpu_ratio=cpu["raw"] / cpu["rollups"],
            note=f"best of {_TURNS}, start-up apart, roll-ups built beforehand",
            seconds={"roll-ups": best["rollups"], "raw": best["raw"]},
        ),
    ]


def _floor(ledger: Ledger) -> Answer:
    from finops.prices.book import Book, PriceKey, install_cards
    from finops.prices.install import keys_sql

    sql = Path(__file__).with_name("unit_floor.sql").read_text(encoding="utf-8")
    with ledger.connect(["requests"]) as con:
        keys = [PriceKey(*row) for row in con.execute(keys_sql("requests")).fetchall()]
        install_cards(con, Book.load().cards(keys))
        begin, worked = time.perf_counter(), time.process_time()
        cursor = con.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
        seconds, cpu = time.perf_counter() - begin, time.process_time() - worked
    attempts, cost = names.index("attempts"), names.index("cost")
    total = sum(row[cost] for row in rows if row[cost] is not None)
    return seconds, cpu, sum(row[attempts] for row in rows), f"{total.normalize():f}"


def _ours(ledger: Ledger, *, use_rollups: bool) -> Answer:
    from finops.analysis.economics import Question, unit_economics
    from finops.config import Config

    question = Question(by=_BY, use_rollups=use_rollups)
    if use_rollups:
        unit_economics(ledger, Config(), question)
    begin, worked = time.perf_counter(), time.process_time()
    answer = unit_economics(ledger, Config(), question)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - worked
    return seconds, cpu, answer.total.counts["attempts"], f"{answer.total.list_cost.normalize():f}"


def main() -> None:
    """Measure one way in this process."""
    from finops.ledger.store import Ledger

    way, ledger = sys.argv[1], Ledger.open(sys.argv[2])
    found = _floor(ledger) if way == "floor" else _ours(ledger, use_rollups=way == "rollups")
    print(json.dumps(dict(zip(("seconds", "cpu", "attempts", "cost"), found, strict=True))))


if __name__ == "__main__":
    main()
