"""The sample company, for every test that asks about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finops.config import Config, load_config
from finops.ledger.store import Ledger
from tests.samples.company import Company

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def company(demo_folder: Path) -> Company:
    """The ledger `finops demo` makes, read and never written."""
    config = load_config(demo_folder / "finops.toml")
    metered = tuple(pool for pool in config.pools if pool.kind == "metered")
    return Company(
        Ledger.open(str(demo_folder)),
        config,
        Config(pools=metered, currency=config.currency, slo=config.slo),
    )
