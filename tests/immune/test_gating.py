"""Events are gated as the tree says: truth of the simulator recovered, thresholds from where they are said to come."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lentap.errors import DataError
from lentap.files import data_dir
from lentap.immune.duplicates import duplicate_events
from lentap.immune.fcs import read_fcs
from lentap.immune.gates import ALL, RULES, GatingTree, load_gates
from lentap.immune.gating import control_positions, from_scale, gate_events, to_scale
from lentap.immune.thresholds import control, mixture, valley
from lentap.simulate.cytometry import FlowFile
from tests.immune.conftest import fcs

KINDS = {
    "lymphocytes": {"debris", "monocyte"},
    "live": {"dead"},
    "t_cells": {"B", "NK"},
    "cd8": {"CD4"},
}


def opened(file: FlowFile):
    return read_fcs(io.BytesIO(file.content), file.name)


@pytest.fixture(scope="module")
def controls(simulated: list[FlowFile], tree: GatingTree) -> dict[str, dict[str, np.ndarray]]:
    found: dict[str, dict[str, np.ndarray]] = {}
    for file in simulated:
        if file.control:
            found.setdefault(file.batch, {})[file.control] = control_positions(opened(file), tree, file.control)
    return found


def truth(file: FlowFile, kept: np.ndarray) -> float:
    """Activated cells among the single living CD8+ T cells that were drawn, each event once."""
    return float((file.truth[kept] == "CD8 activated").sum() / np.char.startswith(file.truth[kept], "CD8").sum())


@pytest.mark.parametrize("rule", ["declared", *RULES])
def test_the_subset_is_within_half_a_point_of_the_truth_in_every_file(rule, simulated, controls, tree) -> None:
    for file in simulated:
        if not file.control:
            gated = gate_events(opened(file), tree, controls=controls[file.batch], rule=rule)
            target, parent = gated.counts
            assert target / parent == pytest.approx(truth(file, gated.rows[ALL]), abs=0.005), file.name


def test_each_gate_loses_the_cells_it_is_for_and_few_others(simulated, controls, tree) -> None:
    file = simulated[0]
    gated = gate_events(opened(file), tree, controls=controls[file.batch])
    for gate, unwanted in KINDS.items():
        before, after = (file.truth[gated.rows[one]] for one in (tree.gates[gate].parent, gate))
        assert np.isin(after, list(unwanted)).mean() < 0.01, gate
        wanted = np.char.startswith(before, "CD8").sum()
        assert np.char.startswith(after, "CD8").sum() > 0.99 * wanted, gate
    single = file.truth[gated.rows["singlets"]]
    assert (single == "doublet").sum() < 0.02 * (file.truth == "doublet").sum()


def test_without_compensation_the_cells_are_not_found(simulated, controls, tree) -> None:
    file = simulated[0]
    raw = replace(opened(file), spillover=None, spilled=())
    right, wrong = (gate_events(one, tree, controls=controls[file.batch]).counts for one in (opened(file), raw))
    assert wrong[1] < right[1] / 2


def test_the_files_agree_with_the_table_of_the_same_patients(simulated, adim: pd.DataFrame) -> None:
    known = adim.set_index(["USUBJID", "AVISITN"])["AVAL"]
    files = [file for file in simulated if not file.control]
    assert len({file.subject for file in files}) == 12
    assert {file.visit for file in files} == {0, 3}
    for file in files:
        assert 100 * truth(file, np.arange(8000)) == pytest.approx(known[file.subject, file.visit], abs=0.3)


def test_the_same_table_gives_the_same_bytes(simulated, adim: pd.DataFrame) -> None:
    from lentap.simulate import load_assumptions
    from lentap.simulate.cytometry import flow_files

    again = flow_files(load_assumptions(), adim.sample(frac=1, random_state=1))
    assert [file.content for file in again] == [file.content for file in simulated]


def test_moving_the_thresholds_is_gating_anew_with_moved_thresholds(simulated, controls, tree) -> None:
    file = simulated[0]
    gated = gate_events(opened(file), tree, controls=controls[file.batch])
    for shift in (-0.3, 0.0, 0.25):
        moved = gate_events(opened(file), tree, controls=controls[file.batch], shift=shift)
        assert gated.count_at(shift) == moved.counts[0]
        assert moved.counts[1] == gated.counts[1]
    assert gated.count_at(-0.3) > gated.count_at(0) > gated.count_at(0.5)


def test_a_decade_further_up_is_ten_times_the_intensity(simulated, tree: GatingTree) -> None:
    as_set, moved = (gate_events(opened(simulated[0]), tree, shift=shift) for shift in (0, 1))
    for marker, times in {"HLA-DR": 10, "CD38": 10, "CD8": 1}.items():
        assert moved.intensities[marker] == pytest.approx(times * as_set.intensities[marker])


def test_the_logicle_scale_is_the_published_one(tree: GatingTree) -> None:
    """Moore and Parks 2012: T lies at 1, zero at (W + A) / (M + A), and what goes there comes back."""
    scale = tree.scale
    at = to_scale(np.array([262144.0, 0.0]), 262144, scale)
    assert at == pytest.approx([1, (scale.linear + scale.negative) / (scale.decades + scale.negative)])
    values = np.array([-500.0, -1.0, 0.5, 300.0, 1e5])
    assert from_scale(to_scale(values, 262144, scale), 262144, scale) == pytest.approx(values)


def test_repeated_events_are_found_wherever_they_are(rng: np.random.Generator) -> None:
    events = rng.normal(size=(1000, 5))
    twice = np.concatenate([events, events[[3, 999, 3]], events[:1] * [1, 1, 1, 1, -1]])
    assert duplicate_events(events).tolist() == []
    assert duplicate_events(twice).tolist() == [1000, 1001, 1002]


def test_the_events_written_twice_are_counted_once(simulated, controls, tree) -> None:
    file = next(file for file in simulated if len(file.truth) != 8000)
    gated = gate_events(opened(file), tree, controls=controls[file.batch])
    assert gated.duplicates.tolist() == list(range(4000, 4150))
    assert gated.count(ALL) == 8000


def test_equal_events_of_a_file_without_time_are_not_called_repeated(tree: GatingTree) -> None:
    names = ["FSC-A", "FSC-H", "SSC-A", "Viability", "CD3", "CD8", "HLA-DR", "CD38"]
    for more, repeated in ((["Other"], []), (["Time"], [1])):
        found = read_fcs(io.BytesIO(fcs([[5.0] * 9] * 2, names + more)), "f")
        assert gate_events(found, tree).duplicates.tolist() == repeated


def test_a_valley_lies_between_two_peaks_and_nowhere_with_one(rng: np.random.Generator) -> None:
    two = np.concatenate([rng.normal(0.2, 0.05, 3000), rng.normal(0.8, 0.05, 1000)])
    assert valley(two) == pytest.approx(0.5, abs=0.1)
    assert valley(rng.normal(0.3, 0.1, 3000)) is None
    assert valley(two[:50]) is None


def test_a_mixture_cuts_where_two_normal_densities_are_equal(rng: np.random.Generator) -> None:
    """Equal weights and spreads: half way."""
    assert mixture(rng.normal([[0.2], [0.7]], 0.08, (2, 20_000)).ravel()) == pytest.approx(0.45, abs=0.01)
    assert mixture(rng.normal(0.3, 0.1, 3000)) is None
    assert mixture(np.full(500, 0.3)) is None


def test_a_control_gives_its_quantile_and_few_events_none() -> None:
    assert control(np.arange(1001.0), 0.995) == pytest.approx(995)
    assert control(np.arange(20.0), 0.995) is None


def test_a_rule_that_finds_nothing_falls_back_on_the_fixed_intensity_and_says_so(simulated, tree) -> None:
    gated = gate_events(opened(simulated[0]), tree)
    for marker in ("HLA-DR", "CD38"):
        assert gated.thresholds[marker].rule == "fixed"
        assert gated.thresholds[marker].note == "no control"
        assert gated.intensities[marker] == pytest.approx(tree.thresholds[marker].fixed)


def test_an_event_on_a_threshold_is_positive(tmp_path: Path) -> None:
    path = tmp_path / "gates.yml"
    path.write_text(
        """target: high
