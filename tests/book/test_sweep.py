"""Grids of reruns: what is typed, what is run, what is kept, and what a crash costs."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client, LocalCluster

import lentap.book.sweep as sweep_module
from lentap.book.chapter import Chapter
from lentap.book.grid import Grid, Run, parse
from lentap.book.project import Project
from lentap.book.single import run_one
from lentap.book.sweep import SweepRequest, drain, sweep
from lentap.book.worker import run_point
from lentap.design import load_design
from lentap.errors import InputError, ParameterError, RunError


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers that a sweep can be sent to by address."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as found:
        yield found


def chapter(book: Project, name: str = "part/subjects") -> Chapter:
    return Chapter(name, book.chapters / f"{name}.md", book.package)


def run(book: Project, *grid: str, scheduler: str = "", **about) -> tuple[str, pd.DataFrame]:
    """What a sweep says, and its table."""
    request = SweepRequest("part/subjects", list(grid), "trial", book.root / "out.parquet", scheduler, **about)
    said = sweep(book, request, lambda line: None)
    return said, pd.read_parquet(request.output)


def seeded(book: Project, cell: str = "") -> None:
    """Give the small book's chapter a whole-numbered parameter, and another last cell."""
    path = book.chapters / "part" / "subjects.md"
    text = path.read_text(encoding="utf-8").replace("Population, TrialFolder", "Population, ToxicityGrade, TrialFolder")
    text = text.replace("# who is counted\n", "# who is counted\ngrade: ToxicityGrade = 1  # any number\n")
    path.write_text(text.replace("count = record", f"{cell}\ncount = record"), encoding="utf-8")


