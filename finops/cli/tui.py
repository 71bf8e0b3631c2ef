"""`finops tui`: everything finops answers, browsed in the terminal."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import LedgerOption  # noqa: TC001  (Typer reads the annotation)
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from finops.api.session import Session
    from finops.cli.diagnostics import Advance

__all__ = ["register"]

ViewOption = Annotated[
    str | None,
    typer.Option("--view", metavar="NAME", help="View to open first, as `:` in it takes it."),
]


def register(app: typer.Typer) -> None:
    """Add `tui` to the application."""
    app.command("tui")(tui)


def tui(*, view: ViewOption = None, ledger: LedgerOption = None) -> None:
    """Browse every answer in the terminal.

    The first screen says what was spent, what it produced, what changed and what there is to do; every
    screen copies the command that prints it (y), and ? says what each key does.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream.isatty() for stream in streams) or os.environ.get("TERM") == "dumb":
        raise UsageError(
            "finops tui needs a terminal",
            hint="every screen is a command: finops --help lists them",
        )
    from finops.config import load_config
    from tui.run import browse

    settings = load_config().tui
    raise typer.Exit(browse(_opening(ledger), settings, view=view, demo=_demo, ledger=ledger))


def _opening(ledger: str | None) -> Callable[[], Session]:
    from finops.api.session import open_session

    return lambda: open_session(ledger)


def _demo() -> Session:
    """The sample company, loaded without a word: the screen belongs to the program."""
    from finops.api.session import open_session
    from finops.cli.demo import Narrator, sample_company

    store, config = sample_company(None, Narrator(lambda _text: None, _silence))
    return open_session(store.location.url, config=config)


@contextmanager
def _silence(what: str, *, total: int | None = None) -> Iterator[Advance]:
    """Progress nobody watches."""
    del what, total
    yield lambda *_done, **_more: None
