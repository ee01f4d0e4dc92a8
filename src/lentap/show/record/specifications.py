"""Every combination of an analyst's choices for one outcome of a trial, carried out; what is not, with the reason.

A loop in this process, because combinations share what is slow (tables, responses): all of them take about as long as
one kernel takes to start.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.choices import Choices, Multiverse, load_choices, multiverse_of
from lentap.errors import InputError, StatisticsError
from lentap.show.record.outcomes import Levels, Outcomes, outcome_table
from lentap.show.record.reasons import plain_reason
from lentap.stats.arguments import Bools
from lentap.stats.propensity import PropensityModel, propensity_model
from lentap.stats.specifications import ESTIMANDS, Specified, specified_difference, specified_hazard_ratio

WAYS = ("analysis", "covariates")  # all other choices say which patients, and what happened to them
MOST = 200  # combinations of an outcome and arm
UNMOVED = "on each arm everybody had the outcome, or nobody: no patient moves the estimate"


@dataclass(frozen=True, eq=False)
class Specification:
    """One combination of levels with its estimate, whose ``influence`` is that of ``subjects`` in their order."""

    levels: Levels
    arm: str
    found: Specified
    subjects: pd.Index
    events: int


@dataclass(frozen=True)
class LeftOut:
    """Combinations that were not carried out: which, why not, and how many (0 where they were never formed)."""

    what: str
    why: str
    number: int = 0


@dataclass(frozen=True, eq=False)
class Specifications:
    """All combinations for an outcome: those carried out, arm by arm in the order of levels, and those left out.

    ``levels`` holds the words of each level by choice, ``meanings`` what stands behind some of these words, ``formed``
    how many combinations there are, all arms counted; ``missing`` says why none could be formed.
    """

    outcome: str
    label: str
    ratio: bool
    multiverse: Multiverse
    levels: Mapping[str, Levels]
    meanings: Mapping[str, str] = field(default_factory=dict)
    formed: int = 0
    carried_out: Sequence[Specification] = ()
    left_out: Sequence[LeftOut] = ()
    missing: str = ""


def specifications(trial: Trial, outcome: str, arms: Sequence[str], *, level: float) -> Specifications:
    """Carry out every combination of the choices for an outcome, each of the arms against control.

    Parameters
    ----------
    outcome
        ``SLR`` (resection), ``ORR`` (response), or an endpoint that ``trial.yml`` declares.
    arms
        Experimental arms.
    """
    choices = load_choices()
    multiverse = multiverse_of(choices, outcome)
    ratio = outcome not in choices.endpoints
    label = trial.design.endpoints[outcome].label if ratio else multiverse.label
    if missing := _missing(trial, outcome, multiverse):
        return Specifications(outcome, label, ratio, multiverse, {}, missing=missing)
    levels, never = _levels(trial, outcome, choices, multiverse)
    if not levels["population"]:
        missing = "no population of trial.yml can be used: " + "; ".join(f"{one.what}, {one.why}" for one in never)
        return Specifications(outcome, label, ratio, multiverse, {}, missing=missing)
    run = _Run(trial, outcome, ratio, arms, level, choices, multiverse, levels)
    carried_out = sorted(run.all(), key=lambda one: arms.index(one.arm))
    counted = [LeftOut(what, why, number) for (what, why), number in run.left_out.items()]
    never += [LeftOut(what, why) for what, why in multiverse.left_out.items()]
    formed = math.prod(map(len, levels.values())) * len(arms)
    meanings = {name: trial.design.populations[name].label for name in levels["population"]} | {
        levels["covariates"][name]: ", ".join(trial.design.baseline[column] for column in columns)
        for name, columns in run.sets.items()
        if columns and name in levels["covariates"]
    }
    left_out = [*counted, *never]
    return Specifications(outcome, label, ratio, multiverse, levels, meanings, formed, carried_out, left_out)


def _missing(trial: Trial, outcome: str, multiverse: Multiverse) -> str:
    if (table := outcome_table(outcome)) not in trial.tables:
        return f"the folder has no table {table}"
    asked = [choice.trial for choice in multiverse.choices.values() if choice.trial]
    return next((f"trial.yml declares no {part}" for part in asked if not getattr(trial.design, part)), "")


def _levels(
    trial: Trial, outcome: str, choices: Choices, multiverse: Multiverse
) -> tuple[dict[str, Levels], list[LeftOut]]:
    """The words of each level by choice, and what ``trial.yml`` declares beyond it."""
    found: dict[str, Levels] = {name: choice.levels for name, choice in multiverse.choices.items()}
    never = []
    for name, choice in reversed(list(multiverse.choices.items())):  # populations last: they need a level of all others
        if not choice.trial:
            continue
        known = dict.fromkeys(trial.design.criteria, "")
        if choice.trial == "populations":
            known = _populations(
                trial, outcome, choices, {other: next(iter(words), "") for other, words in found.items()}
            )
        kept = [level for level, why in known.items() if not why][: choice.most]
        beyond = f"beyond the first {choice.most} that trial.yml names"
        never += [
            LeftOut(f"{choice.label}: {level}", why or beyond) for level, why in known.items() if level not in kept
        ]
        found[name] = {level: level for level in kept}
    return found, never


def _populations(trial: Trial, outcome: str, choices: Choices, others: Levels) -> dict[str, str]:
    """Declared populations, an endpoint's own first, each with why it is no level, or nothing where it is one."""
    design, outcomes = trial.design, Outcomes(trial, outcome)
    own = design.endpoints[outcome].population if outcome in design.endpoints else ""
    found: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for name in sorted(design.populations, key=lambda population: population != own):
        one = design.populations[name]
        lacking = [column for column in one.columns if column not in trial.adsl]
        if lacking:
            found[name] = f"adsl has no {lacking[0]}"
        elif name != own and (one.where or one.flag not in (None, *choices.flags)):
            found[name] = "a subgroup, or a group formed after the start: another question"
        else:
            try:
                other = seen.setdefault(_content(outcomes.of({**others, "population": name})), name)
            except InputError as error:
                found[name] = str(error)
            else:
                found[name] = "" if other == name else f"the same patients with the same outcome as {other}"
    return found


