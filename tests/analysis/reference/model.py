"""The unit-economics model a second time: slow, in plain Python over rows, written from its description.

Nothing of `finops.analysis` or `finops.sql` is used. Every request is priced, fated and charged by
itself; groups are sums over requests. Quotients are cut at the 24th decimal place where the description
says so and nowhere else. What it takes as given: own prices only, and pools told by service name.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.analysis.reference.attempts import judge, link
from tests.analysis.reference.authority import counting
from tests.analysis.reference.bill import UNIT_LINES, Bill
from tests.analysis.reference.capacity import Capacity
from tests.analysis.reference.metering import Metering
from tests.analysis.reference.rows import (
    COARSE,
    COMPONENTS,
    KINDS,
    SILENCE,
    Answer,
    Attempt,
    Books,
    PoolOf,
    Row,
)
from tests.analysis.reference.sharing import of_cost, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal


class Reference:
    """The whole model over rows. `start`, `end`: days; both None asks for everything."""

    def __init__(
        self,
        costs: Sequence[Row],
        requests: Sequence[Row],
        *,
        prices: Sequence[Row],
        pools: Sequence[PoolOf] = (),
        tolerance: Decimal | str = "0.05",
        period: tuple[date, date] | None = None,
        include: Iterable[str] = (),
        samples: Sequence[Row] = (),
        slos: Sequence[Row] = (),
        authority: Sequence[str] = (),
        success: Iterable[str] = ("success", "succeeded", "ok", "completed", "resolved"),
    ) -> None:
        self.include, self.success = tuple(include), set(success)
        self.start, self.end = period or _everything(costs, requests)
        months = _months(self.start, self.end)
        if len(months) > 1:
            given: dict[str, Any] = {"prices": prices, "pools": pools, "tolerance": tolerance}
            given |= {
                "slos": slos,
                "include": self.include,
                "samples": samples,
                "authority": authority,
            }
            self._add([Reference(costs, requests, period=month, **given) for month in months])
            return
        self.months: list[Reference] = [self]
        self.attempts = [Attempt(row) for row in counting(requests, authority)]
        judge(self.attempts, slos)
        link(self.attempts)
        self.inside = [each for each in self.attempts if self._in_period(each.row["day"])]
        self.bill = Bill(costs, pools, (self.start, self.end))
        self.capacity = Capacity(self.bill, self.attempts, samples, self.include)
        self.metering = Metering(self.bill, self.attempts, prices, Fraction(tolerance))
        self.shared = share(self.bill.lines, self.include, self.inside)
        self.shared_of = {id(each): self.shared for each in self.inside}

    @classmethod
    def of_months(cls, months: Sequence[Reference]) -> Reference:
        """Months that follow each other, each of other settings or rows: a closed one, and open ones."""
        made = cls.__new__(cls)
        made.include, made.success = months[0].include, months[0].success
        made.start, made.end = months[0].start, months[-1].end
        made._add(list(months))
        return made

    def _add(self, months: list[Reference]) -> None:
        """Be the sum of `months`: every attempt costs what it costs in its own."""
        self.months = months
        self.inside = [each for month in months for each in month.inside]
        self.attempts = [
            *self.inside,
            *(e for e in months[0].attempts if not self._in_period(e.row["day"])),
        ]
        self.shared_of = {key: of for month in months for key, of in month.shared_of.items()}

    def _in_period(self, day: date) -> bool:
        return self.start <= day < self.end

    def groups(
        self,
        key: Callable[[Row], tuple[object, ...]] = lambda _: (),
        *,
        keep: Callable[[Row], bool] = lambda _: True,
        run_key: Callable[[Row], tuple[object, ...]] | None = None,
        booked: Callable[[tuple[object, ...], datetime], tuple[object, ...]] | None = None,
    ) -> dict[tuple[object, ...], Answer]:
        """Groups by `key`. `run_key` is the key without time, `booked` adds it back for a run."""
        members: dict[tuple[object, ...], list[Attempt]] = defaultdict(list)
        for each in self.attempts:
            if self._in_period(each.row["day"]) and keep(each.row):
                members[key(each.row)].append(each)
        runs = self._runs(run_key or key, booked or (lambda k, _: k), keep)
        return {k: self._answer(attempts, runs.get(k, [])) for k, attempts in members.items()}

    def total(self) -> Answer:
        return self.groups().get((), self._answer([], []))

    def _runs(
        self,
        key: Callable[[Row], tuple[object, ...]],
        booked: Callable[[tuple[object, ...], datetime], tuple[object, ...]],
        keep: Callable[[Row], bool],
    ) -> dict[tuple[object, ...], list[tuple[str | None, Fraction]]]:
        """Outcome and cost of every run that ended, by the group it is booked in."""
        last: dict[tuple[str, str], date] = {}
        outcomes: dict[tuple[str, str], tuple[datetime, str]] = {}
        pieces: dict[tuple[tuple[str, str], tuple[object, ...]], datetime] = {}
        costs: dict[tuple[tuple[str, str], tuple[object, ...]], Fraction] = defaultdict(Fraction)
        for each in self.attempts:
            row = each.row
            if row["workflow_run_id"] is None or not self.start <= row["day"] < self.end + SILENCE:
                continue
            run = (row["source_id"], row["workflow_run_id"])
            last[run] = max(last.get(run, row["day"]), row["day"])
            if row["outcome"] is not None:
                logged = (row["timestamp"], row["outcome"])
                outcomes[run] = max(outcomes.get(run, logged), logged)
            if self._in_period(row["day"]) and keep(row):
                piece = (run, key(row))
                pieces[piece] = max(pieces.get(piece, row["timestamp"]), row["timestamp"])
                costs[piece] += sum(self.components(each).values(), Fraction(0))
        found: dict[tuple[object, ...], list[tuple[str | None, Fraction]]] = defaultdict(list)
        for (run, group), moment in pieces.items():
            if last[run] < self.end:
                outcome = outcomes[run][1].lower() if run in outcomes else None
                found[booked(group, moment)].append((outcome, costs[run, group]))
        return found

    def _work(self, attempts: list[Attempt]) -> dict[str, tuple[int, Fraction]]:
        found: dict[str, tuple[int, Fraction]] = {}
        for each in attempts:
            kind = each.row["work_unit_kind"]
            if kind is not None:
                units, cost = found.get(kind, (0, Fraction(0)))
                mine = sum(self.components(each).values(), Fraction(0))
                found[kind] = (units + each.work_millionths, cost + mine)
        return {kind: (units, cost) for kind, (units, cost) in found.items() if units}

    def _answer(self, attempts: list[Attempt], runs: list[tuple[str | None, Fraction]]) -> Answer:
        parts: dict[str, Fraction] = defaultdict(Fraction)
        for each in attempts:
            for name, amount in self.components(each).items():
                parts[name] += amount
        generated = [each for each in attempts if each.is_generation]
        answered = [e for e in generated if e.is_final and e.row["status"] == "ok"]
        counts = {
            "attempts": len(generated),
            "requests": sum(each.is_final for each in generated),
            "responses": len(answered),
            "good_responses": sum(each.judged == "met" for each in attempts),
            "slo_missed": sum(each.judged == "missed" for each in attempts),
            "slo_unknown": sum(each.judged == "unknown" for each in attempts),
            "errors": sum(e.row["status"] in {"error", "timeout", "blocked"} for e in generated),
            "retries": sum(not each.is_final for each in generated),
            "retrievals": sum(each.is_retrieval for each in attempts),
            "embedding_calls": sum(
                e.is_final and e.row["operation"] == "embeddings" for e in attempts
            ),
            "rerank_calls": sum(e.is_final and e.row["operation"] == "rerank" for e in attempts),
            "work_millionths": sum(each.work_millionths for each in attempts),
            **{f"{kind}_tokens": sum(e.count(kind) for e in attempts) for kind in KINDS},
            "reasoning_tokens": sum(int(e.row["reasoning_tokens"] or 0) for e in attempts),
            "bytes_moved": sum(each.bytes for each in attempts),
            "resent_cache_read_tokens": sum(each.resent_cached for each in attempts),
            "resent_uncached_tokens": sum(each.resent_uncached for each in attempts),
        }
        return Answer(
            counts,
            {name: parts[name] for name in COMPONENTS},
            self._sum(attempts, "list"),
            sum(e.count(k) for e in attempts for k in KINDS if e.rates[k][1] == "unpriced"),
            len(runs),
            {
                name: sorted(e.row[name] for e in answered if e.row[name] is not None)
                for name in ("latency_ms", "ttft_ms")
            },
            (
                sum(outcome is not None for outcome, _ in runs),
                sum(outcome in self.success for outcome, _ in runs),
            ),
            sorted(cost for _, cost in runs),
            self._work(attempts),
        )

    def components(self, each: Attempt) -> dict[str, Fraction]:
        """What one attempt costs, by component."""
        shared = self.shared_of[id(each)]
        per, costs = shared.per, {kind: each.cost(kind) for kind in KINDS}
        shares = each.tokens * per["tokens"] + each.bytes * per["bytes"]
        if each.is_request:
            shares += per["requests"] + shared.by_workflow[each.row["workflow"]]
        for fraction in shared.of_cost:
            shares += sum((of_cost(each, kind, fraction) for kind in KINDS), Fraction(0))
        retrieved = per["retrievals"] if each.is_retrieval else Fraction(0)
        metered = sum(costs.values(), Fraction(0))
        if each.fate != "ok":
            paid = sum(each.capacity.values(), Fraction(0))
            return {each.fate: metered + shares + retrieved + paid}
        paid_for: dict[str, Fraction] = defaultdict(Fraction)
        for (_, component), amount in each.capacity.items():
            paid_for[component] += amount
        shares += paid_for.pop("shared", Fraction(0))
        if not each.is_generation:
            return {"retrieval": retrieved + metered, "shared": shares, **paid_for}
        again_cached = each.resent_cached * (each.rates["cache_read"][0] or Fraction(0))
        again = each.resent_uncached * (each.rates["uncached_input"][0] or Fraction(0))
        writes = sum((costs[kind] for kind in COARSE["cache_write"]), Fraction(0))
        return {
            "tokens_input": costs["uncached_input"] - again + writes,
            "tokens_cached": costs["cache_read"] - again_cached,
            "tokens_output": costs["output"],
            "context_growth": again + again_cached,
            "retrieval": retrieved,
            "shared": shares,
            **paid_for,
        }

    def _sum(self, attempts: Iterable[Attempt], basis: str) -> Fraction:
        return sum(
            (e.cost(kind) for e in attempts for kind in KINDS if e.rates[kind][1] == basis),
            Fraction(0),
        )

    @property
    def amounts(self) -> Fraction:
        """EffectiveCost of everything."""
        lines = (line for month in self.months for line in month.bill.lines)
        return sum((each.amount for each in lines), Fraction(0))

    @property
    def estimated(self) -> Fraction:
        """What requests cost at list price that no bill covers."""
        return self._sum(self.inside, "list")

    def books(self, origin: str) -> Books:
        """The charges of one origin met to the digit."""
        if self.months != [self]:
            return _sum_of([month.books(origin) for month in self.months])
        lines = [line for line in self.bill.lines if line.origin == origin]
        work = [each for each in lines if each.line in UNIT_LINES - {*self.include}]

        def of(*kinds: str, line: str | None = None, mapped: bool | None = None) -> Fraction:
            return sum(
                (
                    each.amount
                    for each in work
                    if each.kind in kinds
                    and line in {None, each.line}
                    and mapped in {None, each.mapped}
                ),
                Fraction(0),
            )

        excluded: dict[str, Fraction] = defaultdict(Fraction)
        for each in lines:
            if each.line not in {*UNIT_LINES, *self.include}:
                excluded[each.line] += each.amount
        metered = self._sum(self.inside, "billed") if origin == "bill" else Fraction(0)
        unlogged, rounding = self.metering.left(origin)
        capacity = self.capacity.books(origin)
        carried = sum(
            (a for e in self.inside for (of_, _), a in e.capacity.items() if of_ == origin),
            Fraction(0),
        )
        if not self.bill.is_whole:
            unlogged = of("metered", line="usage", mapped=True) - metered
            rounding = Fraction(0)
        return Books(
            sum((each.amount for each in lines), Fraction(0)),
            {
                "requests": metered + self.shared.given[origin] + carried,
                "jobs": capacity.jobs,
                "workloads": capacity.workloads,
            },
            {
                "unlogged": unlogged,
                "unmapped": of("metered", line="usage", mapped=False)
                + self.shared.unallocated[origin],
                "commitment_unused": of("metered", line="commitment_unused") + capacity.unused,
                "gpu_idle": capacity.idle,
                "unobserved": capacity.unobserved,
                "seat": capacity.seat,
                "blending": capacity.blending,
                "rounding": rounding + capacity.rounding + self.shared.rounding[origin],
            },
            of("other"),
            excluded,
        )


def _months(start: date, end: date) -> list[tuple[date, date]]:
    """The days from `start` up to `end`, cut where a month begins."""
    found = []
    while start < end:
        after = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append((start, min(after, end)))
        start = after
    return found


def _sum_of(books: Sequence[Books]) -> Books:
    """Books of months that follow each other, as one."""
    amounts, other = Fraction(0), Fraction(0)
    sides: tuple[dict[str, Fraction], ...] = tuple(defaultdict(Fraction) for _ in range(3))
    for each in books:
        amounts, other = amounts + each.amounts, other + each.other
        for side, found in zip(
            sides, (each.allocated, each.unallocated, each.excluded), strict=True
        ):
            for name, amount in found.items():
                side[name] += amount
    return Books(amounts, sides[0], sides[1], other, sides[2])


def _everything(costs: Sequence[Row], requests: Sequence[Row]) -> tuple[date, date]:
    months = [row["x_BillingMonth"] for row in costs]
    months += [f"{row['day']:%Y-%m}" for row in requests]
    first, last = (date.fromisoformat(f"{month}-01") for month in (min(months), max(months)))
    return first, (last + timedelta(days=32)).replace(day=1)
