"""A marker and response: baseline and expansion apart, cut-points corrected, and what cannot be shown said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.design import Marker
from lentap.published import comparator_facts
from lentap.show.biomarker import association_forest, distribution, response_curves
from lentap.show.biomarker_words import (
    added_table,
    biomarker_points,
    cut_table,
    external_table,
    needed_table,
    steps_table,
)
from lentap.show.figure import Figure
from lentap.show.marker_performance import calibration_plot, decision_curves, roc_curves
from lentap.show.marker_survival import hazard_forest, marker_curves, survival_words
from lentap.show.prose import Prose
from lentap.show.record.biomarker import Predicting, record_prediction
from lentap.show.record.marker_patients import MarkerPatients, marker_patients
from lentap.show.record.marker_survival import NAIVE, VARYING, MarkerSurvival, record_marker_survival
from lentap.show.record.marker_value import interval_from_p

ARMS = ["LEN-TAP", "TACE"]
PI = np.array([0, 0, 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3], dtype=float)


def collected(trial: Trial, measure: str, visit: int = 1, arms: list[str] | None = None) -> MarkerPatients:
    return marker_patients(
        trial, "DRCD38", measure, visit=visit, criterion="mRECIST", endpoint="OS", population="ITT", arms=arms or ARMS
    )


def predicted(patients: MarkerPatients, cut: float = 0.0) -> Predicting:
    return record_prediction("a.b", patients, cut=cut, replicates=40, seed=1, level=0.95, source="yours")


def timed(patients: MarkerPatients, cut: float | None = None) -> MarkerSurvival:
    return record_marker_survival("a.b", patients, cut=cut, level=0.95, interval="log", source="yours")


@pytest.fixture(scope="module")
def expansion(shipped: Trial) -> Predicting:
    return predicted(collected(shipped, "expansion"))


def made(**columns: object) -> MarkerPatients:
    """Twenty patients of one arm: the marker doubles from each to the next."""
    frame = pd.DataFrame(
        {
            "USUBJID": [str(place) for place in range(20)],
            "arm": "Drug",
            "doubling": np.arange(20.0),
            "value": 2.0 ** np.arange(20),
            "response": np.arange(20) % 3 > 0,
            "time": np.arange(20.0) + 1,
            "event": np.arange(20) % 2 == 0,
            "sampled": 30.4375,
            **columns,
        }
    )
    template = {
        "visits": ("baseline", "week 3"),
        "arms": ["Drug"],
        "control": "Placebo",
        "endpoint": "Overall survival",
    }

    return MarkerPatients(frame, Marker("M", "Marker", "%"), "expansion", unit="months", factors={}, **template)


def test_baseline_and_expansion_are_two_markers_of_the_same_samples(shipped: Trial) -> None:
    values = shipped.adim.pivot_table(index="USUBJID", columns="AVISITN", values="AVAL")
    one = values.dropna(subset=[0, 3]).index[0]
    base, fold = (collected(shipped, measure).frame.set_index("USUBJID") for measure in ("baseline", "expansion"))
    assert base.loc[one, "value"] == values.loc[one, 0]
    assert fold.loc[one, "value"] == pytest.approx(values.loc[one, 3] / values.loc[one, 0])
    assert fold.loc[one, "doubling"] == pytest.approx(np.log2(fold.loc[one, "value"]))
    assert base["value"].notna().sum() > fold["value"].notna().sum()


def test_patients_are_lost_step_by_step_and_the_table_counts_them(shipped: Trial) -> None:
    patients = collected(shipped, "expansion")
    table = steps_table(patients, source="yours").frame
    assert table["LEN-TAP"].astype(int).tolist()[0] == 71
    assert (table[ARMS].astype(int).iloc[:4].diff().dropna() <= 0).all(axis=None)
    assert table[ARMS].astype(int).iloc[2].sum() == len(patients.evaluable)


def test_a_level_of_0_counts_as_half_of_the_smallest_above(shipped: Trial) -> None:
    adim = shipped.adim.copy()
    least = adim.loc[(adim["AVISITN"] == 0) & (adim["AVAL"] > 0), "AVAL"].min()
    first = adim.index[(adim["AVISITN"] == 0) & adim["AVAL"].notna()][0]
    adim.loc[first, "AVAL"] = 0.0
    patients = collected(replace(shipped, frames={**shipped.frames, "adim": adim}), "baseline")
    lifted = patients.frame.set_index("USUBJID").loc[adim.loc[first, "USUBJID"], "value"]
    assert (patients.lifted, lifted) == (1, pytest.approx(least / 2))
    assert "1 levels of 0" in biomarker_points(predicted(patients), timed(patients))[0]


def test_a_visit_that_was_not_held_is_named(shipped: Trial) -> None:
    patients = collected(shipped, "expansion", visit=9)
    found, survival = predicted(patients), timed(patients)
    points = biomarker_points(found, survival)
    assert len(points) == 1
    assert "no visit 9" in points[0]
    shown = [
        distribution(patients, design=shipped.design, source="yours"),
        *(
            draw(found, design=shipped.design, source="yours")
            for draw in (association_forest, response_curves, roc_curves)
        ),
        *(draw(found, source="yours") for draw in (calibration_plot, decision_curves, added_table, needed_table)),
        *(draw(survival, design=shipped.design, source="yours") for draw in (hazard_forest, marker_curves)),
    ]
    assert all(isinstance(one, Prose) for one in shown)
    cut_table(found, source="yours")
    steps_table(patients, source="yours")


def test_the_interaction_is_the_ratio_of_the_two_odds_ratios(expansion: Predicting) -> None:
    drug, control = (expansion.by_arm[arm].odds_ratio.estimate for arm in ARMS)
    assert expansion.predictive["LEN-TAP"].estimate == pytest.approx(drug / control)
    assert "not say whom to treat" in " ".join(biomarker_points(expansion, timed(expansion.patients)))


def test_a_chosen_cut_point_is_corrected_and_a_fixed_one_owes_nothing(shipped: Trial, expansion: Predicting) -> None:
    chosen = expansion.by_arm["LEN-TAP"].rates
    assert chosen["sensitivity, corrected"].estimate < chosen["sensitivity"].estimate
    fixed = predicted(expansion.patients, cut=2.0)
    one = fixed.by_arm["LEN-TAP"]
    assert one.cut.estimate == 2.0
    assert "sensitivity, corrected" not in one.rates
    measures = cut_table(fixed, source="yours").frame["Measure"]
    assert not measures.str.contains("corrected|bootstrap").any()
    assert cut_table(expansion, source="yours").frame["Measure"].str.contains("corrected").sum() == 2
    rows = expansion.patients.evaluable
    rows = rows[(rows["arm"] == "LEN-TAP") & rows["response"]]
    assert one.rates["sensitivity"].estimate == pytest.approx((rows["value"] >= 2).mean())
    assert "Cut-point fixed beforehand" in " ".join(biomarker_points(fixed, timed(fixed.patients)))


def test_a_marker_that_calls_nobody_positive_has_no_cut_point() -> None:
    patients = made(response=np.arange(20) < 4)  # response where there is least of the marker
    one = predicted(patients).by_arm["Drug"]
    assert one.cut.estimate is None
    assert "nobody positive" in one.why["cut"]
    assert any("nobody positive" in note for note in cut_table(predicted(patients), source="yours").notes)


def test_too_few_bootstrap_samples_leave_the_cut_point_out_by_name(expansion: Predicting) -> None:
    found = record_prediction("a.b", expansion.patients, cut=0.0, replicates=5, seed=1, level=0.95, source="yours")
    one = found.by_arm["LEN-TAP"]
    assert one.cut is None
    assert "at least 40" in one.why["cut"]
    assert one.area.estimate == expansion.by_arm["LEN-TAP"].area.estimate


@pytest.mark.parametrize("responders", [1, 2, 19])
def test_hardly_any_responders_or_others_still_end_in_words(responders: int) -> None:
    patients = replace(made(response=np.arange(20) >= 20 - responders, age=np.arange(20) % 7), factors={"age": "Age"})
    found = predicted(patients)
    points = biomarker_points(found, timed(patients))
    assert "Added value" in " ".join(points)
    for draw in (added_table, needed_table, calibration_plot, decision_curves, cut_table):
        draw(found, source="yours")


def test_an_arm_without_response_is_named_and_the_other_stays(shipped: Trial, expansion: Predicting) -> None:
    patients = expansion.patients
    frame = patients.frame.copy()
    frame.loc[frame["arm"] == "TACE", "response"] = False
    found = predicted(replace(patients, frame=frame))
    assert found.predictive == {}
    words = " ".join(biomarker_points(found, timed(patients)))
    assert "TACE: nothing can be said, no patient of" in words
    assert isinstance(roc_curves(found, design=shipped.design, source="yours"), Figure)


def test_separated_responses_have_an_area_and_say_why_they_have_no_odds_ratio() -> None:
    found = predicted(made(response=np.arange(20) > 9)).by_arm["Drug"]
    assert found.area.estimate == 1.0
    assert found.odds_ratio is None
    assert "separate" in found.why["odds ratio"]


def test_one_arm_and_no_factors_leave_interaction_and_added_value_out() -> None:
    patients = made()
    found = predicted(patients)
    assert found.prognostic is None
    assert found.predictive == {}
    assert "no clinical factor" in found.added.why
    assert isinstance(calibration_plot(found, source="yours"), Prose)
    assert "Added value** cannot be shown" in " ".join(biomarker_points(found, timed(patients)))


def test_the_marker_adds_nothing_where_it_is_noise_and_something_where_it_is_not(expansion: Predicting) -> None:
    patients = expansion.patients
    told = patients.frame["response"].astype(float).fillna(0)
    noisy = replace(patients, frame=patients.frame.assign(doubling=patients.frame["doubling"] + told))
    before, after = (expansion.added, predicted(noisy).added)
    assert before.test.p_value > 0.1 > 1e-3 > after.test.p_value
    gain = [one["optimism-corrected"].estimate for one in after.areas.values()]
    assert gain[1] > gain[0] + 0.05


def test_each_figure_draws_what_it_lists_and_has_a_name_of_its_own(shipped: Trial, expansion: Predicting) -> None:
    survival = timed(expansion.patients)
    about = {"design": shipped.design, "source": "yours"}
    figures = [
        distribution(expansion.patients, **about),
        *(draw(expansion, **about) for draw in (association_forest, response_curves, roc_curves)),
        *(draw(expansion, source="yours") for draw in (calibration_plot, decision_curves)),
        *(draw(survival, **about) for draw in (hazard_forest, marker_curves)),
    ]
    assert all(isinstance(figure, Figure) and len(figure.data) for figure in figures)
    assert len({figure.name for figure in figures if isinstance(figure, Figure)}) == len(figures)


def test_the_landmark_leaves_out_who_had_the_event_before_the_marker_was_known() -> None:
    time = np.r_[0.5, 0.8, np.arange(2.0, 20.0)]  # a sample at 1 month: the first two cannot have given it
    patients = made(doubling=PI, time=time, event=np.ones(20, dtype=bool))
    found = timed(patients)
    assert found.landmark == pytest.approx(1.0)
    assert found.left_out == {"event": 2, "censored": 0}
    assert found.ratios["Drug"].counts == {"events": "18/18"}
    assert "2 patients with the marker had the event" in str(survival_words(found))


def test_follow_up_from_a_landmark_is_that_of_a_cox_model_of_the_rest() -> None:
    """survival 3.5-3: coxph(Surv(1:18, rep(1, 18)) ~ x) with the last 18 of PI."""
    patients = made(doubling=PI, time=np.r_[0.5, 0.8, np.arange(2.0, 20.0)], event=np.ones(20, dtype=bool))
    ratio = timed(patients).ratios["Drug"]
    assert [ratio.estimate, ratio.low, ratio.high] == pytest.approx([0.986727797, 0.815585977, 1.193781861], rel=1e-6)


def test_who_had_to_live_until_the_sample_seems_to_live_longer_for_being_positive() -> None:
    """Everybody dies, half before their sample at 10 months; positive or not makes no difference after it."""
    time = np.r_[np.arange(1.0, 11.0), np.arange(11.0, 31.0)]
    value = np.r_[np.full(10, np.nan), np.tile([1.0, 4.0], 10)]
    patients = made()
    frame = pd.DataFrame({"USUBJID": [str(place) for place in range(30)], "arm": "Drug", "doubling": np.log2(value)})
    sampled = np.where(np.isnan(value), np.nan, 304.375)
    frame = frame.assign(value=value, time=time, event=True, sampled=sampled, response=True)
    found = timed(replace(patients, frame=frame), cut=2.0)
    naive, varying = (found.immortal[how] for how in (NAIVE, VARYING))
    assert naive.estimate < 0.6 < varying.estimate
    assert found.bias.estimate == pytest.approx(naive.estimate / varying.estimate)
    assert "one had to live until the sample" in str(survival_words(found))
    assert timed(replace(patients, frame=frame, measure="baseline"), cut=2.0).bias is None


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"event": np.zeros(20, dtype=bool)}, "had the event"),
        ({"sampled": np.nan}, "no day (ADY)"),
        ({"time": np.full(20, 0.5)}, "nobody was followed beyond"),
        ({"time": np.nan}, "no patient has both"),
    ],
)
def test_what_time_cannot_show_says_why(shipped: Trial, columns: dict[str, object], why: str) -> None:
    found = timed(made(**columns))
    assert why in found.gap
    assert why in str(survival_words(found))
    assert isinstance(hazard_forest(found, design=shipped.design, source="yours"), Prose)


def test_one_arm_alone_can_be_shown(shipped: Trial) -> None:
    found = predicted(collected(shipped, "expansion", arms=["LEN-TAP"]))
    assert list(found.by_arm) == ["LEN-TAP"]
    assert found.added.why == ""
    assert "arm" not in added_table(found, source="yours").notes[1].split(", ")


def test_the_published_odds_ratio_stands_with_an_interval_derived_from_its_p_value() -> None:
    """Altman and Bland (2011), BMJ 343:d2090: a ratio of 0.81 with p = 0.03 has an interval of 0.67 to 0.98."""
    assert interval_from_p(0.81, 0.03) == pytest.approx((0.67, 0.98), abs=0.005)
    table = external_table(comparator_facts())
    assert not isinstance(table, Prose)
    assert table.source == ("published",)
    assert table.frame["Odds ratio"].tolist() == ["2.81 (1.34 to 5.86)"]
    assert isinstance(external_table(comparator_facts().iloc[:3]), Prose)


@pytest.mark.parametrize(("effect", "words"), [(3.0, "more respond with more"), (-3.0, "fewer respond with more")])
def test_the_side_named_follows_the_interval(expansion: Predicting, effect: float, words: str) -> None:
    frame = expansion.patients.frame.copy()
    told = frame["response"].map({True: 1.0, False: 0.0}).astype(float).fillna(0)
    frame["doubling"] = frame["doubling"] + 0.4 * effect * told
    frame["value"] = 2 ** frame["doubling"]
    found = predicted(replace(expansion.patients, frame=frame))
    assert words in biomarker_points(found, timed(expansion.patients))[1]
