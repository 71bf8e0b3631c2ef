"""A small company whose bill says everything that FOCUS asks for, for the tests of exports."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.api.session import open_session
from tests.analysis.ledgers import cost, make_ledger, request, sample

if TYPE_CHECKING:
    from pathlib import Path

    from finops.api.session import Session
    from tests.analysis.ledgers import Row

OWNERS = """from,to,kind,match,team,product,cost_centre,gl_code
,,project,p-search,search,Search,CC-210,6410
,,service,Phones,support,Contact,CC-510,6420
"""

_WHO: dict[str, Any] = {
    "BillingAccountId": "0012",
    "BillingAccountName": "Acme",
    "BillingAccountType": "organization",
    "InvoiceId": "F-10",
    "InvoiceIssuerName": "FakeAI, Inc.",
    "ProviderName": "FakeAI",
    "PublisherName": "FakeAI",
    "ServiceProviderName": "fakeai",
    "HostProviderName": "FakeAI",
}


def charge(effective: str, **given: Any) -> Row:  # noqa: ANN401  (any column)
    """A usage charge of the month with every column filled in."""
    quantity = given.pop("quantity", "100")
    unit = given.pop("unit", "Requests")
    price = f"{Decimal(effective) / Decimal(quantity):f}"
    billed = given.get("BilledCost", effective)
    return cost(
        effective,
        "2026-10-01",
        "2026-11-01",
        **{
            **_WHO,
            "BilledCost": billed,
            "ListCost": effective,
            "ContractedCost": effective,
            "ListUnitPrice": price,
            "ContractedUnitPrice": price,
            "PricingCategory": "Standard",
            "PricingQuantity": quantity,
            "PricingUnit": unit,
            "ConsumedQuantity": quantity,
            "ConsumedUnit": unit,
            "ChargeDescription": "use",
            "ChargeFrequency": "Usage-Based",
            "ServiceCategory": "Other",
            "ServiceSubcategory": "Other (Other)",
            "SkuId": "sku",
            "SkuMeter": "meter",
            "SkuPriceId": "price",
            "SubAccountId": "p-search",
            "SubAccountName": "Search",
            "SubAccountType": "project",
            **given,
        },
    )


def model(effective: str, kind: str, quantity: str, **given: Any) -> Row:  # noqa: ANN401
    """A charge for tokens of model-a."""
    return charge(
        effective,
        quantity=quantity,
        unit="Tokens",
        x_Model="model-a",
        x_TokenType=kind,
        ServiceName="FakeAI API",
        ServiceCategory="AI and Machine Learning",
        ServiceSubcategory="Generative AI",
        **given,
    )


COSTS: tuple[Row, ...] = (
    model("7.000000000000000000000001", "output", "700", SubAccountId="p-search"),
    model("3.1", "output", "310", SubAccountId="p-legal"),
    model("0.333333333333333333", "uncached_input", "1000", SubAccountId="p-legal"),
    charge("40", ServiceName="Nodes", InvoiceId="C-10", quantity="20", unit="Hours",
           ServiceCategory="Compute", ServiceSubcategory="Virtual Machines",
           SkuPriceDetails={"GpuCount": 2}, Tags={"env": "prod"}),
    charge("6", ServiceName="Vectors", InvoiceId="C-10", ServiceCategory="Databases",
           ServiceSubcategory="Other (Databases)"),
    charge("5", ServiceName="Phones", InvoiceId="C-10", SubAccountId="p-contact"),
    charge("2.5", ServiceName="Commitments", InvoiceId="C-10", BilledCost="0", ChargeFrequency="Recurring",
           CommitmentDiscountId="sp-1", CommitmentDiscountName="plan", CommitmentDiscountCategory="Spend",
           CommitmentDiscountType="Plan", CommitmentDiscountStatus="Unused", PricingCategory="Committed",
           CommitmentDiscountQuantity="2.5", CommitmentDiscountUnit="USD"),
)  # fmt: skip
"""What October costs; amounts of up to 24 decimal places."""

CREDIT: Row = cost(
    "-1.25",
    **{**_WHO, "ListCost": "-1.25", "ContractedCost": "-1.25", "ChargeCategory": "Credit"},
    ServiceName="FakeAI API",
    ServiceCategory="AI and Machine Learning",
    ServiceSubcategory="Generative AI",
    ChargeFrequency="One-Time",
    ChargeDescription="promotion",
)

REQUESTS: tuple[Row, ...] = (
    request("a", project="p-search", workflow="find", output_tokens=400, uncached_input_tokens=100),
    request("b", project="p-search", workflow='"rank"\n', output_tokens=200),
    request("c", team="legal", project="p-legal", workflow="draft", output_tokens=300, uncached_input_tokens=500),
    request("d", team="legal", workflow="draft", status="error", provider="own", deployment="llm",
            pool="nodes", request_model="own-model", output_tokens=50),
)  # fmt: skip

SETTINGS = """
currency = "USD"

[[pools]]
name = "nodes"
kind = "gpu"
where = "ServiceName = 'Nodes'"

[[pools]]
name = "vectors"
kind = "shared"
where = "ServiceName = 'Vectors'"

[[prices]]
provider = "fakeai"
model = "model-a"
input = "2"
output = "10"

[[owned]]
name = "lab"
pool = "lab"
purchase_price = "3100"
network_price = "310"
in_service = 2026-10-01
life_months = 31
"""


def acme(folder: Path) -> Session:
    """The company's October in a ledger of its own, with its settings and owners in `folder`."""
    folder.mkdir(exist_ok=True)
    (folder / "owners.csv").write_text(OWNERS)
    (folder / "finops.toml").write_text(f'ledger = "ledger"\n{SETTINGS}')
    samples = [
        sample("gpu-0", f"2026-10-05T{hour:02}:00:00", pool="nodes", gpu_util=0.5, workload="llm")
        for hour in range(8)
    ]
    samples += [
        sample("gpu-1", f"2026-10-05T{hour:02}:00:00", pool="nodes", gpu_util=0.0)
        for hour in range(8)
    ]
    make_ledger(folder / "ledger", costs=(*COSTS, CREDIT), requests=REQUESTS, samples=samples)
    return open_session(config=folder / "finops.toml")
