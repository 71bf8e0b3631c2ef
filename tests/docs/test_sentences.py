"""What pages say inside their sentences: commands that the program takes, and addresses that can be addresses.

Blocks are run (`test_pages.py`); a command named in a sentence is parsed, as far as it is one: what stands for a
value of the reader's (`FILE`, `NAME`, `…`) is taken as that value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
import pytest

from tests.docs.blocks import mentioned

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
        ROOT / "samples" / "README.md",
    )
)

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`(finops(?: [^`]*)?)`(?!`)")
_LINK = re.compile(r"\bhttps?:[^\s)>\]\"'`|]*")


def sentences(name: str) -> str:
    """The text of a page without its blocks."""
    return _FENCE.sub("", (ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_a_command_in_a_sentence_is_one_the_program_takes(name: str) -> None:
    wrong = []
    for code in _CODE.findall(sentences(name)):
        try:
            mentioned(" ".join(code.split()))
        except (click.ClickException, KeyError, ValueError) as error:
            wrong.append(f"{code}: {getattr(error, 'message', error)}")
    assert wrong == []


def test_pages_name_commands_in_their_sentences() -> None:
    named = {
        code.split()[1] for name in PAGES for code in _CODE.findall(sentences(name)) if " " in code
    }
    assert {"unit", "quality", "review", "breakeven", "route", "chargeback"} <= named


def test_a_command_that_is_none_is_found() -> None:
    for code in ("finops nonsense", "finops unit --bye team", "finops breakeven nothing"):
        with pytest.raises((click.ClickException, KeyError)):
            mentioned(code)
    mentioned("finops unit --by team")
    mentioned("finops route --small MODEL --large MODEL")


def links() -> Iterator[tuple[str, str]]:
    """Every address of every page, with the page."""
    for name in PAGES:
        for link in _LINK.findall((ROOT / name).read_text(encoding="utf-8")):
            yield name, link.rstrip(".,;:*")


def test_addresses_are_well_formed_and_of_one_spelling() -> None:
    """Https with a host that has a name; one host, one path, however often, in the same letters."""
    spelled: dict[str, set[str]] = defaultdict(set)
    wrong = []
    for name, link in links():
        parts = urlsplit(link)
        host = parts.hostname or ""
        ours = host in {"localhost", "127.0.0.1"} or "example" in host or host.endswith(".internal")
        well = parts.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc)
        if not ours and (not well or "//" in parts.path or " " in link):
            wrong.append(f"{name}: {link}")
        spelled[link.lower().rstrip("/")].add(link)
    assert wrong == []
    assert [sorted(each) for each in spelled.values() if len(each) > 1] == []
