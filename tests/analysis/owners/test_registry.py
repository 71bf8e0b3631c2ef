"""owners.csv: what it may say, who owns what on which day, and the same answer in SQL."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.analysis.owners.lookup import install_owners, owner_columns, owner_sql
from finops.analysis.owners.registry import (
    KINDS,
    NOBODY,
    Owner,
    OwnerRow,
    Registry,
    read_registry,
)
from finops.errors import ConfigError, InputError
from finops.ledger.engine import open_engine, query
from finops.model.private import mask
from tests.analysis.ledgers import add, cost, make_ledger, request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD = "from,to,kind,match,team,product,cost_centre,gl_code\n"


def registry(tmp_path: Path, text: str, head: str = HEAD) -> Registry:
    file = tmp_path / "owners.csv"
    file.write_text(head + text, encoding="utf-8")
    return read_registry(str(file))


def wrong(tmp_path: Path, text: str, head: str = HEAD) -> str:
    with pytest.raises(InputError) as caught:
        registry(tmp_path, text, head)
    return caught.value.message


def test_rows_are_read_with_their_days(tmp_path: Path) -> None:
    found = registry(
        tmp_path,
        "2026-01-01,2026-07-01,Project, proj-a ,search,Search,CC-1,6410\n\n,,tag,team=ml,platform,,,\n",
    )
    assert found.rows == (
        OwnerRow("project", "proj-a", Owner("search", "Search", "CC-1", "6410"),
                 date(2026, 1, 1), date(2026, 7, 1), 2),
        OwnerRow("tag", "team=ml", Owner("platform"), line=4),
    )  # fmt: skip
    assert read_registry(None).rows == ()


def test_an_address_is_known_by_the_pseudonym_the_ledger_keeps(tmp_path: Path) -> None:
    """owners.csv says ada@example.com; the bill's tag went into the ledger as person-…, in any case."""
    found = registry(
        tmp_path, ",,tag,owner=Ada@example.com,claims,,,\n,,user,bob@example.com,risk,,,\n"
    )
    day = date(2026, 10, 5)
    kept = mask("ada@example.com")
    assert kept.startswith("person-")
    assert found.find(day, {"tag": [f"owner={kept}"]}) == Owner("claims")
    assert found.find(day, {"user": [mask("BOB@example.com")]}) == Owner("risk")
    assert found.find(day, {"tag": [f"Owner={kept}"]}) == NOBODY


def test_columns_may_be_few_and_in_any_order(tmp_path: Path) -> None:
    found = registry(tmp_path, "claims,KEY-1,api_key\n", "\ufeffteam,match,kind\n")
    assert found.find(date(2026, 1, 1), {"api_key": ["key-1"]}) == Owner("claims")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (",,planet,mars,a,,,\n", "owners.csv row 1, kind = 'planet': not a kind of identifier"),
        (",,project,,a,,,\n", "row 1, match: is empty"),
        (",,tag,team,a,,,\n", "a tag is written key=value"),
        ("1.7.2026,,project,p,a,,,\n", "from = '1.7.2026': not a date"),
        ("2026-07-01,2026-07-01,project,p,a,,,\n", "must be after `from`"),
        (",,project,p,,,,\n", "names no team, product or cost centre"),
        (",,project,p,a,,,,,\n", "too many cells"),
        (
            ",2026-07-01,project,P,a,,,\n2026-06-30,,project,p,b,,,\n",
            "lines 2 and 3 both say whose project p is on 2026-06-30",
        ),
        (",,project,p,a,,,\n,,project,p,a,,,\n", "lines 2 and 3 both say whose project p is"),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, text: str, words: str) -> None:
    assert words in wrong(tmp_path, text)


def test_wrong_files_are_named(tmp_path: Path) -> None:
    assert "there is no column kind" in wrong(tmp_path, "a,b\n", "team,match\n")
    assert "unknown column 'owner'" in wrong(tmp_path, "", "kind,match,owner\n")
    with pytest.raises(ConfigError, match=r"nowhere\.csv"):
        read_registry(str(tmp_path / "nowhere.csv"))
    (tmp_path / "latin.csv").write_bytes("kind,match,team\nproject,p,Z\xfcrich\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_registry(str(tmp_path / "latin.csv"))


def test_an_owner_may_change_from_one_day_to_the_next(tmp_path: Path) -> None:
    found = registry(
        tmp_path, ",2026-07-01,project,p,old,,,\n2026-07-01,2026-08-01,project,p,new,,,\n"
    )
    days = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 31), date(2026, 8, 1)]
    assert [found.find(day, {"project": ["P"]}).team for day in days] == ["old", "new", "new", None]


