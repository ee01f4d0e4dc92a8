"""A marker and response in print: who was analysed, cut-points, what is added to clinical factors, sentences."""

import math

import pandas as pd

from lentap.results import Result
from lentap.show.format import (
    escaped,
    interval,
    listed,
    number,
    p_phrase,
    percent,
    quote,
    ratio,
    without_unit,
)
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.biomarker import OfArm, Predicting
from lentap.show.record.marker_patients import MarkerPatients
from lentap.show.record.marker_survival import MarkerSurvival
from lentap.show.record.marker_value import WITH_MARKER, interval_from_p
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.sources import Source
from lentap.stats.estimate import Estimate

JUDGED = ("apparent", "optimism-corrected")


def biomarker_points(found: Predicting, survival: MarkerSurvival) -> list[str]:
    """Key points: whether the marker is associated, prognostic or predictive, and what it adds."""
    patients = found.patients
    if patients.gap:
        return [f"Whether the marker predicts cannot be shown here: {escaped(patients.gap)}."]
    rows = patients.evaluable
    return [
        f"**Marker.** {escaped(patients.label)}; {len(rows)} of {len(patients.frame)} patients have it and an "
        f"evaluable response, {int(rows['response'].sum())} of them responded.{_lifted(patients)}",
        *(_arm_point(arm, one) for arm, one in found.by_arm.items()),
        _prognostic_point(found.prognostic),
        *(_predictive_point(one, patients) for one in found.predictive.values()),
        _added_point(found),
        _cut_point(found),
        _survival_point(survival),
    ]


def steps_table(patients: MarkerPatients, *, source: Source, name: str = "analysed") -> Table:
    """How many patients of each arm have what the analyses need."""
    rows = [
        {"Patients": words, **{arm: str(count) for arm, count in counts.items()}} for words, counts in patients.steps
    ]
    frame = pd.DataFrame(rows or [{"Patients": ABSENT}])
    return Table(frame, name, "Who is in the analyses", (source,))


def cut_table(found: Predicting, *, source: Source, name: str = "cut-points") -> Table:
    """Cut-point of each arm with its accuracy as it appears and corrected, and predictive values."""
    columns = {arm: _cut_column(one) for arm, one in found.by_arm.items()}
    known = pd.DataFrame(columns)
    frame = known[(known != ABSENT).any(axis=1)].rename_axis("Measure").reset_index()
    level = next((100 * (one.area.level or math.nan) for one in found.by_arm.values() if one.area), 95.0)
    notes = [
        f"Cut-points in {found.patients.value_unit}. Estimates with {level:g}% CI (Wilson); predictive values are "
        "those of patients with this rate of response.",
        *(f"{arm}: {words}." for arm, one in found.by_arm.items() for words in one.why.values()),
    ]
    return Table(frame, name, "Calling patients positive at a cut-point", (source,), notes=notes)


def added_table(found: Predicting, *, source: Source, name: str = "added-value") -> Table | Prose:
    """Discrimination, error and calibration of the models without and with the marker."""
    added = found.added
    if added.why:
        return Prose(f"*Not shown: {escaped(added.why)}.*")
    rows = [
        {
            "Model": model,
            "Area, apparent": number(one.apparent.area, 2),
            "Area, corrected": number(one.corrected.area, 2),
            "Brier, apparent": number(one.apparent.brier, 3),
            "Brier, corrected": number(one.corrected.brier, 3),
            "Slope, corrected": number(one.corrected.slope, 2),
        }
        for model, one in added.validations.items()
    ]
    replicates = added.validations[WITH_MARKER]
    notes = (
        f"{added.n} patients with every factor, {added.events} responders; {added.columns} columns with the marker. "
        f"Corrected for optimism in {replicates.replicates - replicates.failed} bootstrap samples. Brier: mean squared "
        "error. Slope: below 1, predictions are too far apart for new patients.",
        f"Factors: {', '.join(found.patients.factors.values())}{', arm' if len(found.patients.arms) > 1 else ''}.",
    )
    return Table(pd.DataFrame(rows), name, "What the marker adds to clinical factors", (source,), notes=notes)


