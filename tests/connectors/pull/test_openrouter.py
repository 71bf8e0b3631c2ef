"""OpenRouter's activity against recorded shapes, from the field names of its reference."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.conformance import Asked, FakeSource, Rig, suite
from connectors.sources.openrouter import CONNECTOR
from finops.ledger.store import Ledger
from finops.model.period import Period
from tests.connectors.pull.logs import pulled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.contract import Connector

KEY = "sk-or-PLANTED-management-key"
Item = dict[str, Any]


def item(day: str, usage: float, model: str = "openai/gpt-4.1", **fields: object) -> Item:
    return {
        "date": day, "model": model, "model_permaslug": f"{model}-2025-04-14", "endpoint_id": "e-1",
        "provider_name": "OpenAI", "usage": usage, "byok_usage_inference": 0.5, "requests": 5,
        "prompt_tokens": 1000, "completion_tokens": 125, "reasoning_tokens": 25, **fields,
    }  # fmt: skip


class Server:
    """The report, which forgets what is older than 30 days on `today`."""

    def __init__(self, today: date) -> None:
        self.items: list[Item] = []
        self.today = today
        self.fake = FakeSource(self.answer)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": {"message": "No auth credentials found", "code": 401}}
        if asked.path != "/activity":
            return 404, {"error": {"message": "not found", "code": 404}}
        day = date.fromisoformat(asked.params["date"][0])
        if day < self.today - timedelta(days=30):
            return 400, {"error": {"message": "Date must be within the last 30 days", "code": 400}}
        return 200, {"data": [each for each in self.items if each["date"] == day.isoformat()]}


class OpenRouterRig(Rig):
    """Three days in two months; then a day that is counted anew."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_OPENROUTER": KEY}
    now: ClassVar[datetime] = datetime(2026, 10, 4, 12, tzinfo=UTC)
    window: ClassVar[Period] = Period(date(2026, 9, 29), date(2026, 10, 4))
    split: ClassVar[date] = date(2026, 10, 1)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.server = Server(self.now.date())
        self.server.fake.start()

    @property
    def address(self) -> str:
        return self.server.fake.address

    def settings(self, address: str) -> dict[str, Any]:
        said = {"base_url": address, "management_key": "env:PLANTED_OPENROUTER"}
        return said | {"since": date(2026, 9, 29)}

    def first(self) -> None:
        self.server.items += [
            item("2026-09-30", 0.25), item("2026-10-02", 1.5), item("2026-10-02", 2.0, "meta/llama"),
            item("2026-10-03", 0.125),
        ]  # fmt: skip

    def later(self) -> None:
        self.server.items[-1] = item("2026-10-03", 0.375, requests=9)

    def stop(self) -> None:
        self.server.fake.stop()


TestOpenRouter = suite(OpenRouterRig)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("PLANTED_OPENROUTER", KEY)
    server = Server(date(2026, 10, 31))
    with server.fake:
        yield server


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with Ledger.open(str(folder / "ledger")).connect(["costs", "usage"]) as con:
        return con.execute(sql).fetchall()


def test_days_the_report_forgets_stay_as_they_were(tmp_path: Path, server: Server) -> None:
    """The first of October is read on its second, and no longer kept on the first of November."""
    said = {"base_url": server.fake.address, "management_key": "env:PLANTED_OPENROUTER"}
    server.items = [item("2026-10-01", 1.0), item("2026-10-31", 2.0)]
    server.today = date(2026, 10, 2)
    pulled(tmp_path, CONNECTOR, said, datetime(2026, 10, 2, 1, tzinfo=UTC))
    server.today = date(2026, 11, 1)
    result = pulled(tmp_path, CONNECTOR, said, datetime(2026, 11, 1, 1, tzinfo=UTC))
    assert result.error is None
    assert result.notes == ("OpenRouter keeps 30 days: those before 2026-10-02 were not read",)
    sql = "select x_BillingMonth, sum(BilledCost), count(*) from costs group by all"
    assert asked(tmp_path, sql) == [("2026-10", Decimal(3), 2)]


def test_costs_and_counts_are_told_by_model(tmp_path: Path, server: Server) -> None:
    """Reasoning is a part of output; own keys' costs are elsewhere; prompt tokens are all taken for uncached."""
    said = {"base_url": server.fake.address, "management_key": "env:PLANTED_OPENROUTER"}
    server.items = [item("2026-10-30", 0.1), item("2026-10-30", 0.2, "meta/llama")]
    pulled(tmp_path, CONNECTOR, said, datetime(2026, 10, 31, 1, tzinfo=UTC))
    sql = "select BilledCost, x_Model, ConsumedQuantity, ServiceProviderName, HostProviderName from costs order by 1"
    assert asked(tmp_path, sql) == [
        (Decimal("0.1"), "openai/gpt-4.1-2025-04-14", Decimal(1125), "OpenRouter", "OpenAI"),
        (Decimal("0.2"), "meta/llama-2025-04-14", Decimal(1125), "OpenRouter", "OpenAI"),
    ]
    sql = "select requests, uncached_input_tokens, output_tokens, reasoning_tokens, provider from usage"
    assert asked(tmp_path, sql) == [(5, 1000, 125, 25, "openrouter")] * 2
