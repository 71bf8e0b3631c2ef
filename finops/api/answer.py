"""What every question is answered with: the typed value, and the report that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from finops.api.files import write_file
from finops.errors import UsageError
from finops.report.formats import ReportFormat, render

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from finops.report.model import Report, Row

__all__ = ["Answer"]

Value = TypeVar("Value", covariant=True)  # noqa: PLC0105  (read as the noun it is)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Value]):
    """`value` is the analysis's own result; `report` is what the command of the same name prints."""

    value: Value
    report: Report

    @property
    def rows(self) -> tuple[Row, ...]:
        """The report's rows: amounts are Decimal, None is what could not be computed."""
        return self.report.rows

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about the numbers."""
        return self.report.notes

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a frame, a column each as in CSV; amounts stay Decimal, missing ones None."""
        import pandas as pd

        names, columns = self._columns()
        return pd.DataFrame({name: pd.Series(columns[name], dtype=object) for name in names})

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table; amounts are decimal128(38, 24)."""
        import pyarrow as pa

        names, columns = self._columns()
        return pa.table({name: _array(columns[name]) for name in names})

    def to(self, format: ReportFormat | str) -> bytes:  # noqa: A002  (named as the option)
        """What the command prints with `--format`; ValueError when there is no such format."""
        return render(self.report, format)

    def save(self, path: str | Path) -> Path:
        """Write it to `path` in the format its ending names; UsageError for another ending."""
        target = Path(path)
        ending = target.suffix.removeprefix(".").lower()
        if ending not in set(ReportFormat) - {ReportFormat.TABLE}:
            known = ", ".join(f".{name}" for name in ReportFormat if name is not ReportFormat.TABLE)
            raise UsageError(f"{target}: no format ends like this", hint=f"choose among {known}")
        write_file(self.to(ending), target)
        return target

    def __str__(self) -> str:
        """The table as the terminal shows it."""
        return self.to(ReportFormat.TABLE).decode()

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        from finops.report.cells import headline
        from finops.report.html import table_lines

        return "\n".join(table_lines(self.report, headline(self.report)))

    def _columns(self) -> tuple[list[str], dict[str, list[Any]]]:
        from finops.report.flat import flat_names, flat_rows

        rows = flat_rows(self.report)
        names = list(flat_names(self.report, rows))
        return names, {name: [row.get(name) for row in rows] for name in names}


def _array(values: list[Any]) -> pa.Array:
    """`values` as Arrow: exact for amounts, else the type Arrow infers."""
    from decimal import Decimal

    import pyarrow as pa

    from finops.model.schema import MONEY_SCALE

    if any(isinstance(value, Decimal) for value in values):
        exact = [None if value is None else Decimal(value) for value in values]
        return pa.array(exact, type=pa.decimal128(38, MONEY_SCALE))
    return pa.array(values)
