"""Whether hazard ratios of a Cox model stay the same over time: Grambsch and Therneau's test and residuals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, rankdata

from lentap.stats.arguments import Bools, Floats, Integers, choice, refuse
from lentap.stats.cox import CoxModel

TRANSFORMS = ("km", "rank", "identity", "log")


@dataclass(frozen=True, eq=False)
class ProportionalHazards:
    """Tests and residuals of a Cox model, a row an event in the latter, by stratum and time.

    ``table`` has a row a covariate and the row GLOBAL: statistic, df, p_value. ``time`` is that of each event,
    ``transformed`` the same after ``transform``. ``residuals`` has a column a covariate: the scaled Schoenfeld
    residuals plus the coefficient, whose trend over ``transformed`` is that of the log hazard ratio; of a covariate of
    several columns they are of its linear predictor, around 1. They are not-a-number in strata in which the covariate
    does not vary. Tests are not-a-number where the events have too few distinct times.
    """

    table: pd.DataFrame
    transform: str
    time: Floats
    transformed: Floats
    residuals: pd.DataFrame
    method: str


def proportional_hazards(model: CoxModel, *, transform: str = "km", by_column: bool = False) -> ProportionalHazards:
    """Score test of coefficients that change with a transform of time (Grambsch and Therneau 1994).

    As R's cox.zph from survival 3.0 on, which tests with the exact information at each event time; before, and in
    lifelines, an approximation with its mean. The model's own variance is used, also of a robust model.

    Parameters
    ----------
    transform
        One of ``TRANSFORMS``: one less the Kaplan-Meier curve of all rows just before, rank among the times of all
        rows, the time itself, or its logarithm.
    by_column
        Whether to test each column, instead of each covariate with all of its columns together.

    Raises
    ------
    StatisticsError
        An unknown transform, or the logarithm with an event at time 0.
    """
    choice("transform", transform, TRANSFORMS)
    fitted, sets = model.fitted, model.fitted.sets
    of_rows = _transformed(model, transform)
    by_slot = np.zeros(sets.slots)
    by_slot[sets.event_slot] = of_rows[sets.dying]
    by_slot -= of_rows[sets.dying].mean()
    unscaled = fitted.matrix[sets.dying] - fitted.mean_at_events()[sets.event_slot]
    trend = (sets.weight[sets.dying] * by_slot[sets.event_slot]) @ unscaled
    names, columns = [term.name for term in model.design.terms], _columns(model)
    if by_column:
        names, columns = list(model.names), [[place] for place in range(len(model.names))]
    information, first, second = (fitted.information(power) for power in (None, by_slot, by_slot**2))

    least = 1e-12 * np.abs(second).max() + 1e-20 * np.abs(information).max() * np.square(of_rows[sets.dying]).max()

    def test(places: list[int]) -> tuple[float, int, float]:
        # The coefficients' own score is 0 at their maximum; what they explain of the trend is taken off its variance.
        cross = first[:, places]
        variance = second[np.ix_(places, places)] - cross.T @ np.linalg.solve(information, cross)
        if np.linalg.eigvalsh(variance)[0] <= least:  # all events at once, or at fewer times than columns
            return np.nan, len(places), np.nan
        statistic = float(trend[places] @ np.linalg.solve(variance, trend[places]))
        return statistic, len(places), float(chi2.sf(statistic, len(places)))

    rows = [test(places) for places in [*columns, list(range(len(model.names)))]]
    row_names = pd.Index([*names, "GLOBAL"], name="covariate")
    event = _in_order(model)
    return ProportionalHazards(
        pd.DataFrame(rows, index=row_names, columns=["statistic", "df", "p_value"]),
        transform,
        model.time[event],
        of_rows[event],
        pd.DataFrame(_scaled(model, columns, event), columns=names),
        f"Grambsch-Therneau score test, {transform} transform",
    )


def schoenfeld_residuals(model: CoxModel) -> pd.DataFrame:
    """Covariates of each event less their mean in the risk set (Schoenfeld 1982): stratum, time, then a column each.

    Events are in the order of strata and times; those of tied events have the mean of Efron's steps, where these are.
    """
    event = _in_order(model)
    found = pd.DataFrame(_unscaled(model, event), columns=list(model.names))
    found.insert(0, "time", model.time[event])
    found.insert(0, "stratum", np.array(model.strata or ("",))[model.fitted.sets.stratum[event]])
    return found


def _in_order(model: CoxModel) -> Integers:
    """Rows with the event by stratum and time."""
    sets = model.fitted.sets
    return np.asarray(sets.dying[np.lexsort((model.time[sets.dying], sets.stratum[sets.dying]))])


def _unscaled(model: CoxModel, event: Integers) -> Floats:
    fitted = model.fitted
    return (fitted.matrix[event] - fitted.mean_at_events()[fitted.sets.left[event]]) * model.spread


def _columns(model: CoxModel) -> list[list[int]]:
    ends = np.cumsum([len(term.columns) for term in model.design.terms]).tolist()
    return [list(range(start, end)) for start, end in zip([0, *ends], ends, strict=False)]


def _transformed(model: CoxModel, transform: str) -> Floats:
    time, event = model.time, model.fitted.sets.event
    match transform:
        case "identity":
            return time
        case "rank":
            return np.asarray(rankdata(time))
        case "log":
            if (time[event] == 0).any():
                refuse("transform", "log with an event at time 0", "km, rank or identity")
            return np.asarray(np.log(np.where(time > 0, time, 1.0)))
        case _:
            return 1 - _before(time, event, model.entry)


def _before(time: Floats, event: Bools, entry: Floats | None) -> Floats:
    """Kaplan-Meier curve of all rows just before each row's time."""
    times, deaths = np.unique(time[event], return_counts=True)
    at_risk = time.size - np.searchsorted(np.sort(time), times)
    if entry is not None:
        at_risk -= time.size - np.searchsorted(np.sort(entry), times)
    curve = np.concatenate([[1.0], np.cumprod(1 - deaths / at_risk)])
    return np.asarray(curve[np.searchsorted(times, time)])


