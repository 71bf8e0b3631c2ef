"""The models as SQL files, in the part of DuckDB's dialect that carries over to Spark.

A file holds one statement. `{names}` in it are filled by the analysis that runs it, with relation
names and column lists of our own, never with what a user typed.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["render"]


@cache
def _text(name: str) -> str:
    return (files(__name__) / f"{name}.sql").read_text(encoding="utf-8")


def render(name: str, **parts: str) -> str:
    """The statement in `name`.sql with its `{placeholders}` filled; KeyError when one is not given."""
    return _text(name).format(**parts)
