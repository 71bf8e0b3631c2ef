"""Looking for garbage while nobody types: a full search stops the program for a tenth of a second.

Young objects are looked through as ever. All others are left alone as long as keys come, and gone through
once the keyboard has rested.
"""

from __future__ import annotations

import gc
from time import monotonic
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LOOK_S", "REST_S", "Tidy"]

LOOK_S = 2.0
"""Seconds between two looks whether there is time."""

REST_S = 3.0
"""Seconds without a key or the mouse after which there is."""

_YOUNG = 5
"""Searches among the young after which a full one is worth while."""

_SELDOM = 10_000
"""Searches among the young before a full one comes by itself, keys or not."""


class Tidy:
    """Garbage collection around a person's hands. Use it in a `with`: afterwards Python's own ways hold again."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._touched = clock()
        self._before = gc.get_threshold()

    def __enter__(self) -> Self:
        """Full searches come by themselves no longer, and what is there already takes no part in others."""
        young, middle, _ = self._before
        gc.set_threshold(young, middle, _SELDOM)
        gc.freeze()
        return self

    def __exit__(self, *_: object) -> None:
        """As before."""
        gc.unfreeze()
        gc.set_threshold(*self._before)

    def touched(self) -> None:
        """A key, or the mouse."""
        self._touched = self._clock()

    def look(self) -> None:
        """Search through everything, where there is time and reason to."""
        if self._clock() - self._touched < REST_S or gc.get_count()[2] < _YOUNG:
            return
        gc.unfreeze()
        gc.collect()
        gc.freeze()
