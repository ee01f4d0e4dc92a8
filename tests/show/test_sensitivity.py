"""The multiverse of a trial: which analyses are carried out, which are not and why, and what is said of them all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial, load_trial
from lentap.results import Result
from lentap.show.figure import MIME, Figure
from lentap.show.format import number
from lentap.show.prose import Prose
from lentap.show.record.outcomes import Outcomes
from lentap.show.record.sensitivity import TABLES, Sensitivity, record_sensitivity, sensitivity_results
from lentap.show.sensitivity import choices_table, left_out_table, movers_table, sensitivity_points
from lentap.show.specification_curve import specification_curve
from lentap.show.table import Table
from lentap.show.theme import arm_styles
from lentap.stats.survival import cox_hazard_ratio
from tests.adam.builders import write_trial

OUTCOMES = ("SLR", "ORR", "OS", "EFS", "RFS")


def of(trial: Trial, outcome: str) -> Sensitivity:
    return record_sensitivity(trial, outcome, level=0.95, draws=200, seed=1)


def loaded(folder: Path, **changes: Any) -> Trial:
    return load_trial(str(write_trial(folder, **changes)), "adsl", optional=TABLES)


def curve(found: Sensitivity, trial: Trial) -> Figure:
    drawn = specification_curve(found, arm_styles(trial.design), source=trial.source)
    assert isinstance(drawn, Figure)
    return drawn


@pytest.fixture(scope="module")
def multiverses(shipped: Trial) -> dict[str, Sensitivity]:
    return {outcome: of(shipped, outcome) for outcome in OUTCOMES}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return loaded(tmp_path_factory.mktemp("tiny"))


def why(found: Sensitivity, what: str) -> str:
    reasons = [one.why for one in found.all.left_out if one.what == what]
    assert len(reasons) == 1, f"{what}: {reasons}"
    return reasons[0]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_combination_is_carried_out_or_left_out_with_a_reason(
    multiverses: dict[str, Sensitivity], outcome: str
) -> None:
    found = multiverses[outcome]
    assert len(found.all.carried_out) + sum(one.number for one in found.all.left_out) == found.all.formed
    assert all(one.why and one.what for one in found.all.left_out)
    assert 0 < len(found.all.carried_out) <= 200
    taken = [(one.arm, *one.levels.values()) for one in found.all.carried_out]
    assert len(set(taken)) == len(taken)


def test_the_reference_of_resection_is_the_difference_of_the_published_counts(
    multiverses: dict[str, Sensitivity],
) -> None:
    """42/71 and 13/71, which the synthetic trial was made to hold; Newcombe's interval as on the page of resection."""
    reference = multiverses["SLR"].arms["LEN-TAP"].numbers["reference"]
    assert reference.estimate == pytest.approx(42 / 71 - 13 / 71)
    assert (reference.low, reference.high) == (pytest.approx(0.2516, abs=5e-5), pytest.approx(0.5377, abs=5e-5))


def test_the_reference_of_an_endpoint_is_its_hazard_ratio(shipped: Trial, multiverses: dict[str, Sensitivity]) -> None:
    for endpoint in ("OS", "EFS", "RFS"):
        times = shipped.time_to_event(endpoint)
        ratio = cox_hazard_ratio(times["time"], times["event"], times["arm"] == "LEN-TAP")
        reference = multiverses[endpoint].arms["LEN-TAP"].numbers["reference"]
        assert reference.estimate == pytest.approx(ratio.value, rel=1e-6)
        assert reference.p_value == pytest.approx(ratio.p_value, rel=1e-6)


def test_analyses_of_the_same_patients_and_outcomes_count_once(multiverses: dict[str, Sensitivity]) -> None:
    same = "the same patients with the same outcome as "
    assert why(multiverses["SLR"], "Until: 12 months") == f"{same}Until: all follow-up"
    assert why(multiverses["RFS"], "Population: ITT") == f"{same}RESECTED"
    assert {one.levels["population"] for one in multiverses["RFS"].all.carried_out} == {"RESECTED", "PP"}


