"""`finops init --interactive` in a real terminal: what is here is found, checked and written; then it is pulled from."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.connectors.pull.prometheus_server import START, held, prometheus_with
from tests.connectors.pull.test_langfuse import KEY, observation
from tests.connectors.pull.test_langfuse import Server as Langfuse
from tests.connectors.test_collect import FAKE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from typer.testing import Result

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

_PATIENCE_S = 60
"""Seconds of silence after which the command waits for something nobody answers."""

RUN = "from finops.cli.app import run; run()"

SACCT = """#!{python}
import sys
asked = dict(zip(sys.argv[1:], sys.argv[2:]))
print(asked["-o"].replace(",", "|"))
job = {{"JobIDRaw": "7", "JobID": "7", "State": "COMPLETED", "Submit": "{day}T01:00:00",
       "Start": "{day}T02:00:00", "End": "{day}T03:00:00", "AllocTRES": "gres/gpu=4"}}
print("|".join(job.get(name, "") for name in asked["-o"].split(",")))
"""


def talk(folder: Path, answers: Sequence[tuple[str, str]], env: dict[str, str]) -> tuple[int, str]:
    """Exit status and screen of `finops init --interactive`, each question answered when it is asked."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        arguments = [sys.executable, "-c", RUN, "init", "--interactive"]
        os.execve(sys.executable, arguments, {**env, "TERM": "dumb"})  # noqa: S606
    screen, waiting, read = "", list(answers), 0
    while True:
        if not select.select([terminal], [], [], _PATIENCE_S)[0]:
            os.kill(child, signal.SIGKILL)
            break
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        screen += chunk.decode()
        while waiting and (asked := re.search(waiting[0][0], screen[read:])):
            read += asked.end()
            os.write(terminal, f"{waiting.pop(0)[1]}\n".encode())
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert not waiting, f"never asked: {waiting[0][0]}\n{screen}"
    return os.waitstatus_to_exitcode(status), screen


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a session of Claude Code's and a stand-in of `sacct`, both of yesterday, and `nvidia-smi`."""
    yesterday = datetime.now(tz=UTC) - timedelta(days=1)
    usage = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 7}
    line = {
        "type": "assistant", "uuid": "u", "sessionId": "s", "timestamp": yesterday.isoformat(),
        "message": {"id": "m1", "model": "claude-sonnet-4-5", "stop_reason": "end_turn", "usage": usage},
    }  # fmt: skip
    log = tmp_path / "home" / ".claude" / "projects" / "shop" / "s.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps(line) + "\n")
    sacct = tmp_path / "home" / "bin" / "sacct"
    sacct.parent.mkdir()
    sacct.write_text(SACCT.format(python=sys.executable, day=f"{yesterday:%Y-%m-%d}"))
    sacct.chmod(0o755)
    tool = sacct.with_name("nvidia-smi")
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    return tmp_path / "home"


@pytest.fixture
def langfuse() -> Iterator[Langfuse]:
    """A Langfuse, from recorded shapes, with a call of yesterday."""
    server = Langfuse()
    yesterday = datetime.now(tz=UTC) - timedelta(days=1)
    server.items.append(observation("a1", f"{yesterday:%Y-%m-%dT%H:%M:%S}"))
    with server.fake:
        yield server


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """The folder of a driver's library built for the test: NVML's documented shapes."""
    library = tmp_path / "driver" / "libnvidia-ml.so.1"
    library.parent.mkdir()
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, FAKE], check=True)
    return library.parent


