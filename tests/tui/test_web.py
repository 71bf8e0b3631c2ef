"""`finops tui --web` in a real browser: who is let in, what is loaded, and that keys and the mouse arrive."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, WebSocket

pytestmark = pytest.mark.needs("chromium", "playwright", "textual_serve")

FINOPS = [sys.executable, "-c", "from finops.cli.app import run; run()"]
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
ESCAPES = re.compile(r"\x1b(\[[0-9;?:<=>]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])")


@pytest.fixture(scope="module")
def address(small_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that a served interface prints."""
    process = subprocess.Popen(
        [*FINOPS, "tui", "--web", "--ledger", str(small_ledger), "--view", "spend"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))},
    )
    assert process.stderr is not None
    assert process.stdout is not None
    said = process.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", said)
    assert found is not None, said
    yield found.group()
    process.send_signal(signal.SIGINT)
    printed, complaints = process.communicate(timeout=30)
    assert process.returncode == 0
    assert printed == ""
    assert "Traceback" not in complaints


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        browser.close()


class Terminal:
    """A page's terminal: everything its program wrote to the screen, without colours."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.columns = 0
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._bytes = b""
        page.on("websocket", self._opened)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _opened(self, socket: WebSocket) -> None:
        self.requested.append(socket.url)
        self.columns = int(re.search(r"width=(\d+)", socket.url).group(1))  # type: ignore[union-attr]
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        self._bytes += payload if isinstance(payload, bytes) else payload.encode()

    def forget(self) -> None:
        """Only what comes from now on counts."""
        self._bytes = b""

    def reads(self, words: str, seconds: int = 30) -> bool:
        """Wait until `words` are drawn; False after a while."""
        for _ in range(20 * seconds):
            if words in ESCAPES.sub("", self._bytes.decode(errors="ignore")):
                return True
            self.page.wait_for_timeout(50)
        return False

    def click(self, column: int, row: int) -> None:
        """Click a cell; all are as large as the first row's."""
        size = self.page.evaluate(
            "() => { const s = document.querySelector('.xterm-screen').getBoundingClientRect();"
            " return [s.width, s.height]; }"
        )
        rows = int(re.search(r"height=(\d+)", self.requested[-1]).group(1))  # type: ignore[union-attr]
        self.page.mouse.click((column + 0.5) * size[0] / self.columns, (row + 0.5) * size[1] / rows)


def test_it_is_browsed_with_keys_and_mouse_and_loads_nothing_from_afar(
    address: str, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    terminal = Terminal(page)
    page.goto(address)
    assert "token" not in page.url
    assert terminal.reads("Compute"), "the ledger's largest service is drawn"
    socket = terminal.requested[-1]
    terminal.forget()
    page.keyboard.press("?")
    assert terminal.reads("Go to any view"), "help says what the keys do, without a click before"
    terminal.forget()
    page.keyboard.press("Escape")
    assert terminal.reads("Compute"), "what help covered is drawn again"
    terminal.forget()
    opened = False
    for _ in range(8):  # a click that comes while help is still closing is help's
        if not opened:
            terminal.click(2, 0)
            opened = terminal.reads("Spent", 3)
    assert opened, "a click on the first view opens it"
    assert terminal.complaints == []
    assert socket.startswith("ws://127.0.0.1:")
    assert {urlsplit(url).hostname for url in terminal.requested} == {"127.0.0.1"}
    assert {cookie["httpOnly"] for cookie in context.cookies()} == {True}
    context.close()


def test_without_the_token_nothing_is_served(address: str, browser: Browser) -> None:
    page = browser.new_page()
    origin = address.partition("/?")[0]
    for path in ("/", "/?token=wrong", "/page.js", "/static/js/textual.js", "/download/1", "/ws"):
        answer = page.goto(origin + path)
        assert answer is not None
        assert answer.status == 403, path
        assert "finops" not in (answer.headers.get("set-cookie") or "")
    page.close()


def test_another_site_cannot_open_a_socket_and_another_name_is_refused(address: str) -> None:
    origin = address.partition("/?")[0]
    with httpx.Client() as client:
        let_in = client.get(address)
        assert let_in.status_code == 303
        assert {"httponly", "samesite=strict"} <= {
            part.strip().lower() for part in let_in.headers["set-cookie"].split(";")
        }
        assert client.get(origin).status_code == 200
        assert client.get(f"{origin}/ws").status_code == 403
        assert (
            client.get(f"{origin}/ws", headers={"Origin": "http://evil.example"}).status_code == 403
        )
        rebound = client.get(origin, headers={"Host": "rebound.example"})
        assert rebound.status_code == 421
        sealed = client.get(origin).headers
    assert "default-src 'none'" in sealed["content-security-policy"]
    assert "frame-ancestors 'none'" in sealed["content-security-policy"]
    assert sealed["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--listen", "0.0.0.0:0"), "can be reached by others"),
        (("--listen", "0.0.0.0:0", "--i-understand"), "can be reached by others"),
        (("--listen", "nowhere"), "is no address"),
        (("--token", "env:FINOPS_NO_SUCH_TOKEN"), "FINOPS_NO_SUCH_TOKEN"),
    ],
)
def test_what_would_not_be_safe_is_refused(
    options: tuple[str, ...], why: str, small_ledger: Path
) -> None:
    done = subprocess.run(
        [*FINOPS, "tui", "--web", "--ledger", str(small_ledger), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert why in done.stderr
