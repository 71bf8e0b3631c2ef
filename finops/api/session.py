"""A ledger and its settings, opened once, and the questions that can be asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.api.opening import open_ledger, resolve_period

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Unpack

    from finops.api.breakeven import Breakeven, Numbers
    from finops.api.compare import Compared
    from finops.api.route import How, Routed
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Session", "open_session"]


@dataclass(frozen=True, slots=True)
class Session:
    """Questions to one ledger. Each method is the command of its name and returns an `Answer`."""

    ledger: Ledger
    config: Config

    def breakeven(
        self,
        pool: str,
        *,
        scenario: str | Path | None = None,
        month: str | None = None,
        against: str = "cloud",
        draws: int = 10_000,
        seed: int = 0,
        **numbers: Unpack[Numbers],
    ) -> Breakeven:
        """When owning beats renting (or calling, `against="api"`) for the demand measured in `pool`.

        `month` is YYYY-MM; without it all samples of the pool count.
        """
        from finops.api.breakeven import Pool, breakeven
        from finops.model.period import parse_period

        measured = Pool(self.ledger, pool, parse_period(month=month), self.config)
        return breakeven(
            scenario=scenario, pool=measured, against=against, draws=draws, seed=seed, **numbers
        )

    def compare(  # noqa: PLR0913  (one for each option)
        self,
        *by: str,
        month: str | None = None,
        since: str | None = None,
        until: str | None = None,
        last: str | None = None,
        against: str | None = None,
        basis: str | None = None,
        where: str | None = None,
        currency: str | None = None,
    ) -> Compared:
        """What changed since the period before (or `against`), taken apart into price, usage, mix, new, gone."""
        from finops.api.compare import compare_periods
        from finops.model.basis import Basis
        from finops.model.period import parse_period

        return compare_periods(
            self.ledger,
            self.config,
            by=by or ("provider", "ServiceName"),
            later=parse_period(month=month, since=since, until=until, last=last),
            earlier=against,
            where=where,
            currency=currency,
            basis=None if basis is None else Basis(basis),
        )

    def route(
        self,
        small: str,
        large: str,
        how: How | None = None,
        *,
        month: str | None = None,
        everything: bool = False,
        workflow: str | None = None,
        risk: str | None = None,
    ) -> Routed:
        """What asking `small` before `large` saves, by the confidences and costs of the ledger.

        `month` is YYYY-MM; by default the newest complete one, or with `everything` the whole ledger.
        """
        from finops.analysis.route.ledger import Pair
        from finops.api.route import route_ledger

        choice = resolve_period(self.ledger, month=month, everything=everything)
        pair = Pair(small, large, choice.period, workflow, risk)
        return route_ledger(self.ledger, pair, how, config=self.config, notes=choice.notes)


def open_session(ledger: str | Path | None = None, *, config: str | Path | None = None) -> Session:
    """The ledger at `ledger` (a folder or URL), else the one the settings name.

    `config` is a finops.toml; by default the one in this folder or the user's. LedgerMissing when there
    is no ledger, ConfigError when the settings are wrong.
    """
    from finops.config import load_config

    settings = load_config(config)
    named = None if ledger is None else str(ledger)
    return Session(open_ledger(named, config=settings), settings)
