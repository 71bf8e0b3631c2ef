"""A process that pulls, to be cut off and killed: waits with everything imported until it is let go.

puller.py LEDGER NOW '{"name": {"connector": …}}'
"""

from __future__ import annotations

import json
import sys
from datetime import datetime

from connectors.configured import configured
from connectors.pulling import PullOptions, pull
from finops.ledger.store import Ledger


def main() -> int:
    """0 when every source was read to its end."""
    location, now, said = sys.argv[1:]
    sources = configured(json.loads(said))
    ledger = Ledger.open(location, create=True)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    results = list(pull(ledger, sources, PullOptions(datetime.fromisoformat(now))))
    sys.stdout.write(f"{sum(len(result.loads) for result in results)} loads\n")
    return sum(result.error is not None for result in results)


if __name__ == "__main__":
    sys.exit(main())
