"""What two readers saw in the images: diameters of target lesions, other lesions, new ones, and recurrence."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.course import NEVER, Course
from lentap.simulate.lesions import LESIONS, Lesions, lesions
from lentap.simulate.patients import Flags
from lentap.simulate.second_reader import CLEAR, PRESENT, WORSE, Reading, second_reading

FIRST, SECOND = "READER 1", "READER 2"
SURVEILLANCE = 1000  # AVISITN of surveillance after resection counts from here
MISSED = ("Visit missed: patient did not attend", "Visit missed: travel restricted", "Visit missed: no images received")
UNREADABLE = ("Arterial phase missing", "Motion artefact", "Lipiodol obscures the lesion")
SEGMENTS = np.array([f"Liver segment {number}" for number in range(1, 9)], dtype=object)
SPREAD = np.array(["Lung", "Lymph node", "Adrenal gland", "Other liver segments"], dtype=object)
VEIN = "Portal vein"
COLUMNS = ["TREVALID", "TRGRPID", "TRLNKID", "TRLOC", "AVISITN", "AVISIT", "LDIAM", "VDIAM", "AVALC", "REASND"]


def readings(
    assumptions: Assumptions, patients: pd.DataFrame, course: Course, rng: np.random.Generator
) -> pd.DataFrame:
    """List what each reader saw: a row a visit, reader and lesion, and one that says whether there was a new lesion.

    Both read the images until progression or resection; the first reads those of the surveillance after it, too.

    Returns
    -------
    ``patient``, ``day`` (``NEVER`` where the visit was missed) and ``COLUMNS``.
    """
    n = len(patients)
    where = _elsewhere(assumptions, patients, rng)
    found = lesions(assumptions, course, where != "", rng)
    segment = rng.integers(len(SEGMENTS), size=n)
    places = SEGMENTS[np.column_stack([segment, (segment + rng.integers(1, len(SEGMENTS), size=n)) % len(SEGMENTS)])]
    visits = _visits(assumptions, course, rng)
    first = _first_reading(course, found, where != "")
    second = second_reading(assumptions.second_reader, first, rng)
    spread = np.where(rng.random((n, 1)) < 0.5, places[:, :1], SPREAD[rng.integers(len(SPREAD), size=(n, 1))])
    parts = [_surveillance(assumptions, course, spread[:, 0])]
    for name, reading in ((FIRST, first), (SECOND, second)):
        parts += [part.assign(TREVALID=name) for part in _of_reader(reading, visits, places, where, spread[:, 0])]
    rows = pd.concat(parts, ignore_index=True)[["patient", "day", *COLUMNS]]
    for name in ("TRLOC", "AVALC", "REASND"):
        rows[name] = rows[name].fillna("")
    order = ["patient", "TREVALID", "AVISITN", "TRLNKID"]
    return rows.sort_values(order, kind="stable", ignore_index=True)


def _elsewhere(a: Assumptions, patients: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.object_]:
    """Where each patient has non-target lesions; '' where there are none."""
    n = len(patients)
    advanced = (patients["BCLC"] == "C").to_numpy()
    kind = np.where(advanced, rng.integers(len(SPREAD), size=n), len(SPREAD) - 1)
    some = rng.random(n) < a.tumours.elsewhere_percent / 100
    return np.where(patients["PVTTFL"] == "Y", VEIN, np.where(some, SPREAD[kind], "")).astype(object)


def _visits(a: Assumptions, course: Course, rng: np.random.Generator) -> pd.DataFrame:
    """List baseline (slot 0) and each visit until progression or resection, with why one was missed or unreadable."""
    n = len(course.start)
    before = -rng.integers(1, a.tumours.earliest_baseline_days + 1, size=n)
    alive = np.where(course.death < NEVER, course.last - 1, course.last)
    until = np.minimum(np.minimum(alive, course.resection - 1), course.progression)
    due = course.treated[:, None] & (course.visits <= until[:, None])
    patient, number = np.nonzero(due)
    missed = course.mrecist[patient, number] == ""
    unreadable = course.mrecist[patient, number] == "NE"
    reasons = [np.array(words, dtype=object)[rng.integers(3, size=len(patient))] for words in (MISSED, UNREADABLE)]
    week = np.array(a.response.weeks)[number]
    later = pd.DataFrame(
        {
            "patient": patient,
            "slot": number + 1,
            "day": np.where(missed, NEVER, course.visits[patient, number]),
            "AVISITN": week,
            "AVISIT": np.array([f"Week {k}" for k in range(week.max(initial=0) + 1)], dtype=object)[week],
            "REASND": np.select([missed, unreadable], reasons, ""),
        }
    )
    base = {"patient": np.arange(n), "slot": 0, "day": before, "AVISITN": 0, "AVISIT": "Baseline", "REASND": ""}
    return pd.concat([pd.DataFrame(base), later], ignore_index=True)


def _first_reading(course: Course, found: Lesions, elsewhere: Flags) -> Reading:
    """Arrange what the first reader saw; non-target lesions are gone from a complete response on."""
    complete = np.maximum.accumulate((course.mrecist == "CR") | (course.recist11 == "CR"), axis=1)
    states = np.select([course.mrecist == "NE", found.elsewhere, complete], ["NE", WORSE, CLEAR], PRESENT)
    states = np.column_stack([np.full(len(states), PRESENT), states])
    return Reading(
        np.concatenate([found.whole_before[:, None], found.whole], axis=1),
        np.concatenate([found.viable_before[:, None], found.viable], axis=1),
        np.column_stack([np.zeros(len(states), dtype=bool), found.new]),
        np.where(elsewhere[:, None], states, ""),
    )


def _of_reader(
    reading: Reading,
    visits: pd.DataFrame,
    places: NDArray[np.object_],
    where: NDArray[np.object_],
    spread: NDArray[np.object_],
) -> list[pd.DataFrame]:
    """Rows of target lesions, of non-target lesions, and of new ones, for the visits of one reader."""
    patient, slot = visits["patient"].to_numpy(), visits["slot"].to_numpy()
    seen = (visits["REASND"] == "").to_numpy()
    parts = []
    for lesion in range(LESIONS):
        has = reading.whole[patient, 0, lesion] > 0
        whole, viable = (
            np.where(seen, sizes[patient, slot, lesion], np.nan) for sizes in (reading.whole, reading.viable)
        )
        rows = visits.assign(TRGRPID="TARGET", TRLNKID=f"T{lesion + 1:02}", TRLOC=places[patient, lesion])
        parts.append(rows.assign(LDIAM=whole, VDIAM=viable)[has])
    state = np.where(visits["day"] < NEVER, reading.other[patient, slot], "")
    rows = visits.assign(TRGRPID="NON-TARGET", TRLNKID="NT01", TRLOC=where[patient], AVALC=state)
    parts.append(rows[where[patient] != ""])
    new = reading.new[patient, slot]
    rows = visits.assign(TRGRPID="NEW", TRLNKID="NEW", AVALC=np.where(new, "Y", "N"))
    parts.append(rows.assign(TRLOC=np.where(new, spread[patient], ""))[seen & (slot > 0)])
    return parts


def _surveillance(a: Assumptions, course: Course, spread: NDArray[np.object_]) -> pd.DataFrame:
    """List the images after resection, up to the first with a recurrence."""
    interval = 7 * a.resection.surveillance_weeks
    until = np.minimum(course.last_assessment, course.progression)
    times = np.where(course.resected, (until - course.resection) // interval, 0)
    patient = np.repeat(np.arange(len(times)), times)
    number = 1 + np.arange(len(patient)) - np.repeat(np.cumsum(times) - times, times)
    day = course.resection[patient] + interval * number
    again = day == course.progression[patient]
    rows = pd.DataFrame({"patient": patient, "day": day, "AVISITN": SURVEILLANCE + number})
    rows["AVISIT"] = "Surveillance " + rows["AVISITN"].sub(SURVEILLANCE).astype(str)
    rows = rows.assign(TREVALID=FIRST, TRGRPID="NEW", TRLNKID="NEW", AVALC=np.where(again, "Y", "N"))
    return rows.assign(TRLOC=np.where(again, spread[patient], ""))
