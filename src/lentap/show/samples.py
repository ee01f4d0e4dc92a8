"""Blood samples of one marker beside the response of each patient: pairs, changes by visit, and what is missing."""

from dataclasses import dataclass

import pandas as pd

from lentap.adam import Trial
from lentap.errors import DataError
from lentap.show.record import RESPONSE_GROUPS
from lentap.show.record.assessments import VISIT, recorded_visits
from lentap.stats.biomarker import change_from_baseline, summarise_change
from lentap.stats.response import best_overall_response, responders

EVALUABLE = ("CR", "PR", "SD", "PD")


@dataclass(frozen=True)
class Samples:
    """One marker's values with patients' arms and response groups; ``visits`` names each visit, baseline first."""

    values: pd.DataFrame
    patients: pd.DataFrame
    visits: dict[float, str]

    @property
    def before(self) -> float:
        return next(iter(self.visits))

    @property
    def after(self) -> float:
        """The first visit after baseline."""
        return list(self.visits)[1]

    @property
    def names(self) -> tuple[str, str]:
        return self.visits[self.before], self.visits[self.after]

    def pairs(self, visit: float) -> pd.DataFrame:
        """Patients with an evaluable response and a value at baseline and at the visit: both values and the change."""
        grouped = self.patients.dropna(subset=["response"])
        pairs = grouped.merge(change_from_baseline(self.values, visit, baseline=self.before), on="USUBJID")
        return pairs.assign(change=pairs["change"].round(9))  # equal changes stay equal for the rank tests

    def changes_by_visit(self) -> pd.DataFrame:
        """Medians and changes at every visit after baseline, by arm and response."""
        parts = []
        for visit in list(self.visits)[1:]:
            for arm, rows in self.pairs(visit).groupby("arm", observed=True):
                parts.append(summarise_change(rows, "response").assign(visit=self.visits[visit], arm=str(arm)))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def missing(self) -> pd.DataFrame:
        """Patients expected and measured at each visit and arm, and how many are missing for which reason."""
        rows = []
        for visit, name in self.visits.items():
            here = self.values[self.values["AVISITN"] == visit].set_index("USUBJID")
            for arm, members in self.patients.groupby("arm", observed=True):
                found = here.reindex(members["USUBJID"])
                absent = found[found["AVAL"].isna()]
                reason = absent["REASND"] if "REASND" in absent else pd.Series(index=absent.index, dtype=object)
                known = absent.index.isin(here.index)
                reason = reason.where(reason.notna(), "reason not given").where(known, "no row in the table")
                counts = {str(word): int(count) for word, count in reason.value_counts().items()}
                measured = len(members) - len(absent)
                rows.append({"visit": name, "arm": str(arm), "patients": len(members), "measured": measured, **counts})
        table = pd.DataFrame(rows).fillna(0)
        return table.astype(dict.fromkeys(table.columns[2:], int))


def marker_samples(trial: Trial, marker: str, criterion: str, *, population: str, arms: list[str]) -> Samples:
    """Collect the samples of a marker and the best overall response by a criterion, as the page of responses counts it.

    Raises
    ------
    DataError
        The marker was not measured at two visits or more.
    """
    patients = trial.subjects(population)
    patients = patients[patients["arm"].isin(arms)]
    values = trial.adim[(trial.adim["PARAMCD"] == marker) & trial.adim["USUBJID"].isin(patients["USUBJID"])]
    visits = sorted(values["AVISITN"].dropna().unique().tolist())
    if len(visits) < 2:
        msg = f"adim: marker {marker} has {len(visits)} visits; before and after need two"
        raise DataError(msg)
    names = values.groupby("AVISITN")["AVISIT"].first() if "AVISIT" in values else pd.Series(dtype=object)
    assessed = recorded_visits(trial, population, arms).get(criterion, pd.DataFrame(columns=VISIT))
    best = best_overall_response(assessed, patients["USUBJID"])
    response = responders(best).map({True: RESPONSE_GROUPS[0], False: RESPONSE_GROUPS[1]}).where(best.isin(EVALUABLE))
    return Samples(
        values,
        patients[["USUBJID", "arm"]].assign(
            response=pd.Categorical(patients["USUBJID"].map(response), categories=RESPONSE_GROUPS, ordered=True)
        ),
        {visit: str(names.get(visit, f"visit {visit:g}")).lower() for visit in visits},
    )
