"""File formats, one per module, grouped by the ledger table they feed.

A format registers in the entry-point group `finops.formats`; ours do exactly as a stranger's would.
"""
