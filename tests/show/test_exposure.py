"""The page on exposure: against the page on participants, by hand, and where something is missing."""

from dataclasses import replace

import pandas as pd
import pytest

from lentap.adam import Trial, load_trial
from lentap.show.exposure import (
    changes_table,
    counted_table,
    exposure_points,
    given_table,
    reasons_table,
    sessions_figure,
    sessions_words,
    time_figure,
)
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.pseudonyms import pseudonyms
from lentap.show.record.exposure import Exposure, exposure_of, record_exposure, record_sessions
from lentap.show.small_cells import HIDDEN
from lentap.show.swimmer import lanes_of, lanes_words, swimmer
from lentap.show.table import Table
from lentap.stats.dosing import dose_summary, doses_by_subject


@pytest.fixture(scope="module")
def trial() -> Trial:
    return load_trial("shipped", "adsl", "adex", optional=("adpr", "adae"))


@pytest.fixture(scope="module")
def exposure(trial: Trial) -> Exposure:
    return exposure_of(trial, trial.subjects("SAF"))


def everything(trial: Trial, smallest: int = 0) -> list[object]:
    """All that the page shows of a trial."""
    exposure = exposure_of(trial, trial.subjects("SAF"), smallest)
    given = record_exposure(exposure, level=0.95, source="yours")
    sessions = record_sessions(exposure, source="yours")
    lanes = lanes_of(trial, exposure, most=10, longest=18)
    names = pseudonyms(trial.adsl["USUBJID"])
    return [
        *exposure_points(exposure, given, sessions),
        swimmer(lanes, exposure, names=names, longest=18, design=trial.design, source="yours"),
        lanes_words(lanes, longest=18, smallest=smallest),
        given_table(given, source="yours", smallest=smallest),
        time_figure(given, design=trial.design, source="yours", smallest=smallest),
        changes_table(exposure, given, source="yours"),
        reasons_table(exposure, source="yours"),
        sessions_figure(sessions, source="yours", smallest=smallest),
        sessions_words(exposure, sessions),
        counted_table(exposure, source="yours"),
    ]


def test_the_page_agrees_with_the_one_on_participants(exposure: Exposure, trial: Trial) -> None:
    subjects = trial.subjects("SAF")
    theirs = dose_summary(doses_by_subject(trial.adex, subjects), subjects).set_index(["arm", "treatment"])
    given = record_exposure(exposure, level=0.95, source="yours")
    assert len(given) == len(theirs) == 5
    for one in given:
        row = theirs.loc[(one.arm, one.treatment)]
        assert one.treated.counts[one.arm] == f"{row['treated']:.0f}/{row['n']:.0f}"
        assert one.relative.estimate == pytest.approx(row["relative_dose_median"])
        assert one.held_for_event is not None
        for found, column in ((one.held, "held"), (one.held_for_event, "held_for_event"), (one.reduced, "reduced")):
            assert found.counts[one.arm] == f"{row[column]:.0f}/{row['treated']:.0f}", column


def test_sessions_are_those_of_the_procedures(exposure: Exposure, trial: Trial) -> None:
    found = record_sessions(exposure, source="yours")
    tace = trial.adpr[trial.adpr["PRCAT"] == "TACE"]
    subjects = trial.subjects("SAF").set_index("USUBJID")["arm"].astype(str)
    expected = tace["USUBJID"].map(subjects).value_counts().to_dict()
    assert {arm: int(counts.sum()) for arm, (_, counts) in found.items()} == expected
    figure = sessions_figure(found, source="yours")
    assert figure.data.groupby("Of")["Patients"].sum().to_dict() == subjects.value_counts().to_dict()


def test_without_procedures_sessions_come_from_the_doses(exposure: Exposure, trial: Trial) -> None:
    less = replace(trial, frames={name: frame for name, frame in trial.frames.items() if name != "adpr"})
    found = record_sessions(exposure_of(less, trial.subjects("SAF")), source="yours")
    known = record_sessions(exposure, source="yours")
    assert {arm: m.estimate for arm, (m, _) in found.items()} == {arm: m.estimate for arm, (m, _) in known.items()}


