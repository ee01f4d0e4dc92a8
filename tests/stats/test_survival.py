import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import CoxPHFitter

from lentap.errors import StatisticsError
from lentap.stats.survival import cox_hazard_ratio, cox_hazard_ratios, kaplan_meier, log_rank
from lentap.validation.datasets import gehan, lung
from tests.conftest import ROOT
from tests.stats.references import cdisc_pilot, reference
from tests.stats.subjects import columns_of, fields, two_groups

PILOT = reference("cdisc_pilot")["time_to_dermatologic_event"]
REAL = ROOT.parent / "shared" / "real"
SHARED = REAL / "survival"


@pytest.fixture(scope="module")
def pilot():
    table = cdisc_pilot("adtte")
    return pd.DataFrame({"time": table["AVAL"], "event": table["CNSR"] == 0, "group": table["TRTP"]})


@pytest.fixture(scope="module")
def colon():
    """Deaths of survival::colon, a row a patient."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent")
    return pd.read_csv(SHARED / "colon.csv").query("etype == 2")


def test_cdisc_pilot_curves_agree_with_the_published_ones(pilot):
    for arm, rows in pilot.groupby("group"):
        curve, median = kaplan_meier(rows["time"], rows["event"]), PILOT["median"][arm]
        assert curve.events.sum() == PILOT["events"][arm]
        assert curve.at_risk_at(PILOT["times"]).tolist() == PILOT["at_risk"][arm]
        found = [curve.median.value, curve.median.low, curve.median.high]
        assert np.isnan(found).all() if median is None else found == median


def test_cdisc_pilot_comparison_agrees_with_r_survival_in_one_model_of_three_arms(pilot):
    columns = pilot["time"], pilot["event"], pilot["group"]
    test = log_rank(*columns)
    assert (test.df, test.statistic) == (2, pytest.approx(PILOT["log_rank"], abs=5e-5))
    for arm, ratio in cox_hazard_ratios(*columns, "Placebo").items():
        assert [ratio.value, ratio.low, ratio.high] == pytest.approx(PILOT["hazard_ratio"][arm], abs=6e-7)


def test_colon_cancer_agrees_with_r_survival(colon):
    test = log_rank(colon["time"], colon["status"], colon["rx"])
    assert test.observed == {"Lev": 161, "Lev+5FU": 123, "Obs": 168}
    assert (test.df, test.statistic) == (2, pytest.approx(11.7, abs=0.05))
    stratified = log_rank(colon["time"], colon["status"], colon["rx"], strata=colon["node4"])
    assert stratified.statistic == pytest.approx(11.5, abs=0.05)
    ratio = cox_hazard_ratios(colon["time"], colon["status"], colon["rx"], "Lev")["Lev+5FU"]
    assert fields(ratio) == pytest.approx([0.7081688, 0.5599423, 0.8956334], abs=5.001e-8)


def test_overall_survival_of_the_example_trial_agrees_with_tern():
    if not (REAL / "tern").is_dir():
        pytest.skip(f"{REAL / 'tern'} is absent")
    table = pd.read_csv(REAL / "tern" / "tern_ex_adtte.csv").query("PARAMCD == 'OS'")
    medians = {arm: kaplan_meier(rows["AVAL"], rows["CNSR"] == 0).median.value for arm, rows in table.groupby("ARMCD")}
    assert list(medians.values()) == pytest.approx([975, 728, 632], abs=0.5)
    two = table[table["ARMCD"] != "ARM C"]
    columns = two["AVAL"], two["CNSR"] == 0, two["ARMCD"]
    assert log_rank(*columns).p_value == pytest.approx(0.09049511, abs=5.001e-9)
    ratio = cox_hazard_ratios(*columns, "ARM B")["ARM A"]
    assert fields(ratio)[:2] == pytest.approx([0.7108557, 0.4779138], abs=5.001e-8)
    assert (ratio.high, ratio.p_value) == (
        pytest.approx(1.057337, abs=5.001e-7),
        pytest.approx(0.09203863, abs=5.001e-9),
    )


def test_the_lung_cancer_of_lifelines_is_that_of_r():
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent")
    theirs = pd.read_csv(SHARED / "cancer.csv")
    assert lung()["time"].tolist() == theirs["time"].tolist()
    assert lung()["event"].tolist() == (theirs["status"] == 2).astype(int).tolist()


def test_cox_hazard_ratio_of_two_arms_agrees_with_lifelines():
    treated = lung()["sex"] == 2
    ratio = cox_hazard_ratio(lung()["time"], lung()["event"], treated)
    fit = CoxPHFitter().fit(lung()[["time", "event"]].assign(treated=treated), "time", "event").summary.loc["treated"]
    assert ratio.value == pytest.approx(fit["exp(coef)"], rel=1e-5)
    assert (ratio.low, ratio.high) == pytest.approx(
        tuple(fit[["exp(coef) lower 95%", "exp(coef) upper 95%"]]), rel=1e-5
    )
    assert (ratio.events, ratio.n) == (165, 228)


def test_hazard_ratio_without_a_finite_estimate_is_not_a_number_and_says_why():
    separated = {
        "no event of the treated": ([1, 2, 3, 4], [1, 1, 0, 0]),
        "no event at all": ([1, 2, 3, 4], [0, 0, 0, 0]),
        "all controls had the event first": ([1, 2, 3, 4], [1, 1, 1, 1]),
    }
    for time, event in separated.values():
        ratio = cox_hazard_ratio(time, event, [0, 0, 1, 1])
        assert np.isnan([ratio.value, ratio.low, ratio.high, ratio.p_value]).all()
        assert "not estimable" in ratio.method


def test_a_model_that_does_not_converge_is_an_error(monkeypatch):
    monkeypatch.setattr("lentap.stats.partial_likelihood.MOST_STEPS", 1)
    with pytest.raises(StatisticsError, match="no convergence in 1 steps"):
        cox_hazard_ratio(lung()["time"], lung()["event"], lung()["sex"] == 2)


def test_a_group_without_events_leaves_the_other_hazard_ratios_as_they_are():
    time, event, group = (gehan()[column].tolist() for column in ("time", "event", "group"))
    ratios = cox_hazard_ratios([*time, 200, 30], [*event, 0, 0], [*group, "None", "None"], "control")
    assert np.isnan(ratios["None"].value)
    alone = cox_hazard_ratios(time, event, group, "control")
    assert ratios["6-MP"].value == pytest.approx(alone["6-MP"].value)


@given(two_groups, st.randoms(use_true_random=False))
def test_permuting_the_rows_changes_nothing(rows, random):
    one, other = (
        cox_hazard_ratio(time, event, group == "A")
        for time, event, group in map(columns_of, (rows, random.sample(rows, len(rows))))
    )
    assert fields(one) == pytest.approx(fields(other), nan_ok=True)


@given(two_groups, st.floats(0.01, 100))
def test_scaling_time_changes_nothing(rows, factor):
    time, event, group = columns_of(rows)
    ratio, scaled = (cox_hazard_ratio(unit, event, group == "A") for unit in (time, time * factor))
    assert fields(ratio) == pytest.approx(fields(scaled), nan_ok=True)


@given(two_groups)
def test_swapping_the_arms_inverts_the_hazard_ratio(rows):
    time, event, group = columns_of(rows)
    one, other = (cox_hazard_ratio(time, event, group == arm) for arm in "AB")
    assert fields(one) == pytest.approx([1 / value for value in (other.value, other.high, other.low)], nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cox_hazard_ratio([1.0, 2], [1, 1], [1, 1]), "treated is 'True in every row'"),
        (lambda: cox_hazard_ratios([1.0, 2], [1, 1], ["a", "b"], "c"), "reference is 'c': legal is one of a, b"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
