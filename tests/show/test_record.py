import math

import pandas as pd
import pytest

from lentap.design import Design
from lentap.published import lentap_facts
from lentap.show.record import (
    arms_compared,
    record_adverse_events,
    record_balance,
    record_changes,
    record_comparison,
    record_published,
)
from lentap.stats.adverse_events import compare_incidence, incidence
from lentap.stats.baseline import table_one

METHODS = {"level": 0.95, "rate_interval": "wilson", "difference_interval": "newcombe"}


def test_the_published_resections_are_recomputed_from_their_counts() -> None:
    found = record_published("efficacy.resection", lentap_facts(), "efficacy.slr", **METHODS)
    assert found.source == "published"
    assert [round(rate.estimate or 0, 4) for rate in found.rates.values()] == [0.5915, 0.1831]
    contrast = found.contrasts["LEN-TAP"]
    assert contrast.risk_difference.estimate == pytest.approx(0.408, abs=5e-4)
    assert contrast.fisher_p.p_value == pytest.approx(9.2e-7, rel=5e-3)
    said = {"reported_in": "digest", "counts_are": "derived"}
    assert contrast.risk_difference.labels == {"arm": "LEN-TAP", "control": "TACE", **said}


def test_the_recorded_difference_has_the_interval_asked_for_and_the_table_has_both() -> None:
    counts = {"A": (7, 34), "B": (1, 34)}
    found = record_comparison("x.y", counts, control="B", source="yours", **METHODS).contrasts["A"]
    assert found.risk_difference.low == pytest.approx(0.019, abs=5e-4)  # Fagerland et al. 2015, table
    assert found.risk_difference.high == pytest.approx(0.34, abs=5e-3)
    assert found.differences["miettinen-nurminen"].low == pytest.approx(0.0270416, abs=1e-6)  # R package PropCIs


def test_every_experimental_arm_is_compared_with_control() -> None:
    found = record_comparison("x.y", {"A": (1, 9), "B": (2, 9), "C": (3, 9)}, control="C", source="yours", **METHODS)
    assert list(found.contrasts) == ["A", "B"]
    assert {c.risk_difference.labels["control"] for c in found.contrasts.values()} == {"C"}


def test_one_experimental_arm_or_all_of_them_are_compared(design: Design) -> None:
    assert arms_compared(design, "Low") == ["Low", "Placebo"]
    assert len(arms_compared(design, "all")) == 3


def test_balance_names_the_variable_that_differs_most_and_what_chance_gives() -> None:
    subjects = pd.DataFrame(
        {
            "arm": pd.Categorical(["A"] * 50 + ["B"] * 50, categories=["A", "B"], ordered=True),
            "AGE": [float(i) for i in range(50)] * 2,
            "X": [float(i) for i in range(50)] + [i + 20.0 for i in range(50)],
        }
    )
    table = table_one(subjects, {"AGE": "Age", "X": "Extra"}, control="B")
    found = record_balance("design.participants", table, control="B", source="yours")["A"]
    assert found.largest.counts == {"variable": "Extra"}
    assert found.largest.estimate == pytest.approx(20 / subjects["AGE"][:50].std())
    assert found.beyond.counts == {"variables": "1/2"}
    z = 0.1 / math.sqrt(2 / 50)
    assert found.by_chance.estimate == pytest.approx(math.erfc(z / math.sqrt(2)))


def test_a_response_group_without_patients_has_no_record() -> None:
    pairs = pd.DataFrame({"arm": ["A"] * 4 + ["B"] * 2, "response": ["Responder"] * 6, "change": [1.0, 2, 3, 4, 5, 6]})
    pairs.loc[:1, "response"] = "Non-responder"
    changes, differences = record_changes("immune.x", pairs, level=0.95, source="yours")
    assert [(c.labels["arm"], c.labels["response"]) for c in changes] == [
        ("A", "Responder"),
        ("A", "Non-responder"),
        ("B", "Responder"),
    ]
    assert [d.labels["arm"] for d in differences] == ["A"]
    assert differences[0].estimate == pytest.approx(0.02)  # 3, 4 against 1, 2 percentage points


def test_single_events_that_stand_apart_are_counted() -> None:
    subjects = pd.DataFrame({"USUBJID": [str(i) for i in range(40)], "arm": ["A"] * 20 + ["B"] * 20})
    had = [("Nausea", str(i)) for i in range(20)] + [("Rash", str(i)) for i in (0, 1, 20, 21)]
    events = pd.DataFrame(had, columns=["AEDECOD", "USUBJID"]).assign(AETOXGR=1)
    found = incidence(events, subjects)
    contrasts = compare_incidence(found, "B")
    any_event, apart = record_adverse_events(
        found,
        contrasts[contrasts["term"].isin(["Nausea", "Rash"])],
        control="B",
        level=0.95,
        difference_interval="newcombe",
        minimum_grade=1,
        related_only=False,
        source="yours",
        population="SAF",
    )
    assert any_event.rates["A"].counts == {"A": "20/20"}
    assert apart.counts == {"comparisons": "1/2"}


def test_equal_changes_are_ties_whatever_their_last_binary_digit() -> None:
    noise = pd.Series([0.1 + 0.2, 0.3, 1.1 + 2.2, 3.3]).round(9)
    pairs = pd.DataFrame({"arm": "A", "response": ["Responder", "Non-responder"] * 2, "change": noise})
    _, differences = record_changes("immune.x", pairs, level=0.95, source="yours")
    assert differences[0].estimate == 0.0
    assert differences[0].p_value == 1.0
