"""`finops tui --web`: the terminal interface, served to a browser."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import NamedTuple

from finops.errors import UsageError
from finops.model.address import parse_address

__all__ = ["Asked", "serve_tui"]


class Asked(NamedTuple):
    """What the options say: where to listen, a reference to the token, and whether others may reach it."""

    listen: str
    token: str | None
    understood: bool


def serve_tui(asked: Asked, *, view: str | None, ledger: str | None, text: bool = False) -> None:
    """Serve until interrupted; the address to open is said on stderr.

    UsageError for an address that is none or not to be served, a bad token, or where textual-serve is
    not installed.
    """
    if find_spec("textual_serve") is None:
        raise UsageError(
            "a browser needs the package textual-serve",
            hint="install it: pip install 'finops-terminal[web]'",
        )
    from finops.cli import diagnostics
    from finops.cli.secrets import revealed
    from tui.web.door import door
    from tui.web.server import listening, serve

    address = parse_address(asked.listen, "--listen", "127.0.0.1:0")
    token = None if asked.token is None else revealed(asked.token)
    wanted = door(*address, token=token, understood=asked.understood)
    bound = listening(*address)
    opened = wanted._replace(port=bound.getsockname()[1])
    shown = opened.address if asked.token is None else opened.origin + "/?token=…"

    def ready() -> None:
        diagnostics.say(f"open {shown} (Ctrl-C ends it)")

    with diagnostics.narrated():  # textual-serve prints what a process complains of
        serve(_command(view, ledger, text=text), opened, bound, ready=ready)


def _command(view: str | None, ledger: str | None, *, text: bool) -> list[str]:
    """What a page runs: this very finops, with the options that concern it."""
    options = [
        part
        for name, value in (("--view", view), ("--ledger", ledger))
        if value is not None
        for part in (name, value)
    ]
    if text:
        options.append("--text")
    return [sys.executable, "-c", "from finops.cli.app import run; run()", "tui", *options]
