"""Writes into a page what its commands print now: `python -m tests.docs.rewrite COMPANY docs/tutorial.md`.

COMPANY is the folder of a ledger that `finops demo --ledger COMPANY` made. What is shown with `…` in it is
left alone where it still holds; read what changed before you commit it.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.docs.blocks import Block, Reader, blocks, same, shown

__all__ = ["rewrite"]

_PASSING = re.compile(rf"{datetime.now(tz=UTC):%Y-%m-%d}T[\d:.+]+Z?")
"""Moments of today: another day's reader sees others."""


def rewrite(page: Path, company: Path) -> None:
    """Bring the console blocks of `page` up to date, in place."""
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = f"{folder}/data"
        os.environ.pop("FINOPS_CONFIG", None)
        os.chdir(folder)
        reader = Reader(Path(folder), company)
        for block in blocks(text):
            if block.language == "console":
                text = text.replace(block.text, _printed(reader, block), 1)
            else:
                sys.stderr.writelines(f"{page}: {words}\n" for words in reader.follow(block))
    page.write_text(text, encoding="utf-8")


def _printed(reader: Reader, block: Block) -> str:
    """The block with what each command prints, blank lines at the end left out."""
    lines = []
    for each in shown(block):
        lines.append(f"$ {each.command}\n")
        if each.command.startswith("export "):
            list(reader.follow(Block("sh", each.command + "\n", each.line, None)))
        elif each.command.startswith("finops "):
            _, out, both = reader.run(each.command)
            out = both if "warning: " in both else out
            out = _PASSING.sub("…", out.replace(str(reader.folder), "…")).rstrip() + "\n"
            kept = each.output or ""
            lines.append(kept if "…" in kept and same(kept, out) else out)
    return "".join(lines)


if __name__ == "__main__":
    rewrite(Path(sys.argv[2]).resolve(), Path(sys.argv[1]).resolve())
