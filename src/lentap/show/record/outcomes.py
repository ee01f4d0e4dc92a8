"""What happened to which patients, as an analyst's choices have it: population, definition, cut-off, missing values."""

from collections.abc import Mapping
from functools import cache

import pandas as pd

from lentap.adam import Trial
from lentap.adam.rules import DAYS
from lentap.errors import DataError
from lentap.show.record.assessments import recorded_visits
from lentap.stats.response import Confirmation, best_overall_response, responders

TABLE = {"SLR": "adpr", "ORR": "adrs"}  # of all other outcomes: adtte
DEATH = r"\b(?:death|died|dead)\b"
DISEASE = r"progress|recur|relaps"
TAIL = 0.1  # share of patients at which the tail of a curve begins
Levels = Mapping[str, str]


def outcome_table(outcome: str) -> str:
    """Name of the table that an outcome is read from."""
    return TABLE.get(outcome, "adtte")


class Outcomes:
    """Patients of a trial with one outcome, under each combination of choices."""

    def __init__(self, trial: Trial, outcome: str) -> None:
        self.trial = trial
        self.outcome = outcome
        self.subjects = cache(trial.subjects)  # combinations differ in little, and ask for the same again
        self.recorded = cache(lambda population: recorded_visits(trial, population))
        self.best = cache(self._best)

    def of(self, levels: Levels) -> pd.DataFrame:
        """Patients under these levels: USUBJID, arm, ``event`` (bool) and, of an endpoint, ``time`` in its unit.

        Raises
        ------
        DataError
            A column that the levels go by is not there.
        """
        members = self.subjects(levels["population"])[["USUBJID", "arm"]]
        match self.outcome:
            case "SLR":
                return self._resected(members, levels)
            case "ORR":
                return self._responding(members, levels)
        return self._timed(members, levels)

    def _resected(self, members: pd.DataFrame, levels: Levels) -> pd.DataFrame:
        columns = {"MARGIN": levels["definition"] == "R0", "ASTDY": levels["window"] != "all"}
        self._with("adpr", *(column for column, used in columns.items() if used))
        table = self.trial.resections
        counted = pd.Series(True, index=table.index)
        if levels["definition"] == "R0":
            counted &= table["MARGIN"] == "R0"
        if levels["window"] != "all":
            counted &= table["ASTDY"] <= float(levels["window"]) * DAYS["months"]
        return members.assign(event=members["USUBJID"].isin(table.loc[counted, "USUBJID"]))

    def _responding(self, members: pd.DataFrame, levels: Levels) -> pd.DataFrame:
        best = (
            self.best(*(levels[name] for name in ("population", "criterion", "confirmation")))
            .reindex(members["USUBJID"])
            .fillna("NE")
        )
        found = members.assign(event=responders(best).to_numpy())
        return found[(best != "NE").to_numpy()] if levels["not_evaluable"] == "absent" else found

    def _best(self, population: str, criterion: str, confirmation: str) -> pd.Series:
        confirmed, recorded = confirmation != "none", self.recorded(population)
        if criterion not in recorded:
            msg = f"adrs has no assessment of population {population} by {criterion}"
            raise DataError(msg)
        visits = recorded[criterion]
        if confirmed and visits["ADY"].isna().any():
            msg = "adrs has no ADY"
            raise DataError(msg)
        return best_overall_response(visits, confirmation=Confirmation(float(confirmation)) if confirmed else None)

    def _timed(self, members: pd.DataFrame, levels: Levels) -> pd.DataFrame:
        table = self._with("adtte", *(["EVNTDESC"] if levels["events"] == "disease" else []))
        rows = table[table["PARAMCD"] == self.outcome]
        event = rows["CNSR"] == 0
        if levels["events"] == "disease":
            event &= ~_deaths(rows["EVNTDESC"].where(event, ""))
        times = pd.DataFrame({"USUBJID": rows["USUBJID"], "time": rows["AVAL"].astype(float), "event": event})
        found = members.merge(times, on="USUBJID", validate="one_to_one")
        if levels["follow_up"] == "all":
            return found
        unit = self.trial.design.endpoints[self.outcome].unit
        end = (
            float(found["time"].quantile(1 - TAIL))
            if levels["follow_up"] == "tail"
            else float(levels["follow_up"]) * DAYS["months"] / DAYS[unit]
        )
        return found.assign(time=found["time"].clip(upper=end), event=found["event"] & (found["time"] <= end))

    def _with(self, name: str, *columns: str) -> pd.DataFrame:
        table: pd.DataFrame = getattr(self.trial, name)
        for column in columns:
            if column not in table or table[column].isna().all():
                msg = f"{name} has no {column}"
                raise DataError(msg)
        return table


def _deaths(words: pd.Series) -> pd.Series:
    """Which events are deaths by their words, which must not name the disease as well: they could be either."""
    words = words.fillna("")
    deaths = words.str.contains(DEATH, case=False)
    if (either := words[deaths & words.str.contains(DISEASE, case=False)]).size:
        msg = f"EVNTDESC of adtte names death and disease in one ({either.iloc[0]}), so deaths cannot be told apart"
        raise DataError(msg)
    return deaths
