"""Times of adverse events: hand-computed rates, onsets and lengths, what is left out, and small cells hidden."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.event_groups import load_event_groups
from lentap.show.event_times import (
    count_curves,
    event_time_points,
    incidence_curves,
    onset_plot,
    onset_table,
    rate_plot,
    rate_table,
)
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.record.event_times import EventTimes, record_event_times, watch
from lentap.show.small_cells import HIDDEN
from lentap.show.table import Table

DEFAULTS: dict[str, Any] = {"event": "any", "severe_from": 3, "landmark": 6.0, "smallest": 0, "level": 0.95}


def times(trial: Trial, days_after: int = 30, **changed: Any) -> EventTimes:
    watched = watch(trial, "SAF", "all", days_after)
    return record_event_times(trial, watched, load_event_groups(), **{**DEFAULTS, **changed}, population="SAF")


def displays(found: EventTimes, trial: Trial) -> list[Figure | Table | Prose]:
    about: dict[str, Any] = {"design": trial.design, "source": "yours"}
    drawn = (incidence_curves, rate_plot, count_curves, onset_plot, rate_table)
    return [*(show(found, **about) for show in drawn), onset_table(found, source="yours")]


def tiny(trial: Trial, events: list[dict[str, Any]]) -> Trial:
    """Four patients watched for 71, 131, 101 and 51 days, the last of whom dies; and their events."""
    start = pd.Timestamp("2024-01-01")
    days = {"a": 40, "b": 100, "c": 70, "d": 40}
    adsl = pd.DataFrame({"USUBJID": list(days), "TRT01A": ["LEN-TAP", "LEN-TAP", "TACE", "TACE"], "SAFFL": "Y"})
    adsl = adsl.assign(TRT01P=adsl["TRT01A"], TRTSDT=start)
    adsl["TRTEDT"] = [start + pd.Timedelta(days=day) for day in days.values()]
    adsl["DTHDT"] = [pd.NaT, pd.NaT, pd.NaT, start + pd.Timedelta(days=50)]
    adsl["LSTALVDT"] = pd.Timestamp("2024-12-31")
    about = {"AEDECOD": "Hypertension", "TRTEMFL": "Y", "AETOXGR": 3.0, "AEOUT": "RECOVERED/RESOLVED"}
    adae = pd.DataFrame([{**about, **event} for event in events])
    return replace(trial, frames={**trial.frames, "adsl": adsl, "adae": adae})


EVENTS = [
    {"USUBJID": "a", "ASTDY": 11.0, "AENDY": 20.0},
    {"USUBJID": "a", "ASTDY": 31.0, "AENDY": 50.0},
    {"USUBJID": "b", "ASTDY": 21.0, "AENDY": 26.0, "AETOXGR": 2.0},
    {"USUBJID": "c", "ASTDY": 61.0, "AENDY": np.nan, "AEOUT": "NOT RECOVERED/NOT RESOLVED"},
]


@pytest.fixture(scope="module")
def found(shipped: Trial) -> EventTimes:
    return times(shipped)


def test_watching_ends_some_days_after_the_last_treatment_or_with_death(shipped: Trial) -> None:
    watched = watch(tiny(shipped, EVENTS), "SAF", "all", 30)
    assert watched.subjects["exposure"].tolist() == [71, 131, 101, 51]
    assert watched.subjects["died"].tolist() == [False, False, False, True]
    assert watch(tiny(shipped, EVENTS), "SAF", "all", 0).subjects["exposure"].tolist() == [41, 101, 71, 41]


def test_rates_are_those_computed_by_hand(shipped: Trial) -> None:
    found = times(tiny(shipped, EVENTS))
    first = found.first[0].set_index(["term", "arm"]).loc["Hypertension"]
    every = found.every[0].set_index(["term", "arm"]).loc["Hypertension"]
    assert first["rate"].to_dict() == pytest.approx(
        {"LEN-TAP": 100 * 2 / ((11 + 21) / 365.25), "TACE": 100 * 1 / ((61 + 51) / 365.25)}
    )
    assert every["rate"].to_dict() == pytest.approx(
        {"LEN-TAP": 100 * 3 / ((71 + 131) / 365.25), "TACE": 100 * 1 / ((101 + 51) / 365.25)}
    )


def test_the_sides_of_a_rate_ratio_name_the_arm(shipped: Trial, found: EventTimes) -> None:
    drawn = rate_plot(found, design=shipped.design, source="synthetic").plotly.layout.annotations
    assert {"◂ lower on LEN-TAP", "higher on LEN-TAP ▸"} <= {one.text for one in drawn}


def test_onset_and_length_are_those_computed_by_hand(shipped: Trial) -> None:
    table = onset_table(times(tiny(shipped, EVENTS)), source="yours").frame
    row = table[(table["Event"] == "Hypertension") & (table["Arm"] == "LEN-TAP")].iloc[0]
    assert row["Day of the first"] == "16 (14 to 18)"  # of days 11 and 21
    assert (row["Episodes"], row["Resolved (%)"]) == ("3", "100.0")
    assert row["Days each lasted"].startswith("10 ")  # 10, 20 and 6 days


def test_death_competes_with_the_first_severe_event(shipped: Trial) -> None:
    found = times(tiny(shipped, EVENTS))
    curve = found.incidence["TACE"]
    assert curve.events.sum(axis=0).tolist() == [1, 1]  # c has the event, d dies before one
    assert curve.incidence[-1].tolist() == [0.5, 0.5]
    censored = found.incidence["LEN-TAP"]
    assert censored.events.sum(axis=0).tolist() == [1, 0]  # b's event is of grade 2


def test_before_the_first_severe_event_its_incidence_has_no_interval(shipped: Trial) -> None:
    found = times(tiny(shipped, EVENTS), landmark=0.1, smallest=1)
    [words] = [point for point in event_time_points(found, shipped.design) if "First event of" in point]
    assert words.count("0.0 (not estimable)") == 2


def test_before_the_first_event_of_an_arm_its_mean_number_has_no_interval(shipped: Trial) -> None:
    found = times(tiny(shipped, EVENTS), landmark=0.5, smallest=1)
    [words] = [point for point in event_time_points(found, shipped.design) if "Mean number" in point]
    assert words.count("0.0 (not estimable)") == 1
    [apart] = [point for point in event_time_points(found, shipped.design) if "minus TACE: 0.5" in point]
    assert "CI not estimable" in apart
    figure = count_curves(found, design=shipped.design, source="yours")
    assert isinstance(figure, Figure)
    rows = figure.data[figure.data.iloc[:, -3] == 0]
    assert rows[["Lower limit", "Upper limit"]].isna().all(axis=None)


def test_key_points_say_how_many_are_still_at_risk_and_still_watched(shipped: Trial) -> None:
    found = times(tiny(shipped, EVENTS), landmark=2.0)  # day 60.9: a had the event, d is dead
    said = " ".join(event_time_points(found, shipped.design))
    assert "Still at risk then: LEN-TAP 1 of 2 and TACE 1 of 2." in said
    assert "Still watched then: LEN-TAP 2 of 2 and TACE 1 of 2." in said
    few = " ".join(event_time_points(times(tiny(shipped, EVENTS), landmark=2.0, smallest=2), shipped.design))
    assert f"Still watched then: LEN-TAP 2 of 2 and TACE {HIDDEN}." in few


def test_mean_counts_count_every_event(shipped: Trial) -> None:
    found = times(tiny(shipped, EVENTS))
    assert found.counts["LEN-TAP"].at([45.0]).tolist() == [1.5]


def test_what_lies_outside_or_has_no_day_is_counted_and_left_out(shipped: Trial) -> None:
    more = [
        {"USUBJID": "a", "ASTDY": 72.0, "AENDY": 80.0},
        {"USUBJID": "a", "ASTDY": -3.0, "AENDY": 2.0},
        {"USUBJID": "b", "ASTDY": np.nan, "AENDY": 9.0},
        {"USUBJID": "b", "ASTDY": 30.0, "AENDY": 25.0},
        {"USUBJID": "b", "ASTDY": 40.0, "AENDY": np.nan},
    ]
    trial = tiny(shipped, EVENTS + more)
    found = times(trial)
    assert any(note == "Events without a day of onset, left out: 1." for note in found.watched.notes)
    assert any(note.endswith("after the watching, left out: 2.") for note in found.watched.notes)
    row = onset_table(found, source="yours").frame.set_index(["Event", "Arm"]).loc[("Hypertension", "LEN-TAP")]
    assert row["Episodes"] == "3"  # one ends before it begins, one resolved on an unknown day
    table = rate_table(found, design=trial.design, source="yours")
    assert set(found.watched.notes) <= set(table.notes)


def test_without_study_days_dates_give_the_same_times(shipped: Trial, found: EventTimes) -> None:
    adae = shipped.adae.drop(columns=["ASTDY", "AENDY"])
    by_date = times(replace(shipped, frames={**shipped.frames, "adae": adae}))
    assert by_date.first[0]["rate"].tolist() == found.first[0]["rate"].tolist()
    assert by_date.onsets.equals(found.onsets)


def test_every_display_is_drawn_from_the_shipped_trial(shipped: Trial, found: EventTimes) -> None:
    shown = displays(found, shipped)
    assert not [one for one in shown if isinstance(one, Prose)]
    assert len({one.name for one in shown}) == len(shown)
    points = " ".join(event_time_points(found, shipped.design))
    assert "**Watched for events,** median: LEN-TAP" in points
    assert "**First event of grade 3 or above** by 6 months, death competing" in points
    assert "Gray's test p" in points


def test_a_group_can_be_followed_alone(shipped: Trial) -> None:
    found = times(shipped, event="hypertension")
    assert found.of == "Hypertension"
    assert int(found.counts["TACE"].events.sum()) == 3
    assert not [one for one in displays(found, shipped) if isinstance(one, Prose)]
    immune = times(shipped, event="immune")
    assert int(immune.incidence["TACE"].events[:, 0].sum()) == 0
    assert not [one for one in displays(immune, shipped) if isinstance(one, Prose)]


@pytest.mark.parametrize(
    ("table", "missing", "why"),
    [
        ("adsl", ["TRTSDT"], "no patient has dates"),
        ("adae", ["ASTDY", "ASTDT"], "no onset"),
    ],
)
def test_without_dates_the_page_says_so(shipped: Trial, table: str, missing: list[str], why: str) -> None:
    frame = shipped.frames[table].drop(columns=missing)
    lacking = replace(shipped, frames={**shipped.frames, table: frame})
    found = times(lacking)
    assert len(event_time_points(found, shipped.design)) == 1
    assert why in event_time_points(found, shipped.design)[0]
    assert all(isinstance(one, Prose) for one in displays(found, lacking))


@pytest.mark.parametrize("missing", [["DTHDT"], ["LSTALVDT"], ["TRTEDT"]])
def test_without_some_dates_the_rest_is_used(shipped: Trial, missing: list[str]) -> None:
    lacking = replace(shipped, frames={**shipped.frames, "adsl": shipped.adsl.drop(columns=missing)})
    assert not [one for one in displays(times(lacking), lacking) if isinstance(one, Prose)]
    if missing == ["DTHDT"]:
        assert "no dates of death" in times(lacking).watched.notes[0]


@pytest.mark.parametrize("missing", [["AETOXGR", "AESEV"], ["AENDY", "AENDT"], ["AEOUT"], ["AESER"]])
def test_without_a_column_of_events_what_needs_it_alone_is_missing(shipped: Trial, missing: list[str]) -> None:
    lacking = replace(shipped, frames={**shipped.frames, "adae": shipped.adae.drop(columns=missing)})
    shown = displays(times(lacking), lacking)
    assert [isinstance(one, Prose) for one in shown] == [missing[0] == "AETOXGR", False, False, False, False, False]


def test_without_an_event_nothing_is_drawn_and_nothing_fails(shipped: Trial) -> None:
    none = tiny(shipped, [{"USUBJID": "a", "ASTDY": 400.0, "AENDY": 401.0}])
    assert all(isinstance(one, Prose) for one in displays(times(none), none))
    assert event_time_points(times(none), shipped.design)


def test_no_step_rate_or_length_tells_of_fewer_than_the_smallest_cell(shipped: Trial) -> None:
    found = times(shipped, smallest=6)
    for curves in (incidence_curves, count_curves):
        data = curves(found, design=shipped.design, source="synthetic").data
        for _, arm in data.groupby("Arm"):
            assert arm["At risk"].min() >= 6
            assert (arm["Events"].diff().dropna() >= 6).all()
    cells = rate_table(found, design=shipped.design, source="synthetic").frame.set_index(["Event", "Arm"])
    assert set(cells.loc[("Hypertension", "TACE"), ["Patients (%)", "First events per 100 patient-years"]]) == {HIDDEN}
    assert cells.loc[("Hypertension", "LEN-TAP"), "Ratio"] == HIDDEN
    onsets = onset_table(found, source="synthetic").frame.set_index(["Event", "Arm"])
    assert onsets.loc[("Hypertension", "TACE"), "Episodes"] == HIDDEN
    alone = times(shipped, smallest=6, event="hypertension")
    assert alone.count_differences == alone.incidence_differences == {}
    assert f"TACE {HIDDEN}" in " ".join(event_time_points(alone, shipped.design))
    drawn = rate_plot(found, design=shipped.design, source="synthetic").data["What"].tolist()
    assert "Hypertension" not in drawn
