"""Times to events, derived once more from raw dates by what trial.yml says of each endpoint."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lentap.files import data_dir
from lentap.stats.visit_response import visit_response
from tests.simulate.shapes import Tables, days, read_by

MONTH = 30.4375


def derived(tables: Tables) -> pd.DataFrame:
    """Rows of ADTTE from the dates of subjects, procedures and tumour measurements alone."""
    adsl = tables["adsl"].set_index("USUBJID")
    enrolled, died, alive = (days(adsl[name]) for name in ("ENRLDT", "DTHDT", "LSTALVDT"))
    left = (adsl["EOSSTT"] == "DISCONTINUED") & (adsl["DCSREAS"] != "DEATH")
    operations = tables["adpr"][tables["adpr"]["PRCAT"] == "RESECTION"]
    resected = days(operations.set_index("USUBJID")["ASTDT"]).reindex(adsl.index)

    lesions = tables["adtr"][tables["adtr"]["TREVALID"] == "READER 1"].assign(day=lambda rows: days(rows["ADT"]))
    when = lesions.drop_duplicates(["USUBJID", "AVISITN"]).set_index(["USUBJID", "AVISITN"])["day"]
    visits = visit_response(*read_by(tables), criterion="mRECIST").join(when, on=["USUBJID", "AVISITN"])
    evaluable = visits[visits["AVALC"] != "NE"]
    surveillance = lesions[(lesions["TRGRPID"] == "NEW") & (lesions["day"] > lesions["USUBJID"].map(resected))]

    def first(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
        return rows.groupby("USUBJID")["day"].min().reindex(adsl.index)

    def last(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
        return rows.groupby("USUBJID")["day"].max().reindex(adsl.index)

    recurred = first(surveillance[surveillance["AVALC"] == "Y"])
    worse = first(evaluable[evaluable["AVALC"] == "PD"]).fillna(recurred)
    watched = pd.concat([resected, last(surveillance)], axis=1).max(axis=1)
    assessed = pd.concat([enrolled, last(evaluable), watched], axis=1).max(axis=1)
    event = pd.concat([worse, died], axis=1).min(axis=1)
    what = np.where(worse.isna(), "Death", np.where(resected.notna(), "Recurrence", "Progression"))
    words = np.where(left, "Left the study: last assessment without event", "Last assessment without event")
    over = np.where(died.notna(), "Death", np.where(left, "Left the study", "Alive at last contact"))
    parts = {
        "OS": (enrolled, died, alive, over),
        "EFS": (enrolled, event, assessed, np.where(event.notna(), what, words)),
        "RFS": (resected, event, watched, np.where(event.notna(), what, words)),
    }
    rows = [
        pd.DataFrame(
            {
                "USUBJID": adsl.index.to_numpy(),
                "PARAMCD": name,
                "AVAL": np.round(((happened.fillna(censored) - origin).dt.days + 1) / MONTH, 2),
                "CNSR": np.select([happened.notna(), left], [0, 2], 1),
                "STARTDT": origin.dt.strftime("%Y-%m-%d"),
                "ADT": happened.fillna(censored).dt.strftime("%Y-%m-%d"),
                "EVNTDESC": told,
            }
        ).reset_index(drop=True)[origin.notna().to_numpy()]
        for name, (origin, happened, censored, told) in parts.items()
    ]
    return pd.concat(rows).sort_values(["USUBJID", "PARAMCD"], ignore_index=True)


def shipped() -> Tables:
    folder: Path = data_dir() / "trial"
    numbers = {"adtr": ["AVISITN", "LDIAM", "VDIAM"], "adtte": ["AVAL", "CNSR"]}
    return {
        name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False).apply(
            lambda column, name=name: pd.to_numeric(column) if column.name in numbers.get(name, []) else column
        )
        for name in ("adsl", "adpr", "adtr", "adtte")
    }


@pytest.mark.parametrize("trial", ["shipped", "large"])
def test_times_derived_from_raw_dates_by_the_stated_rules_are_those_recorded(trial: str, tables: Tables) -> None:
    chosen = shipped() if trial == "shipped" else tables
    found = derived(chosen)
    told = chosen["adtte"][found.columns].reset_index(drop=True)
    assert set(told["PARAMCD"]) == {"OS", "EFS", "RFS"}
    pd.testing.assert_frame_equal(found, told, check_dtype=False, atol=1e-9, rtol=0)