def test_subgroups_and_groups_formed_later_are_no_populations_of_the_multiverse(
    multiverses: dict[str, Sensitivity],
) -> None:
    for outcome in ("SLR", "OS"):
        populations = {one.levels["population"] for one in multiverses[outcome].all.carried_out}
        assert populations == {"ITT", "SAF", "PP"}
        assert "subgroup" in why(multiverses[outcome], "Population: BCLC_C")
        assert "formed after the start" in why(multiverses[outcome], "Population: RESECTED")


def test_without_deaths_survival_has_no_events_and_says_so_once(multiverses: dict[str, Sensitivity]) -> None:
    assert why(multiverses["OS"], "Deaths: end follow-up without event") == "nobody has the outcome"
    assert {one.levels["events"] for one in multiverses["EFS"].all.carried_out} == {"all", "disease"}


@pytest.mark.parametrize("words", [["Progression or death"], ["Progression or death", "Death", "Progression"]])
def test_words_that_name_death_and_disease_at_once_are_taken_for_neither(shipped: Trial, words: list[str]) -> None:
    adtte = shipped.adtte[shipped.adtte["PARAMCD"] == "EFS"]
    adtte = adtte.assign(EVNTDESC=np.resize(words, len(adtte)))
    found = of(replace(shipped, frames={"adsl": shipped.adsl, "adtte": adtte}), "EFS")
    reason = why(found, "Deaths: end follow-up without event")
    assert reason.startswith("EVNTDESC of adtte names death and disease in one (Progression or death)")
    assert {one.levels["events"] for one in found.all.carried_out} == {"all"}


def test_words_of_the_censored_decide_nothing(shipped: Trial) -> None:
    censored = shipped.adtte["CNSR"] > 0
    adtte = shipped.adtte.assign(EVNTDESC=shipped.adtte["EVNTDESC"].mask(censored, "No progression or death"))
    outcomes = Outcomes(replace(shipped, frames={**shipped.frames, "adtte": adtte}), "EFS")
    levels = {"population": "ITT", "events": "disease", "follow_up": "all"}
    rows = shipped.adtte[(shipped.adtte["PARAMCD"] == "EFS") & ~censored]
    assert outcomes.of(levels)["event"].sum() == (rows["EVNTDESC"] != "Death").sum()


def test_what_is_recorded_is_what_the_analyses_hold(multiverses: dict[str, Sensitivity]) -> None:
    found = multiverses["ORR"].arms["LEN-TAP"]
    values = [one.found.value for one in found.specifications]
    assert values == sorted(values)
    numbers = found.numbers
    assert [numbers[name].estimate for name in ("smallest", "median", "largest")] == pytest.approx(
        [min(values), float(np.median(values)), max(values)]
    )
    apart = sum(one.found.low > 0 or one.found.high < 0 for one in found.specifications)
    assert numbers["apart"].counts == {"specifications": f"{apart}/{len(values)}"}
    assert numbers["above"].estimate == 1.0
    assert 1 <= numbers["effective"].estimate < 10


def test_the_same_patients_analysed_often_are_not_many_trials(multiverses: dict[str, Sensitivity]) -> None:
    points = " ".join(sensitivity_points(multiverses["OS"]))
    assert "their agreement is no replication" in points
    assert "96 of 480 combinations of choices were carried out" in points
    assert "all 96 with a slower rate of events; the 95% intervals of 24 exclude no effect" in points
    assert "0.67 (95% CI 0.45 to 1.00) in the reference analysis" in points
    assert (
        "**What moves the estimate most:** follow-up. All else alike, 12 months instead of all there is multiplies"
        in points
    )


def test_of_an_endpoint_that_begins_with_resection_it_is_said_who_is_compared(
    multiverses: dict[str, Sensitivity],
) -> None:
    words = "**A group formed afterwards.** The arms are compared among those alone who were resected"
    assert {outcome for outcome in OUTCOMES if words in " ".join(sensitivity_points(multiverses[outcome]))} == {"RFS"}


def test_responses_that_must_be_confirmed_are_fewer(multiverses: dict[str, Sensitivity]) -> None:
    by = {
        (one.levels["criterion"], one.levels["confirmation"]): one.events
        for one in multiverses["ORR"].all.carried_out
        if (one.levels["population"], one.levels["not_evaluable"]) == ("ITT", "failure")
    }
    assert by["mRECIST", "28"] < by["mRECIST", "none"]
    assert by["RECIST 1.1", "none"] < by["mRECIST", "none"]


