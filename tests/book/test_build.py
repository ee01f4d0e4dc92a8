"""Building a small book, end to end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lentap.book.build import Request, build
from lentap.book.project import Project, files_below
from lentap.errors import DataError, InputError, RunError
from tests.adam.builders import tables, write_table

REQUEST = Request("trial")


def run(book: Project, request: Request = REQUEST) -> tuple[Path, list[str]]:
    """Build and return the site's folder and the lines of progress."""
    lines: list[str] = []
    return build(book, request, lines.append).parent, lines


def executed(lines: list[str]) -> set[str]:
    return {line.split()[1] for line in lines if line.startswith("[")}


def content(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site.resolve()).as_posix(): path.read_bytes() for path in files_below(site.resolve())}


def test_a_book_is_built_once_and_rebuilt_where_something_changed(book: Project) -> None:
    site, lines = run(book)
    assert executed(lines) == {"index", "part/subjects", "part/deaths-os"}
    records = {row["name"]: row for row in json.loads((site / "results.json").read_text(encoding="utf-8"))}
    assert (records["part.subjects"]["estimate"], records["part.events"]["estimate"]) == (6, 3)
    assert records["part.events"]["page"] == "part/deaths-os"
    index = (site / "chapters/index.html").read_text(encoding="utf-8")
    assert ">6<" in index
    assert "LEN-TAP alone" not in index
    page = (site / "chapters/part/deaths-os.html").read_text(encoding="utf-8")
    assert "lentap run part/deaths --data trial -p endpoint=OS" in page
    assert "vendor/plotly.min.js" in page
    assert "vendor/plotly.min.js" not in index

    assert run(book) == (site, [])

    adsl = tables()["adsl"].iloc[[0, 1, 2, 3, 5]]
    rest = {name: frame[frame.USUBJID.isin(adsl.USUBJID)] for name, frame in tables().items()}
    for name, frame in {**rest, "adsl": adsl}.items():
        write_table(frame, book.root / "trial" / f"{name}.csv")
    site, lines = run(book)
    assert executed(lines) == {"part/subjects", "part/deaths-os"}
    assert ">5<" in (site / "chapters/index.html").read_text(encoding="utf-8"), "the page that quotes is rewritten"

    before = content(site)
    site, lines = run(book, Request("trial", (("part/subjects", "population", "SAF"),)))
    assert executed(lines) == {"part/subjects"}
    after = content(site)
    pages = {name for name in before if name.endswith(".html") and before[name] != after[name]}
    assert pages == {"chapters/index.html", "chapters/part/subjects.html"}


def test_a_failing_chapter_is_named_while_the_rest_runs_and_the_site_stays(book: Project) -> None:
    site, _ = run(book)
    before = content(site)
    path = book.chapters / "part" / "subjects.md"
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace("len(trial", "1 / 0 + len(trial"), encoding="utf-8")
    other = book.chapters / "part" / "deaths.md"
    other.write_text(other.read_text(encoding="utf-8").replace("int(rows", "1 + int(rows"), encoding="utf-8")
    lines: list[str] = []
    with pytest.raises(RunError, match=r"part/subjects, cell \d+: ZeroDivisionError: division by zero"):
        build(book, REQUEST, lines.append)
    assert any("part/subjects failed" in line for line in lines)
    assert any("part/deaths-os (" in line for line in lines)
    assert content(site) == before

    path.write_text(sound, encoding="utf-8")
    _, lines = run(book)
    assert executed(lines) == set(), "what had run is not run again"


@pytest.mark.skipif(os.name == "nt", reason="process groups are stopped by signal here")
@pytest.mark.parametrize("after", [0.8, 3.0, 6.0])
def test_a_killed_build_started_again_gives_the_undisturbed_site(book: Project, after: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lentap", "build", "--data", "trial"],
        cwd=book.root,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    interrupted = content(run(book)[0])
    for left in ("cache", "sites", "stage", "sphinx"):
        subprocess.run(["rm", "-rf", str(book.build / left)], check=True)
    assert interrupted == content(run(book)[0])


def test_a_missing_table_leaves_a_page_that_says_so(book: Project) -> None:
    (book.root / "trial" / "adtte.csv").unlink()
    site, _ = run(book)
    page = (site / "chapters/part/deaths-os.html").read_text(encoding="utf-8")
    assert "needs the table ADTTE" in page


def test_a_broken_table_is_refused_before_any_kernel_starts(book: Project) -> None:
    adtte = tables()["adtte"].assign(AVAL=-1.0)
    write_table(adtte, book.root / "trial" / "adtte.csv")
    lines: list[str] = []
    with pytest.raises(DataError, match="AVAL"):
        build(book, REQUEST, lines.append)
    assert lines == []


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (("part/subject", "population", "ITT"), "did you mean 'part/subjects'"),
        (("part/subjects", "populaton", "ITT"), "did you mean 'population'"),
        (("part/subjects", "population", "XXX"), "legal: ITT | SAF"),
        (("part/deaths", "endpoint", "OS"), "fixed by the page"),
    ],
)
def test_a_wrong_override_is_refused_before_any_kernel_starts(book: Project, override, words) -> None:
    lines: list[str] = []
    with pytest.raises(InputError) as error:
        build(book, Request("trial", (override,)), lines.append)
    assert words in str(error.value)
    assert lines == []


def test_a_quotation_that_selects_nothing_says_so_on_another_trials_page(book: Project) -> None:
    path = book.chapters / "index.md"
    path.write_text(path.read_text(encoding="utf-8").replace("part.subjects", "part.nonsense"), encoding="utf-8")
    site, _ = run(book)
    assert "not available for this trial" in (site / "chapters/index.html").read_text(encoding="utf-8")


def test_an_ambiguous_quotation_stops_the_build(book: Project) -> None:
    path = book.chapters / "part" / "subjects.md"
    more = 'record("part.subjects", 1, source=trial.source, scale="count", kind="other")\n```'
    head, tail = path.read_text(encoding="utf-8").rsplit("```", 1)
    path.write_text(f"{head}{more}{tail}", encoding="utf-8")
    with pytest.raises(RunError, match="selects 2 results"):
        run(book)


def test_two_pages_may_not_record_different_numbers_under_one_name(book: Project) -> None:
    path = book.chapters / "part" / "deaths.md"
    text = path.read_text(encoding="utf-8")
    text = text.replace('"part.events"', '"part.subjects"').replace(", endpoint=endpoint)", ")")
    path.write_text(text.replace("{result}`part.events endpoint=OS`", "some"), encoding="utf-8")
    with pytest.raises(RunError, match="record different numbers"):
        run(book)


def test_jupyter_book_alone_refuses_to_publish_empty_pages(book: Project) -> None:
    code = "from jupyter_book.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "build", "."], cwd=book.root, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "run 'make book'" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_second_build_at_the_same_time_is_refused(book: Project) -> None:
    from filelock import FileLock

    book.build.mkdir()
    with FileLock(book.build / ".lock"), pytest.raises(RunError, match="another build is running"):
        run(book)
