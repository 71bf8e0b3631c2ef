"""The two dates of a charge: when it was used, and the invoice it is on."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Basis"]


class Basis(StrEnum):
    """Which of a cost row's two dates decides whether it belongs to a period."""

    BILLING = "billing"
    CHARGE = "charge"
