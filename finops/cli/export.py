"""`finops export`: a command for each registered export, with the choices it declares."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finops.api.exports import known_exports
from finops.cli.options import (
    AllOption,
    FromOption,
    LastOption,
    LedgerOption,
    MonthOption,
    ToOption,
    open_session,
)
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.exports.contract import Export

__all__ = ["register"]

OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="File to write, replaced as a whole, or a folder (FOLDER/); stdout when not given, or -.",
        rich_help_panel="Output",
    ),
]

_PERIOD: dict[str, tuple[Any, Any]] = {
    "month": (MonthOption, None),
    "since": (FromOption, None),
    "until": (ToOption, None),
    "last": (LastOption, None),
    "everything": (AllOption, False),
}
"""Options of every export, with their defaults."""


_BINARY = frozenset({"parquet", "csv.gz"})
"""Formats that no terminal shows; `-o -` writes them to stdout all the same."""


def register(app: typer.Typer) -> None:
    """Add `export` and a command for each export to the application."""
    group = typer.Typer(
        no_args_is_help=True, help="Write the numbers in the form other tools read."
    )
    for each in known_exports():
        group.command(each.name)(_command(each))
    app.add_typer(group, name="export")


def _command(declared: Export) -> Callable[..., None]:
    """The command of one export: Typer reads its options from the signature made here."""

    def run(**given: Any) -> None:  # noqa: ANN401  (each option has its own type)
        _run(declared, given)

    options = {
        "by": (_by_option(declared), None),
        **(_PERIOD if declared.has_period else {}),
        **{
            choice.name.replace("-", "_"): (
                _choice_option(choice.name, choice.about, choice.values),
                choice.values[0],
            )
            for choice in declared.choices
        },
        "ledger": (LedgerOption, None),
        "format": (
            _choice_option(
                "format", "Format (default: what the file's ending says).", declared.formats
            ),
            None,
        ),
        "output": (OutputOption, None),
    }
    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]
    run.__signature__ = Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {name: annotation for name, (annotation, _) in options.items()}
    run.__doc__ = declared.about
    return run


def _by_option(declared: Export) -> Any:  # noqa: ANN401  (an annotation)
    usual = ",".join(declared.by)
    return Annotated[
        str | None,
        typer.Option("--by", metavar="DIM,…", help=f"What to split by. (default: {usual})"),
    ]


def _choice_option(name: str, about: str, values: tuple[str, ...]) -> Any:  # noqa: ANN401  (an annotation)
    members = {f"V{place}": value for place, value in enumerate(values)}
    # the members are the export's, which no type checker can know
    kind = StrEnum("Choice", members)  # type: ignore[misc]
    return Annotated[kind | None, typer.Option(f"--{name}", help=about, rich_help_panel="Output")]


def _run(declared: Export, given: dict[str, Any]) -> None:
    """Write the export to where it belongs; what is to be known of it goes to stderr."""
    from finops.cli.diagnostics import say
    from finops.cli.output import pour

    session = open_session(given["ledger"])
    asked = {
        "by": given["by"],
        "format": None if given["format"] is None else str(given["format"]),
        "choices": {
            choice.name: str(given[choice.name.replace("-", "_")])
            for choice in declared.choices
            if given[choice.name.replace("-", "_")] is not None
        },
        **{name: given[name] for name in _PERIOD if name in given},
    }
    output = given["output"]
    if output is None and (asked["format"] or declared.formats[0]) in _BINARY:
        raise UsageError(
            f"{declared.name} is a file: name it", hint=f"-o {declared.name}.{declared.formats[0]}"
        )
    if output in {None, "-"}:
        with tempfile.TemporaryDirectory(prefix="finops-export-") as folder:
            target = Path(folder) / declared.name
            written = session.export(declared.name, target, **asked)
            pour(target)
    else:
        written = session.export(declared.name, output, **asked)
        for path in written.paths:
            say(f"Wrote {path}")
    for note in written.notes:
        say(f"Note: {note}")
