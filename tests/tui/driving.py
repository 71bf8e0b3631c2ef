"""The program, driven without a terminal: press keys, wait for its workers, look at its state."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest
from textual._compositor import Compositor

from finops.api.session import open_session
from tui.app import FinopsApp
from tui.opening import Opening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from textual.pilot import Pilot

    from finops.api.session import Session
    from tui.frame_table import FrameTable
    from tui.pane import Pane
    from tui.panes.table import TablePane

__all__ = ["Driver", "driven", "play"]


class Driver:
    """A running program and its keyboard."""

    def __init__(self, app: FinopsApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    async def settle(self) -> None:
        """Wait until nothing is being asked, drawn or waited for."""
        await self.pilot.pause()
        while busy := [worker for worker in self.app.workers if not worker.is_finished]:
            await asyncio.gather(*(worker.wait() for worker in busy), return_exceptions=True)
            await self.pilot.pause()
        await self.pilot.pause()

    def paint(self) -> None:
        """Draw the whole screen once, for nobody."""
        behind = self.app._background_screens
        self.app.screen._compositor.render_update(full=True, screen_stack=behind)

    async def press(self, *keys: str) -> None:
        """Press keys one after another, each answered before the next."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type into what has the keyboard, then enter."""
        await self.pilot.press(*text, "enter")
        await self.settle()

    @property
    def pane(self) -> Pane:
        """The pane shown."""
        pane = self.app.pane
        assert pane is not None
        return pane

    @property
    def where(self) -> list[str]:
        """Every condition of the filter."""
        return list(self.pane.state.where)

    @property
    def table(self) -> FrameTable:
        """The table of the pane shown."""
        return cast("TablePane", self.pane).table

    @property
    def shown(self) -> list[tuple[str, ...]]:
        """Every row of the table as people read it."""
        frame = self.table.frame
        assert frame is not None
        return [frame.texts(place) for place in range(len(frame))]

    @property
    def command(self) -> str:
        """The command `y` would copy."""
        return self.app.line_of(self.pane.call)

    @property
    def toasts(self) -> list[str]:
        """What was said in passing."""
        return [each.message for each in self.app._notifications]

    def bar(self, name: str) -> str:
        """The text of a bar: tabs, crumbs or keys."""
        from tui.bars import Bar

        return self.app.query_one(f"#{name}", Bar).render().plain


@asynccontextmanager
async def driven(
    folder: Path | None = None,
    *,
    size: tuple[int, int] = (100, 30),
    open_ledger: Callable[[], Session] | None = None,
    painted: bool = True,
    **opening: Any,  # noqa: ANN401  (what Opening takes)
) -> AsyncIterator[Driver]:
    """The program on a ledger, its first screen answered.

    Where it is not `painted`, only `Driver.paint` draws: drawing what nobody looks at is most of a key's work.
    """
    opens = open_ledger or (lambda: open_session(folder))
    opening.setdefault("demo", opens)
    app = FinopsApp(Opening(opens, **opening))
    with pytest.MonkeyPatch.context() as patch:
        if not painted:
            patch.setattr(Compositor, "render_update", _only_when_asked(Compositor.render_update))
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            yield driver


def _only_when_asked(draw: Callable[..., Any]) -> Callable[..., Any]:
    """`draw` of a compositor, for whole screens alone; what else is to be drawn is forgotten."""

    def update(compositor: Compositor, *, full: bool = False, **how: Any) -> Any:  # noqa: ANN401
        if full:
            return draw(compositor, full=True, **how)
        compositor._dirty_regions.clear()
        return None

    return update


def play(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run an asynchronous test to its end."""
    asyncio.run(scenario())
