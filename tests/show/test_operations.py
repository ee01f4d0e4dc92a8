"""Operations: complications, deaths and toxicity counted by hand, what was measured, and what tables do not tell."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.show.figure import Figure
from lentap.show.operations import clavien_table, measure_table, operation_plot, operation_points, operation_table
from lentap.show.prose import Prose
from lentap.show.record.operations import Operations, record_operations
from lentap.show.small_cells import HIDDEN
from lentap.show.table import Table

DEFAULTS: dict[str, Any] = {
    "population": "ITT",
    "experimental": "all",
    "days": 90,
    "window": 28,
    "smallest": 0,
    "level": 0.95,
    "method": "miettinen-nurminen",
}


def operations(trial: Trial, **changed: Any) -> Operations:
    return record_operations(trial, **{**DEFAULTS, **changed})


def displays(found: Operations, trial: Trial) -> list[Figure | Table | Prose]:
    about: dict[str, Any] = {"design": trial.design, "source": "yours"}
    return [
        operation_plot(found, **about),
        operation_table(found, **about),
        clavien_table(found, source="yours"),
        measure_table(found, source="yours"),
    ]


def changed_adpr(trial: Trial, **columns: Any) -> Trial:
    return replace(trial, frames={**trial.frames, "adpr": trial.adpr.assign(**columns)})


def tiny(trial: Trial, **procedures: Any) -> Trial:
    """Three operated on LEN-TAP, two on TACE, all on day 101; a dies on day 150, b on day 300, c is lost on day 120."""
    start = pd.Timestamp("2024-01-01")
    adsl = pd.DataFrame({"USUBJID": list("abcde"), "TRT01P": ["LEN-TAP"] * 3 + ["TACE"] * 2, "ITTFL": "Y"})
    died = {"a": 149, "b": 299}
    last = {"a": 149, "b": 299, "c": 119, "d": 700, "e": 700}
    adsl["TRTSDT"] = start
    adsl["DTHDT"] = [start + pd.Timedelta(days=died[who]) if who in died else pd.NaT for who in adsl["USUBJID"]]
    adsl["LSTALVDT"] = [start + pd.Timedelta(days=last[who]) for who in adsl["USUBJID"]]
    adpr = pd.DataFrame({"USUBJID": list("abcde"), "PRCAT": "RESECTION", "ASTDY": 101.0, **procedures})
    severe = {"AEDECOD": "Rash", "AETOXGR": 3.0}
    adae = pd.DataFrame(
        [
            {"USUBJID": "a", "ASTDY": 60.0, "AENDY": 80.0, **severe},  # went on until 21 days before
            {"USUBJID": "b", "ASTDY": 60.0, "AENDY": 70.0, **severe},  # too early
            {"USUBJID": "d", "ASTDY": 102.0, "AENDY": 110.0, **severe},  # after the operation
            {"USUBJID": "e", "ASTDY": 90.0, "AENDY": 95.0, "AEDECOD": "Rash", "AETOXGR": 2.0},
        ]
    )
    return replace(trial, frames={"adsl": adsl, "adpr": adpr, "adae": adae})


def shares(found: Operations, outcome: str) -> dict[str, str]:
    rows = found.outcomes.of([outcome]).patients
    return {str(arm): f"{had:.0f}/{n}" for arm, had, n in zip(rows["arm"], rows["subjects"], rows["n"], strict=True)}


def test_death_counts_within_the_days_chosen_among_those_followed_as_long(shipped: Trial) -> None:
    assert shares(operations(tiny(shipped)), "Death within 90 days") == {"LEN-TAP": "1/2", "TACE": "0/2"}
    assert shares(operations(tiny(shipped), days=200), "Death within 200 days") == {"LEN-TAP": "2/2", "TACE": "0/2"}
    assert shares(operations(tiny(shipped), days=10), "Death within 10 days") == {"LEN-TAP": "0/3", "TACE": "0/2"}
    assert operations(tiny(shipped)).notes == ("Patients not followed for 90 days after their operation: 1.",)


def test_severe_events_count_that_began_or_went_on_shortly_before(shipped: Trial) -> None:
    outcome = "Severe adverse event in the {} days before"
    assert shares(operations(tiny(shipped)), outcome.format(28)) == {"LEN-TAP": "1/3", "TACE": "0/2"}
    assert shares(operations(tiny(shipped), window=40), outcome.format(40)) == {"LEN-TAP": "2/3", "TACE": "0/2"}


def with_events(trial: Trial, *events: dict[str, Any]) -> Trial:
    severe = {"AEDECOD": "Rash", "AETOXGR": 3.0}
    return replace(trial, frames={**trial.frames, "adae": pd.DataFrame([{**severe, **one} for one in events])})


def test_a_severe_event_without_an_end_goes_on_unless_it_has_resolved(shipped: Trial) -> None:
    outcome, going_on = "Severe adverse event in the 28 days before", "NOT RECOVERED/NOT RESOLVED"
    events = (
        {"USUBJID": "a", "ASTDY": 10.0, "AENDY": np.nan, "AEOUT": going_on},
        {"USUBJID": "b", "ASTDY": 10.0, "AENDY": np.nan, "AEOUT": "RECOVERED/RESOLVED"},
        {"USUBJID": "d", "ASTDY": 10.0, "AENDY": 20.0, "AEOUT": "RECOVERED/RESOLVED"},
        {"USUBJID": "e", "ASTDY": 101.0, "AENDY": np.nan, "AEOUT": going_on},
    )
    assert shares(operations(with_events(tiny(shipped), *events)), outcome) == {"LEN-TAP": "1/3", "TACE": "0/2"}
    without_outcome = [{key: value for key, value in one.items() if key != "AEOUT"} for one in events]
    found = operations(with_events(tiny(shipped), *without_outcome))
    assert shares(found, outcome) == {"LEN-TAP": "2/3", "TACE": "0/2"}


def test_without_any_end_severe_events_count_that_began_in_the_days_before_and_the_row_says_so(shipped: Trial) -> None:
    found = operations(with_events(tiny(shipped), {"USUBJID": "a", "ASTDY": 60.0}, {"USUBJID": "b", "ASTDY": 80.0}))
    expected = {"LEN-TAP": "1/3", "TACE": "0/2"}
    assert shares(found, "Severe adverse event that began in the 28 days before") == expected


def test_severe_events_before_an_operation_are_treatment_emergent_and_may_have_dates_alone(shipped: Trial) -> None:
    outcome = "Severe adverse event in the 28 days before"
    events = [
        {"USUBJID": who, "ASTDT": start, "AENDT": pd.Timestamp("2024-04-01"), "TRTEMFL": emergent}  # day 92
        for who, start, emergent in (
            ("a", pd.Timestamp("2024-03-01"), "Y"),
            ("b", pd.Timestamp("2024-03-01"), "N"),
            ("e", pd.Timestamp("2024-04-20"), "Y"),
        )
    ]
    assert shares(operations(with_events(tiny(shipped), *events)), outcome) == {"LEN-TAP": "1/3", "TACE": "0/2"}


def test_where_events_have_no_day_the_page_says_that_severe_ones_are_not_told(shipped: Trial) -> None:
    found = operations(with_events(tiny(shipped), {"USUBJID": "a"}))
    assert not [term for term in found.outcomes.terms if term.startswith("Severe")]
    said = " ".join(operation_points(found, shipped.design))
    assert "severe adverse events before the operation (grade and day of onset in adae)" in said


def test_complications_are_counted_from_the_grades_and_an_unknown_one_is_named(shipped: Trial) -> None:
    found = operations(tiny(shipped, CLAVIEN=["none", "IIIa", None, "II", "V"]))
    assert shares(found, "Any complication") == {"LEN-TAP": "1/2", "TACE": "2/2"}
    assert shares(found, "Major complication (IIIa or above)") == {"LEN-TAP": "1/2", "TACE": "1/2"}
    assert "Operations without a complication grade, left out of those rows: 1." in found.notes
    table = clavien_table(found, source="yours").frame
    assert table["unknown"].tolist() == ["1 (33.3%)", "0 (0.0%)"]


def test_delay_because_of_toxicity_is_counted_where_the_reason_is_given(shipped: Trial) -> None:
    found = operations(tiny(shipped, DELAYRS=["TOXICITY", None, "OTHER", "TOXICITY", None]))
    assert shares(found, "Delayed because of toxicity") == {"LEN-TAP": "1/3", "TACE": "1/2"}
    assert "why an operation was delayed" not in " ".join(operation_points(found, shipped.design))


def test_blood_loss_and_stay_are_shown_where_they_were_measured(shipped: Trial) -> None:
    found = operations(
        tiny(shipped, BLDLOSS=[100.0, 300.0, 800.0, 250.0, np.nan], HOSPDAYS=[7.0, 9.0, 30.0, 8.0, 10.0])
    )
    rows = measure_table(found, source="yours").frame.set_index("Measure")
    assert rows.loc["Blood loss (mL)", "LEN-TAP"] == "300 (200 to 550), n = 3"
    assert rows.loc["Blood loss (mL)", "TACE"] == "250 (250 to 250), n = 1"
    assert rows.loc["Stay after the operation (days)", "TACE"] == "9 (8 to 10), n = 2"


def test_what_the_table_does_not_tell_is_named(shipped: Trial) -> None:
    found = operations(shipped)
    said = " ".join(operation_points(found, shipped.design))
    assert "blood loss (BLDLOSS)" in said
    assert "why an operation was delayed" in said
    assert isinstance(measure_table(found, source="synthetic"), Prose)


def test_the_first_operation_of_a_patient_counts_once(shipped: Trial) -> None:
    again = shipped.adpr[shipped.adpr["PRCAT"] == "RESECTION"].assign(CLAVIEN="V", PRSEQ=99, ASTDY=9999)
    twice = replace(shipped, frames={**shipped.frames, "adpr": pd.concat([again, shipped.adpr])})
    assert operations(twice).operated == operations(shipped).operated == {"LEN-TAP": (42, 71), "TACE": (13, 71)}
    assert operations(twice).clavien.equals(operations(shipped).clavien)


def test_every_display_is_made_from_the_shipped_trial(shipped: Trial) -> None:
    shown = displays(operations(shipped), shipped)
    assert not [one for one in shown[:3] if isinstance(one, Prose)]
    clavien = shown[2].frame
    sums = clavien.drop(columns="Arm").map(lambda cell: int(cell.split()[0])).sum(axis=1)
    assert sums.tolist() == [42, 13]


def test_without_an_operation_the_page_says_so(shipped: Trial) -> None:
    none = operations(changed_adpr(shipped, PRCAT="TACE"))
    assert operation_points(none, shipped.design) == [
        "How operations went cannot be shown here: nobody was resected in this population."
    ]
    assert all(isinstance(one, Prose) for one in displays(none, shipped))


@pytest.mark.parametrize("arm", ["LEN-TAP", "TACE"])
def test_an_arm_without_operations_leaves_the_other_shown(shipped: Trial, arm: str) -> None:
    others = shipped.adsl.loc[shipped.adsl["TRT01P"] != arm, "USUBJID"]
    adpr = shipped.adpr[shipped.adpr["USUBJID"].isin(others)]
    one = operations(replace(shipped, frames={**shipped.frames, "adpr": adpr}))
    assert not [shown for shown in displays(one, shipped)[:3] if isinstance(shown, Prose)]
    assert one.outcomes.contrasts.empty
    assert f"0 of 71 on {arm}" in operation_points(one, shipped.design)[0]


def test_without_dates_and_events_only_complications_are_left(shipped: Trial) -> None:
    adsl = shipped.adsl.drop(columns=["DTHDT", "LSTALVDT"])
    bare = Trial(shipped.design, shipped.folder, (), {"adsl": adsl, "adpr": shipped.adpr.drop(columns="ASTDT")})
    assert operations(bare).outcomes.terms == ["Any complication", "Major complication (IIIa or above)"]
    nothing = replace(bare, frames={**bare.frames, "adpr": bare.adpr.drop(columns="CLAVIEN")})
    assert operations(nothing).outcomes is None
    assert all(isinstance(one, Prose) for one in displays(operations(nothing), nothing))


def test_small_cells_are_hidden_and_grades_do_not_give_them_away(shipped: Trial) -> None:
    found = operations(shipped, smallest=5)
    table = operation_table(found, design=shipped.design, source="synthetic").frame.set_index("Outcome")
    assert set(table.loc["Major complication (IIIa or above)"]) == {HIDDEN}
    clavien = clavien_table(found, source="synthetic").frame
    assert (clavien == HIDDEN).sum(axis=1).min() >= 2
    drawn = operation_plot(found, design=shipped.design, source="synthetic").data
    assert not ((drawn["Patients with event"] > 0) & (drawn["Patients with event"] < 5)).any()
