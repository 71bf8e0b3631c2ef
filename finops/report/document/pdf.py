"""A document as a PDF: its page, printed by a Chromium that is on this machine.

The browser starts with an empty profile that is thrown away, loads one file and reaches no network. What it
writes into the PDF about when and by which version it was made is levelled, so that one browser prints the
same document to the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from finops.errors import FinopsError, UsageError
from finops.report.document.html import render_html

if TYPE_CHECKING:
    from finops.report.document.model import Document

__all__ = ["find_chromium", "render_pdf"]

VARIABLE = "FINOPS_CHROMIUM"
"""Names the browser where it is not on PATH."""

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge",
    "msedge",
)

_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
)

_LIMIT_S = 120
"""Seconds after which a browser that does not end is given up."""

_DATES = re.compile(rb"/(CreationDate|ModDate) \(D:[0-9+\-'Z]*\)")


def find_chromium() -> str | None:
    """The browser to print with: FINOPS_CHROMIUM, else the first known one on this machine; None without one."""
    named = os.environ.get(VARIABLE)
    if named:
        return shutil.which(named)
    on_path = (shutil.which(name) for name in _NAMES)
    installed = (place for place in _PLACES if Path(place).is_file())
    return next((found for found in (*on_path, *installed) if found), None)


def render_pdf(document: Document) -> bytes:
    """The PDF; UsageError where there is no browser, FinopsError where it does not print."""
    browser = find_chromium()
    if browser is None:
        raise UsageError(
            "a PDF is printed by Chromium, Chrome or Edge, and none is on this machine",
            hint=f"install one, name it in {VARIABLE}, or take --format html and print that",
        )
    with tempfile.TemporaryDirectory(prefix="finops-pdf-") as folder:
        page, target = Path(folder) / "document.html", Path(folder) / "document.pdf"
        page.write_bytes(render_html(document))
        _print(browser, page, target)
        return _levelled(target.read_bytes())


def _print(browser: str, page: Path, target: Path) -> None:
    """Print `page` to `target` in a browser of its own."""
    # Chromium refuses to run as root in its sandbox; the page runs nothing and loads nothing.
    root = ("--no-sandbox",) if sys.platform != "win32" and os.geteuid() == 0 else ()
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [browser, *_FLAGS, *root, profile, f"--print-to-pdf={target}", page.as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_LIMIT_S)  # noqa: S603  (a browser we looked for, arguments of ours)
    except subprocess.TimeoutExpired as error:
        raise FinopsError(f"{browser} did not print the document within {_LIMIT_S} s") from error
    except OSError as error:
        raise FinopsError(f"{browser} could not be started: {error.strerror or error}") from error
    if not target.is_file():
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"exit code {done.returncode}"
        raise FinopsError(
            f"{browser} printed nothing: {why}",
            hint="take --format html and print that from any browser",
        )


def _levelled(pdf: bytes) -> bytes:
    """`pdf` with its dates put to 2000, length for length, so that no offset in it moves."""

    def level(found: re.Match[bytes]) -> bytes:
        whole = found[0]
        head = b"/" + found[1] + b" (D:"
        return (
            head
            + b"20000101000000+00'00'"[: len(whole) - len(head) - 1].ljust(
                len(whole) - len(head) - 1, b"0"
            )
            + b")"
        )

    return _DATES.sub(level, pdf)
