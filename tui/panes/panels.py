"""The panels of the overview: each one answer of one command, and the view that shows all of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from finops.report.cells import cell_text
from finops.report.model import Style
from tui.colours import PARTS
from tui.frame import fitted
from tui.views.steps import asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.api.answer import Answer
    from finops.report.model import Report, ReportColumn, Row
    from tui.call import Call
    from tui.state import State

__all__ = ["PANELS", "PanelKind"]

_CAUSES = frozenset(
    {
        "price",
        "usage",
        "mix",
        "new",
        "gone",
        "unused",
        "gpu_idle",
        "credits",
        "tax",
        "jobs",
        "unlogged",
    }
)
"""Parts of a change that say why."""

ROOMY = 34
"""Cells in which a change's cause stands beside it."""

Draw = Callable[["Answer[Any]", int, int], Text]
"""An answer in so many cells and lines."""


class PanelKind(NamedTuple):
    """A panel: its title, its question, how its answer is drawn, and the view behind it."""

    name: str
    title: str
    call: Callable[[State], Call]
    draw: Draw
    view: str
    numbers: tuple[str, ...]
    """What `finops explain` calls the numbers of its first lines."""


def _spent(answer: Answer[Any], width: int, height: int) -> Text:
    """The period's cost, how it moved, and who was paid."""
    report, totals = answer.report, answer.report.totals or {}
    text = Text()
    text.append(f"{cell_text(totals.get('after'), Style.MONEY)} {report.currency or ''}", "bold")
    text.append(f"  {_moved(totals)}\n")
    text.append(f"{_title(report, 'before')} was {cell_text(totals.get('before'), Style.MONEY)}\n")
    return _listed(text, report, "provider", "after", width, height - 2)


def _produced(answer: Answer[Any], width: int, height: int) -> Text:
    """What came of it: requests and runs, what each costs, and the dearest workflows."""
    totals = answer.report.totals or {}
    text = Text()
    requests = cell_text(totals.get("requests"), Style.COUNT)
    per_thousand = cell_text(totals.get("cost_per_1k_requests"), Style.UNIT_MONEY)
    text.append(f"{requests} requests", "bold")
    text.append(f" · {per_thousand} per 1,000\n")
    per_run = cell_text(totals.get("cost_per_run"), Style.UNIT_MONEY)
    runs = cell_text(totals.get("runs"), Style.COUNT)
    text.append(f"{runs} runs · {per_run} per run\n")
    return _listed(text, answer.report, "workflow", "cost", width, height - 2)


def _changed(answer: Answer[Any], width: int, height: int) -> Text:
    """What moved most, by how much, and mostly why."""
    report = answer.report
    causes = [column for column in report.columns if column.name in _CAUSES]
    rows = [row for row in report.rows if row["change"]][: max(1, height)]
    if not rows:
        return Text("nothing moved")
    changes = [
        f"{_arrow(_decimal(row, 'change'))} {_signed(_decimal(row, 'change'))}" for row in rows
    ]
    reasons = [_reason(row, causes) if width >= ROOMY else "" for row in rows]
    wide, wordy = max(map(len, changes)), max(map(len, reasons))
    label = max(8, min(34, width - wide - wordy - 2))
    text = Text()
    for row, change, reason in zip(rows, changes, reasons, strict=True):
        text.append(fitted(cell_text(row[report.columns[0].name], Style.TEXT), label, right=False))
        text.append(f" {change:>{wide}}", "bold")
        text.append(f" {reason}\n")
    return text


def _reason(row: Row, causes: Sequence[ReportColumn]) -> str:
    """The part of the change that weighs most, in a word."""
    largest = max(causes, key=lambda column: abs(_decimal(row, column.name)), default=None)
    return "" if largest is None else largest.title.lower()


def _advised(answer: Answer[Any], width: int, height: int) -> Text:
    """What could be saved, the largest first, and who could do it."""
    totals, rows = answer.report.totals or {}, answer.report.rows
    if not rows:
        return Text("nothing found to save")
    text = Text()
    text.append(f"{cell_text(totals.get('low'), Style.MONEY)}", "bold")
    text.append(f" to {cell_text(totals.get('high'), Style.MONEY)} could be saved\n")
    amounts = [cell_text(row["high"], Style.MONEY) for row in rows[: max(1, height - 1)]]
    wide = max(map(len, amounts))
    for row, amount in zip(rows, amounts, strict=False):
        label = max(8, width - wide - 8)
        text.append(fitted(cell_text(row["saving"], Style.TEXT), label, right=False))
        text.append(f" up to {amount:>{wide}}\n")
    return text


def _moved(row: Row) -> str:
    """`▲ +4,062.31 (+12.4%)`: the sign is there for whoever sees no colours."""
    change = _decimal(row, "change")
    share = row.get("change_share")
    percent = f" ({cell_text(share, Style.RATIO)})" if share is not None else ""
    return f"{_arrow(change)} {_signed(change)}{percent}"


def _arrow(change: Decimal) -> str:
    return "▲" if change > 0 else "▼" if change < 0 else "="


def _signed(change: Decimal) -> str:
    return f"{'+' if change > 0 else ''}{cell_text(change, Style.MONEY)}"


def _title(report: Report, name: str) -> str:
    return next((column.title for column in report.columns if column.name == name), name)


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
    label = max(8, min(28, width - wide - 10))
    room = max(0, width - label - wide - 3)
    for row, shown in zip(rows, amounts, strict=True):
        bar = "█" * int(room * max(Decimal(0), _decimal(row, amount)) / largest)
        text.append(fitted(cell_text(row[name], Style.TEXT), label, right=False))
        text.append(f" {shown:>{wide}} ")
        text.append(f"{bar}\n", PARTS[0])
    return text


def _decimal(row: Row, name: str) -> Decimal:
    value = row[name]
    return value if isinstance(value, Decimal) else Decimal(0)


PANELS = (
    PanelKind(
        "spent",
        "Spent",
        lambda now: asked("compare", now, by=("provider",)),
        _spent,
        "spend",
        ("compare.after", "compare.before", "compare.change", "compare.change_share"),
    ),
    PanelKind(
        "produced",
        "Produced",
        lambda now: asked("unit", now, by=("workflow",)),
        _produced,
        "unit",
        ("unit.requests", "unit.cost_per_1k_requests", "unit.runs", "unit.cost_per_run"),
    ),
    PanelKind(
        "changed",
        "Changed",
        lambda now: asked("compare", now, by=("workflow",)),
        _changed,
        "changes",
        ("compare.change", "compare.price", "compare.usage", "compare.mix"),
    ),
    PanelKind(
        "advised",
        "To do",
        lambda now: asked("savings", now),
        _advised,
        "savings",
        ("savings.low", "savings.high"),
    ),
)
"""The four questions of the first screen, in the order they are asked."""
