"""Real servers for the tests of connectors, each a process of its own that lives as long as the tests.

delta-rs and obstore keep the interpreter locked in some calls: a server in this process would wait for itself.
"""

from __future__ import annotations

import atexit
import base64
import functools
import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).resolve().parents[3]

AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""Account and key every Azurite has; the key is published and protects nothing."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def started(command: Sequence[str], port: int, patience_s: float = 30) -> str:
    """The address of a server started by `command`, once it listens on `port`."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(running.kill)
    for _ in range(int(patience_s * 20)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return f"http://127.0.0.1:{port}"
        time.sleep(0.05)
    raise AssertionError(f"{command[0]} did not start")


@functools.cache
def moto() -> str:
    """An AWS server."""
    port = free_port()
    return started([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port)


def azurite_program() -> str | None:
    """The Azurite that continuous integration installs, or one on PATH; None without."""
    ours = REPOSITORY / ".tools" / "azurite" / "node_modules" / ".bin" / "azurite-blob"
    return str(ours) if ours.exists() and shutil.which("node") else shutil.which("azurite-blob")


@functools.cache
def azurite() -> str:
    """An Azure Blob server, its account in the address."""
    program = azurite_program()
    if program is None:
        absent("azurite-blob")
    port = free_port()
    quiet = ["--silent", "--disableTelemetry"]
    flags = ["--inMemoryPersistence", "--skipApiVersionCheck", *quiet, "--blobPort", str(port)]
    return f"{started([program, *flags], port)}/{AZURE_ACCOUNT}"


def own_program(server: str, program: str) -> Path:
    """A program of an environment of its own, made by continuous integration; the test is skipped without it."""
    found = REPOSITORY / ".tools" / server / "bin" / program
    if not found.exists():
        absent(f"{server} (tests/servers/{server}/requirements.txt in .tools/{server})")
    return found


def absent(program: str) -> NoReturn:
    """Skip; where everything must be there, the words make it a failure."""
    pytest.skip(f"not installed: {program}")


def put_blob(path: str, body: bytes | None) -> None:
    """Put a blob, or with no body make a container, with the account's key."""
    now, size = formatdate(usegmt=True), str(len(body)) if body else ""
    kind = {"x-ms-blob-type": "BlockBlob"} if body is not None else {}
    headers = {**kind, "x-ms-date": now, "x-ms-version": "2021-08-06"}
    named = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    query = "" if body is not None else "?restype=container"
    asked = "" if body is not None else "\nrestype:container"
    sent = "application/octet-stream"
    text = (
        f"PUT\n\n\n{size}\n\n{sent}\n\n\n\n\n\n\n{named}"
        f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{quote(path)}{asked}"
    )
    mark = hmac.new(base64.b64decode(AZURE_KEY), text.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {AZURE_ACCOUNT}:{base64.b64encode(mark).decode()}"
    headers["Content-Type"] = sent
    request = urllib.request.Request(  # noqa: S310  (our own server)
        f"{azurite()}/{quote(path)}{query}", data=body or b"", headers=headers, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


@functools.cache
def cloud_storage() -> str:
    """A Google Cloud Storage server; see `_XmlFront`."""
    port = free_port()
    program = Path(sys.executable).with_name("gcp-storage-emulator")
    flags = ["start", "--host=127.0.0.1", f"--port={port}", "--in-memory"]
    return started([str(program), *flags], port)


def gcs_put(bucket: str, key: str, body: bytes) -> None:
    """Put an object; an empty key makes the bucket."""
    if not key:
        url, sent = "/storage/v1/b", json.dumps({"name": bucket}).encode()
    else:
        url, sent = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(key)}", body
    kind = "application/json" if not key else "application/octet-stream"
    request = urllib.request.Request(  # noqa: S310  (our own server)
        f"{cloud_storage()}{url}", data=sent, headers={"Content-Type": kind}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


@functools.cache
def cloud_storage_as_xml() -> str:
    """The server above, its JSON interface translated into the XML one that the object-store client speaks."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _XmlFront)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


class _XmlFront(BaseHTTPRequestHandler):
    """The emulator has Google's JSON interface alone; listing and reading by XML are put in its words."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing on stderr."""

    def _answer(self) -> None:
        split = urlsplit(self.path)
        bucket, _, key = unquote(split.path).lstrip("/").partition("/")
        if not key:
            body = self._listed(bucket, parse_qs(split.query)).encode()
            self._send(200, {"Content-Type": "application/xml"}, body)
            return
        item = self._item(bucket, key)
        if item is None:
            self._send(404, {}, b"no such object")
            return
        etag = f'"{item["etag"]}"'
        if self.headers.get("If-Match", etag) != etag:
            self._send(412, {}, b"changed")
            return
        place = f"{cloud_storage()}/{bucket}/{quote(key)}"
        with urllib.request.urlopen(place, timeout=10) as found:  # noqa: S310
            body = found.read()
        headers = {"ETag": etag, "Last-Modified": formatdate(usegmt=True)}
        wanted = self.headers.get("Range")
        if wanted is None:
            self._send(200, headers, body)
            return
        start = int(wanted.removeprefix("bytes=").partition("-")[0])
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._send(206, headers, body[start:])

    do_GET = do_HEAD = _answer  # noqa: N815  (names the base class calls)

    def do_PUT(self) -> None:
        """Write an object."""
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        gcs_put(bucket, key, body)
        item = self._item(bucket, key)
        self._send(200, {"ETag": f'"{(item or {})["etag"]}"'}, b"")

    def _asked(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{cloud_storage()}{path}", timeout=10) as found:  # noqa: S310
            said: dict[str, Any] = json.load(found)
        return said

    def _items(self, bucket: str, prefix: str) -> list[dict[str, str]]:
        said = self._asked(f"/storage/v1/b/{bucket}/o?prefix={quote(prefix)}")
        items: list[dict[str, str]] = said.get("items", [])
        return items

    def _item(self, bucket: str, key: str) -> dict[str, str] | None:
        return next((each for each in self._items(bucket, key) if each["name"] == key), None)

    def _listed(self, bucket: str, params: dict[str, list[str]]) -> str:
        prefix = params.get("prefix", [""])[0]
        entries = "".join(
            f"<Contents><Key>{escape(each['name'])}</Key><Size>{each['size']}</Size>"
            f"<ETag>&quot;{each['etag']}&quot;</ETag><LastModified>{each['updated']}</LastModified></Contents>"
            for each in sorted(self._items(bucket, prefix), key=lambda each: each["name"])
        )
        return f"<ListBucketResult><Name>{bucket}</Name>{entries}</ListBucketResult>"

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
