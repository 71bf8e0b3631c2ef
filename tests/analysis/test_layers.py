"""Layers of the stack: whose rule wins, and what the built-in ones say of real bills."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from finops.analysis.layers import BUILT_IN, UNCLASSIFIED, layer_rules, layer_sql
from finops.analysis.pools import cost_columns
from finops.errors import ConfigError
from finops.sections.owners import Layer, LayerName
from tests.analysis.ledgers import Row, config, cost

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def layers_of(*rows: Row, configured: Sequence[Layer] = ()) -> list[str]:
    found = []
    with duckdb.connect() as con:
        for row in rows:
            values = [
                f'cast(null as varchar) as "{name}"' if row[name] is None else f'? as "{name}"'
                for name in cost_columns()
            ]
            given = [row[name] for name in cost_columns() if row[name] is not None]
            sql = f"select {layer_sql(layer_rules(configured))} from (select {', '.join(values)})"
            found += con.execute(sql, given).fetchall()
    return [row[0] for row in found]


@pytest.mark.parametrize(
    ("category", "service", "layer"),
    [
        ("Compute", "Amazon Elastic Compute Cloud", "compute"),
        ("Storage", "Amazon Elastic Compute Cloud", "storage"),
        ("Storage", "Storage Accounts", "storage"),
        ("Networking", "Elastic Load Balancing", "networking"),
        ("Other", "AWS Data Transfer", "networking"),
        ("Other", "Amazon Elastic Container Service", "orchestration"),
        ("Compute", "Azure Kubernetes Service", "orchestration"),
        ("Compute", "AWS Step Functions", "orchestration"),
        ("Management and Governance", "AmazonCloudWatch", "observability"),
        ("Management and Governance", "AWS CloudTrail", "observability"),
        ("Security", "AWS WAF", "security"),
        ("Identity", "AWS Key Management Service", "security"),
        ("Databases", "Amazon DynamoDB", "data & pipelines"),
        ("Analytics", "Amazon OpenSearch Service", "data & pipelines"),
        ("Integration", "Amazon Simple Queue Service", "data & pipelines"),
        ("AI and Machine Learning", "Azure Machine Learning", "serving"),
        ("Other", "Amazon Bedrock", "serving"),
        ("Other", "Colocation", "facilities & power"),
        ("Business Applications", "Amazon Connect", UNCLASSIFIED),
        (None, None, UNCLASSIFIED),
    ],
)
def test_services(category: str | None, service: str | None, layer: str) -> None:
    assert layers_of(cost("1", ServiceCategory=category, ServiceName=service)) == [layer]


def test_tax_credits_and_support_plans_pay_for_no_layer() -> None:
    assert layers_of(
        cost("1", ServiceCategory="Compute", ChargeCategory="Tax"),
        cost("1", ServiceCategory="Compute", ChargeCategory="Credit"),
        cost("1", ServiceCategory="Compute", ServiceSubcategory="Support"),
        cost("1", ServiceCategory="Compute", ChargeCategory="Purchase"),
    ) == [UNCLASSIFIED, UNCLASSIFIED, UNCLASSIFIED, "compute"]


def test_a_rule_of_ours_comes_before_what_the_row_says_and_that_before_the_built_in() -> None:
    mine = [
        Layer(layer=LayerName.SERVING, where="ServiceName = 'Gateway'"),
        Layer(layer=LayerName.DATA, where="Tags['layer'] = 'etl'"),
    ]
    assert layers_of(
        cost("1", ServiceName="Gateway", x_StackLayer="compute", ServiceCategory="Networking"),
        cost("1", ServiceName="Other", x_StackLayer="security", ServiceCategory="Networking"),
        cost("1", Tags='{"layer": "etl"}', ServiceCategory="Compute"),
        cost("1", ServiceCategory="Compute"),
        configured=mine,
    ) == ["serving", "security", "data & pipelines", "compute"]


def test_wrong_rules_are_named() -> None:
    with pytest.raises(ConfigError, match=r"'serving'.*ServiceNam"):
        layer_sql(layer_rules([Layer(layer=LayerName.SERVING, where="ServiceNam = 'x'")]))
    with pytest.raises(ValueError, match="facilities & power"):
        config(layers=[{"layer": "basement", "where": "true"}])


def test_every_layer_has_a_rule_of_ours() -> None:
    assert {rule.layer for rule in BUILT_IN} == {str(layer) for layer in LayerName}


def test_a_real_bill_is_almost_all_classified(shared_data: Path) -> None:
    """The FOCUS sample of the FinOps Foundation: 1,000 rows of four providers."""
    names = ", ".join(cost_columns())
    file = shared_data / "focus-sample" / "focus_sample.csv"
    missing = ", ".join(f'cast(null as varchar) as "{name}"' for name in cost_columns())
    with duckdb.connect() as con:
        rows = con.execute(
            f"""select {layer_sql(layer_rules([]))} as layer, count(*) from (
                select {names} from (
                    select {missing} where false union all by name
                    select * from read_csv('{file}', all_varchar = true)
                )
            ) group by 1"""
        ).fetchall()
    counted = dict(rows)
    assert sum(counted.values()) == 1000
    assert counted.get(UNCLASSIFIED, 0) <= 10
    assert {"compute", "storage", "networking", "orchestration"} <= counted.keys()
    assert Decimal(counted["compute"]) > 400
