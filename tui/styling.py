"""How everything looks that no widget says of itself, with sixteen colours, without any, and as plain lines.

What is chosen is told apart by reversing or underlining it where a theme leaves its colours to the terminal, or there
are none: no shade is sure to be seen there.
"""

from __future__ import annotations

__all__ = ["AROUND", "EVERYWHERE", "OF_THE_TERMINAL", "SIXTEEN"]

SIXTEEN, OF_THE_TERMINAL = "standard", "ansi-dark"
"""What Rich calls a terminal of sixteen colours, and the theme made of nothing else."""

AROUND = """
#stage { height: 1fr; }
VerticalScroll, OptionList { scrollbar-size: 1 1; }
.pane { height: 1fr; }
#crumbs { background: $surface; }
#spoken { height: auto; max-height: 3; display: none; padding: 0 1; }
"""
"""What stands around a pane; a theme or a pane may say otherwise."""

EVERYWHERE = """
FrameTable > .frame--head { color: $key; }
FrameTable:ansi:focus > .frame--cursor { color: ansi_default; background: ansi_default;
    text-style: bold reverse; }
Sliders:ansi:focus > .sliders--here { color: ansi_default; background: ansi_default;
    text-style: bold reverse; }
OptionList:ansi > .option-list--option-highlighted { color: ansi_bright_white; background: ansi_blue;
    text-style: bold underline; }
OptionList:nocolor > .option-list--option-highlighted { text-style: bold underline; }
PickScreen:ansi > Vertical, ExportScreen:ansi > Vertical { border: round $secondary; }
LineScreen:ansi > Vertical, TextScreen:ansi > VerticalScroll { border: round $secondary; }
Panel:ansi:focus { border: heavy $secondary; }
.text #tabs { display: none; }
.text #spoken, .text #choice { display: block; }
.text FrameTable, .text VerticalScroll, .text OptionList { scrollbar-size: 0 0; }
.text OverviewPane > Grid { grid-size: 1; }
.text Panel, .text Panel:focus { border: none; }
.text PickScreen > Vertical, .text ExportScreen > Vertical { border: none; }
.text LineScreen > Vertical, .text TextScreen > VerticalScroll { border: none; }
"""
"""What holds in every pane and dialog."""
