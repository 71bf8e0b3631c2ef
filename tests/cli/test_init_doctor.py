"""`finops init` and `finops doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops.config import load_config

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from typer.testing import Result


def test_init_writes_a_file_that_loads_and_keeps_what_is_there(
    finops: Callable[..., Result],
) -> None:
    first = finops("init")
    assert (first.exit_code, first.stdout) == (0, "")
    assert "wrote finops.toml" in first.stderr
    assert load_config().currency == "USD"

    Path("finops.toml").write_text('currency = "CHF"\n')
    again = finops("init")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "exists already" in again.stderr
    assert "--force" in again.stderr
    assert load_config().currency == "CHF"

    assert finops("init", "--force").exit_code == 0
    assert load_config().currency == "USD"


def checks(result: Result) -> dict[str, tuple[str, str]]:
    """State and detail of each check, by name."""
    read: dict[str, Any] = json.loads(result.stdout)
    assert read["schema"] == "finops.doctor/1"
    return {row["check"]: (row["state"], row["detail"]) for row in read["rows"]}


def test_a_new_machine_is_healthy_and_told_what_to_do(finops: Callable[..., Result]) -> None:
    result = finops("doctor", "--format", "json")
    found = checks(result)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["healthy"] is True
    assert found["ledger"][0] == "warning"
    assert "finops demo" in found["ledger"][1]
    assert found["config.currency"] == ("info", "default")
    assert found["prices"][1].startswith("list prices checked up to 20")
    assert found["disk"][0] in {"ok", "warning"}
    assert {"python", "duckdb", "deltalake", "terminal", "extra.objects"} <= set(found)


def test_a_good_ledger_is_counted_and_a_damaged_one_is_broken(
    finops: Callable[..., Result], ledger_of: Callable[..., str]
) -> None:
    ledger = ledger_of([{}, {"x_BillingMonth": "2026-08"}])
    found = checks(finops("doctor", "--ledger", ledger, "--format", "json"))
    assert found["ledger"] == ("ok", ledger)
    assert found["ledger.costs"] == ("ok", "2 rows in 2 files")
    assert found["ledger.requests"] == ("info", "empty")

    damaged = next(Path(ledger, "costs").rglob("*.parquet"))
    damaged.write_bytes(b"not parquet")
    result = finops("doctor", "--ledger", ledger, "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["healthy"] is False
    assert checks(result)["ledger.costs"][0] == "broken"

    damaged.unlink()
    assert finops("doctor", "--ledger", ledger).exit_code == 1


def test_a_wrong_configuration_is_broken_and_named(
    finops: Callable[..., Result],
) -> None:
    Path("finops.toml").write_text("ledgr = 1\n")
    result = finops("doctor", "--format", "json")
    assert result.exit_code == 1
    assert checks(result)["config"][1].startswith("finops.toml: unknown key 'ledgr'")


def test_something_not_installed_is_broken(
    finops: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    from finops.api import doctor

    monkeypatch.setattr(doctor, "ENGINES", ("no-such-distribution",))
    monkeypatch.setattr(doctor, "price_book_date", lambda: None)
    result = finops("doctor", "--format", "json")
    assert result.exit_code == 1
    found = checks(result)
    assert found["no-such-distribution"] == ("broken", "not installed")
    assert found["prices"][0] == "warning"
