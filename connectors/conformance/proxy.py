"""A proxy between a connector and its source that fails on demand: refuses, cuts, shortens, delays, garbles.

It forwards plain HTTP to one address. A *fault* is asked before every answer and may put its own in place of it. Faults
are plain functions, so a test says exactly which request meets what.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

__all__ = ["Call", "Fault", "Proxy", "Reply", "answering", "cut", "delayed", "echoing", "shortened"]

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_OURS = {*_HOP, "date", "server"}
"""What an answer has from the server class itself; a request's date may be signed and stays."""


class Call(NamedTuple):
    """One request as it came: its number from 0, and what it says."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]


class Reply(NamedTuple):
    """What is answered. `sent` bytes of the body go out before the connection ends; None sends all.

    Without `announced` the length of the body is not told, so that a cut looks like its end.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: int | None = None
    announced: bool = True
    delay_s: float = 0.0


Fault = "Callable[[Call, Reply], Reply]"
"""What becomes of an answer: given the request and the source's own reply."""


class Proxy:
    """Listens on this machine and forwards to `upstream` (http://HOST:PORT); a context manager."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.fault: Callable[[Call, Reply], Reply] | None = None
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Proxy:  # noqa: PYI034  (nobody derives from it)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def note(self, method: str, path: str, headers: Mapping[str, str]) -> Call:
        """Count a request."""
        with self._lock:
            call = Call(len(self.calls), method, path, headers)
            self.calls.append(call)
            return call


class _Handler(BaseHTTPRequestHandler):
    owner: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing on stderr."""

    def handle_one_request(self) -> None:
        """As the base class, but a client that hung up is no fault."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = self.owner.note(self.command, self.path, dict(self.headers.items()))
        reply = self._asked(body)
        if self.owner.fault is not None:
            reply = self.owner.fault(call, reply)
        if reply.delay_s:
            time.sleep(reply.delay_s)
        self._send(reply)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = _forward  # noqa: N815  (names the base class calls)

    def _asked(self, body: bytes) -> Reply:
        """The source's own answer."""
        there = urlsplit(self.owner.upstream)
        connection = http.client.HTTPConnection(there.hostname or "", there.port or 80, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body or None, headers)
            found = connection.getresponse()
            kept = {name: value for name, value in found.getheaders() if name.lower() not in _OURS}
            length = found.headers.get("Content-Length")
            if self.command == "HEAD" and length is not None:
                kept["Content-Length"] = length
            return Reply(found.status, kept, found.read())

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.announced and "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        ends = reply.sent is not None or not reply.announced
        if ends:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.sent])


def answering(
    status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Callable[[Call, Reply], Reply]:
    """Every request is answered with `status`."""
    return lambda _call, _reply: Reply(status, headers or {}, body)


def echoing(status: int) -> Callable[[Call, Reply], Reply]:
    """Every request is answered with `status` and its own address and headers, credentials included."""
    return lambda call, _reply: Reply(
        status, {"Content-Type": "text/plain"}, f"{call.method} {call.path} {call.headers}".encode()
    )


def cut(reply: Reply, sent: int) -> Reply:
    """`reply`, the connection ending after `sent` bytes of its body."""
    return reply._replace(sent=min(sent, max(0, len(reply.body) - 1)))


def shortened(reply: Reply) -> Reply:
    """`reply` with half its body and no length: it looks complete."""
    headers = {
        name: each for name, each in reply.headers.items() if name.lower() != "content-length"
    }
    return reply._replace(headers=headers, sent=len(reply.body) // 2, announced=False)


def delayed(reply: Reply, seconds: float) -> Reply:
    """`reply`, after `seconds`."""
    return reply._replace(delay_s=seconds)
