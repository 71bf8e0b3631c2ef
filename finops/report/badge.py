"""A score as a small SVG picture for a README: the points, and in words whether they are a risk."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from finops.report.scorecard import points_text

if TYPE_CHECKING:
    from scorecard.scoring import Score

__all__ = ["badge_svg"]

LABEL = "AI scorecard"
_CHAR = 7
"""Width of a character, about, in the badge's font."""
_PAD = 12


def badge_svg(score: Score) -> bytes:
    """The badge: verified points of the maximum, and `risk` where there is one. Stands alone."""
    text = f"{points_text(score.verified)}/{score.max}" + (" risk" if score.risk else "")
    fill = "#8a1c1c" if score.risk else "#1c5c2e"
    left, right = (_CHAR * len(part) + _PAD for part in (LABEL, text))
    whole = left + right
    title = escape(f"{LABEL}: {text}, verified as of {score.as_of.isoformat()}")
    svg = f"""<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{title}">
  <title>{title}</title>
  <rect width="{left}" height="20" fill="#333333"/>
  <rect x="{left}" width="{right}" height="20" fill="{fill}"/>
  <g fill="#ffffff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11" text-anchor="middle">
    <text x="{left / 2:g}" y="14">{escape(LABEL)}</text>
    <text x="{left + right / 2:g}" y="14">{escape(text)}</text>
  </g>
</svg>
"""
    return svg.encode()
