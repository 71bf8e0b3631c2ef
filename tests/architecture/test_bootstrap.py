"""The set-up script: which index it listens to, what it refuses, and when it has nothing to do."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
MIRROR = "https://mirror.example/simple"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, on a machine that says nothing about indexes."""
    for name in tuple(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(module, "ENVIRONMENT", tmp_path / "venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / "venv" / "stamp")
    return module


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"])
def test_the_index_is_the_one_the_environment_names(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, MIRROR)
    assert bootstrap.chosen_index() == MIRROR
    assert bootstrap.tool_environment()["UV_DEFAULT_INDEX"] == MIRROR


def test_the_index_is_the_one_pip_is_configured_for(bootstrap: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {MIRROR}\n", encoding="utf-8")
    assert bootstrap.chosen_index() == MIRROR


def test_pypi_by_its_own_name_is_no_choice(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://pypi.org/simple/")
    assert bootstrap.chosen_index() is None


def simple_index(folder: Path, wheel: str, content: bytes) -> str:
    """A package index in a folder, with one file of pip; its address."""
    page = folder / "simple" / "pip"
    page.mkdir(parents=True)
    (page / wheel).write_bytes(content)
    (page / "index.html").write_text(f'<a href="pip/{wheel}#sha256=00">pip</a>', encoding="utf-8")
    return (folder / "simple").as_uri()


def serve(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer a folder's address with its index page, as a web server would."""
    fetch = bootstrap.fetch

    def fetched(url: str) -> bytes:
        if url.endswith("/pip/"):
            return bytes(fetch(url + "index.html"))
        return bytes(fetch(url.replace("/pip/pip/", "/pip/")))

    monkeypatch.setattr(bootstrap, "fetch", fetched)


def test_a_pip_of_another_content_is_refused(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index = simple_index(tmp_path, bootstrap.PIP_WHEEL, b"something else")
    monkeypatch.setenv("PIP_INDEX_URL", index)
    serve(bootstrap, monkeypatch)
    with pytest.raises(bootstrap.SetupError, match="not the file we know"):
        bootstrap.fetch_pip()
    assert not (tmp_path / "tools").exists()


def test_a_pip_of_the_known_content_is_kept(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "PIP_SHA256", hashlib.sha256(b"a wheel").hexdigest())
    monkeypatch.setenv("PIP_INDEX_URL", simple_index(tmp_path, bootstrap.PIP_WHEEL, b"a wheel"))
    serve(bootstrap, monkeypatch)
    assert bootstrap.fetch_pip().read_bytes() == b"a wheel"


def test_a_password_in_an_index_is_never_in_a_message(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.SetupError) as caught:
        bootstrap.fetch("http://me:secret@127.0.0.1:9/simple/pip/")
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_set_up_checkout_has_nothing_to_do(bootstrap: ModuleType, tmp_path: Path) -> None:
    assert bootstrap.installed() == ()
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    stamp = tmp_path / "venv" / "stamp"
    stamp.write_text(f"{bootstrap.fingerprint()}\ndev\nrun\n", encoding="utf-8")
    assert bootstrap.installed() == ("dev", "run")
    stamp.write_text("of another lock\ndev\nrun\n", encoding="utf-8")
    assert bootstrap.installed() == ()


def test_an_old_python_gets_a_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\necho\n", encoding="utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "find-python"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Python 3.11 or newer" in done.stderr
