"""The command line: one module per command, `app` to find them, `output` and `diagnostics` to speak.

A command parses, asks an analysis, and hands its report over; it computes nothing.
"""
