"""Time to resection among what competes with it, and surgical results: by hand, on the shipped trial, and the gaps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.show.competing import competing_forest, competing_points, competing_table
from lentap.show.figure import Figure
from lentap.show.incidence import FINEST, resection_incidence, states
from lentap.show.prose import Prose
from lentap.show.record.competing import (
    CAUSE_SPECIFIC,
    CENSORED,
    OTHER,
    RESECTION,
    SUBDISTRIBUTION,
    Competing,
    first_events,
    record_competing,
)
from lentap.show.record.surgery import ALL, RESECTED, Surgery, record_surgery
from lentap.show.surgery import surgery_table, surgery_words, waiting_curves
from lentap.show.table import Table
from lentap.stats.fine_gray import fine_gray
from lentap.stats.gray import gray_test

ABOUT = {"level": 0.95, "source": "synthetic", "population": "ITT"}
R0 = "Margin free of tumour (R0)"


def competing(trial: Trial, first: pd.DataFrame, landmark: float = 12.0, endpoint: str = "EFS") -> Competing:
    return record_competing("a.b", trial, first, endpoint=endpoint, landmark=landmark, **ABOUT)


def operated(trial: Trial, patients: pd.DataFrame | None = None) -> Surgery:
    patients = trial.resected("ITT") if patients is None else patients
    return record_surgery("a.b", trial, patients, difference_interval="newcombe", **ABOUT)


def with_table(trial: Trial, name: str, table: pd.DataFrame) -> Trial:
    return replace(trial, frames={**trial.frames, name: table})


def by_hand(causes: list[str], times: list[float], arms: list[str]) -> pd.DataFrame:
    order = [RESECTION, *sorted(set(causes) - {RESECTION, CENSORED}), CENSORED]
    return pd.DataFrame(
        {
            "USUBJID": [f"s{i}" for i in range(len(causes))],
            "arm": pd.Categorical(arms, categories=["LEN-TAP", "TACE"], ordered=True),
            "time": times,
            "cause": pd.Categorical(causes, categories=order),
        }
    )


@pytest.fixture(scope="module")
def first(shipped: Trial) -> pd.DataFrame:
    return first_events(shipped, "EFS", "ITT")


@pytest.fixture(scope="module")
def found(shipped: Trial, first: pd.DataFrame) -> Competing:
    return competing(shipped, first)


@pytest.fixture(scope="module")
def surgery(shipped: Trial) -> Surgery:
    return operated(shipped)


def test_everybody_has_one_first_event_and_the_resected_are_all_there(shipped: Trial, first: pd.DataFrame) -> None:
    assert len(first) == 142
    counts = first.groupby(["arm", "cause"], observed=True).size()
    assert (counts["LEN-TAP", RESECTION], counts["TACE", RESECTION]) == (42, 13)
    assert "Recurrence" not in first["cause"].cat.categories  # it comes after a resection alone
    assert first["cause"].cat.categories[0] == RESECTION
    assert first["cause"].cat.categories[-1] == CENSORED


def test_with_overall_survival_death_alone_competes(shipped: Trial) -> None:
    assert list(first_events(shipped, "OS", "ITT")["cause"].cat.categories) == [RESECTION, "Death", CENSORED]


def test_an_event_on_the_day_of_the_resection_comes_after_it_and_an_earlier_one_first(shipped: Trial) -> None:
    times = shipped.time_to_resection("OS")
    subject = times.loc[times["resection"].notna() & times["event"], "USUBJID"].iloc[0]
    died = shipped.adtte.query("USUBJID == @subject and PARAMCD == 'OS'")["ADT"].iloc[0]
    for day, cause in ((died, RESECTION), (pd.Timestamp(died) + pd.Timedelta(days=1), "Death")):
        adpr = shipped.adpr.copy()
        adpr.loc[(adpr["USUBJID"] == subject) & (adpr["PRCAT"] == "RESECTION"), "ASTDT"] = day
        rows = first_events(with_table(shipped, "adpr", adpr), "OS", "ITT")
        assert rows.loc[rows["USUBJID"] == subject, "cause"].item() == cause


def test_without_words_the_endpoint_names_its_event_and_rare_words_count_together(shipped: Trial) -> None:
    silent = with_table(shipped, "adtte", shipped.adtte.drop(columns="EVNTDESC"))
    assert list(first_events(silent, "OS", "ITT")["cause"].cat.categories)[1] == "Overall survival: event"
    events = (shipped.adtte["PARAMCD"] == "EFS") & (shipped.adtte["CNSR"] == 0)
    words = [f"Word {i % 7}" for i in range(len(shipped.adtte))]
    many = with_table(shipped, "adtte", shipped.adtte.assign(EVNTDESC=shipped.adtte["EVNTDESC"].mask(events, words)))
    categories = list(first_events(many, "EFS", "ITT")["cause"].cat.categories)
    assert len(categories) == 6
    assert categories[-2:] == [OTHER, CENSORED]


def test_incidence_by_hand_counts_the_dead_among_all(shipped: Trial) -> None:
    """One arm of four: death at 1, resection at 2 and 3, censored at 4. One minus Kaplan-Meier would give 2/3."""
    causes, times = ["Death", RESECTION, RESECTION, CENSORED], [1.0, 2.0, 3.0, 4.0]
    rows = by_hand(causes * 2, times * 2, ["LEN-TAP"] * 4 + ["TACE"] * 4)
    alike = competing(shipped, rows, landmark=3.5)
    assert alike.incidences["LEN-TAP", RESECTION].estimate == pytest.approx(0.5)
    assert alike.incidences["LEN-TAP", "Death"].estimate == pytest.approx(0.25)
    assert alike.contrasts["LEN-TAP", RESECTION].difference.estimate == pytest.approx(0)
    assert alike.contrasts["LEN-TAP", RESECTION].gray.estimate == pytest.approx(0)
    assert alike.contrasts["LEN-TAP", RESECTION].ratios[SUBDISTRIBUTION].estimate == pytest.approx(1)


def test_tests_and_ratios_are_those_of_the_estimators_experimental_over_control(
    found: Competing, first: pd.DataFrame
) -> None:
    one = found.contrasts["LEN-TAP", RESECTION]
    test = gray_test(first["time"], first["cause"], first["arm"].astype(str), of=RESECTION, censored=CENSORED)
    assert one.gray.p_value == pytest.approx(test.p_value)
    model = fine_gray(
        first["time"], first["cause"], pd.DataFrame({"x": first["arm"] == "LEN-TAP"}).astype(float), of=RESECTION,
        censored=CENSORED,
    )  # fmt: skip
    assert one.ratios[SUBDISTRIBUTION].estimate == pytest.approx(model.hazard_ratios["x"].value)
    assert one.ratios[SUBDISTRIBUTION].labels["control"] == "TACE"
    assert one.adjusted is not None
    assert one.adjusted.estimate is not None


def test_incidences_of_all_causes_and_of_none_add_up_to_everybody(shipped: Trial, found: Competing) -> None:
    figure = states(found, design=shipped.design, source="synthetic")
    assert isinstance(figure, Figure)
    totals = figure.data.groupby(["Arm", "Time (months)"])["%"].sum()
    assert totals.to_numpy() == pytest.approx(100, abs=0.21)


def test_the_curve_has_a_step_for_each_resection_and_counts_under_the_axis(shipped: Trial, found: Competing) -> None:
    figure = resection_incidence(found, design=shipped.design, source="synthetic")
    assert isinstance(figure, Figure)
    last = figure.data.groupby("Arm")["Resected (%)"].last()
    assert last["LEN-TAP"] > last["TACE"]
    rows = [trace.text for trace in figure.plotly.data if (trace.meta or {}).get("role") == "counts"]
    assert len(rows) == 8
    assert [row[0] for row in rows] == ["71", "0", "0", "0"] * 2
    assert rows[1][-1] == "42"


def test_key_points_say_what_came_first_and_on_which_side_the_interval_lies(found: Competing) -> None:
    words = " ".join(competing_points(found))
    assert "**Resected by 12 months:** 61.0% (95% CI" in words
    assert "towards sooner or more resections on LEN-TAP" in words
    assert "**Progression before any resection:** 14 of 71 patients on LEN-TAP and 38 of 71 patients on TACE" in words


def test_with_the_arms_exchanged_the_side_is_the_other(shipped: Trial, first: pd.DataFrame) -> None:
    swapped = first["arm"].map({"LEN-TAP": "TACE", "TACE": "LEN-TAP"})
    arm = pd.Categorical(swapped, categories=["LEN-TAP", "TACE"], ordered=True)
    words = " ".join(competing_points(competing(shipped, first.assign(arm=arm))))
    assert "towards sooner or more resections on TACE" in words


def test_the_table_and_the_forest_have_a_row_a_cause_and_a_ratio(shipped: Trial, found: Competing) -> None:
    table = competing_table(found, source="synthetic")
    assert isinstance(table, Table)
    assert table.frame["What came first"].tolist() == [RESECTION, "Progression", "Death"]
    assert table.frame["Events"].tolist() == ["42 and 13", "14 and 38", "13 and 18"]
    forest = competing_forest(found, design=shipped.design, source="synthetic")
    assert isinstance(forest, Figure)
    assert len(forest.data) == 7


@pytest.mark.parametrize(
    ("alter", "why"),
    [
        (lambda rows: rows[rows["cause"] != RESECTION], "no resection is seen"),
        (lambda rows: rows.iloc[:0], "nobody in this population"),
        (lambda rows: rows.assign(time=0.0), "counts its time from the resection"),
    ],
)
def test_what_cannot_be_shown_says_why(shipped: Trial, first: pd.DataFrame, alter: object, why: str) -> None:
    gap = competing(shipped, alter(first))  # type: ignore[operator]
    assert why in competing_points(gap)[0]
    shown = [
        draw(gap, design=shipped.design, source="yours") for draw in (resection_incidence, states, competing_forest)
    ]
    shown.append(competing_table(gap, source="yours"))
    assert all(isinstance(one, Prose) and why in str(one) for one in shown)


def test_one_arm_alone_has_its_curve_and_no_comparison(shipped: Trial, first: pd.DataFrame) -> None:
    alone = competing(shipped, first[first["arm"] == "LEN-TAP"])
    assert isinstance(resection_incidence(alone, design=shipped.design, source="yours"), Figure)
    assert isinstance(states(alone, design=shipped.design, source="yours"), Figure)
    assert "no second arm" in str(competing_forest(alone, design=shipped.design, source="yours"))
    table = competing_table(alone, source="yours")
    assert isinstance(table, Table)
    assert len(table.frame) == 3
    assert len(competing_points(alone)) == 1


def test_a_cause_that_one_arm_lacks_is_not_estimable_and_the_rest_stays(shipped: Trial, first: pd.DataFrame) -> None:
    rows = first[(first["arm"] != "TACE") | (first["cause"] != RESECTION)]
    one = competing(shipped, rows).contrasts["LEN-TAP", RESECTION]
    assert one.ratios[CAUSE_SPECIFIC].estimate is None
    assert one.difference.estimate is not None
    assert one.difference.low is one.difference.high is one.difference.p_value is None
    assert "and 0.0% (95% CI not estimable) on TACE" in competing_points(competing(shipped, rows))[0]
    assert isinstance(competing_table(competing(shipped, rows), source="yours"), Table)


def test_many_steps_are_thinned(shipped: Trial) -> None:
    n = 3000
    rows = by_hand([RESECTION] * n, np.linspace(1, 30, n).tolist(), ["LEN-TAP"] * n)
    figure = resection_incidence(competing(shipped, rows), design=shipped.design, source="yours")
    assert isinstance(figure, Figure)
    assert FINEST <= len(figure.data) <= FINEST + 2


def test_surgical_results_are_counted_among_the_resected_and_among_all(surgery: Surgery, shipped: Trial) -> None:
    resections = shipped.adpr[shipped.adpr["PRCAT"] == "RESECTION"].merge(shipped.adsl[["USUBJID", "TRT01P"]])
    free = resections[resections["MARGIN"] == "R0"].groupby("TRT01P").size()
    among, everybody = (surgery.findings[R0, who].rates for who in (RESECTED, ALL))
    assert among["LEN-TAP"].counts == {"LEN-TAP": f"{free['LEN-TAP']}/42"}
    assert everybody["TACE"].counts == {"TACE": f"{free['TACE']}/71"}


def test_a_major_response_includes_the_complete_one(surgery: Surgery) -> None:
    complete, major = (
        surgery.findings[f"{words} response", ALL].rates["LEN-TAP"].estimate or 0.0
        for words in ("Pathological complete", "Major or complete pathological")
    )
    assert major > complete > 0


def test_the_way_to_the_operation_counts_weeks_from_study_day_one(surgery: Surgery, shipped: Trial) -> None:
    days = shipped.resected("ITT").query("arm == 'TACE'")["resection_day"].dropna()
    assert surgery.medians["TACE"].estimate == pytest.approx((days.median() - 1) / 7)
    figure = waiting_curves(surgery, design=shipped.design, source="synthetic")
    assert isinstance(figure, Figure)
    assert figure.data["Of the resected (%)"].max() == pytest.approx(100)


def test_the_curve_of_waiting_begins_at_nobody_and_ends_with_everybody_however_many(shipped: Trial) -> None:
    n = 2000
    patients = pd.DataFrame(
        {
            "USUBJID": [f"s{i}" for i in range(n)],
            "arm": pd.Categorical(["TACE"] * n, categories=["LEN-TAP", "TACE"], ordered=True),
            "resected": True,
            "resection_day": np.arange(1.0, n + 1),
        }
    )
    figure = waiting_curves(operated(shipped, patients), design=shipped.design, source="yours")
    assert isinstance(figure, Figure)
    shares = figure.data["Of the resected (%)"]
    assert (shares.iloc[0], shares.iloc[-1]) == (0, 100)
    assert len(shares) < 400


def test_with_several_arms_each_pair_stands_in_the_same_columns(shipped: Trial, first: pd.DataFrame) -> None:
    arm = first["arm"].astype(object).where(first.index % 2 == 0, first["arm"].astype(str).replace("LEN-TAP", "High"))
    design = replace(shipped.design, arms=(*shipped.design.arms, replace(shipped.design.arms[0], name="High")))
    categories = ["LEN-TAP", "High", "TACE"]
    rows = first.assign(arm=pd.Categorical(arm, categories=categories, ordered=True))
    found = competing(replace(shipped, design=design), rows)
    table = competing_table(found, source="yours")
    assert isinstance(table, Table)
    assert len(table.frame) == 6
    assert list(table.frame)[1:3] == ["Experimental (%)", "TACE (%)"]
    assert isinstance(states(found, design=design, source="yours"), Figure)


def test_the_table_of_surgery_holds_each_finding_twice_and_the_words_quote_it(surgery: Surgery) -> None:
    table = surgery_table(surgery, source="synthetic")
    assert isinstance(table, Table)
    assert len(table.frame) == 7
    assert f"**{R0}:** 36 of 42 on LEN-TAP (85.7%) and 13 of 13 on TACE (100.0%) of the resected" in str(
        surgery_words(surgery)
    )


def test_values_and_columns_that_lack_are_named_and_the_rest_stays(shipped: Trial) -> None:
    adpr = shipped.adpr.drop(columns="PATHRESP")
    adpr.loc[adpr.index[adpr["MARGIN"].notna()][:3], "MARGIN"] = None
    found = operated(with_table(shipped, "adpr", adpr))
    table = surgery_table(found, source="synthetic")
    assert isinstance(table, Table)
    notes = " ".join(table.notes)
    assert "3 of the resected without a value: Margin free" in notes
    assert "adpr has no column for: Pathological complete response" in notes
    assert len(table.frame) == 3


def test_margins_known_of_nobody_leave_the_way_to_the_operation(shipped: Trial) -> None:
    found = operated(with_table(shipped, "adpr", shipped.adpr.assign(MARGIN=None, PATHRESP=None)))
    assert "not known of any of the resected" in str(surgery_words(found))
    assert isinstance(surgery_table(found, source="synthetic"), Table)


def test_without_any_resection_surgery_says_so(shipped: Trial) -> None:
    adpr = shipped.adpr[shipped.adpr["PRCAT"] != "RESECTION"]
    trial = with_table(shipped, "adpr", adpr)
    found = operated(trial, trial.resected("ITT"))
    assert isinstance(surgery_table(found, source="synthetic"), Prose)
    assert isinstance(waiting_curves(found, design=shipped.design, source="synthetic"), Prose)
    assert "nobody was resected" in str(surgery_words(found))
