"""What a reconstruction is worth, in sentences and tables, and the trial folder it becomes."""

import csv
import io
import math
import shlex
from collections.abc import Sequence
from typing import Any

import pandas as pd

from lentap.adam import as_yaml
from lentap.errors import DataError
from lentap.folders import OURS, make_folder
from lentap.show.format import NOT_REACHED, escaped, interval, listed, number, ratio
from lentap.show.prose import Prose, side, with_interval
from lentap.show.reconstruction import survival_at
from lentap.show.record.reconstruction import Reconstructed
from lentap.show.table import Table
from lentap.stats.estimate import Estimate

YOURS = (
    "Made of the readings you brought. These patients agree with the curves; they are not those of the trial, and hold "
    "nothing that the figure does not show."
)
ENDPOINTS = {
    "OS": "Overall survival",
    "PFS": "Progression-free survival",
    "EFS": "Event-free survival",
    "DFS": "Disease-free survival",
    "RFS": "Recurrence-free survival",
}
UNKNOWN = "not known from a curve: see the publication of the figure"


def caveat(found: Reconstructed) -> str:
    """What stands under the key points: of the reader's curves, or the book's usual words of synthetic numbers."""
    return YOURS if found.curves.source == "yours" else ""


def reconstruction_points(found: Reconstructed) -> list[str]:
    """Key points: patients and fit by arm, the hazard ratio with both errors, and the truth where it is known."""
    control = found.curves.control
    return [
        *(_arm_point(found, arm) for arm in found.arms),
        *(_ratio_point(found, arm) for arm in found.ratios),
        *(_truth_point(found, arm) for arm in found.original),
        "" if found.ratios else f"One arm alone, {escaped(control)}: there is no hazard ratio without another.",
    ]


def _arm_point(found: Reconstructed, arm: str) -> str:
    one = found.arms[arm]
    return (
        f"{escaped(arm)}: {one.curve.n} patients with {one.fit.events} events, made of {one.curve.time.size} readings "
        f"and {_beside(found, arm)}. Their curve is off the readings by {_points(one.fit.rmse)} points (root mean "
        f"square), {_points(one.fit.largest_error)} at most."
    )


def _beside(found: Reconstructed, arm: str) -> str:
    """What was known besides the curve, and whether the reconstruction meets it."""
    one = found.arms[arm]
    table, events = one.fit.at_risk, one.fit.events_published
    off = int(table["difference"].abs().max())
    words = [f"{len(table)} numbers at risk ({f'off by up to {off}' if off else 'all met'})"] * one.curve.has_table
    if events is not None:
        apart = abs(one.fit.events - events)
        words.append(f"the total of {events} events ({f'off by {apart}' if apart else 'met'})")
    return listed(words) or "the number of patients alone"


def _ratio_point(found: Reconstructed, arm: str) -> str:
    errors, result = found.ratios[arm], found.hazard_ratios[arm]
    both = f"Hazard ratio of {escaped(arm)} over {escaped(found.curves.control)}"
    if result.estimate is None:
        return f"{both}: not estimable from these events."
    words = (
        f"{both}: {with_interval(result)}. The standard error of its logarithm is "
        f"{number(errors.sampling_error, 3)} from sampling patients and {number(errors.reconstruction_error, 3)} from "
        "reconstructing them"
    )
    match side(result):
        case "above":
            return f"{words}; the interval with both lies above 1."
        case "below":
            return f"{words}; the interval with both lies below 1."
    return f"{words}; the interval with both includes 1."


def _truth_point(found: Reconstructed, arm: str) -> str:
    true, made = found.original[arm], found.ratios[arm]
    if not math.isfinite(made.value / true.value):
        return f"The hazard ratio of the simulated patients behind the curves: {_estimate(true)}."
    return (
        f"The simulated patients behind the curves had a hazard ratio of {_estimate(true)}: the reconstructed one is "
        f"{number(made.value / true.value, 3)} times it."
    )


def fit_table(found: Reconstructed, *, name: str = "fit") -> Table:
    """A column an arm: what went in, what was mended, and how the reconstruction agrees with it."""
    columns = {}
    for arm, one in found.arms.items():
        fit, mended, median = one.fit, one.curve.cleaning, found.made[arm].median
        published = "not given" if fit.events_published is None else str(fit.events_published)
        columns[arm] = {
            "Patients": str(one.curve.n),
            "Readings": str(one.curve.time.size),
            "Readings above the one before, evened out": str(mended.rises),
            "Readings out of order, repeated, or off the axes": str(
                mended.disordered + mended.repeated + mended.before_zero + mended.outside
            ),
            "Error of a reading, estimated (points)": _points(fit.noise),
            "Root mean square error (points)": _points(fit.rmse),
            "Largest error (points)": _points(fit.largest_error),
            "Numbers at risk given": str(len(fit.at_risk)),
            "Largest difference from them (patients)": str(int(fit.at_risk["difference"].abs().max())),
            "Events given": published,
            "Events reconstructed": str(fit.events),
            f"Median ({found.curves.unit})": _time(median.value),
            "Its lower limit": _time(median.low),
            "Its upper limit": _time(median.high),
        }
    frame = pd.DataFrame(columns).rename_axis("").reset_index()
    return Table(frame, name, "The reconstruction beside what it was made from", (found.curves.source,))


