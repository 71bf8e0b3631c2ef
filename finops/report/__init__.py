"""What a command answers, and how it is written down: one format-free `Report`, four renderings.

`Report` says what was found; `render` turns it into bytes. Nothing here computes: rounding is the
last thing that happens to a number, and happens here only.
"""

from __future__ import annotations

from finops.report.formats import ReportFormat, render
from finops.report.model import Cell, Report, ReportColumn, Row, Style

__all__ = ["Cell", "Report", "ReportColumn", "ReportFormat", "Row", "Style", "render"]
