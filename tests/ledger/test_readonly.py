"""`finops sql` reads the ledger and nothing else: every way out that we know of is tried."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from finops.cli.app import app
from finops.errors import FinopsError, UsageError
from finops.ledger.readonly import connect_readonly, run_select

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from finops.ledger.store import Ledger

ESCAPES = (
    "COPY costs TO '{out}'",
    "COPY (SELECT 1) TO '{data}' (FORMAT parquet, USE_TMP_FILE false)",
    "WITH x AS (COPY (SELECT 1) TO '{data}' (FORMAT parquet, USE_TMP_FILE false)) SELECT * FROM x",
    "WITH x AS (COPY (SELECT 1) TO '{out}') SELECT 1",
    "SELECT * FROM (WITH x AS (COPY (SELECT 1) TO '{data}') SELECT * FROM x)",
    "WITH x AS (INSERT INTO costs VALUES (1) RETURNING *) SELECT * FROM x",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{data}' (USE_TMP_FILE false)",
    "ATTACH '{out}'",
    "ATTACH '{out}' AS other; SELECT 1",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_json_objects('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM read_duckdb('{out}')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM '{folder}/*/*/*.parquet'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    "SELECT * FROM read_csv('s3://bucket/x.csv')",
    "SELECT getenv('HOME')",
    "SELECT * FROM ledger",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM QUERY('COPY costs TO ''{out}''')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "SET lock_configuration = false",
    "PRAGMA database_list",
    "CALL enable_logging(storage = 'file', storage_path = '{out}')",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{out}')",
    "SELECT * FROM enable_profiling(save_location = '{out}')",
    "EXPORT DATABASE '{out}'",
    "IMPORT DATABASE '{folder}'",
    "CREATE TABLE t AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "DROP VIEW costs",
    "PREPARE p AS SELECT 1",
    "CHECKPOINT",
    "USE memory",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{out}'",
    "",
    "-- nothing",
    "this is not SQL",
)


@pytest.mark.parametrize("text", ESCAPES)
def test_no_way_out(tmp_path: Path, plain: Ledger, kit: ModuleType, text: str) -> None:
    kit.load_rows(plain, "costs", [{}])
    data = plain.files("costs")[0].path
    before = _contents(tmp_path)
    filled = text.format(out=tmp_path / "out", data=data, folder=plain.location.root)
    with connect_readonly(plain) as con, pytest.raises(FinopsError):
        run_select(con, filled)
    assert _contents(tmp_path) == before


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


READS = (
    ('SELECT count(*), sum("BilledCost") FROM costs', [(2, 2)]),
    (
        "WITH RECURSIVE n AS (SELECT 1 a UNION ALL SELECT a + 1 FROM n WHERE a < 3) FROM n",
        [(1,), (2,), (3,)],
    ),
    ("SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 2", [(1,), (2,)]),
    ('FROM costs SELECT "Tags"->>\'team\' WHERE "Tags" IS NOT NULL', [("a",)]),
    ("VALUES (1)", [(1,)]),
    ("SELECT (SELECT count(*) FROM requests), EXISTS (FROM loads)", [(0, True)]),
    ("SELECT 'COPY costs TO ''/tmp/x''' AS \"copy\";", [("COPY costs TO '/tmp/x'",)]),
)


@pytest.mark.parametrize(("text", "rows"), READS)
def test_what_a_reader_needs_works(
    ledger: Ledger, kit: ModuleType, text: str, rows: list[tuple[object, ...]]
) -> None:
    kit.load_rows(ledger, "costs", [{}, {"Tags": '{"team":"a"}'}])
    with connect_readonly(ledger) as con:
        assert run_select(con, text).rows == rows


def test_a_wrong_query_is_a_usage_error_in_one_line(ledger: Ledger) -> None:
    with connect_readonly(ledger) as con, pytest.raises(UsageError, match='"Bill"') as caught:
        run_select(con, 'SELECT "Bill" FROM costs')
    assert "\n" not in caught.value.message


def test_the_command_prints_every_digit_and_distinct_names(
    plain: Ledger, kit: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kit.load_rows(plain, "costs", [{"BilledCost": "-0.123456789012345678901234"}])
    query = "SELECT \"BilledCost\" AS a, 1 AS a, [1, 2] AS l, DATE '2026-10-01' AS d, NULL AS n FROM costs"
    file = tmp_path / "q.sql"
    file.write_text(query)
    runner = CliRunner()
    where = ["--ledger", plain.location.url, "--format", "json"]
    answers = [
        runner.invoke(app, ["sql", query, *where]),
        runner.invoke(app, ["sql", "--file", str(file), *where]),
        runner.invoke(app, ["sql", "-", *where], input=query),
    ]
    assert [answer.exit_code for answer in answers] == [0, 0, 0]
    assert len({answer.stdout for answer in answers}) == 1
    assert '"a": -0.123456789012345678901234' in answers[0].stdout
    found = json.load(io.StringIO(answers[0].stdout))
    assert found["schema"] == "finops.sql/1"
    (row,) = found["rows"]
    assert {name: row[name] for name in ("a_2", "l", "d", "n")} == {
        "a_2": 1,
        "l": "[1, 2]",
        "d": "2026-10-01",
        "n": None,
    }


def test_the_command_refuses_with_exit_code_2(plain: Ledger, kit: ModuleType) -> None:
    kit.load_rows(plain, "costs", [{}])
    where = ["--ledger", plain.location.url]
    runner = CliRunner()
    assert runner.invoke(app, ["sql", "COPY costs TO '/tmp/x'", *where]).exit_code == 2
    assert runner.invoke(app, ["sql", *where]).exit_code == 2
    assert runner.invoke(app, ["sql", "--file", "/nowhere/q.sql", *where]).exit_code == 2
    cut = runner.invoke(app, ["sql", "FROM range(5)", "--limit", "2", "--format", "json", *where])
    assert json.loads(cut.stdout)["notes"] == ["2 of 5 rows shown"]
