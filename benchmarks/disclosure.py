"""Audit the disclosure of two editions of many small kabupaten: ``make disclosure``.

What ``tests/test_disclosure_audit.py`` does for one kabupaten in which nearly every count is small, for as
many as asked for, and then for three kecamatan of the sample kabupaten. Exit code 1 when a hidden count
is told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from ektp_analysis.store import Store
from tests.disclosure_pages import WIDTH, pages_of, read_pages
from tests.small_kabupaten import write_store
from tests.soak.project import make_project

SAMPLE = ("17.02.19", "17.02.20", "17.02.22")
SAMPLE_WEEKS = 10


def main() -> int:
    """Run it; one line for each kabupaten."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kabupaten", type=int, default=10, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of the first")
    asked = parser.parse_args()
    print("seed  exhibits  cells  equations  hidden  told  seconds")
    worst = 0
    for seed in [*range(asked.seed, asked.seed + asked.kabupaten), None]:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            if seed is None:
                project = make_project(Path(folder), SAMPLE, SAMPLE_WEEKS)
                store = Store(project / "data/store")
            else:
                store = write_store(Path(folder) / "store", seed)
            pages = pages_of(store, [pd.Timestamp(day) for day in store.dates()[-2:]])
            audit = read_pages(store, pages).audit
            told = audit.told(WIDTH)
        worst += len(told)
        print(
            f"{'kab.' if seed is None else seed:>4}  {len(pages):8}  {len(audit.low):5}  {len(audit.rows):9}  "
            f"{len(audit.watched):6}  {len(told):4}  {time.perf_counter() - began:7.0f}",
            flush=True,
        )
        for name, (low, high) in told.items():
            print(f"      {low:g} to {high:g}: {name}")
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
