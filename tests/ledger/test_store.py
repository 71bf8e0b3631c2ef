"""Bills, samples, jobs and changes: what a load replaces, what it leaves alone, and what readers see."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from finops.errors import LedgerMissing, UsageError
from finops.ledger.engine import open_engine, query
from finops.ledger.loads import Load, new_load_id
from finops.ledger.past import as_of
from finops.ledger.store import Ledger, one_version
from finops.ledger.write import store
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

HARD = Decimal("-99999999999999.123456789012345678901234")


def versions(ledger: Ledger) -> dict[str, int | None]:
    return {name: ledger.version(name) for name in TABLES}


def test_an_absent_ledger_is_missing_and_says_where(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing, match="nothing-here"):
        Ledger.open(str(tmp_path / "nothing-here"))
    with pytest.raises(UsageError, match="gopher"):
        Ledger.open("gopher://x/y")


def test_tables_never_written_are_empty_and_have_their_types(
    ledger: Ledger, kit: ModuleType
) -> None:
    described = kit.rows_of(ledger, "DESCRIBE costs")
    assert [(row[0], row[1]) for row in described] == [
        (column.name, str(column.kind.stored)) for column in TABLES["costs"].columns
    ]
    assert kit.rows_of(ledger, "SELECT count(*) FROM requests") == [(0,)]


def test_questions_asked_at_once_see_their_own_ledger_and_settings(
    tmp_path: Path, kit: ModuleType
) -> None:
    one, other = (Ledger.open(str(tmp_path / name), create=True) for name in ("one", "other"))
    kit.load_rows(one, "costs", [{"BilledCost": Decimal(1)}])
    kit.load_rows(other, "costs", [{"BilledCost": Decimal(2)}])
    asked = "select sum(BilledCost) from costs"
    threads = "select current_setting('threads')"
    with one.connect() as first, other.connect(["costs"]) as second:
        query(first, "create temp table made as select 1")
        with other.connect(["costs"], alone=True) as third:
            query(third, "set threads = 7")
            assert [query(con, asked) for con in (first, second, third)] == [
                [(Decimal(1),)],
                [(Decimal(2),)],
                [(Decimal(2),)],
            ]
            assert query(third, threads) == [(7,)]
        assert query(first, threads) == query(second, threads) != [(7,)]
        with pytest.raises(duckdb.CatalogException):
            query(second, "select * from made")
    with one.connect(["costs"]) as again, pytest.raises(duckdb.CatalogException):
        query(again, "select * from made")


def test_within_one_version_no_load_is_seen_and_another_moment_is_another(
    plain: Ledger, kit: ModuleType
) -> None:
    kit.load_rows(plain, "costs", [{"BilledCost": 1}])
    before = Ledger(as_of(plain.location, date(2020, 1, 1)))
    with one_version():
        seen = plain.files("costs")
        kit.load_rows(plain, "costs", [{"BilledCost": 2, "x_BillingMonth": "2026-11"}])
        assert plain.files("costs") == seen
        assert before.files("costs") == ()
    assert len(plain.files("costs")) == len(seen) + 1


def test_a_bill_loaded_twice_changes_nothing(ledger: Ledger, kit: ModuleType) -> None:
    rows = [{"BilledCost": HARD, "Tags": '{"team":"a"}'}, {"BilledCost": Decimal(2)}]
    first = kit.load_rows(ledger, "costs", rows)
    before = versions(ledger)
    again = kit.load_rows(ledger, "costs", rows)
    assert (first.rows_stored, first.unchanged) == (2, False)
    assert (again.rows_stored, again.rows_duplicate, again.unchanged) == (0, 2, True)
    assert versions(ledger) == before
    assert kit.rows_of(ledger, 'SELECT "BilledCost", "Tags" FROM costs ORDER BY 1') == [
        (HARD, '{"team":"a"}'),
        (Decimal(2), None),
    ]


def test_identical_rows_inside_one_bill_are_all_kept(ledger: Ledger, kit: ModuleType) -> None:
    kit.load_rows(ledger, "costs", [{}, {}, {}])
    assert kit.rows_of(ledger, 'SELECT count(*), sum("BilledCost") FROM costs') == [(3, Decimal(3))]


def test_a_reissued_month_replaces_its_slice_and_no_other(ledger: Ledger, kit: ModuleType) -> None:
    month = {"x_BillingMonth": "2026-11"}
    other = {"x_Scope": "AWS/other"}
    source = {"x_SourceId": "azure"}
    kit.load_rows(ledger, "costs", [{"BilledCost": 1}] * 5 + [month, other])
    kit.load_rows(ledger, "costs", [source])
    again = kit.load_rows(ledger, "costs", [{"BilledCost": Decimal("0.5"), "EffectiveCost": -7}])
    assert again.rows_replaced == 5
    (change,) = again.replaced
    assert change.slice == "AWS/1234 2026-10"
    assert (change.old_rows, change.new_rows) == (5, 1)
    assert change.old_totals == {"USD": {"BilledCost": 5, "EffectiveCost": 5}}
    assert change.new_totals == {"USD": {"BilledCost": Decimal("0.5"), "EffectiveCost": -7}}
    found = kit.rows_of(
        ledger,
        'SELECT "x_SourceId", "x_Scope", "x_BillingMonth", count(*), sum("BilledCost") FROM costs '
        "GROUP BY ALL ORDER BY ALL",
    )
    assert found == [
        ("aws", "AWS/1234", "2026-10", 1, Decimal("0.5")),
        ("aws", "AWS/1234", "2026-11", 1, 1),
        ("aws", "AWS/other", "2026-10", 1, 1),
        ("azure", "AWS/1234", "2026-10", 1, 1),
    ]


def test_a_delivery_is_news_again_once_another_one_replaced_it(
    ledger: Ledger, kit: ModuleType
) -> None:
    old, new = [{"BilledCost": 1}], [{"BilledCost": 2}]
    kit.load_rows(ledger, "costs", old)
    kit.load_rows(ledger, "costs", new)
    back = kit.load_rows(ledger, "costs", old)
    assert not back.unchanged
    assert kit.rows_of(ledger, 'SELECT "BilledCost" FROM costs') == [(1,)]
    assert kit.load_rows(ledger, "costs", old).unchanged


def test_a_delivery_is_news_again_when_an_old_version_was_restored(
    plain: Ledger, kit: ModuleType
) -> None:
    kit.load_rows(plain, "costs", [{"BilledCost": 1}])
    kit.load_rows(plain, "costs", [{"BilledCost": 2}])
    delta = plain.delta("costs")
    assert delta is not None
    delta.restore(1)
    assert kit.load_rows(plain, "costs", [{"BilledCost": 1}]).unchanged
    assert not kit.load_rows(plain, "costs", [{"BilledCost": 2}]).unchanged


def test_a_failing_select_stores_nothing_and_leaves_no_file(
    ledger: Ledger, kit: ModuleType
) -> None:
    kit.load_rows(ledger, "costs", [{"BilledCost": 1}])
    before = versions(ledger)
    late = "CAST(CASE WHEN i > 250000 THEN error('late') ELSE '1' END AS DECIMAL(38,24))"
    sql = (
        f'SELECT r.* REPLACE ({late} AS "BilledCost") '
        f"FROM range(300000) AS n(i), ({kit.select_of('costs', [{}])}) AS r"
    )
    with open_engine() as con, pytest.raises(duckdb.Error, match="late"):
        store(ledger, "costs", con, sql, Load(new_load_id(), "aws", "test", (), "d"))
    assert versions(ledger) == before
    assert kit.stray_files(ledger) == []


def test_a_caller_may_refuse_at_the_last_moment(ledger: Ledger, kit: ModuleType) -> None:
    def refuse() -> None:
        raise UsageError("the file changed while it was read")

    sql = kit.select_of("costs", [{}])
    with open_engine() as con, pytest.raises(UsageError, match="changed"):
        store(
            ledger,
            "costs",
            con,
            sql,
            Load(new_load_id(), "aws", "t", (), "d"),
            before_commit=refuse,
        )
    assert kit.rows_of(ledger, "SELECT count(*) FROM costs") == [(0,)]
    assert kit.stray_files(ledger) == []


ODD = [
    "a b",
    "a/b",
    "ü=%25",
    "%2F..",
    "..",
    "' OR 1=1 --",
    "x" * 300,
    "Ünï\u2603",
    "a\\b",
    "#1",
    "A B",
]


def test_odd_source_names_survive_and_other_readers_agree(ledger: Ledger, kit: ModuleType) -> None:
    for name in ODD:
        kit.load_rows(ledger, "costs", [{"x_SourceId": name, "x_Scope": name, "BilledCost": HARD}])
    delta = ledger.delta("costs")
    assert delta is not None
    table = delta.to_pyarrow_table()
    names = [f'"{name}"' for name in TABLES["costs"].names]
    ours = kit.rows_of(ledger, f'SELECT {", ".join(names)} FROM costs ORDER BY "x_SourceId"')
    theirs = sorted(
        (tuple(row[name] for name in TABLES["costs"].names) for row in table.to_pylist()),
        key=lambda row: row[TABLES["costs"].names.index("x_SourceId")].encode(),
    )
    assert [row[TABLES["costs"].names.index("x_SourceId")] for row in ours] == sorted(
        ODD, key=str.encode
    )
    assert ours == theirs
    assert {row[0] for row in ours} == {HARD}


def test_a_table_compacted_by_another_writer_still_reads_and_loads(
    plain: Ledger, kit: ModuleType
) -> None:
    for scope in ("A", "B"):
        kit.load_rows(plain, "costs", [{"x_Scope": scope, "x_SourceId": "a b/%"}])
    delta = plain.delta("costs")
    assert delta is not None
    delta.optimize.compact()
    count = 'SELECT "x_SourceId", "x_Scope", "x_BillingMonth", "BilledCost" FROM costs ORDER BY ALL'
    assert kit.rows_of(plain, count) == [
        ("a b/%", "A", "2026-10", 1),
        ("a b/%", "B", "2026-10", 1),
    ]
    stored = kit.load_rows(
        plain, "costs", [{"x_Scope": "A", "x_SourceId": "a b/%", "BilledCost": 9}]
    )
    assert stored.rows_replaced == 1
    assert kit.rows_of(plain, count) == [
        ("a b/%", "A", "2026-10", 9),
        ("a b/%", "B", "2026-10", 1),
    ]


def test_samples_replace_their_window_in_their_cluster(ledger: Ledger, kit: ModuleType) -> None:
    start = datetime(2026, 10, 5, 23, 58, tzinfo=UTC)

    def minutes(first: int, last: int, **more: object) -> list[dict[str, Any]]:
        return [{"timestamp": start + timedelta(minutes=m), **more} for m in range(first, last)]

    kit.load_rows(ledger, "gpu_samples", minutes(0, 10, gpu_util=0.1))
    kit.load_rows(ledger, "gpu_samples", minutes(0, 10, cluster="west"))
    again = kit.load_rows(ledger, "gpu_samples", minutes(3, 6, gpu_util=0.9) * 2)
    assert (again.rows_stored, again.rows_duplicate, again.rows_replaced) == (3, 3, 3)
    found = kit.rows_of(
        ledger, "SELECT cluster, gpu_util, count(*) FROM gpu_samples GROUP BY ALL ORDER BY ALL"
    )
    assert found == [("east", 0.1, 7), ("east", 0.9, 3), ("west", None, 10)]
    assert kit.load_rows(ledger, "gpu_samples", minutes(3, 6, gpu_util=0.9) * 2).unchanged


def test_a_job_that_ends_moves_to_its_month(ledger: Ledger, kit: ModuleType) -> None:
    kit.load_rows(ledger, "jobs", [{"job_id": "1"}, {"job_id": "2"}])
    ended = {"job_id": "1", "state": "failed", "month": "2026-11"}
    done = kit.load_rows(ledger, "jobs", [ended, {"job_id": "2"}])
    assert (done.rows_stored, done.rows_duplicate, done.rows_replaced) == (1, 1, 1)
    assert kit.rows_of(ledger, "SELECT job_id, state, month FROM jobs ORDER BY 1") == [
        ("1", "failed", "2026-11"),
        ("2", "running", "2026-10"),
    ]


def test_many_loads_keep_their_record_in_few_files(
    ledger: Ledger, kit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finops.ledger.loads._MANY_FILES", 4)
    for number in range(9):
        kit.load_rows(ledger, "changes", [{"change_id": str(number)}])
    assert kit.rows_of(ledger, "SELECT count(*), count(DISTINCT load_id) FROM loads") == [(9, 9)]
    assert len(ledger.files("loads")) <= 4
    assert kit.rows_of(ledger, "SELECT count(*) FROM changes") == [(9,)]


def test_a_lost_record_is_written_from_the_commit(plain: Ledger, kit: ModuleType) -> None:
    first = kit.load_rows(plain, "costs", [{"BilledCost": HARD}])
    before = kit.rows_of(plain, "SELECT * FROM loads")
    delta = plain.delta("loads")
    assert delta is not None
    delta.delete()
    assert kit.rows_of(plain, "SELECT count(*) FROM loads") == [(0,)]
    assert kit.load_rows(plain, "costs", [{"BilledCost": HARD}]).load_id == first.load_id
    assert kit.rows_of(plain, "SELECT * FROM loads") == before


def test_a_column_declared_later_is_null_in_older_rows(
    ledger: Ledger, kit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = TABLES["changes"]
    older = whole._replace(columns=tuple(c for c in whole.columns if c.name != "note"))
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "changes", older)
        kit.load_rows(ledger, "changes", [{"change_id": "1"}])
    assert kit.rows_of(ledger, "SELECT change_id, note FROM changes") == [("1", None)]
    kit.load_rows(ledger, "changes", [{"change_id": "2", "note": "why"}])
    assert kit.rows_of(ledger, "SELECT change_id, note FROM changes ORDER BY 1") == [
        ("1", None),
        ("2", "why"),
    ]
