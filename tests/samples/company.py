"""The sample company's ledger, loaded once for all that is asked of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.economics import Question, unit_economics

if TYPE_CHECKING:
    from finops.analysis.economics import UnitEconomics
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

TRUTH: dict[str, dict[str, Any]] = tomllib.loads(
    (SAMPLES / "truth.toml").read_text(encoding="utf-8")
)
"""What is planted, with its dollars."""


class Company(NamedTuple):
    """The sample company's ledger, its settings, and the same with tokens alone on requests."""

    ledger: Ledger
    config: Config
    tokens_only: Config

    def ask(
        self, period: Period, *by: str, where: str | None = None, tokens_only: bool = True
    ) -> UnitEconomics:
        """Unit economics of a period."""
        config = self.tokens_only if tokens_only else self.config
        return unit_economics(self.ledger, config, Question(period, by, where))
