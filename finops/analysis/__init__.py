"""The questions: one per module, each a function of the ledger and of small frozen values."""
