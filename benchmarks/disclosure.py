"""Audit the disclosure of two editions of many small kabupaten: ``make disclosure``.

What ``tests/test_disclosure_audit.py`` does for one kabupaten in which nearly every count is small, for as
many as asked for. Exit code 1 when a hidden count is told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.disclosure_pages import WIDTH, pages_of, read_pages
from tests.small_kabupaten import WEEKS, write_store


def main() -> int:
    """Run it; one line for each kabupaten."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kabupaten", type=int, default=10, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of the first")
    asked = parser.parse_args()
    print("seed  exhibits  cells  equations  hidden  told  seconds")
    worst = 0
    for seed in range(asked.seed, asked.seed + asked.kabupaten):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            store = write_store(Path(folder) / "store", seed)
            pages = pages_of(store, WEEKS[-2:])
            audit = read_pages(store, pages).audit
            told = audit.told(WIDTH)
        worst += len(told)
        print(
            f"{seed:4}  {len(pages):8}  {len(audit.low):5}  {len(audit.rows):9}  "
            f"{len(audit.watched):6}  {len(told):4}  {time.perf_counter() - began:7.0f}",
            flush=True,
        )
        for name, (low, high) in told.items():
            print(f"      {low:g} to {high:g}: {name}")
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
