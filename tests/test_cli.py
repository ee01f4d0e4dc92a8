"""The command line: what it prints, what a shell completes, and how mistakes end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def lentap(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lentap", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lentap run efficacy/s", {"efficacy/sensitivity", "efficacy/survival"}),
        ("lentap run efficacy/survival -p conf", {"confidence="}),
        ("lentap run efficacy/survival -p interval=log", {"interval=log", "interval=log-log"}),
        ("lentap run safety/adverse_events -p related_only=", {"related_only=true", "related_only=false"}),
        ("lentap sweep efficacy/resection_", {"efficacy/resection_subgroups", "efficacy/resection_timing"}),
        ("lentap build --scenario per", {"per_protocol"}),
        ("lentap params reference/c", {"reference/claims"}),
    ],
)
def test_a_shell_completes(line: str, expected: set[str]) -> None:
    words = {"_LENTAP_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    program = "import sys; sys.argv[0] = 'lentap'; from lentap.cli import app; app(prog_name='lentap')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **words},
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) == expected


def test_the_help_of_a_rerun_lists_the_chapters_parameters() -> None:
    done = lentap("run", "efficacy/survival", "--help")
    assert done.returncode == 0
    assert "log | log-log | plain | arcsine" in done.stdout
    assert "scale on which the interval of the curve is computed" in done.stdout


def test_a_run_that_cannot_write_all_it_is_asked_for_writes_nothing(tmp_path: Path) -> None:
    page, results = tmp_path / "page.ipynb", tmp_path / "taken.json"
    results.mkdir()
    done = lentap("run", "efficacy/survival", "--output", str(page), "--results", str(results))
    assert (done.returncode, done.stderr) == (2, f"lentap: {results}: is a folder\n")
    assert not page.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "efficacy/survivl"), "did you mean 'efficacy/survival'"),
        (("run", "efficacy/survival", "-p", "confidnce=0.9"), "did you mean 'confidence'"),
        (("run", "efficacy/survival", "-p", "confidence=2"), "legal: between 0.5 and 1"),
        (("run", "efficacy/survival", "--output", "x.pdf"), "the name must end in .html or .ipynb"),
        (("run", "efficacy/survival", "--output", "no/where.html"), "there is no folder no"),
        (("build", "--scenario", "per_protocl"), "did you mean 'per_protocol'"),
        (("build", "--data", "nowhere"), "no such folder"),
        (("sweep", "efficacy/survival", "-g", "endpoint=OS,PS"), "legal: OS | EFS | RFS"),
        (("check", "nowhere"), "no such folder"),
        (("run", "efficacy/survival", "-p", "endpoint=OS", "-p", "endpoint=EFS"), "endpoint stands twice"),
        (("simulate", "nowhere", "--patients", "100000000000"), "legal: 2, one in each arm, to 1,000,000"),
        (("run", "efficacy/reconstruction", "-p", "curve=nowhere.csv"), "legal: simulated | a CSV file of readings"),
        (("sweep", "efficacy/reconstruction", "-g", "curve=README.md"), "do not travel"),
    ],
)
def test_a_mistake_ends_in_one_line_and_status_2(words: tuple[str, ...], said: str) -> None:
    done = lentap(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.startswith("lentap: ")
    assert done.stderr.count("\n") == 1
