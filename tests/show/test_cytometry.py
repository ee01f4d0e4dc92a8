"""The flow-cytometry page: its numbers are those of the files, and what cannot be shown is named."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.immune.tubes import simulated_tubes
from lentap.parameters import rule_of
from lentap.show.cytometry import agreement_figure, cytometry_points, event_numbers, gate_position_curves
from lentap.show.cytometry_gates import MOST, drawn_words, gate_plots, target_plots
from lentap.show.cytometry_tables import counts_table, gate_table, moved_table, threshold_table
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.record.cytometry import Cytometry, record_cytometry
from lentap.show.table import Table
from lentap.simulate import load_assumptions
from lentap.simulate.cytometry import FlowFile, flow_files

SETTINGS = {"gates": "shipped", "rule": "declared", "shift": 0.0, "reach": 0.4, "level": 0.95}


def found_of(trial: Trial, files: str = "simulated", **changed: object) -> Cytometry:
    return record_cytometry("a.b", trial, files=files, **SETTINGS | changed)


def words(found: Cytometry) -> str:
    return "\n".join(cytometry_points(found))


@pytest.fixture(scope="module")
def drawn(shipped: Trial) -> list[FlowFile]:
    return flow_files(load_assumptions(), shipped.adim)


@pytest.fixture(scope="module")
def found(shipped: Trial) -> Cytometry:
    return found_of(shipped)


def written(folder: Path, drawn: list[FlowFile], sheet: bool = True, files: int = 4) -> Path:
    """Some of the files in a folder of one's own, with their list."""
    chosen = [*drawn[:files], *(file for file in drawn if file.control and file.batch == "A")]
    for file in chosen:
        (folder / file.name).write_bytes(file.content.replace(b"simulated by lentap", b"A cytometer, ser. 1"))
    if sheet:
        rows = [(one.name, one.subject, "" if one.control else one.visit, one.batch, one.control) for one in chosen]
        table = pd.DataFrame(rows, columns=["FILE", "USUBJID", "AVISITN", "BATCH", "CONTROL"])
        table.to_csv(folder / "samples.csv", index=False)
    return folder


def test_every_count_has_its_denominator(found: Cytometry) -> None:
    table = counts_table(found).frame
    assert len(table) == 24
    for sample in found.samples:
        for gate in found.tree.gates.values():
            assert sample.counts[gate.name] <= sample.counts[gate.parent]
    first = found.table.iloc[0]
    assert table["HLA-DR+CD38+"][0] == f"{first['target']} ({100 * first['share']:.1f})"
    assert first["share"] == first["target"] / first["parent"]


def test_files_and_table_agree_and_the_words_say_by_how_much(shipped: Trial, found: Cytometry) -> None:
    assert abs(found.bias.estimate) < 0.003
    assert found.bias.counts == {"samples": "24"}
    said = words(found)
    assert "24 files of 12 patients" in said
    assert "150 in SYN-01-0103\\_week0.fcs (events 4,001 to 4,150)" in said
    assert "limits of agreement" in said


def test_lower_thresholds_let_more_cells_in_and_the_words_give_both_ends(shipped: Trial, found: Cytometry) -> None:
    medians = found.moved[found.moved["when"] == "Baseline"].set_index("moved")["share"]
    assert medians.is_monotonic_decreasing
    assert f"from {100 * medians.iloc[0]:.1f}% to {100 * medians.iloc[-1]:.1f}% at baseline" in words(found)


def test_every_gate_of_every_file_is_drawn(found: Cytometry) -> None:
    figure = gate_plots(found)
    assert isinstance(figure, Figure)
    assert len(figure.data) == 24 * 5
    drawn = [trace for trace in figure.plotly.data if trace.type == "heatmap"]
    assert sum(map(sum, drawn[0].z)) == found.samples[0].counts["all"]
    assert [step["args"][0]["visible"].index(True) for step in figure.plotly.layout.sliders[0]["steps"][:2]] == [0, 15]
    subset = target_plots(found)
    assert isinstance(subset, Figure)
    assert len(subset.data) == 24


def test_of_many_files_some_are_drawn_and_the_words_say_how_many(found: Cytometry) -> None:
    assert str(drawn_words(found)) == "Drawn: 24 files, all there are."
    study = replace(found.study, samples=[*found.samples] * 3)
    table = pd.concat([found.table] * 3, ignore_index=True)
    many = replace(found, study=study, table=table)
    assert str(drawn_words(many)).startswith(f"Of 72 files the first {MOST} are drawn")


def test_the_figures_show_every_file_and_every_position(found: Cytometry) -> None:
    assert len(gate_position_curves(found).data) == 24 * 9
    assert len(agreement_figure(found).data) == 24
    assert len(moved_table(found).frame) == 9
    assert len(threshold_table(found).frame) == 24
    assert gate_table(found).frame["Gate"].tolist()[-1] == "HLA-DR+CD38+"


def test_ones_own_folder_gives_the_same_counts_through_the_same_functions(
    tmp_path: Path, shipped: Trial, drawn: list[FlowFile], found: Cytometry
) -> None:
    own = found_of(shipped, str(written(tmp_path, drawn)))
    assert own.source == "yours"
    both = own.table.merge(found.table, on="name", suffixes=("", "_simulated"))
    assert len(both) == 4
    assert both["target"].tolist() == both["target_simulated"].tolist()
    assert own.bias is None, "files of one's own are not compared with a synthetic table"


