"""A small HTTP server that answers from recorded pages: for systems that cannot run in a test."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Asked", "FakeSource"]


class Asked(NamedTuple):
    """One request: path, parameters (each a list), headers in lower case, JSON body or None."""

    method: str
    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


class FakeSource:
    """Answers every request with what `answer` makes of it: (status, JSON document); a context manager."""

    def __init__(self, answer: Callable[[Asked], tuple[int, Any]]) -> None:
        self.asked: list[Asked] = []
        fake = self

        class Handler(_Handler):
            owner = fake

        self.answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeSource:  # noqa: PYI034  (nobody derives from it)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: FakeSource
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing on stderr."""

    def _answer(self) -> None:
        split = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(
            self.command,
            split.path,
            parse_qs(split.query),
            headers,
            json.loads(raw) if raw and b"json" in headers.get("content-type", "").encode() else raw,
        )
        self.owner.asked.append(asked)
        status, document = self.owner.answer(asked)
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815  (names the base class calls)
