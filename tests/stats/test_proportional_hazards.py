from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.cox import cox
from lentap.stats.proportional_hazards import TRANSFORMS, proportional_hazards, schoenfeld_residuals
from lentap.validation import datasets

VETERAN = Path(__file__).parents[3] / "shared" / "real" / "survival" / "veteran.csv"


@pytest.mark.skipif(not VETERAN.is_file(), reason=f"the veterans' lung cancer data are not at {VETERAN}")
@pytest.mark.parametrize(
    ("transform", "expected", "decimals"),
    [
        # R, survival: coxph(Surv(time, status) ~ trt + celltype + karno, veteran), cox.zph(fit, transform)
        ("identity", {"trt": (0.00493, 0.94402), "celltype": (18.41391, 0.00036), "karno": (6.05160, 0.01389),
                      "GLOBAL": (20.87086, 0.00086)}, 5),
        ("log", {"trt": (0.215, 0.64298), "celltype": (13.586, 0.00353), "karno": (10.079, 0.00150),
                 "GLOBAL": (21.451, 0.00067)}, 3),
    ],
)  # fmt: skip
def test_the_veterans_are_tested_as_in_the_vignette_of_survival(transform, expected, decimals):
    data = pd.read_csv(VETERAN)
    model = cox(data["time"], data["status"], data[["trt", "celltype", "karno"]])
    table = proportional_hazards(model, transform=transform).table
    assert table["df"].to_dict() == {"trt": 1, "celltype": 3, "karno": 1, "GLOBAL": 5}
    for name, (statistic, p_value) in expected.items():
        assert round(table.loc[name, "statistic"], decimals) == statistic
        assert round(table.loc[name, "p_value"], 5) == p_value


def simulated(seed: int, n: int = 300, *, changing: bool) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Exponential times, or such whose hazard ratio turns at 1."""
    random = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    total = random.exponential(1, n)
    early = np.where(arm == 1, 0.3, 1.0)
    time = np.where(total < early, total / early, 1 + (total - early) / np.where(arm == 1, 3.0, 1.0))
    return (time if changing else total / early), np.ones(n), pd.DataFrame({"arm": arm, "x": random.normal(size=n)})


def test_a_ratio_that_turns_is_found_and_its_residuals_turn_with_it():
    time, event, table = simulated(1, changing=True)
    found = proportional_hazards(cox(time, event, table))
    assert found.table.loc["arm", "p_value"] < 1e-6 < 0.05 < found.table.loc["x", "p_value"]
    early = found.time < 1
    assert found.residuals["arm"][early].mean() < 0 < found.residuals["arm"][~early].mean()


def test_constant_ratios_are_rejected_no_more_often_than_said():
    p_values = [
        proportional_hazards(cox(*simulated(seed, 100, changing=False))).table.loc["GLOBAL", "p_value"]
        for seed in range(200)
    ]
    assert 0.02 < np.mean(np.array(p_values) < 0.1) < 0.18


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(("km", "rank", "identity")), st.floats(0.01, 100))
def test_units_and_order_change_no_test(seed, transform, unit):
    time, event, table = simulated(seed, 60, changing=True)
    order = np.random.default_rng(seed).permutation(60)
    found = proportional_hazards(cox(time, event, table), transform=transform).table
    again = proportional_hazards(
        cox(time[order] * unit, event[order], table.iloc[order].assign(x=lambda rows: rows["x"] / unit)),
        transform=transform,
    ).table
    assert again["statistic"].to_numpy() == pytest.approx(found["statistic"].to_numpy(), rel=1e-6)


def test_residuals_average_to_the_coefficients():
    data = datasets.gbsg2()
    model = cox(data["time"], data["cens"], data[["horTh", "age", "tgrade"]])
    found = proportional_hazards(model, by_column=True)
    assert found.residuals.mean().to_numpy() == pytest.approx(model.coefficients)
    grouped = proportional_hazards(model).residuals
    assert grouped.mean().to_dict() == pytest.approx(
        {"horTh": model.coefficients[0], "age": model.coefficients[1], "tgrade": 1}
    )
    assert schoenfeld_residuals(model).drop(columns=["stratum", "time"]).sum().to_numpy() == pytest.approx(0, abs=1e-8)


def test_schoenfeld_residuals_name_their_stratum():
    data = datasets.lung()
    strata = data["sex"].astype(str)
    found = schoenfeld_residuals(cox(data["time"], data["event"], data[["age"]], strata=strata))
    assert found["stratum"].value_counts().to_dict() == data["event"].groupby(strata).sum().to_dict()
    assert found.groupby("stratum")["time"].is_monotonic_increasing.all()


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_events_at_one_time_cannot_be_tested(transform):
    model = cox([5, 5, 5, 7, 8, 9], [1, 1, 1, 0, 0, 0], pd.DataFrame({"x": [1.0, 3, 2, 1, 2, 4]}))
    found = proportional_hazards(model, transform=transform)
    assert found.table["statistic"].isna().all()
    assert found.table["p_value"].isna().all()
    assert np.isfinite(found.residuals.to_numpy()).all()


def test_transforms_without_an_answer_are_refused():
    model = cox([0, 2, 3, 4, 5], [1, 1, 0, 1, 1], pd.DataFrame({"x": [1.0, 3, 2, 1, 2]}))
    with pytest.raises(ArgumentError, match="km, rank, identity, log"):
        proportional_hazards(model, transform="sqrt")
    with pytest.raises(ArgumentError, match="event at time 0"):
        proportional_hazards(model, transform="log")
    assert np.isfinite(proportional_hazards(model, transform="rank").table["statistic"]).all()
