"""The CDISC pilot study read as a trial: the same answers from parquet, from transport files and from the originals."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from lentap.adam import Trial, check_folder, load_trial

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "cdisc_pilot"
ORIGINALS = ROOT.parent / "shared" / "real" / "cdisc_pilot"
ARMS = ["Xanomeline Low Dose", "Xanomeline High Dose", "Placebo"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    target = tmp_path_factory.mktemp("pilot")
    for file_format in ("parquet", "xpt"):
        command = [sys.executable, str(EXAMPLE / "prepare.py"), str(target / file_format), "--format", file_format]
        subprocess.run(command, check=True)
    folders = {"parquet": target / "parquet", "xpt": target / "xpt"}
    if ORIGINALS.is_dir():
        folders["originals"] = target / "originals"
        shutil.copytree(ORIGINALS, folders["originals"])
        shutil.copyfile(EXAMPLE / "trial.yml", folders["originals"] / "trial.yml")
    return folders


@pytest.fixture(params=["parquet", "xpt", "originals"])
def pilot(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Trial:
    if request.param not in folders:
        pytest.skip(f"the original transport files are not at {ORIGINALS}")
    return load_trial(str(folders[request.param]), "adsl", "adtte", "adae")


def test_the_pilot_has_the_published_arms_and_events(pilot: Trial) -> None:
    # Arms and numbers at risk: CDISC pilot, tlf-kmplot-pilot3.pdf; events recomputed there with R 4.2, survival 3.5-3.
    times = pilot.time_to_event("TTDE")
    assert list(times["arm"].cat.categories) == ARMS
    assert times.groupby("arm", observed=False).size().to_dict() == dict(zip(ARMS, [84, 84, 86], strict=True))
    assert times.groupby("arm", observed=False)["event"].sum().to_dict() == dict(zip(ARMS, [62, 61, 29], strict=True))


def test_the_pilot_has_the_published_numbers_at_risk(pilot: Trial) -> None:
    # CDISC pilot, tlf-kmplot-pilot3.pdf, days 0, 20, ..., 200.
    times = pilot.time_to_event("TTDE")
    at_risk = {
        arm: [int((of["time"] >= day).sum()) for day in range(0, 201, 20)]
        for arm, of in times.groupby("arm", observed=False)
    }
    assert at_risk == {
        "Placebo": [86, 75, 65, 59, 50, 47, 45, 42, 40, 35, 0],
        "Xanomeline Low Dose": [84, 58, 31, 20, 14, 12, 8, 6, 6, 5, 0],
        "Xanomeline High Dose": [84, 48, 31, 14, 7, 4, 4, 4, 4, 3, 0],
    }


def test_the_pilot_has_the_published_populations(pilot: Trial) -> None:
    # CDISC pilot, 14-2.01.rtf: intention to treat 86, 84, 84 and efficacy 79, 81, 74 (placebo, low, high).
    sizes = {name: pilot.subjects(name)["arm"].value_counts().reindex(ARMS).tolist() for name in ("ITT", "EFF")}
    assert sizes == {"ITT": [84, 84, 86], "EFF": [81, 74, 79]}


def test_the_pilot_has_the_published_treatment_emergent_events(pilot: Trial) -> None:
    # CDISC pilot, 14-5.01.rtf: subjects 65, 77, 76 and events 281, 412, 433 (placebo, low, high).
    emergent = pilot.adae[pilot.adae["TRTEMFL"] == "Y"].merge(pilot.subjects("SAF")[["USUBJID", "arm"]], on="USUBJID")
    by_arm = emergent.groupby("arm", observed=False)["USUBJID"]
    assert by_arm.nunique().tolist() == [77, 76, 65]
    assert by_arm.size().tolist() == [412, 433, 281]


def test_parquet_and_transport_files_give_the_same_frames(folders: dict[str, Path]) -> None:
    tables = ("adsl", "adtte", "adae", "adex", "adlb")
    parquet, xpt = (load_trial(str(folders[name]), *tables) for name in ("parquet", "xpt"))
    for table in parquet.tables:
        pd.testing.assert_frame_equal(parquet.frames[table], xpt.frames[table])


def test_the_pilot_is_usable_and_what_it_lacks_is_absent(folders: dict[str, Path]) -> None:
    report = check_folder(folders["parquet"])
    assert report.usable_tables == ("adsl", "adtte", "adae", "adex", "adlb")
    repeated, early = report.problems
    assert (repeated.place, repeated.found, repeated.rows) == ("adae.AEDECOD", "'OEDEMA PERIPHERAL' (2)", (559, 560))
    assert (early.place, early.severity, early.count) == ("adae.ASTDT", "note", 54)
    assert all(one.usable for one in report.available)
    assert report.design is not None
    assert report.design.source == "yours"
    assert set(report.design.baseline) <= set(load_trial(str(folders["parquet"]), "adsl").adsl)


def test_preparing_again_in_another_format_leaves_one_file_a_table(folders: dict[str, Path], tmp_path: Path) -> None:
    for file_format in ("parquet", "xpt"):
        subprocess.run(
            [sys.executable, str(EXAMPLE / "prepare.py"), str(tmp_path), "--format", file_format], check=True
        )
    tables = ["adae.xpt", "adex.xpt", "adlb.xpt", "adsl.xpt", "adtte.xpt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*tables, "trial.yml"]
