"""The pipeline: one reading for clean files, every problem by name for the others, nothing in between."""

from __future__ import annotations

import csv
import gzip
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from connectors import loading
from connectors.fingerprint import PIECE_BYTES, fingerprints
from connectors.overlap import overlapping
from connectors.reading import Found, open_source
from finops.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from finops.ledger.store import Ledger

HEAD = (
    "BilledCost,EffectiveCost,BillingCurrency,BillingAccountId,BillingPeriodStart,BillingPeriodEnd,"
    "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ProviderName\n"
)


def charge(billed: str = "1", *, category: str = "Usage", account: str = "a") -> str:
    return (
        f"{billed},1,USD,{account},2026-10-01,2026-11-01,2026-10-02,2026-10-03,{category},Cloud\n"
    )


BAD = HEAD + charge() + charge("one") + charge(category="Gift") + charge("2")


def test_every_problem_is_named_and_nothing_is_stored(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    path = write("bad.csv", BAD)
    error = refused("costs", path)
    assert error.message == "2 rows have problems; nothing was stored"
    assert [str(problem) for problem in error.problems] == [
        f"{path} row 2, BilledCost = 'one': is not a decimal number",
        f"{path} row 3, ChargeCategory = 'Gift': is none of Usage, Purchase, Tax, Credit, Adjustment",
    ]


def test_keep_good_stores_the_rest_and_writes_down_what_it_left(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any], tmp_path: Path
) -> None:
    list_of_problems = tmp_path / "problems.csv"
    (result,) = load("costs", write("bad.csv", BAD), keep_good=True, problems_file=list_of_problems)
    assert (result.rows_in, result.stored.rows_stored, result.rows_refused) == (4, 2, 2)
    assert ask("select sum(BilledCost) from costs") == [(Decimal(3),)]
    assert ask("select rows_in, rows_stored, rows_refused from loads") == [(4, 2, 2)]
    rows = list(csv.DictReader(list_of_problems.read_text("utf-8").splitlines()))
    assert [(row["row"], row["column"], row["value"]) for row in rows] == [
        ("2", "BilledCost", "one"),
        ("3", "ChargeCategory", "Gift"),
    ]


def test_rows_with_too_few_or_too_many_cells_are_placed(
    write: Callable[..., Path], refused: Callable[..., InputError], load: Callable[..., Any]
) -> None:
    path = write(
        "torn.csv", HEAD + charge() + "1,2\n" + charge("x") + charge()[:-1] + ",extra\n" + charge()
    )
    problems = refused("costs", path).problems
    assert [(problem.row, problem.column) for problem in problems] == [
        (2, None),
        (3, "BilledCost"),
        (4, None),
    ]
    assert "missing columns" in problems[0].why
    (result,) = load("costs", path, keep_good=True)
    assert (result.stored.rows_stored, result.rows_refused) == (2, 3)


