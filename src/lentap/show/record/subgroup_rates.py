"""An outcome that patients had or had not, compared between arms in subgroups, and whether these differ."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lentap.results import Result, record
from lentap.show.record.factors import groups_of, pairs
from lentap.show.small_cells import is_small
from lentap.sources import Source
from lentap.stats.estimate import Estimate
from lentap.stats.multiplicity import adjust_p_values
from lentap.stats.pooling import pool_effects
from lentap.stats.proportions import odds_ratio, risk_difference, risk_ratio
from lentap.stats.subgroups import qualitative_interaction, subgroup_effects

MOST_GROUPS = 8  # of a factor that are shown as subgroups


@dataclass(frozen=True, eq=False)
class Subgroup:
    """The effect among the patients with one ``level`` of a factor, and the same shrunken towards that of all."""

    level: str
    effect: Result
    shrunken: Estimate | None


@dataclass(frozen=True, eq=False)
class Factor:
    """The subgroups of one factor; ``interaction`` tests whether they have one effect, or ``why`` says why not.

    ``holm`` is its p-value adjusted for the number of factors, ``opposite`` that of Gail and Simon's test for effects
    in opposite directions; both are not-a-number where there is no test.
    """

    label: str
    subgroups: list[Subgroup]
    unknown: int
    interaction: Result | None
    opposite: float
    holm: float
    why: str


@dataclass(frozen=True, eq=False)
class Subgroups:
    """An experimental arm against control: the effect ``measure`` in all patients and in those of each factor."""

    measure: str
    arm: str
    control: str
    overall: Result
    factors: list[Factor]

    @property
    def tested(self) -> list[Factor]:
        """Factors with a test of interaction."""
        return [factor for factor in self.factors if factor.interaction]


def record_subgroups(
    name: str,
    patients: pd.DataFrame,
    outcome: str,
    factors: Mapping[str, str],
    *,
    control: str,
    measure: str,
    interval: str,
    level: float,
    source: Source,
    smallest: int = 0,
    **labels: Any,
) -> dict[str, Subgroups]:
    """Compare each experimental arm with control in the subgroups of each factor, and record the numbers.

    Parameters
    ----------
    patients
        A row a patient: ``arm``, the boolean ``outcome``, and the factors.
    factors
        Columns with their labels.
    measure
        One of ``lentap.stats.subgroups.MEASURES``.
    interval
        Method of the interval of a risk difference; ratios have score intervals.
    smallest
        A factor is not shown at all where a count in one of its subgroups is below this, as the others would tell it.
    """
    found = {}
    for arm, pair in pairs(patients, control).items():
        about = {"arm": arm, "control": control, "measure": measure, "source": source, **labels}
        one = _Comparison(name, pair, outcome, measure, interval, level, about, smallest)
        listed = [one.factor(column, label) for column, label in factors.items() if column in pair]
        found[arm] = Subgroups(measure, arm, control, one.effect(pair, "all"), _adjusted(listed))
    return found


@dataclass(frozen=True, eq=False)
class _Comparison:
    """Two arms to be compared in parts of their patients."""

    name: str
    pair: pd.DataFrame
    outcome: str
    measure: str
    interval: str
    level: float
    about: dict[str, Any]
    smallest: int = 0

    def effect(self, rows: pd.DataFrame, subgroup: str) -> Result:
        """Record the effect among some patients; not-a-number where an arm has none."""
        arm, control = self.about["arm"], self.about["control"]
        cells = self._cells(rows)
        return record(
            f"{self.name}.subgroup_effect",
            self._estimate(*cells),
            scale="difference" if self.measure == "risk-difference" else "ratio",
            null=0.0 if self.measure == "risk-difference" else 1.0,
            counts={arm: f"{cells[0]}/{cells[1]}", control: f"{cells[2]}/{cells[3]}"},
            direction=f"above: more with {arm}",
            subgroup=subgroup,
            **self.about,
        )

    def _cells(self, rows: pd.DataFrame) -> tuple[int, int, int, int]:
        """Patients with the outcome and in all, on the experimental arm and on control."""
        treated, had = rows["arm"] == self.about["arm"], rows[self.outcome]
        return int(had[treated].sum()), int(treated.sum()), int(had[~treated].sum()), int((~treated).sum())

    def _estimate(self, events1: int, n1: int, events0: int, n0: int) -> Estimate:
        if not (n1 and n0):
            return Estimate(np.nan, np.nan, np.nan, self.level, "not estimable: no patients in one arm")
        cells = events1, n1, events0, n0
        match self.measure:
            case "risk-difference":
                return risk_difference(*cells, level=self.level, method=self.interval)
            case "risk-ratio":
                return risk_ratio(*cells, level=self.level)
            case _:
                return odds_ratio(*cells, level=self.level)

    def factor(self, column: str, label: str) -> Factor:
        """Effects in the subgroups of one column, tested for interaction and shrunken."""
        group = groups_of(self.pair[column])
        levels, unknown = list(group.cat.categories), int(group.isna().sum())
        if not 2 <= len(levels) <= MOST_GROUPS:
            why = f"{len(levels)} groups; shown are factors of 2 to {MOST_GROUPS}"
            return Factor(label, [], unknown, None, np.nan, np.nan, why)
        parts = [self.pair[group == level] for level in levels] + [self.pair[group.isna()]]
        if any(is_small(count, self.smallest) for rows in parts for count in self._cells(rows)):
            why = f"hidden, as a count in one of its groups is of fewer than {self.smallest} patients"
            return Factor(label, [], 0, None, np.nan, np.nan, why)
        effects = {level: self.effect(self.pair[group == level], f"{label}: {level}") for level in levels}
        table = self._additive(group)
        sound = table[np.isfinite(table["error"])]
        if len(sound) < 2:
            why = "fewer than two subgroups in which each arm has patients with and without the outcome"
            listed = [Subgroup(level, effect, None) for level, effect in effects.items()]
            return Factor(label, listed, unknown, None, np.nan, np.nan, why)
        pooled = pool_effects(
            sound["effect"], sound["error"], names=[str(level) for level in sound["subgroup"]], level=self.level
        )
        shrunken = {row["label"]: self._shrunken(row) for _, row in pooled.shrunken.iterrows()}
        test = record(
            f"{self.name}.interaction", pooled.heterogeneity.statistic, scale="number",
            p_value=pooled.heterogeneity.p_value, method=f"Cochran's Q, {pooled.heterogeneity.df} degrees of freedom",
            factor=label, **self.about,
        )  # fmt: skip
        return Factor(
            label,
            [Subgroup(level, effect, shrunken.get(level)) for level, effect in effects.items()],
            unknown,
            test,
            qualitative_interaction(sound["effect"], sound["error"]).p_value,
            np.nan,
            "",
        )

    def _additive(self, group: pd.Series) -> pd.DataFrame:
        known = self.pair[group.notna()]
        treated = known["arm"] == self.about["arm"]
        return subgroup_effects(known[self.outcome], treated, group[group.notna()].astype(str), measure=self.measure)

    def _shrunken(self, row: pd.Series) -> Estimate:
        value, low, high = (float(row[column]) for column in ("shrunken", "low", "high"))
        if self.measure != "risk-difference":
            value, low, high = (float(np.exp(limit)) for limit in (value, low, high))
        return Estimate(value, low, high, self.level, f"empirical Bayes, {100 * row['weight']:.0f}% of its own kept")


def _adjusted(factors: list[Factor]) -> list[Factor]:
    """Factors with p-values of interaction adjusted for their number."""
    tests = pd.Series(
        {place: one.interaction.p_value for place, one in enumerate(factors) if one.interaction}, dtype=float
    )
    if tests.empty:
        return factors
    holm = adjust_p_values(tests).adjusted
    return [replace(one, holm=float(holm.get(place, np.nan))) for place, one in enumerate(factors)]
