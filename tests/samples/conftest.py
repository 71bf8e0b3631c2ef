"""One demo ledger for every test that asks about the sample company."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from finops.cli.app import app
from finops.config import Config, load_config
from finops.ledger.store import Ledger
from tests.samples.company import Company


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The ledger `finops demo` makes, read and never written."""
    folder = tmp_path_factory.mktemp("planted") / "ledger"
    result = CliRunner().invoke(app, ["demo", "--ledger", str(folder)])
    assert result.exit_code == 0, result.output
    config = load_config(folder / "finops.toml")
    metered = tuple(pool for pool in config.pools if pool.kind == "metered")
    return Company(
        Ledger.open(str(folder)),
        config,
        Config(pools=metered, currency=config.currency, slo=config.slo),
    )
