"""The panels of the overview: each one answer of one command, and the view that shows all of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from finops.report.cells import cell_text
from finops.report.model import Style
from tui.frame import fitted
from tui.views.steps import asked

if TYPE_CHECKING:
    from finops.api.answer import Answer
    from finops.report.model import Report, Row
    from tui.call import Call
    from tui.state import State

__all__ = ["PANELS", "PanelKind"]

Draw = Callable[["Answer[Any]", int, int], Text]
"""An answer in so many cells and lines."""


class PanelKind(NamedTuple):
    """A panel: its title, its question, how its answer is drawn, and the view behind it."""

    name: str
    title: str
    call: Callable[[State], Call]
    draw: Draw
    view: str


def _spent(answer: Answer[Any], width: int, height: int) -> Text:
    report = answer.report
    totals = report.totals or {}
    text = Text()
    text.append(
        f"{cell_text(totals.get('EffectiveCost'), Style.MONEY)} {report.currency or ''}\n", "bold"
    )
    billed = cell_text(totals.get("BilledCost"), Style.MONEY)
    text.append(f"billed {billed}\n")
    return _listed(text, report, "provider", "EffectiveCost", width, height - 2)


def _produced(answer: Answer[Any], width: int, height: int) -> Text:
    totals = answer.report.totals or {}
    text = Text()
    requests = cell_text(totals.get("requests"), Style.COUNT)
    per_thousand = cell_text(totals.get("cost_per_1k_requests"), Style.UNIT_MONEY)
    text.append(f"{requests} requests", "bold")
    text.append(f" · {per_thousand} per 1k\n")
    per_run = cell_text(totals.get("cost_per_run"), Style.UNIT_MONEY)
    runs = cell_text(totals.get("runs"), Style.COUNT)
    text.append(f"{runs} runs · {per_run} per run\n")
    return _listed(text, answer.report, "workflow", "cost", width, height - 2)


def _idle(answer: Answer[Any], width: int, height: int) -> Text:
    return _listed(Text(), answer.report, "pool", "gpu_idle", width, height)


def _listed(text: Text, report: Report, name: str, amount: str, width: int, lines: int) -> Text:
    """The largest rows, each with a bar as long as its share of the largest."""
    rows = [row for row in report.rows if isinstance(row[amount], Decimal) and row[amount]]
    rows.sort(key=lambda row: -_decimal(row, amount))
    rows = rows[: max(1, lines)]
    if not rows:
        return text.append("nothing")
    largest = max(_decimal(row, amount) for row in rows) or Decimal(1)
    amounts = [cell_text(row[amount], Style.MONEY) for row in rows]
    wide = max(map(len, amounts))
    label = max(8, min(28, width - wide - 3))
    room = max(0, width - label - wide - 3)
    for row, shown in zip(rows, amounts, strict=True):
        bar = "█" * int(room * max(Decimal(0), _decimal(row, amount)) / largest)
        text.append(fitted(cell_text(row[name], Style.TEXT), label, right=False))
        text.append(f" {shown:>{wide}} ")
        text.append(f"{bar}\n", "blue")
    return text


def _decimal(row: Row, name: str) -> Decimal:
    value = row[name]
    return value if isinstance(value, Decimal) else Decimal(0)


PANELS = (
    PanelKind("spent", "Spent", lambda now: asked("costs", now, by=("provider",)), _spent, "spend"),
    PanelKind(
        "produced", "Produced", lambda now: asked("unit", now, by=("workflow",)), _produced, "unit"
    ),
    PanelKind("idle", "Idle", lambda now: asked("capacity", now, by="pool"), _idle, "capacity"),
)
