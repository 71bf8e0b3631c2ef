"""The two dates of a charge: when it was used, and the invoice it is on."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Basis", "Of"]


class Basis(StrEnum):
    """Which of a cost row's two dates decides whether it belongs to a period."""

    BILLING = "billing"
    CHARGE = "charge"


class Of(StrEnum):
    """Whose costs are asked for: those of bills, or what requests cost."""

    BILL = "bill"
    REQUESTS = "requests"
