import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lentap.design import Design, load_design, present_tables, trial_folder
from lentap.errors import DataError
from tests.adam.builders import trial_yml


def design_of(folder: Path, **changes: Any) -> Design:
    entries = {**trial_yml(), **changes}
    (folder / "trial.yml").write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return load_design(folder)


def refusal(folder: Path, text: str) -> str:
    (folder / "trial.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_design(folder)
    return str(caught.value)


def test_a_design_holds_what_trial_yml_says(tmp_path: Path) -> None:
    design = design_of(tmp_path)
    assert design.control.name == "B"
    assert [arm.name for arm in design.experimental] == ["A"]
    assert design.populations["ITT"].arm == "TRT01P"
    assert design.populations["SAF"].flag == "SAFFL"
    assert design.endpoints["OS"].unit == "months"
    assert design.criteria == {"RECIST 1.1": "OVRR11"}
    assert design.markers["DRCD38"].unit == "% of CD8+ T cells"
    assert design.screen_failures == ("Screen Failure",)
    assert not design.is_lentap


def test_only_the_companion_of_the_registered_trial_is_lentap(tmp_path: Path) -> None:
    assert design_of(tmp_path, companion_to="NCT04997850").is_lentap


def test_a_population_without_a_flag_is_everyone(tmp_path: Path) -> None:
    assert design_of(tmp_path, populations={"ITT": {"label": "All"}}).populations["ITT"].flag is None


def test_words_that_yaml_would_turn_into_values_stay_words(tmp_path: Path) -> None:
    (tmp_path / "trial.yml").write_text(
        "id: 007\ntitle: 1e3\nsource: yours\n"
        "arms: [{name: No, label: no drug, role: control}, {name: 1, label: one, role: experimental}]\n"
        "populations: {ITT: {label: All}}\nvalues: {adae: {AESER: {1: Y, 0: N}}}\n"
    )
    design = load_design(tmp_path)
    assert (design.id, design.control.name, design.experimental[0].name) == ("007", "No", "1")
    assert design.values == {"adae": {"AESER": {"1": "Y", "0": "N"}}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"titel": "x"}, "unknown key 'titel' (did you mean 'title'?); legal: id, title,"),
        ({"title": ""}, "key 'title' is missing"),
        ({"source": "published"}, "source is 'published'; legal: synthetic | yours"),
        ({"arms": "A"}, "arms is 'A'; legal: a list"),
        ({"arms": [{"name": "A", "label": "a", "role": "active"}]}, "arms[1].role is 'active'; legal: experimental |"),
        ({"arms": [{"name": "A", "label": "a", "role": "control"}]}, "legal: exactly one control, at least one exp"),
        (
            {
                "arms": [
                    {"name": "A", "label": "a", "role": "control"},
                    {"name": "A", "label": "b", "role": "experimental"},
                ]
            },
            "arms: A named twice",
        ),
        ({"populations": {"ITT": {"label": "x", "flg": "ITTFL"}}}, "'populations.ITT.flg' (did you mean 'flag'?)"),
        ({"populations": {"ITT": {"label": "x", "arm": "TRT02P"}}}, "legal: TRT01P | TRT01A"),
        ({"populations": {"ITT": "everyone"}}, "populations.ITT is 'everyone'"),
        ({"criteria": {"RECIST 1.1": ["OVR"]}}, "criteria.RECIST 1.1 is a list; legal: words"),
        ({"columns": {"adls": {"AGE": "ALTER"}}}, "'columns.adls' (did you mean 'adsl'?)"),
        ({"screen_failures": "SF"}, "screen_failures is 'SF'; legal: a list"),
        ({"markers": {"M": {"label": "m"}}}, "key 'markers.M.unit' is missing"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_legal(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError) as caught:
        design_of(tmp_path, **change)
    assert words in str(caught.value)
    assert str(tmp_path / "trial.yml") in str(caught.value)


@pytest.mark.parametrize("key", ["origin", "event", "censoring", "resection", "crossover", "new_therapy", "unit"])
def test_an_endpoint_must_say_everything_about_itself(tmp_path: Path, key: str) -> None:
    endpoint = {k: v for k, v in trial_yml()["endpoints"]["OS"].items() if k != key}
    with pytest.raises(DataError, match=rf"key 'endpoints\.OS\.{key}' is missing"):
        design_of(tmp_path, endpoints={"OS": endpoint})


def test_an_endpoint_names_the_nearest_unit_and_population(tmp_path: Path) -> None:
    endpoint = {**trial_yml()["endpoints"]["OS"], "unit": "month", "population": "IT"}
    with pytest.raises(DataError) as caught:
        design_of(tmp_path, endpoints={"OS": endpoint})
    assert "(did you mean 'months'?); legal: days | weeks | months | years" in str(caught.value)
    assert "(did you mean 'ITT'?); legal: ITT | SAF" in str(caught.value)


def test_every_mistake_is_in_one_message(tmp_path: Path) -> None:
    message = refusal(tmp_path, "idd: x\nsource: y\n")
    assert len(message.splitlines()) == 6
    assert all(line.startswith(str(tmp_path / "trial.yml")) for line in message.splitlines())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "key 'id' is missing"),
        ("- a\n- b\n", "the file is a list"),
        ("id: [1\n", "line 2"),
        ("id: x\nid: y\n", "line 2, column 1: key 'id' twice"),
        ("id: \x00\n", "special characters"),
        ("? [a]\n: b\n", "line 1, column 3: a key must be a word"),
    ],
)
def test_what_is_no_form_at_all_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "trial.yml").write_bytes(b"title: M\xfcnchen\n")
    with pytest.raises(DataError, match=r"trial\.yml"):
        load_design(tmp_path)


def test_a_folder_is_a_trial_only_with_a_trial_yml(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder; legal: 'shipped', or a folder"):
        trial_folder(str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"no trial\.yml"):
        trial_folder(str(tmp_path))
    (tmp_path / "trial.yaml").touch()
    with pytest.raises(DataError, match=r"there is trial\.yaml"):
        trial_folder(str(tmp_path))
    (tmp_path / "trial.yml").touch()
    assert trial_folder(str(tmp_path)) == tmp_path


def test_tables_are_found_by_name_whatever_its_case(tmp_path: Path) -> None:
    for name in ("ADSL.xpt", "adae.csv", "adrs.sas7bdat", "notes.csv", "adtte.xlsx"):
        (tmp_path / name).touch()
    assert {table: path.name for table, path in present_tables(tmp_path).items()} == {
        "adsl": "ADSL.xpt",
        "adrs": "adrs.sas7bdat",
        "adae": "adae.csv",
    }


def test_a_table_in_two_formats_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adsl.csv").touch()
    (tmp_path / "ADSL.parquet").touch()
    with pytest.raises(DataError, match=r"adsl is in 2 files \(ADSL\.parquet, adsl\.csv\)"):
        present_tables(tmp_path)


def test_reading_a_design_does_not_import_pandas() -> None:
    code = "import sys, lentap.design; sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )
