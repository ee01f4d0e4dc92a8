"""Shapes in which tests look at simulated tables."""

from typing import Any

import pandas as pd

Tables = dict[str, pd.DataFrame]


def days(dates: "pd.Series[Any]") -> "pd.Series[Any]":
    """Dates of a column of text."""
    return pd.to_datetime(dates.replace("", None), format="%Y-%m-%d")


def of(subjects: pd.DataFrame, table: pd.DataFrame, column: str) -> "pd.Series[Any]":
    """A column of the subjects, a value for each row of another table."""
    return table["USUBJID"].map(subjects[column])


def endpoint(tables: Tables, name: str) -> pd.DataFrame:
    rows = tables["adtte"]
    return rows[rows["PARAMCD"] == name].set_index("USUBJID")


def read_by(tables: Tables, reader: str = "READER 1") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Target lesions and findings of a reader before resection, as `lentap.stats.visit_response` takes them.

    Visits that did not take place are left out, as they are in ADRS.
    """
    rows = tables["adtr"]
    rows = rows[(rows["TREVALID"] == reader) & (rows["ADT"] != "") & ~rows["AVISIT"].str.startswith("Surveillance")]
    targets = rows[rows["TRGRPID"] == "TARGET"].rename(columns={"LDIAM": "diameter", "VDIAM": "viable_diameter"})
    visit = ["USUBJID", "AVISITN"]
    states, new = (rows[rows["TRGRPID"] == kind].set_index(visit)["AVALC"] for kind in ("NON-TARGET", "NEW"))
    findings = pd.concat([states.rename("non_target"), new.rename("new_lesion").eq("Y")], axis=1).reset_index()
    findings["new_lesion"] = findings["new_lesion"].eq(True)
    return targets, findings