scale: {decades: 4.5, linear: 0.5, negative: 0}
control_quantile: 0.99
markers: {FSC-A: [], SSC-A: [], M: []}
thresholds: {M: {rule: fixed, fixed: 100}}
gates:
  square: {label: Square, parent: all, polygon: {FSC-A: [0, 10, 10, 0], SSC-A: [0, 0, 10, 10]}}
  high: {label: M+, parent: square, markers: {M: positive}}
""",
        encoding="utf-8",
    )
    events = [[5.0, 5.0, 100.0], [1.0, 5.0, 99.0], [11.0, 5.0, 500.0], [9.0, 5.0, 101.0]]
    found = read_fcs(io.BytesIO(fcs(events, ["FSC-A", "SSC-A", "M"])), "f")
    gated = gate_events(found, load_gates(str(path)))
    assert {gate: rows.tolist() for gate, rows in gated.rows.items()} == {
        "all": [0, 1, 2, 3],
        "square": [0, 1, 3],
        "high": [0, 3],
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("parent: singlets", "parent: singlet", "did you mean 'singlets'"),
        ("rule: valley, fixed: 1000", "rule: valey, fixed: 1000", "did you mean 'valley'"),
        ("markers: {CD3: positive}", "markers: {CD4: positive}", "CD4 is not among markers"),
        ("markers: {CD8: positive}", "polygon: {FSC-A: [1, 2], SSC-A: [1, 2]}", "three or more"),
        ("target: activated", "target: lymphocytes", "legal: a gate on markers"),
        ("control_quantile: 0.995", "control_quantile: 1.2", "between 0 and 1"),
        ("{decades: 4.5", "{decades: x", "scale.decades is 'x'"),
    ],
)
def test_a_gating_tree_that_contradicts_itself_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = (data_dir() / "gates.yml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "gates.yml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        load_gates(str(path))
