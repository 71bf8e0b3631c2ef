"""What `[[owned]]` refuses, in words that say what to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from finops.config import Config
from finops.sections.owned import Element

BASE = {
    "name": "colo",
    "pool": "colo-h100",
    "purchase_price": "598000",
    "in_service": "2025-04-01",
    "life_months": 48,
}


def read(*owned: dict[str, Any]) -> Config:
    return Config.model_validate({"owned": [{**BASE, **each} for each in owned]})


def test_devices_and_defaults() -> None:
    (owned,) = read({"nodes": 2, "devices_per_node": 8, "residual": "-1500.5"}).owned
    assert (owned.devices, owned.residual, owned.currency) == (16, Decimal("-1500.5"), "USD")
    assert (owned.depreciation, owned.retired, owned.power) == ("book", None, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"retired": "2025-04-01"}, "`retired` must be after `in_service`"),
        ({"sold_for": "10"}, "`sold_for` needs the day it was `retired`"),
        ({"residual": "598001"}, "the residual 598001 is above the price 598000"),
        ({"nodes": 2, "node_names": ["a"]}, "2 nodes, but 1 node_names"),
        ({"depreciation": "economic"}, "needs `annual_decline` or `market_values`"),
        ({"annual_decline": "0.3"}, "are for economic depreciation"),
        (
            {"depreciation": "economic", "market_values": [{"date": "2025-04-01", "value": 1}]},
            "in order of date, after `in_service`",
        ),
        ({"invoiced": {"depreciation": "true"}}, "depreciation is never on an invoice"),
        ({"power": {"price_per_kwh": 1, "max_kw": 3}}, "`max_kw` needs an `idle_kw`"),
        ({"power": {"price_per_kwh": 1, "pue": "0.9"}}, "greater than or equal to 1"),
        ({"life_months": 0}, "greater than or equal to 1"),
        ({"annual_decline": "1"}, "less than 1"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace("`", ".")):
        read(given)


@pytest.mark.parametrize(
    ("element", "key", "value"),
    [
        (Element.COLOCATION, "colocation_per_month", "5400"),
        (Element.POWER, "power", {"price_per_kwh": "0.1"}),
        (Element.SUPPORT, "support_per_month", "1"),
        (Element.STAFF, "staff_per_month", "1"),
        (Element.NETWORK, "network_price", "1"),
        (Element.STORAGE, "storage_price", "0"),
    ],
)
def test_an_element_is_configured_or_invoiced(element: Element, key: str, value: object) -> None:
    where = "ServiceName = 'Cage'"
    (owned,) = read({"invoiced": {element: where}}).owned
    assert owned.invoiced == {element: where}
    with pytest.raises(
        ValidationError, match=rf"{element} is configured \({key}\) and invoiced \({where}\)"
    ):
        read({"invoiced": {element: where}, key: value})


def test_a_name_is_given_once() -> None:
    assert [owned.name for owned in read({}, {"name": "lab"}).owned] == ["colo", "lab"]
    with pytest.raises(ValidationError, match="the name 'colo' is given twice"):
        read({}, {})
