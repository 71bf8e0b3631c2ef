"""GPU offers made comparable: one price for an hour that can be used, and for a million tokens."""
