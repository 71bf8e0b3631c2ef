"""docs/checks.md: what the scorecard asks, from its catalog and the probes that answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scorecard.catalog import CheckKind, load_catalog
from scorecard.probes.registry import load_probe, probe_names

if TYPE_CHECKING:
    from scorecard.catalog import Category, Check

__all__ = ["checks_parts"]

ABOUT = """\
The scorecard has eight categories of two points each. A level is reached when every check of it, and of the levels below,
holds. *Automatic* checks are answered by a probe from the ledger, *manual* ones by people
and their documents, *both* by either;
what a probe cannot tell is not available, and never false. `finops scorecard catalog --yaml` writes the catalog to start
your own from."""


def checks_parts() -> list[str]:
    """The page's parts after its title."""
    catalog = load_catalog(None)
    probes = "\n".join(
        ["| probe | question | reads | for one team |", "| --- | --- | --- | --- |"]
        + [
            f"| `{probe.name}` | {probe.question} | {', '.join(probe.tables)} | {'yes' if probe.by_team else ''} |"
            for probe in map(load_probe, probe_names())
        ]
    )
    return [ABOUT, *map(_category, catalog.categories), f"## Probes\n\n{probes}"]


def _category(category: Category) -> str:
    levels = "\n".join(f"- **{level}** {words}" for level, words in category.levels.items())
    checks = "\n\n".join(map(_check, category.checks))
    return f"## {category.title}\n\n{category.question}\n\n{levels}\n\n{checks}"


def _check(check: Check) -> str:
    how = f"probe `{check.probe}`" if check.probe else "documents"
    if check.params:
        told = ", ".join(f"{name} {value}" for name, value in check.params.items())
        how += f" ({told})"
    if check.kind is CheckKind.BOTH:
        how += ", or a document"
    return (
        f"### {check.id}\n\nLevel {check.level}, {check.kind}, by {how}. {check.statement}\n\n"
        f"**When it is false.** {check.remediation} ({check.effort} effort, {check.owner})"
    )
