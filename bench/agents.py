"""(e) Reading Claude Code session logs, against ccusage's native binary where npm can bring it."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from bench.claude_tree import Totals, write_tree
from bench.measure import Measured, Ran, finops, run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["agent_logs"]

_PACKAGE = "@ccusage/ccusage-linux-x64"
_TURNS = 3
_SEED = 7


def agent_logs(folder: Path, messages: int) -> Measured:
    """Wall time of `finops load` on the tree over that of ccusage's daily report on it."""
    tree = folder / "claude"
    truth = write_tree(tree, messages, _SEED)
    binary, reason = _ccusage(folder)
    loads, reads = [], []
    ledger = folder / "ledger-claude"
    for _ in range(_TURNS):
        shutil.rmtree(ledger, ignore_errors=True)
        loads.append(finops("load", "requests", tree / "projects", ledger=ledger))
        if binary is not None:
            reads.append(_daily(binary, tree))
    ours = min(ran.seconds for ran in loads)
    theirs = min((ran.seconds for ran in reads), default=None)
    worked = min((ran.cpu for ran in reads), default=None)
    return Measured(
        letter="e",
        what=f"load {messages:,} Claude Code messages",
        floor="ccusage's native binary, daily report",
        target=1.0,
        ceiling=True,
        ratio=None if theirs is None else ours / theirs,
        cpu_ratio=None if worked is None else min(ran.cpu for ran in loads) / worked,
        note=_note(ledger, truth, reads) if theirs is not None else reason,
        seconds={"finops": ours, **({"ccusage": theirs} if theirs is not None else {})},
    )


def _ccusage(folder: Path) -> tuple[Path | None, str]:
    """The binary, fetched by npm into `folder`; else None and why."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return None, f"{_PACKAGE} is for Linux on x86-64"
    npm = shutil.which("npm")
    if npm is None:
        return None, "npm is not installed"
    prefix = folder / "ccusage"
    try:
        run([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", prefix, _PACKAGE])
    except (RuntimeError, subprocess.SubprocessError) as error:
        return None, f"npm could not bring {_PACKAGE}: {error}"
    binary = prefix / "node_modules" / _PACKAGE / "bin" / "ccusage"
    if not binary.exists():
        return None, f"{_PACKAGE} holds no binary"
    binary.chmod(0o755)
    return binary, ""


def _daily(binary: Path, tree: Path) -> Ran:
    return run([binary, "daily", "--json", "--offline"], {"CLAUDE_CONFIG_DIR": str(tree)})


def _note(ledger: Path, truth: Totals, reads: list[Ran]) -> str:
    """What each found of the true number of output tokens."""
    query = "select count(*) as n, sum(output_tokens) as output from requests"
    answer: dict[str, Any] = json.loads(
        finops("sql", query, "--format", "json", ledger=ledger).stdout
    )
    (row,) = answer["rows"]
    theirs = json.loads(reads[0].stdout)["totals"]["outputTokens"]
    return (
        f"output tokens: true {truth.output_tokens:,}, finops {int(row['output']):,}, "
        f"ccusage {int(theirs):,}"
    )
