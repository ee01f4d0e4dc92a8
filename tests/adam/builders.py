"""A tiny valid trial, whole or with something broken in it, written into a folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

Tables = dict[str, pd.DataFrame]


def trial_yml() -> dict[str, Any]:
    """Two arms, two populations, one endpoint, one criterion, one marker."""
    return {
        "id": "tiny",
        "title": "A tiny trial",
        "source": "synthetic",
        "arms": [
            {"name": "A", "label": "Drug and TACE", "role": "experimental"},
            {"name": "B", "label": "TACE alone", "role": "control"},
        ],
        "populations": {
            "ITT": {"label": "Intention to treat", "flag": "ITTFL"},
            "SAF": {"label": "Safety", "flag": "SAFFL", "arm": "TRT01A"},
        },
        "endpoints": {
            "OS": {
                "label": "Overall survival",
                "unit": "months",
                "population": "ITT",
                "origin": "enrolment",
                "event": "death",
                "censoring": "last day known alive",
                "resection": "counts on",
                "crossover": "counts on",
                "new_therapy": "counts on",
            }
        },
        "criteria": {"RECIST 1.1": "OVRR11"},
        "markers": {"DRCD38": {"label": "HLA-DR+CD38+", "unit": "% of CD8+ T cells"}},
        "screen_failures": ["Screen Failure"],
        "baseline": {"AGE": "Age (years)", "SEX": "Sex"},
    }


def tables() -> Tables:
    """Six subjects, three an arm, with every table; S1 and S4 underwent resection."""
    subjects = [f"S{n}" for n in range(1, 7)]
    arms = ["A", "A", "A", "B", "B", "B"]
    return {
        "adsl": pd.DataFrame(
            {
                "USUBJID": subjects,
                "SITEID": ["007", "007", "012", "012", "007", "012"],
                "TRT01P": arms,
                "TRT01A": arms,
                "ITTFL": "Y",
                "SAFFL": ["Y", "Y", "Y", "Y", "Y", "N"],
                "RESFL": ["Y", "N", "N", "Y", "N", "N"],
                "AGE": [50, 61, 55, 48, 70, 66],
                "SEX": ["M", "M", "F", "M", "F", "M"],
                "ENRLDT": "2024-01-10",
                "TRTSDT": "2024-01-15",
                "TRTEDT": "2024-06-15",
            }
        ),
        "adtte": pd.DataFrame(
            {
                "USUBJID": subjects,
                "PARAMCD": "OS",
                "AVAL": [12.0, 30.0, 24.0, 6.0, 9.5, 18.0],
                "CNSR": [1, 0, 2, 0, 0, 1],
                "AVALU": "MONTHS",
            }
        ),
        "adrs": pd.DataFrame(
            {
                "USUBJID": subjects * 2,
                "PARAMCD": "OVRR11",
                "AVISITN": [1] * 6 + [2] * 6,
                "AVALC": ["PR", "SD", "SD", "PR", "PD", "NE", "CR", "PR", "PD", "PR", "PD", "SD"],
            }
        ),
        "adae": pd.DataFrame(
            {
                "USUBJID": ["S1", "S1", "S4"],
                "AEDECOD": ["Hypertension", "Fatigue", "Hypertension"],
                "AESEQ": [1, 2, 1],
                "AETOXGR": [3, 1, 2],
                "ASTDT": ["2024-02-01", "2024-02-05", "2024-02-09"],
                "AENDT": ["2024-02-10", "", "2024-03-01"],
            }
        ),
        "adpr": pd.DataFrame(
            {
                "USUBJID": ["S1", "S1", "S4", "S1"],
                "PRCAT": ["TACE", "RESECTION", "RESECTION", "RESECTION"],
                "PRSEQ": [1, 1, 1, 2],
                "ASTDY": [1, 120, 90, 300],
            }
        ),
        "adim": pd.DataFrame(
            {
                "USUBJID": ["S1", "S1", "S4", "S4"],
                "PARAMCD": "DRCD38",
                "AVISITN": [0, 1, 0, 1],
                "AVAL": [10.0, 25.5, 12.0, None],
                "AVALU": "%",
            }
        ),
        "adex": pd.DataFrame(
            {
                "USUBJID": ["S1", "S1", "S1", "S4"],
                "EXCAT": ["TACE", "LENVATINIB", "LENVATINIB", "LENVATINIB"],
                "EXTRT": ["Epirubicin", "Lenvatinib", "Lenvatinib", "Lenvatinib"],
                "ASTDY": [1, 1, 31, 1],
                "AENDY": [1, 30, 60, 90],
                "EXPLDOS": [50, 12, 12, 8],
                "EXDOSE": [50, 12, 8, 8],
            }
        ),
        "adlb": pd.DataFrame(
            {
                "USUBJID": ["S1", "S1", "S1", "S4", "S4", "S4"],
                "PARAMCD": ["ALT", "ALT", "BILI", "ALT", "BILI", "BILI"],
                "ADY": [-1, 22, -1, -2, -2, None],
                "AVAL": [35.0, 120.0, 12.5, 48.0, 18.1, None],
                "AVALU": ["U/L", "U/L", "umol/L", "U/L", "umol/L", "umol/L"],
                "ANRLO": [9.0, 9.0, 3.4, 9.0, 3.4, 3.4],
                "ANRHI": [50.0, 50.0, 20.5, 50.0, 20.5, 20.5],
                "ABLFL": ["Y", "", "Y", "Y", "Y", ""],
            }
        ),
        "adtr": pd.DataFrame(
            {
                "USUBJID": ["S1", "S1", "S1", "S4", "S4", "S4"],
                "TRGRPID": ["TARGET", "TARGET", "NEW", "TARGET", "TARGET", "NEW"],
                "TRLNKID": ["T01", "T01", "NEW", "T01", "T01", "NEW"],
                "AVISITN": [0, 1, 1, 0, 1, 1],
                "TREVALID": "READER 1",
                "LDIAM": [60, 40, None, 85, 90, None],
                "VDIAM": [52, 12, None, 80, 70, None],
                "AVALC": ["", "", "N", "", "", "Y"],
            }
        ),
    }


def write_trial(
    folder: Path,
    change: Callable[[Tables], object] | None = None,
    *,
    change_yml: Callable[[dict[str, Any]], object] | None = None,
    suffix: str = ".csv",
) -> Path:
    """Write the tiny trial into a folder, after changing its tables or its trial.yml in place."""
    frames, design = tables(), trial_yml()
    if change:
        change(frames)
    if change_yml:
        change_yml(design)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trial.yml").write_text(yaml.safe_dump(design, sort_keys=False, allow_unicode=True), encoding="utf-8")
    for name, frame in frames.items():
        write_table(frame, folder / f"{name}{suffix}")
    return folder


def write_table(frame: pd.DataFrame, file: Path) -> None:
    """Write one table in the format of its file's suffix."""
    if file.suffix == ".csv":
        frame.to_csv(file, index=False, lineterminator="\n")
    elif file.suffix == ".parquet":
        frame.to_parquet(file, index=False)
    else:
        import pyreadstat

        pyreadstat.write_xport(frame, file, table_name=file.stem.upper(), file_format_version=5)