def _content(patients: pd.DataFrame) -> bytes:
    """Equal for equal tables of patients, arms and outcomes alone."""
    return pd.util.hash_pandas_object(patients, index=False).to_numpy().tobytes()


@dataclass(eq=False)
class _Run:
    """Carries combinations out; those that are not are counted in ``left_out``, by what they are and why."""

    trial: Trial
    outcome: str
    ratio: bool
    arms: Sequence[str]
    level: float
    choices: Choices
    multiverse: Multiverse
    levels: Mapping[str, Levels]
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    named: dict[str, list[Levels]] = field(default_factory=dict)
    models: dict[tuple[bytes, tuple[str, ...]], PropensityModel | StatisticsError] = field(default_factory=dict)

    @cached_property
    def sets(self) -> dict[str, list[str]]:
        """Declared columns of ADSL by set of covariates."""
        declared = [column for column in self.trial.design.baseline if column in self.trial.adsl]
        return {
            name: [column for column in columns or declared if column in declared]
            for name, columns in self.choices.covariates.items()
        }

    def all(self) -> Iterator[Specification]:
        ways = self._ways()
        outcomes = Outcomes(self.trial, self.outcome)
        seen: dict[bytes, Levels] = {}
        first = {name: next(iter(words)) for name, words in self.levels.items()}
        for data in self._combined([name for name in self.levels if name not in WAYS]):
            other: Levels = first
            why = ""
            try:
                patients = outcomes.of(data)
            except InputError as error:
                why = str(error)
            else:
                if not patients["event"].any():
                    why = "nobody has the outcome"
                elif (other := seen.setdefault(_content(patients), data)) is not data:
                    why = "the same patients with the same outcome as {}"
            if why:
                differs = {name: level for name, level in data.items() if level != other[name]} or data
                why = why.format(self._words({name: other[name] for name in differs}))
                self.left_out[self._words(self._first_with(differs, why)), why] += len(ways) * len(self.arms)
                continue
            rows = patients.merge(self.trial.adsl.drop(columns="arm", errors="ignore"), on="USUBJID")
            for arm, (way, covariates) in itertools.product(self.arms, ways):
                try:
                    yield self._one(rows, arm, {**data, **way}, covariates)
                except StatisticsError as error:
                    why = plain_reason(error, self.trial.design.baseline)
                    self.left_out[self._words(way), f"not estimable: {why}"] += 1

    def _one(self, rows: pd.DataFrame, arm: str, levels: Levels, covariates: list[str]) -> Specification:
        compared = rows["arm"].isin([arm, self.trial.design.control.name]) & rows[covariates].notna().all(axis=1)
        kept = rows[compared]
        for one in (arm, self.trial.design.control.name):
            if one not in set(kept["arm"]):
                msg = f"no patient on {one}"
                raise StatisticsError(msg)
        treated, event = (kept["arm"] == arm).to_numpy(), kept["event"].to_numpy()
        about: dict[str, Any] = {"method": levels["analysis"], "level": self.level}
        table = kept[covariates] if covariates else None
        if levels["analysis"] in ESTIMANDS:
            about["propensity"] = self._propensity(kept, treated, covariates)
        if self.ratio:
            found: Specified = specified_hazard_ratio(kept["time"], event, treated, table, **about)
        else:
            found = specified_difference(event, treated, table, **about)
        if np.abs(found.influence).max() < 1e-12:  # the joint test weighs estimates by it
            raise StatisticsError(UNMOVED)
        if not all(map(math.isfinite, (found.value, found.low, found.high))):
            msg = "no interval can be given"
            raise StatisticsError(msg)
        return Specification(levels, arm, found, pd.Index(kept["USUBJID"]), int(event.sum()))

    def _propensity(self, kept: pd.DataFrame, treated: Bools, covariates: list[str]) -> PropensityModel:
        """The model for these patients, fitted once, or the error there was then."""
        key = (_content(kept[["USUBJID", "arm"]]), tuple(covariates))
        if key not in self.models:
            try:
                self.models[key] = propensity_model(kept[covariates], treated)
            except StatisticsError as error:
                self.models[key] = error
        found = self.models[key]
        if isinstance(found, StatisticsError):
            raise found
        return found

    def _ways(self) -> list[tuple[Levels, list[str]]]:
        """Combinations of analysis and covariates that make sense, with columns of ADSL; no two adjust for the same."""
        found: list[tuple[Levels, list[str]]] = []
        for way in self._combined(WAYS):
            known = self.sets.get(way["covariates"], [])
            alike = [other for other, used in found if other["analysis"] == way["analysis"] and used == known]
            words = self._words(way)
            if rule := next((one for one in self.multiverse.excluded if one.holds(way)), None):
                words, why = self._words_of(rule.when), rule.why
            elif way["covariates"] in self.sets and not known:
                words = self._words({"covariates": way["covariates"]})
                why = "trial.yml declares none of these columns of adsl as baseline"
            elif alike:
                why = f"the same columns of adsl as {self._words(alike[0])}"
            else:
                found.append((way, known))
                continue
            data = math.prod(len(levels) for name, levels in self.levels.items() if name not in WAYS)
            self.left_out[words, why] += data * len(self.arms)
        return found

    def _first_with(self, differs: Levels, why: str) -> Levels:
        """The fewest levels left out before for this reason that are all among these, else these."""
        known = self.named.setdefault(why, [])
        same = next((levels for levels in known if levels.items() <= differs.items()), differs)
        known += [same] if same is differs else []
        return same

    def _combined(self, names: Sequence[str]) -> list[dict[str, str]]:
        return [dict(zip(names, one, strict=True)) for one in itertools.product(*(self.levels[name] for name in names))]

    def _words(self, levels: Levels) -> str:
        return self._words_of({name: [level] for name, level in levels.items()})

    def _words_of(self, levels: Mapping[str, Sequence[str]]) -> str:
        """``Method: unadjusted; Adjusted for: BCLC stage, all declared``."""
        words = (
            f"{self.multiverse.choices[name].label}: {', '.join(self.levels[name][level] for level in among)}"
            for name, among in levels.items()
        )
        return "; ".join(words)
