"""`finops vendor`: what vendors say and offer, beside what is measured of them."""

from __future__ import annotations

import typer

from finops.cli.vendor_ask import export_, import_, new
from finops.cli.vendor_compare import compare, score
from finops.cli.vendor_quote import quote
from finops.cli.vendor_sheet import sheet

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `vendor` and its commands to the application."""
    group = typer.Typer(
        no_args_is_help=True, help="Ask vendors, score their answers and compare their offers."
    )
    group.command("new")(new)
    group.command("import")(import_)
    group.command("export")(export_)
    group.command("score")(score)
    group.command("compare")(compare)
    group.command("quote")(quote)
    group.command("sheet")(sheet)
    app.add_typer(group, name="vendor")
