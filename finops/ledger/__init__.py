"""The ledger: Delta tables on disk or object storage, written in one commit, read by DuckDB.

`store` opens it and reads, `write` is the one way rows get in, `status` says what it holds, `readonly`
lets people query it.
"""
