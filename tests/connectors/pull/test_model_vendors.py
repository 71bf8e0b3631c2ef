"""OpenAI and Anthropic, from recorded answers: cents are cents, cached tokens are counted once, months are whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.configured import Source, settings_of
from connectors.conformance import Asked, FakeSource, Rig, suite
from connectors.pulling import PullOptions, pull
from connectors.sources import anthropic, openai
from finops.ledger.store import Ledger
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from connectors.contract import Connector

NOW = datetime(2026, 11, 4, 12, tzinfo=UTC)
_PAGE = 3
"""Buckets a fake answers at once, so that there are always several pages."""


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


class VendorRig(Rig):
    """A vendor that has, for each endpoint, results by the beginning of their bucket."""

    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_ADMIN_KEY": "sk-admin-planted-never-show-me"}
    now: ClassVar[datetime] = NOW
    window: ClassVar[Period] = Period(date(2026, 10, 30), date(2026, 11, 3))
    split: ClassVar[date] = date(2026, 11, 1)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.results: dict[str, dict[datetime, list[dict[str, Any]]]] = {}
        self.fake = FakeSource(self.answer)
        self.fake.start()

    def stop(self) -> None:
        self.fake.stop()

    @property
    def address(self) -> str:
        return self.fake.address

    def settings(self, address: str) -> dict[str, Any]:
        return {
            "base_url": f"{address}/v1",
            "admin_key": "env:PLANTED_ADMIN_KEY",
            "since": self.window.start,
        }

    def span(self, asked: Asked) -> tuple[datetime, datetime]:
        raise NotImplementedError

    def bucket(self, start: datetime, end: datetime, results: list[dict[str, Any]]) -> Any:  # noqa: ANN401
        raise NotImplementedError

    def answer(self, asked: Asked) -> tuple[int, Any]:
        start, end = self.span(asked)
        width = timedelta(days=1) if asked.params["bucket_width"] == ["1d"] else timedelta(hours=1)
        known = self.results.get(asked.path.removeprefix("/v1"), {})
        found = [
            self.bucket(moment, moment + width, known[moment])
            for moment in sorted(known)
            if start <= moment < end
        ]
        at = int(asked.params.get("page", ["0"])[0])
        more = at + _PAGE < len(found)
        return 200, {
            "object": "page",
            "data": found[at : at + _PAGE],
            "has_more": more,
            "next_page": str(at + _PAGE) if more else None,
        }


class OpenAIRig(VendorRig):
    """Costs by day, usage by hour."""

    connector: ClassVar[Connector] = openai.CONNECTOR

    def span(self, asked: Asked) -> tuple[datetime, datetime]:
        start, end = (
            datetime.fromtimestamp(int(asked.params[name][0]), tz=UTC)
            for name in ("start_time", "end_time")
        )
        return start, end

    def bucket(self, start: datetime, end: datetime, results: list[dict[str, Any]]) -> Any:  # noqa: ANN401
        return {
            "object": "bucket",
            "start_time": seconds(start),
            "end_time": seconds(end),
            "results": results,
        }

    def spend(self, moment: datetime, value: float, item: str = "gpt-4o, input") -> None:
        results = self.results.setdefault("/organization/costs", {}).setdefault(moment, [])
        results.append(
            {
                "object": "organization.costs.result",
                "amount": {"value": value, "currency": "usd"},
                "line_item": item,
                "project_id": "proj_a",
                "quantity": 1000,
            }
        )

    def use(self, moment: datetime, **counts: int) -> None:
        path = "/organization/usage/completions"
        results = self.results.setdefault(path, {}).setdefault(moment, [])
        results.append(
            {"model": "gpt-4o", "num_model_requests": 3, "service_tier": "default", **counts}
        )

    def first(self) -> None:
        for day in (1, 2, 3, 4):
            self.spend(datetime(2026, 10, day + 27, tzinfo=UTC), 0.06 * day)
            self.spend(datetime(2026, 11, day, tzinfo=UTC), 0.07 * day)
        for hour in range(5):
            for moment in (
                datetime(2026, 10, 30, hour, tzinfo=UTC),
                datetime(2026, 11, 2, hour, tzinfo=UTC),
            ):
                self.use(moment, input_tokens=100, input_cached_tokens=60, output_tokens=5)
        self.use(NOW - timedelta(hours=3), input_tokens=1)

    def later(self) -> None:
        self.spend(datetime(2026, 11, 3, tzinfo=UTC), 3.5, "gpt-4o, output")
        self.spend(datetime(2026, 11, 1, tzinfo=UTC), 0.25)
        self.use(NOW - timedelta(hours=3), input_tokens=2)
        self.use(NOW - timedelta(hours=20), input_tokens=7)


class AnthropicRig(VendorRig):
    """The same at Anthropic."""

    connector: ClassVar[Connector] = anthropic.CONNECTOR

    def span(self, asked: Asked) -> tuple[datetime, datetime]:
        start, end = (
            datetime.fromisoformat(asked.params[name][0]) for name in ("starting_at", "ending_at")
        )
        return start, end

    def bucket(self, start: datetime, end: datetime, results: list[dict[str, Any]]) -> Any:  # noqa: ANN401
        return {
            "starting_at": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "ending_at": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "results": results,
        }

    def spend(self, moment: datetime, cents: str, kind: str = "uncached_input_tokens") -> None:
        results = self.results.setdefault("/organizations/cost_report", {}).setdefault(moment, [])
        results.append(
            {
                "currency": "USD",
                "amount": cents,
                "workspace_id": "wrkspc_1",
                "description": "Claude Sonnet 4.5 Usage - Input Tokens",
                "cost_type": "tokens",
                "context_window": "0-200k",
                "model": "claude-sonnet-4-5",
                "service_tier": "standard",
                "token_type": kind,
            }
        )

    def use(self, moment: datetime, **counts: Any) -> None:  # noqa: ANN401
        path = "/organizations/usage_report/messages"
        results = self.results.setdefault(path, {}).setdefault(moment, [])
        results.append({"model": "claude-sonnet-4-5", "service_tier": "batch", **counts})

    def first(self) -> None:
        for day in (1, 2, 3, 4):
            self.spend(datetime(2026, 10, day + 27, tzinfo=UTC), "123.78912")
            self.spend(datetime(2026, 11, day, tzinfo=UTC), "0.0045", "cache_read_input_tokens")
        for hour in range(5):
            for moment in (
                datetime(2026, 10, 30, hour, tzinfo=UTC),
                datetime(2026, 11, 2, hour, tzinfo=UTC),
            ):
                self.use(moment, uncached_input_tokens=10, output_tokens=5)
        self.use(NOW - timedelta(hours=3), output_tokens=1)

    def later(self) -> None:
        self.spend(datetime(2026, 11, 3, tzinfo=UTC), "350")
        self.use(NOW - timedelta(hours=3), output_tokens=2)
        self.use(NOW - timedelta(hours=20), output_tokens=7)


TestOpenAI = suite(OpenAIRig)
TestAnthropic = suite(AnthropicRig)


@pytest.fixture
def pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[VendorRig], list[dict[str, Any]]]:
    """`pulled(rig)(sql)`: rows of a ledger the rig's data was pulled into."""

    def run(rig: VendorRig) -> Any:  # noqa: ANN401
        for name, value in rig.secrets.items():
            monkeypatch.setenv(name, value)
        ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
        said = rig.settings(rig.address) | {"retry_wait_s": 0}
        source = Source("vendor", rig.connector, settings_of("vendor", rig.connector, said))
        (result,) = pull(ledger, [source], PullOptions(NOW))
        rig.stop()
        assert result.error is None, result.error

        def ask(sql: str) -> tuple[list[tuple[Any, ...]], tuple[str, ...]]:
            with ledger.connect() as con:
                return con.execute(sql).fetchall(), result.notes

        return ask

    return run


