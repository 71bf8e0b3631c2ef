"""stdout is data, stderr is narration, and the exit code says how it went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from finops.cli import diagnostics
from finops.cli.output import emit, terminal_width, use_color, write_bytes
from finops.errors import (
    CommitConflict,
    ConfigError,
    FinopsError,
    GateFailed,
    InputError,
    LedgerMissing,
    SourceError,
    UsageError,
)
from finops.model.problem import Problem
from finops.report import Report, ReportColumn, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPORT = Report(
    schema="finops.test/1",
    title="Test",
    columns=(ReportColumn("name", "Name"),),
    rows=({"name": "日本語"},),
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FinopsError("m"), 1),
        (UsageError("m"), 2),
        (ConfigError("m"), 2),
        (LedgerMissing("m"), 2),
        (SourceError("m"), 3),
        (GateFailed("m"), 4),
        (InputError("m"), 5),
        (CommitConflict("m"), 1),
    ],
)
def test_every_error_has_its_code(
    error: FinopsError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diagnostics.fail(error) == code
    assert capsys.readouterr() == ("", "error: m\n")


def test_an_error_says_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    diagnostics.fail(UsageError("no such thing", hint="try another"))
    assert capsys.readouterr().err == "error: no such thing\nhint: try another\n"


def test_twenty_problems_are_shown_and_the_rest_counted(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [
        Problem("bill.csv", row, "BilledCost", "1,5", "not a decimal") for row in range(1, 1026)
    ]
    assert diagnostics.fail(InputError("bad data", problems=problems)) == 5
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "  bill.csv row 1, BilledCost = '1,5': not a decimal"
    assert lines[20] == "  bill.csv row 20, BilledCost = '1,5': not a decimal"
    assert lines[21] == "  … and 1,005 more; --problems FILE writes all of them"
    assert len(lines) == 22


def test_a_fault_of_ours_is_one_line_and_how_to_report_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = ValueError("boom")
    assert diagnostics.crashed(ValueError, error, None) == 1
    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == "error: finops failed in a way it should not: ValueError: boom"
    assert "FINOPS_DEBUG=1" in shown[1]
    assert len(shown) == 2


def test_debugging_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_DEBUG", "1")
    diagnostics.fail(UsageError("wrong"))
    assert "finops.errors.UsageError: wrong" in capsys.readouterr().err


def test_progress_is_silent_when_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with diagnostics.progress("loading", total=10) as advance:
        advance(5, rows=2)
    assert capsys.readouterr() == ("", "")


def test_warnings_and_narration_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    diagnostics.say("loading")
    diagnostics.warn("slow")
    assert capsys.readouterr() == ("", "loading\nwarning: slow\n")


# --- the command as a process ------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["--nope"],
        ["costs", "--nope"],
        ["costs", "--format", "xml"],
        ["costs", "--month", "2026-13"],
        ["costs", "--by", "ServiceNam"],
        ["costs", "--ledger", "/nowhere/at/all"],
    ],
    ids=" ".join,
)
def test_what_is_wrong_leaves_stdout_empty_and_exits_2(
    arguments: list[str], process: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    done = process(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr
    assert b"Traceback" not in done.stderr


REPLACED = """
import sys
from finops.cli import app

def command(entry):
    raise {error}

app.load_command = command
sys.argv = ["finops", "doctor"]
app.run()
"""


def test_an_unexpected_exception_is_one_line_and_exits_1() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            REPLACED.format(error="RuntimeError('the disk melted')"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "RuntimeError: the disk melted" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_exits_130() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            REPLACED.format(error="KeyboardInterrupt"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


BUSY = """
import sys
from finops.cli import app

def command(entry):
    import duckdb
    print("started", file=sys.stderr, flush=True)
    many = "range(1000000)"
    duckdb.connect().execute(f"SELECT sum(a.range * b.range) FROM {many} a, {many} b").fetchall()

app.load_command = command
sys.argv = ["finops", "doctor"]
app.run()
"""


def test_ctrl_c_ends_a_statement_that_takes_long() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as busy:
        assert busy.stdout is not None
        assert busy.stderr is not None
        assert busy.stderr.readline() == b"started\n"
        time.sleep(0.5)
        busy.send_signal(signal.SIGINT)
        assert busy.wait(timeout=30) == 130
        assert busy.stdout.read() == b""
        assert busy.stderr.read() == b"interrupted\n"


WRITE_MUCH = "from finops.cli.output import write_bytes; write_bytes(b'line\\n' * 2_000_000)"


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_MUCH], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    assert writer.stdout.readline() == b"line\n"
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait(timeout=30) == 0


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["table", "json", "csv", "md"])
def test_a_file_gets_the_bytes_of_stdout(
    format_: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    emit(REPORT, format_)
    emit(REPORT, format_, tmp_path / "out")
    assert (
        capfdbinary.readouterr().out == (tmp_path / "out").read_bytes() == render(REPORT, format_)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_dash_is_stdout(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_bytes(b"data", "-")
    assert capfdbinary.readouterr().out == b"data"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a directory"):
        write_bytes(b"data", tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        write_bytes(b"data", tmp_path / "no" / "file")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FinopsError, match="No space left on device"):
        write_bytes(b"after", target)
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_existing_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "out", tmp_path / "link"
    target.write_bytes(b"before")
    target.chmod(0o640)
    link.symlink_to(target)
    write_bytes(b"after", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to_not_replaced() -> None:
    write_bytes(b"data", "/dev/null")
    assert not os.path.isfile("/dev/null")  # noqa: PTH113


# --- terminals ---------------------------------------------------------------------------------


def test_width_is_columns_then_the_terminal_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_width(tty=False) is None
    monkeypatch.setenv("COLUMNS", "40")
    assert terminal_width(tty=False) == 40
    assert terminal_width(tty=True) == 40


def test_colour_obeys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert use_color(tty=True, stdout=True)
    assert not use_color(tty=False, stdout=True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert use_color(tty=False, stdout=True)
    assert not use_color(tty=True, stdout=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not use_color(tty=True, stdout=True)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not use_color(tty=True, stdout=True)
