"""Simulated FCS files: true to the table of the same patients, the same every time, and replaced when written anew."""

from pathlib import Path

import pandas as pd
import pytest

from lentap.adam import load_trial
from lentap.immune.tubes import tubes_in
from lentap.show.record.cytometry import record_cytometry
from lentap.simulate import write_trial


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_trial(tmp_path_factory.mktemp("trial"), seed=5, patients=40, fcs=True)


def test_a_trial_is_written_with_two_files_of_a_dozen_patients_and_their_controls(folder: Path) -> None:
    tubes = tubes_in(folder / "fcs")
    samples = [tube for tube in tubes if not tube.control]
    assert len(samples) == 24
    assert len({tube.subject for tube in samples}) == 12
    assert [(tube.control, tube.batch) for tube in tubes if tube.control] == [
        ("HLA-DR", "A"),
        ("CD38", "A"),
        ("HLA-DR", "B"),
        ("CD38", "B"),
    ]
    assert sum(path.stat().st_size for path in (folder / "fcs").glob("*.fcs")) < 12e6


def test_written_files_read_back_agree_with_the_trials_own_table(folder: Path) -> None:
    trial = load_trial(str(folder), "adsl", "adim")
    found = record_cytometry(
        "a.b",
        trial,
        files=str(folder / "fcs"),
        gates="shipped",
        rule="declared",
        shift=0.0,
        reach=0.2,
        level=0.95,
    )
    assert found.source == "synthetic"
    assert found.table["reference"].notna().all()
    assert (found.table["share"] - found.table["reference"]).abs().max() < 0.006


def test_files_of_another_draw_replace_those_written_before(folder: Path, tmp_path: Path) -> None:
    place = write_trial(tmp_path / "trial", seed=1, patients=20, fcs=True)
    write_trial(place, seed=5, patients=40, fcs=True)
    names = pd.read_csv(place / "fcs" / "samples.csv")["FILE"]
    assert sorted(path.name for path in (place / "fcs").glob("*.fcs")) == sorted(names)
    assert (place / "fcs" / names[0]).read_bytes() == (folder / "fcs" / names[0]).read_bytes()
