"""Where the curves of a page come from: the reader's files, or a figure of a simulated trial whose truth is known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lentap.adam.readings import Readings, read_curves
from lentap.errors import ArgumentError, DataError
from lentap.forms import nearest
from lentap.sources import Source
from lentap.stats.arguments import Bools, Floats
from lentap.stats.digitised import DigitisedCurve, digitised_curve
from lentap.stats.hazards import exponential
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.trial_draws import draw_trials

# The simulated trial, in months: made to resemble none.
TREATED, CONTROL, FIGURE = "Treated", "Control", "the simulated figure"
MEDIAN, ACCRUAL, FOLLOW_UP, DROPOUT = 15.0, 24.0, 24.0, 0.005
EVERY, READ = 6.0, 200  # months between printed numbers at risk; readings a curve
TABLE = ("at_risk", "at_risk_time", "n", "events")  # arguments that stand in a table of numbers at risk


@dataclass(frozen=True)
class Curves:
    """The curves of one figure by arm, the control last; times in ``unit``.

    ``files`` says where the readings of each stand; ``truth`` holds times and events of the patients behind each
    curve, where the figure is a simulated one.
    """

    source: Source
    unit: str
    endpoint: str
    arms: Mapping[str, DigitisedCurve]
    files: Mapping[str, str]
    truth: Mapping[str, tuple[Floats, Bools]]

    @property
    def control(self) -> str:
        return list(self.arms)[-1]

    @property
    def experimental(self) -> list[str]:
        return list(self.arms)[:-1]


def digitised_curves(
    curve: str,
    risk_table: str = "none",
    *,
    control: str = "last",
    endpoint: str = "OS",
    unit: str = "proportion",
    time_unit: str = "months",
    tolerance: float = 0.02,
    patients: int = 71,
    hazard_ratio: float = 0.6,
    reading_error: float = 0.002,
    known: str = "numbers at risk",
    seed: int = 1,
) -> Curves:
    """Read the reader's curves and check them; the last five arguments are of the simulated figure alone.

    Parameters
    ----------
    curve, risk_table
        As in ``read_curves``; ``simulated`` for the simulated figure.
    control
        The arm that the others are compared with; ``last`` for the last one read.
    known
        What the simulated figure prints beside its curves.

    Raises
    ------
    DataError
        A file is not usable, an arm's readings cannot be a curve, or there is no such arm.
    """
    simulated = curve == "simulated"
    truth = simulated_arms(patients=patients, hazard_ratio=hazard_ratio, seed=seed) if simulated else {}
    if simulated:
        unit, time_unit = "proportion", "months"
        read = {arm: _printed(arm, *truth[arm], reading_error, known, [seed, 1, i]) for i, arm in enumerate(truth)}
    else:
        read = read_curves(curve, risk_table)
    arms = {arm: _checked(one, unit, tolerance) for arm, one in read.items()}
    files = {arm: one.file for arm, one in read.items()}
    source: Source = "synthetic" if simulated else "yours"
    return Curves(source, time_unit, endpoint, _control_last(arms, control), files, truth)


def simulated_arms(*, patients: int, hazard_ratio: float, seed: int) -> dict[str, tuple[Floats, Bools]]:
    """Draw the patients of a trial with constant hazards: times in months and events, by arm."""
    drawn = draw_trials(
        np.random.default_rng([seed, 0]), 1, n1=patients, n0=patients,
        hazard1=exponential(MEDIAN / hazard_ratio), hazard0=exponential(MEDIAN),
        accrual=ACCRUAL, follow_up=FOLLOW_UP, dropout=DROPOUT,
    )  # fmt: skip
    time, event, treated = drawn.time[0], drawn.event[0], drawn.treated[0]
    return {TREATED: (time[treated], event[treated]), CONTROL: (time[~treated], event[~treated])}


def _printed(arm: str, time: Floats, event: Bools, error: float, known: str, seed: list[int]) -> Readings:
    """Print a curve and read it off again, each reading off by a normal error; what ``known`` names is printed too."""
    curve, at = kaplan_meier(time, event), np.linspace(0, time.max(), READ)
    read = np.clip(curve.at(at) + error * np.random.default_rng(seed).standard_normal(at.size), 0, 1)
    table = np.arange(0, time.max(), EVERY) if "numbers at risk" in known else np.zeros(1)
    at_risk = curve.at_risk_at(table).tolist()
    events = int(event.sum()) if "events" in known else None
    return Readings(
        arm, FIGURE, tuple(at.tolist()), tuple(read.tolist()), FIGURE, tuple(table.tolist()), tuple(at_risk), events
    )


def _checked(one: Readings, unit: str, tolerance: float) -> DigitisedCurve:
    """The curve, or one line that names file and arm as well as what is wrong with it."""
    try:
        return digitised_curve(
            one.time, one.survival, at_risk_time=one.at_risk_time, at_risk=one.at_risk, events=one.total_events,
            unit=unit, tolerance=tolerance,
        )  # fmt: skip
    except ArgumentError as error:
        file = one.table_file if error.argument in TABLE else one.file
        msg = f"{file}, arm {one.arm!r}: {error}"
        raise DataError(msg) from error


def _control_last(arms: Mapping[str, DigitisedCurve], control: str) -> dict[str, DigitisedCurve]:
    if control == "last":
        return dict(arms)
    if control not in arms:
        msg = f"control is {control!r}{nearest(control, arms)}; legal: last | {' | '.join(arms)}"
        raise DataError(msg)
    return {arm: arms[arm] for arm in sorted(arms, key=control.__eq__)}