def test_the_swimmer_draws_everybody_where_there_is_room_and_says_so_where_not(
    exposure: Exposure, trial: Trial
) -> None:
    few = lanes_of(trial, exposure, most=10, longest=18)
    assert few.lanes.groupby("arm", observed=True).size().tolist() == [10, 10]
    assert few.left_out == {"LEN-TAP": 60, "TACE": 61}
    assert "121 treated patients are not drawn" in str(lanes_words(few, longest=18))
    every = lanes_of(trial, exposure, most=200, longest=600)
    assert every.left_out == {"LEN-TAP": 0, "TACE": 0}
    assert str(lanes_words(every, longest=600)).startswith("Every treated patient is drawn.")
    deaths = trial.subjects("SAF")["DTHDT"].notna().sum()
    assert (every.events["what"] == "Death").sum() == deaths
    assert every.beyond == 0


def test_the_longest_and_the_shortest_course_are_among_those_drawn(exposure: Exposure, trial: Trial) -> None:
    lanes = lanes_of(trial, exposure, most=5, longest=18).lanes
    ends = exposure.courses.groupby("USUBJID")["end"].max() / 30.4375
    for arm, of in lanes.groupby("arm", observed=True):
        members = exposure.subjects.loc[exposure.subjects["arm"] == arm, "USUBJID"]
        known = ends.reindex(members).dropna()
        assert (of["end"].max(), of["end"].min()) == (known.max(), known.min())


def test_a_lane_names_nobody(exposure: Exposure, trial: Trial) -> None:
    lanes = lanes_of(trial, exposure, most=30, longest=18)
    names = pseudonyms(trial.adsl["USUBJID"])
    written = str(swimmer(lanes, exposure, names=names, longest=18, design=trial.design, source="yours").plotly)
    assert not [one for one in trial.adsl["USUBJID"] if one in written]


def test_every_row_is_counted_once(exposure: Exposure) -> None:
    table = counted_table(exposure, source="yours").frame.set_index("").astype(int)
    apart = ["Full dose", "Reduced", "Held", "With a dose that is not known"]
    parts = table.loc[[*apart, "With a dose, nothing planned or the plan is 0 (such as a placebo)"]].sum()
    assert parts.tolist() == table.loc["Rows of these patients"].tolist()


def test_ongoing_patients_are_censored_where_no_end_is_recorded(trial: Trial) -> None:
    doses = trial.adex.assign(DCTREAS="")
    exposure = exposure_of(replace(trial, frames=trial.frames | {"adex": doses}), trial.subjects("SAF"))
    given = {one.treatment: one for one in record_exposure(exposure, level=0.95, source="yours")}
    curve = given["Lenvatinib"].curve
    assert curve is not None
    subjects = trial.subjects("SAF")
    ongoing = subjects[(subjects["EOSSTT"] == "ONGOING") & (subjects["arm"] == "LEN-TAP")]
    assert curve.events.sum() == curve.n - len(ongoing) < curve.n


@pytest.mark.parametrize(
    "column", ["AENDY", "EXPLDOS", "DOSEO", "PDOSEO", "EXCAT", "EXDOSFRQ", "EXDOSU", "EXADJ", "DCTREAS"]
)
def test_a_missing_column_takes_its_part_away_and_leaves_the_rest(trial: Trial, column: str) -> None:
    less = replace(trial, frames=trial.frames | {"adex": trial.adex.drop(columns=column)})
    kinds = [type(one) for one in everything(less)]
    assert kinds.count(Table) >= 3
    assert kinds.count(Figure) >= 2


def test_bare_tables_give_a_page_too(trial: Trial) -> None:
    adsl = trial.adsl[["USUBJID", "TRT01P", "TRT01A", "SAFFL"]]
    adex = trial.adex[["USUBJID", "EXTRT", "ASTDY", "EXDOSE"]]
    found = everything(replace(trial, frames={"adsl": adsl, "adex": adex}))
    assert sum(isinstance(one, Table) for one in found) >= 3


def test_no_dose_at_all_is_said_and_breaks_nothing(trial: Trial) -> None:
    found = everything(replace(trial, frames=trial.frames | {"adex": trial.adex.assign(EXDOSE=0.0)}))
    assert found[0] == "Doses cannot be shown: table adex holds no dose above 0 of these patients."
    assert sum(isinstance(one, Prose) for one in found) >= 4


