"""What an AI capability costs to deliver, from one ledger: bills, GPU metrics, jobs and token logs."""

from __future__ import annotations

__version__ = "0.1.0"
