"""finops from Python: the same digits as the commands, in types a script can work with."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

import finops
from finops.analysis.route.scores import ScoreColumns, Scores
from finops.api.answer import Answer
from finops.api.breakeven import audit
from finops.api.route import Choosing, How, Prices, route_scores
from finops.errors import LedgerMissing, UsageError
from finops.report.breakeven_chart import BreakevenChart
from finops.report.model import Report, ReportColumn, Style
from tests.analysis.ledgers import MODEL, make_ledger, request

if TYPE_CHECKING:
    from pathlib import Path

    from finops.report.model import Row


def answer() -> Answer[None]:
    columns = (
        ReportColumn("name", "Name"),
        ReportColumn("cost", "Cost", Style.MONEY),
        ReportColumn("parts", "Parts", Style.MONEY, shown=False),
        ReportColumn("share", "Share", Style.RATIO),
    )
    rows: tuple[Row, ...] = (
        {
            "name": "a",
            "cost": Decimal("0.123456789012345678901234"),
            "parts": {"x": Decimal(1), "y": None},
            "share": 0.5,
        },
        {"name": None, "cost": None, "parts": {"x": Decimal(2), "y": Decimal(3)}, "share": None},
    )
    return Answer(None, Report("finops.test/1", "Test", columns, rows, notes=("Mind this.",)))


def test_a_frame_keeps_every_digit_and_what_is_missing() -> None:
    frame = answer().to_pandas()
    assert list(frame.columns) == ["name", "cost", "parts.x", "parts.y", "share"]
    assert frame["cost"].tolist() == [Decimal("0.123456789012345678901234"), None]
    assert frame["parts.y"].tolist() == [None, Decimal(3)]


def test_an_arrow_table_has_exact_amounts() -> None:
    table = answer().to_arrow()
    assert table.schema.field("cost").type == pa.decimal128(38, 24)
    assert table.schema.field("share").type == pa.float64()
    assert table["cost"].to_pylist() == [Decimal("0.123456789012345678901234"), None]
    assert table["parts.x"].to_pylist() == [Decimal(1), Decimal(2)]


def test_it_is_saved_as_its_ending_says(tmp_path: Path) -> None:
    found = answer()
    for ending in ("json", "csv", "md", "html", "xlsx"):
        path = found.save(tmp_path / f"x.{ending}")
        assert path.read_bytes() == found.to(ending)
    with pytest.raises(UsageError, match="no format ends like this"):
        found.save(tmp_path / "x.pdf")
    assert found.notes == ("Mind this.",)
    assert "Mind this." in str(found)
    assert "<table>" in found._repr_html_()


def test_breakeven_says_what_the_command_says() -> None:
    found = finops.breakeven(capex=250141.80, opex_per_hour=6.37, cloud_per_hour=98.32)
    printed = command("breakeven", "--capex", "250141.80", "--opex-per-hour", "6.37",
                      "--cloud-per-hour", "98.32", "--format", "json")  # fmt: skip
    assert found.to("json") == printed
    own = found.value.options[0]
    assert own.breakeven_hours == pytest.approx(2720.41, abs=0.01)
    derived = found.derivation()
    assert derived.rows[0]["row"] == "own"
    steps = [line.step for row in derived.value.rows for line in row.sheet]
    assert steps == [row["step"] for row in derived.rows]
    assert found.chart(BreakevenChart.COST, width=60).startswith("Cost up to each month, USD\n")


def test_an_audit_is_an_answer_too() -> None:
    found = audit("lp2368")
    assert [line.reproduced for line in found.value.table] == ["2,720", "4,423", "6,800", "7,591"]


def test_scores_need_no_file() -> None:
    scores = Scores((0.9, 0.1, 0.6, 0.4), (1, 0, 1, 0), (1, 1, 1, 1), None, None, None)
    half = Choosing((Decimal("0.5"),))
    found = route_scores(scores, How(Prices(cost_ratio=Decimal("0.1")), half))
    (row,) = found.rows
    assert (row["escalation_rate"], row["accuracy"], row["saving"]) == (0.5, 1.0, Decimal("0.4"))
    steps = {row["step"]: row["quantity"] for row in found.derivation().rows}
    assert (steps["requests"], steps["saving"]) == (4, Decimal("0.4"))


def test_a_file_of_scores_is_read(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("id,c\na,0.9\nb,0.1\n")
    how = How(Prices(cost_ratio=Decimal("0.1")), Choosing((Decimal("0.5"),)))
    found = route_scores(path, how, columns=ScoreColumns("c"))
    assert found.rows[0]["escalation_rate"] == 0.5


def test_a_ledger_is_opened_once_and_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        request(f"s{n}", request_model="model-b", confidence=n / 10, uncached_input_tokens=100)
        for n in range(10)
    ]
    make_ledger(tmp_path / "ledger", requests=[*rows, request("l", uncached_input_tokens=100)])
    (tmp_path / "finops.toml").write_text(
        'ledger = "ledger"\n'
        '[[prices]]\nprovider = "fakeai"\nmodel = "model-a"\ninput = "2"\noutput = "10"\n'
        '[[prices]]\nprovider = "fakeai"\nmodel = "model-b"\ninput = "1"\noutput = "4"\n'
    )
    session = finops.open()
    found = session.route("model-b", MODEL, month="2026-10")
    assert json.loads(found.to("json"))["currency"] == "USD"
    assert len(found.rows) == 21
    with pytest.raises(UsageError, match="no GPU samples of pool 'h100'"):
        session.breakeven("h100", capex=1, cloud_per_hour=1)


def test_a_missing_ledger_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing) as caught:
        finops.open(tmp_path / "none")
    assert "finops demo" in (caught.value.hint or "")


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = "{'duckdb', 'pandas', 'numpy', 'deltalake', 'pydantic', 'typer', 'rich'}"
    code = f"import finops, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def command(*arguments: str) -> bytes:
    """What the real command writes to stdout."""
    run = [sys.executable, "-c", "from finops.cli.app import run; run()", *arguments]
    return subprocess.run(run, capture_output=True, check=True).stdout


def test_a_settled_period_shows_what_the_command_prints(tmp_path: Path) -> None:
    make_ledger(
        tmp_path,
        requests=[
            request("r1", workflow="rag", output_tokens=10),
            request("r2", workflow="chat", output_tokens=5),
        ],
    )
    session = finops.open(tmp_path)
    with session.settle(month="2026-10") as october:
        for by, where in (("workflow,model", None), ("model", "workflow = 'rag'"), (None, None)):
            found = october.unit(by, where=where, limit=1).to("json")
            assert found == session.unit(by, where=where, limit=1, month="2026-10").to("json")


def test_runs_of_a_settled_period_as_a_table(tmp_path: Path) -> None:
    make_ledger(
        tmp_path,
        requests=[
            request(name, workflow="rag", workflow_run_id=name, output_tokens=tokens)
            for name, tokens in (("small", 10), ("large", 50))
        ],
    )
    with finops.open(tmp_path).settle(month="2026-10") as october:
        found = october.runs("workflow = 'rag'", limit=1)
        assert [(row["run"], row["output_tokens"]) for row in found.rows] == [("large", 50)]
        assert found.value.everything == 2
        assert found.notes[-1] == "1 of 2 runs are listed."
        assert october.runs("workflow = 'chat'").rows == ()
