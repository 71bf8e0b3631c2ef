"""store() against a few lines of plain Python that say what each table's rule means."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.ledger.status import ledger_status
from finops.ledger.store import Ledger

if TYPE_CHECKING:
    from types import ModuleType

SLOW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

amounts = st.decimals(
    min_value=-99_999_999_999_999, max_value=99_999_999_999_999, places=24, allow_nan=False
).filter(lambda value: abs(value) < 10**14)

bill_rows = st.fixed_dictionaries(
    {
        "x_SourceId": st.just("aws"),
        "x_Scope": st.sampled_from(["A/1", "A/ü %"]),
        "x_BillingMonth": st.sampled_from(["2026-09", "2026-10"]),
        "BilledCost": st.one_of(st.just(Decimal(1)), amounts),
        "EffectiveCost": amounts,
        "BillingCurrency": st.sampled_from(["USD", "VND"]),
    }
)

SLICE = ("x_SourceId", "x_Scope", "x_BillingMonth")


def frozen(row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))


@SLOW
@given(st.lists(st.lists(bill_rows, max_size=6), min_size=1, max_size=5))
def test_costs(kit: ModuleType, deliveries: list[list[dict[str, Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(folder, create=True)
        held: dict[tuple[str, ...], Counter[Any]] = {}
        for rows in deliveries:
            brought: dict[tuple[str, ...], Counter[Any]] = {}
            for row in rows:
                key = tuple(row[name] for name in SLICE)
                brought.setdefault(key, Counter())[frozen(row)] += 1
            held |= brought
            kit.load_rows(ledger, "costs", rows)
            names = sorted(rows[0]) if rows else sorted(bill_names())
            listed = ", ".join(f'"{name}"' for name in names)
            found = kit.rows_of(ledger, f"SELECT {listed} FROM costs")
            assert Counter(tuple(zip(names, row, strict=True)) for row in found) == sum(
                held.values(), Counter()
            )
            assert all(each.equal for each in ledger_status(ledger, datetime.now(UTC)).slices)
        assert kit.stray_files(ledger) == []


def bill_names() -> tuple[str, ...]:
    return (*SLICE, "BilledCost", "EffectiveCost", "BillingCurrency")


START = datetime(2026, 10, 1, 23, tzinfo=UTC)

request_rows = st.fixed_dictionaries(
    {
        "request_id": st.sampled_from(["r1", "r2", "r3", "r4"]),
        "attempt": st.sampled_from([1, 2]),
        "timestamp": st.sampled_from([START, START + timedelta(hours=2)]),
        "output_tokens": st.sampled_from([None, 0, 5]),
        "latency_ms": st.sampled_from([None, 1.5, 2.5]),
        "reported_cost": st.one_of(st.none(), amounts),
    }
)


class RequestModel:
    """What the requests table should hold: by key, the last delivery's fullest row of a touched day."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, int, date], dict[str, Any]] = {}

    def load(self, rows: list[dict[str, Any]]) -> tuple[int, int]:
        """Take a delivery; how many rows it added and how many were superfluous."""
        days = {row["timestamp"].date() for row in rows}
        best: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for row in rows:
            best.setdefault((row["request_id"], row["attempt"]), []).append(row)
        added = 0
        for key, rivals in best.items():
            top = max(weight(row) for row in rivals)
            choices = [row for row in rivals if weight(row) == top]
            old = {
                place: row
                for place, row in self.held.items()
                if place[:2] == key and place[2] in days
            }
            added += self._settle(key, choices, old)
        return added, len(rows) - added

    def _settle(
        self, key: tuple[str, int], choices: list[dict[str, Any]], old: dict[Any, dict[str, Any]]
    ) -> int:
        distinct = {frozen(row) for row in choices}
        if len(distinct) > 1:
            raise Ambiguous
        row = choices[0]
        if any(row == other for other in old.values()):
            return 0
        for place in old:
            del self.held[place]
        self.held[(*key, row["timestamp"].date())] = row
        return 1


class Ambiguous(Exception):
    """Rows of equal weight and different content: the rule leaves open which one wins."""


def weight(row: dict[str, Any]) -> tuple[int, float]:
    latency = row["latency_ms"]
    return (row["output_tokens"] or 0, -1.0 if latency is None else latency)


@SLOW
@given(st.lists(st.lists(request_rows, min_size=1, max_size=6), min_size=1, max_size=5))
def test_requests(kit: ModuleType, deliveries: list[list[dict[str, Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(folder, create=True)
        model = RequestModel()
        for number, rows in enumerate(deliveries):
            try:
                added, superfluous = model.load(rows)
            except Ambiguous:
                break
            stored = kit.load_rows(ledger, "requests", rows, digest=str(number))
            assert (stored.rows_stored, stored.rows_duplicate) == (added, superfluous)
            names = sorted(rows[0])
            found = kit.rows_of(ledger, f"SELECT {', '.join(names)} FROM requests")
            assert Counter(tuple(zip(names, row, strict=True)) for row in found) == Counter(
                frozen(row) for row in model.held.values()
            )
            assert all(
                not each.differs for each in ledger_status(ledger, datetime.now(UTC)).sources
            )
        assert kit.stray_files(ledger) == []
