"""Garbage is gone through once the keyboard has rested, and not while somebody types."""

from __future__ import annotations

import gc
import weakref

from tui.tidying import REST_S, Tidy


class Ring:
    """An object that nothing but itself holds."""

    def __init__(self) -> None:
        self.itself = self


def old_ring() -> weakref.ref[Ring]:
    """A ring that has outlived five searches among the young."""
    ring = Ring()
    for _ in range(6):
        gc.collect(1)
    return weakref.ref(ring)


def test_rings_go_once_the_keyboard_rests() -> None:
    before, now = gc.get_threshold(), [100.0]
    with Tidy(lambda: now[0]) as tidy:
        ring = old_ring()
        now[0] += REST_S - 1
        tidy.look()
        assert ring() is not None
        tidy.touched()
        now[0] += REST_S - 1
        tidy.look()
        assert ring() is not None
        now[0] += 1
        tidy.look()
        assert ring() is None
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_without_reason_nothing_is_gone_through() -> None:
    now = [0.0]
    with Tidy(lambda: now[0]) as tidy:
        gc.collect()
        gc.freeze()
        ring = weakref.ref(Ring())
        now[0] += REST_S
        tidy.look()
        assert ring() is not None
