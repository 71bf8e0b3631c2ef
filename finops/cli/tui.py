"""`finops tui`: everything finops answers, browsed in the terminal."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import LedgerOption  # noqa: TC001  (Typer reads the annotation)
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from finops.api.session import Session
    from finops.cli.diagnostics import Advance

__all__ = ["register"]

_BROWSER = "In a browser"
_PATIENCE_S = 5.0
"""Seconds that questions nobody waits for any more have to end in."""

ViewOption = Annotated[
    str | None,
    typer.Option("--view", metavar="NAME", help="View to open first, as `:` in it takes it."),
]
TextOption = Annotated[
    bool,
    typer.Option(
        "--text",
        help="Plain lines in one column, without boxes or movement, for a screen reader.",
    ),
]
WebOption = Annotated[
    bool, typer.Option("--web", help="Serve it to a browser of this machine instead.")
]
ListenOption = Annotated[
    str,
    typer.Option(
        "--listen",
        metavar="ADDRESS:PORT",
        help="Where --web listens; port 0 is any free one.",
        rich_help_panel=_BROWSER,
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="env:NAME|file:PATH|keyring:NAME",
        help="Where the token is that opens it. (default: drawn anew)",
        rich_help_panel=_BROWSER,
    ),
]
UnderstandOption = Annotated[
    bool,
    typer.Option(
        "--i-understand",
        help="Listen where others can reach it; whoever has the token reads the ledger.",
        rich_help_panel=_BROWSER,
    ),
]


def register(app: typer.Typer) -> None:
    """Add `tui` to the application."""
    app.command("tui")(tui)


def tui(
    *,
    view: ViewOption = None,
    ledger: LedgerOption = None,
    text: TextOption = False,
    web: WebOption = False,
    listen: ListenOption = "127.0.0.1:0",
    token: TokenOption = None,
    i_understand: UnderstandOption = False,
) -> None:
    """Browse every answer in the terminal.

    The first screen says what was spent, what it produced, what changed and what there is to do; every
    screen copies the command that prints it (y), and ? says what each key does.
    """
    if web:
        from finops.cli.tui_web import Asked, serve_tui

        serve_tui(
            Asked(listen, token, understood=i_understand), view=view, ledger=ledger, text=text
        )
        return
    if token is not None or i_understand:
        raise UsageError("--token and --i-understand belong to --web")
    if not (_in_browser() or _in_terminal()):
        raise UsageError(
            "finops tui needs a terminal",
            hint="every screen is a command: finops --help lists them",
        )
    from finops.config import load_config
    from tui.run import browse

    settings = load_config().tui
    settings = settings.model_copy(update={"text": text or settings.text})
    code = browse(_opening(ledger), settings, view=view, demo=_demo, ledger=ledger)
    _end(code)


def _end(code: int) -> NoReturn:
    """Leave with `code`, at once where a question does not hear that nobody waits for it."""
    from tui.desk import at_rest

    if not at_rest(_PATIENCE_S):
        os._exit(code)  # a thread stuck in an engine would be taken down inside it
    raise typer.Exit(code)


def _in_terminal() -> bool:
    """Whether there is a screen to draw on; the interface draws by way of stderr too."""
    return all(map(os.isatty, (0, 1, 2))) and os.environ.get("TERM") != "dumb"


def _in_browser() -> bool:
    """Whether --web started this process, which speaks to a browser over pipes."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


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
