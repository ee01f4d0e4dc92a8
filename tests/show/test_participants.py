"""How long patients were followed, and how the control arm compares with what was published before."""

import pandas as pd
import pytest

from lentap.adam import load_trial
from lentap.published import comparator_facts, lentap_facts
from lentap.show.participants import (
    exposure_table,
    follow_up_table,
    relative_dose_figure,
    selection_figure,
    selection_words,
)
from lentap.show.record.participants import record_exposure, record_follow_up, record_selection
from lentap.stats.dosing import dose_summary, doses_by_subject
from lentap.validation.datasets import lung

RECORDED = (
    "treated",
    "months_on_treatment",
    "doses_given",
    "relative_dose",
    "relative_dose_enough",
    "dose_reduced",
    "dose_held",
    "dose_held_for_event",
)


def test_follow_up_is_that_of_reversed_curves() -> None:
    data = lung()
    times = pd.DataFrame({"arm": "all", "time": data["time"], "event": data["event"].astype(bool)})
    (found,) = record_follow_up(times, endpoint="OS", unit="days", level=0.95, source="yours").values()
    assert (found.estimate, found.low, found.high) == (588, 511, 1010)  # R: survfit(Surv(time, status == 1) ~ 1, lung)
    assert found.counts == {"patients": "228", "still followed": "63"}
    assert follow_up_table({"all": found}, endpoint="Survival").frame.shape == (1, 4)


def test_every_arm_and_treatment_has_a_row_a_curve_and_records_of_what_is_printed() -> None:
    trial = load_trial("shipped", "adsl", "adex")
    subjects = trial.subjects("SAF")
    doses = doses_by_subject(trial.adex, subjects)
    given = dose_summary(doses, subjects)
    pairs = set(zip(given["arm"].astype(str), given["treatment"], strict=True))
    assert ("TACE", "Lenvatinib") not in pairs
    assert {("LEN-TAP", "Lenvatinib"), ("TACE", "Epirubicin in TACE")} <= pairs
    table = exposure_table(given, source=trial.source).frame
    assert list(table["Treated"]) == [f"{a}/{b}" for a, b in zip(given["treated"], given["n"], strict=True)]
    printed = dict(zip(zip(given["arm"], given["treatment"], strict=True), table["Doses"], strict=True))
    assert printed["TACE", "Epirubicin in TACE"] == "2 (1.5 to 4)"
    results = record_exposure(given, source=trial.source, population="SAF")
    assert len({result.key for result in results}) == len(results)
    by_name = {name: [one for one in results if one.name == f"design.participants.{name}"] for name in RECORDED}
    assert sum(map(len, by_name.values())) == len(results)
    counts = {name: len(found) for name, found in by_name.items()}
    assert counts == dict.fromkeys(RECORDED, len(given)) | {"doses_given": int(given["given_median"].notna().sum())}
    sessions = trial.adex[trial.adex["EXCAT"] == "TACE"].groupby("USUBJID").size()
    arm = subjects.set_index("USUBJID")["arm"].reindex(sessions.index)
    told = {one.labels["arm"]: one for one in by_name["doses_given"] if "TACE" in one.labels["treatment"]}
    assert {name: one.estimate for name, one in told.items()} == sessions.groupby(arm, observed=True).median().to_dict()
    assert "upper quartile" in told["TACE"].counts
    figure = relative_dose_figure(doses, control="TACE", source=trial.source)
    assert set(figure.data["Curve"]) == {f"{treatment}, {arm}" for arm, treatment in pairs}
    assert {trace.line.shape for trace in figure.plotly.data} == {"vh"}  # a share holds up to the next patient's dose


def test_holds_for_adverse_events_are_told_apart_where_reasons_are_known() -> None:
    trial = load_trial("shipped", "adsl", "adex")
    subjects = trial.subjects("SAF")
    for doses, known in ((trial.adex, True), (trial.adex.drop(columns="EXADJ"), False)):
        given = dose_summary(doses_by_subject(doses, subjects), subjects)
        table = exposure_table(given, source=trial.source).frame
        assert ("Held (AE)" in table, "Held" in table) == (known, not known)
        names = {one.name.rpartition(".")[2] for one in record_exposure(given, source=trial.source)}
        assert ("dose_held_for_event" in names) is known


def test_the_published_control_rate_stands_beside_every_pooled_one() -> None:
    comparators = comparator_facts()
    found = record_selection(lentap_facts(), comparators, spread=0.0, level=0.95)
    assert found.counts == (13, 71)
    pooled = comparators[(comparators["endpoint"] == "conversion") & (comparators["arm"] == "TACE")]
    assert [one.study for one in found.pooled] == list(pooled["study"])
    figure = selection_figure(found, level=0.95)
    assert len(figure.data) == 1 + 2 * len(found.pooled)


def test_studies_that_differ_more_make_the_observed_rate_less_surprising() -> None:
    by_spread = [
        [
            one.at_least.estimate
            for one in record_selection(lentap_facts(), comparator_facts(), spread=s, level=0.95).pooled
        ]
        for s in (0.0, 0.7)
    ]
    assert all(wide > narrow for narrow, wide in zip(*by_spread, strict=True) if narrow and wide)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_the_assumption_about_studies_is_said(spread: float) -> None:
    found = record_selection(lentap_facts(), comparator_facts(), spread=spread, level=0.95)
    assert f"standard deviation of {spread:g}" in selection_words(found, spread=spread).text
