"""The house rules that no linter knows, held over every Python file of the project."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("finops", "scorecard", "tui", "connectors")
BESIDE = ("samples", "scripts", "bench", "tests")

LONGEST_FILE = 500
LONGEST_FUNCTION = 60

FORBIDDEN_WORDS = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.fixture(scope="module")
def everything() -> list[tuple[Path, ast.Module]]:
    return [(path, parsed(path)) for path in sources(*PRODUCT, *BESIDE)]


def test_there_is_something_to_look_at(everything: list[tuple[Path, ast.Module]]) -> None:
    assert len(everything) > 40


def test_no_file_is_longer_than_a_sitting() -> None:
    too_long = {
        named(path): lines
        for path in (*sources(*PRODUCT, *BESIDE), *ROOT.glob("finops/**/*.sql"))
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert too_long == {}


def test_what_is_begun_first_is_there() -> None:
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []


def test_no_function_is_longer_than_a_screen(everything: list[tuple[Path, ast.Module]]) -> None:
    too_long = {
        f"{named(path)}:{function.lineno} {function.name}": lines
        for path, tree in everything
        for function in functions(tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_every_module_says_what_it_knows(everything: list[tuple[Path, ast.Module]]) -> None:
    silent = [named(path) for path, tree in everything if not ast.get_docstring(tree)]
    assert silent == []


def test_nothing_prints_beside_the_two_writers() -> None:
    printing = [
        f"{named(path)}:{node.lineno}"
        for path in sources(*PRODUCT)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "input", "breakpoint"}
    ]
    assert printing == []


def is_standard_stream(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"stdout", "stderr", "__stdout__", "__stderr__"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    )


def writes_to_a_stream(tree: ast.Module) -> bool:
    """Whether a module takes hold of a standard stream; asking what it is (a terminal?) is no hold."""
    asked = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"isatty", "encoding"}
    }
    return any(is_standard_stream(node) and id(node) not in asked for node in ast.walk(tree))


def test_only_the_writers_touch_the_standard_streams() -> None:
    """Answers leave through finops/cli/output.py, narration through diagnostics.py and progress.py."""
    writers = {"finops/cli/output.py", "finops/cli/diagnostics.py", "finops/cli/progress.py"}
    touching = {named(path) for path in sources(*PRODUCT) if writes_to_a_stream(parsed(path))}
    assert touching <= writers


def is_blind(handler: ast.ExceptHandler) -> bool:
    """Whether a handler swallows errors it cannot name; one that cleans up and raises again does not."""
    caught = {"everything"} if handler.type is None else set()
    for node in ast.walk(handler.type) if handler.type else ():
        if isinstance(node, ast.Name):
            caught.add(node.id)
    last = handler.body[-1]
    passes_on = isinstance(last, ast.Raise) and last.exc is None
    return bool(caught & {"everything", "Exception", "BaseException"}) and not passes_on


def test_no_error_is_swallowed_without_its_name(everything: list[tuple[Path, ast.Module]]) -> None:
    blind = [
        f"{named(path)}:{node.lineno}"
        for path, tree in everything
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and is_blind(node)
    ]
    assert blind == []


def test_nothing_is_left_to_do() -> None:
    left = [
        f"{named(path)}:{number}"
        for path in (*sources(*PRODUCT, *BESIDE), *ROOT.glob("finops/**/*.sql"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if any(word in line for word in FORBIDDEN_WORDS)
    ]
    assert left == []


def test_the_model_is_standard_library_only() -> None:
    allowed = set(sys.stdlib_module_names) | {"finops"}
    strangers = {
        f"{named(path)} imports {root}"
        for path in (*sources("finops/model"), ROOT / "finops" / "errors.py")
        for node in ast.walk(parsed(path))
        for root in imported(node)
        if root not in allowed
    }
    assert strangers == set()


def imported(node: ast.AST) -> set[str]:
    """Top-level names a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return set()


def test_the_lock_names_no_index_but_the_public_one() -> None:
    hosts = {
        part.partition("/")[0]
        for part in (ROOT / "uv.lock").read_text(encoding="utf-8").split("https://")[1:]
    }
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_no_path_of_somebodys_machine_is_in_the_project() -> None:
    places = re.compile(r"(?<![\w./])/(?:home/(?!dev/)|(?:root|Users|work|opt)/)")
    guides = (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
    )
    leaking = [
        f"{named(path)}:{number}"
        for path in (*sources(*PRODUCT, *BESIDE), *guides)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if places.search(line)
    ]
    assert leaking == []
