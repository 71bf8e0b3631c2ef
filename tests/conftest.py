"""What every test may ask for: shared data, programs that may be missing, an environment of its own.

A test that needs something a machine may lack is skipped with the reason. With FINOPS_REQUIRE_ALL=1,
as in continuous integration, a missing program or package fails instead, so that a green run means
that everything ran. Third-party data is never shipped, so its absence always skips.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from coverage import Coverage

REPOSITORY = Path(__file__).resolve().parent.parent

BESIDE = (
    "tests/analysis/test_accrual_worlds.py",
    "tests/analysis/test_books_mutations.py",
    "tests/analysis/test_capacity_mutations.py",
    "tests/analysis/test_closing_worlds.py",
    "tests/analysis/test_exchanged_worlds.py",
    "tests/analysis/test_model.py",
    "tests/analysis/test_more_mutations.py",
    "tests/analysis/test_mutations.py",
    "tests/analysis/test_settled.py",
    "tests/analysis/test_spark.py",
    "tests/architecture/",
    *(
        f"tests/connectors/{folder}/"
        for folder in ("bills", "gpu", "jobs", "nvml", "pull", "requests")
    ),
    "tests/connectors/test_late_keys.py",
    "tests/connectors/test_planted.py",
    "tests/connectors/test_reading.py",
    "tests/connectors/test_values.py",
    "tests/docs/",
    "tests/samples/",
    "tests/scorecard/",
    "tests/tui/",
)
"""Tests of what stands around finops/, of its tests, and of the same lines over and over: they run last, untraced.

Coverage would cost them up to half as much again and show nothing new.
"""

LONGEST = (
    "tests/docs/test_pages.py",
    "tests/api/test_review.py",
    "tests/analysis/test_spark.py",
    "tests/connectors/pull/test_interrupted.py",
    "tests/tui/test_same_as_commands.py",
    "tests/architecture/test_guide.py",
    "tests/analysis/test_mutations.py",
    "tests/analysis/test_more_mutations.py",
    "tests/analysis/test_capacity_mutations.py",
    "tests/api/test_commands.py",
    "tests/samples/test_demo.py",
    "tests/samples/test_review.py",
    "tests/connectors/pull/test_phoenix.py",
    "tests/api/test_explained.py",
    "tests/tui/test_every_action.py",
    "tests/analysis/split/test_split_bill.py",
    "tests/analysis/test_fx.py",
    "tests/analysis/test_books_mutations.py",
    "tests/analysis/test_settled.py",
    "tests/tui/test_managing.py",
    "tests/samples/test_samples.py",
    "tests/cli/test_scorecard.py",
    "tests/ledger/test_processes.py",
    "tests/ledger/test_against_a_model.py",
)
"""Files that take longest, the first of theirs: where a file is one process's, a long one at the end is waited for alone."""

_TRACED_TOO = "COVERAGE_PROCESS_CONFIG"
"""What has the processes a test starts traced."""

_STOPPED: list[tuple[Coverage, str | None]] = []
"""What measured, the newest first: a process of xdist's is measured as one that was started, and once more as its own."""

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


def missing(name: str, why: str = "") -> None:
    """Skip this test because `name` is not installed; fail where everything must be."""
    reason = f"not installed: {name}" + (f" ({why})" if why else "")
    if os.environ.get("FINOPS_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and FINOPS_REQUIRE_ALL=1 asks for everything", pytrace=False)
    pytest.skip(reason)


def require(*names: str) -> None:
    """Each name is a program on PATH or an importable package, else the test is skipped."""
    for name in names:
        if shutil.which(name) is None and find_spec(name) is None:
            missing(name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of `BESIDE` and put them last, those of `LONGEST` first; the others stay in their order."""
    places = {name: place for place, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> tuple[bool, int]:
        file = item.nodeid.partition("::")[0]
        return file.startswith(BESIDE), places.get(file, len(places))

    items.sort(key=place)
    for item in items:
        if place(item)[0]:
            item.add_marker("beside")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Where coverage is measured, stop it for tests `beside` and for property tests, which repeat themselves."""
    if not item.config.pluginmanager.hasplugin("_cov"):
        return
    from coverage import Coverage

    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if item.get_closest_marker("beside") is not None or is_property:
        while (measuring := Coverage.current()) is not None:
            measuring.stop()
            _STOPPED.append((measuring, os.environ.pop(_TRACED_TOO, None)))
        return
    while _STOPPED:
        measuring, told = _STOPPED.pop()
        if told is not None:
            os.environ[_TRACED_TOO] = told
        measuring.start()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Honour `@pytest.mark.needs("java", "pyspark")`."""
    for marker in item.iter_markers("needs"):
        require(*marker.args)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, Any, pytest.TestReport]:
    """Turn a skip for something not installed into a failure, whoever raised it."""
    report: pytest.TestReport = yield
    if report.skipped and os.environ.get("FINOPS_REQUIRE_ALL") == "1":
        text = str(call.excinfo.value) if call.excinfo else ""
        if "could not import" in text or "not installed" in text:
            report.outcome = "failed"
            report.longrepr = f"{text}; FINOPS_REQUIRE_ALL=1 asks for everything"
    return report


@pytest.fixture
def needs() -> Callable[..., None]:
    """`needs("prometheus")` inside a test: skip, or fail, when it is not there."""
    return require


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party data files; the test is skipped where there is none."""
    named = os.environ.get("FINOPS_SHARED_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("third-party data is not here: name its folder in FINOPS_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of the sample company with its finops.toml, as `finops demo` makes it; read, never written.

    The first process that asks makes it, for all of them; `demo.txt` beside it is what the command printed.
    """
    from typer.testing import CliRunner

    from finops.cli.app import app

    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "company"
    place.mkdir(exist_ok=True)
    folder, printed = place / "demo", place / "demo.txt"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not printed.exists():
            shutil.rmtree(folder, ignore_errors=True)
            result = CliRunner().invoke(app, ["demo", "--ledger", str(folder)])
            assert result.exit_code == 0, result.output
            printed.write_text(result.stdout, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No setting of the person running the tests reaches them, and they touch none of their files."""
    for name in tuple(os.environ):
        if name.startswith("FINOPS_") and name not in {"FINOPS_REQUIRE_ALL", "FINOPS_SHARED_DATA"}:
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path_factory.getbasetemp() / "home"
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))


@pytest.fixture(scope="session")
def saved_by_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Call it with a workbook: the same one, opened and saved by LibreOffice."""
    profile = tmp_path_factory.mktemp("libreoffice")

    def save(path: Path) -> Path:
        folder = path.parent / "saved"
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation={profile.as_uri()}",
                "--headless",
                "--convert-to",
                "xlsx:Calc MS Excel 2007 XML",
                "--outdir",
                str(folder),
                str(path),
            ],
            check=True,
            capture_output=True,
            timeout=240,
        )
        return folder / path.name

    return save