def _scaled(model: CoxModel, columns: list[list[int]], event: Integers) -> Floats:
    """Residuals of covariates, (events, covariates), scaled with their mean variance at an event (as R scales them)."""
    sets, strata = model.fitted.sets, model.fitted.sets.bounds.size - 1
    stratum = sets.stratum[event]
    events = np.bincount(stratum, minlength=strata)
    apart = (np.abs(model.fitted.matrix) > 1e-9) & (sets.left > sets.entered)[:, None]  # from the mean of the stratum
    of_columns = np.column_stack([np.bincount(sets.stratum, one, strata) > 0 for one in apart.T])
    varies = np.column_stack([of_columns[:, places].any(axis=1) for places in columns])
    onto, shared = np.zeros((len(model.names), len(columns))), np.zeros((strata, len(model.names)))
    for covariate, places in enumerate(columns):
        onto[places, covariate] = model.coefficients[places] if len(places) > 1 else 1.0
        shared[:, places] = varies[:, [covariate]]
    scale = np.outer(model.spread, model.spread) / np.maximum((shared * events[:, None]).T @ shared, 1)
    variance = onto.T @ (model.fitted.information() * scale) @ onto
    residuals = _unscaled(model, event) @ onto
    scaled = np.full_like(residuals, np.nan)
    for one in np.flatnonzero(events):
        rows, seen = np.flatnonzero(stratum == one), np.flatnonzero(varies[one])
        scaled[np.ix_(rows, seen)] = np.linalg.solve(variance[np.ix_(seen, seen)], residuals[np.ix_(rows, seen)].T).T
    added = [1.0 if len(places) > 1 else float(model.coefficients[places[0]]) for places in columns]
    return np.asarray(scaled + added)
