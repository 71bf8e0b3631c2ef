"""What a probe is, what it may look at, and how a number becomes an answer.

A probe asks one true/false question. What it cannot tell from the ledger is *not available*, with the
reason and the command that would supply it, and never false. It answers from the data before `as_of` and
from nothing else, so that asking again gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.economics import Question, unit_economics
from finops.analysis.pools import pool_rules, pool_sql
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.money import ZERO, multiply, subtract, total
from finops.model.period import Period, parse_month
from scorecard.evidence import Finding, Outcome, Stakes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import duckdb

    from finops.analysis.economics import UnitEconomics
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.sections.scorecard import Scorecard

__all__ = [
    "Context",
    "Params",
    "Probe",
    "judged",
    "missing",
    "no_accelerators",
    "not_applicable",
    "number",
    "ratio",
]

Params = "Mapping[str, Any]"
"""What the catalog tells a probe: `at_least`, `at_most`, `days` …"""

LOADING = {
    "costs": "finops load costs FILE",
    "requests": "finops load requests FILE",
    "gpu_samples": "finops load gpu FILE",
    "jobs": "finops load jobs FILE",
    "changes": "finops load changes FILE",
}
"""The command that fills each table."""


class Probe(NamedTuple):
    """A question, and the function that answers it.

    `tables` must have rows before `as_of`, else the answer is *not available* without asking. `by_team`
    says that it reads only requests and jobs, which can be cut down to one team's.
    """

    name: str
    question: str
    ask: Callable[[Context, Mapping[str, Any]], Finding]
    tables: tuple[str, ...] = ()
    by_team: bool = False


@dataclass(frozen=True)
class Context:
    """What a probe may look at: views of the ledger's tables on `con`, the settings, the day.

    `as_of` is the first day left out of what is looked at: the day after the newest data, and never after
    `today`, the day the score is about. How old the data may be is for its expiry to say.
    """

    con: duckdb.DuckDBPyConnection
    ledger: Ledger
    config: Config
    as_of: date
    today: date
    team: str | None = None
    _seen: dict[str, date | None] = field(default_factory=dict, compare=False, repr=False)
    _asked: dict[tuple[str, ...], UnitEconomics] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def settings(self) -> Scorecard:
        """The [scorecard] section of finops.toml."""
        return self.config.scorecard

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of `sql`, which people can run themselves with `finops sql`."""
        return query(self.con, sql)

    def window(self, days: int, column: str = "timestamp") -> str:
        """SQL: `column` lies in the `days` days before `as_of`."""
        start = self.as_of - timedelta(days=days)
        return (
            f"{column} >= timestamptz '{start.isoformat()} 00:00:00+00' "
            f"and {column} < timestamptz '{self.as_of.isoformat()} 00:00:00+00'"
        )

    def newest(self, table: str) -> date | None:
        """The last day `table` has rows of before `as_of`; None when it has none."""
        if table not in self._seen:
            day = {
                "costs": "cast(ChargePeriodEnd - interval 1 microsecond as date)",
                "jobs": "cast(coalesce(ended_at, started_at, submitted_at) as date)",
                "changes": "cast(changed_at as date)",
            }.get(table, "day")
            before = f"date '{self.as_of.isoformat()}'"
            start = "cast(ChargePeriodStart as date)" if table == "costs" else day
            ((last,),) = self.rows(
                f"select max(least({day}, {before} - 1)) from {table} where {start} < {before}"
            )
            self._seen[table] = last
        return self._seen[table]

    @cached_property
    def month(self) -> Period | None:
        """The newest month that is over by `as_of` and has a bill; None when there is none."""
        found = [month for month in self.billed_months if month.end <= self.as_of]
        return found[-1] if found else None

    @cached_property
    def billed_months(self) -> tuple[Period, ...]:
        """Months with a bill, in order."""
        rows = self.rows(
            "select distinct x_BillingMonth from costs where x_CostOrigin = 'bill' order by 1"
        )
        return tuple(parse_month(month) for (month,) in rows)

    @property
    def economics(self) -> UnitEconomics | None:
        """Unit economics of `month`, doubled traffic included; None when no month has a bill and requests."""
        return self.economics_by()

    def economics_by(self, *by: str) -> UnitEconomics | None:
        """Unit economics of `month` by dimensions; None when no month has a bill and requests."""
        if self.month is None or self.newest("requests") is None:
            return None
        if by not in self._asked:
            question = Question(period=self.month, by=by, marginal=not by)
            self._asked[by] = unit_economics(self.ledger, self.config, question)
        return self._asked[by]

    @cached_property
    def spent_on_ai(self) -> Decimal | None:
        """What `month` charges for AI, owned hardware included, whoever carries it; None without a bill."""
        found = self.economics
        if found is None:
            return None
        return total((self.carried, *found.reconciliation.unallocated.values()))

    @property
    def carried(self) -> Decimal:
        """What requests, jobs and workloads of `month` carry; zero without a bill."""
        found = self.economics
        if found is None:
            return ZERO
        parts = found.reconciliation
        return total((parts.allocated, parts.jobs, parts.workloads))

    @cached_property
    def pools(self) -> Mapping[str, Decimal]:
        """EffectiveCost of usage in `month` by pool of kind gpu or provisioned."""
        found = self.economics
        if found is None:
            return {}
        charges = found.allocation.charges.charges
        names = {charge.pool for charge in charges if charge.kind in {"gpu", "provisioned"}}
        return {
            name: total(c.cost for c in charges if c.pool == name and c.line == "usage")
            for name in sorted(names)
        }

    @property
    def as_of_month(self) -> date | None:
        """The last day of `month`."""
        return None if self.month is None else self.month.end - timedelta(days=1)

    def in_month(self, column: str = "timestamp") -> str:
        """SQL: `column` lies in `month`; UsageError where no month has a bill."""
        if self.month is None:
            raise UsageError("no month has a bill", hint=LOADING["costs"])
        return (
            f"{column} >= timestamptz '{self.month.start.isoformat()} 00:00:00+00' "
            f"and {column} < timestamptz '{self.month.end.isoformat()} 00:00:00+00'"
        )

    def component(self, name: str) -> Decimal:
        """A component of what requests of `month` cost; zero where there is no bill."""
        found = self.economics
        return ZERO if found is None else found.total.components.get(name, ZERO)

    def workflows(self, tiers: Iterable[str] = ()) -> tuple[str, ...]:
        """Workflows seen in 30 days, most of whose requests are of one of `tiers` (none: any)."""
        found = self.rows(
            "select workflow, mode(workload_tier) from requests where workflow is not null "
            f"and operation in ('chat', 'text_completion') and {self.window(30)} "
            "group by workflow order by workflow"
        )
        wanted = set(tiers)
        return tuple(name for name, tier in found if not wanted or tier in wanted)

    @cached_property
    def has_accelerators(self) -> bool:
        """Whether any accelerator is owned, rented or sampled."""
        return bool(
            self.newest("gpu_samples") is not None or self.config.owned or self._rents_accelerators
        )

    @cached_property
    def _rents_accelerators(self) -> bool:
        rules = pool_rules(self.config.pools)
        names = ", ".join(
            "'" + rule.name.replace("'", "''") + "'" for rule in rules if rule.kind == "gpu"
        )
        if self.newest("costs") is None or not names:
            return False
        ((found,),) = self.rows(f"select count(*) from costs where {pool_sql(rules)} in ({names})")
        return bool(found)

    def stakes(self, amount: Decimal, about: str) -> Stakes | None:
        """`amount` of `month`'s money as what is at stake; None where there is none."""
        found = self.economics
        if found is None or amount <= ZERO:
            return None
        return Stakes(amount, found.currency, about)


