"""Patients of a page, their follow-up for one endpoint, what was known of them at baseline, and their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.design import Design, Endpoint
from lentap.errors import StatisticsError
from lentap.show.format import escaped, listed, within
from lentap.show.record.comparison import arms_compared
from lentap.show.record.reasons import plain_reason
from lentap.show.record.timing import in_unit
from lentap.sources import Source
from lentap.stats.arguments import Bools, Floats
from lentap.stats.baseline import is_continuous
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.propensity import propensity_model, propensity_weights

ESTIMANDS = {"iptw": "ate", "overlap": "overlap"}
WEIGHTED = {"iptw": "inverse probability of treatment weights", "overlap": "overlap weights"}
NO_BASELINE = "`trial.yml` declares no baseline that varies and is complete in patients of both arms"
MOST_LEVELS = 6  # of a category that curves, strata and subgroups are formed by


@dataclass(frozen=True, eq=False)
class Followed:
    """Follow-up of some patients for ``endpoint``, the arms to compare, and how to compare them.

    ``rows`` holds USUBJID, arm (ordered, control last, only arms with patients), time, event, and the columns of
    ``baseline`` (column -> label). Follow-up ends at ``longest``, in the endpoint's unit, where it
    is cut. ``weights`` is one number a row, none where ``weighting`` is "none". ``notes`` are
    sentences on what this page shows and leaves out; ``apart`` labels records of the same patients seen in several
    ways.
    """

    endpoint: Endpoint
    control: str
    rows: pd.DataFrame
    baseline: Mapping[str, str]
    source: Source
    level: float = 0.95
    interval: str = "log"
    longest: float | None = None
    weighting: str = "none"
    weights: Floats | None = None
    notes: Sequence[str] = ()
    apart: Mapping[str, str] = field(default_factory=dict)

    @property
    def arms(self) -> list[str]:
        return [str(arm) for arm in self.rows["arm"].cat.categories]

    @property
    def treated(self) -> list[str]:
        """Experimental arms that can be compared with control."""
        return [arm for arm in self.arms if arm != self.control] if self.control in self.arms else []

    @property
    def gap(self) -> str:
        """Why the arms cannot be compared; empty where they can."""
        label = within(self.endpoint.label)
        if not len(self.rows):
            return f"no patient of these arms has a time of {label}"
        if not self.treated:
            return f"{listed(self.arms)} alone has patients with a time of {label}, so there is nothing to compare with"
        if not self.rows["event"].any():
            return f"none of these {len(self.rows)} patients had the event"
        return ""

    @property
    def data(self) -> dict[str, Any]:
        """What the estimators take."""
        return {"time": self.rows["time"].to_numpy(), "event": self.rows["event"].to_numpy()}

    @property
    def labels(self) -> dict[str, Any]:
        """What every record of these patients is labelled with."""
        about, population = self.endpoint.name, self.endpoint.population
        return {"source": self.source, "endpoint": about, "population": population, **self.apart}

    def on(self, arm: str) -> Bools:
        """Who is in an arm."""
        return np.asarray(self.rows["arm"] == arm)

    def where(self, kept: Bools) -> "Followed":
        """Those of the patients, with their weights; arms without any are left out."""
        rows = self.rows[kept].reset_index(drop=True)
        rows = rows.assign(arm=rows["arm"].cat.remove_unused_categories())
        return replace(self, rows=rows, weights=None if self.weights is None else self.weights[kept])

    def pair(self, arm: str) -> "Followed":
        """An experimental arm and the control."""
        return self.where(self.on(arm) | self.on(self.control))

    def counts(self, kept: Bools | None = None) -> dict[str, str]:
        """Events and patients by arm."""
        event = self.rows["event"].to_numpy()
        here = np.ones(event.size, dtype=bool) if kept is None else kept
        return {
            arm: f"{int((event & self.on(arm) & here).sum())}/{int((self.on(arm) & here).sum())}" for arm in self.arms
        }

    def curves(self) -> dict[str, KaplanMeier]:
        """Kaplan-Meier curve of each arm, weighted where there are weights."""
        time, event = self.data.values()
        return {
            arm: kaplan_meier(
                time[here], event[here], weights=None if self.weights is None else self.weights[here],
                level=self.level, interval=self.interval,
            )
            for arm, here in ((arm, self.on(arm)) for arm in self.arms)
        }  # fmt: skip


def followed(
    trial: Trial,
    endpoint: str,
    population: str,
    *,
    experimental: str = "all",
    follow_up: float = 0.0,
    weights: str = "none",
    level: float = 0.95,
    interval: str = "log",
) -> Followed:
    """Take the patients of a page from a trial.

    Parameters
    ----------
    population
        A population, or "declared": that of the endpoint.
    follow_up
        Months after which nobody is followed; 0 for all there is.
    weights
        "none", or a word of ``WEIGHTED``: arms are weighted by their propensity, given all of the trial's baseline.
    """
    design, declared = trial.design, trial.design.endpoints[endpoint]
    about = declared if population == "declared" else replace(declared, population=population)
    longest = in_unit(follow_up, about.unit) if follow_up else None
    times = trial.time_to_event(endpoint, about.population, longest=longest)
    subjects = trial.subjects(about.population)
    baseline = {column: label for column, label in design.baseline.items() if column in subjects}
    chosen, notes = arms_compared(design, experimental), formed_afterwards(design, declared, about)
    if weights != "none" and len(chosen) > 2:
        notes.append(
            f"Weights make two arms alike at a time: {escaped(chosen[0])} is shown; choose another as `experimental`."
        )
        chosen = [chosen[0], chosen[-1]]
    rows = times[times["arm"].isin(chosen)].merge(subjects[["USUBJID", *baseline]], on="USUBJID")
    rows = rows.assign(arm=rows["arm"].cat.remove_unused_categories())
    group = Followed(about, design.control.name, rows, baseline, trial.source, level, interval, longest, notes=notes)
    return group if weights == "none" else weighted(group, weights)


def formed_afterwards(design: Design, *endpoints: Endpoint) -> list[str]:
    """Say that arms are compared among those alone who got to a resection, where that is so."""
    if any(_begins_with_resection(one) or design.populations[one.population].flag == "RESFL" for one in endpoints):
        return [
            "**A group formed afterwards.** The arms are compared among those alone who were resected, and what led to "
            "the resection may differ between them: allocation does not protect this comparison, and what was known at "
            "baseline need not make up for it. It says how the resected fared, not what treatment did for all."
        ]
    return []


def _begins_with_resection(endpoint: Endpoint) -> bool:
    """Whether time runs from a resection in the course of the trial."""
    return "resection" in endpoint.origin.lower() and not endpoint.resection.lower().startswith("not applicable")


def weighted(group: Followed, weights: str) -> Followed:
    """Two arms weighted by their propensity, among patients with a value of all baseline; as they are where none is.

    A note says who was left out, or why there are no weights.
    """
    if group.gap:
        return group
    kept, left_out = comparable(group)
    if not kept.treated or covariates(kept).empty:
        return replace(group, notes=(*group.notes, f"**No weights can be given here:** {NO_BASELINE}."))
    try:
        model = propensity_model(covariates(kept), kept.on(kept.treated[0]))
    except StatisticsError as error:
        why = escaped(plain_reason(error, group.baseline))
        words = f"**No weights can be given here,** and these numbers are unweighted: {why}."
        return replace(group, notes=(*group.notes, words))
    found = propensity_weights(model, estimand=ESTIMANDS[weights])
    words = f"**Weights.** These numbers are of arms made alike at baseline by {WEIGHTED[weights]}.{left_out}"
    kept = replace(kept, weighting=weights, weights=found.weights, notes=(*group.notes, words))
    return kept.where(found.weights > 0)  # 0 to the last digit: who could have been on one arm alone


def comparable(group: Followed) -> tuple[Followed, str]:
    """Patients of two arms with a value of all baseline, and a like on the other arm in every category of it.

    Also returns a sentence on who is left out, empty where nobody is.
    """
    kept, missing = complete(group)
    before = len(kept.rows)
    for column in [column for column in kept.baseline if not is_continuous(kept.rows[column])]:
        arms = kept.rows.groupby(column, observed=True)["arm"].transform("nunique")
        kept = kept.where((arms == len(kept.arms)).to_numpy())
    alone = before - len(kept.rows)
    parts = [f"{missing} without a value of all baseline"] if missing else []
    parts += [f"{alone} of a category that occurs on one arm alone"] if alone else []
    return kept, f" Patients left out: {listed(parts)}." if parts else ""


def complete(group: Followed) -> tuple[Followed, int]:
    """Patients with a value of all baseline, and how many there are without."""
    known = group.rows[list(group.baseline)].notna().all(axis=1).to_numpy()
    return group.where(known), int((~known).sum())


def covariates(group: Followed) -> pd.DataFrame:
    """Baseline of each patient, without columns that hold one value."""
    table = group.rows[list(group.baseline)]
    return table[[column for column in table if len(table[column].dropna().unique()) > 1]]
