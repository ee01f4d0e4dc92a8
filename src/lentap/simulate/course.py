"""The course of disease: response seen at visits, resection, progression, recurrence, death, last contact.

All times are days since enrolment. Response makes resection possible; progression and recurrence raise the hazard of
death and resection lowers it, from the day each of them happens.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.patients import Days, Flags, Reals, log_hazard_variance

MONTH = 30.4375
NEVER = 10**6


@dataclass(frozen=True)
class Course:
    """What happens to the patients of one arm; an array element a patient, ``NEVER`` where something does not happen.

    ``visits``, ``mrecist`` and ``recist11`` have a column a scheduled visit; a response is '' where there was no
    assessment. ``reactivity`` is unseen: it drives both the marker and the response.
    """

    treated: Flags
    start: Days
    reactivity: Reals
    complete: Days
    visits: Days
    mrecist: NDArray[np.str_]
    recist11: NDArray[np.str_]
    resected: Flags
    resection: Days
    margin: NDArray[np.str_]
    pathology: NDArray[np.str_]
    progression: Days
    last_assessment: Days
    death: Days
    last: Days
    left: Flags


@dataclass(frozen=True)
class _Latent:
    """When disease responds, and how deeply among responders (0 to 1)."""

    responder: Flags
    depth: Reals
    response: Reals
    reactivity: Reals


def follow(assumptions: Assumptions, experimental: bool, patients: pd.DataFrame, rng: np.random.Generator) -> Course:
    """Draw the course of the patients of one arm.

    Parameters
    ----------
    patients
        From `lentap.simulate.patients.enrol`.
    """
    a, n = assumptions, len(patients)
    relative = np.exp(patients["hazard"].to_numpy(dtype=float))
    treated = rng.random(n) >= a.calendar.never_treated_percent / 100
    start = rng.integers(a.calendar.longest_delay_to_start_days + 1, size=n)
    last, left = _follow_up(a, patients, treated, rng)
    latent = _response(a, experimental, patients, treated, rng)
    visits, attended, evaluable = _visits(a, treated, rng)

    rate = a.survival.progression_hazard.of(experimental) / MONTH * relative
    rate = np.where(latent.responder, rate * a.survival.responder_progression_ratio, rate)
    progression = np.where(latent.responder, latent.response, 0) + rng.exponential(size=n) / rate

    planned = _planned_resection(a, experimental, latent, _first(visits, evaluable, latent.response), progression, rng)
    margin, pathology = _specimen(a, experimental, n, rng)
    rate = a.survival.recurrence_hazard.of(experimental) / MONTH * relative
    rate = rate * np.where(pathology == "pCR", a.survival.pcr_recurrence_ratio, 1)
    rate = rate * np.where(margin == "R0", 1, a.survival.residual_recurrence_ratio)
    recurrence = planned + rng.exponential(size=n) / rate

    death = _death(a, relative, planned, np.where(planned < NEVER, recurrence, progression), rng)
    death = np.where(death <= last, death, NEVER)
    last = np.minimum(last, death)
    resected = planned < last
    resection = np.where(resected, planned, NEVER)

    alive_to = np.where(death < NEVER, last - 1, last)
    seen = attended & (visits <= alive_to[:, None]) & (visits < resection[:, None])
    found = np.where(resected, NEVER, _first(visits, seen & evaluable, progression))
    seen &= visits <= found[:, None]
    interval = 7 * a.resection.surveillance_weeks
    surveillance = resection + (alive_to - resection) // interval * interval
    recurred = np.where(resected, resection + np.ceil((recurrence - resection) / interval) * interval, NEVER)
    found = np.where(resected, np.where(recurred <= surveillance, recurred, NEVER), found).astype(np.int64)
    assessed = np.where(resected, surveillance, np.max(np.where(seen & evaluable, visits, 0), axis=1))
    mrecist, recist11 = _responses(a, latent, visits, seen, seen & evaluable, found, rng)
    return Course(
        treated=treated,
        start=np.minimum(start, last - 1),
        reactivity=latent.reactivity,
        complete=_complete(a, latent).astype(np.int64),
        visits=visits,
        mrecist=mrecist,
        recist11=recist11,
        resected=resected,
        resection=resection,
        margin=margin,
        pathology=pathology,
        progression=found,
        last_assessment=assessed,
        death=death,
        last=last,
        left=left & (death == NEVER),
    )


def _follow_up(a: Assumptions, patients: pd.DataFrame, treated: Flags, rng: np.random.Generator) -> tuple[Days, Flags]:
    """Last possible contact of each patient, and who leaves the study before the data cut."""
    n = len(patients)
    cut = (np.datetime64(a.calendar.data_cut) - patients["ENRLDT"].to_numpy("datetime64[D]")).astype(np.int64)
    cut -= rng.integers(a.calendar.longest_silence_days + 1, size=n)
    yearly = max(a.calendar.dropout_percent_per_year / 100, 1e-9)
    dropout = np.ceil(rng.exponential(365.25 / yearly, n)).clip(max=NEVER).astype(np.int64)
    dropout = np.where(treated, dropout, rng.integers(1, 60, size=n))
    return np.minimum(cut, dropout), dropout < cut


def _response(
    a: Assumptions, experimental: bool, patients: pd.DataFrame, treated: Flags, rng: np.random.Generator
) -> _Latent:
    """Probit model of objective response; its rate is the assumed one on average over patients."""
    n, rate = len(patients), a.response.objective_percent.of(experimental) / 100
    reactivity = rng.standard_normal(n)
    slope = a.response.per_reactivity.of(experimental)
    scale = np.sqrt(1 + slope**2 + a.response.prognosis_slope**2 * log_hazard_variance(a))
    score = slope * reactivity + a.response.prognosis_slope * patients["hazard"] + rng.standard_normal(n)
    rank = ndtr(score.to_numpy(dtype=float) / scale)
    depth = (rank - (1 - rate)) / max(rate, 1e-9)
    months = np.exp(np.log(a.response.time_median_months) + a.response.time_log_sd * rng.standard_normal(n))
    responder = treated & (depth > 0)
    return _Latent(responder, depth, np.where(responder, months * MONTH, NEVER), reactivity)


def _visits(a: Assumptions, treated: Flags, rng: np.random.Generator) -> tuple[Days, Flags, Flags]:
    """Day of each scheduled visit, whether it took place, and whether its images could be evaluated."""
    shape = (len(treated), len(a.response.weeks))
    jitter = a.calendar.visit_jitter_days
    days = 7 * np.array(a.response.weeks) + rng.integers(-jitter, jitter + 1, size=shape)
    attended = treated[:, None] & (rng.random(shape) >= a.response.missed_percent / 100)
    return days, attended, attended & (rng.random(shape) >= a.response.not_evaluable_percent / 100)


def _first(visits: Days, among: Flags, after: Reals) -> Days:
    """First of some visits on or after a time."""
    return np.asarray(np.min(np.where(among & (visits >= after[:, None]), visits, NEVER), axis=1))


def _planned_resection(
    a: Assumptions, experimental: bool, latent: _Latent, seen: Days, progression: Reals, rng: np.random.Generator
) -> Days:
    """Day on which a responder would be resected, unless the disease progresses first."""
    n, r = len(seen), a.resection
    chance = r.after_response_percent.of(experimental) / 100 * (1 + r.depth_slope * (2 * latent.depth - 1))
    delay = np.ceil(np.exp(np.log(r.delay_median_days) + r.delay_log_sd * rng.standard_normal(n)))
    planned = np.minimum(seen + delay, NEVER).astype(np.int64)
    chosen = latent.responder & (rng.random(n) < chance) & (planned < progression)
    return np.where(chosen, planned, NEVER)


def _specimen(
    a: Assumptions, experimental: bool, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Resection margin and pathological response a patient has if resected."""
    r = a.resection
    margin, pathology = rng.random(n) * 100, rng.random(n) * 100
    pcr, mpr = r.pcr_percent.of(experimental), r.mpr_percent.of(experimental)
    margins = np.select([margin < r.r2_percent, margin >= 100 - r.r0_percent], ["R2", "R0"], "R1")
    return margins, np.select([pathology < pcr, pathology < mpr], ["pCR", "MPR"], "none")


