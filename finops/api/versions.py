"""Which versions are installed; read from package metadata and text, without importing the packages."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from finops import __version__

__all__ = ["PRICE_BOOK", "installed", "price_book_date", "version_text"]

PRICE_BOOK = "genai-prices"
"""Distribution that carries the list prices."""

_CHECKED = re.compile(r"\bchecked\b[^.\n]{0,200}?\b(20\d\d-[01]\d-[0-3]\d)\b")


def installed(distribution: str) -> str | None:
    """Version of an installed distribution, or None."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def price_book_date() -> str | None:
    """The newest day on which the list's keepers say they checked a price, YYYY-MM-DD; None if unsaid."""
    spec = find_spec("genai_prices")
    if spec is None or spec.origin is None:
        return None
    data = Path(spec.origin).with_name("data.py")
    if not data.is_file():
        return None
    return max(_CHECKED.findall(data.read_text(encoding="utf-8")), default=None)


def version_text() -> str:
    """`finops 0.1.0 (Python 3.12.1, genai-prices 0.2.3 checked 2026-10-14)`."""
    prices = installed(PRICE_BOOK) or "not installed"
    checked = price_book_date()
    dated = f" checked {checked}" if checked else ""
    return (
        f"finops {__version__} (Python {platform.python_version()}, {PRICE_BOOK} {prices}{dated})"
    )