@pytest.mark.needs("prometheus", "promtool", "gcc", "pynvml")
def test_what_is_here_is_found_checked_written_and_pulled_from(
    home: Path, tmp_path: Path, langfuse: Langfuse, driver: Path
) -> None:
    """AWS has a profile that is not there: its check fails and it is left out; a bucket nobody names is too."""
    minute = round((datetime.now(tz=UTC) - START).total_seconds() / 60) - 1440
    url = prometheus_with(held(0, range(minute, minute + 10)))
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "PROMETHEUS_URL": url,
        "AWS_PROFILE": "absent",
        "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
        "LANGFUSE_SECRET_KEY": KEY,
        "LANGFUSE_HOST": langfuse.fake.address,
        "LD_LIBRARY_PATH": str(driver),
        "FINOPS_LEDGER": str(tmp_path / "ledger"),
    }
    yes = r"add it\? \[Y/n\]: "
    status, screen = talk(
        tmp_path,
        [
            (rf"found aws-cost-explorer[^?]*{yes}", ""),
            (r"NOT reach: [^?]*has no profile 'absent'[^?]*keep it all the same\? \[y/N\]: ", ""),
            (rf"found aws-exports[^?]*{yes}", ""),
            (r"url \([^)]*\): ", ""),
            (rf"found bedrock-logs[^?]*{yes}", "n"),
            (rf"found claude-code[^?]*\.claude/projects is here[^?]*{yes}", ""),
            (rf"found langfuse[^?]*LANGFUSE_PUBLIC_KEY[^?]*{yes}", ""),
            (rf"found prometheus[^?]*PROMETHEUS_URL[^?]*{yes}", "y"),
            (rf"found slurm[^?]*sacct is on PATH[^?]*{yes}", ""),
            (r"found accelerators[^?]*nvidia-smi is on PATH[^?]*add them\? \[Y/n\]: ", ""),
            (r"pool \([^)]*\): ", "lab"),
            (r"another connector[^:]*: ", "no-such"),
            (r"no connector is called 'no-such'[^:]*(?s:.*)another connector[^:]*: ", ""),
        ],
        env,
    )
    assert status == 0, screen
    assert "next: finops pull, finops collect gpu" in screen
    written = tomllib.loads((tmp_path / "finops.toml").read_text())
    assert written["sources"] == {
        "claude-code": {"connector": "claude-code"},
        "langfuse": {
            "connector": "langfuse", "base_url": langfuse.fake.address, "public_key": "pk-lf-1",
            "secret_key": "env:LANGFUSE_SECRET_KEY",
        },
        "prometheus": {"connector": "prometheus", "url": url},
        "slurm": {"connector": "slurm"},
    }  # fmt: skip
    done = run(tmp_path, env, "pull", "--format", "json")
    rows = {(row["source"], row["table"]): row["rows"] for row in json.loads(done.stdout)["rows"]}
    assert rows == {
        ("claude-code", "requests"): 1,
        ("langfuse", "requests"): 1,
        ("prometheus", "gpu_samples"): 10,
        ("slurm", "jobs"): 1,
    }
    assert collected(tmp_path, env, "lab") == written["collect"]


def collected(folder: Path, env: dict[str, str], pool: str) -> dict[str, str]:
    """Sample the accelerators; what `[collect]` must have said for the rows of `pool` to be what they are."""
    run(folder, env, "collect", "gpu", "--interval", "0.1", "--duration", "0.4")
    sql = f"select distinct node, source_id as source, pool from gpu_samples where pool = '{pool}'"
    (found,) = json.loads(run(folder, env, "sql", sql, "--format", "json").stdout)["rows"]
    return {**found, "interval": "15s"}


def run(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in `folder`, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def test_saying_no_to_everything_writes_the_template(home: Path, tmp_path: Path) -> None:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "HOME": str(home),
        "PATH": str(home / "nothing"),
    }
    env.pop("PROMETHEUS_URL", None)
    status, screen = talk(
        tmp_path, [(r"add it\? \[Y/n\]: ", "n"), (r"another connector[^:]*: ", "")], env
    )
    assert status == 0, screen
    assert "next: finops load costs" in screen
    assert "sources" not in tomllib.loads((tmp_path / "finops.toml").read_text())


def test_without_a_terminal_it_says_so(finops: Callable[..., Result]) -> None:
    result = finops("init", "--interactive")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "this is no terminal" in result.stderr
    assert "writes a file to edit" in result.stderr
