"""Azure API Management: the `ApiManagementGatewayLlmLog` table, exported from Log Analytics.

The input count (`PromptTokens`) INCLUDES cached tokens and the log has no split: the ledger's cached
kinds stay unknown, and the uncached input is the whole prompt. A bill that charges cached tokens less
will differ by that; nothing here can tell how many they were.

One request is many rows: messages are logged in parts of 32 KB that share a CorrelationId, and the
deployment and the counts stand on one of them. A request is therefore the group, with the largest count
of each kind. Message contents are not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import as_texts, asked, attributes, chosen, first, label
from connectors.formats.requests.usage import Check, Counts, record, whole

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_CELLS = (
    "TimeGenerated", "CorrelationId", "DeploymentName", "ModelName", "PromptTokens", "CompletionTokens",
    "IsStreamCompletion", "Region", "OperationName",
)  # fmt: skip

_REQUESTS = """(
  select arg_min(_file, _row) as _file, min(_row) as _row, CorrelationId,
    min(TimeGenerated) as TimeGenerated, max(nullif(DeploymentName, '')) as DeploymentName,
    max(nullif(ModelName, '')) as ModelName, max(Region) as Region,
    max(OperationName) as OperationName, bool_or(lower(IsStreamCompletion) = 'true') as streamed,
    {prompt} as prompt, {completion} as completion, count(*) as parts
  from (select _file, _row, {cells} from {scan})
  group by CorrelationId, case when CorrelationId is null then _row end
)"""


def _recognises(head: Head) -> int:
    known = {"CorrelationId", "DeploymentName", "PromptTokens", "CompletionTokens"}
    return 95 if known <= {column.removesuffix(" [UTC]") for column in head.columns} else 0


def _largest(cell: str) -> str:
    """The largest count of the parts; a cell that is no count wins, so that it is reported."""
    odd = f"max(case when nullif({cell}, '') is not null and {whole(cell)} is null then {cell} end)"
    return f"coalesce({odd}, cast(max({whole(cell)}) as varchar))"


def _select(delivery: Delivery) -> str:
    names = {name: (name, f"{name} [UTC]") for name in _CELLS}
    cells = ", ".join(f"{chosen(delivery, *both)} as {name}" for name, both in names.items())
    read = [column for both in names.values() for column in asked(delivery, *both)]
    rows = _REQUESTS.format(
        scan=as_texts(delivery, read),
        cells=cells,
        prompt=_largest("PromptTokens"),
        completion=_largest("CompletionTokens"),
    )
    fields = {
        "timestamp": "TimeGenerated",
        "request_id": "CorrelationId",
        "operation": "'chat'",
        "provider": "'azure.ai.openai'",
        "request_model": first("ModelName", "DeploymentName"),
        "response_model": "ModelName",
        "deployment": "DeploymentName",
        "region": label("Region"),
        "status": "'ok'",
        "attributes": attributes({"streamed": "streamed", "log_rows": "parts"}),
    }
    nameless = Check(
        "DeploymentName is null",
        "DeploymentName",
        "null",
        "no row of the request names its deployment",
    )
    counts = Counts(input="prompt", output="completion")
    return record(rows, fields, counts, inclusive=True, checks=(nameless,))


FORMAT = Format(
    name="azure-apim",
    table="requests",
    about="Azure API Management's ApiManagementGatewayLlmLog, exported",
    shapes=(Shape.CSV, Shape.JSONL, Shape.JSON, Shape.PARQUET),
    recognises=_recognises,
    select=_select,
    cached_in_input=True,
)
