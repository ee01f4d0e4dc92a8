"""Patients whose outcome nobody saw: who they are, and how they are counted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lentap.adam.rules import DAYS
from lentap.stats.arguments import Bools

FAILURE, EXCLUDED, WORST_CASE = "failure", "excluded", "worst case"


@dataclass(frozen=True)
class Unknown:
    """Unknown outcomes: ``how`` they are counted, and how many there are by arm, or None and ``why`` that is not known.

    Counted as "failure" (without the outcome), "excluded", or "worst case" for the new: as failures on experimental
    arms, and as having the outcome on control.
    """

    how: str
    control: str
    by_arm: Mapping[str, int] | None
    why: str = ""

    @property
    def still(self) -> Mapping[str, int] | None:
        """Those that may yet have had the outcome: they count as failures."""
        return self.by_arm if self.how == FAILURE else None

    @property
    def label(self) -> dict[str, str]:
        """What records are labelled with; nothing where they are those of every page."""
        return {} if self.how == FAILURE or self.by_arm is None else {"missing": self.how}


def unknown_outcomes(patients: pd.DataFrame, outcome: str, months: float) -> tuple[Bools | None, str]:
    """Tell who is without the outcome, alive and followed for less than some months: theirs is unknown.

    Parameters
    ----------
    patients
        Rows of ADSL with ``arm`` and the boolean ``outcome``.

    Returns
    -------
    Whether it is, a row a patient, and no words; or None and what is missing.
    """
    if "LSTALVDT" not in patients or not {"ENRLDT", "TRTSDT"} & set(patients.columns):
        return None, "adsl lacks LSTALVDT, the date last known alive, or a date of enrolment or first treatment"
    known = patients.reindex(columns=["ENRLDT", "TRTSDT", "LSTALVDT", "DTHFL", "DTHDT"])
    start, last = (pd.to_datetime(one) for one in (known["ENRLDT"].fillna(known["TRTSDT"]), known["LSTALVDT"]))
    followed = (last - start).dt.days.astype(float)
    dead = (known["DTHFL"] == "Y") | known["DTHDT"].notna()
    return (~patients[outcome] & ~dead & ~(followed >= months * DAYS["months"])).to_numpy(), ""


def counted_outcomes(
    patients: pd.DataFrame, outcome: str, *, months: float, how: str, control: str
) -> tuple[pd.DataFrame, Unknown]:
    """Count patients with an unknown outcome in one of the ways of ``Unknown``, as failures where they are not known.

    Parameters
    ----------
    patients, outcome, months
        As for ``unknown_outcomes``.

    Returns
    -------
    The patients that count, with the outcome that counts, and the unknown ones among all of them.
    """
    unknown, why = unknown_outcomes(patients, outcome, months)
    if unknown is None:
        return patients, Unknown(how, control, None, why)
    arm = patients["arm"]
    has, kept = as_counted(patients[outcome].to_numpy(), unknown, (arm == control).to_numpy(), how)
    return patients.assign(**{outcome: has})[kept], Unknown(how, control, by_arm(arm, unknown))


def as_counted(has: Bools, unknown: Bools, on_control: Bools, how: str) -> tuple[Bools, Bools]:
    """Who counts as having the outcome, and who counts at all, under one of the ways of ``Unknown``."""
    everybody = np.ones(has.size, dtype=bool)
    return has | (unknown & on_control if how == WORST_CASE else ~everybody), ~unknown if how == EXCLUDED else everybody


def by_arm(arm: pd.Series, which: Bools) -> dict[str, int]:
    """How many of the patients of each arm that has any."""
    counts = pd.Series(which, index=arm.index).groupby(arm, observed=True).sum()
    return {str(name): int(count) for name, count in counts.items()}
