"""Token logs: each format mapped to the disjoint token kinds of the requests table."""
