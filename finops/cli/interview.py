"""`finops init --interactive`: which sources are here, whether they let us in, and a finops.toml that names them.

Questions and findings go to stderr. Nothing is written before the last answer, and no secret is asked for: only where
one is.
"""

from __future__ import annotations

import json
import platform
import sys
from shutil import which
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from finops.cli.diagnostics import say
from finops.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Connector

__all__ = ["Found", "interview"]

_HEAD = """
# Where data comes from. `finops pull` brings what is new of each; `finops connectors describe NAME` explains
# its settings. Secrets are named here (env:NAME, file:PATH, keyring:SERVICE/USER), never written.
"""


_COLLECT = """
# The NVIDIA accelerators of this machine, for `finops collect gpu`; `cluster` and `pool` may be named here too.
[collect]
"""


class Found(NamedTuple):
    """What somebody agreed to, as TOML, and the commands that bring it into the ledger."""

    text: str
    commands: tuple[str, ...]


def interview() -> Found:
    """The `[sources.NAME]` tables, and `[collect]`, somebody agreed to; UsageError without a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "--interactive asks questions, and this is no terminal",
            hint="without it, `finops init` writes a file to edit",
        )
    from connectors.detection import detected

    chosen: dict[str, dict[str, Any]] = {}
    say("looking for sources …")
    for found in detected():
        say(f"found {found.connector.name}: {found.connector.about} ({found.why})")
        if _agree("add it?", default=True):
            _add(chosen, found.connector, found.settings)
    collected = _accelerators()
    if not chosen:
        say("no source was added so far")
    _others(chosen)
    sources = "".join(_table(f"sources.{_key(name)}", said) for name, said in chosen.items())
    return Found(
        (_COLLECT + _lines(collected) if collected else "") + (_HEAD + sources if sources else ""),
        (*(("finops pull",) if sources else ()), *(("finops collect gpu",) if collected else ())),
    )


def _accelerators() -> dict[str, Any]:
    """Settings of `[collect]` where this machine has NVIDIA's tools; empty where it has not, or nobody wants it."""
    if which("nvidia-smi") is None:
        return {}
    say("found accelerators: NVIDIA's, sampled by finops collect gpu (nvidia-smi is on PATH)")
    if not _agree("add them?", default=True):
        return {}
    node = platform.node() or "localhost"
    pool = _ask("pool (The pool of the bill they belong to. Empty leaves it out.)")
    said = {"node": node, "source": f"gpu-{node}", "interval": "15s"}
    return said | ({"pool": pool} if pool else {})


def _agree(question: str, *, default: bool) -> bool:
    return typer.confirm(question, default=default, err=True)


def _ask(question: str) -> str:
    return str(typer.prompt(question, default="", show_default=False, err=True)).strip()


def _others(chosen: dict[str, dict[str, Any]]) -> None:
    """Sources that nothing here shows, by the name of their connector."""
    from connectors.configured import connector_called

    while wanted := _ask("another connector (its name; empty ends)"):
        try:
            connector = connector_called(wanted)
        except UsageError as error:
            say(f"{error.message}; {error.hint}")
            continue
        _add(chosen, connector, {})


def _add(chosen: dict[str, dict[str, Any]], connector: Connector, given: Mapping[str, Any]) -> None:
    """Ask for what the connector cannot do without, check the source, and keep it if it is wanted."""
    from connectors.checks import check_source
    from connectors.configured import Source, settings_of

    name = _free(connector.name, chosen)
    said = dict(given)
    for setting, field in connector.settings.model_fields.items():
        if field.is_required() and setting not in said:
            answer = _ask(f"{setting} ({field.description} Empty leaves the source out.)")
            if not answer:
                return
            said[setting] = answer
    try:
        source = Source(name, connector, settings_of(name, connector, said))
    except ConfigError as error:
        say(f"{error.message}; {connector.name} is left out")
        return
    ok = True
    for finding in check_source(source):
        ok = ok and finding.ok
        say(f"{'ok ' if finding.ok else 'NOT'} {finding.what}: {finding.detail}")
    if ok or _agree("keep it all the same?", default=False):
        chosen[name] = {"connector": connector.name, **said}
        say(f"added as [sources.{name}]")


def _free(name: str, taken: Mapping[str, object]) -> str:
    number = 1
    while (free := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return free


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else json.dumps(name)


def _table(name: str, said: Mapping[str, Any]) -> str:
    """A table of TOML."""
    return f"\n[{name}]\n{_lines(said)}"


def _lines(said: Mapping[str, Any]) -> str:
    """Settings as TOML; texts are quoted as JSON quotes them, which TOML reads."""
    return "".join(f"{setting} = {json.dumps(value)}\n" for setting, value in said.items())