def test_openai_dollars_keep_the_digits_they_print(
    tmp_path: Path, pulled: Callable[..., Any]
) -> None:
    rig = OpenAIRig(tmp_path / "rig")
    rig.spend(datetime(2026, 10, 1, tzinfo=UTC), 123.4567890123456789, "gpt-4o, cached input")
    rig.spend(datetime(2026, 10, 1, tzinfo=UTC), -0.5, "credit")
    rig.results["/organization/costs"][datetime(2026, 10, 1, tzinfo=UTC)][1]["quantity"] = None
    ask = pulled(rig)
    rows, _ = ask(
        "select BilledCost, x_Model, x_TokenType, ConsumedQuantity, ConsumedUnit, ChargeCategory,"
        " SubAccountId, x_BillingMonth, x_Scope from costs order by BilledCost desc"
    )
    assert rows == [
        (
            Decimal("123.456789012345680000000000"),
            *(
                "gpt-4o",
                "cache_read",
                Decimal(1000),
                "Tokens",
                "Usage",
                "proj_a",
                "2026-10",
                "OpenAI/?",
            ),
        ),
        (Decimal("-0.5"), None, None, None, None, "Credit", "proj_a", "2026-10", "OpenAI/?"),
    ]


def test_openai_usage_takes_cached_and_written_tokens_out_of_the_input(
    tmp_path: Path, pulled: Callable[..., Any]
) -> None:
    rig = OpenAIRig(tmp_path / "rig")
    rig.use(
        datetime(2026, 11, 3, 7, tzinfo=UTC),
        input_tokens=1000,
        input_cached_tokens=600,
        input_cache_write_tokens=150,
        input_cache_write_30m_tokens=100,
        output_tokens=50,
    )
    rows, notes = pulled(rig)(
        "select timestamp, ends_at, requests, uncached_input_tokens, cache_read_tokens,"
        " cache_write_30m_tokens, cache_write_12h_tokens, cache_write_unknown_tokens, output_tokens,"
        " service_tier, response_model from usage"
    )
    start = datetime(2026, 11, 3, 7, tzinfo=UTC)
    assert rows == [
        (start, start + timedelta(hours=1), 3, 250, 600, 100, 0, 50, 50, None, "gpt-4o")
    ]
    assert notes == ()


