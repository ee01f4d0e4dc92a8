"""Who is enrolled: baseline factors and the hazard they carry."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from lentap.simulate.assumptions import Assumptions, Baseline

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]


def enrol(assumptions: Assumptions, experimental: bool, patients: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the patients of one arm, a row each, with their dates of enrolment and baseline factors.

    Returns
    -------
    Columns of ADSL known at enrolment, and ``hazard``, the patient's log hazard (measured factors and frailty).
    """
    a, calendar = assumptions.baseline, assumptions.calendar

    def chance(percent: float) -> Flags:
        return rng.random(patients) < percent / 100

    enrolment_days = (calendar.enrolment_end - calendar.enrolment_start).days + 1
    bclc = rng.choice(["A", "B", "C"], patients, p=_shares(a.bclc_a_percent, None, a.bclc_c_percent))
    pvtt = (bclc == "C") & chance(100 * a.pvtt_percent / a.bclc_c_percent)
    male = chance(a.male_percent)
    afp = _afp(a, patients, rng)
    scores = list(a.child_pugh_percent)
    child_pugh = rng.choice(scores, patients, p=_shares(*a.child_pugh_percent.values()))
    ecog = rng.choice([0, 1, 2], patients, p=_shares(None, a.ecog_1_percent, a.ecog_2_percent))
    weight = np.where(male, a.weight_men_kg, a.weight_women_kg) + a.weight_sd_kg * rng.standard_normal(patients)
    factors = {"PVTT": pvtt, "AFP": afp >= 400, "CP": child_pugh == "B7", "ECOG": ecog >= 1}
    hazard = log_hazard(assumptions, factors) + assumptions.prognosis.frailty_sd * rng.standard_normal(patients)
    agent = np.where(chance(a.sintilimab_percent), "Sintilimab", "Camrelizumab")
    return pd.DataFrame(
        {
            "SITEID": np.char.zfill((1 + rng.integers(a.sites, size=patients)).astype(str), 2),
            "AGE": _ages(a, patients, rng),
            "SEX": np.where(male, "M", "F"),
            "WEIGHTBL": np.clip(weight, 38, 120).round(1),
            "HBVFL": yes_no(chance(a.hbv_percent)),
            "BCLC": bclc,
            "PVTTFL": yes_no(pvtt),
            "AFPBL": afp,
            "AFP400FL": yes_no(afp >= 400),
            "CHILDPGH": child_pugh,
            "ECOG": ecog,
            "PD1": agent if experimental else "none",
            "PPROTFL": yes_no(~chance(calendar.deviation_percent)),
            "ENRLDT": np.datetime64(calendar.enrolment_start) + rng.integers(enrolment_days, size=patients),
            "hazard": hazard,
        }
    )


def log_hazard(assumptions: Assumptions, factors: dict[str, Flags]) -> Reals:
    """Log hazard of measured factors, centred so that the average patient has none."""
    total = sum(weight * (factors[name] - share) for name, (weight, share) in _weights(assumptions).items())
    return np.asarray(total, dtype=float)


def log_hazard_variance(assumptions: Assumptions) -> float:
    """Variance of the log hazard among patients, its factors taken as independent."""
    weights = _weights(assumptions).values()
    return assumptions.prognosis.frailty_sd**2 + sum(weight**2 * share * (1 - share) for weight, share in weights)


def yes_no(flags: Flags) -> NDArray[np.str_]:
    """Y where true, N elsewhere."""
    return np.where(flags, "Y", "N")


def between(span: list[float], n: int, rng: np.random.Generator) -> Reals:
    """Draw numbers between the lowest and the highest of an assumption."""
    low, high = span
    return rng.uniform(low, high, n)


def _weights(assumptions: Assumptions) -> dict[str, tuple[float, float]]:
    """Log hazard ratio and share of patients of each factor."""
    a, p = assumptions.baseline, assumptions.prognosis
    return {
        "PVTT": (p.pvtt, a.pvtt_percent / 100),
        "AFP": (p.afp_400, a.afp_400_percent / 100),
        "CP": (p.child_pugh_b, a.child_pugh_percent.get("B7", 0) / 100),
        "ECOG": (p.ecog_1_up, (a.ecog_1_percent + a.ecog_2_percent) / 100),
    }


def _shares(*percents: float | None) -> list[float]:
    """Probabilities of categories; the one left open takes the rest."""
    known = sum(percent for percent in percents if percent is not None)
    shares = [(100 - known if percent is None else percent) / 100 for percent in percents]
    return [share / sum(shares) for share in shares]


def _ages(a: Baseline, patients: int, rng: np.random.Generator) -> Days:
    low, high = ((limit - a.age_median_years) / a.age_sd_years for limit in (a.age_lowest_years, a.age_highest_years))
    scores = ndtri(rng.uniform(ndtr(low), ndtr(high), patients))
    return np.asarray(np.rint(a.age_median_years + a.age_sd_years * scores), dtype=np.int64)


def _afp(a: Baseline, patients: int, rng: np.random.Generator) -> Reals:
    """Log-normal, with the assumed share at 400 ng/mL or more; whole numbers from 10 up, as laboratories report."""
    centre = np.log(400) + a.afp_log_sd * ndtri(a.afp_400_percent / 100)
    afp = np.clip(np.exp(centre + a.afp_log_sd * rng.standard_normal(patients)), 1, 200_000)
    return np.asarray(np.where(afp < 10, afp.round(1), afp.round()), dtype=float)
