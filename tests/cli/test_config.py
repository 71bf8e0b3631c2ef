"""finops.toml: what wins, what is refused, and in which words."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finops.cli.init import TEMPLATE
from finops.config import (
    Config,
    default_ledger,
    json_schema,
    load_config,
    load_config_with_origins,
    user_config_file,
)
from finops.errors import ConfigError

FULL = """
ledger = "data/ledger"
currency = "EUR"

[metered]
tolerance = 0.1

[[pools]]
name = "apis"
kind = "metered"
where = "ProviderName = 'OpenAI'"

[[pools]]
name = "store"
kind = "shared"
driver = "bytes"
where = "ServiceName = 'S3'"

[[prices]]
provider = "openai"
model = "gpt-5"
from = 2026-01-01
to = 2027-01-01
input = 1.10
output = "8.80"

[attributes]
allow = ["experiment"]

[sources.gateway]
url = "https://example.com"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_there_is(folder: Path) -> None:
    (folder / "finops.toml").write_text(FULL)
    config = load_config()
    assert config.ledger == str(folder / "data" / "ledger")
    assert config.currency == "EUR"
    assert config.metered.tolerance == Decimal("0.1")
    assert [(pool.name, pool.kind, pool.driver) for pool in config.pools] == [
        ("apis", "metered", None),
        ("store", "shared", "bytes"),
    ]
    assert config.price_entries() == (
        {
            "provider": "openai",
            "model": "gpt-5",
            "from": date(2026, 1, 1),
            "to": date(2027, 1, 1),
            "currency": "USD",
            "input": Decimal("1.10"),
            "output": Decimal("8.80"),
        },
    )
    assert config.attributes.allow == ("experiment",)
    assert config.sources == {"gateway": {"url": "https://example.com"}}


def test_without_a_file_there_are_defaults(folder: Path) -> None:
    assert load_config() == Config()
    assert Path(default_ledger()).name == "ledger"


def test_the_nearer_setting_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = user_config_file()
    user.parent.mkdir(parents=True, exist_ok=True)
    user.write_text('ledger = "s3://users/ledger"\ncurrency = "EUR"\n[sources.a]\nx = 1\n')
    try:
        (folder / "finops.toml").write_text('currency = "CHF"\n[sources.b]\ny = 2\n')
        monkeypatch.setenv("FINOPS_METERED_TOLERANCE", "0.2")
        config, origins = load_config_with_origins()
        assert (config.ledger, config.currency) == ("s3://users/ledger", "CHF")
        assert config.metered.tolerance == Decimal("0.2")
        assert config.sources == {"a": {"x": 1}, "b": {"y": 2}}
        assert dict(origins) == {
            **dict.fromkeys(Config.model_fields, "default"),
            "ledger": str(user),
            "currency": "finops.toml",
            "metered": "$FINOPS_METERED_TOLERANCE",
            "sources": f"{user}, finops.toml",
        }
        monkeypatch.setenv("FINOPS_LEDGER", "s3://environment/ledger")
        assert load_config().ledger == "s3://environment/ledger"
    finally:
        user.unlink()


def test_a_named_file_takes_the_place_of_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "finops.toml").write_text('currency = "CHF"\n')
    (folder / "other.toml").write_text('ledger = "here"\n')
    monkeypatch.setenv("FINOPS_CONFIG", str(folder / "other.toml"))
    assert load_config() == Config(ledger=str(folder / "here"))
    monkeypatch.setenv("FINOPS_CONFIG", "missing.toml")
    with pytest.raises(ConfigError, match=r"no configuration file at missing\.toml"):
        load_config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('ledgr = "x"', "finops.toml: unknown key 'ledgr' (did you mean 'ledger'?)"),
        ("zzz = 1", "finops.toml: unknown key 'zzz'"),
        ("[metered]\ntolerence = 1", "unknown key 'metered.tolerence' (did you mean 'tolerance'?)"),
        (
            '[[pools]]\nname = "a"\nkind = "metered"\nwhere = "x"\n\n[[pools]]\nname = "b"\nkind = "gpu"\nwere = "x"',
            "pools[2].where is missing; unknown key 'pools[2].were' (did you mean 'where'?)",
        ),
        ('currency = "euro"', "currency = 'euro': String should match pattern"),
        (
            '[[pools]]\nname = "a"\nkind = "gqu"\nwhere = "x"',
            "pools[1].kind = 'gqu': Input should be",
        ),
        (
            '[[pools]]\nname = "a"\nkind = "gpu"\nwhere = "x"\ndriver = "even"',
            "pool 'a' is gpu: only shared pools have a driver",
        ),
        (
            '[[prices]]\nmodel = "m"\ninput = "-1"',
            "prices[1].input = '-1': Input should be greater",
        ),
        (
            '[[prices]]\nmodel = "m"\ninput = "1"\nfrom = 2026-02-01\nto = 2026-01-01',
            "price of 'm': `to` must be after `from`",
        ),
        ("ledger = ", "finops.toml is not valid TOML: Invalid value"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str, folder: Path) -> None:
    (folder / "finops.toml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_config()
    assert message in raised.value.message


def test_bytes_that_are_no_text(folder: Path) -> None:
    (folder / "finops.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config()


def test_a_wrong_variable_names_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_CURRENCY", "dollars")
    with pytest.raises(ConfigError, match="the environment: currency = 'dollars'"):
        load_config()


def test_the_template_is_valid_with_and_without_its_examples(folder: Path) -> None:
    target = folder / "finops.toml"
    target.write_text(TEMPLATE)
    assert load_config() == Config()
    examples = [
        line.removeprefix("# ") if re.match(r"# (\[|[a-z_0-9]+ = )", line) else line
        for line in TEMPLATE.splitlines()
    ]
    target.write_text("\n".join(examples))
    config = load_config()
    assert [pool.name for pool in config.pools] == ["llm-apis", "gpu-cluster", "vector-store"]
    assert config.price_entries()[0]["output"] == Decimal("8.80")
    assert config.attributes.allow == ("experiment", "customer_tier")
    assert (config.slo[0].workflow, config.slo[0].ttft_ms) == ("support-*", 800)
    assert config.requests.authority == ("litellm-spend", "otlp-traces")


def test_the_pools_of_the_template_compile(folder: Path) -> None:
    from finops.analysis.pools import pool_rules, pool_sql

    test_the_template_is_valid_with_and_without_its_examples(folder)
    assert "vector-store" in pool_sql(pool_rules(load_config().pools))


def test_the_schema_knows_every_key() -> None:
    schema = json.loads(json_schema())
    assert list(schema["properties"]) == list(Config.model_fields)
    assert schema["additionalProperties"] is False
    assert "from" in schema["$defs"]["Price"]["properties"]
    assert all("description" in field or "$ref" in field for field in schema["properties"].values())


def test_no_file_of_the_person_running_the_tests_is_read() -> None:
    assert str(user_config_file()).startswith(os.environ["XDG_CONFIG_HOME"])


def test_owners_stand_beside_the_file_that_does_not_name_them(folder: Path) -> None:
    (folder / "finops.toml").write_text('currency = "CHF"\n')
    assert load_config().owners.file is None
    (folder / "owners.csv").write_text("kind,match\n")
    assert load_config().owners.file == str(folder.resolve() / "owners.csv")
    (folder / "finops.toml").write_text('[owners]\nfile = "who/owns.csv"\n')
    assert load_config().owners.file == str(folder.resolve() / "who" / "owns.csv")
