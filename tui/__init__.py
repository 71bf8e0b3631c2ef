"""The terminal interface: every answer of finops, browsed. It asks `finops.api` and computes nothing.

Each screen is a `View` (`tui/view.py`): a question, how it is grouped, filtered and drilled into, and the
command that prints the very same rows. Every key is one line of `tui/actions.py`.
"""
