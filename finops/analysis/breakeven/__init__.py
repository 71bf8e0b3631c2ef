"""Own, rent or call an API: break-even from prices, from a scenario, and from measured demand."""

from __future__ import annotations