def test_openai_counts_that_contradict_themselves_are_refused(tmp_path: Path) -> None:
    rig = OpenAIRig(tmp_path / "rig")
    rig.use(NOW - timedelta(hours=5), input_tokens=10, input_cached_tokens=11)
    said = {"base_url": f"{rig.address}/v1", "admin_key": "file:/dev/null"}
    key = tmp_path / "key"
    key.write_text("sk-1234")
    said["admin_key"] = f"file:{key}"
    source = Source("vendor", rig.connector, settings_of("vendor", rig.connector, said))
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    (result,) = pull(ledger, [source], PullOptions(NOW))
    rig.stop()
    assert result.error is not None
    assert result.error.message == (
        "vendor: 11 cached of 10 input tokens: they are not counted inside"
    )


def test_anthropic_amounts_are_cents(tmp_path: Path, pulled: Callable[..., Any]) -> None:
    rig = AnthropicRig(tmp_path / "rig")
    rig.spend(datetime(2026, 10, 1, tzinfo=UTC), "123.78912")
    rig.spend(datetime(2026, 10, 2, tzinfo=UTC), "0.3", "cache_creation.ephemeral_1h_input_tokens")
    rows, _ = pulled(rig)(
        "select EffectiveCost, BillingCurrency, x_Model, x_TokenType, x_ServiceTier, SubAccountId,"
        " ChargePeriodStart, ChargePeriodEnd from costs order by EffectiveCost desc"
    )
    day = datetime(2026, 10, 1, tzinfo=UTC)
    model = ("USD", "claude-sonnet-4-5")
    assert rows == [
        (
            Decimal("1.2378912"),
            *model,
            "uncached_input",
            "standard",
            "wrkspc_1",
            day,
            day + timedelta(1),
        ),
        (
            *(Decimal("0.003"), *model, "cache_write_1h", "standard", "wrkspc_1"),
            *(day + timedelta(1), day + timedelta(2)),
        ),
    ]


def test_a_month_that_is_final_is_not_asked_for_again(tmp_path: Path) -> None:
    rig = AnthropicRig(tmp_path / "rig")
    rig.first()
    rig.spend(datetime(2026, 9, 9, tzinfo=UTC), "1")
    key = tmp_path / "key"
    key.write_text("sk-1234")
    said = {"base_url": f"{rig.address}/v1", "admin_key": f"file:{key}", "since": date(2026, 9, 1)}
    source = Source("vendor", rig.connector, settings_of("vendor", rig.connector, said))
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    list(pull(ledger, [source], PullOptions(NOW)))
    rig.fake.asked.clear()
    list(pull(ledger, [source], PullOptions(NOW)))
    rig.stop()
    asked = {
        (each.path.rpartition("/")[2], each.params["starting_at"][0][:10])
        for each in rig.fake.asked
    }
    costs = {("cost_report", "2026-10-01"), ("cost_report", "2026-11-01")}
    assert asked == costs | {("messages", "2026-11-01")}
