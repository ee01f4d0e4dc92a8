"""Time to resection where death and progression come first for some: incidences by arm, their tests and regressions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.format import duration
from lentap.show.record.factors import pairs
from lentap.show.record.reasons import plain_reason
from lentap.sources import Source
from lentap.stats.cumulative_incidence import CumulativeIncidence, compare_cumulative_incidence, cumulative_incidence
from lentap.stats.fine_gray import cause_specific_cox, fine_gray
from lentap.stats.gray import gray_test
from lentap.stats.survival import HazardRatio

RESECTION, CENSORED, OTHER = "Resection", "Censored", "Other event"
MOST_CAUSES = 3  # kinds of event that come first, by name; rarer ones count together
SUBDISTRIBUTION, CAUSE_SPECIFIC = "subdistribution", "cause-specific"


@dataclass(frozen=True, eq=False)
class Contrast:
    """An experimental arm against control for one cause.

    ``difference`` of the incidences at the landmark; ``gray`` his test; ``ratios`` of hazards, experimental over
    control, by kind of hazard; ``adjusted`` the subdistribution one adjusted for baseline, of the resection alone.
    """

    difference: Result
    gray: Result
    ratios: Mapping[str, Result]
    adjusted: Result | None = None


@dataclass(frozen=True, eq=False)
class Competing:
    """What ended the wait for a resection, in time: nothing beyond ``label`` and ``gap`` where there is a gap.

    ``curves`` by arm, ``incidences`` at the ``landmark`` by arm and cause, ``contrasts`` by experimental arm and cause.
    """

    label: str
    unit: str
    since: str
    gap: str = ""
    landmark: float = np.nan
    curves: Mapping[str, CumulativeIncidence] = field(default_factory=dict)
    incidences: Mapping[tuple[str, str], Result] = field(default_factory=dict)
    contrasts: Mapping[tuple[str, str], Contrast] = field(default_factory=dict)

    @property
    def causes(self) -> tuple[str, ...]:
        """The resection, then what competes with it."""
        return next(iter(self.curves.values())).causes


def first_events(trial: Trial, endpoint: str, population: str) -> pd.DataFrame:
    """Tell what came first for each subject: a resection, an event of the endpoint, or the end of follow-up.

    Returns
    -------
    ``USUBJID``, ``arm``, ``time`` in the endpoint's unit, and ``cause``, a categorical: resection first, then the words
    of EVNTDESC by frequency (the rarer ones together, the endpoint's label where there are none), then the censored.
    An event at the time of the resection counts as one after it.
    """
    times = trial.time_to_resection(endpoint, population)
    rows = trial.adtte[trial.adtte["PARAMCD"] == endpoint].reindex(columns=["USUBJID", "EVNTDESC"])
    words = rows.set_index("USUBJID")["EVNTDESC"].reindex(times["USUBJID"]).reset_index(drop=True)
    resected = times["resection"] <= times["time"]
    kind = words.astype(object).where(words.notna(), f"{trial.design.endpoints[endpoint].label}: event")
    first = kind[times["event"] & ~resected].value_counts()
    named = [str(word) for word in first.index[:MOST_CAUSES] if word != RESECTION]
    kind = kind.astype(str).where(kind.isin([*named, RESECTION]), OTHER)
    cause = kind.where(times["event"], CENSORED).mask(resected, RESECTION)
    rest = [OTHER] if (cause == OTHER).any() else []
    return pd.DataFrame(
        {
            "USUBJID": times["USUBJID"],
            "arm": times["arm"],
            "time": times["time"].where(~resected, times["resection"]),
            "cause": pd.Categorical(cause, categories=[RESECTION, *named, *rest, CENSORED]),
        }
    )


def record_competing(
    name: str,
    trial: Trial,
    first: pd.DataFrame,
    *,
    endpoint: str,
    landmark: float,
    level: float,
    source: Source,
    **labels: Any,
) -> Competing:
    """Estimate the incidence of each cause by arm, compare the arms, and record the numbers.

    Parameters
    ----------
    first
        As ``first_events`` returns them, for the arms shown.
    landmark
        Time at which incidences are compared, in the endpoint's unit.
    """
    about = trial.design.endpoints[endpoint]
    gap = _gap(first)
    if gap:
        return Competing(about.label, about.unit, about.origin, gap)
    shared = {"endpoint": endpoint, "source": source, **labels}
    at = duration(landmark, about.unit)
    curves = {
        str(arm): cumulative_incidence(rows["time"], rows["cause"], censored=CENSORED, level=level)
        for arm, rows in first.groupby("arm", observed=True)
    }
    causes = next(iter(curves.values())).causes
    incidences = {
        (arm, cause): record(
            f"{name}.incidence", curve.estimate_at(landmark, cause), scale="proportion", arm=arm, cause=cause, at=at,
            counts={arm: f"{int(curve.events[:, causes.index(cause)].sum())}/{curve.n}"}, **shared,
        )
        for arm, curve in curves.items()
        for cause in causes
    }  # fmt: skip
    baseline = [column for column in trial.design.baseline if column in trial.adsl]
    contrasts = {}
    for arm, pair in pairs(first, trial.design.control.name).items():
        known = pair[["USUBJID"]].merge(trial.adsl[["USUBJID", *baseline]], on="USUBJID")
        one = _Pair(name, pair.reset_index(drop=True), landmark, level, {"arm": arm, **shared}, trial.design.baseline)
        one.about["control"] = trial.design.control.name
        for cause in causes:
            contrasts[arm, cause] = one.contrast(cause, known[baseline] if cause == RESECTION and baseline else None)
    return Competing(about.label, about.unit, about.origin, "", landmark, curves, incidences, contrasts)


def _gap(first: pd.DataFrame) -> str:
    """Why there is nothing to estimate; empty where there is."""
    if first.empty:
        return "nobody in this population has a time"
    resections = first.loc[first["cause"] == RESECTION, "time"]
    if resections.empty:
        return f"no resection is seen while these {len(first)} patients are followed"
    if not (resections > 0).any():
        return "this endpoint counts its time from the resection"
    return ""


@dataclass(frozen=True, eq=False)
class _Pair:
    """An experimental arm and control, to be compared cause by cause; ``labels`` are words for columns of baseline."""

    name: str
    rows: pd.DataFrame
    landmark: float
    level: float
    about: dict[str, Any]
    labels: Mapping[str, str]

    def contrast(self, cause: str, baseline: pd.DataFrame | None) -> Contrast:
        treated = self.rows["arm"] == self.about["arm"]
        time, causes = self.rows["time"], self.rows["cause"]
        data: dict[str, Any] = {"time": time, "cause": causes, "of": cause, "censored": CENSORED}
        apart = compare_cumulative_incidence(
            **data, treated=treated, landmark=self.landmark, level=self.level
        ).difference
        arm, control = self.about["arm"], self.about["control"]
        seen = self.rows["cause"] == cause
        about = self.about | {
            "cause": cause,
            "counts": {
                arm: f"{int((seen & treated).sum())}/{int(treated.sum())}",
                control: f"{int((seen & ~treated).sum())}/{int((~treated).sum())}",
            },
        }
        test = gray_test(
            self.rows["time"], self.rows["cause"], self.rows["arm"].astype(str), of=cause, censored=CENSORED
        )
        alone = pd.DataFrame({"arm": treated.astype(float)})
        models: dict[str, Callable[..., Any]] = {SUBDISTRIBUTION: fine_gray, CAUSE_SPECIFIC: cause_specific_cox}
        adjusted = None
        if baseline is not None:
            hazard = f"adjusted {SUBDISTRIBUTION}"
            adjusted = self._ratio(models[SUBDISTRIBUTION], hazard, alone.join(baseline), data, about)
        return Contrast(
            record(
                f"{self.name}.incidence_difference", apart, scale="difference", p_value=apart.p_value, null=0.0,
                direction=f"above: more with {arm}", at=f"{self.landmark:.4g}", **about,
            ),
            record(
                f"{self.name}.gray", test.statistic, scale="number", p_value=test.p_value,
                method=f"Gray's test, chi-squared with {test.df} degree of freedom", **about,
            ),
            {hazard: self._ratio(model, hazard, alone, data, about) for hazard, model in models.items()},
            adjusted,
        )  # fmt: skip

    def _ratio(
        self,
        model: Callable[..., Any],
        hazard: str,
        covariates: pd.DataFrame,
        data: dict[str, Any],
        about: dict[str, Any],
    ) -> Result:
        """Record the ratio of the arm, among patients with every covariate; not-a-number where there is none."""
        known = covariates.notna().all(axis=1)
        rows = {name: data[name][known] if name in ("time", "cause") else data[name] for name in data}
        try:
            ratio = model(**rows, covariates=covariates[known], level=self.level).hazard_ratios["arm"]
        except StatisticsError as error:
            why = f"not estimable: {plain_reason(error, self.labels)}"
            ratio = HazardRatio(np.nan, np.nan, np.nan, self.level, why, np.nan, 0, int(known.sum()))
        return record(
            f"{self.name}.hazard_ratio", ratio, scale="ratio", p_value=ratio.p_value, null=1.0, hazard=hazard,
            direction=f"above: sooner and more often on {about['arm']}", **about,
        )  # fmt: skip
