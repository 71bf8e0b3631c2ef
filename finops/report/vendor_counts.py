"""What vendors and engines counted, beside the logs: a row a day as JSON, a sentence a month for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from finops.analysis.vendor_counts import Compared, Counts

__all__ = ["vendor_count_notes", "vendor_count_rows"]


def vendor_count_rows(compared: Iterable[Compared]) -> list[dict[str, object]]:
    """One object for each source, model and day; `difference` is counted less logged, null where one is unknown."""
    return [
        {
            "source": each.source,
            "provider": each.provider,
            "project": each.project,
            "model": each.model,
            "day": each.day.isoformat(),
            "counted": each.counted._asdict(),
            "logged": None if each.logged is None else each.logged._asdict(),
            "difference": each.difference._asdict(),
        }
        for each in compared
    ]


def vendor_count_notes(compared: Iterable[Compared]) -> list[str]:
    """How far a month's count of a provider and its log are apart; nothing where they agree."""
    months: dict[tuple[str, str, str], list[Compared]] = {}
    for each in compared:
        key = (each.source, each.provider or "no provider", f"{each.day:%Y-%m}")
        months.setdefault(key, []).append(each)
    return [note for key, days in sorted(months.items()) for note in _note(*key, days)]


def _note(source: str, provider: str, month: str, days: list[Compared]) -> Iterator[str]:
    compared = [(each, each.logged) for each in days if each.logged is not None]
    if not compared:
        tokens = _sum(each.counted for each in days)
        counted = "requests alone" if tokens is None else f"{tokens:,} tokens"
        yield (
            f"{source} counted {counted} of {provider} in {month}, and no log shows its requests: finops load requests"
        )
        return
    total = _sum(each.counted for each, _ in compared)
    logged = _sum(each for _, each in compared)
    if total is None or logged is None or total == logged:
        return
    apart = total - logged
    share = f" ({apart / total:+.1%})" if total else ""
    worst, _ = max(compared, key=lambda pair: abs(_sum([pair[0].difference]) or 0))
    yield (
        f"{source} counted {total:,} tokens of {provider} in {month}, the log shows {logged:,}:"
        f" {apart:+,}{share}, most of it {worst.model or 'no model'} on {worst.day}"
    )


def _sum(counts: Iterable[Counts]) -> int | None:
    """Input and output of all that say; None when none does."""
    said = [
        number
        for each in counts
        for number in (each.input_tokens, each.output_tokens)
        if number is not None
    ]
    return sum(said) if said else None