def test_the_narrowest_identifier_decides_each_column_by_itself(tmp_path: Path) -> None:
    found = registry(
        tmp_path, ",,account,a,platform,Core,CC-1,\n,,api_key,k,,Chat,,\n,,project,p,search,,,\n"
    )
    day = date(2026, 10, 1)
    everything = {"account": ["a"], "api_key": ["k"], "project": ["p"]}
    assert found.find(day, everything) == Owner("search", "Chat", "CC-1")
    assert found.find(day, {"account": [None, "a"]}) == Owner("platform", "Core", "CC-1")
    assert found.find(day, {"service": ["a"]}) == NOBODY


def owners_of(
    table: str, rows: list[dict[str, Any]], known: Registry, **tags: str
) -> list[tuple[str | None, ...]]:
    """Team, product and cost centre of each row, in SQL."""
    found = []
    with open_engine() as con:
        install_owners(con, known)
        names = ("team", "product", "cost_centre")
        sql = ", ".join(owner_columns(known, table, n, tags.get(n)).sql for n in names)
        for row in rows:
            values = ", ".join(f'cast(${name} as {_type(name)}) as "{name}"' for name in row)
            found += query(con, f"select {sql} from (select {values}) as {table}", row)
    return found


def _type(name: str) -> str:
    if name == "day":
        return "date"
    return "timestamptz" if name.endswith(("_at", "Start")) else "varchar"


KNOWN = Registry(
    (
        OwnerRow("project", "p", Owner("search", "Search")),
        OwnerRow("tag", "app=chat", Owner("chat", None, "CC-9")),
        OwnerRow("tag", "App=Chat", Owner("shouting")),
        OwnerRow("account", "a", Owner("platform", "Core", "CC-1")),
        OwnerRow("service", "Amazon S3", Owner("storage")),
        OwnerRow("namespace", "rag", Owner("search")),
        OwnerRow("user", "mara", Owner("claims")),
        OwnerRow("api_key", "k", Owner("keys")),
    )
)


def bill(**given: object) -> dict[str, Any]:
    blank = dict.fromkeys(
        ("Tags", "SubAccountId", "SubAccountName", "BillingAccountId", "ServiceName")
    )
    return {**blank, "ChargePeriodStart": "2026-10-05 23:59:59+00", **given}


def test_bills() -> None:
    rows = [
        bill(SubAccountId="P", BillingAccountId="a"),
        bill(SubAccountId="x", SubAccountName="p"),
        bill(SubAccountId="a", Tags='{"app": "Chat"}'),
        bill(Tags='{"App": "chat", "team": ""}', ServiceName="amazon s3"),
        bill(Tags='{"team": "own"}', BillingAccountId="a"),
        bill(ServiceName="Amazon S3"),
        bill(),
    ]
    assert owners_of("costs", rows, KNOWN, team="team") == [
        ("search", "Search", "CC-1"),
        ("search", "Search", None),
        ("chat", "Core", "CC-9"),
        ("shouting", None, None),
        ("own", "Core", "CC-1"),
        ("storage", None, None),
        (None, None, None),
    ]


def test_requests() -> None:
    def call(**given: object) -> dict[str, Any]:
        blank = dict.fromkeys(("team", "api_key_id", "project", "attributes"))
        return {**blank, "day": "2026-10-05", **given}

    rows = [
        call(team="own", api_key_id="k"),
        call(team="", api_key_id="k", project="p"),
        call(project="a", attributes='{"app": "chat"}'),
        call(project="a"),
        call(),
    ]
    assert owners_of("requests", rows, KNOWN) == [
        ("own", None, None),
        ("keys", "Search", None),
        ("chat", "Core", "CC-9"),
        ("platform", "Core", "CC-1"),
        (None, None, None),
    ]


def test_samples_and_jobs() -> None:
    samples = [{"day": "2026-10-05", "namespace": name} for name in ("RAG", "other", None)]
    assert [row[0] for row in owners_of("gpu_samples", samples, KNOWN)] == ["search", None, None]
    times = {"submitted_at": "2026-10-05 00:00:00+00", "started_at": None, "ended_at": None}
    jobs = [
        {**times, "team": team, "user": user}
        for team, user in (
            ("a", "mara"),
            ("claims", None),
            (None, "mara"),
            ("own", "mara"),
            ("rag", None),
            (None, None),
        )
    ]
    teams = [row[0] for row in owners_of("jobs", jobs, KNOWN)]
    assert teams == ["platform", "claims", "claims", "own", "search", None]