def test_shorter_follow_up_has_fewer_events(multiverses: dict[str, Sensitivity]) -> None:
    events = {
        one.levels["follow_up"]: one.events
        for one in multiverses["OS"].all.carried_out
        if (one.levels["population"], one.levels["analysis"]) == ("ITT", "crude")
    }
    assert events["12"] < events["24"] < events["tail"] <= events["all"]


def test_the_curve_runs_upwards_and_ticks_every_level_once(shipped: Trial, multiverses: dict[str, Sensitivity]) -> None:
    drawn = curve(multiverses["EFS"], shipped)
    assert drawn.data["Estimate"].is_monotonic_increasing
    assert drawn.filter is not None
    for choice, levels in drawn.filter.choices.items():
        assert set(drawn.data[choice]) == set(levels)
    ticks = [trace for trace in drawn.plotly.data if trace.meta["role"] == "choice"]
    assert len(ticks) == sum(map(len, drawn.filter.choices.values()))
    assert sum(len(trace.x) for trace in ticks) == len(drawn.data) * len(drawn.filter.choices)
    for trace in drawn.plotly.data:
        assert len(trace.meta["rows"]) == len(trace.x) == len(trace.y)
    assert "median" in drawn.alt
    about = drawn._repr_mimebundle_()[1][MIME]["lentap"]
    assert about["filter"]["null"] == 1.0


def test_ticks_stand_clear_of_the_words_above_and_below_them(
    shipped: Trial, multiverses: dict[str, Sensitivity]
) -> None:
    plotly = curve(multiverses["ORR"], shipped).plotly
    words = sorted(note.y for note in plotly.layout.annotations if note.yref == "y2")
    ticks = [(trace.y[0], 1.4 * trace.marker.size) for trace in plotly.data if trace.meta["role"] == "choice"]
    assert len(words) == len(ticks)
    line = 15  # pixels that a line of small print takes
    for own, below, (middle, half) in zip(words, [*words[1:], np.inf], ticks, strict=True):
        assert own + line <= middle - half
        assert middle + half <= below


def test_open_symbols_are_the_intervals_that_include_no_effect(
    shipped: Trial, multiverses: dict[str, Sensitivity]
) -> None:
    found = multiverses["OS"]
    points = next(trace for trace in curve(found, shipped).plotly.data if trace.meta["role"] == "data")
    open_ones = sum(symbol.endswith("-open") for symbol in points.marker.symbol)
    apart = found.arms["LEN-TAP"].numbers["apart"].counts["specifications"]
    assert f"{len(points.x) - open_ones}/{len(points.x)}" == apart


def test_tables_hold_every_level_and_every_omission(multiverses: dict[str, Sensitivity]) -> None:
    found = multiverses["ORR"]
    movers = movers_table(found, source="synthetic")
    left_out = left_out_table(found, source="synthetic")
    choices = choices_table(found, source="synthetic")
    assert isinstance(movers, Table)
    assert isinstance(left_out, Table)
    assert isinstance(choices, Table)
    assert len(left_out.frame) == len(found.all.left_out)
    assert "stage and tumour: BCLC stage, Portal vein tumour thrombus, AFP >= 400 ng/mL." in choices.notes


def test_what_a_level_changes_is_seen_in_analyses_alike_in_all_else(multiverses: dict[str, Sensitivity]) -> None:
    """Regressions exist for any resection alone, which is more frequent; beside the same outcome they change little."""
    found = multiverses["SLR"]
    value = {tuple(one.levels.values()): one.found.value for one in found.all.carried_out}
    pairs = [
        value[(*data, "adjusted", "all")] - value[(*data, "crude", "none")]
        for *data, method, covariates in value
        if (method, covariates) == ("adjusted", "all")
    ]
    assert {levels[1] for levels in value if levels[3] == "adjusted"} == {"any"}
    movers = movers_table(found, source="synthetic")
    assert isinstance(movers, Table)
    row = movers.frame.set_index("Level").loc["regression, standardised: all declared"]
    assert row["Choice"] == "Method and covariates, instead of unadjusted"
    assert int(row["Pairs"]) == len(pairs)
    assert row["Change (points)"] == number(100 * float(np.median(pairs)))
    assert row["Smallest to largest"] == f"{number(100 * min(pairs))} to {number(100 * max(pairs))}"
    points = " ".join(sensitivity_points(found))
    assert "what counts. All else alike, with clear margin (R0) instead of any resection changes" in points
    assert (
        f"(median, from {movers.frame['Smallest to largest'][0]} in {movers.frame['Pairs'][0]} pairs of analyses)"
        in points
    )


