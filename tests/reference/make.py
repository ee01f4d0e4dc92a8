"""Make the reference answers anew with R: python tests/reference/make.py [FAMILY ...]; all of them by default.

Needs R with the packages the scripts load (Debian: r-base-core, r-cran-survival, r-cran-jsonlite, ...). Each
make_FAMILY.R beside this file writes FAMILY_r.json; data sets go to R as CSV files, made from what the package ships.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lentap.validation import datasets

HERE = Path(__file__).parent
SETS: dict[str, Callable[[], pd.DataFrame]] = {name: getattr(datasets, name) for name in datasets.__all__}


def make(families: list[str]) -> None:
    """Run each family's script; the first that fails ends it."""
    with TemporaryDirectory() as folder:
        for name, load in SETS.items():
            load().to_csv(Path(folder) / f"{name}.csv", index=False)
        for family in families:
            subprocess.run(
                ["Rscript", f"make_{family}.R"], cwd=HERE, env={**os.environ, "LENTAP_DATA": folder}, check=True
            )


if __name__ == "__main__":
    make(sys.argv[1:] or sorted(path.stem.removeprefix("make_") for path in HERE.glob("make_*.R")))
