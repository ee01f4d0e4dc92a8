"""What was given, in print: a row a treatment and arm, one line where nothing is known."""

from dataclasses import replace

import pandas as pd
import pytest

from lentap.adam import Trial, load_trial
from lentap.show.exposure import exposure_table, exposure_views, intensity_figure, trial_exposure
from lentap.show.record.exposure import record_exposure
from lentap.stats.dose_intensity import subject_exposure, summarise_exposure
from tests.show.conftest import AWKWARD


@pytest.fixture(scope="module")
def trial() -> Trial:
    return load_trial("shipped", "adsl", "adex")


@pytest.fixture
def given(design) -> pd.DataFrame:
    doses = pd.DataFrame(
        {
            "USUBJID": ["A", "A", "B", "C", "D"],
            "EXTRT": ["Tablet <i>", "Tablet <i>", "Tablet <i>", "Tablet <i>", "Session"],
            "EXCAT": ["", "", "", "", "TACE"],
            "ASTDY": [1, 11, 1, 1, 1],
            "AENDY": [10, 20, 10, 10, 1],
            "EXDOSE": [10.0, 0.0, 10.0, 10.0, 50.0],
            "EXPLDOS": [10.0, 10.0, 10.0, 20.0, 50.0],
        }
    )
    return subject_exposure(doses, subjects(design))


def subjects(design) -> pd.DataFrame:
    arms = [arm.name for arm in (*design.experimental, design.control)]
    arm = pd.Categorical(["Low", AWKWARD, "Low", "Placebo"], categories=arms, ordered=True)
    return pd.DataFrame({"USUBJID": list("ABCD"), "arm": arm})


def test_a_point_is_drawn_for_every_patient_and_treatment(given, design) -> None:
    summary = summarise_exposure(given, subjects(design))
    figure = intensity_figure(given, summary, design=design, source="yours")
    assert figure.data["Dose given (% of planned)"].tolist() == [50.0, 50.0, 100.0, 100.0]
    assert len(set(figure.plotly.data[0].y)) == 2  # of the same value, and yet apart
    assert "Tablet <i>, Low (n = 2): 50.0 (50.0 to 50.0)" in figure.alt
    assert "Tablet &lt;i&gt;, Low" in "".join(note.text for note in figure.plotly.layout.annotations)


def test_the_table_has_every_arm_and_only_what_is_known(given, design) -> None:
    table = exposure_table(summarise_exposure(given, subjects(design)), source="yours").frame
    assert table.columns[2:].tolist() == ["Low (N = 2)", f"{AWKWARD} (N = 1)", "Placebo (N = 1)"]
    low = table.set_index(["Treatment", ""])["Low (N = 2)"]
    assert low["Tablet <i>", "Patients exposed"] == "2 (100.0%)"
    assert low["Tablet <i>", "Dose reduced"] == "1 (50.0%)"
    assert low["Tablet <i>", "Dose held or omitted"] == "1 (50.0%)"
    assert ("Tablet <i>", "Held or omitted for an adverse event") not in low.index
    assert ("Tablet <i>", "Doses given") not in low.index
    assert low["Session", "Patients exposed"] == "0 (0.0%)"
    assert low["Session", "Sessions"] == "\N{EN DASH}"
    assert ("Session", "Dose held or omitted") not in low.index


def test_without_a_table_or_without_a_dose_one_line_says_so(trial: Trial) -> None:
    members = trial.subjects("ITT")
    without = replace(trial, frames={"adsl": trial.adsl})
    nobody = replace(trial, frames={"adsl": trial.adsl, "adex": trial.adex.iloc[:0]})
    for one in (without, nobody):
        found, summary = trial_exposure(one, members)
        (line,) = exposure_views(found, summary, design=trial.design, source=trial.source)
        assert "no table of exposure (`adex`)" in line.text
        assert "\n" not in line.text
        assert record_exposure(summary, source=trial.source) == []


def test_without_planned_doses_the_table_stands_alone(trial: Trial) -> None:
    doses = trial.adex.drop(columns=["EXPLDOS", "PDOSEO"])
    found, summary = trial_exposure(replace(trial, frames=trial.frames | {"adex": doses}), trial.subjects("ITT"))
    table, line = exposure_views(found, summary, design=trial.design, source=trial.source)
    assert "Relative dose intensity (%)" not in set(table.frame[""])
    assert "which doses were planned" in line.text


def test_every_printed_number_of_the_shipped_trial_is_recorded(trial: Trial) -> None:
    _, summary = trial_exposure(trial, trial.subjects("ITT"))
    results = record_exposure(summary, source=trial.source, population="ITT")
    assert len({result.key for result in results}) == len(results)
    assert {result.name.rpartition(".")[2] for result in results} == {
        "exposed",
        "treatment_duration",
        "doses_given",
        "dose_intensity",
        "dose_intensity_kept",
        "dose_reduced",
        "dose_held",
        "dose_held_for_event",
    }
    sessions = trial.adex[trial.adex["EXCAT"] == "TACE"].groupby("USUBJID").size()
    arm = trial.subjects("ITT").set_index("USUBJID")["arm"]
    for result in results:
        if result.name.endswith("doses_given") and "TACE" in result.labels["treatment"]:
            of_arm = sessions[arm.reindex(sessions.index) == result.labels["arm"]]
            assert result.estimate == of_arm.median()
            assert result.counts["patients"] == str(len(of_arm))


def test_the_section_carries_the_mark_of_the_synthetic_trial(trial: Trial) -> None:
    found, summary = trial_exposure(trial, trial.subjects("SAF"))
    figure, table = exposure_views(found, summary, design=trial.design, source=trial.source)
    assert figure.source == table.source == ("synthetic",)
    assert any(note.name == "mark" for note in figure.plotly.layout.annotations)
    assert "Synthetic" in table._repr_html_()
