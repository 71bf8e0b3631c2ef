"""Capacity pools: accelerators, provisioned throughput and seats, paid for whether used or not."""
