"""finops from Python: every question the command line answers, with typed results.

The command line and the terminal interface ask here as well, so a script, a notebook and a screen show
the same digits.
"""
