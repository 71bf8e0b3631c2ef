"""Google Cloud billing exports in BigQuery, detailed or FOCUS, through its REST interface.

A month is one query, its pages read as they come; the rows go to the loaders of Google's detailed export or of FOCUS.
Nothing is asked when the table has not changed since the month was read, so that a pull with nothing new costs nothing.
NUMERIC travels as text with all its digits, TIMESTAMP as whole microseconds. The month is `invoice.month` of the
detailed export, whose boundaries lie at midnight in Los Angeles, and BillingPeriodStart of FOCUS, which has
`x_Labels` where FOCUS says Tags.

Tested against recorded answers: there is no BigQuery to run.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.contract import Connector, Files, Finding, Sign
from connectors.google import GoogleAccess, Tokens
from connectors.periods import months_to_read
from finops.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.contract import Session
    from connectors.http import Http
    from finops.model.period import Period

__all__ = ["CONNECTOR", "BigQuerySettings"]

_SCOPE = "https://www.googleapis.com/auth/bigquery.readonly"
_PAGE_ROWS = 10_000
_WAIT_MS = 10_000
_FOCUS = "BillingPeriodStart"


class BigQuerySettings(GoogleAccess):
    """A billing export's table."""

    table: str = Field(
        description="PROJECT.DATASET.TABLE of the detailed or the FOCUS export.",
        pattern=r"^[A-Za-z0-9_:.-]+\.[A-Za-z0-9_]+\.[A-Za-z0-9_]+$",
    )
    project: str | None = Field(
        default=None, description="Project the queries are billed to; the table's when not given."
    )
    location: str | None = Field(default=None, description="Location of the dataset: EU, US …")
    base_url: str = Field(
        default="https://bigquery.googleapis.com/bigquery/v2", description="Address of BigQuery."
    )


def _api(session: Session[BigQuerySettings]) -> Http:
    return session.http(session.settings.base_url, Tokens(session, _SCOPE))


def _table(session: Session[BigQuerySettings], api: Http) -> tuple[str, bool]:
    """When the table last changed, and whether it is a FOCUS export."""
    project, dataset, table = session.settings.table.rsplit(".", 2)
    said = api.get(f"/projects/{project}/datasets/{dataset}/tables/{table}")
    names = {field["name"] for field in said["schema"]["fields"]}
    return str(said["lastModifiedTime"]), _FOCUS in names


def read(session: Session[BigQuerySettings]) -> Iterator[Files]:
    """A delivery for each month that may have changed since it was read."""
    with _api(session) as api:
        changed, focus = _table(session, api)
        for month, today in months_to_read(session, "costs"):
            had = session.cursor("costs", month.label)
            if had is not None and had.partition("/")[2] == changed:
                continue
            records = _month(session, api, month, focus=focus)
            origin = f"bigquery:{session.settings.table}/{month.label}"
            file = session.spool.write_lines(origin, records)
            if file is not None:
                hint = "focus" if focus else "gcp-detailed"
                yield Files("costs", month.label, f"{today}/{changed}", (file,), hint)


def _month(
    session: Session[BigQuerySettings], api: Http, month: Period, *, focus: bool
) -> Iterator[dict[str, Any]]:
    """The month's rows, one at a time, as objects."""
    start = datetime(month.start.year, month.start.month, 1, tzinfo=UTC)
    if focus:
        where, value, kind = f"{_FOCUS} = @month", f"{start:%Y-%m-%d %H:%M:%S}+00", "TIMESTAMP"
    else:
        where, value, kind = "invoice.month = @month", f"{start:%Y%m}", "STRING"
    asked = {
        "query": f"SELECT * FROM `{session.settings.table}` WHERE {where}",
        "useLegacySql": False,
        "parameterMode": "NAMED",
        "queryParameters": [
            {"name": "month", "parameterType": {"type": kind}, "parameterValue": {"value": value}}
        ],
        "maxResults": _PAGE_ROWS,
        "timeoutMs": _WAIT_MS,
        "formatOptions": {"useInt64Timestamp": True},
        **({"location": session.settings.location} if session.settings.location else {}),
    }
    project = session.settings.project or session.settings.table.rsplit(".", 2)[0]
    for page in _pages(session, api, f"/projects/{project}/queries", asked):
        fields = page["schema"]["fields"]
        for row in page.get("rows", ()):
            record = _record(fields, row)
            if focus and not record.get("Tags"):
                record["Tags"] = _labels(record.get("x_Labels"))
            yield record


def _pages(
    session: Session[BigQuerySettings], api: Http, path: str, asked: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Pages of a query's answer, waited for; SourceError when a page repeats."""
    page = api.post(path, asked)
    seen: set[str] = set()
    while True:
        params = {
            "maxResults": _PAGE_ROWS,
            "timeoutMs": _WAIT_MS,
            "formatOptions.useInt64Timestamp": "true",
        }
        job = page.get("jobReference", {})
        if page.get("jobComplete", True):
            yield page
            following = page.get("pageToken")
            if not following:
                return
            if following in seen:
                raise SourceError(
                    f"{session.source}: BigQuery answers with the same page again and again"
                )
            seen.add(following)
            params["pageToken"] = following
        location = job.get("location") or session.settings.location
        if location:
            params["location"] = location
        page = api.get(f"{path}/{job['jobId']}", params)


def _record(fields: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of BigQuery's answer (`f` and `v`) as an object, nested ones too."""
    return {
        field["name"]: _value(field, cell["v"])
        for field, cell in zip(fields, row["f"], strict=True)
    }


def _value(field: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401  (of any type BigQuery has)
    if value is None:
        return None
    if field.get("mode") == "REPEATED":
        single = {**field, "mode": "NULLABLE"}
        return [_value(single, each["v"]) for each in value]
    if field["type"] in {"RECORD", "STRUCT"}:
        return _record(field["fields"], value)
    if field["type"] == "TIMESTAMP":
        return _moment(str(value))
    return value


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(value: str) -> str:
    """Microseconds since 1970, or seconds where the answer has a point or an exponent, as a time."""
    if "." in value or "E" in value.upper():
        moment = _EPOCH + timedelta(seconds=float(value))
    else:
        moment = _EPOCH + timedelta(microseconds=int(value))
    return moment.isoformat().replace("+00:00", "Z")


def _labels(labels: Sequence[Mapping[str, Any]] | None) -> dict[str, Any] | None:
    """Labels, `Key` and `Value` each, as one object."""
    if not labels:
        return None
    lower = [{name.lower(): value for name, value in each.items()} for each in labels]
    return {str(each["key"]): each.get("value") for each in lower}


def check(session: Session[BigQuerySettings]) -> Iterator[Finding]:
    """Look at the table; a query is not made, because it costs."""
    with _api(session) as api:
        changed, focus = _table(session, api)
    moment = _EPOCH + timedelta(milliseconds=int(changed))
    kind = "FOCUS" if focus else "detailed"
    yield Finding(
        ok=True, what="table", detail=f"{kind} export, last changed {moment:%Y-%m-%d %H:%M} UTC"
    )


CONNECTOR = Connector(
    name="gcp-bigquery",
    about="Google Cloud billing exports in BigQuery (detailed or FOCUS)",
    tables=("costs",),
    settings=BigQuerySettings,
    check=check,
    read=read,
    tested="recorded answers of BigQuery's REST API",
    policy="`roles/bigquery.dataViewer` on the export's dataset and `roles/bigquery.jobUser` on the project that is billed.",
    signs=(
        Sign("variable", "GOOGLE_APPLICATION_CREDENTIALS", {"service_account_key": "file:{value}"}),
    ),
)
