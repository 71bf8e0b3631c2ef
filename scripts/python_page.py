"""docs/python.md: everything Python can ask, from the signatures and docstrings of `finops.api`."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, is_typeddict

import finops
import finops.api
from finops.api.answer import Answer
from finops.api.close import Close
from finops.api.connectors import Connectors
from finops.api.owners import Owners
from finops.api.scorecard import Scorecard
from finops.api.session import Session
from finops.api.vendor import Vendors

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["python_parts"]

GROUPS = (Owners, Close, Scorecard, Vendors, Connectors)
"""Classes whose methods are asked as `session.NAME.METHOD()`."""

ABOUT = """\
`import finops` asks what the commands ask. A method has the name of its command, a keyword that of its option, and an
answer is both the typed value of the analysis and the report that the command prints. Importing it costs nothing; what a
question needs is loaded when it is asked. [Python and notebooks](howto/python.md) shows it at work.

A session holds no state but where the ledger is and what the settings say. Several threads may ask one at once, and
`finops.Stop` ends what one of them computes."""


class Member(NamedTuple):
    """A public function, method or property: its name, what it takes, what it says."""

    name: str
    signature: str
    words: str


def python_parts() -> list[str]:
    """The page's parts after its title."""
    top = [_member(name, getattr(finops, name), name) for name in ("open", "breakeven")]
    session = list(_members(Session))
    parts = [
        ABOUT,
        "## Opening",
        *(_section(each, "finops.") for each in top),
        _of_class(finops.Stop, "finops.Stop", "stop"),
        "## Questions and loading",
        *(_section(each, "session.") for each in session),
    ]
    names = {
        prop.fget.__annotations__["return"]: name
        for name, prop in vars(Session).items()
        if isinstance(prop, property) and prop.fget is not None
    }
    parts += [_of_class(kind, f"session.{names[kind.__name__]}") for kind in GROUPS]
    parts += ["## Answers", _of_class(Answer, "Answer", "answer")]
    parts += [_of_class(kind, kind.__name__, "answer") for kind in _answers()]
    parts += ["## Keywords that several take", *(_keywords(kind) for kind in _typed_dicts())]
    return parts


def _of_class(kind: type[Any], title: str, prefix: str | None = None) -> str:
    """A class: what it is, and its public members."""
    words = inspect.getdoc(kind) or ""
    body = [f"### {title}", words]
    if "__call__" in vars(kind):
        body.append(_section(_member("__call__", vars(kind)["__call__"], ""), title))
    body += [_section(each, f"{prefix or title}.") for each in _members(kind)]
    return "\n\n".join(body)


def _members(kind: type[Any]) -> Iterator[Member]:
    for name, found in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(found, property):
            if found.fget is not None and found.fget.__annotations__.get("return") not in {
                group.__name__ for group in GROUPS
            }:
                yield Member(name, "", inspect.getdoc(found) or "")
        elif inspect.isfunction(found):
            yield _member(name, found, name)


def _member(name: str, function: Any, shown: str) -> Member:  # noqa: ANN401  (any callable)
    signature = inspect.signature(function)
    given = [one for key, one in signature.parameters.items() if key not in {"self", "session"}]
    lines = []
    keyword_only = False
    for one in given:
        if one.kind is one.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            lines.append("*")
        lines.append(_parameter(one))
    inside = ", ".join(lines)
    if len(inside) > _WIDTH:
        inside = "\n" + "".join(f"    {line},\n" for line in lines)
    return Member(
        name,
        f"{shown}({inside}) -> {_plain(signature.return_annotation)}",
        inspect.getdoc(function) or "",
    )


_WIDTH = 90


def _parameter(one: inspect.Parameter) -> str:
    if one.kind is one.VAR_KEYWORD:
        return f"**{one.name}: {_plain(one.annotation).removeprefix('Unpack[').removesuffix(']')}"
    default = "" if one.default is one.empty else f" = {_default(one.default)}"
    return f"{one.name}: {_plain(one.annotation)}{default}"


def _default(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _plain(annotation: object) -> str:
    return str(annotation).strip("'\"")


def _section(member: Member, prefix: str) -> str:
    """One member: its signature as code, then what it says, without the line breaks of the source."""
    if not member.signature:
        return f"#### {prefix}{member.name}\n\n{member.words}"
    shown = member.signature.partition("(")[0]
    title = f"#### {prefix}{shown}()" if shown else f"#### {prefix}()"
    call = f"{prefix}{member.signature}"
    return f"{title}\n\n```python\n{call}\n```\n\n{member.words}"


def _answers() -> Iterator[type[Any]]:
    """Kinds of answers that can say more than `Answer`, in the order of their modules, each once.

    A dataclass with slots leaves the class it was made from behind, under the same name.
    """
    for module in pkgutil.walk_packages(finops.api.__path__, "finops.api."):
        importlib.import_module(module.name)
    named = {(kind.__module__, kind.__name__): kind for kind in Answer.__subclasses__()}
    for _, kind in sorted(named.items()):
        if kind.__module__.startswith("finops.api.") and any(_members(kind)):
            yield kind


def _typed_dicts() -> Iterator[type[Any]]:
    """The groups of keywords, each once."""
    seen = set()
    for name in sorted(sys.modules):
        if not name.startswith("finops.api."):
            continue
        for kind in vars(sys.modules[name]).values():
            if is_typeddict(kind) and kind.__module__ == name and kind not in seen:
                seen.add(kind)
                yield kind


def _keywords(kind: type[Any]) -> str:
    """A group of keywords: each with its type and the words that stand under it."""
    tree = ast.parse(inspect.getsource(kind)).body[0]
    if not isinstance(tree, ast.ClassDef):
        raise TypeError(kind)
    rows = []
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            words = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                words = str(after.value.value)
            kind_text = ast.unparse(node.annotation).replace("|", "\\|")
            rows.append(f"| `{node.target.id}` | `{kind_text}` | {words} |")
    head = "| keyword | type | meaning |\n| --- | --- | --- |\n"
    return f"### {kind.__name__}\n\n{inspect.getdoc(kind)}\n\n{head}" + "\n".join(rows)
