"""Budgets and forecasts: daily cost, what it comes to by the end, and how far that can be off."""