def at_risk_table(found: Reconstructed, *, name: str = "at-risk") -> Table:
    """Numbers at risk at the printed times, given and reconstructed, by arm."""
    columns = {
        arm: table["published"].map("{:.0f} / ".format) + table["reconstructed"].map("{:.0f}".format)
        for arm, one in found.arms.items()
        for table in [one.fit.at_risk.set_index("time")]
    }
    whole = pd.DataFrame(columns).sort_index().fillna("")
    whole.insert(0, f"Time ({found.curves.unit})", [f"{time:g}" for time in whole.index])
    return Table(whole, name, "Numbers at risk: given / reconstructed", (found.curves.source,))


def truth_table(found: Reconstructed, *, name: str = "truth") -> Table | Prose:
    """Reconstruction and original data side by side; where the original is not known, who could tell."""
    if not found.true:
        return Prose(
            "The patients behind these curves are not known here. The test that is left are numbers of the publication "
            "that no reading went into, such as a median or a hazard ratio."
        )
    rows = [
        {
            "": f"Events, {arm}",
            "Original": str(int(true.events.sum())),
            "Reconstructed": str(found.arms[arm].fit.events),
        }
        for arm, true in found.true.items()
    ]
    for arm, curve in found.true.items():
        words = [_time(one.median.value) for one in (curve, found.made[arm])]
        rows.append({"": f"Median, {arm} ({found.curves.unit})", "Original": words[0], "Reconstructed": words[1]})
    for one in survival_at(found).to_dict("records"):
        label = f"Event-free at {one['time']:g} {found.curves.unit}, {one['arm']} (%)"
        rows.append({"": label, "Original": one["original"], "Reconstructed": one["reconstructed"]})
    for arm, true in found.original.items():
        pair = {"Original": _estimate(true), "Reconstructed": _estimate(found.ratios[arm])}
        rows.append({"": f"Hazard ratio, {arm} over {found.curves.control}", **pair})
    return Table(pd.DataFrame(rows), name, "Reconstruction beside the simulated patients", (found.curves.source,))


def trial_from_curves(found: Reconstructed, output: str) -> Prose:
    """Hand the patients over as a trial folder, and say how the book goes on with it.

    Raises
    ------
    DataError
        There is one arm alone: a trial has a control.
    """
    if output == "none":
        return Prose(
            "With `-p output=FOLDER`, `lentap run` writes these patients as a trial folder: a `trial.yml` and the "
            "tables ADSL and ADTTE, for `lentap check FOLDER` and every chapter on survival."
        )
    if not found.ratios:
        msg = f"output is {output!r}: a trial needs a control and one other arm; legal: curves of two arms or more"
        raise DataError(msg)
    make_folder(output, trial_texts(found))
    return Prose(
        f"`lentap run` writes these patients as a trial folder. Go on with it:\n\n"
        f"    lentap check {shlex.quote(output)}\n"
        f"    lentap run efficacy/survival --data {shlex.quote(output)} -p endpoint={found.curves.endpoint}\n\n"
        "Intervals there count the error of sampling alone; that of reconstruction stands above."
    )


def trial_texts(found: Reconstructed) -> dict[str, str]:
    """The files of the trial folder: trial.yml, and a row a patient in ADSL and ADTTE; times to 6 decimals."""
    patients, endpoint = found.patients, found.curves.endpoint
    ids = [f"R-{number:0{len(str(len(patients)))}d}" for number in range(1, len(patients) + 1)]
    arms = patients["group"].tolist()
    subjects = zip(ids, arms, strict=True)
    times = zip(ids, patients["time"].round(6).tolist(), patients["event"].tolist(), strict=True)
    about = _design(found)
    return {
        "trial.yml": f"{OURS}\n{as_yaml(about)}",
        "adsl.csv": _csv(["USUBJID", "TRT01P"], subjects),
        "adtte.csv": _csv(
            ["USUBJID", "PARAMCD", "AVAL", "AVALU", "CNSR"],
            ((one, endpoint, time, found.curves.unit, int(not event)) for one, time, event in times),
        ),
    }


def _design(found: Reconstructed) -> dict[str, Any]:
    curves = found.curves
    synthetic = curves.source == "synthetic"
    errors = "; ".join(f"{arm} {_points(one.fit.rmse)} points" for arm, one in found.arms.items())
    made = "a curve of a simulated trial" if synthetic else "printed curves"
    roles = dict.fromkeys(curves.experimental, "experimental") | {curves.control: "control"}
    return {
        "id": "reconstructed" + ("-synthetic" if synthetic else ""),
        "title": f"Patients reconstructed from {made}",
        "source": curves.source,
        "allocation": UNKNOWN,
        "reference": f"Not the original patients: reconstructed from {made}, whose readings they miss by (root mean "
        f"square) {errors}. Intervals computed from them leave out the error of reconstruction.",
        "arms": [{"name": arm, "label": arm, "role": role} for arm, role in roles.items()],
        "populations": {"ALL": {"label": "All patients of the curves", "arm": "TRT01P"}},
        "endpoints": {
            curves.endpoint: {
                "label": f"{ENDPOINTS[curves.endpoint]} (reconstructed)",
                "unit": curves.unit,
                "population": "ALL",
                **dict.fromkeys(("origin", "event", "censoring", "resection", "crossover", "new_therapy"), UNKNOWN),
            }
        },
    }


def _csv(names: Sequence[str], rows: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def _points(share: float) -> str:
    return number(100 * share, 2)


def _time(value: float) -> str:
    return number(value) if math.isfinite(value) else NOT_REACHED


def _estimate(found: Estimate) -> str:
    return interval(found.value, found.low, found.high, ratio)
