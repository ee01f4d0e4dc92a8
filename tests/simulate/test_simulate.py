"""The simulated trial as a whole: reproducible, of the assumed rates, and never mistaken for LEN-TAP's own data."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lentap.adam import check_folder
from lentap.design import load_design
from lentap.errors import InputError
from lentap.files import data_dir
from lentap.simulate import load_assumptions, simulate, write_trial
from lentap.stats.survival import kaplan_meier

MONTH = 30.4375


@pytest.fixture(scope="module")
def large() -> dict[str, pd.DataFrame]:
    return simulate(load_assumptions(), seed=11, patients=20_000)[0]


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def by_arm(tables: dict[str, pd.DataFrame], flag: str) -> dict[str, float]:
    rows = tables["adsl"]
    return (rows[flag] == "Y").groupby(rows["TRT01P"]).mean().to_dict()


def test_the_shipped_trial_is_what_the_simulator_writes(tmp_path: Path) -> None:
    assert digests(write_trial(tmp_path / "trial")) == digests(data_dir() / "trial")


def test_the_shipped_trial_has_71_patients_an_arm_of_whom_42_and_13_were_resected() -> None:
    rows = pd.read_csv(data_dir() / "trial" / "adsl.csv")
    resected = (rows["RESFL"] == "Y").groupby(rows["TRT01P"]).agg(["sum", "size"])
    assert resected.to_dict("index") == {"LEN-TAP": {"sum": 42, "size": 71}, "TACE": {"sum": 13, "size": 71}}


def test_the_shipped_trial_passes_the_check_without_error_or_warning() -> None:
    report = check_folder(data_dir() / "trial")
    assert report.usable
    assert [problem for problem in report.problems if problem.severity != "note"] == []
    assert len(report.usable_tables) == 9


def test_the_shipped_trial_says_that_it_is_synthetic_and_allocation_unresolved() -> None:
    design = load_design(data_dir() / "trial")
    assert design.source == "synthetic"
    assert "synthetic" in design.title
    assert design.allocation.startswith("unresolved")
    assert "says nothing about what LEN-TAP found" in design.reference
    rows = pd.read_csv(data_dir() / "trial" / "adsl.csv")
    assert rows["USUBJID"].str.startswith("SYN-").all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_trial(tmp_path: Path) -> None:
    first, second, other = (
        digests(write_trial(tmp_path / name, seed=seed, patients=60)) for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first == second
    assert not set(first.items()) & set(other.items())


@pytest.mark.parametrize("patients", [2, 3, 7, 41])
def test_small_trials_are_usable_too(tmp_path: Path, patients: int) -> None:
    for seed in range(3):
        folder = write_trial(tmp_path / str(seed), seed=seed, patients=patients)
        problems = [problem for problem in check_folder(folder).problems if problem.severity == "error"]
        assert problems == []


def test_only_the_shipped_seed_and_size_are_conditioned_on_the_published_counts() -> None:
    assumptions = load_assumptions()
    counts = set()
    for seed in range(8):
        rows = simulate(assumptions, seed=seed, patients=142)[0]["adsl"]
        resected = (rows["RESFL"] == "Y").groupby(rows["TRT01P"]).sum()
        counts.add((resected["LEN-TAP"], resected["TACE"]))
    assert len(counts) > 4
    _, design = simulate(assumptions, seed=1, patients=142)
    assert "made to equal" not in design["reference"]


def test_rates_lie_near_those_assumed(large: dict[str, pd.DataFrame]) -> None:
    a = load_assumptions()
    rows = large["adsl"]
    resected = by_arm(large, "RESFL")
    assert resected["LEN-TAP"] == pytest.approx(42 / 71, abs=0.03)
    assert resected["TACE"] == pytest.approx(13 / 71, abs=0.02)
    for column, word, percent in (
        ("HBVFL", "Y", a.baseline.hbv_percent),
        ("PVTTFL", "Y", a.baseline.pvtt_percent),
        ("AFP400FL", "Y", a.baseline.afp_400_percent),
        ("BCLC", "C", a.baseline.bclc_c_percent),
        ("SEX", "M", a.baseline.male_percent),
        ("CHILDPGH", "A5", a.baseline.child_pugh_percent["A5"]),
    ):
        assert 100 * (rows[column] == word).mean() == pytest.approx(percent, abs=1.2), column
    assert rows["AGE"].median() == pytest.approx(a.baseline.age_median_years, abs=0.5)


def test_arms_differ_at_baseline_by_chance_alone(large: dict[str, pd.DataFrame]) -> None:
    rows = large["adsl"]
    for column in ("PVTTFL", "AFP400FL", "HBVFL"):
        share = (rows[column] == "Y").groupby(rows["TRT01P"]).mean()
        assert abs(share["LEN-TAP"] - share["TACE"]) < 4 * np.sqrt(2 * 0.25 / 10_000)


def test_medians_are_those_of_a_trial_in_liver_cancer(large: dict[str, pd.DataFrame]) -> None:
    """Comparator facts: overall survival 13.0 to 15.3 months after TACE and 19.4 to 23.9 after triple therapy."""
    times = large["adtte"].assign(arm=large["adtte"]["USUBJID"].map(large["adsl"].set_index("USUBJID")["TRT01P"]))
    medians = {
        (endpoint, arm): kaplan_meier(rows["AVAL"], rows["CNSR"] == 0).median.value
        for (endpoint, arm), rows in times.groupby(["PARAMCD", "arm"])
    }
    assert 12 < medians["OS", "TACE"] < 20
    assert 20 < medians["OS", "LEN-TAP"] < 33
    assert 5 < medians["EFS", "TACE"] < 10
    assert 11 < medians["EFS", "LEN-TAP"] < 20


def test_resection_comes_about_four_months_after_enrolment(large: dict[str, pd.DataFrame]) -> None:
    rows = large["adpr"]
    months = rows.loc[rows["PRCAT"] == "RESECTION", "ASTDY"].astype(float) / MONTH
    assert months.median() == pytest.approx(4.3, abs=0.5)


def test_response_is_commoner_where_the_marker_expands_in_the_experimental_arm(
    large: dict[str, pd.DataFrame],
) -> None:
    visits, arm = large["adrs"], large["adsl"].set_index("USUBJID")["TRT01P"]
    responders = visits.loc[(visits["PARAMCD"] == "OVRMR") & visits["AVALC"].isin(["CR", "PR"]), "USUBJID"].unique()
    marker = large["adim"].pivot_table(index="USUBJID", columns="AVISITN", values="AVAL")
    fold = (marker[6] / marker[0]).dropna()
    gain = {}
    for name in ("LEN-TAP", "TACE"):
        rows = fold[fold.index.map(arm) == name]
        answer = rows.index.isin(responders)
        gain[name] = rows[answer].median() / rows[~answer].median()
    assert gain["LEN-TAP"] > 1.15
    assert 1.0 < gain["TACE"] < gain["LEN-TAP"]


def test_death_after_resection_comes_at_the_assumed_ratio_of_the_rate_before_it(large: dict[str, pd.DataFrame]) -> None:
    """Deaths per patient-month of the resected without recurrence, against responders who wait for resection."""
    a = load_assumptions().survival
    times = large["adtte"].set_index("USUBJID")
    after, free = times[times["PARAMCD"] == "RFS"], times[times["PARAMCD"] == "EFS"]
    rate_after = (after["EVNTDESC"] == "Death").sum() / after["AVAL"].sum()
    never = free.drop(after.index)
    rate_before = (never["EVNTDESC"] == "Death").sum() / (never["AVAL"].sum() + 4.3 * len(after))
    assert rate_after / rate_before == pytest.approx(a.resected_death_ratio, abs=0.12)


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work", encoding="utf-8")
    with pytest.raises(InputError, match="not a simulated trial"):
        write_trial(tmp_path, patients=10)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="not a simulated trial"):
        write_trial(tmp_path / "thesis.txt", patients=10)


def test_a_real_trial_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "trial.yml").write_text("id: mine\nsource: yours\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a simulated trial"):
        write_trial(tmp_path)


def test_a_simulated_trial_is_replaced(tmp_path: Path) -> None:
    before = digests(write_trial(tmp_path / "trial", seed=1, patients=10))
    after = digests(write_trial(tmp_path / "trial", seed=2, patients=10))
    assert before.keys() == after.keys()
    assert before != after


@pytest.mark.parametrize(("seed", "patients", "named"), [(-1, 10, "seed is -1"), (1, 1, "patients is 1")])
def test_an_impossible_request_is_refused_before_anything_is_written(
    tmp_path: Path, seed: int, patients: int, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        write_trial(tmp_path / "trial", seed=seed, patients=patients)
    assert not (tmp_path / "trial").exists()