@pytest.mark.parametrize(
    ("texts", "axes"),
    [
        (["population=ITT,SAF"], {"population": ["ITT", "SAF"]}),
        (["population= ITT , SAF,ITT,"], {"population": ["ITT", "SAF"]}),
        (["population=1:3"], {"population": range(1, 4)}),
        (["population=1:10:4"], {"population": range(1, 11, 4)}),
        (["population=0.5:1.2:0.3"], {"population": ["0.5", "0.8", "1.1"]}),
    ],
)
def test_values_are_listed_or_span_a_range(book: Project, texts: list[str], axes: dict) -> None:
    assert parse(chapter(book), texts) == axes


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], "no parameter varies"),
        (["population"], "not of the form"),
        (["populaton=ITT"], "did you mean 'population'"),
        (["population="], "asks for no value"),
        (["population=5:1"], "asks for no value"),
        (["population=0:1:0.0"], "asks for no value"),
        (["population=0:1:0.00000001"], "too many"),
        (["population=ITT", "population=SAF"], "stands twice"),
        (["data=trial"], "chosen with --data"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(book: Project, texts: list[str], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        parse(chapter(book), texts)


def test_a_grid_is_counted_and_made_run_by_run(book: Project) -> None:
    seeded(book)
    grid = Grid(chapter(book), parse(chapter(book), ["population=ITT,SAF", "grade=1:5"]), "key")
    runs = list(grid.runs("trial", load_design(book.root / "trial")))
    assert len(grid) == len(runs) == len({one.id for one in runs}) == 10
    assert runs[1].varied == {"population": "ITT", "grade": 2}
    assert vars(runs[1])["values"] == {"data": "trial", "population": "ITT", "grade": 2}


@pytest.mark.parametrize(
    ("grid", "words"),
    [(["population=ITT,XXX"], "legal: ITT | SAF"), (["grade=1:9"], "legal: from 1 to 5")],
)
def test_an_illegal_value_is_refused_before_anything_starts(book: Project, grid: list[str], words: str) -> None:
    seeded(book)
    with pytest.raises(ParameterError) as error:
        run(book, *grid)
    assert words in str(error.value)
    assert not (book.root / "out.parquet").exists()


def test_a_sweep_runs_what_its_table_lacks_and_a_failed_run_is_a_row(book: Project, cluster: LocalCluster) -> None:
    flag = book.root / "mended"
    seeded(book, f"import pathlib\nassert grade < 3 or pathlib.Path({str(flag)!r}).exists(), 'not yet'")
    address = cluster.scheduler_address
    said, table = run(book, "population=ITT,SAF", "grade=1:2", scheduler=address)
    assert "4 of 4 runs added, 0 of them failed" in said
    found = table.set_index(["parameter.population", "parameter.grade"])["estimate"]
    assert found.to_dict() == {("ITT", 1): 6, ("ITT", 2): 6, ("SAF", 1): 5, ("SAF", 2): 5}
    assert set(table["result"]) == {"part.subjects"}

    said, table = run(book, "population=ITT,SAF", "grade=1:3", scheduler=address)
    assert "2 of 6 runs added, 2 of them failed" in said
    failed = table[table["parameter.grade"] == 3]
    assert failed["error"].str.contains("AssertionError: not yet").all()
    assert "all 6 runs are there" in run(book, "population=ITT,SAF", "grade=1:3", scheduler=address)[0]

    flag.touch()
    said, table = run(book, "population=ITT,SAF", "grade=1:3", scheduler=address, failed_again=True)
    assert "2 of 6 runs added, 0 of them failed" in said
    assert len(table) == 6
    assert table["error"].isna().all()


def test_a_table_of_another_state_of_the_book_or_of_something_else_is_left_alone(book: Project) -> None:
    seeded(book)
    request = SweepRequest("part/subjects", ["grade=1"], "trial", book.root / "out.parquet")
    request.output.mkdir()
    (request.output / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds something else"):
        sweep(book, request, print)
    (request.output / "notes.txt").unlink()
    (request.output / "_sweep.json").write_text('{"chapter": "part/deaths"}', encoding="utf-8")
    with pytest.raises(InputError, match="runs of another chapter and state"):
        sweep(book, request, print)


def test_many_runs_need_a_yes(book: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seeded(book)
    monkeypatch.setattr(sweep_module, "MOST", 4)
    with pytest.raises(InputError, match="has 5 runs; more than 4 need --yes"):
        run(book, "grade=1:5")


def test_a_scheduler_that_does_not_answer_is_named(book: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "PATIENCE", 1)
    with pytest.raises(InputError, match=r"--scheduler tcp://127\.0\.0\.1:9: no Dask scheduler answers"):
        run(book, "population=ITT", scheduler="tcp://127.0.0.1:9")


def test_workers_with_other_packages_are_refused(cluster: LocalCluster) -> None:
    with (
        Client(cluster, set_as_default=False) as client,
        pytest.raises(RunError, match=r"pandas [\d.]+ instead of 0\.1"),
    ):
        sweep_module._check_workers(client, {"pandas": "0.1"})


def test_a_worker_that_joins_later_with_other_packages_answers_with_an_error() -> None:
    (row,) = run_point("bundle", "part/subjects", Run("id", {"grade": 1}, {"grade": 1}), {"no-such-package": "1.0"})
    assert row["error"] == "this worker has another environment: no-such-package missing instead of 1.0"
    assert (row["run"], row["parameter.grade"]) == ("id", 1)


def _slowly(number: int, folder: str) -> list[dict[str, int]]:
    """Say which process is at it, and take a moment."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(0.2)
    return [{"number": number}]


def test_a_worker_killed_on_the_way_loses_nothing(tmp_path: Path) -> None:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        found, killed = [], False
        for _, rows in drain(client, _slowly, ((number, str(tmp_path)) for number in range(20))):
            found += rows
            if len(found) == 4 and not killed:
                os.kill(int(next(tmp_path.iterdir()).name), signal.SIGKILL)
                killed = True
    assert killed
    assert sorted(row["number"] for row in found) == list(range(20))


def test_a_sweep_that_is_killed_goes_on_where_it_was(book: Project) -> None:
    seeded(book)
    words = ["sweep", "part/subjects", "-g", "grade=1:5", "-g", "population=ITT,SAF", "--data", "trial"]
    out = book.root / "sweep.parquet"
    command = [
        sys.executable,
        "-c",
        "import lentap.book.sweep as s; s.FLUSH_EVERY = 0; from lentap.cli import main; main()",
    ]
    process = subprocess.Popen([*command, *words], cwd=book.root, start_new_session=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while len(list(out.glob("part-*.parquet"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = pd.read_parquet(out)
    assert 2 <= len(before) < 10
    done = subprocess.run([*command, *words], cwd=book.root, capture_output=True, text=True, check=True)
    assert f"{10 - len(before)} of 10 runs added" in done.stdout
    assert sorted(pd.read_parquet(out)["run"]) == sorted(set(pd.read_parquet(out)["run"]))
    assert len(pd.read_parquet(out)) == 10


def test_ctrl_c_keeps_what_ran_and_says_how_to_go_on(checkout: Project, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    grid = ("-g", "seed=1:40", "-g", "trials=20000", "--jobs", "1", "--output", str(out))
    words = [sys.executable, "-m", "lentap", "sweep", "design/operating_characteristics", *grid]
    sweeping = subprocess.Popen(
        words, cwd=checkout.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not list(out.glob("part-*")) and sweeping.poll() is None:
        time.sleep(0.1)
    os.killpg(sweeping.pid, signal.SIGINT)  # as a terminal does
    _, said = sweeping.communicate(timeout=60)
    assert sweeping.returncode == 130
    assert "Traceback" not in said
    assert re.search(r"interrupted, \d+ of 40 runs kept; start it again to go on", said)
    kept = pd.read_parquet(out)
    assert 0 < kept["run"].nunique() < 40
    assert kept["error"].isna().all()


@pytest.mark.parametrize("address", ["foo", "http://x", "localhost:abc", "tls://127.0.0.1:1", "tcp://127.0.0.1:1"])
def test_a_scheduler_that_is_none_is_refused_in_one_line_and_leaves_nothing(
    checkout: Project, tmp_path: Path, address: str
) -> None:
    request = SweepRequest("efficacy/survival", ["follow_up=6,12"], output=tmp_path / "out", scheduler=address)
    with pytest.raises(InputError, match=re.escape(f"--scheduler {address}: ")):
        sweep(checkout, request, print)
    assert not request.output.exists()


@pytest.mark.parametrize("words", ["6:36:0", "36:6"])
def test_a_range_that_holds_nothing_is_refused(checkout: Project, tmp_path: Path, words: str) -> None:
    request = SweepRequest("efficacy/survival", [f"follow_up={words}"], output=tmp_path / "out")
    with pytest.raises(InputError, match="legal: FIRST:LAST:STEP"):
        sweep(checkout, request, print)


def test_a_chapter_that_only_simulates_is_swept_without_a_kernel_and_says_the_same(
    checkout: Project, tmp_path: Path
) -> None:
    values = {"trials": "50", "patients": "40"}
    started = time.perf_counter()
    run_one(checkout, "design/operating_characteristics", values, "shipped", None, tmp_path / "chapter.json")
    with_a_kernel = time.perf_counter() - started
    known = {
        (row["name"], *sorted(row["labels"].items())): row["estimate"]
        for row in json.loads((tmp_path / "chapter.json").read_text(encoding="utf-8"))
    }
    request = SweepRequest(
        "design/operating_characteristics",
        ["seed=1:3", *(f"{name}={value}" for name, value in values.items())],
        output=tmp_path / "out.parquet",
        jobs=1,
    )
    assert "3 of 3 runs added, 0 of them failed" in sweep(checkout, request, print)
    table = pd.read_parquet(request.output)
    assert table["seconds"].min() < with_a_kernel / 3
    first = table[table["parameter.seed"] == 1]
    swept = {
        (row.result, *sorted(tuple(pair.split("=", 1)) for pair in row.labels.split("; "))): row.estimate
        for row in first.itertuples()
    }
    assert swept == pytest.approx(known, rel=1e-12)
