"""What a load did, as a report and as sentences: rows by slice, money by currency, and what gave way."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.loading import LoadResult
    from finops.ledger.totals import Amounts
    from finops.ledger.write import Replaced
    from finops.report.model import Row

__all__ = ["NOT_SUMMED", "load_report", "narration"]

NOT_SUMMED = "the first report about these days will take longer: it sums them up once"
"""What is told of more rows than a load waits for."""

_SHOWN_SLICES = 40

_NO_AMOUNTS: tuple[tuple[str | None, dict[str, Decimal]], ...] = ((None, {}),)

_COLUMNS = (
    ReportColumn("source", "Source"),
    ReportColumn("format", "Format"),
    ReportColumn("slice", "Slice"),
    ReportColumn("rows", "Rows", Style.COUNT),
    ReportColumn("BilledCost", "Billed", Style.MONEY),
    ReportColumn("EffectiveCost", "Effective", Style.MONEY),
    ReportColumn("BillingCurrency", "Currency"),
)


def load_report(results: Sequence[LoadResult]) -> Report:
    """One row for each slice and currency of each load; `loads` has each load's counts."""
    rows = [row for result in results for row in _rows(result)]
    money = results[0].table == "costs"
    shown = rows if money else rows[:_SHOWN_SLICES]
    return Report(
        schema="finops.load/1",
        title=f"Loaded into {results[0].table}",
        columns=_COLUMNS if money else _COLUMNS[:4],
        rows=tuple(row if money else _counts(row) for row in shown),
        totals=_totals(rows) if money else _counts(_totals(rows)),
        notes=tuple(note for result in results for note in _notes(result)),
        extras={"loads": [_load(result) for result in results]},
    )


def narration(replaced: Sequence[Replaced], source: str) -> Iterator[str]:
    """A sentence for each slice that was there before, with its totals before and after."""
    for each in replaced:
        yield (
            f"replaced {each.slice} of source {source}: {each.old_rows:,} rows"
            f" ({_money(each.old_totals)}) by {each.new_rows:,} rows ({_money(each.new_totals)});"
            " load it with another --source to keep both"
        )


def _counts(row: Row) -> Row:
    """The row without money: only bills have it."""
    return {column.name: row[column.name] for column in _COLUMNS[:4]}


def _rows(result: LoadResult) -> Iterator[Row]:
    for each in result.stored.slices:
        amounts = each.amounts.items() if result.table == "costs" else ()
        for at, (currency, values) in enumerate(tuple(amounts) or _NO_AMOUNTS):
            yield {
                "source": result.source,
                "format": result.format,
                "slice": each.label(),
                "rows": each.rows if at == 0 else 0,
                "BilledCost": values.get("BilledCost"),
                "EffectiveCost": values.get("EffectiveCost"),
                "BillingCurrency": currency,
            }


def _totals(rows: Sequence[Row]) -> Row:
    currencies = {row["BillingCurrency"] for row in rows}
    single = len(currencies) == 1 and None not in currencies
    total: dict[str, Any] = dict.fromkeys(("source", "format", "slice"))
    total["rows"] = sum(_as_int(row["rows"]) for row in rows)
    for name in ("BilledCost", "EffectiveCost"):
        total[name] = sum((_as_decimal(row[name]) for row in rows), Decimal(0)) if single else None
    total["BillingCurrency"] = next(iter(currencies)) if single else None
    return total


def _as_int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _as_decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def _notes(result: LoadResult) -> Iterator[str]:
    stored = result.stored
    if stored.unchanged:
        yield f"{result.source}: unchanged, the ledger holds this delivery already"
    if stored.rows_duplicate and not stored.unchanged:
        yield f"{result.source}: {stored.rows_duplicate:,} rows were there already and are not repeated"
    if stored.rows_replaced and result.table != "costs":
        yield f"{result.source}: {stored.rows_replaced:,} stored rows were corrected"
    if result.rows_refused:
        yield f"{result.source}: {result.rows_refused:,} bad rows were left out"
    if result.table != "costs" and len(stored.slices) > _SHOWN_SLICES:
        yield f"the first {_SHOWN_SLICES} of {len(stored.slices):,} slices are shown; rows count all"
    yield from result.notes


def _load(result: LoadResult) -> dict[str, object]:
    stored = result.stored
    return {
        "load_id": stored.load_id,
        "table": result.table,
        "source": result.source,
        "format": result.format,
        "files": [str(path) for path in result.files],
        "rows_in": result.rows_in,
        "rows_stored": stored.rows_stored,
        "rows_duplicate": stored.rows_duplicate,
        "rows_refused": result.rows_refused,
        "rows_replaced": stored.rows_replaced,
        "unchanged": stored.unchanged,
        "replaced": [
            {
                "slice": each.slice,
                "rows_before": each.old_rows,
                "rows_after": each.new_rows,
                "totals_before": each.old_totals,
                "totals_after": each.new_totals,
            }
            for each in stored.replaced
        ],
    }


def _money(amounts: Amounts) -> str:
    billed = [
        f"{values['BilledCost'].normalize():f} {currency} billed"
        for currency, values in amounts.items()
        if "BilledCost" in values
    ]
    return ", ".join(billed) or "no amounts"
