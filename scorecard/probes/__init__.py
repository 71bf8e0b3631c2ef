"""One true/false question of the ledger per module, found by name; `scorecard.probes.base` is the contract."""
