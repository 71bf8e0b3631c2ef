"""Everything that brings the outside world into the ledger; the only package that knows its formats.

`connectors.formats` reads files, one format per module. `connectors.loading` turns any of them into
validated ledger rows.
"""
