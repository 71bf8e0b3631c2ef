"""Writes the sample files: `python -m samples.generate [FOLDER]`, the folder of this file by default."""

from __future__ import annotations

import sys
from pathlib import Path

from .generator.write import write


def main(arguments: list[str]) -> int:
    """Write all files, list their sizes on stdout, return the exit status."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    for path, size in write(folder).items():
        sys.stdout.write(f"{size:>9,} {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
