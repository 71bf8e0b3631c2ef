"""A company of any size, written straight into a ledger: its requests, samples of its devices, its bill.

Eight pools: two providers that bill tokens, provisioned units, two serving clusters, one for training, a
laboratory nobody uses, and a vector store. Rows come from `company.sql`, streamed to the ledger in parts.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import duckdb

    from finops.ledger.store import Ledger

__all__ = ["SETTINGS", "Size", "company"]

_PARTS = 6

SETTINGS = """
[[pools]]
name = "openai"
kind = "metered"
where = "ServiceName = 'OpenAI'"

[[pools]]
name = "anthropic"
kind = "metered"
where = "ServiceName = 'Anthropic'"

[[pools]]
name = "units"
kind = "provisioned"
where = "ServiceName = 'Units'"

[[pools]]
name = "serving-eu"
kind = "gpu"
where = "ServiceName = 'Nodes serving-eu'"
gpus_per_unit = 8

[[pools]]
name = "serving-us"
kind = "gpu"
where = "ServiceName = 'Nodes serving-us'"
gpus_per_unit = 8

[[pools]]
name = "training"
kind = "gpu"
where = "ServiceName = 'Nodes training'"
gpus_per_unit = 8

[[pools]]
name = "lab"
kind = "gpu"
where = "ServiceName = 'Nodes lab'"
gpus_per_unit = 8

[[pools]]
name = "vectors"
kind = "shared"
where = "ServiceName = 'Vectors'"
driver = "tokens"
"""


class Size(NamedTuple):
    """How large a month is: requests, accelerators (one sample a minute each) and days."""

    requests: int
    gpus: int
    days: int = 30

    @property
    def samples(self) -> int:
        """Sample rows of a month."""
        return self.gpus * 1440 * self.days


def company(folder: Path, size: Size, months: tuple[str, ...]) -> Path:
    """The ledger in `folder` with these months; what is there already stays."""
    from finops.ledger.store import Ledger

    ledger = Ledger.open(str(folder), create=True)
    (folder / "finops.toml").write_text(SETTINGS, encoding="utf-8")
    for month in months:
        done = folder / f"_made-{month}"
        if not done.exists():
            _month(ledger, size, month)
            done.touch()
    return folder


def _statements() -> dict[str, str]:
    text = Path(__file__).with_name("company.sql").read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {name.strip(): sql for name, _, sql in parts}


def _month(ledger: Ledger, size: Size, month: str) -> None:
    from finops.ledger.engine import open_engine

    texts = _statements()
    step = size.days * 86_400_000_000 / size.requests
    con = open_engine()
    for part in range(_PARTS):
        rows = (size.requests * part // _PARTS, size.requests * (part + 1) // _PARTS)
        days = (size.days * part // _PARTS, size.days * (part + 1) // _PARTS)
        given = {"month": month, "step": step, "gpus": size.gpus}
        _store(ledger, con, "requests", texts["requests"], given, from_row=rows[0], to_row=rows[1])
        _store(
            ledger,
            con,
            "gpu_samples",
            texts["gpu_samples"],
            given,
            from_day=days[0],
            to_day=days[1],
        )
    _bill(ledger, con, size, month, texts["capacity"])
    con.close()


def _store(
    ledger: Ledger,
    con: duckdb.DuckDBPyConnection,
    table: str,
    text: str,
    given: dict[str, object],
    **part: object,
) -> None:
    """Load what `text` selects, cast to the table's columns."""
    from finops.ledger.loads import Load, LoadedFile, new_load_id
    from finops.ledger.write import store
    from finops.model.tables import TABLES

    sql = text.format(**given, **part)
    here = {row[0] for row in con.execute(f"describe {sql}").fetchall()}
    casts = ", ".join(
        f'cast("{each.name}" as {each.kind.stored}) as "{each.name}"'
        for each in TABLES[table].columns
        if each.name in here
    )
    digest = hashlib.sha256(sql.encode()).hexdigest()
    load = Load(new_load_id(), "bench", "bench", (LoadedFile("made", 0, digest),), digest)
    store(ledger, table, con, f"select {casts} from ({sql}) as made", load)


def _bill(
    ledger: Ledger, con: duckdb.DuckDBPyConnection, size: Size, month: str, capacity: str
) -> None:
    """Nodes by day, tokens by day, model and kind a little above what is logged, and two fees."""
    nodes = capacity.format(gpus=size.gpus, days=size.days)
    with ledger.connect(["requests"]) as read:
        tokens = read.sql(
            f"""
            unpivot (
                select
                    day,
                    provider,
                    response_model as model,
                    sum(uncached_input_tokens) as uncached_input,
                    sum(cache_read_tokens) as cache_read,
                    sum(output_tokens) as output
                from requests
                where provider <> 'vllm' and pool is null and day >= date '{month}-01'
                    and day < date '{month}-01' + {size.days}
                group by all
            ) on uncached_input, cache_read, output into name kind value tokens
            """
        ).to_arrow_table()
    con.register("logged", tokens)
    first = f"timestamptz '{month}-01'"
    text = f"""
        with charges as (
            select amount, service, resource, hours as quantity, 'Hours' as unit, day,
                null as model, null as kind, null as provider
            from ({nodes}) as nodes
            union all
            select
                cast(tokens + tokens // 50 as decimal(38, 24)) * cast('0.000002' as decimal(10, 6)),
                case provider when 'openai' then 'OpenAI' else 'Anthropic' end,
                null, tokens + tokens // 50, 'Tokens', cast(day - date '{month}-01' as int),
                model, kind, provider
            from logged
            union all
            select 30000, name, null, null, null, 0, null, null, null
            from (values ('Units'), ('Vectors')) as fees(name)
        )
        select
            amount as "BilledCost", amount as "EffectiveCost", 'USD' as "BillingCurrency",
            {first} as "BillingPeriodStart", {first} + interval 1 month as "BillingPeriodEnd",
            {first} + to_days(cast(day as int)) as "ChargePeriodStart",
            {first} + to_days(cast(day as int) + 1) as "ChargePeriodEnd",
            'Usage' as "ChargeCategory", service as "ServiceName", resource as "ResourceName",
            coalesce(provider, 'aws') as "ServiceProviderName",
            quantity as "ConsumedQuantity", unit as "ConsumedUnit",
            model as "x_Model", kind as "x_TokenType", '{month}' as "x_BillingMonth",
            'bill' as "x_SourceId", 'all' as "x_Scope", '-' as "x_LoadId", 'bill' as "x_CostOrigin"
        from charges
    """
    _store(ledger, con, "costs", text.replace("{", "{{").replace("}", "}}"), {})