def test_a_job_is_of_the_day_it_was_submitted_else_started_else_ended() -> None:
    """Mara's jobs went to another team on the 7th."""
    (start, change, end) = (date(2026, 1, 1), date(2026, 10, 7), date(2027, 1, 1))
    known = Registry(
        (
            OwnerRow("user", "mara", Owner("old"), start, change),
            OwnerRow("user", "mara", Owner("new"), change, end),
        )
    )
    names = ("submitted_at", "started_at", "ended_at")
    days = (("06", "08", "08"), (None, "06", "08"), (None, None, "06"), (None, "07", None))
    jobs = [
        {name: day and f"2026-10-{day} 00:00:00+00" for name, day in zip(names, each, strict=True)}
        for each in days
    ]
    rows = [{**job, "team": None, "user": "mara"} for job in jobs]
    assert [row[0] for row in owners_of("jobs", rows, known)] == ["old", "old", "old", "new"]


def test_a_relation_of_jobs_with_owners(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", requests=[request("r1", project="p"), request("r2")])
    con = ledger.connect(["requests"])
    try:
        sql = owner_sql(con, KNOWN, "requests", "requests")
        assert query(
            con,
            f"select request_id, owner_team, owner_product, owner_gl_code from ({sql}) order by 1",
        ) == [
            ("r1", "search", "Search", None),
            ("r2", None, None, None),
        ]
    finally:
        con.close()


IDENTIFIERS = st.sampled_from(["a", "b", "C", "tag=x", "tag=Y"])
DAYS = st.dates(date(2026, 9, 28), date(2026, 10, 8))


@st.composite
def registries(draw: st.DrawFn) -> Registry:
    """Rows whose days do not overlap for one identifier."""
    rows: list[OwnerRow] = []
    owners = st.one_of(st.none(), st.sampled_from(["t1", "t2"]))
    for _ in range(draw(st.integers(0, 12))):
        kind, match, start = draw(st.sampled_from(KINDS)), draw(IDENTIFIERS), draw(DAYS)
        if kind == "tag" and "=" not in match:
            continue
        row = OwnerRow(
            kind,
            match,
            Owner(draw(owners), draw(owners)),
            start,
            start + timedelta(days=draw(st.integers(1, 5))),
        )
        if not any(row.key == o.key and row.starts < o.ends and o.starts < row.ends for o in rows):
            rows.append(row)
    return Registry(tuple(rows))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    known=registries(),
    day=DAYS,
    names=st.lists(st.one_of(st.none(), IDENTIFIERS), min_size=4, max_size=4),
    tag=st.one_of(st.none(), st.sampled_from(["x", "y"])),
)
def test_sql_says_what_the_rows_say(
    known: Registry, day: date, names: list[str | None], tag: str | None
) -> None:
    sub, name, account, service = names
    row = bill(
        ChargePeriodStart=f"{day} 00:00:00+00",
        SubAccountId=sub,
        SubAccountName=name,
        BillingAccountId=account,
        ServiceName=service,
        Tags=None if tag is None else f'{{"tag": "{tag}"}}',
    )
    asked: Mapping[str, list[str | None]] = {
        "workspace": [sub, name],
        "project": [sub, name],
        "account": [sub, account],
        "service": [service],
        "tag": [None if tag is None else f"tag={tag}"],
    }
    owner = known.find(day, asked)
    assert owners_of("costs", [row], known) == [(owner.team, owner.product, None)]


def test_no_cost_row_is_lost_or_doubled(tmp_path: Path) -> None:
    """However many rows and kinds fit a charge, it counts once."""
    ledger = make_ledger(tmp_path / "ledger")
    add(
        ledger,
        "costs",
        [cost("1.5", SubAccountId="p", BillingAccountId="a", Tags={"app": "chat"})] * 3,
    )
    con = ledger.connect(["costs"])
    try:
        sql = owner_sql(con, KNOWN, "costs", "costs")
        found = query(
            con, f"select owner_team, count(*), sum(EffectiveCost) from ({sql}) group by 1"
        )
        assert [(team, n, float(amount)) for team, n, amount in found] == [("chat", 3, 4.5)]
    finally:
        con.close()
