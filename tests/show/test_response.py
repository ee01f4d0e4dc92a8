"""Tumour response on a page: what is recorded, what the lesions give, and what is said where either is missing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial, load_trial
from lentap.design import Design
from lentap.show.courses import course_words, spider, swimmer
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.readers import (
    against_recorded,
    agreement_table,
    cross_table,
    difference_plot,
    disagreement_table,
    reader_words,
)
from lentap.show.record.assessments import ONE_READER, RECORDED, assessments
from lentap.show.record.readers import derived_against_recorded, disagreements, record_measured, two_readers
from lentap.show.record.response import Response, ResponseRule, record_response
from lentap.show.record.response_times import Depth, Times, record_depth, record_times
from lentap.show.response import response_differences, response_points, response_rates, response_table
from lentap.show.response_times import (
    duration_curves,
    duration_table,
    response_incidence,
    selection_words,
    time_points,
)
from lentap.show.small_cells import HIDDEN
from lentap.show.table import Table
from lentap.show.waterfall import depth_points, depth_table, waterfall, waterfall_words
from lentap.stats.proportions import proportion

ABOUT: dict[str, Any] = {"level": 0.95, "source": "yours"}
LESIONS = ["USUBJID", "TRGRPID", "TRLNKID", "AVISITN", "ADY", "LDIAM", "AVALC"]
TABLES = ("adrs", "adtr", "adpr")


@pytest.fixture(scope="module")
def whole() -> Trial:
    return load_trial("shipped", "adsl", *TABLES)


def respond(
    trial: Trial, rule: ResponseRule | None = None, arms: list[str] | None = None, smallest: int = 0
) -> Response:
    found = assessments(trial, "ITT", arms or trial.arm_names)
    return record_response(
        "a.b",
        found,
        rule or ResponseRule(),
        rate_interval="clopper-pearson",
        difference_interval="miettinen-nurminen",
        population="ITT",
        smallest=smallest,
        **ABOUT,
    )


def times_of(found: Response, criterion: str) -> Times:
    return record_times("a.b", found, criterion, 6.0, interval="log", **ABOUT)


def depth_of(found: Response, criterion: str) -> Depth | None:
    return record_depth("a.b", found, criterion, **ABOUT)


def without(trial: Trial, *tables: str) -> Trial:
    return replace(trial, frames={name: table for name, table in trial.frames.items() if name not in tables})


@pytest.fixture(scope="module")
def shipped_response(whole: Trial) -> Response:
    return respond(whole)


@pytest.fixture
def tiny(design: Design) -> Trial:
    """Five patients on two of three arms, worked by hand.

    a: 50 mm, 30 (-40%), 25 (-50%), then a new lesion: PR, PD on day 170, response from day 57.
    b: 40 mm, 20 (-50%) on day 60, resected on day 80, an image with a new lesion on day 120.
    c: 30 mm, 33 (+10%), 40 (+33%): SD, PD. Recorded as PR by mistake at the first visit.
    d: 20 mm, never imaged again, dead on day 40.
    e: no target lesion.
    """
    lesions = [
        *(
            ("a", "TARGET", "T1", *row)
            for row in ((0, -3, 50, ""), (1, 57, 30, ""), (2, 113, 25, ""), (3, 170, 25, ""))
        ),
        ("a", "NEW", "N", 3, 170, np.nan, "Y"),
        *(("b", "TARGET", "T1", *row) for row in ((0, -3, 40, ""), (1, 60, 20, ""))),
        ("b", "NEW", "N", 9, 120, np.nan, "Y"),
        *(("c", "TARGET", "T1", *row) for row in ((0, -3, 30, ""), (1, 56, 33, ""), (2, 112, 40, ""))),
        ("d", "TARGET", "T1", 0, -3, 20, ""),
        ("e", "NON-TARGET", "NT", 0, -3, np.nan, "NON-CR/NON-PD"),
    ]
    recorded = [
        *(("a", 1, 57, "PR"), ("a", 2, 113, "PR"), ("a", 3, 170, "PD")),
        *(("b", 1, 60, "PR"), ("b", 9, 120, "PD"), ("c", 1, 56, "PR"), ("c", 2, 112, "PD")),
    ]
    adsl = pd.DataFrame(
        {
            "USUBJID": list("abcde"),
            "TRT01P": ["Low", "Low", "Placebo", "Placebo", "Placebo"],
            "TRTSDT": pd.Timestamp("2020-01-01"),
            "DTHDT": pd.to_datetime([None, "2020-12-01", None, "2020-02-09", None]),
        }
    )
    adrs = pd.DataFrame(recorded, columns=["USUBJID", "AVISITN", "ADY", "AVALC"]).assign(PARAMCD="OVR")
    adpr = pd.DataFrame({"USUBJID": ["b"], "PRCAT": ["RESECTION"], "ASTDY": [80]})
    frames = {"adsl": adsl, "adrs": adrs, "adtr": pd.DataFrame(lesions, columns=LESIONS), "adpr": adpr}
    return Trial(design, None, (), frames)  # type: ignore[arg-type]


def test_best_responses_of_the_tiny_trial_are_those_worked_by_hand(tiny: Trial) -> None:
    found = respond(tiny)
    assert found.readings("RECIST 1.1") == [RECORDED, ONE_READER]
    assert found.best["RECIST 1.1", RECORDED].tolist() == ["PR", "PR", "PR", "NE", "NE"]
    derived = found.best["RECIST 1.1", ONE_READER]
    assert derived.tolist()[:4] == ["PR", "PR", "SD", "NE"]
    assert pd.isna(derived["e"])
    assert found.assessments.left_out["RECIST 1.1", ONE_READER] == {
        "no target lesion at baseline (visit 0)": frozenset("e")
    }


def test_the_disagreement_names_patient_and_visit(tiny: Trial) -> None:
    found = respond(tiny)
    row = disagreements(found, "RECIST 1.1", RECORDED, ONE_READER).iloc[0]
    assert [row[name] for name in ("USUBJID", "first", "second", "visit", "at_first", "at_second")] == [
        *("c", "PR", "SD", 1, "PR", "SD")
    ]
    table = disagreement_table(found, "RECIST 1.1", source="yours").frame
    assert table["First visit apart"].tolist() == ["visit 1: PR, SD"]
    summary = against_recorded(found, derived_against_recorded("a.b", found, **ABOUT), source="yours")
    assert summary.frame["Best responses alike (%)"].iloc[0].startswith("2/3")
    assert summary.frame["Visits alike"].tolist() == ["5/6"]
    assert any("left out 1 patient, no target lesion" in note for note in summary.notes)


def test_a_resection_ends_the_assessments_and_censors_the_response(tiny: Trial) -> None:
    found = respond(tiny)
    assert found.visits("RECIST 1.1", RECORDED).query("USUBJID == 'b'")["ADY"].tolist() == [60]
    times = times_of(found, "RECIST 1.1")
    courses = times.courses.set_index("USUBJID")
    assert courses.loc["b", ["how", "end", "response"]].tolist() == ["resection", 80, 60]
    assert times.ends["Low"] == {"progression": 1, "death": 0, "resection": 1, "followed": 0}
    curve = times.duration["Low"]
    month = 30.4375
    assert curve.time[curve.events > 0].tolist() == pytest.approx([(170 - 57 + 1) / month])
    assert curve.time[curve.censored > 0].tolist() == pytest.approx([1 / month])  # b: its one assessment
    assert "Of them 1 went to resection while in response; 1 response ended" in str(selection_words(times))


def test_without_procedures_nothing_ends_at_a_resection(tiny: Trial) -> None:
    courses = times_of(respond(without(tiny, "adpr")), "RECIST 1.1").courses.set_index("USUBJID")
    assert courses.loc["b", ["how", "end"]].tolist() == ["progression", 120]


def test_death_without_a_response_competes_with_it(tiny: Trial) -> None:
    times = times_of(respond(tiny), "RECIST 1.1")
    courses = times.courses.set_index("USUBJID")
    assert courses.loc["d", ["how", "end"]].tolist() == ["death", 40]
    assert courses.loc["e", "how"] == "never assessed"
    curve = times.incidence["Placebo"]
    assert curve.incidence[-1].tolist() == pytest.approx([0.5, 0.5])  # c responds, d dies, e is censored on day 1


def test_depth_and_confirmation_of_the_tiny_trial_are_those_worked_by_hand(tiny: Trial) -> None:
    found = respond(tiny)
    depth = depth_of(found, "RECIST 1.1")
    assert depth is not None
    assert depth.patients.set_index("USUBJID")["depth"].dropna().to_dict() == pytest.approx(
        {"a": -50, "b": -50, "c": 10}
    )
    assert depth.patients["baseline"].tolist()[:3] == [50, 40, 30]
    assert depth.shifts["Low"].estimate == pytest.approx(-60)
    confirmed = respond(tiny, ResponseRule(confirmation=28))
    assert confirmed.best["RECIST 1.1", RECORDED].tolist() == ["PR", "SD", "SD", "NE", "NE"]
    assert confirmed.unconfirmed == {"RECIST 1.1": (2, 1)}  # b, resected before the next image, and c, who progressed
    words = " ".join(response_points(confirmed))
    assert "seen again 28 days later or more: by RECIST 1.1 2 of those seen were not confirmed, 1 of these" in words
    assert "Rule" not in " ".join(response_points(found))
    lasting = respond(tiny, ResponseRule(stable=60))
    assert lasting.best["RECIST 1.1", ONE_READER]["c"] == "PD"
    assert "stable disease counts if it lasts 60 days" in " ".join(response_points(lasting))


def test_several_other_lesions_count_together(tiny: Trial) -> None:
    """A patient whose target is gone: complete only when every other lesion is."""
    rows = [
        ("a", "TARGET", "T1", 0, -3, 50, ""),
        ("a", "TARGET", "T1", 1, 50, 0, ""),
        ("a", "TARGET", "T1", 2, 99, 0, ""),
    ]
    for lesion, at_first, later in (("NT1", "CR", "CR"), ("NT2", "NON-CR/NON-PD", "CR")):
        rows += [("a", "NON-TARGET", lesion, visit, day, np.nan, word) for visit, day, word in
                 ((0, -3, "NON-CR/NON-PD"), (1, 50, at_first), (2, 99, later))]  # fmt: skip
    adtr = pd.DataFrame(rows, columns=LESIONS)
    found = respond(replace(tiny, frames={**tiny.frames, "adtr": adtr}))
    assert found.visits("RECIST 1.1", ONE_READER)["AVALC"].tolist() == ["PR", "CR"]


def test_lesions_that_allow_no_response_leave_their_patient_out_with_the_reason(tiny: Trial) -> None:
    more = [("c", "TARGET", "T1", 1, 56, 34, ""), ("b", "TARGET", "T2", 1, 60, 12, "")]
    adtr = pd.concat([tiny.adtr, pd.DataFrame(more, columns=LESIONS)], ignore_index=True)
    found = respond(replace(tiny, frames={**tiny.frames, "adtr": adtr}))
    left_out = found.assessments.left_out["RECIST 1.1", ONE_READER]
    assert left_out["a target lesion twice at a visit"] == frozenset("c")
    assert left_out["a target lesion without a diameter at baseline (visit 0)"] == frozenset("b")
    assert found.best["RECIST 1.1", ONE_READER].dropna().index.tolist() == ["a", "d"]


def test_the_first_reader_of_the_shipped_trial_gives_what_was_recorded_and_the_second_does_not(
    shipped_response: Response,
) -> None:
    compared = {(one.criterion, one.second): one for one in derived_against_recorded("a.b", shipped_response, **ABOUT)}
    for criterion in ("mRECIST", "RECIST 1.1"):
        first, second = (compared[criterion, f"READER {n}"] for n in (1, 2))
        assert [first.alike.estimate, first.kappa.estimate] == pytest.approx([1, 1])
        assert first.kappa.low is None
        assert 0.6 < (second.kappa.estimate or 0) < 0.95
    words = disagreement_table(shipped_response, "mRECIST", source="synthetic")
    assert set(words.frame["Reader"]) == {"READER 2"}
    assert "READER 1: 0 patients." in words.notes[0]


def test_rates_are_of_all_patients_and_carry_the_exact_interval(shipped_response: Response) -> None:
    for criterion in ("mRECIST", "RECIST 1.1"):
        rate = shipped_response.rates["objective response", criterion, RECORDED].rates["LEN-TAP"]
        events, n = map(int, rate.counts["LEN-TAP"].split("/"))
        theirs = proportion(events, n, method="clopper-pearson")
        assert n == 71
        assert (rate.low, rate.high) == (theirs.low, theirs.high)
    both = [len(shipped_response.rates["disease control", c, RECORDED].contrasts) for c in ("mRECIST", "RECIST 1.1")]
    assert both == [1, 1]


def test_every_figure_and_table_of_the_shipped_trial_shows_what_it_lists(
    whole: Trial, shipped_response: Response
) -> None:
    found, design = shipped_response, whole.design
    depth, times = depth_of(found, "mRECIST"), times_of(found, "mRECIST")
    pairs, measured = two_readers("a.b", found, **ABOUT), record_measured("a.b", found, "mRECIST", **ABOUT)
    figures = [
        *(draw(found, design, source="synthetic") for draw in (response_rates, response_differences)),
        waterfall(depth, design, source="synthetic"),
        spider(found, depth, design, source="synthetic"),
        *(draw(times, design, source="synthetic") for draw in (swimmer, response_incidence, duration_curves)),
        difference_plot(measured, design, source="synthetic"),
    ]
    assert all(isinstance(figure, Figure) and len(figure.data) for figure in figures)
    assert len({figure.name for figure in figures if isinstance(figure, Figure)}) == len(figures)
    assert response_table(found, source="synthetic").frame["By"].nunique() == 2
    assert depth_table(depth, source="synthetic").frame["Measured"].tolist() == ["67/71", "68/71"]
    assert duration_table(times, source="synthetic").frame["N"].tolist() == ["52", "15"]
    assert agreement_table(pairs, source="synthetic").frame.columns.tolist() == ["Agreement", "mRECIST", "RECIST 1.1"]
    counts = cross_table(pairs, "mRECIST", source="synthetic").frame.set_index("READER 1").astype(int)
    assert counts.to_numpy().sum() == 135  # who was assessed
    assert "minus control" in str(reader_words(found, pairs, "mRECIST", measured))
    points = " ".join([*response_points(found), *depth_points(depth), *time_points(times)])
    assert "52 of 71 on LEN-TAP (73.2%) and 15 of 71 on TACE (21.1%)" in points
    assert "The criteria differ" in points
    assert "7 of 142 patients have no bar" in str(waterfall_words(depth))


def test_a_median_duration_names_its_events_and_says_where_it_has_no_interval(shipped_response: Response) -> None:
    times = times_of(shipped_response, "mRECIST")
    point, *_ = time_points(times)
    assert "lasting 5.7 months (95% CI 1.5 to not reached), 10 of 52 responses ended" in point
    assert "lasting 4.2 months (no interval can be given: 2 of 15 responses ended)" in point
    assert "Median duration 4.2 months (no interval can be given" in str(selection_words(times))
    cells = duration_table(times, source="yours").frame["Duration (months)"].tolist()
    assert cells == ["5.7 (1.5 to not reached)", "4.2 (no interval)"]


def test_a_baseline_sum_is_given_where_all_targets_go_or_the_first_visit_is_not_measured(tiny: Trial) -> None:
    """a: 50 mm at baseline, gone at the first visit; b: 40 mm, at its first visit not measured."""
    lesions = tiny.adtr.copy()
    at_first = (lesions["AVISITN"] == 1) & (lesions["TRGRPID"] == "TARGET")
    lesions.loc[at_first & (lesions["USUBJID"] == "a"), "LDIAM"] = 0
    lesions.loc[at_first & (lesions["USUBJID"] == "b"), "LDIAM"] = np.nan
    depth = depth_of(respond(replace(tiny, frames=tiny.frames | {"adtr": lesions})), "RECIST 1.1")
    assert depth is not None
    assert depth.patients["baseline"].tolist()[:3] == [50, 40, 30]


def test_a_large_arm_is_binned_or_sampled_and_the_page_says_so(whole: Trial, shipped_response: Response) -> None:
    found = shipped_response
    depth, times = depth_of(found, "mRECIST"), times_of(found, "mRECIST")
    assert depth is not None
    many = [depth.patients.assign(USUBJID=depth.patients["USUBJID"] + f"-{copy}") for copy in range(6)]
    large = replace(depth, patients=pd.concat(many, ignore_index=True))
    drawn = waterfall(large, whole.design, source="synthetic")
    assert isinstance(drawn, Figure)
    assert drawn.data.groupby("Arm")["Patients"].agg(["size", "sum"]).to_numpy().tolist() == [[100, 402], [100, 408]]
    assert drawn.data["Best change, median (%)"].min() == -100
    assert "median of a hundredth" in str(waterfall_words(large))
    longer = [times.courses.assign(USUBJID=times.courses["USUBJID"] + f"-{copy}") for copy in range(3)]
    crowd = replace(times, courses=pd.concat(longer, ignore_index=True))
    bars = swimmer(crowd, whole.design, source="synthetic")
    assert isinstance(bars, Figure)
    assert bars.data["Arm"].astype(str).value_counts().tolist() == [60, 60]
    assert bars.data["End (months)"].max() == pytest.approx((times.courses["end"] / 30.4375).max(), abs=0.01)
    assert "60 bars are drawn" in str(course_words(found, depth, crowd))
    assert "is drawn who was assessed" in str(course_words(found, depth, times))


def shown(trial: Trial, criterion: str, rule: ResponseRule | None = None) -> tuple[list[Any], str]:
    """Everything the page shows, and its key points."""
    found = respond(trial, rule)
    depth, times = depth_of(found, criterion), times_of(found, criterion)
    pairs, measured = two_readers("a.b", found, **ABOUT), record_measured("a.b", found, criterion, **ABOUT)
    design = trial.design
    made = [
        *(draw(found, design, source="yours") for draw in (response_rates, response_differences)),
        response_table(found, source="yours"),
        waterfall(depth, design, source="yours"),
        waterfall_words(depth),
        depth_table(depth, source="yours"),
        spider(found, depth, design, source="yours"),
        *(draw(times, design, source="yours") for draw in (swimmer, response_incidence, duration_curves)),
        duration_table(times, source="yours"),
        against_recorded(found, derived_against_recorded("a.b", found, **ABOUT), source="yours"),
        disagreement_table(found, criterion, source="yours"),
        agreement_table(pairs, source="yours"),
        cross_table(pairs, criterion, source="yours"),
        difference_plot(measured, design, source="yours"),
        *(reader_words(found, pairs, criterion, measured), selection_words(times), course_words(found, depth, times)),
    ]
    return made, " ".join([*response_points(found), *depth_points(depth), *time_points(times)])


def names_shown(made: list[Any]) -> set[str]:
    return {one.name for one in made if isinstance(one, Figure | Table)}


def test_without_measurements_recorded_responses_stay_and_the_page_says_what_is_lacking(whole: Trial) -> None:
    made, points = shown(without(whole, "adtr"), "mRECIST")
    assert names_shown(made) == {
        *("response-rates", "response-differences", "best-responses", "swimmer", "time-to-response", "duration"),
        "durations",
    }
    assert "no table adtr, so no lesion was measured" in points
    assert "73.2%" in points


def test_without_recorded_responses_the_first_reader_s_lesions_stand_in(whole: Trial) -> None:
    made, points = shown(without(whole, "adrs"), "mRECIST")
    assert "no table adrs" in points
    assert "mRECIST, by READER 1:" in points
    assert {"waterfall", "spider", "agreement", "response-rates"} <= names_shown(made)
    assert not {"against-recorded", "disagreements"} & names_shown(made)


def test_with_neither_table_nothing_is_shown_and_both_are_named(whole: Trial) -> None:
    made, points = shown(without(whole, *TABLES), "mRECIST")
    assert not names_shown(made)
    assert "no table adrs" in points
    assert "no table adtr" in points


def test_a_criterion_whose_diameters_are_missing_keeps_its_recorded_responses(whole: Trial) -> None:
    adtr = whole.adtr.drop(columns="VDIAM")
    found = respond(replace(whole, frames={**whole.frames, "adtr": adtr}))
    assert found.readings("mRECIST") == [RECORDED]
    assert found.readings("RECIST 1.1") == [RECORDED, "READER 1", "READER 2"]
    assert "adtr allows no response by mRECIST: it lacks VDIAM" in " ".join(found.gaps)


def test_two_readers_who_are_not_told_apart_are_named_as_the_reason(whole: Trial) -> None:
    adtr = whole.adtr.drop(columns="TREVALID")
    found = respond(replace(whole, frames={**whole.frames, "adtr": adtr}))
    assert found.readings("mRECIST") == [RECORDED]
    [gap] = [gap for gap in found.gaps if "by mRECIST" in gap]
    assert "most often for a target lesion twice at a visit (" in gap
    assert "and it does not say which reader measured (TREVALID)" in gap


def test_without_a_lesion_after_baseline_that_is_the_reason(tiny: Trial) -> None:
    adtr = tiny.adtr[tiny.adtr["AVISITN"] == 0]
    found = respond(replace(tiny, frames={**tiny.frames, "adtr": adtr}))
    assert "no patient with target lesions measured at baseline (visit 0) and after it" in " ".join(found.gaps)


def test_one_arm_and_no_response_at_all_leave_rates_and_reasons(tiny: Trial) -> None:
    adsl = tiny.adsl.assign(TRT01P="Low")
    stable = tiny.adrs.assign(AVALC="SD")
    trial = replace(tiny, frames={"adsl": adsl, "adrs": stable})
    made, points = shown(trial, "RECIST 1.1")
    assert {"response-rates", "best-responses"} <= names_shown(made)
    assert not {"response-differences", "duration", "durations"} & names_shown(made)
    assert "0 of 5 on Low (0.0%)" in points


def test_assessments_without_days_have_rates_but_no_times_nor_confirmation(tiny: Trial) -> None:
    adrs, adtr = tiny.adrs.drop(columns="ADY"), tiny.adtr.drop(columns="ADY")
    trial = replace(tiny, frames={**tiny.frames, "adrs": adrs, "adtr": adtr})
    made, _ = shown(trial, "RECIST 1.1")
    assert {"response-rates", "waterfall", "against-recorded"} <= names_shown(made)
    assert not {"spider", "swimmer", "duration"} & names_shown(made)
    assert "have no days" in shown(trial, "RECIST 1.1", ResponseRule(confirmation=28))[1]


def test_dates_stand_in_for_days_and_visits_go_by_them(tiny: Trial) -> None:
    """The numbers of visits run against their dates."""
    adrs = tiny.adrs[tiny.adrs["USUBJID"] == "a"]
    dated = adrs.assign(ADT=pd.Timestamp("2019-12-31") + pd.to_timedelta(adrs["ADY"], unit="D"), AVISITN=[3, 2, 1])
    found = respond(replace(tiny, frames={"adsl": tiny.adsl, "adrs": dated.drop(columns="ADY")}))
    visits = found.visits("RECIST 1.1", RECORDED)
    assert visits["ADY"].tolist() == [57, 113, 170]
    assert visits["AVALC"].tolist() == ["PR", "PR", "PD"]


def test_a_death_dated_before_an_image_is_taken_as_of_the_image(tiny: Trial) -> None:
    adsl = tiny.adsl.assign(DTHDT=pd.Timestamp("2020-01-10"))
    courses = times_of(respond(replace(tiny, frames={**tiny.frames, "adsl": adsl})), "RECIST 1.1").courses
    assert (courses["end"] >= courses["last"].fillna(0)).all()


def test_responses_under_one_visit_number_on_two_days_are_two_assessments(tiny: Trial) -> None:
    more = pd.DataFrame({"USUBJID": "d", "AVISITN": [0, 99, 99, 99], "ADY": [-2, 20, 30, 30], "PARAMCD": "OVR"})
    adrs = pd.concat([tiny.adrs, more.assign(AVALC=["CR", "SD", "PR", "CR"])], ignore_index=True)
    found = respond(replace(tiny, frames={**tiny.frames, "adrs": adrs}))
    visits = found.visits("RECIST 1.1", RECORDED).query("USUBJID == 'd'")
    assert visits[["AVISITN", "ADY", "AVALC"]].to_numpy().tolist() == [[1, 20, "SD"], [2, 30, "PR"]]
    assert found.best["RECIST 1.1", RECORDED]["d"] == "PR"


def test_what_lies_before_day_1_is_history(tiny: Trial) -> None:
    """A resection years ago, an unscheduled image before treatment and a death by a slip of the date."""
    adpr = pd.DataFrame({"USUBJID": ["a"], "PRCAT": ["RESECTION"], "ASTDY": [-900]})
    early = pd.DataFrame({"USUBJID": ["c"], "AVISITN": [5], "ADY": [-20], "AVALC": ["CR"], "PARAMCD": ["OVR"]})
    adsl = tiny.adsl.assign(DTHDT=pd.to_datetime([None, None, None, "2019-06-01", None]))
    frames = {**tiny.frames, "adpr": adpr, "adrs": pd.concat([tiny.adrs, early], ignore_index=True), "adsl": adsl}
    found = respond(replace(tiny, frames=frames))
    assert found.best["RECIST 1.1", RECORDED].tolist() == ["PR", "PR", "PR", "NE", "NE"]
    courses = times_of(found, "RECIST 1.1").courses.set_index("USUBJID")
    assert courses.loc["a", ["how", "end"]].tolist() == ["progression", 170]
    assert courses.loc["d", ["how", "end"]].tolist() == ["death", 1]


def test_a_negative_diameter_leaves_its_patient_out(tiny: Trial) -> None:
    adtr = tiny.adtr.assign(LDIAM=tiny.adtr["LDIAM"].replace(33.0, -33.0))
    found = respond(replace(tiny, frames={**tiny.frames, "adtr": adtr}))
    left_out = found.assessments.left_out["RECIST 1.1", ONE_READER]
    assert left_out["a target lesion with a negative diameter"] == frozenset("c")


def test_without_declared_criteria_the_lesions_alone_are_read_and_the_page_says_so(tiny: Trial) -> None:
    trial = replace(tiny, design=replace(tiny.design, criteria={}))
    made, points = shown(trial, "RECIST 1.1")
    assert "waterfall" in names_shown(made)
    assert "trial.yml declares no criteria, so what adrs records is not read" in points
    assert "adtr allows no response by mRECIST: it lacks VDIAM" in points


def test_nothing_shows_a_patient_or_tells_few_of_them_where_small_cells_are_hidden(whole: Trial) -> None:
    found = respond(whole, smallest=5)
    depth, times = depth_of(found, "mRECIST"), times_of(found, "mRECIST")
    measured = record_measured("a.b", found, "mRECIST", **ABOUT)
    singly = [
        waterfall(depth, whole.design, source="yours", smallest=5),
        spider(found, depth, whole.design, source="yours"),
        swimmer(times, whole.design, source="yours"),
        response_incidence(times, whole.design, source="yours"),
        duration_curves(times, whole.design, source="yours"),
        disagreement_table(found, "mRECIST", source="yours"),
        difference_plot(measured, whole.design, source="yours", smallest=5),
    ]
    assert all(isinstance(one, Prose) and "one by one" in str(one) for one in singly)
    pairs = two_readers("a.b", found, **ABOUT)
    assert isinstance(cross_table(pairs, "mRECIST", source="yours", smallest=5), Prose)
    assert waterfall_words(depth, smallest=5) is course_words(found, depth, times) is selection_words(times) is None
    shown = depth_table(depth, source="yours", smallest=5).frame["Shrunk / gone"]
    assert shown.str.endswith(f" / {HIDDEN}").tolist() == [False, True]
    rows = response_table(found, source="yours").frame
    words = rows["Best response"].str.contains(r"\(")
    counts = [cell.split(" (")[0] for cell in rows.loc[words].iloc[:, 1:3].to_numpy().ravel()]
    assert HIDDEN in counts
    assert not [count for count in counts if count.isdigit() and 0 < int(count) < 5]
    assert duration_table(times, source="yours").frame["Arm"].tolist() == ["LEN-TAP"]
    assert "hidden" not in " ".join(response_points(found)), "52, 15, 33 and 9 responded"


def test_a_response_in_all_but_a_few_of_the_controlled_is_hidden(whole: Trial) -> None:
    smallest = 15  # 63 of 71 on TACE had their disease controlled: 8 had not
    rates = respond(whole, smallest=smallest).rates
    assert set(rates["disease control", "mRECIST", RECORDED].rates) == set()
    assert set(rates["objective response", "mRECIST", RECORDED].rates) == {"LEN-TAP", "TACE"}
    points = " ".join(response_points(respond(whole, smallest=16)))
    assert "hidden on TACE" in points
    table = response_table(respond(whole, smallest=80), source="yours")
    assert set(table.frame.iloc[:, 1:3].to_numpy().ravel()) <= {HIDDEN, "0 (0.0)"}