def test_a_run_depends_on_every_file_of_the_folder_and_its_list(tmp_path: Path, drawn: list[FlowFile]) -> None:
    rule = rule_of("FlowFiles")[1]
    names = {path.name for path in rule.brought(str(written(tmp_path, drawn, files=1)))}
    assert names == {drawn[0].name, "FMO_HLA-DR_batchA.fcs", "FMO_CD38_batchA.fcs", "samples.csv"}
    assert rule.brought("simulated") == []


def test_simulated_files_given_as_ones_own_stay_synthetic(
    tmp_path: Path, shipped: Trial, drawn: list[FlowFile]
) -> None:
    (tmp_path / "a.fcs").write_bytes(drawn[0].content)
    assert found_of(shipped, str(tmp_path)).source == "synthetic"


def test_a_folder_without_a_list_is_gated_by_the_names_of_its_files(
    tmp_path: Path, shipped: Trial, drawn: list[FlowFile]
) -> None:
    own = found_of(shipped, str(written(tmp_path, drawn, sheet=False, files=2)))
    assert own.table["subject"].tolist() == ["SYN-01-0018_week0", "SYN-01-0018_week3"]
    assert own.samples[0].thresholds["CD38"].rule == "control"
    for made in (
        gate_position_curves(own),
        gate_plots(own),
        target_plots(own),
        counts_table(own),
        threshold_table(own),
        moved_table(own),
    ):
        assert isinstance(made, Figure | Table)
    assert isinstance(agreement_figure(own), Prose)
    assert "2 files" in words(own)


def test_a_control_that_does_not_name_what_it_lacks_is_read_by_its_detector(
    tmp_path: Path, shipped: Trial, drawn: list[FlowFile]
) -> None:
    folder = written(tmp_path, drawn, files=2)
    control = folder / "FMO_CD38_batchA.fcs"
    control.write_bytes(control.read_bytes().replace(b"/CD38/", b"/    /"))
    own = found_of(shipped, str(folder))
    assert own.study.unread == {}
    assert own.samples[0].thresholds["CD38"].rule == "control"


def test_a_file_that_cannot_be_used_is_named_and_the_rest_stays(
    tmp_path: Path, shipped: Trial, drawn: list[FlowFile]
) -> None:
    folder = written(tmp_path, drawn, files=3)
    first = folder / drawn[0].name
    first.write_bytes(first.read_bytes()[:-100])
    (folder / drawn[1].name).write_bytes(drawn[1].content.replace(b"/CD38/", b"/CD39/"))
    own = found_of(shipped, str(folder))
    assert len(own.table) == 1
    said = words(own)
    assert "SYN-01-0018\\_week0.fcs (cut short" in said
    assert "no channel for CD38" in said


def test_the_same_events_under_two_names_are_named(tmp_path: Path, shipped: Trial, drawn: list[FlowFile]) -> None:
    for name in ("a.fcs", "b.fcs"):
        (tmp_path / name).write_bytes(drawn[0].content)
    assert "The same events under several names:** a.fcs and b.fcs" in words(found_of(shipped, str(tmp_path)))


def test_a_trial_of_ones_own_without_files_says_so(shipped: Trial) -> None:
    own = replace(shipped, design=replace(shipped.design, source="yours"))
    none = found_of(own)
    assert "no FCS files were given" in words(none)
    for show in (
        gate_position_curves,
        gate_plots,
        target_plots,
        agreement_figure,
        counts_table,
        threshold_table,
        moved_table,
    ):
        assert isinstance(show(none), Prose)
    assert isinstance(gate_table(none), Table)


def test_an_empty_folder_and_a_wrong_list_say_so(tmp_path: Path, shipped: Trial, drawn: list[FlowFile]) -> None:
    assert "no .fcs file" in words(found_of(shipped, str(tmp_path)))
    written(tmp_path, drawn, files=1)
    (tmp_path / "samples.csv").write_text("FILE,USUBJID,AVISITN\nabsent.fcs,1,0\n", encoding="utf-8")
    assert "no file absent.fcs" in words(found_of(shipped, str(tmp_path)))
    (tmp_path / "samples.csv").write_text("FILE,USUBJID,AVISITN\n", encoding="utf-8")
    assert "batchA.fcs is listed 0 times" in words(found_of(shipped, str(tmp_path)))
    (tmp_path / "samples.csv").write_text("FILE,USUBJID\n", encoding="utf-8")
    assert "no column AVISITN" in words(found_of(shipped, str(tmp_path)))


def test_thresholds_that_stepped_in_are_named(shipped: Trial, found: Cytometry) -> None:
    from lentap.show.record.cytometry import record_tubes

    alone = [tube for tube in simulated_tubes(shipped.adim) if not tube.control][:2]
    settings = {key: value for key, value in SETTINGS.items() if key != "gates"}
    without = record_tubes("a.b", alone, found.tree, shipped.adim, "synthetic", **settings)
    assert "Fixed thresholds stepped in** for HLA-DR in 2 files (no control)" in words(without)


def test_a_trial_with_fewer_sampled_patients_has_fewer_files(shipped: Trial) -> None:
    few = shipped.adim[shipped.adim["USUBJID"].isin(shipped.adim["USUBJID"].unique()[:2])]
    assert {tube.subject for tube in simulated_tubes(few)} - {""} <= set(few["USUBJID"])
    none = replace(shipped, frames=shipped.frames | {"adim": few.iloc[:0]})
    assert "no patient has a value at both visits" in words(found_of(none))
    assert "no patient has a value at both visits" in words(found_of(replace(shipped, frames={})))


def test_events_are_numbered_from_one_and_runs_told_as_such() -> None:
    assert event_numbers(np.array([2, 4, 5, 6])) == "3, 5 to 7"
