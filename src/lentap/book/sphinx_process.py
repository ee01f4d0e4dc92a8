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

from lentap.book.layout import EXTRA, FRAME
from lentap.book.project import digest_files, files_below
from lentap.errors import RunError

# What Sphinx will import anyway, then a line with what to build; nothing is built where none comes.
PROGRAM = """
import gc, json, sys
gc.disable()  # a site fits into memory, and looking for garbage takes a tenth of the time
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

    It builds once, and of pages that it made in that folder before only those that changed. It raises RunError with
    Sphinx's last words where Sphinx failed or warned.
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
    html, made_from = output / "_build" / "html", output / FRAME
    before = made_from.read_text(encoding="utf-8").split() if made_from.is_file() else []
    frame = (staged / FRAME).read_text(encoding="utf-8")
    pages = digest_files((path for path in files_below(staged) if EXTRA not in path.relative_to(staged).parts), staged)
    if before != [frame, pages]:
        made_from.unlink(missing_ok=True)
        if before[:1] != [frame]:
            _remove(output)
        _remove(html / "_static")  # an address tells whether the file was there when its page was made
        _run(process, staged, output)
        _forget_words(html / "searchindex.js")
        title = yaml.safe_load((staged / "_config.yml").read_text(encoding="utf-8"))["title"]
        (html / "index.html").write_text(START.format(title=escape(title)), encoding="utf-8", newline="\n")
        made_from.write_text(f"{frame} {pages}", encoding="utf-8")
    for path in (staged / EXTRA).iterdir():
        _remove(html / path.name)
    shutil.copytree(staged / EXTRA, html, dirs_exist_ok=True)
    return html


def _run(process: subprocess.Popen[str], staged: Path, output: Path) -> None:
    words = ["build", str(staged), "--path-output", str(output), "--warningiserror", "--keep-going", "--quiet"]
    said, _ = process.communicate(json.dumps(words) + "\n")
    if process.returncode:
        lines = [line for line in said.splitlines() if line.strip()]
        problems = [line for line in lines if "WARNING" in line or "ERROR" in line] or lines[-15:]
        msg = "the site could not be built:\n" + "\n".join(problems[:20]).replace(f"{staged}{os.sep}", "")
        raise RunError(msg)


def _forget_words(index: Path) -> None:
    """Take the words that no page has any more out of the search index, which Sphinx keeps without a page."""
    text = index.read_text(encoding="utf-8")  # JSON as the argument of a call
    start, end = text.index("{"), text.rindex("}") + 1
    words = json.loads(text[start:end])
    for kind in ("terms", "titleterms"):
        words[kind] = {word: pages for word, pages in words[kind].items() if pages != []}
    text = text[:start] + json.dumps(words, sort_keys=True) + text[end:]
    index.write_text(text, encoding="utf-8", newline="\n")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
