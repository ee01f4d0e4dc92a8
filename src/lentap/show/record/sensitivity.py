"""How much an outcome's answer hangs on choices: what all specifications say, one by one and together."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial, load_trial
from lentap.results import Result, record
from lentap.show.record.comparison import arms_compared
from lentap.show.record.followed import formed_afterwards
from lentap.show.record.specifications import WAYS, Specification, Specifications, specifications
from lentap.stats.arguments import Floats, normal_quantile
from lentap.stats.multiverse import JointTest, joint_test, matched_changes
from lentap.stats.specifications import Specified

NAME = "efficacy.sensitivity"
TABLES = ("adpr", "adrs", "adtte")
WAY = "Method and covariates"  # one choice: hardly a method takes every set of them


@dataclass(frozen=True, eq=False)
class ArmSensitivity:
    """What the specifications say of one experimental arm and control.

    ``specifications`` stand in the order of their estimates. ``numbers`` are recorded results by the last word of their
    name; ``changes`` is as ``matched_changes`` returns it, choices by their labels, levels in their words, and of
    logarithms for ratios.
    """

    arm: str
    specifications: Sequence[Specification]
    reference: Specification | None
    numbers: Mapping[str, Result]
    changes: pd.DataFrame
    test: JointTest


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """All specifications for an outcome, and what was found of each experimental arm that has any.

    ``notes`` are sentences on what holds of every one of them.
    """

    all: Specifications
    control: str
    level: float
    arms: Mapping[str, ArmSensitivity] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def null(self) -> float:
        """Value of no effect."""
        return 1.0 if self.all.ratio else 0.0

    def apart(self, found: Specified) -> bool:
        """Whether an interval excludes no effect."""
        return not found.low <= self.null <= found.high


def record_sensitivity(
    trial: Trial, outcome: str, *, experimental: str = "all", level: float, draws: int, seed: int
) -> Sensitivity:
    """Carry out all specifications for an outcome, and record what they say together.

    Parameters
    ----------
    trial
        With ADSL, and whichever of ``TABLES`` it has.
    outcome
        ``SLR`` (resection), ``ORR`` (response), or an endpoint that ``trial.yml`` declares.
    experimental
        The experimental arm to compare with control, or ``all``.
    draws, seed
        Of the joint test.
    """
    *arms, control = arms_compared(trial.design, experimental)
    endpoints = [trial.design.endpoints[outcome]] if outcome in trial.design.endpoints else []
    notes = formed_afterwards(trial.design, *endpoints)
    found = Sensitivity(specifications(trial, outcome, arms, level=level), control, level, notes=notes)
    by_arm = {arm: [one for one in found.all.carried_out if one.arm == arm] for arm in arms}
    about: dict[str, Any] = {"source": trial.source, "outcome": outcome, "control": control}
    told = {arm: _of_arm(found, arm, own, draws, seed, about) for arm, own in by_arm.items() if own}
    return replace(found, arms=told)


def _of_arm(
    found: Sensitivity, arm: str, own: Sequence[Specification], draws: int, seed: int, about: Mapping[str, Any]
) -> ArmSensitivity:
    ordered = sorted(own, key=lambda one: one.found.value)
    values = np.array([one.found.value for one in ordered])
    effects = np.log(values) if found.all.ratio else values
    changes = matched_changes(effects, _levels_taken(found.all, ordered))
    test = joint_test(effects, _influence(ordered), limit=normal_quantile(found.level), draws=draws, seed=seed)
    first = {name: next(iter(words)) for name, words in found.all.levels.items()}
    reference = next((one for one in ordered if one.levels == first), None)
    above, apart = int((values > found.null).sum()), sum(found.apart(one.found) for one in ordered)
    labels = {**about, "arm": arm}
    effect: dict[str, Any] = {**labels, **_scale(found, arm)}
    numbers = {
        "median": record(f"{NAME}.median", float(np.median(values)), method="median of all specifications", **effect),
        "smallest": record(f"{NAME}.smallest", float(values[0]), method="smallest of all specifications", **effect),
        "largest": record(f"{NAME}.largest", float(values[-1]), method="largest of all specifications", **effect),
        "above": _part(f"{NAME}.above", above, len(ordered), labels),
        "apart": _part(f"{NAME}.apart", apart, len(ordered), labels),
        "median_p": _p(f"{NAME}.median_p", test.median, test, labels),
        "largest_p": _p(f"{NAME}.largest_p", test.largest, test, labels),
        "effective": record(f"{NAME}.effective", test.effective, scale="number", **labels),
    }
    if reference:
        numbers["reference"] = _recorded("reference", reference, effect)
    return ArmSensitivity(arm, ordered, reference, numbers, changes, test)


def _levels_taken(all_of_them: Specifications, own: Sequence[Specification]) -> pd.DataFrame:
    """Words of the levels by the label of each choice, a row a specification; how it was analysed is one choice."""
    levels = all_of_them.levels
    table = {
        all_of_them.multiverse.choices[name].label: pd.Categorical(
            [words[one.levels[name]] for one in own], list(words.values())
        )
        for name, words in levels.items()
        if name not in WAYS
    }
    ways = {way: _way(levels, *way) for way in itertools.product(*(levels[name] for name in WAYS))}
    taken = [ways[one.levels["analysis"], one.levels["covariates"]] for one in own]
    return pd.DataFrame(table | {WAY: pd.Categorical(taken, list(ways.values()))})


def _way(levels: Mapping[str, Mapping[str, str]], analysis: str, covariates: str) -> str:
    """``stratified: BCLC stage``, or ``unadjusted`` alone."""
    words = [levels["analysis"][analysis], *([levels["covariates"][covariates]] if covariates != "none" else [])]
    return ": ".join(words)


def _scale(found: Sensitivity, arm: str) -> dict[str, Any]:
    side = "events at a faster rate on" if found.all.ratio else "more with"
    return {
        "scale": "ratio" if found.all.ratio else "difference",
        "null": found.null,
        "direction": f"above: {side} {arm}",
    }


def _recorded(name: str, one: Specification, effect: Mapping[str, Any], **labels: str) -> Result:
    counts = {"events": f"{one.events}/{len(one.subjects)}"}
    about: dict[str, Any] = {**effect, **labels}
    return record(f"{NAME}.{name}", one.found, p_value=one.found.p_value, counts=counts, **about)


def _part(name: str, number: int, of: int, labels: Mapping[str, Any]) -> Result:
    return record(name, number / of, scale="proportion", counts={"specifications": f"{number}/{of}"}, **labels)


def _p(name: str, p: float, test: JointTest, labels: Mapping[str, Any]) -> Result:
    method = f"joint test of all specifications, {test.draws} random flips of signs"
    return record(name, p, scale="number", p_value=p, method=method, **labels)


def _influence(own: Sequence[Specification]) -> Floats:
    """Influence of every patient of any specification (rows) on each of them; 0 on those it is not in."""
    everybody = own[0].subjects
    for one in own[1:]:
        everybody = everybody.union(one.subjects)
    table = np.zeros((len(everybody), len(own)))
    for column, one in enumerate(own):
        table[everybody.get_indexer(one.subjects), column] = one.found.influence
    return table


def sensitivity_results(
    data: str, outcome: str, experimental: str, confidence: float, draws: int, seed: int
) -> list[Result]:
    """What the chapter records, and every specification behind it: the multiverse as the table of a sweep."""
    trial = load_trial(data, "adsl", optional=TABLES)
    found = record_sensitivity(trial, outcome, experimental=experimental, level=confidence, draws=draws, seed=seed)
    results: list[Result] = []
    for arm, own in found.arms.items():
        about: dict[str, Any] = {
            "source": trial.source,
            "outcome": outcome,
            "arm": arm,
            "control": found.control,
            **_scale(found, arm),
        }
        results += own.numbers.values()
        results += [_recorded("specification", one, about, **one.levels) for one in own.specifications]
    return results