def test_a_curve_of_treatment_says_what_it_is_of(exposure: Exposure, trial: Trial) -> None:
    figure = time_figure(record_exposure(exposure, level=0.95, source="yours"), design=trial.design, source="yours")
    assert isinstance(figure, Figure)
    assert figure.plotly.layout.yaxis.title.text == "Still on treatment (%)"
    assert "event-free" not in figure.alt
    assert isinstance(figure.data, pd.DataFrame)


def test_severe_events_are_drawn_where_the_column_of_grades_is_empty(exposure: Exposure, trial: Trial) -> None:
    severity = trial.adae["AETOXGR"].map({1: "MILD", 2: "MODERATE"}).fillna("SEVERE")
    empty = trial.adae.assign(AETOXGR=float("nan"), AESEV=severity)
    less = replace(trial, frames=trial.frames | {"adae": empty})
    drawn = [lanes_of(one, exposure, most=200, longest=18).events["what"] for one in (trial, less)]
    severe = [int((what == "Adverse event of grade 3 or above").sum()) for what in drawn]
    assert severe[0] == severe[1] > 0


def test_sessions_come_from_the_doses_where_no_procedure_is_one(exposure: Exposure, trial: Trial) -> None:
    others = trial.adpr[trial.adpr["PRCAT"] != "TACE"]
    less = replace(trial, frames=trial.frames | {"adpr": others})
    found = record_sessions(exposure_of(less, trial.subjects("SAF")), source="yours")
    assert {arm: median.estimate for arm, (median, _) in found.items()} == {
        arm: median.estimate for arm, (median, _) in record_sessions(exposure, source="yours").items()
    }


def test_unknown_reasons_are_absent_and_not_zero(trial: Trial) -> None:
    less = replace(trial, frames=trial.frames | {"adex": trial.adex.drop(columns="EXADJ")})
    exposure = exposure_of(less, less.subjects("SAF"))
    given = record_exposure(exposure, level=0.95, source="yours")
    words = " ".join(exposure_points(exposure, given, {}))
    assert "for an adverse event" not in words
    assert "no column EXADJ" in words
    table = changes_table(exposure, given, source="yours")
    assert isinstance(table, Table)
    assert not table.frame["For an adverse event"].str.contains("0").any()


def test_an_unknown_status_in_the_study_is_said(trial: Trial) -> None:
    less = replace(trial, frames=trial.frames | {"adsl": trial.adsl.drop(columns="EOSSTT")})
    exposure = exposure_of(less, less.subjects("SAF"))
    given = record_exposure(exposure, level=0.95, source="yours")
    assert "every last dose counts as an end" in " ".join(exposure_points(exposure, given, {}))


def test_small_cells_and_single_patients_are_hidden_throughout(trial: Trial) -> None:
    shown = everything(trial, 20)
    words = " ".join(str(one) for one in shown if isinstance(one, str | Prose))
    assert words.count("one by one") == 2, "the swimmer plot and the curve of time on treatment"
    assert "rows of few patients" in words
    assert "Lenvatinib on LEN-TAP: held at least once in 62 of 70" in words
    assert "for an adverse event in a number of patients that is hidden; lowered in a number" in words
    tables = {one.name: one.frame.astype(str) for one in shown if isinstance(one, Table)}
    assert "Sintilimab" in set(tables["changes"]["Treatment"])
    cells = [cell for name in ("given", "changes") for cell in tables[name].to_numpy().ravel()]
    counts = [int(cell.split("/")[0]) for cell in cells if "/" in cell]
    assert counts
    assert not [count for count in counts if 0 < count < 20]
    told = tables["reasons"].loc[tables["reasons"]["Patients"] != HIDDEN, "Patients"].astype(int)
    assert told.min() >= 20
    sessions = next(one for one in shown if isinstance(one, Figure))
    assert not sessions.data["Patients"].between(1, 19).any()


def test_a_treatment_of_few_patients_is_left_out(trial: Trial) -> None:
    exposure = exposure_of(trial, trial.subjects("SAF"), 30)
    given = {(one.arm, one.treatment) for one in record_exposure(exposure, level=0.95, source="yours")}
    assert ("LEN-TAP", "Sintilimab") in given
    assert ("LEN-TAP", "Camrelizumab") not in given
