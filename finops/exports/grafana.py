"""A Grafana dashboard over the metrics export: made from the same names, so that its panels have data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from finops.exports.contract import Export, Written

if TYPE_CHECKING:
    from pathlib import Path

    from finops.exports.contract import Wanted

__all__ = ["EXPORT", "dashboard", "dashboard_json"]

_WIDTH, _HEIGHT = 12, 8
"""Of a panel, in Grafana's grid of 24 columns."""


def write(wanted: Wanted, target: Path) -> Written:
    """Write the dashboard, for the currency the settings report in."""
    made = dashboard_json(wanted.config.currency, wanted.by)
    target.write_text(made, encoding="utf-8")
    return Written(len(json.loads(made)["panels"]))


def dashboard_json(currency: str, by: tuple[str, ...] = ("workflow", "model")) -> str:
    """The dashboard as the file Grafana imports."""
    return json.dumps(dashboard(currency, by), indent=2) + "\n"


def dashboard(currency: str, by: tuple[str, ...]) -> dict[str, object]:
    """The dashboard: costs by the first dimension of `by`, unit costs by all, the bill, and accelerators."""
    money = currency.lower()
    panels = [_panel(*each) for each in _panels(money, f"currency{currency.upper()}", by)]
    for place, panel in enumerate(panels):
        panel["id"] = place + 1
        panel["gridPos"] = {
            "x": place % 2 * _WIDTH,
            "y": place // 2 * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        }
    source = {
        "name": "datasource",
        "type": "datasource",
        "query": "prometheus",
        "label": "Source",
    }
    return {
        "title": f"AI unit economics ({currency.upper()})",
        "uid": f"finops-{money}",
        "schemaVersion": 39,
        "tags": ["finops"],
        "time": {"from": "now-90d", "to": "now"},
        "templating": {"list": [source]},
        "panels": panels,
    }


def _panels(money: str, unit: str, by: tuple[str, ...]) -> list[tuple[str, str, str, str, str]]:
    """Title, expression, unit, kind and legend of every panel; amounts are in the currency `money`."""
    first, group = by[0], ", ".join(by)
    each = " · ".join(f"{{{{{name}}}}}" for name in by)
    cost = f"finops_cost_{money}"
    charged = f'sum(finops_charged_{money}{{amount="EffectiveCost"}})'
    dearest = f"topk(10, sum by ({first}) ({cost}))"
    per_request, per_token = (f"finops_cost_per_{of}_{money}" for of in ("request", "token"))
    hours = "sum by (pool, state) (finops_gpu_time_seconds) / 3600"
    price = f"finops_gpu_hour_price_{money}"
    return [
        ("Charged", charged, unit, "stat", ""),
        ("Cost per request", f"sum({cost}) / sum(finops_requests)", unit, "stat", ""),
        (f"Cost by {first}", dearest, unit, "barchart", f"{{{{{first}}}}}"),
        (f"Cost per 1,000 requests by {group}", f"1000 * {per_request}", unit, "table", each),
        (f"Cost per million tokens by {group}", f"1000000 * {per_token}", unit, "table", each),
        ("Where the bill went", f"finops_charged_part_{money}", unit, "piechart", "{{part}}"),
        ("Accelerator-hours by state", hours, "h", "barchart", "{{pool}} {{state}}"),
        ("Price of an accelerator-hour", price, unit, "stat", "{{pool}}"),
    ]


def _panel(title: str, expression: str, unit: str, kind: str, legend: str) -> dict[str, object]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "title": title,
        "type": kind,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [
            {
                "refId": "A",
                "datasource": source,
                "expr": expression,
                "legendFormat": legend,
                "instant": kind in {"table", "piechart", "stat", "barchart"},
            }
        ],
    }


EXPORT = Export(
    name="grafana",
    about="A Grafana dashboard (JSON) over the metrics that `finops export metrics` writes.",
    formats=("json",),
    by=("workflow", "model"),
    write=write,
    has_period=False,
)