def needed_table(found: Predicting, *, source: Source, name: str = "validation-size") -> Table | Prose:
    """Patients and responders that a validation needs for each precision."""
    added = found.added
    if added.why:
        return Prose(f"*Not shown: {escaped(added.why)}.*")
    share = added.events / added.n
    rows = [
        {
            "To estimate": words[:1].upper() + words[1:],
            "Patients": quote(one, "estimate").removesuffix(" patients"),
            "of them responders": number(share * (one.estimate or 0), 0),
        }
        for words, one in added.needed.items()
    ]
    notes = (
        f"If {percent(share)}% respond and the model does as well as it does here after correction; half widths of the "
        "intervals. The largest number counts.",
    )
    return Table(pd.DataFrame(rows), name, "Patients needed to validate the model elsewhere", (source,), notes=notes)


def external_table(facts: pd.DataFrame, *, name: str = "external") -> Table | Prose:
    """What other studies report of markers like this one, with an interval derived where only a p-value is given.

    Parameters
    ----------
    facts
        As ``comparator_facts`` returns them.
    """
    found = facts[facts["endpoint"].str.contains("odds ratio") & facts["endpoint"].str.contains("response")]
    rows = []
    for one in found.to_dict("records"):
        derived = interval_from_p(float(one["value"]), float(one["p"])) if one["p"] else (math.nan, math.nan)
        rows.append(
            {
                "Study": f"{one['study']}, {one['design']}",
                "Marker": one["endpoint"].removesuffix("(odds ratio)").strip(),
                "Treatment": one["arm"],
                "Patients": f"{int(one['n'])}",
                "Odds ratio": interval(float(one["value"]), *derived, ratio),
                "p": one["p"],
                "Source": f"{one['source']}; {one['note']}",
            }
        )
    if not rows:
        return Prose("*No published study of such a marker is among the facts.*")
    note = "Intervals are derived from the p-value (Altman and Bland 2011), which assumes that it is Wald's."
    caption = "What other studies report"
    return Table(
        pd.DataFrame(rows), name, caption, ("published",), left=("Marker", "Treatment", "Source"), notes=(note,)
    )


def _arm_point(arm: str, one: OfArm) -> str:
    if "all" in one.why:
        return f"{escaped(arm)}: nothing can be said, {one.why['all']}."
    area = f"area under the ROC curve {with_interval(one.area)}" if one.area else ""
    if one.odds_ratio is None:
        return f"{escaped(arm)}: {area}; odds ratio not estimable: {escaped(one.why['odds ratio'])}."
    words = {"above": "more respond with more of the marker", "below": "fewer respond with more of the marker"}
    reading = words.get(side(one.odds_ratio), "the interval includes 1, so neither direction is excluded")
    return (
        f"**{escaped(arm)}.** Odds ratio of response by doubling: {with_interval(one.odds_ratio)}; {reading}. "
        f"{area[:1].upper()}{area[1:]}."
    )


def _prognostic_point(one: Result | None) -> str:
    if one is None:
        return ""
    return f"**Prognostic?** In all arms, adjusted for arm: odds ratio by doubling {with_interval(one)}, {_p(one)}."


def _predictive_point(one: Result, patients: MarkerPatients) -> str:
    arm, control = escaped(one.labels["arm"]), escaped(one.labels["control"])
    words = {
        "above": f"the marker tells more on {arm} than on {control}",
        "below": f"the marker tells less, or the opposite, on {arm}",
    }.get(side(one), "the interval includes 1, so that the marker may tell as much on either arm")
    after = (
        " It was measured after treatment had begun, so that even a difference would not say whom to treat."
        if patients.measure != "baseline"
        else ""
    )
    return (
        f"**Predictive?** Odds ratio on {arm} over that on {control}: {with_interval(one)}, {_p(one)}; {words}.{after}"
    )


