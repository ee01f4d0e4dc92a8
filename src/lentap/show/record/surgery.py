"""What surgeons and pathologists found among the resected, and how long the way to the operation was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.adam import Trial
from lentap.results import Result, record
from lentap.show.record.comparison import Comparison, record_comparison
from lentap.sources import Source

RESECTED, ALL = "the resected", "all patients"
WEEK = 7.0
FINDINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Margin free of tumour (R0)": ("MARGIN", ("R0",)),
    "Pathological complete response": ("PATHRESP", ("pCR",)),
    "Major or complete pathological response": ("PATHRESP", ("pCR", "MPR")),
}
_NAMES = dict(zip(FINDINGS, ("margin_free", "complete_response", "major_response"), strict=True))


@dataclass(frozen=True, eq=False)
class Surgery:
    """Findings of the first resection of each patient.

    ``findings`` by finding and by who is counted; ``unknown`` resections without a value, by finding; ``absent`` the
    findings adpr has no column for. ``waits`` are weeks from study day 1 to the operation by arm, ``medians`` of them.
    """

    source: Source
    control: str
    operated: Mapping[str, tuple[int, int]]
    findings: Mapping[tuple[str, str], Comparison]
    unknown: Mapping[str, int]
    absent: tuple[str, ...]
    waits: Mapping[str, pd.Series]
    medians: Mapping[str, Result]

    @property
    def gap(self) -> str:
        """Why there is nothing to show; empty where there is."""
        return "" if any(events for events, _ in self.operated.values()) else "nobody was resected in this population"


def record_surgery(
    name: str,
    trial: Trial,
    patients: pd.DataFrame,
    *,
    level: float,
    difference_interval: str,
    source: Source,
    **labels: Any,
) -> Surgery:
    """Record the findings among the resected with a known value, and among all patients of the arms.

    Parameters
    ----------
    patients
        As ``Trial.resected`` returns them, for the arms shown. Among all patients, those not resected and those without
        a value count as without the finding.
    """
    first = trial.first_resections.set_index("USUBJID").reindex(patients["USUBJID"]).reset_index()
    operated = patients["resected"].to_numpy()
    arm = patients["arm"].reset_index(drop=True)
    findings, unknown = {}, {}
    absent = tuple(finding for finding, (column, _) in FINDINGS.items() if column not in first)
    for finding, (column, words) in FINDINGS.items():
        if finding in absent or not operated.any():
            continue
        known = first[column].notna().to_numpy() & operated
        unknown[finding] = int((operated & ~known).sum())
        had = first[column].isin(words)
        for who, members in ((RESECTED, known), (ALL, pd.Series(True, index=arm.index).to_numpy())):
            grouped = had[members].groupby(arm[members], observed=True).agg(["sum", "size"])
            findings[finding, who] = record_comparison(
                f"{name}.{_NAMES[finding]}",
                {str(one): (int(row["sum"]), int(row["size"])) for one, row in grouped.iterrows()},
                control=trial.design.control.name,
                level=level,
                difference_interval=difference_interval,
                source=source,
                among=who,
                **labels,
            )
    waits = {
        str(one): ((days - 1) / WEEK).sort_values(ignore_index=True)
        for one, days in patients.loc[patients["resection_day"].notna(), "resection_day"].groupby(
            patients["arm"], observed=True
        )
    }
    counts = patients.groupby("arm", observed=True)["resected"].agg(["sum", "size"])
    return Surgery(
        source,
        trial.design.control.name,
        {str(one): (int(row["sum"]), int(row["size"])) for one, row in counts.iterrows()},
        findings,
        unknown,
        absent,
        waits,
        {
            one: record(
                f"{name}.weeks_to_surgery", float(weeks.median()), scale="time", unit="weeks", arm=one, source=source,
                counts={one: f"{len(weeks)}"}, **labels,
            )
            for one, weeks in waits.items()
        },
    )  # fmt: skip
