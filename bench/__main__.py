"""Measure every comparison and print one table: `python -m bench [--only a,d] [--rows N] [--json]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import GIB, Measured, machine

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]


def _comparisons(
    folder: Path, asked: argparse.Namespace
) -> dict[str, Callable[[], list[Measured]]]:
    """What each letter measures; modules are imported when their turn comes."""
    from bench.agents import agent_logs
    from bench.interface import interface
    from bench.loading import load_bill, load_requests, requests_ledger
    from bench.month import month
    from bench.pricing import pricing
    from bench.pulling import big_month, listing
    from bench.startup import startup
    from bench.unit_cost import unit_cost

    return {
        "a": lambda: [load_requests(folder, asked.rows)],
        "b": lambda: unit_cost(requests_ledger(folder, asked.rows)),
        "c": lambda: [load_bill(folder, asked.bill_rows)],
        "d": lambda: [pricing(asked.priced_rows)],
        "e": lambda: [agent_logs(folder, asked.messages)],
        "f": lambda: [startup(folder)],
        "g": lambda: month(folder, asked.company_rows, asked.gpus, asked.turns),
        "h": lambda: [listing(folder, asked.objects)],
        "i": lambda: big_month(folder, asked.gigabytes),
        "j": lambda: interface(folder, asked.company_rows),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="request rows for a and b")
    parser.add_argument("--bill-rows", type=int, default=1_000_000, help="bill rows for c")
    parser.add_argument("--priced-rows", type=int, default=1_000_000, help="request rows for d")
    parser.add_argument("--messages", type=int, default=100_000, help="messages for e")
    parser.add_argument("--company-rows", type=int, default=10_000_000, help="requests of g and j")
    parser.add_argument("--gpus", type=int, default=1000, help="devices of g")
    parser.add_argument("--turns", type=int, default=3, help="times each answer of g is timed")
    parser.add_argument("--objects", type=int, default=1_000_000, help="objects in the bucket of h")
    parser.add_argument("--gigabytes", type=float, default=20.0, help="size of the month of i")
    parser.add_argument("--only", default="", help="letters to measure, for example a,d")
    parser.add_argument(
        "--folder", type=Path, help="where to keep the data; default: removed at the end"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args()


def _measure(folder: Path, asked: argparse.Namespace) -> list[Measured]:
    comparisons = _comparisons(folder, asked)
    letters = [letter for letter in asked.only.split(",") if letter] or list(comparisons)
    found: list[Measured] = []
    for letter in letters:
        print(f"measuring {letter} …", file=sys.stderr, flush=True)
        found += comparisons[letter]()
    return found


def _line(result: Measured) -> tuple[str, ...]:
    sign = "≤" if result.ceiling else "≥"
    ratio = "n/a" if result.ratio is None else f"{result.ratio:.2f}"
    cpu = "" if result.cpu_ratio is None else f"{result.cpu_ratio:.2f}"
    peak = "" if result.peak is None else f"{result.peak / GIB:.2f} GiB"
    if result.peak_target is not None:
        peak += f" (≤ {result.peak_target / GIB:.0f})"
    spent = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in (result.seconds or {}).items())
    return (
        result.letter,
        result.what,
        f"{sign} {result.target:g}",
        ratio,
        result.verdict,
        cpu,
        peak,
        spent,
    )


def _table(results: list[Measured], facts: dict[str, str]) -> str:
    rows = [
        ("", "what", "target", "ratio", "verdict", "cpu ratio", "peak memory", "seconds"),
        *map(_line, results),
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    notes = [
        f"{result.letter}: against {result.floor}. {result.note}".rstrip() for result in results
    ]
    on = ", ".join(f"{name} {value}" for name, value in facts.items())
    return "\n".join([*lines, "", *notes, "", f"measured on {on}"])


def _json(results: list[Measured], facts: dict[str, str]) -> str:
    rows: list[dict[str, Any]] = [
        {**result._asdict(), "verdict": result.verdict} for result in results
    ]
    return json.dumps({"schema": "finops.bench/1", "machine": facts, "rows": rows}, indent=2)


def main() -> None:
    """Measure what was asked and print it; a missed target is printed, not hidden, and exits 0."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="finops-bench-") as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        facts = machine(folder)
        results = _measure(folder, asked)
    print(_json(results, facts) if asked.json else _table(results, facts))


if __name__ == "__main__":
    main()