def test_a_header_among_the_rows_says_so(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    problems = refused("costs", write("joined.csv", HEAD + charge() + HEAD + charge())).problems
    assert {problem.row for problem in problems} == {2}
    assert {problem.why for problem in problems} == {"repeats the header: files were joined"}


def test_lines_that_are_not_json_are_named(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    good = (
        '{"timestamp":"2026-10-01T00:00:00Z","request_id":"r1","operation":"chat","status":"ok",'
        '"uncached_input_tokens":1}\n'
    )
    path = write(
        "log.jsonl", good + '{"timestamp":\n' + good.replace("r1", "r2").replace(":1}", ":1.5}")
    )
    problems = refused("requests", path).problems
    assert [(problem.row, problem.column, problem.why) for problem in problems] == [
        (2, None, "the line is not a JSON object"),
        (3, "uncached_input_tokens", "is not a whole number"),
    ]


@pytest.mark.parametrize("count", ["true", "false", '"many"', "[1]"])
def test_a_count_that_is_no_number_is_named_in_a_log_that_is_otherwise_clean(
    write: Callable[..., Path], refused: Callable[..., InputError], count: str
) -> None:
    line = (
        '{"timestamp":"2026-10-01T00:00:00Z","request_id":"r%d","operation":"chat","status":"ok",'
        '"batch":true,"uncached_input_tokens":%s}\n'
    )
    path = write("log.jsonl", line % (1, "7") + line % (2, count) + line % (3, "null"))
    (problem,) = refused("requests", path).problems
    assert (problem.row, problem.column) == (2, "uncached_input_tokens")
    assert problem.value == count.strip('"')


def test_a_header_alone_is_refused(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    assert "no rows" in refused("costs", write("a.csv", HEAD)).message


def test_a_truncated_gzip_is_refused(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    whole = gzip.compress((HEAD + "".join(charge(str(at)) for at in range(90_000))).encode())
    assert "cut short" in refused("costs", write("cut.csv.gz", whole[:-8])).message


def test_gzip_plain_and_two_members_are_one_bill(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    write("run/1.csv", HEAD + charge("1"))
    write("run/2.csv.gz", gzip.compress(HEAD.encode()) + gzip.compress(charge("2").encode()))
    path = write(
        "run/3.csv", HEAD.replace("ProviderName", "ProviderName,Extra") + charge("4")[:-1] + ",x\n"
    )
    (result,) = load("costs", path.parent)
    assert len(result.files) == 3
    assert ask("select sum(BilledCost), count(x_Extra) from costs") == [(Decimal(7), 1)]


def test_a_folder_with_nothing_of_ours_is_refused(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    path = write("stuff/names.csv", "a,b\n1,2\n")
    assert refused("costs", path.parent).message == "nothing here is a bill we know"
    assert "csv that is not a bill we know" in refused("costs", path).message


def test_what_a_folder_leaves_out_is_said(
    write: Callable[..., Path], load: Callable[..., Any]
) -> None:
    path = write("run/manifest.json", "{}")
    write("run/bill.csv", HEAD + charge())
    (result,) = load("costs", path.parent)
    assert [note for note in result.notes if "manifest.json" in note]


def test_a_file_that_changes_while_it_is_read_is_refused(
    write: Callable[..., Path],
    refused: Callable[..., InputError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write("bill.csv", HEAD + charge())
    wrapped = loading._wrapped

    def meanwhile(*args: Any) -> object:  # noqa: ANN401  (passed on)
        os.utime(path, ns=(1, 1))
        return wrapped(*args)

    monkeypatch.setattr(loading, "_wrapped", meanwhile)
    assert "changed while it was read" in refused("costs", path).message


def test_a_delivery_is_known_again_under_another_name_and_order(
    write: Callable[..., Path], load: Callable[..., Any]
) -> None:
    one, two = write("1.csv", HEAD + charge("1")), write("2.csv", HEAD + charge("2"))
    load("costs", one, two)
    moved = two.rename(two.with_name("0.csv"))
    (again,) = load("costs", moved, one)
    assert again.stored.unchanged


def test_a_smaller_run_removes_the_rows_that_are_gone(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    one, two = write("1.csv", HEAD + charge("1")), write("2.csv", HEAD + charge("2"))
    load("costs", one, two)
    load("costs", two)
    assert ask("select sum(BilledCost) from costs") == [(Decimal(2),)]


def test_an_account_loaded_from_two_sources_is_seen(
    write: Callable[..., Path], load: Callable[..., Any], ledger: Ledger
) -> None:
    path = write("1.csv", HEAD + charge() + charge(account="b"))
    load("costs", path, source="export")
    assert overlapping(ledger) == ()
    load("costs", write("2.csv", HEAD + charge()), source="api")
    assert overlapping(ledger) == (("Cloud/a", "2026-10", ("api", "export")),)


def test_options_that_name_no_column_are_refused(
    write: Callable[..., Path], load: Callable[..., Any]
) -> None:
    path = write("1.csv", HEAD + charge())
    with pytest.raises(UsageError, match="costs has no such column") as caught:
        load("costs", path, sets={"BilingCurrency": "USD"})
    assert caught.value.hint == "did you mean BillingCurrency?"
    with pytest.raises(UsageError, match="the files have no column 'Money'"):
        load("costs", path, maps={"BillingCurrency": "Money"})
    with pytest.raises(UsageError, match="is for requests, not costs"):
        load("costs", path, hint="requests")


def test_progress_is_told(write: Callable[..., Path], ledger: Ledger) -> None:
    told: list[loading.Progress] = []
    path = write("big.csv", HEAD + charge() * 200_000)
    loading.load_files(ledger, "costs", [path], None, told.append)
    assert all(0 <= each.done_bytes <= each.total_bytes == path.stat().st_size for each in told)


def test_long_files_are_hashed_in_pieces(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "long.csv"
    path.write_bytes(b"a,b\n" * (PIECE_BYTES // 4 + 1))
    (found,) = fingerprints([open_source(Found(path, from_folder=False))])
    data = path.read_bytes()
    pieces = [hashlib.sha256(data[:PIECE_BYTES]), hashlib.sha256(data[PIECE_BYTES:])]
    assert found.digest == hashlib.sha256(b"".join(piece.digest() for piece in pieces)).hexdigest()


@pytest.mark.parametrize(
    "month", ["BILLING_PERIOD=2026-10", "billing_period=2026-10", "20261001-20261031"]
)
def test_two_runs_of_one_month_are_not_added_up(
    month: str,
    write: Callable[..., Path],
    refused: Callable[..., InputError],
    load: Callable[..., Any],
) -> None:
    old = write(f"export/{month}/20261101T000000Z-1/part.csv", HEAD + charge("1"))
    new = write(f"export/{month}/20261102T000000Z-2/part.csv", HEAD + charge("2"))
    error = refused("costs", old.parent.parent)
    assert "holds 2 runs of one month: 20261101T000000Z-1, 20261102T000000Z-2" in error.message
    assert load("costs", old)
    (result,) = load("costs", new.parent)
    assert [(each.old_rows, each.new_rows) for each in result.stored.replaced] == [(1, 1)]
