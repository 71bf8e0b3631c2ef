"""Traces that applications send us: `finops receive`."""
