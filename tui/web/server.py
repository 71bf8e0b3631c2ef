"""Serving the terminal interface: one process of it for every page that is open.

textual-serve moves keys and screens between a web socket and such a process; which requests reach it, and
what the page loads, is ours. It is an extra of its own: whoever imports this module has it.
"""

from __future__ import annotations

import shlex
import socket
from typing import TYPE_CHECKING

from aiohttp import web
from textual_serve.server import Server

from finops.errors import UsageError
from tui.web.page import POLICY, SCRIPT, STYLE, page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiohttp.typedefs import Handler, Middleware

    from tui.web.door import Door, Refusal

__all__ = ["SESSIONS", "application", "listening", "serve"]

SESSIONS = 8
"""Pages open at a time; each has a process that holds the ledger."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there, on a free port for 0; UsageError when it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(16)
    except OSError as error:
        bound.close()
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return bound


def serve(
    command: Sequence[str], door: Door, bound: socket.socket, *, ready: Callable[[], None]
) -> None:
    """Serve `command`, a program that shows the interface, until a signal; `ready` once it answers."""

    async def say(_app: web.Application) -> None:
        ready()

    app = application(command, door)
    app.on_startup.append(say)
    web.run_app(app, sock=bound, print=None, access_log=None, shutdown_timeout=2)


def application(command: Sequence[str], door: Door) -> web.Application:
    """The routes, each behind the door."""
    inner = Server(shlex.join(command), host=door.host, port=door.port, title="finops")
    app = web.Application(middlewares=[_guard(door)])
    app.router.add_get("/", _index)
    app.router.add_get("/page.css", _text(STYLE, "text/css"))
    app.router.add_get("/page.js", _text(SCRIPT, "text/javascript"))
    app.router.add_get("/ws", _Terminals(inner, door).answer)
    app.router.add_get("/download/{key}", inner.handle_download)
    app.router.add_static("/static", inner.statics_path)
    app.on_response_prepare.append(_sealed)
    return app


def _guard(door: Door) -> Middleware:
    """Answers only who calls us by our name and has been let in."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = door.stranger(request.host)
        if refusal is not None:
            return _refused(refusal)
        if request.path == "/" and "token" in request.query:
            return _let_in(door, request.query["token"])
        if not door.opens(request.cookies.get(door.cookie)):
            return web.Response(status=403, text="Open the address that finops printed.\n")
        return await handler(request)

    return guarded


def _let_in(door: Door, token: str) -> web.Response:
    """The cookie for the right token, on the way to the address without it."""
    if not door.opens(token):
        return web.Response(status=403, text="That is not the token of this server.\n")
    answer = web.Response(status=303, headers={"Location": "/"})
    answer.set_cookie(door.cookie, door.token, httponly=True, samesite="Strict", path="/")
    return answer


class _Terminals:
    """Opens a terminal for a web socket of our own page, while there is room for one."""

    def __init__(self, inner: Server, door: Door) -> None:
        self._inner = inner
        self._door = door
        self._open = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The socket, until the page or the program closes it; 403 for a foreign page, 503 when full."""
        refusal = self._door.foreign(request.headers.get("Origin"), request.host)
        if refusal is not None:
            return _refused(refusal)
        if self._open >= SESSIONS:
            return web.Response(status=503, text=f"{SESSIONS} pages are open; close one.\n")
        self._open += 1
        try:
            return await self._inner.handle_websocket(request)
        finally:
            self._open -= 1


async def _index(request: web.Request) -> web.Response:
    return web.Response(text=page(f"ws://{request.host}/ws"), content_type="text/html")


def _text(text: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answers with `text`, whatever is asked."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type=kind)

    return answer


def _refused(refusal: Refusal) -> web.Response:
    return web.Response(status=refusal.status, text=f"{refusal.why}\n")


async def _sealed(_request: web.Request, response: web.StreamResponse) -> None:
    """What every answer tells the browser: load nothing from elsewhere, keep nothing."""
    response.headers.update(_HEADERS)
