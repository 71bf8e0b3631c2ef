"""Jobs from Slurm's accounting, by its own command: `sacct`, on this machine or behind another command.

    [sources.cluster]
    connector = "slurm"
    command = ["ssh", "login1", "sacct"]

`-D` brings the attempts that a requeue displaced, `-X` leaves the steps out; the `sacct` format reads the rest.
The command runs with `TZ=UTC` and `SLURM_TIME_FORMAT=standard`, so its times are UTC here; behind ssh it may not
see that, and `timezone` says what it prints.

Jobs change after they began, and an attempt gets another name when a requeue follows it. So each pull asks for
all jobs that were anything since `lookback_days` before the newest time it has seen, and stores those that are new or
different.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from connectors.contract import Connector, Files, Finding, Sign
from connectors.settings import SourceSettings
from finops.errors import AccessDenied, SourceError, SourceMissing, SourceUnavailable
from finops.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Session

__all__ = ["CONNECTOR", "SlurmSettings"]

FIELDS = (
    "JobIDRaw,JobID,JobName,User,Account,Cluster,Partition,QOS,Priority,State,ExitCode,Submit,Start,End,"
    "AllocTRES,NodeList"
)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_SHOWN = 300
_DEFAULT_DAYS = 30


class SlurmSettings(SourceSettings):
    """How `sacct` is called."""

    command: tuple[str, ...] = Field(
        default=("sacct",),
        min_length=1,
        description='The command and its first arguments: ["sacct"], or ["ssh", "login1", "sacct"].',
    )
    clusters: tuple[str, ...] = Field(
        default=(), description="Clusters to ask for; the local one when there are none."
    )
    timezone: str = Field(
        default="UTC", description="Time zone of the times it prints, where it does not see TZ=UTC."
    )
    lookback_days: int = Field(
        default=14,
        ge=1,
        le=366,
        description="Days before the newest time seen that are asked for again: longer than a job waits.",
    )

    @field_validator("command", mode="before")
    @classmethod
    def _one_word(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


def read(session: Session[SlurmSettings]) -> Iterator[Files]:
    """One delivery with every job of the window, unless it is the output we have."""
    start, end = _window(session)
    output = _run(session, start, end)
    header, _, rows = output.partition(b"\n")
    if not rows.strip():
        return
    digest = hashlib.sha256(output).hexdigest()[:16]
    before = session.cursor("jobs", "jobs")
    if before is not None and before.rpartition("/")[2] == digest:
        return
    newest = max(_TIME.findall(rows.decode(errors="replace")), default=f"{start:%Y-%m-%dT%H:%M:%S}")
    origin = f"{' '.join(session.settings.command)}/{start:%Y-%m-%d}.txt"
    spooled = session.spool.write_bytes(origin, digest, header + b"\n" + rows)
    yield Files(
        "jobs",
        "jobs",
        f"{newest}/{digest}",
        (spooled,),
        hint="sacct",
        sets={"timezone": session.settings.timezone},
    )


def check(session: Session[SlurmSettings]) -> Iterator[Finding]:
    """Whether the command answers, and how many jobs the last day had."""
    now = session.now.date()
    output = _run(session, now - timedelta(days=1), now + timedelta(days=1))
    yield Finding(
        True, "sacct", f"{max(len(output.splitlines()) - 1, 0):,} job attempts since yesterday"
    )


def _window(session: Session[SlurmSettings]) -> tuple[date, date]:
    """Days `[start, end)` to ask for."""
    said = session.settings
    tomorrow = session.now.date() + timedelta(days=1)
    if session.window is not None:
        return session.window.start, min(session.window.end, tomorrow)
    before = session.cursor("jobs", "jobs")
    if before is None:
        return said.since or session.now.date() - timedelta(days=_DEFAULT_DAYS), tomorrow
    newest = datetime.fromisoformat(before.rpartition("/")[0]).replace(tzinfo=UTC)
    seen = min(newest, session.now).date()
    return seen - timedelta(days=said.lookback_days), tomorrow


def _run(session: Session[SlurmSettings], start: date, end: date) -> bytes:
    said = session.settings
    asked = [
        *said.command,
        *("-a", "-X", "-D", "-P", "-o", FIELDS),
        *("-S", f"{start}T00:00:00", "-E", f"{end - timedelta(days=1)}T23:59:59"),
        *(("-M", ",".join(said.clusters)) if said.clusters else ()),
    ]
    told = {**os.environ, "TZ": "UTC", "SLURM_TIME_FORMAT": "standard"}
    try:
        done = subprocess.run(  # noqa: S603  (the command finops.toml names)
            asked,
            capture_output=True,
            env=told,
            timeout=said.timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise SourceMissing(
            f"{session.source}: there is no command {said.command[0]!r} here",
            hint='set command, for example ["ssh", "login1", "sacct"], or load a file: finops load jobs FILE',
        ) from None
    except subprocess.TimeoutExpired:
        raise SourceUnavailable(
            f"{session.source}: {said.command[0]} did not answer within {said.timeout_s:g} s",
            hint="raise timeout_s, or ask for fewer days with --from and --to",
        ) from None
    if done.returncode:
        words = redact(done.stderr.decode(errors="replace").strip())[:_SHOWN]
        raise _refusal(session.source, said.command[0], done.returncode, words)
    if not done.stdout.startswith(b"JobIDRaw|"):
        raise SourceError(
            f"{session.source}: {said.command[0]} did not print what sacct prints",
            hint="its first line begins with JobIDRaw when it is asked with -P",
        )
    return done.stdout


def _refusal(source: str, command: str, status: int, words: str) -> SourceError:
    said = f"{source}: {command} ended with status {status}: {words or 'it said nothing'}"
    lower = words.lower()
    if "permission denied" in lower or ("access" in lower and "denied" in lower):
        return AccessDenied(said, hint="the account must be allowed to run sacct -a")
    if "unable to contact" in lower or "connection" in lower:
        return SourceUnavailable(said, hint="slurmdbd does not answer; pull again when it does")
    return SourceError(said, hint="run the command by hand to see more")


CONNECTOR = Connector(
    name="slurm",
    about="jobs of a Slurm cluster, by sacct",
    tables=("jobs",),
    settings=SlurmSettings,
    check=check,
    read=read,
    tested="a command that prints what `sacct` 22.05 printed",
    policy=(
        "Running `sacct -a`. Where `PrivateData=jobs` is set, the account needs Slurm's Operator level to see "
        "other people's jobs; a plain account pulls its own."
    ),
    signs=(Sign("program", "sacct"),),
)