def test_a_sweep_gets_what_the_chapter_records_and_every_analysis_behind_it(
    multiverses: dict[str, Sensitivity],
) -> None:
    results = sensitivity_results("shipped", "OS", "all", 0.95, 200, 1)
    single = [one for one in results if one.name.endswith(".specification")]
    rest = [one for one in results if not one.name.endswith(".specification")]
    assert rest == list(multiverses["OS"].arms["LEN-TAP"].numbers.values())
    assert len({one.key for one in single}) == len(single) == 96
    assert all(one.method and one.low is not None and one.labels["analysis"] for one in single)


def test_a_tiny_trial_by_hand(tiny: Trial) -> None:
    """Resected: 1 of 3 and 1 of 3 of all, 1 of 3 and 1 of 2 of the treated; responding 2 of 3 and 1 of 3."""

    def crude(outcome: str) -> dict[str, float]:
        found = of(tiny, outcome).all.carried_out
        return {one.levels["population"]: one.found.value for one in found if one.levels["analysis"] == "crude"}

    assert crude("SLR") == pytest.approx({"ITT": 0, "SAF": -1 / 6})
    assert crude("ORR") == pytest.approx({"ITT": 1 / 3, "SAF": 2 / 3 - 1 / 2})


def test_what_a_trial_lacks_is_a_reason_and_no_error(tiny: Trial) -> None:
    slr, orr = of(tiny, "SLR"), of(tiny, "ORR")
    assert why(slr, "What counts: with clear margin (R0)") == "adpr has no MARGIN"
    assert why(orr, "Confirmation: 28 days later") == "adrs has no ADY"
    assert "declares none" in why(slr, "Adjusted for: stage and tumour")
    assert why(orr, "Not evaluable: left out").startswith("the same patients")
    points = " ".join(sensitivity_points(orr))
    assert "Fewer than 10 analyses" in points


def test_who_lacks_a_covariate_is_left_out_only_where_it_is_adjusted_for(tiny: Trial) -> None:
    many = pd.concat([tiny.adsl.assign(USUBJID=f"{i}-" + tiny.adsl["USUBJID"]) for i in range(9)], ignore_index=True)
    many["AGE"] = np.arange(54) % 7 + 50.0
    many.loc[:3, "AGE"] = np.nan
    resected = pd.DataFrame({"USUBJID": many["USUBJID"][::4], "PRCAT": "RESECTION", "ASTDY": 90})
    trial = replace(tiny, frames={"adsl": many, "adpr": resected})
    patients = {
        one.levels["analysis"]: len(one.subjects)
        for one in of(trial, "SLR").all.carried_out
        if one.levels["population"] == "ITT"
    }
    assert patients == {"crude": 54, "adjusted": 50, "weighted": 50, "overlap": 50}


def test_where_everybody_on_one_arm_has_the_outcome_and_nobody_on_the_other_no_analysis_is_taken(tiny: Trial) -> None:
    many = pd.concat([tiny.adsl.assign(USUBJID=f"{i}-" + tiny.adsl["USUBJID"]) for i in range(3)], ignore_index=True)
    resected = pd.DataFrame({"USUBJID": many.loc[many["TRT01P"] == "A", "USUBJID"], "PRCAT": "RESECTION", "ASTDY": 90})
    complete = replace(tiny, frames={"adsl": many.assign(AGE=np.arange(18) % 7), "adpr": resected})
    found = of(complete, "SLR")
    assert found.arms == {}
    reasons = {one.what: one.why for one in found.all.left_out}
    assert reasons["Method: unadjusted; Adjusted for: nothing"] == (
        "not estimable: on each arm everybody had the outcome, or nobody: no patient moves the estimate"
    )
    assert "combinations of choices has an estimate" in sensitivity_points(found)[0]
    one_more = pd.concat([resected, pd.DataFrame({"USUBJID": ["0-S4"], "PRCAT": "RESECTION", "ASTDY": 90})])
    others = of(replace(complete, frames={**complete.frames, "adpr": one_more}), "SLR")
    assert {one.levels["analysis"] for one in others.arms["A"].specifications} >= {"crude"}


