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
    money, first, group = currency.lower(), by[0], ", ".join(by)
    unit = f"currency{currency.upper()}"
    each = " · ".join(f"{{{{{name}}}}}" for name in by)
    panels = [
        _panel("Charged", f'sum(finops_charged_{money}{{amount="EffectiveCost"}})', unit, "stat"),
        _panel(
            "Cost per request",
            f"sum(finops_cost_{money}) / sum(finops_requests)",
            unit,
            "stat",
        ),
        _panel(
            f"Cost by {first}",
            f"topk(10, sum by ({first}) (finops_cost_{money}))",
            unit,
            "barchart",
            f"{{{{{first}}}}}",
        ),
        _panel(
            f"Cost per 1,000 requests by {group}",
            f"1000 * finops_cost_per_request_{money}",
            unit,
            "table",
            each,
        ),
        _panel(
            f"Cost per million tokens by {group}",
            f"1000000 * finops_cost_per_token_{money}",
            unit,
            "table",
            each,
        ),
        _panel("Where the bill went", f"finops_charged_part_{money}", unit, "piechart", "{{part}}"),
        _panel(
            "Accelerator-hours by state",
            "sum by (pool, state) (finops_gpu_time_seconds) / 3600",
            "h",
            "barchart",
            "{{pool}} {{state}}",
        ),
        _panel(
            "Price of an accelerator-hour",
            f"finops_gpu_hour_price_{money}",
            unit,
            "stat",
            "{{pool}}",
        ),
    ]
    for place, panel in enumerate(panels):
        panel["id"] = place + 1
        panel["gridPos"] = {
            "x": place % 2 * _WIDTH,
            "y": place // 2 * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        }
    return {
        "title": f"AI unit economics ({currency.upper()})",
        "uid": f"finops-{money}",
        "schemaVersion": 39,
        "tags": ["finops"],
        "time": {"from": "now-90d", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "type": "datasource",
                    "query": "prometheus",
                    "label": "Source",
                }
            ]
        },
        "panels": panels,
    }


def _panel(
    title: str, expression: str, unit: str, kind: str, legend: str = ""
) -> dict[str, object]:
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
