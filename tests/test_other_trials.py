"""Public trials in other shapes than the book's own: a folder, a proposed trial.yml, and numbers others published."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lentap.adam import as_yaml, check_folder, new_trial, propose
from lentap.book.chapter import declare, tags
from lentap.book.project import Project
from lentap.book.run import plan, what_is_missing
from lentap.book.single import run_one
from lentap.design import TABLES, load_design
from lentap.errors import InputError
from tests.conftest import ROOT

TERN = ROOT.parent / "shared" / "real" / "tern"


def rerun(checkout: Project, folder: Path, **typed: str) -> dict[tuple[str, str | None], dict]:
    """Results of the survival chapter by the last word of the name and the arm."""
    path = folder.parent / "results.json"
    run_one(checkout, "efficacy/survival", typed, str(folder), None, path)
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {(row["name"].rpartition(".")[2], row["labels"].get("arm")): row for row in rows}


def test_gbsg_2_under_its_own_column_names_agrees_with_r(checkout: Project, tmp_path: Path) -> None:
    """R 4.2.2, survival 3.5-3: survfit and coxph(Surv(time, cens) ~ I(horTh == "yes")), survdiff."""
    from examples.gbsg2.prepare import prepare

    folder = tmp_path / "gbsg2"
    prepare(folder)
    assert check_folder(folder).usable
    found = rerun(checkout, folder)
    treated, control = "Hormonal therapy", "No hormonal therapy"
    assert [found["events", arm]["counts"][arm] for arm in (treated, control)] == ["94/246", "205/440"]
    medians = [[found["median", arm][part] for part in ("estimate", "low", "high")] for arm in (treated, control)]
    assert medians == [[2018, 1918, None], [1528, 1296, 1814]]
    ratio = found["hazard_ratio", treated]
    assert [ratio[part] for part in ("estimate", "low", "high")] == pytest.approx([0.69488433, 0.54384405, 0.88787259])
    assert found["log_rank", None]["estimate"] == pytest.approx(8.5647809)


@pytest.mark.skipif(not TERN.is_dir(), reason=f"the tables of tern are not at {TERN}")
def test_tern_with_a_proposed_trial_yml_agrees_with_its_own_snapshots(checkout: Project, tmp_path: Path) -> None:
    folder = tmp_path / "tern"
    folder.mkdir()
    for table in ("adsl", "adtte", "adrs", "adae"):
        (folder / f"{table}.csv").write_bytes((TERN / f"tern_ex_{table}.csv").read_bytes())
    proposal = propose(folder) | {"id": "tern", "title": "tern"}
    for endpoint in proposal["endpoints"].values():
        endpoint.update({key: "as in the package" for key, words in endpoint.items() if not words})
    (folder / "trial.yml").write_text(as_yaml(proposal), encoding="utf-8")
    assert check_folder(folder).usable
    pair = rerun(checkout, folder, endpoint="OS", experimental="A: Drug X")
    ratio = pair["hazard_ratio", "A: Drug X"]
    assert [ratio[part] for part in ("estimate", "low", "high")] == pytest.approx([0.7108557, 0.4779138, 1.057337])
    assert pair["log_rank", None]["p_value"] == pytest.approx(0.09049511, abs=5e-9)
    everyone = rerun(checkout, folder, endpoint="OS")
    arms = ("A: Drug X", "B: Placebo", "C: Combination")
    assert [everyone["median", arm]["estimate"] for arm in arms] == pytest.approx([975, 728, 632], abs=0.5)


def test_a_proposal_names_arms_populations_endpoints_units_and_columns(tmp_path: Path) -> None:
    subjects = [f"S{n}" for n in range(8)]
    pd.DataFrame(
        {
            "SUBJID": subjects,
            "ARM": ["Drug"] * 3 + ["Placebo"] * 3 + ["Screen Failure"] * 2,
            "ITTFL": ["Y"] * 6 + ["N"] * 2,
            "AGE": range(50, 58),
        }
    ).to_csv(tmp_path / "adsl.csv", index=False)
    pd.DataFrame(
        {
            "USUBJID": subjects * 2,
            "PARAMCD": ["OS"] * 8 + ["COUNT"] * 8,
            "PARAM": ["Overall survival"] * 8 + ["Visits"] * 8,
            "AVAL": 3.0,
            "AVALU": ["MONTHS"] * 8 + ["COUNT"] * 8,
            "CNSR": 0,
        }
    ).to_csv(tmp_path / "adtte.csv", index=False)
    found = propose(tmp_path)
    assert [(arm["name"], arm["role"]) for arm in found["arms"]] == [("Drug", "experimental"), ("Placebo", "control")]
    assert found["screen_failures"] == ["Screen Failure"]
    assert found["populations"] == {"ITT": {"label": "Intention to treat", "flag": "ITTFL", "arm": "TRT01P"}}
    assert {code: (one["label"], one["unit"]) for code, one in found["endpoints"].items()} == {
        "OS": ("Overall survival", "months")
    }
    assert found["baseline"] == {"AGE": "Age (years)"}
    assert found["columns"] == {"adsl": {"USUBJID": "SUBJID", "TRT01P": "ARM"}}


def test_a_unit_that_is_not_stated_is_read_off_the_dates(tmp_path: Path) -> None:
    dates = pd.date_range("2020-01-01", periods=8)
    pd.DataFrame(
        {
            "USUBJID": list("abcdefgh"),
            "PARAMCD": "PFS",
            "AVAL": [weeks + 0.0 for weeks in range(4, 12)],
            "CNSR": 0,
            "STARTDT": dates.astype(str),
            "ADT": [str(day + pd.Timedelta(weeks=4 + i))[:10] for i, day in enumerate(dates)],
        }
    ).to_csv(tmp_path / "adtte.csv", index=False)
    assert propose(tmp_path)["endpoints"]["PFS"]["unit"] == "weeks"


def test_a_new_folder_has_what_is_to_be_filled_in_and_nothing_is_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    written = {path.name for path in new_trial(folder)}
    assert written == {"trial.yml", *(f"{t}.csv" for t in TABLES)}
    assert (folder / "adsl.csv").read_text(encoding="utf-8").startswith("USUBJID,TRT01P,")
    messages = "\n".join(map(str, check_folder(folder).errors))
    for words in ("'title' is missing", "arms[1] lacks name, label", "endpoints.OS lacks origin, event"):
        assert words in messages
    with pytest.raises(InputError, match=r"trial\.yml: is there already"):
        new_trial(folder)


def test_a_folder_with_tables_gets_a_proposal_and_keeps_its_tables(tmp_path: Path) -> None:
    table = tmp_path / "adsl.csv"
    table.write_text("USUBJID,TRT01P\nS1,A\nS2,B\n", encoding="utf-8")
    assert [path.name for path in new_trial(tmp_path)] == ["trial.yml"]
    assert table.read_text(encoding="utf-8") == "USUBJID,TRT01P\nS1,A\nS2,B\n"
    design = yaml.safe_load((tmp_path / "trial.yml").read_text(encoding="utf-8"))
    assert [arm["name"] for arm in design["arms"]] == ["A", "B"]


def one_arm(place: Path) -> Path:
    """The shipped trial without the control arm, which trial.yml still names."""
    folder = Path(shutil.copytree(ROOT / "data" / "trial", place))
    adsl = pd.read_csv(folder / "adsl.csv", dtype=str, keep_default_na=False)
    kept = set(adsl.loc[adsl["TRT01P"] == "LEN-TAP", "USUBJID"])
    for file in folder.glob("*.csv"):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        table[table["USUBJID"].isin(kept)].to_csv(file, index=False)
    return folder


def test_every_page_of_a_trial_with_one_arm_is_shown(checkout: Project, tmp_path: Path) -> None:
    """The cells themselves, one page after the other in this process: thirty kernels would take minutes."""
    folder = one_arm(tmp_path / "single")
    report, design = check_folder(folder), load_design(folder)
    assert report.usable
    shown = 0
    for page, values in plan(checkout, (), str(folder), design):
        if not page.name.startswith(("design/", "efficacy/", "safety/", "immune/")) or "data" not in values:
            continue
        assert not what_is_missing(page, values, report, design), page.name
        names: dict[str, object] = {"display": repr}
        for cell in page.chapter.cells(design):
            if cell.cell_type == "code":
                exec(declare(cell.source, values) if "parameters" in tags(cell) else cell.source, names)
        shown += 1
    assert shown > 15
