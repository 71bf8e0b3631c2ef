"""One small company for all exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exports.company import acme

if TYPE_CHECKING:
    from finops.api.session import Session


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A ledger that no test changes."""
    return acme(tmp_path_factory.mktemp("acme"))
