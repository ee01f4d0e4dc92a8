"""Run benchmarks and print their table: python -m benchmarks [NAME ...]; all of them by default."""

import os
import platform
import sys
from importlib import import_module

from benchmarks.measure import Row

NAMES = ("survival", "simulation", "tables", "adverse_events", "reconstruction", "cytometry", "book", "sweeps")
FORM = "{:<46} {:>10} {:>10} {:>8}  {:<7} {:<22} {}"


def main(names: list[str]) -> None:
    """Print each row as soon as it is measured."""
    if unknown := [name for name in names if name not in NAMES]:
        sys.exit(f"no benchmark {', '.join(unknown)}: legal is {', '.join(NAMES)}")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("ratio: the peer's number over ours\n")
    print(FORM.format("what", "ours", "peer", "ratio", "", "target", "peer is"))
    for name in names or NAMES:
        for row in import_module(f"benchmarks.{name}").rows():
            print(line(row), flush=True)


def line(row: Row) -> str:
    """One row of the table."""
    peer = "" if row.peer is None else f"{row.peer:.3g} {row.unit}"
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    ours = f"{row.ours:.3g} {row.unit}".rstrip()
    return FORM.format(row.what, ours, peer, ratio, row.verdict, row.target, row.peer_name).rstrip()


if __name__ == "__main__":
    main(sys.argv[1:])
