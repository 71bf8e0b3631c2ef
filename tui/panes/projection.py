"""A projection: sliders beside its answer. Table and chart follow as a number moves; the command carries it.

What is not moved is as the settings say (`[[breakeven]]`, `[[route]]`) or as the command finds it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from textual.widgets import Static

from finops.api.breakeven_settings import pools_to_compare
from finops.errors import UsageError
from tui.desk import in_background
from tui.dialogs.line import LineScreen
from tui.panes.sliders import Sliders
from tui.panes.table import TablePane

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from finops.api.answer import Answer
    from finops.config import Config
    from finops.errors import FinopsError
    from tui.actions import Context
    from tui.call import Option
    from tui.desk import Desk
    from tui.dials import Dial
    from tui.state import Place
    from tui.view import View

__all__ = ["ProjectionPane"]

SIDE_BY_SIDE = 118
"""Columns from which sliders stand beside the answer, rather than above it."""


class ProjectionPane(TablePane):
    """Sliders, a table, a chart."""

    DEFAULT_CSS = """
    ProjectionPane > Sliders { dock: left; width: 56; height: 100%; border-bottom: solid $panel-lighten-2; }
    ProjectionPane.above > Sliders { dock: top; width: 100%; height: 7; }
    ProjectionPane.route > Sliders { dock: top; width: 100%; height: auto; max-height: 7; }
    ProjectionPane.breakeven.charted > FrameTable { height: 6; }
    ProjectionPane.breakeven.charted > ChartBox { height: 1fr; }
    ProjectionPane.failed > Sliders { display: none; }
    """

    def __init__(self, place: Place, view: View, desk: Desk) -> None:
        self.as_set = not place.state.options
        """Whether it starts with what the settings say."""
        said = dict(place.state.options) or _given(desk.session.config, view.name)
        self.given = said
        super().__init__(
            place._replace(state=replace(place.state, options=tuple(said.items()))), view, desk
        )
        self.add_class(view.name)
        self.sliders = Sliders()
        self.ranges: dict[str, Dial] = {}
        """Each dial as it was first seen for the question asked: its ends stay while it is moved."""
        self.pools: tuple[str, ...] = ()
        """Pools that were measured, where the settings name none to compare."""
        self.settled: set[str] = set()
        """Dials that were first seen where they had not been moved."""

    def on_mount(self) -> None:
        """Sliders stand where they were left the last time."""
        left, of = self.remembered.get("sliders"), self.remembered.get("of")
        known = of == self.given or (not self.given and self.view.example)
        if isinstance(left, dict) and isinstance(of, dict) and left and known and self.as_set:
            self.given = of
            said = {**of, **{str(name): str(text) for name, text in left.items()}}
            state = replace(self.state, options=tuple(said.items()))
            self.place = self.place._replace(state=state)
        super().on_mount()

    def position(self) -> dict[str, Any]:
        """Also the sliders that were moved, and the one chosen."""
        if not self.sliders.dials:
            return super().position()
        said, moved = dict(self.state.options), self._moved() & set(self.ranges)
        left = {name: str(said[name]) for name in sorted(moved) if name in said}
        return {
            **super().position(),
            "sliders": left,
            "slider": self.sliders.here,
            "of": self.given,
        }

    def compose(self) -> ComposeResult:
        """The sliders, then what every table has."""
        yield self.sliders
        yield from super().compose()

    @property
    def note_text(self) -> str:
        """The period only where something of it is measured."""
        told = super().note_text
        return told if self.call.asks_ledger else told.removeprefix(self.state.span.label)

    def read_settings(self) -> None:
        """Start with what the settings say now, unless something has been moved."""
        if self.as_set and dict(self.state.options) == self.given:
            self.given = _given(self.desk.session.config, self.view.name)
            state = replace(self.state, options=tuple(self.given.items()))
            self.place = self.place._replace(state=state)

    def focus_first(self) -> None:
        """The sliders have the keyboard."""
        self.sliders.focus()

    def on_resize(self) -> None:
        """Sliders beside the answer where both have room."""
        self.set_class(self.size.width < SIDE_BY_SIDE, "above")
        super().on_resize()

    def draw_chart(self) -> None:
        """A chart that draws itself takes all the room there is."""
        super().draw_chart()
        spec = self.chart_spec
        if spec is not None and spec.own:
            self.chart.styles.height = "1fr"

    # --- the answer -------------------------------------------------------------------------

    async def answers(self) -> Answer[Any]:
        """The answer; where the settings name no pool, of the first that was measured and can be compared."""
        if not (self.as_set and self.view.example) or self.state.options:
            return await super().answers()
        session, period = self.desk.session, self.state.span.period
        self.pools = await in_background(lambda: pools_to_compare(session, period))
        for name in self.pools:
            self._take({"from_ledger": f"pool={name}"})
            try:
                return await super().answers()
            except UsageError:
                continue
        self._take({"from_ledger": f"pool={self.pools[0]}"} if self.pools else {})
        return await super().answers()

    def _take(self, given: dict[str, Option]) -> None:
        """Start with `given`."""
        self.given = given
        self.place = self.place._replace(state=replace(self.state, options=tuple(given.items())))

    @property
    def context(self) -> Context:
        """What keys may depend on: without an answer Enter starts with example numbers."""
        return replace(super().context, opens=self._can_begin())

    def _can_begin(self) -> bool:
        return (
            bool(self.view.example) and self.as_set and self.error is not None and not self._moved()
        )

    def open_row(self) -> None:
        """Go where the row leads; without an answer, start with example numbers."""
        if not self._can_begin():
            super().open_row()
            return
        wrong = "" if self.error is None else self.error.message
        said: dict[str, Option] = dict(self.view.example)
        if "--cloud-per-hour" not in wrong and "--capex" in wrong:
            del said["cloud_per_hour"]
        self.shape(replace(self.state, options=tuple({**self.given, **said}.items())))

    def show(self, answer: Answer[Any]) -> None:
        """Draw the answer, and the sliders where it says they stand."""
        self.remove_class("failed")
        self._stand(answer)
        super().show(answer)

    def fail(self, error: FinopsError) -> None:
        """What is missing, and where to write it down; moved sliders stay to be moved back.

        Sliders as they were left the last time that make no answer any more are where they came from.
        """
        if self.remembered.get("sliders") and not self.sliders.dials:
            self.remembered = {}
            self.given = _given(self.desk.session.config, self.view.name)
            self.shape(replace(self.state, options=tuple(self.given.items())))
            return
        if not self._moved():
            self.add_class("failed")
            self.table.focus()
        super().fail(error)
        if self.view.advice is not None and not self._moved():
            currency = self.desk.session.config.currency
            told = self.view.advice(next(iter(self.pools), None), currency)
            self.query_one("#message", Static).update(f"{error.message}\n\n{told}")

    def _moved(self) -> set[str]:
        """Options that are not as they were given."""
        said = dict(self.state.options)
        return {name for name in {*said, *self.given} if said.get(name) != self.given.get(name)}

    def _stand(self, answer: Answer[Any]) -> None:
        if self.view.dials is None:
            return
        dials, moved = [], self._moved()
        for dial in self.view.dials(answer.report):
            if dial.option not in moved:
                self.ranges[dial.option] = dial
                self.settled.add(dial.option)
            first = self.ranges.setdefault(dial.option, dial)
            said = self.state.option(dial.option)
            value = dial.value if said is None else Decimal(str(said))
            low, high = min(first.low, value), max(first.high, value)
            dials.append(dial._replace(value=value, low=low, high=high, step=first.step))
        self.sliders.set_dials(dials, moved)
        self.sliders.choose(self.remembered.get("slider"))

    @property
    def spoken_text(self) -> str:
        """The slider chosen while the sliders have the keyboard, else the cell under the cursor."""
        if self.error is None and self.sliders.has_focus:
            return self.sliders.spoken
        return super().spoken_text

    def on_descendant_focus(self) -> None:
        """What is said depends on what has the keyboard."""
        self.post_message(self.Changed())

    def on_sliders_chosen(self, event: Sliders.Chosen) -> None:
        """Say the slider."""
        event.stop()
        self.post_message(self.Changed())

    # --- moving -----------------------------------------------------------------------------

    def on_sliders_slid(self, event: Sliders.Slid) -> None:
        """Ask with the number moved; where it is as given, as it was given."""
        event.stop()
        option = event.dial.option
        first, given = self.ranges[option], self.given.get(option)
        text: Option = event.dial.text
        was_here = option in self.settled and given is None and first.text == text
        if event.reset or was_here:
            text = given
        self.sliders.moved = self.sliders.moved | {option}
        self.shape(replace(self.state.with_option(option, text)))

    def on_sliders_typing(self, event: Sliders.Typing) -> None:
        """Ask for the number, in the dial's unit."""
        event.stop()
        dial = event.dial

        def take(text: str | None) -> None:
            if text:
                self.post_message(Sliders.Slid(dial._replace(value=Decimal(text))))

        self.app.push_screen(
            LineScreen(f"{dial.title}, {dial.unit}", dial.text, check=_number_or_why), take
        )


def _number_or_why(text: str) -> str | None:
    try:
        return None if not text or Decimal(text).is_finite() else "a finite number is needed"
    except InvalidOperation:
        return "write a number, 0.65 for 65 %"


def _given(config: Config, name: str) -> dict[str, Option]:
    """Options of the first projection that the settings name; none where they name none."""
    found: dict[str, Option] = {}
    for entry in config.breakeven[:1] if name == "breakeven" else ():
        found["from_ledger"] = f"pool={entry.pool}"
    for each in config.route[:1] if name == "route" else ():
        loss = f"{each.max_quality_loss.normalize():f}"
        found |= {"small": each.small, "large": each.large, "max_quality_loss": loss}
        found |= {} if each.workflow is None else {"workflow": each.workflow}
    return found
