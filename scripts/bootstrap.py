"""Makes `.venv` from nothing but Python: finds or fetches uv, then installs exactly what uv.lock says.

Standard library only, because nothing else is there yet. uv is taken from PATH, else installed into
`.tools/` by the first pip that works: this Python's own, one inside a throw-away environment, or
pip's wheel from the package index. What is fetched is compared with a SHA-256 written here or in
`uv-requirements.txt`. Nothing outside the checkout changes, and an externally managed Python is
neither a problem nor touched.

Packages come from where the machine says (UV_DEFAULT_INDEX, UV_INDEX_URL, PIP_INDEX_URL, pip.conf),
else from PyPI. A second run with the same lock reads one stamp and touches no network.
"""

from __future__ import annotations

import argparse
import base64
import configparser
import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "finops-setup"
REQUIREMENTS = ROOT / "scripts" / "uv-requirements.txt"

OLDEST_UV = (0, 8)
"""The first uv that reads this lock file's format."""

PIP_WHEEL = "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
PYPI = "https://pypi.org/simple"


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


def say(message: str) -> None:
    """One line of narration on stderr."""
    print(f"setup: {message}", file=sys.stderr, flush=True)


def run(*command: str | Path, env: dict[str, str] | None = None) -> bool:
    """Run `command` in the checkout; what it printed is shown only when it failed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = done.stdout.strip().splitlines()[-15:]
        say(f"{Path(command[0]).name} {command[1]} failed:\n  " + "\n  ".join(tail))
    return done.returncode == 0


# --- what the machine says about indexes and certificates ---------------------------------------


def pip_files() -> Iterator[Path]:
    """Configuration files of pip, the strongest first."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named:
        yield Path(named)
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    yield config / "pip" / "pip.conf"
    yield home / "Library" / "Application Support" / "pip" / "pip.conf"
    yield home / ".pip" / "pip.conf"
    yield Path("/etc/xdg/pip/pip.conf")
    yield Path("/etc/pip.conf")


def pip_setting(name: str) -> str | None:
    """`name` (`index-url`, `cert`) from PIP_* or pip.conf; None when nobody says."""
    value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if value:
        return value
    for path in pip_files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError):
            continue
        for section in ("install", "global"):
            if parser.has_option(section, name):
                return parser.get(section, name)
    return None


