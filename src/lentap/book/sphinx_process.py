"""Jupyter Book as a process that loads while chapters still run, and builds when it is told what."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import yaml

from lentap.errors import RunError

# What Sphinx will import anyway, then a line with what to build; nothing is built where none comes.
PROGRAM = """
import json, sys
sys.modules.setdefault("rfc3987_syntax", None)  # a grammar of web addresses, slow to load and never used
import sphinx.cmd.build, myst_nb.sphinx_ext, sphinx_book_theme, sphinx_design, sphinx_togglebutton
import sphinx_copybutton, sphinx_comments, sphinx_external_toc, lentap.book.extension
from jupyter_book.cli.main import main
words = sys.stdin.readline()
if words:
    sys.argv[1:] = json.loads(words)
    main()
"""
# Jupyter Book's own start page says nothing of an icon, which browsers then ask a server for in vain.
START = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url=chapters/index.html">
<a href="chapters/index.html">{title}</a>
</html>
"""

Render = Callable[[Path, Path], Path]


@contextmanager
def waiting_sphinx() -> Iterator[Render]:
    """Start loading at once, and yield what builds a staged tree into a folder and returns the folder of its HTML.

    It builds once, and raises RunError with Sphinx's last words where Sphinx failed or warned.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        yield lambda staged, output: _build(process, staged, output)
    finally:
        process.kill()
        process.communicate()


def run_sphinx(staged: Path, output: Path) -> Path:
    """Build a staged tree and return the folder of its HTML.

    Raises
    ------
    RunError
        Sphinx failed or warned; the message holds its last words.
    """
    with waiting_sphinx() as render:
        return render(staged, output)


def _build(process: subprocess.Popen[str], staged: Path, output: Path) -> Path:
    shutil.rmtree(output, ignore_errors=True)
    words = ["build", str(staged), "--path-output", str(output), "--warningiserror", "--keep-going", "--quiet"]
    said, _ = process.communicate(json.dumps(words) + "\n")
    if process.returncode:
        lines = [line for line in said.splitlines() if line.strip()]
        problems = [line for line in lines if "WARNING" in line or "ERROR" in line] or lines[-15:]
        msg = "the site could not be built:\n" + "\n".join(problems[:20]).replace(f"{staged}{os.sep}", "")
        raise RunError(msg)
    html = output / "_build" / "html"
    title = yaml.safe_load((staged / "_config.yml").read_text(encoding="utf-8"))["title"]
    (html / "index.html").write_text(START.format(title=escape(title)), encoding="utf-8", newline="\n")
    return html
