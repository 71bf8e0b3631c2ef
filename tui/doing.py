"""What each action does to the program: one function for each, by the action's name."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  (DOING names it)
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from finops.errors import FinopsError
from finops.report.cells import title_text
from tui.dialogs.export import FORMATS, ExportScreen
from tui.dialogs.line import LineScreen
from tui.dialogs.pick import Choice, PickScreen
from tui.dialogs.text import TextScreen
from tui.filters import typed
from tui.helping import help_text
from tui.spans import parse_span
from tui.state import next_grain

if TYPE_CHECKING:
    from pathlib import Path

    from tui.app import FinopsApp
    from tui.pane import Pane
    from tui.spans import Span

__all__ = ["DOING"]


def _filter(app: FinopsApp, pane: Pane) -> None:
    state = pane.state
    first = state.by[0] if state.by else None

    def take(text: str | None) -> None:
        if text is not None:
            condition = typed(text, first)
            pane.shape(replace(state, where=(condition,) if condition else ()))

    words = sorted({f"{name} = '" for name in pane.view.dimensions if ":" not in name})
    app.push_screen(
        LineScreen(
            f"Filter {pane.view.title} (--where)",
            state.filter or "",
            hint=f"a word is looked for in {first or 'the rows'}; or an expression: "
            "workflow = 'rag-answer' and latency_ms > 2000 · nothing shows all · → completes",
            words=words,
        ),
        take,
    )


def _group(app: FinopsApp, pane: Pane) -> None:
    view, state = pane.view, pane.state
    names = (*view.dimensions, *(name for name in state.by if name not in view.dimensions))

    def take(chosen: tuple[str, ...] | None) -> None:
        if chosen:
            by = chosen[:1] if view.one_dimension else chosen
            pane.shape(replace(state, by=by, sort=None, columns=None))

    app.push_screen(
        PickScreen(
            f"{view.title}: split by",
            [Choice(name) for name in names],
            chosen=state.by,
            many=not view.one_dimension,
            free=not view.one_dimension,
        ),
        take,
    )


def _period(app: FinopsApp, pane: Pane) -> None:
    today = datetime.now(tz=UTC).date()
    choices = [Choice(month) for month in app.months]
    choices += [
        Choice("7d", "the last seven days"),
        Choice("30d", "the last thirty days"),
        Choice("3m", "the last three whole months"),
        Choice("12m", "the last twelve whole months"),
        Choice("everything", "all there is"),
    ]

    def take(chosen: tuple[str, ...] | None) -> None:
        if not chosen:
            return
        try:
            span: Span = parse_span(" ".join(chosen), today=today)
        except FinopsError as error:
            app.complain(error)
        else:
            app.set_span(span)

    here = pane.state.span.label
    app.push_screen(PickScreen("Period", choices, chosen=(here,), free=True), take)


def _grain(app: FinopsApp, pane: Pane, *, finer: bool) -> None:
    grain = next_grain(pane.view.grains, pane.state.grain, finer=finer)
    if grain == pane.state.grain:
        app.notify("Rows are about the whole period." if grain is None else "Days are the finest.")
    else:
        pane.shape(replace(pane.state, grain=grain, sort=None, columns=None))


def _compare(_app: FinopsApp, pane: Pane) -> None:
    pane.shape(replace(pane.state, compared=not pane.state.compared, sort=None, columns=None))


def _sort(_app: FinopsApp, pane: Pane) -> None:
    column = pane.context.column
    if column is not None:
        pane.shape(pane.state.sorted_by(column))


def _columns(app: FinopsApp, pane: Pane) -> None:
    if pane.answer is None:
        return
    columns = pane.answer.report.columns
    shown = pane.state.columns or tuple(column.name for column in columns if column.shown)

    def take(chosen: tuple[str, ...] | None) -> None:
        if chosen:
            names = tuple(column.name for column in columns if column.name in chosen)
            pane.shape(replace(pane.state, columns=names))

    app.push_screen(
        PickScreen(
            "Columns",
            [Choice(column.name, title_text(column)) for column in columns],
            chosen=shown,
            many=True,
        ),
        take,
    )


def _export(app: FinopsApp, pane: Pane) -> None:
    answer, call = pane.answer_shown(), pane.call
    if answer is None:
        return
    period = "" if pane.state.span.period is None else f"-{pane.state.span.label.replace(' ', '')}"
    stem = f"finops-{call.command.replace(' ', '-')}{period if pane.view.timed else ''}"

    def write(path: Path | None) -> None:
        if path is None:
            return
        try:
            answer.save(path)
        except (FinopsError, OSError) as error:
            app.complain(error)
        else:
            app.notify(f"{path} · {path.stat().st_size:,} bytes", title="Written")

    app.push_screen(ExportScreen(stem, app.line_of(call), pane.view.formats or FORMATS), write)


def _copy(app: FinopsApp, pane: Pane) -> None:
    line = app.line_of(pane.call)
    app.copy_to_clipboard(line)
    app.notify(line, title="Copied")


def _copy_cell(app: FinopsApp, pane: Pane) -> None:
    now = pane.context
    if now.row is None or now.column is None:
        return
    from decimal import Decimal

    from finops.report.numbers import exact

    value = now.row[now.column]
    text = "" if value is None else exact(value) if isinstance(value, Decimal) else str(value)
    app.copy_to_clipboard(text)
    app.notify(text, title="Copied")


def _explain(app: FinopsApp, pane: Pane) -> None:
    found = pane.explained()
    places = {each.name: each.place for each in found}

    def take(chosen: tuple[str, ...] | None) -> None:
        if chosen:
            app.deepen(places[chosen[0]])

    if len(places) == 1:
        take(tuple(places))
    elif places:
        choices = [Choice(each.name, each.about) for each in found]
        app.push_screen(PickScreen("Explain which?", choices), take)


def _notes(app: FinopsApp, pane: Pane) -> None:
    answer = pane.answer_shown()
    notes = () if answer is None else answer.report.notes
    text = "\n\n".join(notes) or "The answer says nothing about itself."
    app.push_screen(TextScreen("Notes", text))


def _help(app: FinopsApp, pane: Pane) -> None:
    app.push_screen(
        TextScreen(
            pane.view.title,
            help_text(
                app.actions.values(),
                app.context or pane.context,
                app.line_of(pane.call),
                app.opening.keys or {},
            ),
        )
    )


DOING: dict[str, Callable[[FinopsApp, Pane], None]] = {
    "open": lambda _app, pane: pane.open_row(),
    "back": lambda app, _pane: app.back(),
    "goto": lambda app, _pane: app.action_command_palette(),
    "home": lambda app, _pane: app.go_home(),
    "last": lambda app, _pane: app.go(app.before),
    "filter": _filter,
    "unfilter": lambda _app, pane: pane.shape(replace(pane.state, where=pane.state.where[:-1])),
    "group": _group,
    "period.earlier": lambda app, pane: app.set_span(pane.state.span.earlier()),
    "period.later": lambda app, pane: app.set_span(pane.state.span.later()),
    "period": _period,
    "grain.coarser": partial(_grain, finer=False),
    "grain.finer": partial(_grain, finer=True),
    "compare": _compare,
    "sort": _sort,
    "columns": _columns,
    "chart": lambda _app, pane: pane.toggle_chart(),
    "export": _export,
    "copy": _copy,
    "copy.cell": _copy_cell,
    "explain": _explain,
    "notes": _notes,
    "refresh": lambda app, _pane: app.begin_again(),
    "stop": lambda _app, pane: pane.stop(),
    "demo": lambda app, _pane: app.load_demo(),
    "theme": lambda app, _pane: app.action_change_theme(),
    "help": _help,
    "quit": lambda app, _pane: app.leave(),
}
"""Every action of `tui.actions.ACTIONS`."""
