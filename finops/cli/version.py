"""What `finops --version` prints; read from package metadata, without importing the packages."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from finops import __version__

__all__ = ["PRICE_BOOK", "installed", "version_text"]

PRICE_BOOK = "genai-prices"
"""Distribution whose version says which model prices are installed."""


def installed(distribution: str) -> str | None:
    """Version of an installed distribution, or None."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def price_book_date() -> str | None:
    """Day the installed price data was packaged, YYYY-MM-DD; None when it does not say."""
    from datetime import UTC, datetime
    from importlib.metadata import files

    try:
        listed = files(PRICE_BOOK) or ()
    except PackageNotFoundError:
        return None
    for entry in listed:
        if entry.name == "data.py":
            path = entry.locate()
            modified = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)  # type: ignore[attr-defined]
            return modified.date().isoformat()
    return None


def version_text() -> str:
    """`finops 0.1.0 · Python 3.12.1 · prices: genai-prices 0.2.3`."""
    prices = installed(PRICE_BOOK) or "not installed"
    return f"finops {__version__} (Python {platform.python_version()}, {PRICE_BOOK} {prices})"
