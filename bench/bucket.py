"""A bucket of any size that is held nowhere: a server that speaks enough of S3 to be listed and read.

Object `n` of `many` is dated to the day `dated(n)` and holds a header and `copies` times the same rows; the listing is
made page by page as it is asked for. Nothing is checked of who asks.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["Bucket", "Shelf"]

_PAGE = 1000


class Shelf(NamedTuple):
    """`many` objects `FOLDER/DAY/0000001.csv`, one after the other on `days`: `header`, then `copies` times `rows`."""

    folder: str
    days: tuple[str, ...]
    """Days as folders, YYYY/MM/DD, in order."""
    many: int
    header: bytes = b""
    rows: bytes = b""
    copies: int = 0

    @property
    def size(self) -> int:
        """Bytes of one object."""
        return len(self.header) + self.copies * len(self.rows)

    def key(self, number: int) -> str:
        """Keys in the order in which a bucket lists them."""
        day = self.days[number * len(self.days) // self.many]
        return f"{self.folder}/{day}/{number:08d}.csv"

    def body(self, start: int) -> Iterator[bytes]:
        """An object from its byte `start` on, a copy of the rows at a time."""
        if start < len(self.header):
            yield self.header[start:]
        skipped, inside = divmod(max(start - len(self.header), 0), max(len(self.rows), 1))
        for number in range(skipped, self.copies):
            yield self.rows[inside:] if number == skipped else self.rows


class Bucket:
    """Serves shelves, the first one's keys first; a context manager. `sent` counts bytes of bodies."""

    def __init__(self, *shelves: Shelf) -> None:
        self.shelves = shelves
        self.sent = 0
        bucket = self

        class Handler(_Handler):
            owner = bucket

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Bucket:  # noqa: PYI034  (nobody derives from it)
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

    def page(self, start: int) -> bytes:
        """The listing from object `start` on."""
        parts, place, taken = ["<ListBucketResult>"], 0, 0
        for shelf in self.shelves:
            for number in range(max(start - place, 0), shelf.many):
                if taken == _PAGE:
                    break
                parts.append(_entry(shelf, number))
                taken += 1
            place += shelf.many
        following = start + taken
        if following < place:
            parts.append(
                f"<IsTruncated>true</IsTruncated><NextContinuationToken>{following}</NextContinuationToken>"
            )
        return "".join([*parts, "</ListBucketResult>"]).encode()

    def found(self, key: str) -> Shelf | None:
        """The shelf an object is on."""
        number = int(key.rpartition("/")[2].partition(".")[0])
        return next(
            (each for each in self.shelves if number < each.many and each.key(number) == key), None
        )


def _entry(shelf: Shelf, number: int) -> str:
    return (
        f"<Contents><Key>{shelf.key(number)}</Key><Size>{shelf.size}</Size>"
        f"<ETag>&quot;{number}-{shelf.size}&quot;</ETag>"
        "<LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>"
    )


class _Handler(BaseHTTPRequestHandler):
    owner: Bucket
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing on stderr."""

    def do_GET(self) -> None:
        """A page of the listing, or an object."""
        split = urlsplit(self.path)
        _, _, key = unquote(split.path).lstrip("/").partition("/")
        if not key:
            asked = parse_qs(split.query)
            page = self.owner.page(int(asked.get("continuation-token", ["0"])[0]))
            self._head(200, len(page), {"Content-Type": "application/xml"})
            self._write(page)
            return
        shelf = self.owner.found(key)
        if shelf is None:
            self._head(404, 0, {})
            return
        wanted = self.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        number = int(key.rpartition("/")[2].partition(".")[0])
        told = {
            "ETag": f'"{number}-{shelf.size}"',
            "Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT",
        }
        if wanted:
            told["Content-Range"] = f"bytes {start}-{shelf.size - 1}/{shelf.size}"
        self._head(206 if wanted else 200, shelf.size - start, told)
        for piece in shelf.body(start):
            self._write(piece)

    def _head(self, status: int, length: int, told: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**told, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, body: bytes) -> None:
        self.wfile.write(body)
        self.owner.sent += len(body)
