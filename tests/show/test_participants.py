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


def test_follow_up_is_that_of_reversed_curves() -> None:
    data = lung()
    times = pd.DataFrame({"arm": "all", "time": data["time"], "event": data["event"].astype(bool)})
    (found,) = record_follow_up(times, endpoint="OS", unit="days", level=0.95, source="yours").values()
    assert (found.estimate, found.low, found.high) == (588, 511, 1010)  # R: survfit(Surv(time, status == 1) ~ 1, lung)
    assert found.counts == {"patients": "228", "still followed": "63"}
    assert follow_up_table({"all": found}, endpoint="Survival").frame.shape == (1, 4)


def test_every_arm_and_treatment_has_a_row_a_curve_and_two_records() -> None:
    trial = load_trial("shipped", "adsl", "adex")
    subjects = trial.subjects("SAF")
    doses = doses_by_subject(trial.adex, subjects)
    given = dose_summary(doses, subjects)
    pairs = set(zip(given["arm"].astype(str), given["treatment"], strict=True))
    assert ("TACE", "Lenvatinib") not in pairs
    assert {("LEN-TAP", "Lenvatinib"), ("TACE", "Epirubicin in TACE")} <= pairs
    table = exposure_table(given, source=trial.source).frame
    assert list(table["Treated"]) == [f"{a} of {b}" for a, b in zip(given["treated"], given["n"], strict=True)]
    assert len(record_exposure(given, source=trial.source)) == 2 * len(given)
    figure = relative_dose_figure(doses, control="TACE", source=trial.source)
    assert set(figure.data["Curve"]) == {f"{treatment}, {arm}" for arm, treatment in pairs}


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
