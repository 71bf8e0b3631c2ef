"""The metrics export: its text, and what a real Prometheus reads in it."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from finops.exports.grafana import dashboard_json
from finops.exports.metrics import families
from finops.exports.openmetrics import Family, Sample, render_families
from tests.analysis.ledgers import OCTOBER, ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from finops.api.session import Session

Series = dict[tuple[str, frozenset[tuple[str, str]]], str]


@pytest.fixture(scope="module")
def text(company: Session, tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("metrics") / "finops.prom"
    company.export("metrics", target, month="2026-10")
    return target.read_text(encoding="utf-8")


def series(text: str) -> Series:
    """Samples by name and labels, as the text has them; written for labels without commas."""
    found: Series = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        head, _, value = line.rpartition(" ")
        name, _, labels = head.partition("{")
        pairs = [pair.partition("=") for pair in labels.rstrip("}").split(",") if pair]
        key = frozenset((label, json.loads(quoted)) for label, _, quoted in pairs)
        found[name, key] = value
    return found


def labelled(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def test_a_family_has_its_type_unit_and_help_and_the_text_an_end() -> None:
    shown = render_families(
        [
            Family(
                "a_usd",
                'Said "so"\\',
                "usd",
                (Sample({"x": 'b"c\n', "none": None}, Decimal("0.10")),),
            ),
            Family("empty", "", None, ()),
            Family("b_ratio", "Part.", "ratio", (Sample({}, 0.25), Sample({"x": "d"}, 3))),
        ]
    )
    assert shown == (
        "# TYPE a_usd gauge\n"
        "# UNIT a_usd usd\n"
        '# HELP a_usd Said \\"so\\"\\\\\n'
        'a_usd{x="b\\"c\\n"} 0.1\n'
        "# TYPE b_ratio gauge\n"
        "# UNIT b_ratio ratio\n"
        "# HELP b_ratio Part.\n"
        "b_ratio 0.25\n"
        'b_ratio{x="d"} 3\n'
        "# EOF\n"
    )


def test_unit_costs_are_those_of_finops_unit_to_the_last_digit(company: Session, text: str) -> None:
    found = series(text)
    answer = ask(company.ledger, company.config, "workflow", "model")
    (draft,) = [group for group in answer.groups if group.keys == ("draft", "model-a")]
    labels = labelled(workflow="draft", model="model-a")
    assert Decimal(found["finops_cost_usd", labels]) == draft.cost
    assert found["finops_requests", labels] == "1"
    assert Decimal(found["finops_cost_per_request_usd", labels]) == draft.cost
    parts = [
        Decimal(value) for (name, _), value in found.items() if name == "finops_charged_part_usd"
    ]
    charged = found["finops_charged_usd", labelled(amount="EffectiveCost")]
    assert sum(parts) == Decimal(charged) == Decimal("172.683333333333333333000001")
    assert found["finops_gpu_time_seconds", labelled(pool="nodes", state="idle")] == "28800"
    assert found["finops_gpu_hour_price_usd", labelled(pool="nodes")] == "1"
    assert found["finops_period_start_timestamp_seconds", frozenset()] == "1790812800"


def test_the_number_of_series_is_bounded_and_the_rest_is_one(company: Session) -> None:
    answer = ask(company.ledger, company.config, "workflow", period=OCTOBER)
    costs = next(each for each in families(answer, top=1) if each.name == "finops_cost_usd")
    dearest = max(answer.groups, key=lambda group: group.cost)
    assert len(answer.groups) > 2
    assert [sample.labels for sample in costs.samples] == [
        {"workflow": dearest.keys[0]},
        {"workflow": "other"},
    ]
    assert sum(Decimal(sample.value) for sample in costs.samples) == answer.total.cost


class _Page(BaseHTTPRequestHandler):
    """Serves one exposition as OpenMetrics."""

    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header(
            "Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8"
        )
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def prometheus(text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus on this machine that has scraped the export."""
    folder = tmp_path_factory.mktemp("prometheus")
    page = ThreadingHTTPServer(("127.0.0.1", 0), type("Page", (_Page,), {"body": text.encode()}))
    threading.Thread(target=page.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    target = f"127.0.0.1:{page.server_address[1]}"
    scrapes = f"[{{job_name: finops, static_configs: [{{targets: ['{target}']}}]}}]"
    config = f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs: {scrapes}\n"
    (folder / "prometheus.yml").write_text(config)
    running = subprocess.Popen(
        [
            "prometheus", f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for_scrape(address)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=20)
        page.shutdown()
        page.server_close()


def _wait_for_scrape(address: str) -> None:
    for _ in range(600):
        try:
            if any(each["value"][1] == "1" for each in instant(address, "up")):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("Prometheus has not read the export")


def instant(address: str, query: str) -> list[dict[str, Any]]:
    """What Prometheus answers to a query now."""
    answer = httpx.get(f"{address}/api/v1/query", params={"query": query}, timeout=5)
    if answer.status_code != httpx.codes.OK:
        return []
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


@pytest.mark.needs("prometheus", "promtool")
def test_prometheus_reads_every_series_as_the_float_nearest_to_it(
    text: str, prometheus: str
) -> None:
    wanted = {key: float(value) for key, value in series(text).items()}
    found = {}
    for each in instant(prometheus, '{__name__=~"finops_.+"}'):
        labels = {
            k: v for k, v in each["metric"].items() if k not in {"__name__", "job", "instance"}
        }
        found[each["metric"]["__name__"], frozenset(labels.items())] = float(each["value"][1])
    assert found == wanted
    assert len(found) > 40


@pytest.mark.needs("prometheus", "promtool")
def test_prometheus_knows_each_metrics_help_and_unit(prometheus: str) -> None:
    known = httpx.get(f"{prometheus}/api/v1/metadata", timeout=5).json()["data"]
    about = known["finops_cost_per_request_usd"][0]
    assert (about["type"], about["unit"]) == ("gauge", "usd")
    assert about["help"] == "That cost over requests."


@pytest.mark.needs("prometheus", "promtool")
def test_every_panel_of_the_dashboard_has_data(prometheus: str, repository: Path) -> None:
    shipped = (repository / "docs" / "grafana.json").read_text(encoding="utf-8")
    assert shipped == dashboard_json("USD")
    for panel in json.loads(shipped)["panels"]:
        (target,) = panel["targets"]
        values = [float(each["value"][1]) for each in instant(prometheus, target["expr"])]
        assert values, panel["title"]
        assert all(math.isfinite(value) for value in values), panel["title"]


@pytest.mark.needs("promtool")
def test_promtool_finds_nothing_wrong_with_the_names(text: str) -> None:
    """It reads the older text format, as node_exporter's textfile collector does."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