def chosen_index() -> str | None:
    """The index this machine wants instead of PyPI; None when it wants none."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name]
    index = pip_setting("index-url")
    return None if index is None or index.rstrip("/") == PYPI else index


def tool_environment() -> dict[str, str]:
    """The environment pip and uv run in: the caller's, with the choices above made explicit."""
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    env["UV_PROJECT_ENVIRONMENT"] = str(ENVIRONMENT)
    env["UV_PYTHON_DOWNLOADS"] = "never"
    env.setdefault("UV_HTTP_TIMEOUT", "180")
    env.update(PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    index = chosen_index()
    if index is not None:
        env.setdefault("UV_DEFAULT_INDEX", index)
    certificates = pip_setting("cert")
    if certificates and Path(certificates).is_file():
        env.setdefault("SSL_CERT_FILE", certificates)
    return env


# --- uv ---------------------------------------------------------------------------------------------


def uv_version(uv: str | Path) -> tuple[int, ...]:
    """The version `uv` reports; empty when it does not run."""
    try:
        done = subprocess.run([str(uv), "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", done.stdout)
    return tuple(int(part) for part in found.groups()) if found else ()


def pips() -> Iterator[tuple[str | Path, ...]]:
    """Commands that run a pip, the cheapest first; each is made only when asked for."""
    if run_quietly(sys.executable, "-m", "pip", "--version"):
        yield sys.executable, "-m", "pip"
    python = TOOLS / "pip" / "bin" / "python"
    if run_quietly(sys.executable, "-m", "venv", "--clear", TOOLS / "pip"):
        yield python, "-m", "pip"
    yield sys.executable, fetch_pip() / "pip"


def run_quietly(*command: str | Path) -> bool:
    """Whether `command` succeeds; a failure is an answer, not news."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def fetch(url: str) -> bytes:
    """The bytes at `url`; a user and password in it become a header."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"https", "http", "file"}:
        raise SetupError(f"the package index is no web address: {parts.scheme}:")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    request = urllib.request.Request(urllib.parse.urlunsplit(bare))  # noqa: S310  (checked above)
    if parts.username is not None:
        words = f"{parts.username}:{parts.password or ''}"
        login = base64.b64encode(urllib.parse.unquote(words).encode()).decode()
        request.add_header("Authorization", f"Basic {login}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  (checked above)
            return bytes(answer.read())
    except OSError as error:
        host = bare.hostname or bare.path
        raise SetupError(f"cannot reach {host}: {error}") from error


def fetch_pip() -> Path:
    """The wheel of pip itself from the index, which Python runs as it is."""
    page = f"{(chosen_index() or PYPI).rstrip('/')}/pip/"
    listing = fetch(page).decode()
    for link in re.findall(r'href="([^"]+)"', listing):
        url = urllib.parse.urljoin(page, html.unescape(link)).partition("#")[0]
        if not url.endswith("/" + PIP_WHEEL):
            continue
        content = fetch(url)
        if hashlib.sha256(content).hexdigest() != PIP_SHA256:
            raise SetupError(f"{PIP_WHEEL} from the index is not the file we know; refused")
        wheel = TOOLS / PIP_WHEEL
        wheel.parent.mkdir(parents=True, exist_ok=True)
        wheel.write_bytes(content)
        return wheel
    raise SetupError(f"the package index has no {PIP_WHEEL}; install pip or uv yourself")


def find_uv() -> Path:
    """A uv that reads our lock: the one on PATH, the one we installed, or a fresh one."""
    ours = TOOLS / "uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), ours):
        if candidate and uv_version(candidate) >= OLDEST_UV:
            return Path(candidate)
    say("installing uv into .tools/")
    for pip in pips():
        shutil.rmtree(TOOLS / "uv", ignore_errors=True)
        arguments = ("install", "--quiet", "--require-hashes", "--only-binary", ":all:")
        place = ("--target", TOOLS / "uv", "--requirement", REQUIREMENTS)
        if run(*pip, *arguments, *place, env=tool_environment()) and uv_version(ours):
            return ours
    raise SetupError("uv could not be installed: is the package index reachable from here?")


# --- the environment --------------------------------------------------------------------------------


def fingerprint() -> str:
    """Changes whenever another set-up is needed."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def installed() -> tuple[str, ...]:
    """The groups a finished set-up of this very lock left behind; empty when there is none."""
    if not (ENVIRONMENT / "bin" / "python").exists() or not STAMP.is_file():
        return ()
    known, *groups = STAMP.read_text(encoding="utf-8").split()
    return tuple(groups) if known == fingerprint() else ()


def install_locked(uv: Path, group: str) -> bool:
    """`.venv` from uv.lock; where its addresses are out of reach, its versions and hashes from the index."""
    env = tool_environment()
    if not (ENVIRONMENT / "bin" / "python").exists():
        made = run(uv, "venv", "--clear", "--python", sys.executable, ENVIRONMENT, env=env)
        if not made:
            return False
    groups = ("--group", "dev") if group == "dev" else ("--no-dev",)
    keep = ("--inexact",) if group == "run" else ()
    if chosen_index() is None and run(uv, "sync", "--frozen", *keep, *groups, env=env):
        return True
    say("installing the same versions from the index this machine is configured for")
    pins = ENVIRONMENT / "finops-pins.txt"
    export = ("--frozen", "--quiet", "--no-emit-project", "--output-file", pins)
    here = ("--python", ENVIRONMENT / "bin" / "python")
    return (
        run(uv, "export", *export, *groups, env=env)
        and run(uv, "pip", "install", *here, "--require-hashes", "--requirement", pins, env=env)
        and run(uv, "pip", "install", *here, "--no-deps", "--editable", ROOT, env=env)
    )


def main() -> int:
    """Make `.venv` hold the asked group; 0 when it does."""
    parser = argparse.ArgumentParser(description="Set up .venv from uv.lock.")
    parser.add_argument("group", choices=["run", "dev"], help="what to install: to run, or to work")
    group = str(parser.parse_args().group)
    if group in installed():
        return 0
    say(f"Python {sys.version.split()[0]}; installing what uv.lock says into .venv")
    try:
        complete = install_locked(find_uv(), group)
    except SetupError as error:
        say(str(error))
        return 1
    if not complete:
        say("the packages could not be installed; the reason stands above")
        return 1
    groups = {"run", group}
    STAMP.write_text("\n".join([fingerprint(), *sorted(groups)]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
