"""The sample company: the same bytes every time, the ledger's own names, and a truth that is true.

The truth is counted by the generator in Python while it makes the calls; here it is counted again, in
SQL, from the files alone.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from genai_prices import Usage, calc_price

from finops.model.tables import COSTS, GPU_SAMPLES, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
TRUTH: dict[str, dict[str, Any]] = tomllib.loads(
    (SAMPLES / "truth.toml").read_text(encoding="utf-8")
)
MONTHS = ("2026-08", "2026-09", "2026-10")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """`bills` (what stands), `first` (OpenAI's first September), `requests`, `gpu`, `jobs` as text."""
    tables = {
        "first": "bills/openai-2026-09.csv.gz",
        "bills": "{bills/aws-*,bills/anthropic-*,bills/openai-2026-08*,bills/openai-2026-10*,reissued/*}",
        "requests": "requests/*.csv.gz",
        "gpu": "gpu/*.csv.gz",
    }
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'").fetchall()
        for name, pattern in tables.items():
            files = [str(file) for file in _matching(pattern)]
            assert files
            connection.execute(
                f"create table {name} as select * from read_csv({files}, all_varchar = true)"
            ).fetchall()
        yield connection


def _matching(pattern: str) -> list[Path]:
    parts = pattern.strip("{}").split(",") if pattern.startswith("{") else [pattern]
    return sorted(file for part in parts for file in SAMPLES.glob(part))


def one(con: duckdb.DuckDBPyConnection, sql: str) -> Any:  # noqa: ANN401  (whatever the query gives)
    row = con.execute(sql).fetchall()[0]
    return row[0] if len(row) == 1 else row


def content(file: Path) -> bytes:
    raw = file.read_bytes()
    return gzip.decompress(raw) if file.suffix == ".gz" else raw


@pytest.mark.slow
def test_making_them_again_gives_what_is_here(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "samples.generate", tmp_path],
        cwd=SAMPLES.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    made = {file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()}
    assert len(made) == len(done.stdout.splitlines()) == 20
    assert [
        str(file) for file in sorted(made) if content(SAMPLES / file) != content(tmp_path / file)
    ] == []


def test_they_are_small() -> None:
    assert sum(file.stat().st_size for file in SAMPLES.rglob("*.gz")) < 12_000_000


@pytest.mark.parametrize(
    ("table", "columns"),
    [("requests", REQUESTS.names), ("gpu", GPU_SAMPLES.names), ("bills", COSTS.names)],
)
def test_every_column_is_one_the_ledger_declares(
    con: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...]
) -> None:
    here = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    assert [name for name in here if name not in columns] == []
    if table == "bills":
        assert len([name for name in here if not name.startswith("x_")]) == 57


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("provider", ["AWS", "OpenAI", "Anthropic"])
def test_bill_totals(con: duckdb.DuckDBPyConnection, month: str, provider: str) -> None:
    rows, billed, effective = one(
        con,
        f"""select count(*), sum(BilledCost::decimal(38, 24)), sum(EffectiveCost::decimal(38, 24))
            from bills where ProviderName = '{provider}' and BillingPeriodStart like '{month}%'""",
    )
    truth, name = TRUTH["months"][month], provider.lower()
    assert (rows, billed, effective) == (
        truth[f"{name}_rows"],
        Decimal(truth[f"{name}_billed"]),
        Decimal(truth[f"{name}_effective"]),
    )


@pytest.mark.parametrize("month", MONTHS)
def test_request_totals(con: duckdb.DuckDBPyConnection, month: str) -> None:
    rows, attempts, requests, responses, uncached, read, written, output = one(
        con,
        f"""select count(*), count(*) filter (operation = 'chat'),
              count(distinct call_id) filter (operation = 'chat'),
              count(*) filter (operation = 'chat' and status = 'ok'),
              sum(uncached_input_tokens::bigint), sum(cache_read_tokens::bigint),
              sum(cache_write_5m_tokens::bigint), sum(output_tokens::bigint)
            from requests where timestamp like '{month}%'""",
    )
    truth = TRUTH["months"][month]
    names = ("rows", "attempts", "requests", "responses")
    assert [rows, attempts, requests, responses] == [truth[name] for name in names]
    assert (uncached + read + written, output) == (truth["input_tokens"], truth["output_tokens"])


