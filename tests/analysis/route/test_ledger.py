"""Routing from a ledger: which rows count, what they cost, and what is said when something is missing.

Prices per million tokens: model-b 1 in and 4 out (the small one), model-a 2 in and 10 out (the large one).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.route.costs import SelfHosted
from finops.analysis.route.ledger import Logged, Pair, read_logged
from finops.errors import UsageError
from finops.model.money import divide
from tests.analysis.ledgers import MODEL, OCTOBER, config, cost, make_ledger, request, sample

if TYPE_CHECKING:
    from pathlib import Path

    from tests.analysis.ledgers import Row

D = Decimal
SMALL = "model-b"


def small(request_id: str, confidence: float | None, **given: Any) -> Row:  # noqa: ANN401  (any column)
    """An answer of the small model: 1,000 tokens in, 100 out, 0.0014 in all."""
    return request(
        request_id,
        request_model=SMALL,
        uncached_input_tokens=1000,
        output_tokens=100,
        confidence=confidence,
        **given,
    )


def large(request_id: str, **given: Any) -> Row:  # noqa: ANN401  (any column)
    """An answer of the large model: 1,000 tokens in, 200 out, 0.004 in all."""
    return request(request_id, uncached_input_tokens=1000, output_tokens=200, **given)


def read(
    folder: Path, rows: list[Row], pair: Pair | None = None, hosted: SelfHosted | None = None
) -> Logged:
    ledger = make_ledger(folder, requests=rows)
    asked = pair or Pair(SMALL, MODEL, OCTOBER)
    return read_logged(ledger, config(), asked, self_hosted=hosted)


def test_confidence_comes_from_small_and_the_rest_from_the_same_call(tmp_path: Path) -> None:
    rows = [
        small("a", 0.9, outcome="success", latency_ms=100),
        small("b", 0.3, outcome="failure", latency_ms=120, call_id="call-b"),
        large("b2", outcome="success", latency_ms=900, call_id="call-b", attempt=2),
        small("c", None),
        small("d", 0.8, status="error"),
    ]
    found = read(tmp_path, rows).scores
    assert found.confidence == (0.9, 0.3)
    assert found.small_correct == (1.0, 0.0)
    assert found.large_correct == (None, 1.0)
    assert found.small_ms == (100.0, 120.0)
    assert found.large_ms == (None, 900.0)
    assert found.risk is None


def test_both_models_cost_what_unit_economics_says_of_an_attempt(tmp_path: Path) -> None:
    rows = [small("a", 0.9), small("b", 0.5), large("c")]
    money = read(tmp_path, rows).money
    assert money is not None
    assert (money.currency, money.small, money.large) == ("USD", D("0.0014"), D("0.004"))
    assert money.source == (
        "model-b from unit economics (1,100 tokens a request), "
        "model-a from unit economics (1,200 tokens a request)"
    )


def test_an_escalated_call_counts_once_for_each_model(tmp_path: Path) -> None:
    rows = [small("a", 0.2, call_id="x"), large("b", call_id="x", attempt=2)]
    money = read(tmp_path, rows).money
    assert money is not None
    assert (money.small, money.large) == (D("0.0014"), D("0.004"))


def test_a_call_two_logs_show_counts_once(tmp_path: Path) -> None:
    """The gateway's log counts, being the longer; the traces say what its calls were for and what came of them."""
    rows = [
        *(
            small(f"c{n}", 0.5, source_id="gateway", trace_id=f"t{n}", span_id="s")
            for n in range(3)
        ),
        large("c9", source_id="gateway"),
        *(
            small(f"x{n}", 0.5, source_id="otel", trace_id=f"t{n}", span_id="s", outcome="success")
            for n in range(2)
        ),
    ]
    found = read(tmp_path, rows)
    assert found.scores.confidence == (0.5, 0.5, 0.5)
    assert found.scores.small_correct == (1.0, 1.0, None)
    assert found.demand is not None
    assert found.demand.requests_per_second == divide(D(4), 3600)