def _death(a: Assumptions, relative: Reals, resection: Days, worse: Reals, rng: np.random.Generator) -> Days:
    """Day of death under a hazard that changes at resection and at progression or recurrence."""
    s = a.survival
    base = s.death_hazard / MONTH * relative
    needed = rng.exponential(size=len(relative))  # cumulative hazard at death
    first = np.minimum(resection, worse)
    operated = np.where(resection <= worse, s.resected_death_ratio, 1.0)
    spent = needed - base * first
    between = operated * base
    beyond = spent - between * (worse - first)
    time = np.where(spent < 0, needed / base, first + np.maximum(spent, 0) / between)
    time = np.where(beyond > 0, worse + beyond / (between * s.progressed_death_ratio), time)
    return np.asarray(np.ceil(np.minimum(time, NEVER)), dtype=np.int64).clip(min=1)


def _complete(a: Assumptions, latent: _Latent) -> Reals:
    """Time of complete response by mRECIST."""
    deep = latent.responder & (latent.depth > 1 - a.response.complete_percent / 100)
    return np.where(deep, latent.response + a.response.complete_delay_days, NEVER)


def _responses(
    a: Assumptions,
    latent: _Latent,
    visits: Days,
    seen: Flags,
    evaluable: Flags,
    progression: Days,
    rng: np.random.Generator,
) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Response by mRECIST and RECIST 1.1 at each visit; the second needs a deeper response and sees it later."""
    r = a.response

    def states(partial: Reals, complete: Reals, worse: Flags) -> NDArray[np.str_]:
        conditions = [~seen, worse, ~evaluable, visits >= complete[:, None], visits >= partial[:, None]]
        return np.select(conditions, ["", "PD", "NE", "CR", "PR"], "SD")

    worse = visits == progression[:, None]
    deep = latent.depth > 1 - r.recist11_percent / 100
    deepest = latent.depth > 1 - r.recist11_complete_percent / 100
    partial = np.where(latent.responder & deep, latent.response + r.recist11_delay_days, NEVER)
    complete = np.where(latent.responder & deepest, partial + r.complete_delay_days, NEVER)
    same = rng.random(len(progression)) < r.same_progression_percent / 100
    return states(latent.response, _complete(a, latent), worse), states(partial, complete, worse & same[:, None])
