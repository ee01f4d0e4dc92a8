"""Rates in arms made alike at baseline: hand-worked, and every gap."""

import numpy as np
import pandas as pd
import pytest

from lentap.show.record.weighted_rates import record_weighted_rates
from lentap.show.weighted_rates import weighted_points

ABOUT = {"control": "Old", "level": 0.95, "source": "yours"}
# Of each stratum: patients and those with the outcome, on the new arm and on the old one.
STRATA = {"A": ((30, 15), (10, 4)), "B": ((10, 2), (30, 3))}


def patients() -> pd.DataFrame:
    rows = [
        (arm, stratum, place < events)
        for stratum, both in STRATA.items()
        for arm, (n, events) in zip(("New", "Old"), both, strict=True)
        for place in range(n)
    ]
    return pd.DataFrame(rows, columns=["arm", "STAGE", "cured"])


def found(table: pd.DataFrame, weights: str, **more):
    return record_weighted_rates("a.b", table, "cured", {"STAGE": "Stage"}, weights=weights, **{**ABOUT, **more})


def test_with_one_factor_weights_standardise_to_all_patients_by_its_strata() -> None:
    got = found(patients(), "iptw")
    new, old = (0.5 + 0.2) / 2, (0.4 + 0.1) / 2  # each stratum holds half of the patients
    assert [rate.estimate for rate in got.rates["New"]] == pytest.approx([new, old])
    assert got.differences["New"].estimate == pytest.approx(new - old)
    assert got.differences["New"].counts == {"New": "17/40", "Old": "7/40"}


def test_with_one_factor_overlap_weights_give_the_difference_of_mantel_and_haenszel() -> None:
    parts = [(e1 / n1 - e0 / n0, n1 * n0 / (n1 + n0)) for (n1, e1), (n0, e0) in STRATA.values()]
    expected = np.average([one for one, _ in parts], weights=[weight for _, weight in parts])
    assert found(patients(), "overlap").differences["New"].estimate == pytest.approx(expected)


def test_arms_are_shown_as_they_are_where_no_weights_are_asked_for() -> None:
    assert found(patients(), "none") is None
    assert weighted_points(None, outcome="cured") == []


def test_who_has_no_like_on_the_other_arm_is_left_out_and_counted() -> None:
    more = pd.DataFrame({"arm": ["New", "New", "Old"], "STAGE": ["C", "C", None], "cured": True})
    got = found(pd.concat([patients(), more], ignore_index=True), "iptw")
    [words] = weighted_points(got, outcome="cured")
    assert "cured 35.0% on New and 25.0% on Old; New minus Old: 10.0 percentage points (95% CI" in words
    assert words.endswith("Left out for want of a value, or of a like on the other arm: 3 patients.")


def test_where_nothing_was_known_at_baseline_or_one_arm_is_empty_the_page_says_so() -> None:
    alone = patients().assign(STAGE="A")
    for table in (alone, patients().query("arm == 'New'")):
        [words] = weighted_points(found(table, "overlap"), outcome="cured")
        assert (
            words
            == "**No weights can be given here** for New: no baseline varies and is complete in patients of both arms."
        )


def test_few_patients_with_the_outcome_are_hidden() -> None:
    [words] = weighted_points(found(patients(), "iptw", smallest=8), outcome="cured")
    assert words == "**No weights can be given here** for New: numbers below 8 are hidden."
