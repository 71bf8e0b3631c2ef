"""Closing a month: what is kept so that every number of it can be given again, digit by digit.

    costs     the month's charges as loaded; beside them the rows finops adds to it (adjustments, accruals)
              and charges of other months' invoices for days of this one
    requests  its days, the day before (what became of a call) and those in which its runs may end
    the rest  what is cut by day for its days and one either side, jobs from the month before on, else all
    settings  finops.toml, owners, every price the month's requests and charges can ask for

Months are closed in order. What was closed can only be taken back newest first, on record.
"""

from __future__ import annotations

import getpass
import hashlib
import platform
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from finops import __version__
from finops.analysis.accruals import accrual_rows, accruals, as_manifest
from finops.analysis.books import CONFIG, PRICES, Segment, books_ledger, kept_name
from finops.analysis.in_force import (
    asked_in,
    files_of_settings,
    settings_document,
    write_prices,
)
from finops.analysis.relations import RUN_SILENCE_DAYS
from finops.analysis.reversals import due
from finops.errors import CommitConflict, GateFailed, UsageError
from finops.ledger.engine import query
from finops.ledger.months import months_with
from finops.ledger.open_months import accounted, first_open_month, same_files
from finops.ledger.schema import literal
from finops.ledger.snapshots import Closed, Keeping, all_closes, closed_months, keep, reopen
from finops.ledger.store import DataFile, Ledger
from finops.model.tables import COSTS, LOADS, REQUESTS, TABLES
from finops.prices.listed import SOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb

    from finops.analysis.completeness import Completeness
    from finops.config import Config
    from finops.model.period import Period

__all__ = [
    "Decision",
    "close_month",
    "may_close",
    "months_known",
    "reopen_month",
]


class Decision(NamedTuple):
    """Why a month is closed: who says so, and the reason where it is closed though incomplete."""

    by: str
    at: datetime
    reason: str | None = None

    @classmethod
    def of_user(cls, reason: str | None = None) -> Decision:
        """The person at this machine, now."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            user = "unknown"
        return cls(f"{user}@{platform.node()}", datetime.now(tz=UTC), reason)


def may_close(closes: Sequence[Closed], month: str) -> None:
    """UsageError when `month` is closed, or is not the next month to close."""
    if any(closed.month == month for closed in closes):
        raise UsageError(
            f"{month} is closed",
            hint=f"to close it again, take it back first: finops close {month} --reopen --reason …",
        )
    next_month = first_open_month(closes)
    if next_month is not None and month != next_month:
        newest = closes[-1].month
        raise UsageError(
            f"months are closed in order: after {newest} comes {next_month}, not {month}",
            hint=f"finops close {next_month}"
            if month > newest
            else f"take back {newest} first: finops close {newest} --reopen --reason …",
        )


def close_month(
    ledger: Ledger,
    config: Config,
    found: Completeness,
    decision: Decision,
    *,
    accrue: bool = False,
) -> Closed:
    """Close the month `found` is about; `accrue` books what it used and no bill covers.

    GateFailed when it is not complete and `decision` gives no reason to close it all the same; UsageError
    when it is not its turn.
    """
    month = found.month
    earlier = all_closes(ledger.location)
    closes = tuple(each for each in earlier if each.reopened is None)
    may_close(closes, month.label)
    obstacles = _obstacles(found, decision)
    files = {name: ledger.files(name) for name in _CLOSING}
    for name, mine in files.items():
        ledger.local(mine, name)
    takeover, accounts = _costs(files[COSTS.name], closes, month.label)
    takeover += [
        Keeping(name, file)
        for name in _BESIDE
        for file in files[name]
        if _is_kept(name, file, month)
    ]
    live = books_ledger(ledger, closes, config)
    used = accruals(Segment(month, live, config)) if accrue else ()
    accrued = [each for each in used if each.amount is not None]
    con = live.connect(["costs"])
    try:
        documents = _documents(con, config, takeover)
        manifest = {
            **_facts(ledger, decision, closes),
            "obstacles": obstacles,
            "config_sha256": hashlib.sha256(documents[CONFIG]).hexdigest(),
            "accounts": accounts,
            "accruals": as_manifest(accrued),
            "reversed": [each.name for each in due(ledger, config, closes)],
        }
        rows = accrual_rows(month, accrued)
        return keep(
            ledger,
            month.label,
            takeover,
            documents,
            manifest,
            earlier,
            lambda folder: _unmoved(ledger, files, _made(con, month, folder, rows)),
        )
    finally:
        con.close()


def _obstacles(found: Completeness, decision: Decision) -> list[str]:
    """What stands between the month and its close; GateFailed when nobody says why that is right.

    UsageError while it lasts: no reason closes a month that is not over.
    """
    today = decision.at.date()
    if today < found.month.end:
        raise UsageError(
            f"{found.month.label} is not over",
            hint=f"it can be closed on {found.month.end} or later",
        )
    obstacles = found.obstacles(today)
    if obstacles and decision.reason is None:
        raise GateFailed(
            f"{found.month.label} is not complete: {'; '.join(obstacles)}",
            hint="load what is missing, or close it as it is: --reason 'why that is right'",
        )
    return list(obstacles)


def _facts(ledger: Ledger, decision: Decision, closes: Sequence[Closed]) -> dict[str, Any]:
    """Who closed, when and with what."""
    return {
        "closed_at": decision.at.isoformat(),
        "closed_by": decision.by,
        "reason": decision.reason,
        "finops": __version__,
        "price_book": SOURCE,
        "ledger_versions": {name: ledger.version(name) for name in TABLES},
        "previous": _previous(closes),
    }


def reopen_month(ledger: Ledger, month: str, decision: Decision) -> Closed:
    """Take back the close of `month`, the newest closed one, for a reason; returns what it was."""
    closes = closed_months(ledger.location)
    mine = [closed for closed in closes if closed.month == month]
    if not mine:
        raise UsageError(f"{month} is not closed", hint="see finops close --list")
    if closes[-1].month != month:
        raise UsageError(
            f"{closes[-1].month} was closed after {month}, and counts what changed in it",
            hint=f"take that back first: finops close {closes[-1].month} --reopen --reason …",
        )
    if not decision.reason:
        raise UsageError("a closed month is reopened for a reason", hint="--reason 'why'")
    note = {
        "schema": "finops.reopened/1",
        "reopened_at": decision.at.isoformat(),
        "reopened_by": decision.by,
        "reason": decision.reason,
    }
    reopen(ledger, mine[0], note)
    return mine[0]


# --- what is kept ------------------------------------------------------------------------------

_BESIDE = tuple(name for name in TABLES if name not in {COSTS.name, LOADS.name})
_CLOSING = (COSTS.name, *_BESIDE)


def _costs(
    live: Sequence[DataFile], closes: Sequence[Closed], month: str
) -> tuple[list[Keeping], list[str]]:
    """The month's charges and, of closed months that changed since, how their charges are now."""
    by_month: dict[str | None, list[DataFile]] = {}
    for file in live:
        by_month.setdefault(file.partition["x_BillingMonth"], []).append(file)
    kept = [Keeping("costs", file, month) for file in by_month.get(month, ())]
    accounts = [month]
    for earlier in dict.fromkeys(closed.month for closed in closes):
        now = by_month.get(earlier, [])
        if not same_files(now, accounted(closes, earlier).files):
            accounts.append(earlier)
            kept += [Keeping("accounts", file, earlier) for file in now]
    return kept, accounts


