"""The unit-economics model a second time: slow, in plain Python over rows, written from its description.

Nothing of `finops.analysis` or `finops.sql` is used. Every request is priced, fated and charged by
itself; groups are sums over requests. Quotients are cut at the 24th decimal place where the description
says so and nowhere else. What it takes as given: own prices only, and pools told by service name.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.analysis.reference_rows import (
    COARSE,
    COMPONENTS,
    DAY,
    KINDS,
    SILENCE,
    Answer,
    Attempt,
    Books,
    Grain,
    PoolOf,
    Row,
    Shared,
    book_rate,
    cut,
    days_of,
    instant,
    is_before,
    is_by_day,
    is_mapped,
    judge,
    provider_of,
    quantity_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
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
        slos: Sequence[Row] = (),
        success: Iterable[str] = ("success", "succeeded", "ok", "completed", "resolved"),
    ) -> None:
        self.costs, self.prices, self.pools = costs, prices, pools
        self.tolerance, self.include = Fraction(tolerance), tuple(include)
        self.asked, self.slos, self.success = period, slos, set(success)
        self.start, self.end = period or self._everything(costs, requests)
        self.is_whole = period is None or (self.start.day == 1 and self.end.day == 1)
        self.attempts = [Attempt(row) for row in requests]
        self._judge()
        self._link()
        self.settled: list[tuple[Fraction, Fraction]] = []
        self._meter()
        self.lines = self._lines()
        self.shared = self._share()

    # --- days ----------------------------------------------------------------------------------

    @staticmethod
    def _everything(costs: Sequence[Row], requests: Sequence[Row]) -> tuple[date, date]:
        months = [row["x_BillingMonth"] for row in costs]
        months += [f"{row['day']:%Y-%m}" for row in requests]
        first, last = (date.fromisoformat(f"{month}-01") for month in (min(months), max(months)))
        return first, (last + timedelta(days=32)).replace(day=1)

    @property
    def months(self) -> tuple[date, date]:
        last = self.end - DAY
        return self.start.replace(day=1), (last.replace(day=1) + timedelta(days=32)).replace(day=1)

    def _in_months(self, day: date) -> bool:
        return self.months[0] <= day < self.months[1]

    def _in_period(self, day: date) -> bool:
        return self.start <= day < self.end

    # --- attempts ------------------------------------------------------------------------------

    def _judge(self) -> None:
        calls: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for each in self.attempts:
            calls[each.row["source_id"], each.row["call_id"]].append(each)
        for each in self.attempts:
            mine = each.row
            seen = [
                other.row
                for other in calls[mine["source_id"], mine["call_id"]]
                if other.row["day"] - mine["day"] in {timedelta(0), DAY}
                and other.row["attempt"] > mine["attempt"]
            ]
            each.is_final = not seen
            last = max(
                seen,
                default=mine,
                key=lambda row: (row["attempt"], row["timestamp"], row["request_id"]),
            )
            if last["status"] == "cancelled":
                each.fate = "cancelled"
            elif last["status"] != "ok":
                each.fate = "failed"
            elif seen:
                each.fate = "retried"
            elif each.is_generation:
                each.judged = judge(mine, self.slos)
                if each.judged == "missed":
                    each.fate = "slo_miss"

    def _link(self) -> None:
        runs: dict[tuple[str, str, str], list[Attempt]] = defaultdict(list)
        for each in self.attempts:
            row = each.row
            if each.is_request and row["workflow_run_id"] is not None:
                runs[row["workflow_run_id"], row["source_id"], row["agent"] or ""].append(each)
        for calls in runs.values():
            calls.sort(key=lambda a: (a.row["timestamp"], a.row["request_id"], a.row["attempt"]))
            for before, each in pairwise(calls):
                if each.row["day"] - before.row["day"] <= DAY:
                    again = min(before.input, each.input)
                    each.resent_cached = min(again, each.count("cache_read"))
                    each.resent_uncached = min(
                        again - each.resent_cached, each.count("uncached_input")
                    )

    # --- metered -------------------------------------------------------------------------------

    def _meter(self) -> None:
        bill = [row for row in self._metered() if self._bills(row)]
        log = [each for each in self.attempts if self._in_months(each.row["day"])]
        spans: dict[str, dict[str, list[tuple[date, date]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for row in bill:
            spans[provider_of(row)][row["x_BillingMonth"]].append(days_of(row))
        grain = Grain(bill, [each for each in log if each.tokens])
        billed: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in bill:
            daily = is_by_day(spans[provider_of(row)][row["x_BillingMonth"]])
            billed[grain.of_bill(row, by_day=daily)].append(row)
        logged: dict[tuple[object, ...], list[tuple[Attempt, str]]] = defaultdict(list)
        for each in log:
            day = each.row["day"]
            mine = spans.get(each.name[0], {}).get(f"{day:%Y-%m}", [])
            is_covered = mine and min(s for s, _ in mine) <= day < max(e for _, e in mine)
            for kind in KINDS:
                book = book_rate(each, kind, self.prices)
                if not is_covered:
                    each.rates[kind] = (book, "unpriced" if book is None else "list")
                else:
                    each.rates[kind] = (book, "unpriced" if book is None else "billed")
                    if each.count(kind):
                        logged[grain.of_log(each, kind, by_day=is_by_day(mine))].append(
                            (each, kind)
                        )
        for key in {*billed, *logged}:
            self._settle(billed.get(key, []), logged.get(key, []))

    def _settle(self, bill: list[Row], log: list[tuple[Attempt, str]]) -> None:
        """Set the rates of `log`, and keep (unlogged, rounding) of the line of account."""
        paid = sum((Fraction(row["EffectiveCost"]) for row in bill), Fraction(0))
        amounts = [quantity_of(row) for row in bill]
        known = [amount for amount in amounts if amount is not None]
        quantity = sum(known, Fraction(0)) if len(known) == len(bill) else None
        count = sum(each.count(kind) for each, kind in log)
        unlogged: Fraction | None = None
        if bill and quantity:
            rate = cut(paid / quantity)
            for each, kind in log:
                each.rates[kind] = (rate, "billed")
            unlogged = rate * (quantity - count) if log else paid
        elif bill and quantity is None and count:
            books = [(each, kind, book_rate(each, kind, self.prices)) for each, kind in log]
            if any(book is None for *_, book in books):
                for each, kind in log:
                    each.rates[kind] = (cut(paid / count), "billed")
                unlogged = Fraction(0)
            else:
                expected = sum((b * e.count(k) for e, k, b in books if b is not None), Fraction(0))
                if expected and abs(paid / expected - 1) <= self.tolerance:
                    for each, kind, book in books:
                        each.rates[kind] = (cut((book or 0) * paid / expected), "billed")
                    unlogged = Fraction(0)
        spent = sum((each.cost(kind) for each, kind in log), Fraction(0))
        if unlogged is None:
            unlogged = paid - spent
        self.settled.append((unlogged, paid - spent - unlogged))

    # --- the bill ------------------------------------------------------------------------------

    def _bills(self, row: Row) -> bool:
        first, last = self.months
        month = date.fromisoformat(f"{row['x_BillingMonth']}-01")
        if self.asked is None:
            return True
        return first <= month < last and not is_before(row, first)

    def _metered(self) -> list[Row]:
        return [
            row
            for row in self.costs
            if self._pool(row)[1] == "metered"
            and self._line(row, None) == "usage"
            and is_mapped(row)
        ]

    def _pool(self, row: Row) -> tuple[str, str, str | None]:
        for pool in self.pools:
            if row["ServiceName"] == pool.service:
                driver = (pool.driver or "requests") if pool.kind == "shared" else None
                return pool.name, pool.kind, driver
        if row["x_Model"] is not None and row["x_TokenType"] is not None:
            return "tokens", "metered", None
        return row["x_Pool"] or "other", "other", None

    @staticmethod
    def _line(row: Row, first: date | None) -> str:
        if first is not None and is_before(row, first):
            return "prior_period"
        if row["ChargeCategory"] in {"Credit", "Tax"}:
            return {"Credit": "credits", "Tax": "tax"}[row["ChargeCategory"]]
        if row["ChargeClass"] == "Correction" or row["ChargeCategory"] == "Adjustment":
            return "corrections"
        if (
            "support" in (row["ServiceName"] or "").lower()
            or row["ServiceSubcategory"] == "Support"
        ):
            return "support"
        if "Unused" in {row["CommitmentDiscountStatus"], row["CapacityReservationStatus"]}:
            return "commitment_unused"
        return "usage"

    def _lines(self) -> list[tuple[str, str, str | None, str, bool, Fraction]]:
        """(pool, kind, driver, line, mapped, cost) of the period's charges, cut at its edges."""
        found: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        for row in self.costs:
            if self.is_whole:
                month = date.fromisoformat(f"{row['x_BillingMonth']}-01")
                if self.asked is not None and not self.start <= month < self.end:
                    continue
                line = self._line(row, self.start if self.asked is not None else None)
                span = None
            else:
                line, span = (
                    self._line(row, None),
                    (row["ChargePeriodStart"], row["ChargePeriodEnd"]),
                )
            pool, kind, driver = self._pool(row)
            mapped = kind != "metered" or line != "usage" or is_mapped(row)
            found[pool, kind, driver, line, mapped, span] += Fraction(row["EffectiveCost"])
        if self.is_whole:
            return [(*key[:5], amount) for key, amount in found.items()]
        # what is unmapped is cut by itself; what is mapped is what remains of the pool's part
        cuts: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        pools: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        for (*key, mapped, span), amount in found.items():
            pools[(*key, span)] += amount
            if not mapped:
                part = self._part(span, amount)
                cuts[(*key, False)] += part
                cuts[(*key, True)] -= part
        for (*key, span), amount in pools.items():
            cuts[(*key, True)] += self._part(span, amount)
        return [(*key, amount) for key, amount in cuts.items()]

    def _part(self, span: tuple[datetime, datetime], amount: Fraction) -> Fraction:
        first, last = instant(self.start), instant(self.end)
        begin, end = span
        if end <= begin:
            return amount if first <= begin < last else Fraction(0)

        def until(moment: datetime) -> Fraction:
            if moment >= end:
                return amount
            return cut(amount * Fraction((moment - begin) / DAY) / Fraction((end - begin) / DAY))

        begins, ends = max(first, begin), min(last, end)
        return until(ends) - until(begins) if begins < ends else Fraction(0)

    # --- shared --------------------------------------------------------------------------------

    def _share(self) -> Shared:
        made = Shared()
        inside = [each for each in self.attempts if self._in_period(each.row["day"])]
        units = {
            "requests": sum(each.is_request for each in inside),
            "tokens": sum(each.tokens for each in inside),
            "retrievals": sum(each.is_retrieval for each in inside),
            "bytes": sum(each.bytes for each in inside),
        }
        workflows: dict[str | None, int] = defaultdict(int)
        for each in inside:
            if each.is_request:
                workflows[each.row["workflow"]] += 1
        metered = sum((each.cost(kind) for each in inside for kind in KINDS), Fraction(0))
        for amount, driver in self._shared_pools():
            given = Fraction(0)
            if driver == "cost" and metered:
                fraction = amount / metered
                made.of_cost.append(fraction)
                given = sum(
                    (self._of_cost(each, kind, fraction) for each in inside for kind in KINDS),
                    Fraction(0),
                )
            elif driver == "even" and workflows:
                for workflow, count in workflows.items():
                    rate = cut(amount / len(workflows) / count)
                    made.by_workflow[workflow] += rate
                    given += rate * count
            elif units.get(driver):
                rate = cut(amount / units[driver])
                made.per[driver] += rate
                given = rate * units[driver]
            else:
                made.unallocated += amount
                continue
            made.rounding += amount - given
        return made

    def _shared_pools(self) -> list[tuple[Fraction, str]]:
        found: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
        for pool, kind, driver, line, _, amount in self.lines:
            if line in self.include:
                found["", line, "cost"] += amount
            elif kind == "shared" and line in {"usage", "commitment_unused"}:
                found[pool, line, driver or "requests"] += amount
        return [(amount, driver) for (_, _, driver), amount in found.items() if amount]

    @staticmethod
    def _of_cost(each: Attempt, kind: str, fraction: Fraction) -> Fraction:
        rate = each.rates[kind][0]
        return Fraction(0) if rate is None else cut(rate * fraction) * each.count(kind)

    # --- answers -------------------------------------------------------------------------------

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
        return found

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
        per, costs = self.shared.per, {kind: each.cost(kind) for kind in KINDS}
        shares = each.tokens * per["tokens"] + each.bytes * per["bytes"]
        if each.is_request:
            shares += per["requests"] + self.shared.by_workflow[each.row["workflow"]]
        for fraction in self.shared.of_cost:
            shares += sum((self._of_cost(each, kind, fraction) for kind in KINDS), Fraction(0))
        retrieved = per["retrievals"] if each.is_retrieval else Fraction(0)
        metered = sum(costs.values(), Fraction(0))
        if each.fate != "ok":
            return {each.fate: metered + shares + retrieved}
        if not each.is_generation:
            return {"retrieval": retrieved + metered, "shared": shares}
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
        }

    def _sum(self, attempts: Iterable[Attempt], basis: str) -> Fraction:
        return sum(
            (e.cost(kind) for e in attempts for kind in KINDS if e.rates[kind][1] == basis),
            Fraction(0),
        )

    def books(self) -> Books:
        """The bill met to the digit."""
        inside = [each for each in self.attempts if self._in_period(each.row["day"])]
        everything = self.total()
        work = [
            line
            for line in self.lines
            if line[3] in {"usage", "commitment_unused"} and line[3] not in self.include
        ]

        def of(*kinds: str, line: str | None = None, mapped: bool | None = None) -> Fraction:
            return sum(
                (
                    amount
                    for _, kind, _, name, is_mapped, amount in work
                    if kind in kinds and line in {None, name} and mapped in {None, is_mapped}
                ),
                Fraction(0),
            )

        unlogged = sum((left for left, _ in self.settled), Fraction(0))
        rounding = sum((left for _, left in self.settled), Fraction(0))
        if not self.is_whole:
            usage = of("metered", line="usage", mapped=True)
            unlogged, rounding = usage - self._sum(inside, "billed"), Fraction(0)
        excluded: dict[str, Fraction] = defaultdict(Fraction)
        for _, _, _, name, _, amount in self.lines:
            if name not in {"usage", "commitment_unused", *self.include}:
                excluded[name] += amount
        return Books(
            sum((line[5] for line in self.lines), Fraction(0)),
            everything.cost - everything.list_cost,
            {
                "unlogged": unlogged,
                "unmapped": of("metered", line="usage", mapped=False) + self.shared.unallocated,
                "commitment_unused": of("metered", line="commitment_unused"),
                "capacity": of("gpu", "provisioned", "seat"),
                "rounding": rounding + self.shared.rounding,
            },
            of("other"),
            excluded,
            everything.list_cost,
        )