def test_a_self_hosted_small_model_costs_by_its_utilization(tmp_path: Path) -> None:
    rows = [small("a", 0.9), large("c")]
    hosted = SelfHosted(D("3.60"), D(1000), D("0.5"))
    money = read(tmp_path, rows, hosted=hosted).money
    assert money is not None
    assert money.small == D("0.0022")


def test_a_workflow_is_answered_for_alone(tmp_path: Path) -> None:
    rows = [
        small("a", 0.9, workflow="it's"),
        large("b", workflow="it's"),
        small("c", 0.1, workflow="other"),
    ]
    found = read(tmp_path, rows, Pair(SMALL, MODEL, OCTOBER, workflow="it's"))
    assert found.scores.confidence == (0.9,)


def test_a_risk_column_is_one_of_the_requests(tmp_path: Path) -> None:
    rows = [small("a", 0.9, data_class="restricted"), small("b", 0.8), large("c")]
    found = read(tmp_path / "one", rows, Pair(SMALL, MODEL, OCTOBER, risk="data_class"))
    assert found.scores.risk == ("restricted", None)
    with pytest.raises(UsageError, match="no text column 'latency_ms'"):
        read(tmp_path / "two", rows, Pair(SMALL, MODEL, OCTOBER, risk="latency_ms"))


def test_a_model_nobody_asked_is_named_beside_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--large: no request .* by 'model-z'") as caught:
        read(tmp_path, [small("a", 0.9)], Pair(SMALL, "model-z", OCTOBER))
    assert caught.value.hint == "models it has: model-b"


def test_a_model_without_a_price_has_no_cost(tmp_path: Path) -> None:
    rows = [small("a", 0.9), large("b", request_model="model-x")]
    with pytest.raises(UsageError, match="what 'model-x' costs is not known: 1,200 of its tokens"):
        read(tmp_path, rows, Pair(SMALL, "model-x", OCTOBER))


def test_a_model_whose_requests_bear_no_cost_has_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'model-a' costs is not known: its requests bear no cost"):
        read(tmp_path, [small("a", 0.9), request("b")])


def test_without_a_logged_confidence_there_is_nothing_to_sweep(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="no answer of 'model-b' has a confidence logged in 2026-10"
    ):
        read(tmp_path, [small("a", None), large("b")])


def test_a_model_on_its_own_pool_costs_what_its_measured_utilization_makes_it(
    tmp_path: Path,
) -> None:
    """A device held for 10 h at 10.08, a quarter of it busy: two requests bear 50.40 each, idle included."""
    gpus = {"name": "gpus", "kind": "gpu", "where": "ServiceName = 'GPU'"}
    billed = cost(
        "100.8", "2026-10-01", "2026-11-01", ServiceName="GPU", ConsumedQuantity=10,
        ConsumedUnit="Hours", SkuPriceDetails={"GpuCount": 1},
    )  # fmt: skip
    held = [
        sample(
            "a", f"2026-10-01T{hour:02}:00:00", pool="gpus", workload="chat", gr_engine_active=0.25
        )
        for hour in range(10)
    ]
    served = {"pool": "gpus", "deployment": "chat"}
    rows = [small("a", 0.9, **served), small("b", 0.2, **served), large("l")]
    ledger = make_ledger(tmp_path, costs=[billed], requests=rows, samples=held)
    money = read_logged(ledger, config(gpus), Pair(SMALL, MODEL, OCTOBER)).money
    assert money is not None
    assert (money.small, money.large) == (D("50.4"), D("0.004"))
    assert money.small_utilization == D("0.25")
    assert "model-b from unit economics, its pool 25.0% busy while held (1,100" in money.source
    hosted = SelfHosted(D(1), D(1000), D("0.5"))
    given = read_logged(ledger, config(gpus), Pair(SMALL, MODEL, OCTOBER), self_hosted=hosted).money
    assert given is not None
    assert (given.small_utilization, given.small < 1) == (None, True)
