"""OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, plain or gzipped.

It listens on this machine only, unless a token is given; then every request must bring it. Requests are bounded in size,
number and time. One that finds the journal full, or too many others, is told to come again (503 with Retry-After, which
OTLP exporters honour); one that is accepted is on disk. `GET /healthz` says that it is up.
"""

from __future__ import annotations

import hmac
import json
import socket
import threading
import zlib
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, cast

from connectors.receiving.journal import Full
from connectors.receiving.spans import lines
from finops.errors import InputError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from connectors.receiving.journal import Journal
    from connectors.receiving.spans import Received, Reducer

__all__ = ["Counts", "Limits", "Receiver"]

_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
_INVALID_ARGUMENT, _UNAVAILABLE = 3, 14
"""Codes of google.rpc.Status that go with an error."""


class Limits(NamedTuple):
    """What one request, and all of them together, may take."""

    body_bytes: int = 16 * 1024 * 1024
    """Of a request, after unpacking."""
    at_once: int = 32
    timeout_s: float = 30.0
    retry_after_s: int = 5


class Counts(NamedTuple):
    """What has come so far."""

    requests: int = 0
    spans: int = 0
    rejected: int = 0
    """Spans without a valid identity."""
    refused: int = 0
    """Requests told to come again, or turned away."""


class Receiver(ThreadingHTTPServer):
    """The server; `seen` is told the traces of every export that is on disk."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        reducer: Reducer,
        journal: Journal,
        *,
        token: str | None = None,
        limits: Limits = Limits(),  # noqa: B008  (a constant)
        seen: Callable[[Iterable[str]], None] = lambda _: None,
    ) -> None:
        self.reducer, self.journal, self.token, self.limits = reducer, journal, token, limits
        self.seen = seen
        self.counts = Counts()
        self._counting = threading.Lock()
        self._places = threading.BoundedSemaphore(limits.at_once)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def place(self) -> bool:
        """Take one of the places for requests, if there is one."""
        return self._places.acquire(blocking=False)

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()

    def count(self, *, spans: int = 0, rejected: int = 0, refused: int = 0) -> None:
        """Add a request to the counts."""
        with self._counting:
            had = self.counts
            self.counts = Counts(
                had.requests + 1, had.spans + spans, had.rejected + rejected, had.refused + refused
            )

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is the sender's matter: it sends again."""


class _Refusal(Exception):
    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece, or the sender waits for the second one
    server_version = "finops"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.receiver.limits.timeout_s)

    @property
    def receiver(self) -> Receiver:
        """The server this request came to."""
        return cast("Receiver", self.server)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing: requests are counted, not told."""

    def do_GET(self) -> None:
        """Health."""
        if self.path == "/healthz":
            self._send(HTTPStatus.OK, b'{"status": "ok"}', _JSON)
        else:
            self._send(HTTPStatus.NOT_FOUND, b"", _JSON)

    def do_POST(self) -> None:
        """One export."""
        if not self.receiver.place():
            self._refuse(_Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once"))
            return
        try:
            self._export()
        except _Refusal as refusal:
            self._refuse(refusal)
        finally:
            self.receiver.leave()

    def _export(self) -> None:
        self._admit()
        is_json = self._is_json()
        body = self._body()
        reducer = self.receiver.reducer
        try:
            found = reducer.json(body) if is_json else reducer.protobuf(body)
        except InputError as error:
            raise _Refusal(HTTPStatus.BAD_REQUEST, error.message) from error
        try:
            self.receiver.journal.append(lines(found))
        except Full:
            raise _Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "more is waiting to be stored than is allowed"
            ) from None
        except LedgerError as error:
            raise _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.message) from error
        self.receiver.seen(found.by_trace)
        self.receiver.count(spans=found.spans, rejected=found.rejected)
        self._send(HTTPStatus.OK, _answer(found, is_json=is_json), _JSON if is_json else _PROTOBUF)

    def _admit(self) -> None:
        if self.receiver.token is not None:
            given = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
            if not hmac.compare_digest(given.encode(), self.receiver.token.encode()):
                raise _Refusal(HTTPStatus.UNAUTHORIZED, "the token is missing or wrong")
        if self.path.split("?", 1)[0] != "/v1/traces":
            raise _Refusal(HTTPStatus.NOT_FOUND, "only traces are received here: POST /v1/traces")

    def _is_json(self) -> bool:
        kind = self.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()
        if kind not in {_JSON, _PROTOBUF}:
            raise _Refusal(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type is {_PROTOBUF} or {_JSON}"
            )
        return kind == _JSON

    def _body(self) -> bytes:
        limit = self.receiver.limits.body_bytes
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing")
        if int(length) > limit:
            raise _too_large(limit)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _Refusal(HTTPStatus.BAD_REQUEST, "the body ended early")
        coding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if coding in {"identity", ""}:
            return body
        if coding != "gzip":
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding is gzip or none")
        unpacker = zlib.decompressobj(wbits=31)
        try:
            unpacked = unpacker.decompress(body, limit + 1)
        except zlib.error as error:
            raise _Refusal(HTTPStatus.BAD_REQUEST, f"the body is not gzip: {error}") from error
        if len(unpacked) > limit:
            raise _too_large(limit)
        if not unpacker.eof:
            raise _Refusal(HTTPStatus.BAD_REQUEST, "the gzip body ended early")
        return unpacked

    def _refuse(self, refusal: _Refusal) -> None:
        """An error as OTLP has it: a google.rpc.Status. The connection ends, its body may be unread."""
        self.receiver.count(refused=1)
        self.close_connection = True
        busy = refusal.status is HTTPStatus.SERVICE_UNAVAILABLE
        code = _UNAVAILABLE if busy else _INVALID_ARGUMENT
        document = json.dumps({"code": code, "message": str(refusal)}).encode()
        self._send(refusal.status, document, _JSON, again=busy)

    def _send(self, status: HTTPStatus, body: bytes, kind: str, *, again: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if again:
            self.send_header("Retry-After", str(self.receiver.limits.retry_after_s))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _too_large(limit: int) -> _Refusal:
    return _Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may have {limit:,} bytes, unpacked"
    )


def _answer(found: Received, *, is_json: bool) -> bytes:
    """ExportTraceServiceResponse: empty, or what of the export was rejected."""
    words = "spans without a valid trace id and span id"
    if is_json:
        part = {"rejectedSpans": str(found.rejected), "errorMessage": words}
        return json.dumps({"partialSuccess": part} if found.rejected else {}).encode()
    if not found.rejected:
        return b""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTracePartialSuccess,
        ExportTraceServiceResponse,
    )

    partial = ExportTracePartialSuccess(rejected_spans=found.rejected, error_message=words)
    message: bytes = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    return message