# --- from a number to an answer ------------------------------------------------------------------


def ratio(part: float | Decimal | None, whole: float | Decimal | None) -> Decimal | None:
    """`part` of `whole` to six decimals; None when there is no whole."""
    if not whole:
        return None
    return (Decimal(str(part or 0)) / Decimal(str(whole))).quantize(Decimal("0.000001"))


def number(value: float | Decimal) -> Decimal:
    """`value` to three decimals, as findings show it."""
    return Decimal(str(value)).quantize(Decimal("0.001")).normalize() + 0


def judged(
    value: Decimal,
    params: Mapping[str, Any],
    words: str,
    *,
    unit: str = "ratio",
    query: str | None = None,
    collected: date | None = None,
    stakes: Stakes | None = None,
) -> Finding:
    """`value` held against `at_least` and `at_most` of `params`; `words` says what the number is.

    Stakes are kept where the answer is false: what is in order puts nothing at stake.
    """
    floor, ceiling = params.get("at_least"), params.get("at_most")
    is_true = (floor is None or value >= floor) and (ceiling is None or value <= ceiling)
    bounds = [f"at least {_shown(floor, unit)}"] if floor is not None else []
    bounds += [f"at most {_shown(ceiling, unit)}"] if ceiling is not None else []
    asked = f" ({' and '.join(bounds)} is asked)" if bounds else ""
    return Finding(
        outcome=Outcome.TRUE if is_true else Outcome.FALSE,
        reason=f"{_shown(value, unit)} {words}{asked}",
        value=value,
        unit=unit,
        query=query,
        collected=collected,
        stakes=None if is_true else stakes,
    )


def _shown(value: Decimal | int, unit: str) -> str:
    if unit == "ratio":
        percent = multiply(Decimal(value), 100).quantize(Decimal("0.01")).normalize()
        return f"{percent:f} %"
    word = unit.removesuffix("s") if value == 1 else unit
    return f"{Decimal(value).normalize():f}{f' {word}' if word else ''}"


def missing(reason: str, command: str | None = None) -> Finding:
    """It cannot be told; `command` would supply what is missing."""
    return Finding(Outcome.NOT_AVAILABLE, reason, command=command)


def not_applicable(reason: str, collected: date | None = None) -> Finding:
    """The question does not arise; the owner named in finops.toml stands for that."""
    return Finding(Outcome.NOT_APPLICABLE, reason, collected=collected)


def no_accelerators(context: Context) -> Finding | None:
    """Not applicable where no accelerator is rented or owned; None where there is one.

    Without a bill nobody can know, so it is not available then.
    """
    if context.has_accelerators:
        return None
    if context.newest("costs") is None:
        return missing("no bill says whether accelerators are rented", LOADING["costs"])
    return not_applicable(
        "no accelerator is on the bill, owned or sampled", context.newest("costs")
    )


def unmet(context: Context, tables: Iterable[str]) -> Finding | None:
    """Not available because one of `tables` has no rows before `as_of`; None when all have."""
    for table in tables:
        if context.newest(table) is None:
            what = table.replace("_", " ")
            return missing(f"the ledger has no {what} before {context.as_of}", LOADING[table])
    return None


def share_left(whole: Decimal, busy: Decimal) -> Decimal:
    """What of `whole` money is not busy, to the cent."""
    return multiply(whole, subtract(Decimal(1), busy)).quantize(Decimal("0.01"))
