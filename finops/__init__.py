"""What an AI capability costs to deliver, from one ledger: bills, GPU metrics, jobs and token logs.

    import finops

    ledger = finops.open("ledger")
    ledger.route("gpt-4o-mini", "gpt-4.1", month="2026-10").to_pandas()
    ledger.unit("team", month="2026-10").save("october.xlsx")
    finops.breakeven(capex=250141.80, opex_per_hour=6.37, cloud_per_hour=98.32)

Importing it costs nothing: what a question needs is loaded when it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.stopping import Stop

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Unpack

    from finops.api.breakeven import Breakeven, Numbers
    from finops.api.session import Session

__all__ = ["Stop", "__version__", "breakeven", "open"]

__version__ = "0.1.0"


def open(  # noqa: A001  (finops.open reads as it should)
    ledger: str | Path | None = None,
    *,
    config: str | Path | None = None,
    create: bool = False,
) -> Session:
    """The ledger at `ledger` (a folder or URL), else the one finops.toml names, to ask questions of.

    `create` makes one where there is none. LedgerMissing where there is none, ConfigError for wrong settings.
    """
    from finops.api.session import open_session

    return open_session(ledger, config=config, create=create)


def breakeven(
    *,
    scenario: str | Path | None = None,
    against: str = "cloud",
    currency: str | None = None,
    draws: int = 10_000,
    seed: int = 0,
    **numbers: Unpack[Numbers],
) -> Breakeven:
    """When owning hardware beats renting it, from numbers or a scenario file, without a ledger."""
    from finops.api.breakeven import breakeven as compare

    return compare(
        scenario=scenario, against=against, currency=currency, draws=draws, seed=seed, **numbers
    )
