"""`finops init`: a finops.toml to start from, every setting explained where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["TEMPLATE", "register"]

TEMPLATE = """\
# finops.toml: settings of finops. Lines that begin with # are examples; remove the # to use them.
# A flag wins over a FINOPS_... variable, which wins over this file. `finops doctor` shows what is in
# force, and from where. Secrets never stand here.

# Where the ledger is: a folder (relative to this file) or an object-store URL (s3://bucket/folder).
# ledger = "ledger"

# Currency reports are asked for in (ISO 4217). Amounts of different currencies are never added.
currency = "USD"

# Metered pools: where a bill carries no token quantities, one factor may close a gap between bill and
# priced log up to this share. Beyond it requests keep the list rate and the rest stays unallocated.
[metered]
tolerance = "0.05"

# Pools cut the bill into parts that behave alike. The first one whose `where` holds for a cost row
# takes it; what none takes is `other`. Kinds:
#   metered      a provider bills tokens              provisioned  billed capacity that serves tokens
#   gpu          accelerators, rented or owned        seat         per-user plans
#   shared       storage, network, vector store ...   other        not AI, still counted
# A shared pool is split by `driver`: requests, tokens, retrievals, bytes, cost or even.

# [[pools]]
# name = "llm-apis"
# kind = "metered"
# where = "ProviderName in ('OpenAI', 'Anthropic')"

# [[pools]]
# name = "gpu-cluster"
# kind = "gpu"
# where = "Tags['team'] = 'ml-platform' and ServiceCategory = 'Compute'"

# [[pools]]
# name = "vector-store"
# kind = "shared"
# driver = "retrievals"
# where = "ServiceName like '%OpenSearch%'"

# Prices you negotiated, or your own models' rates: per million tokens, from the first day up to, not
# including, `to`. Everything else is priced from the public list. Write amounts in quotes.

# [[prices]]
# provider = "openai"
# model = "gpt-5"
# from = 2026-01-01
# to = 2027-01-01
# currency = "USD"
# input = "1.10"
# cache_read = "0.11"
# output = "8.80"
# source = "contract 4711, annex B"

# Hardware you own: what it cost, how long it serves and what keeping it takes. It is charged to its pool day
# by day, beside the bills. What an invoice charges goes into `invoiced` instead, so that nothing counts twice.

# [[owned]]
# name = "training cluster"
# pool = "owned-h100"
# cluster = "colo"
# nodes = 2
# devices_per_node = 8
# in_service = 2026-01-15
# life_months = 48
# purchase_price = "598000"
# residual = "70000"
# support_per_month = "2990"
# invoiced = { colocation = "ServiceName = 'Colocation'" }
# power = { price_per_kwh = "0.118", pue = "1.32", idle_kw = "4.4", max_kw = "20.4" }

# Whose a cost is: owners.csv beside this file (`finops owners check` proposes its rows), or a tag of the bill
# that names the team itself.

# [owners]
# team_tag = "team"

# Layers of the stack for `finops costs --by layer`, before our own rules: facilities & power, compute,
# networking, storage, orchestration, data & pipelines, serving, observability, security.

# [[layers]]
# layer = "serving"
# where = "ServiceName = 'Model gateway'"

# What a good response is: of several objectives one falls under, the first applies. Limits are in
# milliseconds: to the first token, to the last byte, and per token after the first.

# [[slo]]
# workflow = "support-*"
# ttft_ms = 800
# tpot_ms = 50

# Where two logs show the same calls, the one to believe first; and outcomes of a successful run.
# [requests]
# authority = ["litellm-spend", "otlp-traces"]
# success = ["success", "resolved"]

# Accelerators of this machine: what `finops collect gpu` does where its options do not say otherwise.
# [collect]
# interval = "15s"
# cluster = "colo"
# pool = "gpu-cluster"

# Attributes of a log that are kept with each request. Prompts and answers never are.
# [attributes]
# allow = ["experiment", "customer_tier"]
"""
"""The file written; everything in it is valid, also with the `#` before every example removed."""

PathArgument = Annotated[
    Path | None, typer.Argument(help="File to write.", metavar="PATH", show_default="finops.toml")
]
ScenarioOption = Annotated[
    bool,
    typer.Option(
        "--scenario", help="Write a break-even scenario instead, scenario.yaml by default."
    ),
]
InteractiveOption = Annotated[
    bool,
    typer.Option(
        "--interactive", help="Look for sources here, ask, check each, and write those agreed to."
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


def register(app: typer.Typer) -> None:
    """Add `init` to the application."""
    app.command("init")(init)


def init(
    *,
    path: PathArgument = None,
    interactive: InteractiveOption = False,
    scenario: ScenarioOption = False,
    force: ForceOption = False,
) -> None:
    """Write a finops.toml to start from.

    Pools and prices are explained by examples in it. With --interactive it also names the sources that this machine
    shows: admin keys in the environment, agents' logs, a Prometheus, Slurm and others; each is checked first. NVIDIA
    GPUs get a [collect] table for `finops collect gpu`. An existing file is kept unless --force is given.
    """
    from finops.cli.diagnostics import say
    from finops.cli.output import write_bytes
    from finops.errors import UsageError

    target = path or Path("scenario.yaml" if scenario else "finops.toml")
    if interactive and scenario:
        raise UsageError("--interactive looks for sources, and a scenario has none")
    if target.exists() and not force:
        raise UsageError(f"{target} exists already", hint="--force replaces it")
    if scenario:
        from finops.analysis.breakeven.scenario import template

        write_bytes(template().encode(), target)
        say(f"wrote {target}; next: finops breakeven --scenario {target}")
        return
    if interactive:
        _interactive(target)
        return
    write_bytes(TEMPLATE.encode(), target)
    say(f"wrote {target}; next: finops load costs BILL.csv, or finops demo to see it with samples")


def _interactive(target: Path) -> None:
    """Ask, write, and read what was written as every later command will."""
    from finops.cli.diagnostics import say
    from finops.cli.interview import interview
    from finops.cli.output import write_bytes

    found = interview()
    write_bytes((TEMPLATE + found.text).encode(), target)
    commands = found.commands or ("finops load costs BILL.csv",)
    say(f"wrote {target}; next: {', '.join(commands)}")
