"""Filters people type: what they may say means what it means in SQL, and nothing else gets through."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.analysis.pools import BUILT_IN, PoolRule, cost_columns, pool_rules, pool_sql
from finops.analysis.where import compile_where, json_member, quote
from finops.config import Pool
from finops.errors import ConfigError, UsageError
from tests.analysis.ledgers import cost

COLUMNS = {name: f'"{name}"' for name in ("a", "b", "s", "t", "Tags")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a = 1; drop table t",
        "a = 1) or (1 = 1",
        "a = 1) union select 1 where (true",
        "a in (select 1)",
        "exists (select 1)",
        "a = (select max(a) from t)",
        "read_text('/etc/passwd') = 'x'",
        "getenv('HOME') = 'x'",
        "s = current_setting('temp_directory')",
        "a + 1 = 2",
        "s || 'x' = 'yx'",
        "cast(s as blob) = 'x'",
        "sum(a) > 1",
        "row_number() over () = 1",
        "case when a = 1 then true end",
        "nope = 1",
        "t.a = 1",
        "a = ?",
        "a = $1",
        "Tags[a] = 'x'",
        "s[1] = 'x'",
        "a = 1 limit 1",
        "a = 1 group by a",
        "a = 1 order by a",
        "a = 1 -- )",
        "a = 1 /*",
        "a =",
        "*",
        "columns('a') = 1",
        "list_contains([1], a)",
    ],
)
def test_what_is_not_a_filter_is_refused(text: str) -> None:
    if text == "a = 1 -- )":  # a comment changes nothing
        assert compile_where(text, COLUMNS).sql == '("a" = 1)'
        return
    with pytest.raises(UsageError):
        compile_where(text, COLUMNS)


def test_a_misspelt_column_is_told_the_right_one() -> None:
    with pytest.raises(UsageError, match="workflw") as caught:
        compile_where("workflw = 'rag'", {"workflow": "workflow"})
    assert caught.value.hint == "did you mean workflow?"


def test_columns_are_found_in_any_case_and_reported() -> None:
    found = compile_where("A = 1 and lower(S) = 'x'", COLUMNS)
    assert found.columns == {"a", "s"}


def test_a_tag_is_read_by_its_exact_key() -> None:
    with duckdb.connect() as con:
        for key in ("team", "a.b", "a/b", "~1", "it's", 'say "x"', "back\\slash", "$", "*"):
            found = con.execute(
                f"select {json_member('tags', key)} from (select json_object(?, 'yes') as tags)",
                [key],
            ).fetchall()
            assert found == [("yes",)], key
    assert "json_extract_string" in compile_where("Tags['team'] = 'x'", COLUMNS).sql


VALUES = st.one_of(
    st.none(), st.integers(-3, 3), st.sampled_from([Decimal("0.5"), Decimal("-1.25")])
)
TEXTS = st.one_of(st.none(), st.sampled_from(["", "x", "X", "x%", "it's", "é"]))
NUMBERS = st.sampled_from(["a", "b", "0", "1", "-2", "0.5", "null"])
WORDS = st.sampled_from(["s", "t", "'x'", "'it''s'", "''", "lower(s)", "coalesce(s, t)", "trim(t)"])


def _leaves() -> st.SearchStrategy[str]:
    signs = st.sampled_from(["=", "<>", "<", ">", "<=", ">=", "is distinct from"])
    return st.one_of(
        st.builds("{} {} {}".format, NUMBERS, signs, NUMBERS),
        st.builds("{} {} {}".format, WORDS, signs, WORDS),
        st.builds("{} between {} and {}".format, NUMBERS, NUMBERS, NUMBERS),
        st.builds("{} in ({}, {})".format, WORDS, WORDS, WORDS),
        st.builds("{} not in ({}, {})".format, NUMBERS, NUMBERS, NUMBERS),
        st.builds("{} {} '{}'".format, WORDS, st.sampled_from(["like", "not like", "ilike"]), TEXTS.map(lambda text: (text or "").replace("'", "''"))),
        st.builds("{} is null".format, st.sampled_from(["a", "s"])),
        st.builds("{} is not null".format, st.sampled_from(["b", "t"])),
        st.builds("starts_with({}, {})".format, WORDS, WORDS),
    )  # fmt: skip


FILTERS = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("not {}".format, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150, derandomize=True)
@given(FILTERS, st.lists(st.tuples(VALUES, VALUES, TEXTS, TEXTS), min_size=1, max_size=4))
def test_a_filter_keeps_the_rows_plain_sql_keeps(text: str, rows: list[tuple[object, ...]]) -> None:
    with duckdb.connect() as con:
        con.execute("create table t (a decimal(9, 2), b decimal(9, 2), s varchar, t varchar)")
        con.executemany("insert into t values (?, ?, ?, ?)", rows)
        try:
            plain = con.execute(f"select * from t where {text}").fetchall()
        except duckdb.Error:
            return
        kept = con.execute(f"select * from t where {compile_where(text, COLUMNS).sql}").fetchall()
    assert kept == plain


@given(st.text(max_size=20).filter(lambda text: "\0" not in text))
@settings(max_examples=50, derandomize=True)
def test_quoted_text_is_one_literal(text: str) -> None:
    with duckdb.connect() as con:
        assert con.execute(f"select {quote(text)}").fetchall() == [(text,)]


def pools_of(*rows: dict[str, object], rules: tuple[PoolRule, ...] = BUILT_IN) -> list[str]:
    """The pool of each cost row."""
    with duckdb.connect() as con:
        found = []
        for row in rows:
            names = [name for name in cost_columns() if row[name] is not None]
            missing = [f'null as "{name}"' for name in cost_columns() if row[name] is None]
            given_ = [f'? as "{name}"' for name in names]
            sql = f"select {pool_sql(rules)} from (select {', '.join(given_ + missing)})"
            found += con.execute(sql, [row[name] for name in names]).fetchall()
    return [row[0] for row in found]


def test_pools_known_without_any_rule() -> None:
    assert pools_of(
        cost("1", x_Model="m", x_TokenType="output"),
        cost("1", ServiceProviderName="OpenAI"),
        cost("1", ServiceName="Amazon Bedrock"),
        cost("1", SkuPriceDetails='{"GpuCount": "8"}'),
        cost("1", SkuPriceDetails='{"InstanceType": "p5.48xlarge"}'),
        cost("1", SkuPriceDetails='{"InstanceType": "m5.large"}'),
        cost("1", x_Pool="named by the source"),
        cost("1"),
    ) == [
        "tokens",
        "model apis",
        "model apis",
        "gpu instances",
        "gpu instances",
        "other",
        "named by the source",
        "other",
    ]


def test_rules_of_the_configuration_come_first_and_the_first_match_wins() -> None:
    def rule(name: str, where: str, kind: str = "other", driver: str | None = None) -> Pool:
        return Pool.model_validate({"name": name, "kind": kind, "where": where, "driver": driver})

    rules = pool_rules(
        [
            rule("mine", "x_Model = 'm'"),
            rule("store", "ServiceName ilike 'vec%'", "shared"),
            rule("late", "ServiceName is not null or Tags['team'] = 'it''s'"),
        ]
    )
    assert rules[1].driver == "requests"
    assert rules[0].driver is None
    assert pools_of(
        cost("1", x_Model="m", x_TokenType="output"),
        cost("1", ServiceName="Vectors"),
        cost("1", ServiceName="Coffee"),
        cost("1", Tags='{"team": "it\'s"}'),
        cost("1", Tags='{"team": "other"}'),
        rules=rules,
    ) == ["mine", "store", "late", "late", "other"]
    with pytest.raises(ConfigError, match=r"'typo'.*ServiceNam"):
        pool_sql(pool_rules([rule("typo", "ServiceNam = 'x'")]))
