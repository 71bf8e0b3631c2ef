"""What is shipped: the wheel holds the product and its samples, and works installed on its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from configparser import RawConfigParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_four_packages_ship_and_nothing_else_does(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in files(wheel)}
    info = {top for top in tops if top.endswith(".dist-info")}
    assert tops - info == {"finops", "scorecard", "tui", "connectors"}
    assert len(info) == 1


def test_samples_ship_inside_finops_and_no_test_does(wheel: Path) -> None:
    names = files(wheel)
    assert any(name.startswith("finops/_samples/") for name in names)
    assert [name for name in names if "test_" in name or "conftest" in name] == []
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


def test_sql_and_type_markers_ship(wheel: Path) -> None:
    shipped = set(files(wheel))
    assert {f"{name}/py.typed" for name in ("finops", "scorecard", "tui", "connectors")} <= shipped
    sql = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("finops/**/*.sql")}
    assert sql
    assert sql <= shipped


def test_entry_points_are_the_declared_ones(wheel: Path) -> None:
    points = RawConfigParser(delimiters=("=",))
    points.optionxform = str  # type: ignore[assignment,method-assign]
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [item for item in archive.namelist() if item.endswith("entry_points.txt")]
        points.read_string(archive.read(name).decode())
    assert dict(points["console_scripts"]) == {"finops": "finops.cli.app:run"}
    assert dict(points["finops.formats"]) == PROJECT["entry-points"]["finops.formats"]


def test_it_runs_from_an_environment_of_its_own(
    wheel: Path, tmp_path: Path, needs: Callable[..., None]
) -> None:
    """Only our wheel is installed there; its dependencies are borrowed, so no network is needed."""
    uv = shutil.which("uv", path=f"{ROOT / '.tools/uv/bin'}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        needs("uv")
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    subprocess.run(
        [str(uv), "pip", "install", "--offline", "--no-deps", "--python", python, wheel],
        check=True,
        capture_output=True,
    )
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    done = subprocess.run(
        [home / "bin" / "finops", "--version"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("finops 0.1.0")
    where = subprocess.run(
        [python, "-c", "import finops; print(finops.__file__)"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(home)
