"""A ledger and its settings, opened once, and every question that can be asked of them.

Each question is a module of its own in this package; here they are only put together, under the names
of the commands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.api import (
    budgets,
    capacity,
    chargeback,
    commitments,
    compare,
    costs,
    explain,
    exports,
    load,
    marginal,
    pull,
    quality,
    runs,
    savings,
    settled,
    sql,
    status,
    unit,
)
from finops.api.actions import Actions
from finops.api.close import Close
from finops.api.connectors import Connectors
from finops.api.opening import open_ledger, resolve_period
from finops.api.owners import Owners
from finops.api.review import ask as reviews
from finops.api.scorecard import Scorecard
from finops.api.vendor import Vendors
from finops.errors import LedgerMissing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Unpack

    from finops.api.breakeven import Breakeven, Numbers
    from finops.api.opening import When
    from finops.api.route import How, Routed
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Session", "open_session"]


@dataclass(frozen=True, slots=True)
class Session:
    """Questions to one ledger. Each method is the command of its name and returns an `Answer`.

    It holds no state but where the ledger is and what the settings say: every question sees the newest
    data, and several threads may ask at once.
    """

    found: Ledger | None
    config: Config
    named: str | None = None
    """The ledger asked for; None: that of the settings."""

    costs = costs.costs
    compare = compare.compare
    commitments = commitments.commitments
    budget = budgets.budget
    forecast = budgets.forecast
    savings = savings.savings
    quality = quality.quality
    unit = unit.unit
    runs = runs.runs
    settle = settled.settle
    capacity = capacity.capacity
    chargeback = chargeback.chargeback
    marginal = marginal.marginal
    explain = explain.explain
    export = exports.export
    status = status.status
    sql = sql.sql
    pull = pull.pull
    load_costs = load.load_costs
    load_requests = load.load_requests
    load_usage = load.load_usage
    load_gpu = load.load_gpu
    load_jobs = load.load_jobs
    load_changes = load.load_changes
    review = reviews.review
    review_diff = reviews.review_diff

    @property
    def ledger(self) -> Ledger:
        """The ledger; LedgerMissing says how to get one where there is none."""
        if self.found is not None:
            return self.found
        return open_ledger(self.named, config=self.config)

    def to_write(self) -> Ledger:
        """The ledger; where there is none it is made."""
        return self.found or open_ledger(self.named, config=self.config, create=True)

    @property
    def connectors(self) -> Connectors:
        """What can be pulled from, whether it can be reached, and what it must be allowed."""
        return Connectors(self.config)

    @property
    def scorecard(self) -> Scorecard:
        """Sixteen points from evidence, and what would raise them."""
        return Scorecard(self)

    @property
    def vendor(self) -> Vendors:
        """What vendors say and offer, beside what was measured of them."""
        return Vendors(self)

    @property
    def actions(self) -> Actions:
        """What is to be done, by whom, until when, and what it really saved."""
        return Actions(self)

    @property
    def owners(self) -> Owners:
        """Who answers for which cost, and what nobody answers for."""
        return Owners(self)

    @property
    def close(self) -> Close:
        """Months: what one lacks, closing it, taking a close back."""
        return Close(self)

    def breakeven(  # noqa: PLR0913  (one parameter for each option)
        self,
        pool: str,
        *,
        scenario: str | Path | None = None,
        month: str | None = None,
        since: str | None = None,
        until: str | None = None,
        last: str | None = None,
        against: str = "cloud",
        currency: str | None = None,
        draws: int = 10_000,
        seed: int = 0,
        inputs: Mapping[str, float] | None = None,
        **numbers: Unpack[Numbers],
    ) -> Breakeven:
        """When owning beats renting (or calling, `against="api"`) for the demand measured in `pool`.

        Without a period all samples of the pool count.
        """
        from finops.api.breakeven import Pool, breakeven
        from finops.model.period import parse_period

        period = parse_period(month=month, since=since, until=until, last=last)
        measured = Pool(self.ledger, pool, period, self.config)
        return breakeven(
            scenario=scenario, pool=measured, against=against, currency=currency,
            draws=draws, seed=seed, inputs=inputs, **numbers,
        )  # fmt: skip

    def route(
        self,
        small: str,
        large: str,
        how: How | None = None,
        *,
        workflow: str | None = None,
        risk: str | None = None,
        **when: Unpack[When],
    ) -> Routed:
        """What asking `small` before `large` saves, by the confidences and costs of the ledger."""
        from finops.analysis.route.ledger import Pair
        from finops.api.route import route_ledger

        choice = resolve_period(self.ledger, **when)
        pair = Pair(small, large, choice.period, workflow, risk)
        return route_ledger(self.ledger, pair, how, config=self.config, notes=choice.notes)


def open_session(
    ledger: str | Path | None = None,
    *,
    config: str | Path | None = None,
    create: bool = False,
    required: bool = True,
) -> Session:
    """The ledger at `ledger` (a folder or URL), else the one the settings name.

    `config` is a finops.toml; by default the one in this folder or the user's. Where there is no ledger one is
    made with `create`, and without `required` only a question that needs it fails. LedgerMissing when there
    is none, ConfigError when the settings are wrong.
    """
    from finops.config import load_config

    settings = load_config(config)
    named = None if ledger is None else str(ledger)
    try:
        return Session(open_ledger(named, config=settings, create=create), settings, named)
    except LedgerMissing:
        if required:
            raise
        return Session(None, settings, named)
