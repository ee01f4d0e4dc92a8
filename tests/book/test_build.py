"""Building a small book, end to end."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from lentap.book.build import Request, build
from lentap.book.project import Project, files_below
from lentap.book.single import last_results, run_one
from lentap.book.usable import report
from lentap.errors import DataError, InputError, ParameterError, RunError
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
    assert ">6 (synthetic)<" in index
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
    assert ">5 (synthetic)<" in (site / "chapters/index.html").read_text(encoding="utf-8"), (
        "the page that quotes is rewritten"
    )

    before = content(site)
    site, lines = run(book, Request("trial", (("part/subjects", "population", "SAF"),)))
    assert executed(lines) == {"part/subjects"}
    after = content(site)
    pages = {name for name in before if name.endswith(".html") and before[name] != after[name]}
    assert pages == {"chapters/index.html", "chapters/part/subjects.html"}
    for left in ("sites", "stage", "sphinx"):
        shutil.rmtree(book.build / left)
    again, _ = run(book, Request("trial", (("part/subjects", "population", "SAF"),)))
    assert content(again) == after, "pages kept from before are those that a build from nothing makes"


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


STAGES = {
    "before anything ran": ".lock",
    "while chapters run": "ipython",
    "after a chapter ran": "cache",
    "while pages are staged": "stage",
    "while Sphinx runs": "sphinx",
}


@pytest.mark.skipif(os.name == "nt", reason="process groups are stopped by signal here")
@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_build_started_again_gives_the_undisturbed_site(book: Project, stage: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lentap", "build", "--data", "trial"],
        cwd=book.root,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (book.build / STAGES[stage]).exists():
        assert process.poll() is None, "the build ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not list(book.build.glob("html-*")), "nothing is published yet"
    interrupted = content(run(book)[0])
    for left in ("cache", "sites", "stage", "sphinx"):
        shutil.rmtree(book.build / left)
    assert interrupted == content(run(book)[0])


HOSTILE = "<script>alert(1)</script></title><img src=x onerror=alert(2)> {{ 7*7 }} `x` $a$ | \"q\" 'q'\n\n# HEAD"


def test_words_of_a_trial_stay_words_on_every_page(book: Project) -> None:
    file = book.root / "trial" / "trial.yml"
    design = yaml.safe_load(file.read_text(encoding="utf-8"))
    design.update(title=HOSTILE, reference=HOSTILE, allocation=HOSTILE, id="../<b>")
    design["endpoints"]["O<S>`$|"] = {**design["endpoints"].pop("OS"), "label": HOSTILE}
    file.write_text(yaml.safe_dump(design, allow_unicode=True), encoding="utf-8")
    adtte = tables()["adtte"].assign(PARAMCD="O<S>`$|")
    write_table(adtte, book.root / "trial" / "adtte.csv")
    with (book.chapters / "index.md").open("a", encoding="utf-8") as index:
        index.write("\n{{ trial_title }} {{ trial_reference }}\n")
    site, _ = run(book)
    assert site.parent == book.build
    for page in site.resolve().rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text, page.name
        assert "<img src=x" not in text, page.name
        assert "<p># HEAD" not in text, page.name
        assert ">HEAD<" not in text, page.name
    assert "{{ 7*7 }}" in (site / "chapters/index.html").read_text(encoding="utf-8")


def test_an_arm_without_patients_for_an_endpoint_leaves_a_page_that_says_so(book: Project) -> None:
    adtte = tables()["adtte"]
    write_table(adtte[~adtte.USUBJID.isin(["S1", "S2", "S3"])], book.root / "trial" / "adtte.csv")
    site, lines = run(book)
    assert "part/subjects" in executed(lines)
    page = (site / "chapters/part/deaths-os.html").read_text(encoding="utf-8")
    assert "cannot be shown here: no subject in A" in page
    text, usable = report(book.root / "trial")
    assert usable
    assert "cannot be shown here" in text.partition("Pages")[2]
    with pytest.raises(InputError, match="cannot be shown here"):
        run_one(book, "part/deaths", {}, "trial", None, None)


def test_the_trial_is_chosen_in_one_way(book: Project) -> None:
    with pytest.raises(ParameterError, match="--data"):
        run_one(book, "part/subjects", {"data": "trial"}, "trial", None, None)
    with pytest.raises(ParameterError, match="--data"):
        run(book, Request("trial", (("part/subjects", "data", "trial"),)))


def test_two_folders_with_one_id_have_a_site_each(book: Project) -> None:
    shutil.copytree(book.root / "trial", book.root / "other")
    first, _ = run(book)
    with pytest.raises(InputError, match="nothing has been built yet"):
        last_results(book, "other")
    second, _ = run(book, Request("other"))
    assert first != second
    assert content(first)


def test_a_disk_that_is_full_is_named(book: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    results = book.root / "results.json"

    def full(*words: object, **about: object) -> tuple[int, str]:
        if about.get("dir") == results.parent:
            raise OSError(errno.ENOSPC, "No space left on device")
        return mkstemp(*words, **about)

    mkstemp = tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(RunError, match=r"results\.json cannot be written: No space left"):
        run_one(book, "part/subjects", {}, "trial", None, results)


def test_a_broken_table_is_the_readers_to_mend_when_one_chapter_is_rerun(book: Project) -> None:
    write_table(tables()["adtte"].assign(AVAL=-1.0), book.root / "trial" / "adtte.csv")
    with pytest.raises(InputError, match="AVAL"):
        run_one(book, "part/deaths", {}, "trial", None, None)
    run_one(book, "part/subjects", {}, "trial", None, None)


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
    assert "not available here" in (site / "chapters/index.html").read_text(encoding="utf-8")


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


def test_a_page_that_takes_the_longest_begins_first(book: Project) -> None:
    (book.chapters / "pages.yml").write_text("part/deaths:\n  first: true\n", encoding="utf-8")
    _, lines = run(book, Request("trial", jobs=1))
    assert next(line for line in lines if line.startswith("[1/")).split()[1] == "part/deaths"


def test_a_wrong_parameter_is_named_before_another_build_is_waited_for(book: Project) -> None:
    from filelock import FileLock

    book.build.mkdir()
    with FileLock(book.build / ".lock"), pytest.raises(ParameterError, match="legal: "):
        run(book, Request("trial", (("part/subjects", "population", "nobody"),)))


def test_a_second_build_at_the_same_time_is_refused(book: Project) -> None:
    from filelock import FileLock

    book.build.mkdir()
    with FileLock(book.build / ".lock"), pytest.raises(RunError, match="another build is running"):
        run(book)


def test_downloads_that_other_software_wrote_are_written_anew(book: Project) -> None:
    run(book)
    staged = book.build / "stage" / "_book"
    [csv] = (staged / "extra" / "downloads").rglob("*.csv")
    csv.write_text("written otherwise", encoding="utf-8")
    (staged / "frame").write_text("other-software", encoding="utf-8")
    site, _ = run(book, Request("trial", (("part/subjects", "population", "SAF"),)))
    [published] = (site / "downloads").rglob("*.csv")
    assert "written otherwise" not in published.read_text(encoding="utf-8-sig")