def _is_kept(table: str, file: DataFile, month: Period) -> bool:
    """Whether a question about `month` may read the file."""
    cut = TABLES[table].partition_by
    if "month" in cut:
        before = f"{month.start - timedelta(days=1):%Y-%m}"
        return (file.partition["month"] or before) >= before
    if "day" not in cut:
        return True
    last = month.end + timedelta(days=RUN_SILENCE_DAYS + 1 if table == REQUESTS.name else 1)
    day = date.fromisoformat((file.partition["day"] or "0001-01-01")[:10])
    return month.start - timedelta(days=1) <= day < last


def _made(
    con: duckdb.DuckDBPyConnection, month: Period, folder: Path, accrued: str | None
) -> list[Keeping]:
    """The cost rows a question about the month reads beside those the month's deliveries brought."""
    start, end = (f"timestamptz '{moment.isoformat()}'" for moment in month.bounds())
    touches = (
        f"(ChargePeriodEnd > {start} or ChargePeriodStart >= {start}) and ChargePeriodStart < {end}"
    )
    mine = f"x_BillingMonth = '{month.label}'"
    key = f"made-{uuid4().hex}.parquet"
    target = folder / "costs" / key
    target.parent.mkdir(exist_ok=True)
    select = (
        f"select * from costs where ({mine} and x_Line is not null) "
        f"or (not {mine} and x_Line is null and {touches})"
    )
    if accrued is not None:
        select += f" union all {accrued}"
    rows = query(
        con,
        f"copy ({select}) to {literal(str(target))} (format parquet, compression zstd)",
    )[0][0]
    return [Keeping("costs", DataFile(str(target), {}, target.stat().st_size, rows, key))]


def _unmoved(
    ledger: Ledger, files: Mapping[str, tuple[DataFile, ...]], made: list[Keeping]
) -> list[Keeping]:
    """`made`, if what we close is still what the ledger holds."""
    for name, mine in files.items():
        if ledger.files(name) != mine:
            raise CommitConflict(
                f"{name} was loaded while the month was being closed", hint="run the command again"
            )
    return made


def _previous(closes: Sequence[Closed]) -> dict[str, str] | None:
    """The close before this one and its hash: who changes one manifest would have to change all."""
    return {"close": closes[-1].name, "sha256": closes[-1].manifest_sha256} if closes else None


def _documents(
    con: duckdb.DuckDBPyConnection, config: Config, takeover: Sequence[Keeping]
) -> dict[str, bytes]:
    """Settings, the files they name, and every price the kept requests and the charges can ask for."""
    requests = [each.file for each in takeover if each.table == REQUESTS.name]
    return {
        CONFIG: settings_document(config),
        PRICES: write_prices(config, *asked_in(con, requests, COSTS.name)),
        **{
            kept_name(place, name): each
            for place, (name, each) in files_of_settings(config).items()
        },
    }


def months_known(ledger: Ledger, closes: Sequence[Closed]) -> tuple[str, ...]:
    """Every month there are costs or requests of, or that is closed, oldest first."""
    months = months_with(ledger, COSTS.name, REQUESTS.name)
    return tuple(sorted({*months, *(closed.month for closed in closes)}))
