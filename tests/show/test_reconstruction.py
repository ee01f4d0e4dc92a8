"""The chapter that makes patients of printed curves: near the truth, honest of its errors, and on to a trial folder."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.adam import check_folder, load_trial
from lentap.book.cache import chapter_state, run_key
from lentap.book.chapter import find_chapters
from lentap.book.project import Project
from lentap.book.single import run_one
from lentap.design import load_design, trial_folder
from lentap.errors import ChapterError, DataError, InputError
from lentap.parameters import PublishedBeside, Rule
from lentap.results import Result
from lentap.show.reconstruction import overlay, ratios, residuals
from lentap.show.reconstruction_report import (
    at_risk_table,
    caveat,
    fit_table,
    reconstruction_points,
    trial_from_curves,
    truth_table,
)
from lentap.show.record.digitised import digitised_curves
from lentap.show.record.reconstruction import (
    NAME,
    Reconstructed,
    of_reconstruction,
    of_sampling,
    reconstruction_results,
    record_reconstruction,
)
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.survival import cox_hazard_ratio

KNOWN = ["numbers at risk and events", "numbers at risk", "events", "neither"]


def made(curve: str = "simulated", level: float = 0.95, **given: Any) -> Reconstructed:
    return record_reconstruction(digitised_curves(curve, **given), level=level, draws=60, seed=1)


@pytest.fixture(scope="module")
def simulated() -> Reconstructed:
    return made()


def figure(folder: Path, *, factor: float = 1.0, swapped: bool = False, arms: int = 2) -> str:
    """A folder with the readings of a small trial of one's own; ``swapped`` gives each arm the other's table."""
    generator = np.random.default_rng(3)
    names = ["Drug", "Placebo"][:arms]
    tables = {}
    for name, median in zip(names, (40.0, 8.0), strict=False):
        time = np.minimum(generator.exponential(median / np.log(2), 80), 30)
        curve, at, table = kaplan_meier(time, time < 30), np.linspace(0, 30, 90), np.arange(0, 30, 6.0)
        read = pd.DataFrame({"time": at, "survival": factor * curve.at(at)})
        read.to_csv(folder / f"{name}.csv", index=False)
        tables[name] = pd.DataFrame({"time": table, "at_risk": curve.at_risk_at(table)})
    for name, other in zip(names, reversed(names) if swapped else names, strict=True):
        tables[other].to_csv(folder / f"{name}_at_risk.csv", index=False)
    return str(folder)


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_simulated_figure_comes_near_its_truth(known: str, seed: int) -> None:
    found = made(known=known, seed=seed)
    ratio, true = found.ratios["Treated"], found.original["Treated"]
    error = np.hypot(0.01, 3 * ratio.reconstruction_error)
    assert abs(np.log(ratio.value / true.value)) < error < 0.1
    for arm, one in found.arms.items():
        events = found.true[arm].events.sum()
        assert abs(one.fit.events - events) <= (0 if "events" in known else 4)
        assert one.fit.rmse < 0.003
        assert (one.fit.at_risk["difference"] == 0).all()
        shares = [curve.at([6, 12, 18]) for curve in (found.made[arm], found.true[arm])]
        assert shares[0] == pytest.approx(shares[1], abs=1.5 / one.curve.n)  # an event on the other side of the time


def test_what_a_figure_can_print_is_what_the_parameter_allows() -> None:
    rule: Rule = PublishedBeside.__metadata__[0]
    assert set(rule.legal(load_trial("shipped", "adsl").design).split(" | ")) == set(KNOWN)


def test_the_same_seed_gives_the_same_page_and_another_one_another_trial(simulated: Reconstructed) -> None:
    assert simulated.results == made().results
    assert simulated.results != made(seed=2).results


def test_the_original_hazard_ratio_is_that_of_the_simulated_patients(simulated: Reconstructed) -> None:
    (time1, event1), (time0, event0) = simulated.curves.truth["Treated"], simulated.curves.truth["Control"]
    arm = np.repeat([1, 0], [time1.size, time0.size])
    expected = cox_hazard_ratio(np.append(time1, time0), np.append(event1, event0), arm)
    assert simulated.original["Treated"] == expected


def test_the_two_errors_add_as_variances(simulated: Reconstructed) -> None:
    ratio = simulated.ratios["Treated"]
    parts = [np.log(part.high / part.low) for part in (of_sampling(ratio), of_reconstruction(ratio))]
    assert np.hypot(*parts) == pytest.approx(np.log(ratio.high / ratio.low))
    assert simulated.original["Treated"].low == pytest.approx(of_sampling(ratio).low, rel=0.03)


def test_less_beside_the_curve_makes_the_error_of_reconstruction_grow_and_not_that_of_sampling() -> None:
    much, little = (made(known=known).ratios["Treated"] for known in (KNOWN[0], KNOWN[-1]))
    assert little.reconstruction_error > much.reconstruction_error
    assert little.sampling_error == pytest.approx(much.sampling_error, rel=0.05)


def test_synthetic_results_say_that_they_are(simulated: Reconstructed) -> None:
    assert {result.source for result in simulated.results} == {"synthetic"}
    for shown in (overlay(simulated), residuals(simulated), ratios(simulated), fit_table(simulated)):
        assert shown.source == ("synthetic",)
    assert caveat(simulated) == ""
    assert not any("LEN-TAP" in point or "TACE" in point for point in reconstruction_points(simulated))


def test_figures_list_every_reading_and_tables_every_number_at_risk(simulated: Reconstructed) -> None:
    readings = sum(one.curve.time.size for one in simulated.arms.values())
    assert len(overlay(simulated).data) == len(residuals(simulated).data) == readings
    assert len(ratios(simulated).data) == 4
    frame = at_risk_table(simulated).frame
    assert frame["Treated"].iloc[0] == "71 / 71"
    assert fit_table(simulated).frame["Control"].iloc[0] == "71"
    assert "Original" in truth_table(simulated).frame


def test_the_key_points_quote_what_was_recorded(simulated: Reconstructed) -> None:
    points = " ".join(reconstruction_points(simulated))
    ratio = simulated.ratios["Treated"]
    assert f"{ratio.value:.2f} (95% CI {ratio.low:.2f} to {ratio.high:.2f})" in points
    assert f"{ratio.sampling_error:.3f} from sampling" in points
    assert "8 numbers at risk (all met)" in points
    assert "the interval with both lies below 1" in points
    swapped = " ".join(reconstruction_points(made(control="Treated")))
    assert "Control over Treated" in swapped
    assert "the interval with both lies above 1" in swapped


def test_with_the_control_named_otherwise_the_hazard_ratio_is_inverted(simulated: Reconstructed) -> None:
    assert made(control="Treated").ratios["Control"].value == pytest.approx(1 / simulated.ratios["Treated"].value)


def test_a_readers_curves_are_theirs_in_per_cent_or_proportions(tmp_path: Path) -> None:
    (tmp_path / "percent").mkdir()
    (tmp_path / "share").mkdir()
    share = made(figure(tmp_path / "share"), time_unit="weeks")
    percent = made(figure(tmp_path / "percent", factor=100.0), unit="percent")
    assert share.ratios["Drug"].value == pytest.approx(percent.ratios["Drug"].value)
    assert {result.source for result in share.results} == {"yours"}
    assert share.curves.unit == "weeks"
    assert not share.true
    assert "not known here" in truth_table(share).text
    assert "hold nothing that the figure does not show" in caveat(share)


def test_one_arm_has_a_fit_but_no_hazard_ratio_nor_a_trial(tmp_path: Path) -> None:
    found = made(figure(tmp_path, arms=1))
    assert "no hazard ratio" in reconstruction_points(found)[-1]
    assert len(ratios(found).data) == 0
    with pytest.raises(DataError, match="legal: curves of two arms or more"):
        trial_from_curves(found, "folder")


@pytest.mark.parametrize(
    ("drawn", "given", "said"),
    [
        ({"factor": 100.0}, {}, r"Drug\.csv, arm 'Drug': survival is 100: legal is .*unit=\"percent\""),
        ({}, {"unit": "percent"}, r"Drug\.csv, arm 'Drug': survival is .*per cent from 0 to 100"),
        ({"swapped": True}, {}, r"_at_risk\.csv, arm .*: at_risk is .*legal is at most .*numbers of another arm"),
        (
            {},
            {"control": "Placbo"},
            r"control is 'Placbo' \(did you mean 'Placebo'\?\); legal: last \| Drug",
        ),
    ],
)
def test_readings_that_cannot_be_end_in_one_line(tmp_path: Path, drawn: dict, given: dict, said: str) -> None:
    with pytest.raises(DataError, match=said) as error:
        made(figure(tmp_path, **drawn), **given)
    assert "\n" not in str(error.value)


def test_a_curve_that_rises_is_refused_with_the_place(tmp_path: Path) -> None:
    figure(tmp_path)
    read = pd.read_csv(tmp_path / "Drug.csv")
    read.loc[60:, "survival"] += 0.3
    read.to_csv(tmp_path / "Drug.csv", index=False)
    with pytest.raises(DataError, match=r"Drug\.csv, arm 'Drug': survival is .* off any curve that never rises"):
        made(str(tmp_path))


def test_a_sweep_records_what_the_chapter_records(checkout: Project, tmp_path: Path) -> None:
    chapter = find_chapters(checkout.chapters, checkout.package)["efficacy/reconstruction"]
    values = chapter.resolve({"draws": 20}, load_design(trial_folder("shipped")))
    run_one(checkout, chapter.name, {"draws": "20"}, "shipped", None, tmp_path / "results.json")
    rows = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    ran = {r.key: r for r in (Result(**{k: v for k, v in row.items() if k != "page"}) for row in rows)}
    direct = {result.key: result for result in reconstruction_results(**values)}
    assert ran == direct
    assert {f"{NAME}.hazard_ratio", f"{NAME}.original_hazard_ratio", f"{NAME}.rmse"} <= {r.name for r in ran.values()}


def test_patients_become_a_trial_folder_also_from_the_cache_and_survival_agrees(
    checkout: Project, tmp_path: Path
) -> None:
    (tmp_path / "figure").mkdir()
    folder = tmp_path / "trial"
    typed = {"curve": figure(tmp_path / "figure"), "output": str(folder), "endpoint": "PFS"}
    for _ in range(2):  # the second time the answer is known
        said = run_one(checkout, "efficacy/reconstruction", typed, "shipped", None, None)
        assert f"{folder}: trial.yml, adsl.csv, adtte.csv written" in said
        assert check_folder(folder).usable
        assert not check_folder(folder).problems
        (folder / "adtte.csv").unlink()
    run_one(checkout, "efficacy/reconstruction", typed, "shipped", None, tmp_path / "made.json")
    run_one(checkout, "efficacy/survival", {}, str(folder), None, tmp_path / "analysed.json")
    first, second = (
        next(row for row in json.loads((tmp_path / file).read_text()) if row["name"] == name)
        for file, name in (
            ("made.json", f"{NAME}.hazard_ratio_sampling_alone"),
            ("analysed.json", "efficacy.survival.hazard_ratio"),
        )
    )
    assert second["labels"]["endpoint"] == "PFS"
    assert (second["source"], second["labels"]["control"]) == ("yours", "Placebo")
    assert [second[key] for key in ("estimate", "low", "high")] == pytest.approx(
        [first[key] for key in ("estimate", "low", "high")], rel=1e-4
    )


def test_a_simulated_figure_makes_a_synthetic_trial(checkout: Project, tmp_path: Path) -> None:
    run_one(checkout, "efficacy/reconstruction", {"output": str(tmp_path / "t")}, "shipped", None, None)
    trial = load_trial(str(tmp_path / "t"), "adsl", "adtte")
    assert trial.source == "synthetic"
    assert not trial.design.is_lentap
    assert len(trial.adsl) == 142


def test_what_lies_in_the_folder_already_stays_as_it_is(checkout: Project, tmp_path: Path) -> None:
    (tmp_path / "trial.yml").write_text("id: mine\n", encoding="utf-8")
    with pytest.raises(InputError, match="legal: a new or an empty folder"):
        run_one(checkout, "efficacy/reconstruction", {"output": str(tmp_path)}, "shipped", None, None)
    assert (tmp_path / "trial.yml").read_text(encoding="utf-8") == "id: mine\n"


def test_other_readings_in_a_file_of_the_same_name_are_another_run(checkout: Project, tmp_path: Path) -> None:
    folder = trial_folder("shipped")
    design = load_design(folder)
    chapter = find_chapters(checkout.chapters, checkout.package)["efficacy/reconstruction"]
    values = chapter.resolve({"curve": figure(tmp_path)}, design)
    state = chapter_state(checkout, chapter, design, folder)
    before = run_key(state, chapter, values)
    assert run_key(state, chapter, values) == before
    with (tmp_path / "Drug_at_risk.csv").open("a", encoding="utf-8") as file:
        file.write("29,0\n")
    assert run_key(state, chapter, values) != before


def test_a_failing_file_ends_the_run_naming_chapter_and_file(checkout: Project, tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text("month,alive\n0,1\n", encoding="utf-8")
    with pytest.raises(ChapterError, match=r"efficacy/reconstruction, cell \d+: DataError: .*A\.csv: its columns are"):
        run_one(checkout, "efficacy/reconstruction", {"curve": str(tmp_path)}, "shipped", None, None)
