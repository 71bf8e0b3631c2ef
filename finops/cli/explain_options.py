"""What `finops explain` is told beside its own options: those of the command whose number it explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import typer

__all__ = ["ExplainCommand", "told"]

_ASKED, _MORE = "finops.asked", "finops.more"
_ARGUMENTS = 2
"""The number, and whose it is."""


class ExplainCommand(TyperCommand):
    """A command that keeps options of the command it explains apart from its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  (typer keeps its context's type to itself)
        """Read its own options; the others, where the number is of a command that has some, are kept in `ctx`."""
        from finops.api.asking import ASKED, BESIDE

        number = next((word for word in args if not word.startswith("-")), "")
        known = (*ASKED, *BESIDE)
        if not any(number == name or number.startswith(f"{name}.") for name in known):
            return super().parse_args(ctx, args)
        own = {
            name: getattr(option, "is_flag", False)
            for option in self.get_params(ctx)
            for name in (*option.opts, *option.secondary_opts)
        }
        mine, words, asked = _parted(args, own)
        ctx.meta[_ASKED], ctx.meta[_MORE] = asked, words[_ARGUMENTS:]
        return super().parse_args(ctx, [*mine, "--", *words[:_ARGUMENTS]])


def _parted(
    args: list[str], own: Mapping[str, bool]
) -> tuple[list[str], list[str], dict[str, str]]:
    """Its own options, plain words, and the other options by name; what is given twice with a comma between."""
    mine: list[str] = []
    words: list[str] = []
    asked: dict[str, str] = {}
    rest = iter(args)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            words.append(word)
        elif name in own:
            mine.append(word)
            if not own[name] and not equals:
                mine.extend(_next(rest))
        else:
            text = value if equals else next(_next(rest), "")
            said = asked.get(_key(name))
            asked[_key(name)] = text if said is None else f"{said},{text}"
    return mine, words, asked


def _next(rest: Iterator[str]) -> Iterator[str]:
    yield from (word for word in (next(rest, None),) if word is not None)


def _key(name: str) -> str:
    return name.lstrip("-").replace("-", "_")


def told(ctx: typer.Context) -> tuple[dict[str, str], list[str]]:
    """Options and arguments that were kept for the command explained."""
    return ctx.meta.get(_ASKED, {}), ctx.meta.get(_MORE, [])
