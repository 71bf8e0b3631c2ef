"""`finops vendor new|import|export`: questionnaires out to vendors, answers back, and both in other formats."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, OutputOption, open_session
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001
from finops.errors import FinopsError, UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from scorecard.questionnaire.columns import Proposal

__all__ = ["CatalogOption", "export_", "import_", "new"]

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The vendor.")]
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE.xlsx", help="The questionnaire that came back.")
]
CatalogOption = Annotated[
    str | None,
    typer.Option("--catalog", metavar="FILE", help="Catalog (YAML) to ask by. (default: ours)"),
]
MapOption = Annotated[
    Path | None,
    typer.Option("--map", metavar="FILE", help="Column map of somebody else's questionnaire."),
]
SaveMapOption = Annotated[
    Path | None,
    typer.Option(
        "--save-map", metavar="FILE", help="Write the column map proposed for FILE.xlsx, and stop."
    ),
]
KeepGoodOption = Annotated[
    bool, typer.Option("--keep-good", help="Keep the good answers when some cannot be taken.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
FilledOption = Annotated[
    bool, typer.Option("--filled/--blank", help="With the answers, or without.")
]


class ExportFormat(StrEnum):
    """Formats of a questionnaire: `xlsx` is the one to fill in, `yaml` the one that is kept."""

    XLSX = "xlsx"
    YAML = "yaml"
    JSON = "json"
    MD = "md"
    HTML = "html"
    CSV = "csv"
    TABLE = "table"


ExportFormatOption = Annotated[
    ExportFormat, typer.Option("--format", "-f", help="How to write it.", rich_help_panel="Output")
]

_QUOTE = """\
# An offer of GPUs. `finops vendor quote` makes it comparable; every field: `finops vendor quote --help`.
need:
  gpus: 8
  # hours: 500            # a month each GPU is in use; all of it by default
  # storage_tb: 10
  # egress_gb: 1000
quotes:
  - vendor: {name}
    currency: USD
    price: 2.50
    price_unit: gpu_hour    # gpu_hour, node_hour, gpu_month, node_month
    billing: reserved       # reserved: every hour of the term; used: hours used
    term_months: 12
    prepaid: 0%
    # storage_per_tb_month, storage_included_tb, egress_per_gb, egress_included_gb
    # interconnect, interconnect_per_gpu_hour, support, support_per_month, setup_fee
    availability: 99.9%
    # expected_availability: 99.2%   # what references or measurements say
    credits: "99.9%: 10%; 99%: 25%"
    # tokens_per_second: 1400        # of one GPU, benchmarked
    # benchmark: model, precision, engine, lengths, who ran it
    # source: offer number, date
"""

_TELEMETRY = """\
# How the ledger knows {name}: a filter for each table, so that claims are held against measurements.
# requests: provider = '{slug}'
# costs: ServiceProviderName = '{name}'
# gpu_samples: cluster = '{slug}'
# jobs: cluster = '{slug}'
# gpus_per_unit: 8      # GPUs in one unit of an hour the bill counts
"""


def new(
    *,
    name: NameArgument,
    vendors: VendorsOption = Path("vendors"),
    catalog: CatalogOption = None,
    force: ForceOption = False,
) -> None:
    """Start a vendor: a questionnaire to send, an offer to fill in.

    Makes a folder with questionnaire.xlsx (drop-downs and guidance, for Excel or LibreOffice), quote.yaml and
    telemetry.yaml. What is there already is kept unless --force is given.
    """
    from finops.cli.diagnostics import say
    from finops.cli.output import write_bytes
    from scorecard.questionnaire.sheet import write_questionnaire
    from scorecard.vendors import slug, vendor_at

    asked, items = open_session(required=False).vendor.asked(catalog)
    vendor = vendor_at(vendors, name)
    try:
        vendor.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinopsError(f"{vendor.folder} could not be made: {error.strerror}") from error
    texts = {"name": name.replace("'", ""), "slug": slug(name)}
    files = {
        vendor.questionnaire: write_questionnaire(asked, items, name),
        vendor.folder / "quote.yaml": _QUOTE.format(**texts).encode(),
        vendor.folder / "telemetry.yaml": _TELEMETRY.format(**texts).encode(),
    }
    for path, content in files.items():
        if path.exists() and not force:
            say(f"kept {path}")
            continue
        write_bytes(content, path)
        say(f"wrote {path}")
    say(
        f"next: send {vendor.questionnaire}, then finops vendor import {vendor.folder.name} FILE.xlsx"
    )


def import_(  # noqa: PLR0913  (one parameter for each option)
    *,
    name: NameArgument,
    file: FileArgument,
    map_: MapOption = None,
    save_map: SaveMapOption = None,
    keep_good: KeepGoodOption = False,
    vendors: VendorsOption = Path("vendors"),
    catalog: CatalogOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Read a filled questionnaire, and name every cell that is not as it should be.

    Answers that cannot be read, stand twice or contradict another are refused, all of them unless --keep-good is
    given. Documents named as evidence are taken from beside the file. Somebody else's questionnaire needs a
    column map: --save-map proposes one to check, --map uses it.
    """
    from finops.cli.output import emit

    asked = open_session(required=False).vendor
    if save_map is not None:
        _save_map(asked.propose_map(file, catalog=catalog), save_map)
        return
    found = asked.import_(
        name, file, map=map_, keep_good=keep_good, vendors=vendors, catalog=catalog
    )
    emit(found.report, format, output)
    found.require()


def _save_map(proposal: Proposal, path: Path) -> None:
    from finops.cli.diagnostics import say
    from finops.cli.output import write_bytes
    from scorecard.questionnaire.columns import dump_map

    write_bytes(dump_map(proposal).encode(), path)
    sure = sum(match.item is not None for match in proposal.matches)
    say(
        f"wrote {path}: {sure} of {len(proposal.matches)} questions matched; check each, then --map {path}"
    )


def export_(
    *,
    name: NameArgument,
    filled: FilledOption = True,
    vendors: VendorsOption = Path("vendors"),
    catalog: CatalogOption = None,
    format: ExportFormatOption = ExportFormat.XLSX,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Write a vendor's questionnaire, with its answers or blank, in any format.

    The workbook can be filled in and imported again; the YAML is what is kept.
    """
    from finops.cli.output import emit, write_bytes

    found = open_session(required=False).vendor.export(
        name, filled=filled, vendors=vendors, catalog=catalog
    )
    if format is ExportFormat.XLSX:
        if output is None:
            raise UsageError("a workbook is a file: name it", hint="-o questionnaire.xlsx")
        write_bytes(found.workbook(), output)
    elif format is ExportFormat.YAML:
        write_bytes(found.yaml(), output)
    else:
        emit(found.report, ReportFormat(format), output)
