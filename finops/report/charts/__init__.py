"""Charts as inline SVG: bars, stacked columns, a line with a band, a waterfall. No script, no font, no library.

Each says in words what it shows (`title`, `desc`), tells its series apart by pattern and label as well as
by colour, and takes its ink from the page, so that it can be read in the dark, on paper and by ear.
"""

from __future__ import annotations

from finops.report.charts.bars import bars
from finops.report.charts.lines import lines
from finops.report.charts.parts import CHART_STYLE, Picture, Series
from finops.report.charts.stacked import stacked
from finops.report.charts.waterfall import waterfall

__all__ = ["CHART_STYLE", "Picture", "Series", "bars", "lines", "stacked", "waterfall"]