def _added_point(found: Predicting) -> str:
    added = found.added
    if added.why or added.test is None:
        return f"**Added value** cannot be shown: {escaped(added.why)}."
    before, after = (areas[JUDGED[1]] for areas in added.areas.values())
    test = (
        _p(added.test) if added.test.p_value is not None else "test not estimable, as a factor separates the outcomes"
    )
    return (
        f"**Added value.** Area under the ROC curve after correction for optimism: {quote(before, 'estimate')} with "
        f"clinical factors, {quote(after, 'estimate')} with the marker as well; {test}."
    )


def _cut_point(found: Predicting) -> str:
    chosen, fixed = [], []
    for arm, one in found.by_arm.items():
        if one.accuracy is None or one.cut is None:
            continue
        at = f"{escaped(arm)} {quote(one.cut, 'estimate')}"
        if one.chosen:
            appears, corrected = one.chosen.youden, one.chosen.corrected_youden
            chosen.append(f"{at}, Youden's index {ratio(appears)}, corrected {ratio(corrected)}")
        else:
            rates = (with_interval(one.rates[word]) for word in ("sensitivity", "specificity"))
            fixed.append(f"{at}, sensitivity and specificity {listed(list(rates))}")
    if fixed:
        return f"**Cut-point fixed beforehand:** {'; '.join(fixed)}."
    return f"**Cut-point chosen by the data:** {'; '.join(chosen)}." if chosen else ""


def _survival_point(survival: MarkerSurvival) -> str:
    if survival.gap or not survival.ratios:
        return ""
    parts = [f"{escaped(arm)} {with_interval(one)}" for arm, one in survival.ratios.items()]
    since = "from the landmark on" if survival.landmark else "from the start"
    return f"**{escaped(survival.patients.endpoint)}, {since}.** Hazard ratio by doubling: {listed(parts)}."


def _lifted(patients: MarkerPatients) -> str:
    return f" {patients.lifted} levels of 0 count as half of the smallest above." if patients.lifted else ""


def _p(one: Result) -> str:
    return p_phrase(math.nan if one.p_value is None else one.p_value)


def _cut_column(one: OfArm) -> dict[str, str]:
    rates, accuracy, chosen = one.rates, one.accuracy, one.chosen
    known = accuracy is not None

    def share(estimate: Estimate | None) -> str:
        return interval(estimate.value, estimate.low, estimate.high, percent) if estimate else ABSENT

    def corrected(word: str) -> str:
        key = f"{word}, corrected"
        return without_unit(rates[key]) if key in rates else ABSENT

    return {
        "Responders / patients": f"{one.responders} / {one.patients}",
        "Area under the ROC curve": quote(one.area) if one.area else ABSENT,
        "Cut-point": quote(one.cut, "estimate") if one.cut and known else ABSENT,
        "where bootstrap samples put it": f"{number(chosen.threshold_low, 2)} to {number(chosen.threshold_high, 2)}"
        if chosen and known
        else ABSENT,
        "Sensitivity (%)": share(accuracy.sensitivity if accuracy else None),
        "corrected": corrected("sensitivity"),
        "Specificity (%)": share(accuracy.specificity if accuracy else None),
        "corrected ": corrected("specificity"),
        "Response if positive (%)": share(accuracy.positive_predictive_value if accuracy else None),
        "No response if negative (%)": share(accuracy.negative_predictive_value if accuracy else None),
        "Likelihood ratio, positive": _ratio(accuracy.positive_likelihood_ratio if accuracy else None),
        "Likelihood ratio, negative": _ratio(accuracy.negative_likelihood_ratio if accuracy else None),
    }


def _ratio(estimate: Estimate | None) -> str:
    """A likelihood ratio, which is infinite where nobody without response is positive."""
    if estimate is None:
        return ABSENT
    value, low, high = (
        "infinite" if math.isinf(x) else ratio(x) for x in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low} to {high})"