def test_the_company_is_as_large_as_it_says(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["requests"]
    assert truth["rows"] == one(con, "select count(*) from requests")
    assert truth["runs"] == one(con, "select count(distinct workflow_run_id) from requests")
    assert (truth["workflows"], truth["teams"], len(truth["tiers"])) == one(
        con,
        "select count(distinct workflow), count(distinct team), count(distinct workload_tier) from requests",
    )
    assert (truth["rows"] > 150_000, truth["workflows"], len(truth["tiers"])) == (True, 15, 5)


def test_the_retry_storm(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["retry_storm"]
    attempts, calls, lost, tokens, output = one(
        con,
        """select count(*), count(distinct call_id), count(*) filter (status = 'timeout'),
              sum(uncached_input_tokens::bigint) filter (status = 'timeout'),
              sum(output_tokens::bigint) filter (status = 'timeout')
            from requests where workflow_run_id like '%-storm%'""",
    )
    assert (calls, attempts, lost) == (480, 2400, 1920)
    assert (truth["calls"], truth["attempts"], truth["superseded_attempts"]) == (480, 2400, 1920)
    listed = tokens * Decimal("0.000002") + output * Decimal("0.000008")
    assert Decimal(truth["superseded_list_cost"]) == listed
    assert Decimal(truth["superseded_billed_cost"]) == listed * Decimal("0.92")


def test_the_chunk_creep(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["chunk_creep"]
    last_week = one(
        con,
        """select sum(retrieved_chunks::int), count(*) from requests
           where operation = 'retrieval' and timestamp >= '2026-10-25'""",
    )
    assert last_week == (truth["chunks_last_week"], truth["lookups_last_week"])
    before = one(
        con,
        """select sum(retrieved_chunks::int), count(*) from requests
           where operation = 'retrieval' and timestamp < '2026-08-15'""",
    )
    assert before == (truth["chunks_before"], truth["lookups_before"])
    assert before[0] == 6 * before[1]
    assert 14 < last_week[0] / last_week[1] < 15


def test_the_prompt_that_doubled(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["prompt_doubled"]
    versions = con.execute(
        """select prompt_version, min(timestamp)[:10], avg(uncached_input_tokens::int + cache_read_tokens::int)
           from requests where workflow = 'claims-triage' and status = 'ok' group by 1 order by 1"""
    ).fetchall()
    assert [(version, day) for version, day, _ in versions] == [
        ("v7", "2026-08-01"),
        ("v8", truth["day"]),
    ]
    assert 2400 < versions[1][2] - versions[0][2] < 2600
    assert truth["extra_tokens"] == truth["calls"] * 2500


def test_the_cache_that_stopped(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["cache_stopped"]
    for when, name in (("<", "before"), (">=", "after")):
        read, total = one(
            con,
            f"""select sum(cache_read_tokens::bigint), sum(uncached_input_tokens::bigint
                  + cache_read_tokens::bigint + cache_write_5m_tokens::bigint) from requests
                where workflow = 'support-chat' and operation = 'chat' and timestamp {when} '2026-10-06'""",
        )
        assert (read, total) == (truth[f"cache_read_{name}"], truth[f"input_{name}"])
    assert truth["cache_read_after"] == 0
    assert truth["cache_read_before"] / truth["input_before"] > 0.8


def test_the_agent_loop(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["agent_loop"]
    runs = con.execute(
        """select count(*), sum(uncached_input_tokens::bigint), sum(cache_read_tokens::bigint),
             sum(output_tokens::bigint)
           from requests where operation = 'chat' and workflow = 'claims-agent'
           group by workflow_run_id having count(*) > 30"""
    ).fetchall()
    assert (len(runs), {count for count, *_ in runs}) == (truth["runs"], {60})
    uncached, read, output = (sum(run[n] for run in runs) for n in (1, 2, 3))
    assert truth["input_tokens"] == uncached + read
    assert Decimal(truth["list_cost"]) == (
        uncached * 3 + read * Decimal("0.3") + output * 15
    ) / Decimal(10**6)


def test_the_model_that_was_switched(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["model_switched"]
    switched = con.execute(
        """select request_model, min(timestamp)[:10], count(*) filter (status <> 'error')
           from requests where workflow = 'meeting-notes' group by 1 order by 2"""
    ).fetchall()
    assert [row[:2] for row in switched] == [
        ("gpt-4o-mini", "2026-08-01"), ("gpt-4.1", truth["day"]),
    ]  # fmt: skip
    assert Decimal(truth["billed_cost"]) / Decimal(truth["billed_cost_at_the_model_before"]) > 13


def test_the_region_violation(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["region_violation"]
    attempts, first, last = one(
        con,
        """select count(*) filter (status not in ('error', 'timeout')), min(timestamp)[:10],
             max(timestamp)[:10] from requests
           where data_class = 'personal-eu' and store_region = 'eu-central-1' and region = 'us-east-1'""",
    )
    assert (attempts, [first, last]) == (truth["attempts"], truth["days"])


def test_the_unpriced_model(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["unpriced"]
    with pytest.raises(LookupError):
        calc_price(Usage(input_tokens=1), truth["model"], provider_id="openai")
    assert one(
        con, f"select min(timestamp)[:10] from requests where request_model = '{truth['model']}'"
    ) == truth["from"]  # fmt: skip
    assert one(
        con,
        f"select sum(BilledCost::decimal(38, 24)) > 0 from bills where x_Model = '{truth['model']}'",
    )


def test_the_idle_reservation_and_the_commitment(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["idle_reservation"]
    hours, cost = one(
        con,
        f"""select sum(ConsumedQuantity::decimal(38, 24)), sum(EffectiveCost::decimal(38, 24)) from bills
            where CapacityReservationId = '{truth["id"]}' and CapacityReservationStatus = 'Unused'""",
    )
    assert (hours, cost) == (Decimal(truth["hours"]), Decimal(truth["effective_cost"]))
    assert cost == Decimal("4.6016") * 648
    plan = TRUTH["commitment"]
    for month in MONTHS:
        assert one(
            con,
            f"""select sum(EffectiveCost::decimal(38, 24)) from bills
                where CommitmentDiscountStatus = 'Unused' and BillingPeriodStart like '{month}%'""",
        ) == Decimal(plan[f"unused_{month}"])
        used, unused = Decimal(plan[f"used_{month}"]), Decimal(plan[f"unused_{month}"])
        assert used + unused == Decimal(plan[f"billed_{month}"])


def test_the_month_that_was_issued_again(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["reissued"]
    first = one(con, "select sum(BilledCost::decimal(38, 24)) from first")
    second = one(
        con,
        """select sum(BilledCost::decimal(38, 24)) from bills
           where ProviderName = 'OpenAI' and BillingPeriodStart like '2026-09%'""",
    )
    assert (first, second) == (Decimal(truth["first_billed"]), Decimal(truth["second_billed"]))
    assert second - first == Decimal(truth["difference"]) < 0


def test_the_credit(con: duckdb.DuckDBPyConnection) -> None:
    day, amount = one(
        con,
        "select ChargePeriodStart[:10], BilledCost::decimal(38, 24) from bills where ChargeCategory = 'Credit'",
    )
    assert (day, amount) == (TRUTH["credit"]["day"], Decimal(TRUTH["credit"]["amount"]))
    assert amount == -500


def test_the_straggler(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["straggler"]
    devices = con.execute(
        "select device_uuid, min(timestamp)[:10], count(*), sum(throttle_s::decimal(18, 1)) from gpu"
        " where throttle_s::decimal(18, 1) > 0 group by 1"
    ).fetchall()
    assert devices == [
        (
            truth["device_uuid"],
            truth["from"],
            truth["throttled_hours"],
            Decimal(truth["throttle_s"]),
        )
    ]
    assert truth["samples"] == one(con, "select count(*) from gpu")
    assert truth["unowned_gpu_hours"] == one(
        con, "select count(*) from gpu where pod is null and job_id is null"
    )


def test_what_is_billed_and_not_logged(con: duckdb.DuckDBPyConnection) -> None:
    truth = TRUTH["unlogged"]
    logged = one(
        con,
        """select sum(uncached_input_tokens::bigint + cache_read_tokens::bigint
             + cache_write_5m_tokens::bigint + output_tokens::bigint)
           from requests where provider = 'anthropic'""",
    )
    billed = one(
        con,
        """select sum(ConsumedQuantity::decimal(38, 24)) from bills
           where ProviderName = 'Anthropic' and ConsumedUnit = 'Tokens'""",
    )
    assert billed - logged == truth["anthropic_tokens"]
    assert one(
        con,
        f"select sum(BilledCost::decimal(38, 24)) from bills where SubAccountId = '{truth['playground_project']}'",
    ) == Decimal(truth["playground_billed"])


def test_a_bill_is_the_public_price_times_the_discount(con: duckdb.DuckDBPyConnection) -> None:
    """Every row: list cost = quantity x genai-prices; billed = 92 % of it at OpenAI, all at Anthropic."""
    wrong = one(
        con,
        """select count(*) from bills where x_Model is not null
             and BilledCost::decimal(38, 24) <> ListCost::decimal(38, 24)
               * case ProviderName when 'OpenAI' then 0.92 else 1.00 end""",
    )
    assert wrong == 0
    kinds = {
        "uncached_input": Usage(input_tokens=1000),
        "cache_read": Usage(input_tokens=1000, cache_read_tokens=1000),
        "cache_write_5m": Usage(input_tokens=1000, cache_write_tokens=1000),
        "output": Usage(output_tokens=1000),
    }
    prices = con.execute(
        """select distinct lower(ProviderName), x_Model, x_TokenType, x_ServiceTier,
             ListUnitPrice::decimal(38, 24) from bills
           where x_Model is not null and x_Model not like 'harbourline%'"""
    ).fetchall()
    assert len(prices) > 20
    for provider, model, kind, tier, price in prices:
        context = {"processing": "batch"} if tier == "batch" else None
        public = calc_price(kinds[kind], model, provider_id=provider, price_context=context)
        assert public.total_price * 1000 == price


@pytest.mark.parametrize("month", MONTHS)
def test_what_nobody_owns(con: duckdb.DuckDBPyConnection, month: str) -> None:
    truth = TRUTH["unowned"]
    columns = {
        "proj-playground": "SubAccountId",
        "wrk-growth": "SubAccountId",
        "AWS Data Transfer": "ServiceName",
    }
    entered = (SAMPLES / "owners.csv").read_text(encoding="utf-8")
    for name, column in columns.items():
        cost = one(
            con,
            f"""select sum(EffectiveCost::decimal(38, 24)) from bills
                where {column} = '{name}' and BillingPeriodStart like '{month}%'""",
        )
        assert cost == Decimal(truth[f"{name.replace(' ', '-').lower()}_{month}"])
        assert name not in entered


@pytest.mark.parametrize("month", MONTHS)
def test_power_of_the_owned_cluster(con: duckdb.DuckDBPyConnection, month: str) -> None:
    """Energy of the accelerators and 3 kW of hosts, at PUE 1.32 and 0.118 a kWh, as finops.toml says."""
    settings = tomllib.loads((SAMPLES / "finops.toml").read_text(encoding="utf-8"))
    (owned,) = settings["owned"]
    joules, hours = one(
        con,
        f"""select sum(energy_j::bigint), count(*) / {owned["nodes"] * owned["devices_per_node"]}
            from gpu where cluster = 'colo' and timestamp like '{month}%'""",
    )
    power = {name: Decimal(value) for name, value in owned["power"].items()}
    kwh = Decimal(joules) / 3_600_000 + power["host_kw"] * int(hours)
    cost = kwh * power["pue"] * power["price_per_kwh"]
    truth = TRUTH["owned"]
    assert joules == truth[f"accelerators_joules_{month}"]
    assert cost.quantize(Decimal("1e-9")) == Decimal(truth[f"power_cost_{month}"])
