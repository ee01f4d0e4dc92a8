"""Resection and survival: what each way of counting makes of the same patients, on real ones with known answers too."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.record.selection import record_entry
from lentap.show.record.timing import (
    NAIVE,
    VARYING,
    Course,
    Timing,
    heart_course,
    in_unit,
    landmark_times,
    record_timing,
    resection_course,
)
from lentap.show.selection import entry_table, entry_words, selected_balance_table
from lentap.show.timing import (
    changing_curves,
    counted_table,
    known_table,
    landmark_curves,
    landmark_table,
    naive_curves,
    timing_forest,
    timing_points,
)
from lentap.validation import references
from lentap.validation.datasets import heart_patients

ANSWERS = {one.id: one.answers for one in references() if one.family == "timing"}


def found_of(course: Course, landmarks: list[float], level: float = 0.95) -> Timing:
    return record_timing("a.b", course, landmarks, level=level, interval="log", source="yours")


@pytest.fixture(scope="module")
def heart() -> Timing:
    return found_of(heart_course(heart_patients()), [30.0, 60.0])


@pytest.fixture(scope="module")
def resected(shipped: Trial) -> Timing:
    times = shipped.time_to_resection("OS")
    return found_of(resection_course(shipped, times, "OS", "ITT"), landmark_times(6.0, 3.0, 3, "months"))


def without(course: Course, **changed: object) -> Timing:
    return found_of(replace(course, **changed), [30.0])


def test_the_page_gives_the_answers_of_r_for_the_heart_transplants(heart: Timing) -> None:
    """survival 3.5-3: coxph, dfbeta residuals and the score test of ties = "exact", on ``heart``."""
    table = known_table(heart, ANSWERS).frame
    assert len(table) == 7
    assert table["This page"].tolist() == table["R, survival"].tolist()


def test_limits_and_p_values_of_the_heart_transplants_are_those_of_r(heart: Timing) -> None:
    pairs = [
        (heart.ratios[NAIVE], "immortal-heart", "naive"),
        (heart.ratios[VARYING], "immortal-heart", "time_varying"),
        (heart.bias, "immortal-heart", "bias"),
        (heart.landmarks[0].ratio, "landmark-heart-30", "hazard_ratio"),
    ]
    for found, key, part in pairs:
        theirs = [ANSWERS[key][f"{part}.{name}"] for name in ("value", "low", "high", "p_value")]
        assert [found.estimate, found.low, found.high, found.p_value] == pytest.approx(theirs, rel=1e-6), key
    assert heart.test.p_value == pytest.approx(ANSWERS["mantel-byar-heart"]["p_value"])
    assert heart.share.estimate == pytest.approx(ANSWERS["immortal-heart"]["share"])


def test_naive_and_time_varying_ratio_tell_different_stories_of_the_heart_transplants(heart: Timing) -> None:
    points = " ".join(timing_points(heart))
    assert "69 of 103 patients were transplanted" in points
    assert "ever over never transplanted: 0.27 (95% CI 0.17 to 0.43)" in points
    assert "1.14 (95% CI 0.63 to 2.05); the interval includes 1" in points
    assert "9.3% of the follow-up" in points


def test_follow_up_is_moved_and_none_is_lost(heart: Timing) -> None:
    rows = counted_table(heart, source="yours").frame
    wrong, right = rows.iloc[:2], rows.iloc[3:]
    for column in ("Events", "Person-years"):
        totals = [part[column].astype(float).sum() for part in (wrong, right)]
        assert totals[0] == pytest.approx(totals[1], abs=0.11)
    assert rows["Events"].tolist() == ["30", "45", "0", "30", "45"]
    immortal = float(ANSWERS["immortal-heart"]["misallocated"]) / 365.25
    assert float(rows["Person-years"].iloc[2]) == pytest.approx(immortal, abs=0.05)


def test_each_figure_draws_what_it_lists(heart: Timing, resected: Timing) -> None:
    for found, landmark in ((heart, 60.0), (resected, 6.0)):
        figures = [
            timing_forest(found, source="yours"),
            naive_curves(found, source="yours"),
            changing_curves(found, source="yours"),
            landmark_curves(found, landmark, source="yours"),
        ]
        assert all(isinstance(figure, Figure) and len(figure.data) for figure in figures)
        assert len({figure.name for figure in figures if isinstance(figure, Figure)}) == 4


def test_those_at_risk_after_the_change_rise_from_nobody(heart: Timing) -> None:
    assert heart.curves is not None
    assert heart.curves.changed.at_risk[0] == 0
    assert heart.curves.changed.at_risk.max() > heart.curves.changed.at_risk[5]
    assert heart.curves.unchanged.at_risk[0] == 103


@pytest.mark.parametrize(
    ("change", "event", "why"),
    [
        (np.full(103, np.nan), None, "no transplantation is seen"),
        (np.full(103, 1e6), None, "no transplantation is seen"),
        (np.zeros(103), None, "so nobody is left"),
        (None, np.zeros(103, dtype=bool), "no event is seen"),
    ],
)
def test_what_cannot_be_compared_says_why_once(heart: Timing, change: object, event: object, why: str) -> None:
    changed = {"change": change, "event": event}
    found = without(heart.course, **{name: values for name, values in changed.items() if values is not None})
    assert len(timing_points(found)) == 1
    assert why in timing_points(found)[0]
    shown = [
        *(draw(found, source="yours") for draw in (timing_forest, naive_curves, changing_curves)),
        *(draw(found, source="yours") for draw in (counted_table, landmark_table)),
        landmark_curves(found, 30.0, source="yours"),
    ]
    assert all(isinstance(one, Prose) for one in shown)


def test_an_event_at_time_0_is_named() -> None:
    course = heart_course(heart_patients())
    found = without(course, time=np.where(np.arange(103) == 0, 0.0, course.time))
    assert "0 with an event" in timing_points(found)[0]


def test_a_landmark_that_finds_nobody_is_listed_with_the_reason(heart: Timing) -> None:
    nobody = "nobody still followed was transplanted by then"
    found = found_of(heart.course, [0.0, 30.0, 5000.0])
    assert [one.why for one in found.landmarks] == [nobody, "", "nobody is followed"]
    early = without(heart.course, change=np.where(heart.course.change < 40, 40.0, heart.course.change))
    assert early.landmarks[0].why == nobody
    rows = landmark_table(early, source="yours")
    assert f"30 days: {nobody}." in rows.notes
    assert isinstance(landmark_curves(early, 30.0, source="yours"), Prose)
    assert "none can be analysed" in " ".join(timing_points(early))


@pytest.mark.parametrize(("times_as_long", "side"), [(8, "slower"), (1, "neither order"), (0.05, "faster")])
def test_the_side_named_follows_the_interval(heart: Timing, times_as_long: float, side: str) -> None:
    course = heart.course
    after = np.where(course.ever, course.change + times_as_long * (course.time - course.change), course.time)
    assert side in " ".join(timing_points(without(course, time=np.maximum(after, 0.5))))


def test_a_model_without_an_answer_is_not_estimable_and_the_rest_stays(heart: Timing) -> None:
    constant = pd.DataFrame({"site": ["one"] * 103})
    found = without(heart.course, adjustments={"site": constant})
    assert found.ratios["adjusted for site"].estimate is None
    assert "site is the same in all patients" in found.ratios["adjusted for site"].method
    assert found.ratios[VARYING].estimate == heart.ratios[VARYING].estimate
    assert "adjusted for site not estimable" in " ".join(timing_points(found))


def test_missing_covariates_leave_only_their_patients_out(heart: Timing) -> None:
    age = heart_patients()[["age"]].copy()
    age.iloc[:3] = np.nan
    found = without(heart.course, adjustments={"age": age})
    assert found.ratios["adjusted for age"].counts["events"].endswith("/100")


def test_landmarks_are_evenly_spaced_hold_the_chosen_one_and_are_in_the_endpoints_unit() -> None:
    assert landmark_times(6.0, 3.0, 4, "months") == [3, 6, 9, 12]
    assert landmark_times(5.0, 3.0, 2, "months") == [3, 5, 6]
    assert landmark_times(12.0, 12.0, 1, "years") == pytest.approx([1.0])
    assert in_unit(1.0, "days") == pytest.approx(30.4375)


def test_landmarks_are_named_with_their_ratio_and_in_whole_days(heart: Timing) -> None:
    days = in_unit(6.0, "days")
    found = found_of(heart.course, [days])
    assert (
        "**From a landmark on.** Hazard ratio of transplanted over not transplanted at it: " in timing_points(found)[-1]
    )
    assert timing_points(found)[-1].endswith(" at 183 days.")
    assert landmark_table(found, source="yours").frame["Landmark (days)"].tolist() == ["183"]
    curves = landmark_curves(found, days, source="yours")
    assert "Transplanted by 183 days" in set(curves.data["Status"])


def test_a_death_on_the_day_of_the_resection_has_the_time_of_the_resection(shipped: Trial) -> None:
    times = shipped.time_to_resection("OS")
    subject = times.loc[times["resection"].notna() & times["event"], "USUBJID"].iloc[0]
    tte = shipped.adtte
    died = tte.loc[(tte["USUBJID"] == subject) & (tte["PARAMCD"] == "OS"), "ADT"].iloc[0]
    adpr = shipped.adpr.copy()
    adpr.loc[(adpr["USUBJID"] == subject) & (adpr["PRCAT"] == "RESECTION"), "ASTDT"] = died
    again = replace(shipped, frames={**shipped.frames, "adpr": adpr}).time_to_resection("OS")
    row = again[again["USUBJID"] == subject].iloc[0]
    assert row["resection"] == row["time"]


def test_without_dates_the_study_day_is_the_time_of_the_resection(shipped: Trial) -> None:
    frames = {**shipped.frames, "adpr": shipped.adpr.drop(columns="ASTDT")}
    by_day = replace(shipped, frames=frames).time_to_resection("OS")["resection"]
    by_date = shipped.time_to_resection("OS")["resection"]
    assert by_day.notna().tolist() == by_date.notna().tolist()
    assert (by_day - by_date).abs().max() < 1.0  # months: a study day counts from the first treatment


def test_who_enters_is_counted_by_arm_and_balance_is_shown_before_and_after(shipped: Trial) -> None:
    times = shipped.time_to_resection("OS")
    about = {"endpoint": "OS", "population": "ITT", "level": 0.95, "source": "synthetic"}
    entry = record_entry("a.b", shipped, times, **about)
    table = entry_table(entry, source="synthetic").frame
    assert [cell.split(",")[0] for cell in table["Resected (%)"]] == ["42/71", "13/71"]
    assert set(entry.balances) == {"all patients", "the resected"}
    balance = selected_balance_table(entry, source="synthetic")
    assert not isinstance(balance, Prose)
    assert len(balance.frame) == len(shipped.design.baseline)
    assert "LEN-TAP among the resected" in str(entry_words(entry))


def test_without_resections_entry_says_so_and_balance_is_not_shown(shipped: Trial) -> None:
    times = shipped.time_to_resection("OS").assign(resection=np.nan)
    about = {"endpoint": "OS", "population": "ITT", "level": 0.95, "source": "synthetic"}
    entry = record_entry("a.b", shipped, times, **about)
    assert entry_table(entry, source="synthetic").frame["Resected (%)"].iloc[0].startswith("0/71")
    assert isinstance(selected_balance_table(entry, source="synthetic"), Prose)
    assert "the resected" not in str(entry_words(entry))


def test_where_no_control_is_resected_an_endpoint_of_the_resected_shows_no_balance(shipped: Trial) -> None:
    times = shipped.time_to_resection("RFS")
    alone = times[times["arm"] == "LEN-TAP"].reset_index(drop=True)
    about = {"endpoint": "RFS", "population": "RESECTED", "level": 0.95, "source": "synthetic"}
    entry = record_entry("a.b", shipped, alone, **about)
    assert set(entry.arms) == {"LEN-TAP"}
    assert isinstance(selected_balance_table(entry, source="synthetic"), Prose)
    assert "needs patients on each" in str(entry_words(entry))
