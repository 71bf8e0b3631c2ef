"""Chargeback: statements that add up to the bill, and the journal that books them."""
