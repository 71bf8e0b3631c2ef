"""Bills: each format mapped to FOCUS columns."""