GAPS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no table": ({"change": lambda t: t.pop("adpr")}, "SLR", "the folder has no table adpr"),
    "no event": ({"change": lambda t: t.update(adtte=t["adtte"].assign(CNSR=1))}, "OS", "nobody has the outcome"),
    "one arm": (
        {"change": lambda t: t.update(adtte=t["adtte"].iloc[:3])},
        "OS",
        "not estimable: no patient on B",
    ),
    "no criteria": ({"change_yml": lambda y: y.pop("criteria")}, "ORR", "trial.yml declares no criteria"),
    "no flags": (
        {"change": lambda t: t.update(adsl=t["adsl"].drop(columns=["ITTFL", "SAFFL"]))},
        "SLR",
        "adsl has no ITTFL",
    ),
}


@pytest.mark.parametrize("gap", GAPS)
def test_where_nothing_can_be_shown_the_page_says_why(gap: str, tmp_path: Path) -> None:
    changes, outcome, reason = GAPS[gap]
    trial = loaded(tmp_path, **changes)
    found = of(trial, outcome)
    assert found.arms == {}
    told = [*sensitivity_points(found), *(one.why for one in found.all.left_out)]
    assert reason in " ".join(told)
    for shown in (
        specification_curve(found, arm_styles(trial.design), source="synthetic"),
        movers_table(found, source="synthetic"),
    ):
        assert isinstance(shown, Prose)
    for table in (left_out_table(found, source="synthetic"), choices_table(found, source="synthetic")):
        assert isinstance(table, Prose) == bool(found.all.missing)


def three_arms(design: dict[str, Any]) -> None:
    design["arms"].insert(1, {"name": "C {x} <b>", "label": "Another drug", "role": "experimental"})


def test_two_experimental_arms_stand_side_by_side_and_can_be_hidden(tmp_path: Path) -> None:
    def more(tables: dict[str, pd.DataFrame]) -> None:
        for name in ("adsl", "adtte"):
            own = tables[name]
            tables[name] = pd.concat([own.assign(USUBJID=f"{i}-" + own["USUBJID"]) for i in range(9)])
        arms = np.array(["A", "C {x} <b>", "B"])[(np.arange(54) + np.arange(54) // 6) % 3]
        tables["adsl"] = tables["adsl"].assign(TRT01P=arms, TRT01A=arms)
        tables["adtte"]["AVAL"] += np.arange(54) / 10

    trial = loaded(tmp_path, change=more, change_yml=three_arms)
    found = of(trial, "OS")
    assert list(found.arms) == ["A", "C {x} <b>"]
    drawn = curve(found, trial)
    assert drawn.filter is not None
    assert drawn.filter.by == "Arm"
    assert drawn.filter.choices["Arm"] == ["A", "C {x} <b>"]
    assert drawn.data["Arm"].is_monotonic_increasing
    assert all(group["Estimate"].is_monotonic_increasing for _, group in drawn.data.groupby("Arm"))
    assert sum("over B" in point for point in sensitivity_points(found)) == 2
    one = record_sensitivity(trial, "OS", experimental="A", level=0.95, draws=200, seed=1)
    assert list(one.arms) == ["A"]
    assert "Arm" not in curve(one, trial).data


def test_results_are_those_of_one_seed(tiny: Trial) -> None:
    def numbers(seed: int) -> list[Result]:
        found = record_sensitivity(tiny, "ORR", level=0.95, draws=200, seed=seed)
        return list(found.arms["A"].numbers.values())

    assert numbers(1) == numbers(1)
    assert numbers(1) != numbers(2)
