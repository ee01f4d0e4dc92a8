"""Sizes of the target lesions over time as the first reader measured them, such that the responses of adrs follow.

Whole diameters go by RECIST 1.1, diameters of the viable part by mRECIST. Sums are whole millimetres within the limits
that each visit's response leaves; the sum of the viable part stays below that of the whole.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.course import Course
from lentap.simulate.measured import Tumours
from lentap.simulate.patients import Days, Flags, Reals, between

LESIONS = 2  # at most, as in one organ (RECIST 1.1); a patient with one has 0 mm for the other
LEAST_GROWTH_MM = 5  # of the sum of whole diameters for progression by RECIST 1.1
SEEN_MM = 8  # of viable tumour that comes back


@dataclass(frozen=True)
class Lesions:
    """Diameters in mm by patient and lesion at baseline, and by patient, visit and lesion; how progression showed.

    Where no image was evaluable at a visit its diameters mean nothing.
    """

    whole_before: Days
    viable_before: Days
    whole: Days
    viable: Days
    new: Flags
    elsewhere: Flags


@dataclass(frozen=True)
class _Criterion:
    """What one criterion made of the patients: responses, sums at baseline, and where they head for."""

    responses: NDArray[np.str_]
    before: Days
    heads_for: Reals
    least_growth: int

    def limits(self, response: NDArray[np.str_], nadir: Days) -> tuple[Days, Days]:
        """Smallest and largest sum that is of a response, after a smallest sum so far."""
        grown = np.maximum(-(-6 * nadir // 5), nadir + max(self.least_growth, 1))  # 20 % above the nadir, rounded up
        stable = np.maximum(-(-6 * nadir // 5) - 1, nadir + max(self.least_growth - 1, 0))
        shrunk = 7 * self.before // 10
        least_partial = np.minimum(np.maximum(5, self.before // 12), np.minimum(shrunk, nadir))
        is_in = [response == word for word in ("CR", "PR", "SD")]
        low = np.select(is_in, [0 * nadir, least_partial, shrunk + 1], grown)
        return low, np.select(is_in, [0 * nadir, np.minimum(shrunk, stable), stable], 3 * grown)


def lesions(assumptions: Assumptions, course: Course, elsewhere: Flags, rng: np.random.Generator) -> Lesions:
    """Draw the target lesions of the patients of one arm.

    Parameters
    ----------
    elsewhere
        Who has non-target lesions, which may be what progresses.
    """
    t = assumptions.tumours
    worse = course.mrecist == "PD"
    hidden = (worse & (course.recist11 != "PD")).any(axis=1)  # progression by mRECIST alone
    whole, viable = _before(t, hidden, rng)
    viable_heads = _heads_for(course.mrecist, t.viable_last_responder, t.viable_last_other, rng)
    whole_heads = _heads_for(course.recist11, t.whole_last_responder, t.whole_last_other, rng)
    by_both = worse & ~hidden[:, None]
    draw = rng.random(len(hidden))[:, None] * 100
    new = by_both & (draw < t.new_lesion_percent)
    other = by_both & ~new & elsewhere[:, None] & (draw < t.new_lesion_percent + t.other_progression_percent)
    sums = _sums(
        t,
        course,
        _Criterion(course.mrecist, viable.sum(axis=1), viable_heads, 0),
        _Criterion(course.recist11, whole.sum(axis=1), whole_heads, LEAST_GROWTH_MM),
        new | other,
        hidden,
        rng,
    )
    return Lesions(whole, viable, *_split(t, whole, *sums, rng), new, other)


def _heads_for(
    responses: NDArray[np.str_], responder: list[float], other: list[float], rng: np.random.Generator
) -> Reals:
    """What each sum becomes in the end, as a share of its baseline."""
    responds = np.isin(responses, ["CR", "PR"]).any(axis=1)
    return np.where(responds, between(responder, len(responses), rng), between(other, len(responses), rng))


def _before(t: Tumours, hidden: Flags, rng: np.random.Generator) -> tuple[Days, Days]:
    """Whole and viable diameters at baseline."""
    n = len(hidden)
    first = t.diameter_median_mm * np.exp(t.diameter_log_sd * rng.standard_normal(n))
    first = first.clip(t.diameter_least_mm, t.diameter_most_mm)
    second = np.maximum(first * between(t.second_share, n, rng), t.second_least_mm)
    second = np.where(rng.random(n) < t.second_percent / 100, second, 0)
    whole = np.rint(np.column_stack([first, second])).astype(np.int64)
    share = np.where(hidden, between(t.viable_share_minor, n, rng), between(t.viable_share, n, rng))
    viable = np.maximum(np.rint(whole * share[:, None]), t.viable_least_mm).astype(np.int64)
    return whole, np.where(whole > 0, viable, 0)


def _sums(
    t: Tumours,
    course: Course,
    viable: _Criterion,
    whole: _Criterion,
    unseen: Flags,
    hidden: Flags,
    rng: np.random.Generator,
) -> tuple[Days, Days]:
    """Sums of whole and of viable diameters, visit by visit.

    Parameters
    ----------
    unseen
        Progression, by patient and visit, that the target lesions do not show.
    hidden
        Patients who progress by mRECIST alone, whose viable part leaves room for its growth.
    """
    shape = course.mrecist.shape
    sums = {"whole": np.zeros(shape, dtype=np.int64), "viable": np.zeros(shape, dtype=np.int64)}
    state = {"whole": np.full(shape[0], "SD"), "viable": np.full(shape[0], "SD")}
    nadir = {"whole": whole.before.copy(), "viable": viable.before.copy()}
    for visit in range(shape[1]):
        measured = ~np.isin(course.mrecist[:, visit], ["", "NE"])
        settled = 1 - np.exp(-course.visits[:, visit] / t.settling_days)
        bounds = {}
        for name, criterion in (("viable", viable), ("whole", whole)):
            response = criterion.responses[:, visit]
            shown = np.where((response == "PD") & unseen[:, visit], state[name], response)
            bounds[name] = (*criterion.limits(shown, nadir[name]), shown == "PD")
            state[name] = np.where(measured & (shown != "PD"), shown, state[name])
        least, most, grows = bounds["viable"]
        low, high, grown = bounds["whole"]
        seen = np.where(high > 0, np.minimum(SEEN_MM, high), SEEN_MM)  # at 0 mm it shows in the arterial phase alone
        least = np.where(grows, np.maximum(least, seen), least)
        low = np.where(whole.responses[:, visit] == "CR", low, np.maximum(low, np.minimum(least, high)))
        sum_of_whole = _drawn(t, whole, settled, low, high, grown, nadir["whole"], rng)
        room = np.where(grows, sum_of_whole, np.where(hidden, 8 * sum_of_whole // 10, 19 * sum_of_whole // 20))
        most = np.maximum(np.minimum(most, room), least)
        sum_of_viable = _drawn(t, viable, settled, least, most, grows, nadir["viable"], rng)
        for name, found in (("whole", sum_of_whole), ("viable", sum_of_viable)):
            sums[name][:, visit] = found
            nadir[name] = np.where(measured, np.minimum(nadir[name], found), nadir[name])
    return sums["whole"], sums["viable"]


def _drawn(
    t: Tumours,
    criterion: _Criterion,
    settled: Reals,
    low: Days,
    high: Days,
    grows: Flags,
    nadir: Days,
    rng: np.random.Generator,
) -> Days:
    """Draw a sum near where the patient heads for, within its limits and not always at them."""
    n = len(low)
    aim = criterion.before * (1 + (criterion.heads_for - 1) * settled) * np.exp(t.noise_log_sd * rng.standard_normal(n))
    aim = np.where(grows, np.maximum(nadir, SEEN_MM) * between(t.growth, n, rng), aim)
    slack = np.minimum(high - low, 0.08 * criterion.before) * rng.random(n)
    aim = np.where(aim < low, low + slack, np.where(aim > high, high - slack, aim))
    return np.asarray(np.rint(aim), dtype=np.int64).clip(low, high)


def _split(t: Tumours, before: Days, whole: Days, viable: Days, rng: np.random.Generator) -> tuple[Days, Days]:
    """Divide sums among the lesions: each keeps about its share of the whole, and the viable part follows the whole."""
    drift = np.exp(t.drift_log_sd * rng.standard_normal((len(before), 1)) * [1, 0])
    weights = before * drift
    share = weights[:, 0] / weights.sum(axis=1)
    first = np.rint(share[:, None] * whole).astype(np.int64)
    both = (before[:, 1] > 0)[:, None] & (whole > 1)
    first = np.where(both, first.clip(1, np.maximum(whole - 1, 1)), first)
    parts = np.stack([first, whole - first], axis=2)
    least = viable[:, :, None] * parts // np.maximum(whole, 1)[:, :, None]
    left = viable - least.sum(axis=2)  # at most one, as there are two lesions
    least[:, :, 0] += left
    return parts, least
