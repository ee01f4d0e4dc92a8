"""Write the breast cancer trial GBSG-2, as the package lifelines holds it, into a folder that the book can read.

python examples/gbsg2/prepare.py TARGET
"""

import argparse
import shutil
from pathlib import Path

from lifelines.datasets import load_gbsg2


def prepare(target: Path) -> None:
    """Write ADSL under the data set's own names of columns, ADTTE, and a copy of trial.yml, which explains them."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("trial.yml"), target / "trial.yml")
    patients = load_gbsg2()
    patients.insert(0, "USUBJID", [f"GBSG2-{number:03d}" for number in range(1, len(patients) + 1)])
    patients.drop(columns=["time", "cens"]).to_csv(target / "adsl.csv", index=False)
    times = patients[["USUBJID"]].assign(PARAMCD="RFS", AVAL=patients["time"], CNSR=1 - patients["cens"])
    times.to_csv(target / "adtte.csv", index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", type=Path, help="folder to write to")
    prepare(parser.parse_args().target)
