"""Sphinx extension of the book: quotations of results, figures drawn offline, and no page without results."""

import json
import shutil
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import markupsafe
from docutils import nodes
from docutils.parsers.rst.states import Inliner
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxRole

from lentap.book.layout import CHOICES, RESULTS
from lentap.book.quote import MissingResultError, find
from lentap.errors import InputError
from lentap.results import Result
from lentap.show.format import quote

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
MATHJAX = "sphinx-mathjax-offline/static/mathjax"
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts/woff-v2")


class ResultRole(SphinxRole):
    """``{result}`name label=value``` becomes the recorded number, linked to the page that computed it."""

    inliner: Inliner

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        book: dict[str, Any] = self.config.lentap_results
        try:
            page, result, part = find(self.text, book["results"])
            words = quote(result, part)
        except MissingResultError as error:
            if book["complete"]:
                return [], [self.inliner.reporter.error(str(error), line=self.lineno)]
            return [nodes.emphasis(text="not available here")], []
        except InputError as error:
            return [], [self.inliner.reporter.error(str(error), line=self.lineno)]
        target = self.env.app.builder.get_relative_uri(self.env.docname, f"chapters/{page}")
        words += " (synthetic)" if result.source == "synthetic" else ""
        classes = ["lentap-quote", f"lentap-{result.source}"]
        return [nodes.reference(self.rawtext, words, refuri=target, internal=True, classes=classes)], []


def read_results(app: Sphinx, config: Config) -> None:
    """Load the recorded results, and refuse to build chapters that were never executed."""
    path = Path(app.srcdir) / RESULTS
    if not path.is_file():
        msg = "These chapters have not been executed, so their pages would be empty: run 'make book' instead."
        raise SystemExit(msg)  # an error would reach the reader as two tracebacks
    book = json.loads(path.read_text(encoding="utf-8"))
    config.lentap_results = {**book, "results": [(row.pop("page"), Result(**row)) for row in book["results"]]}
    config.html_static_path.append(str(STATIC))
    config.templates_path.append(str(TEMPLATES))


def add_plotly(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:  # noqa: ARG001
    """Load Plotly on the pages that hold a plot, and what draws figures and makes images of them, and on no other."""
    body = context.get("body", "")
    if "lentap-plot" in body:
        app.add_js_file("vendor/plotly.min.js", priority=100)
    if "lentap-plot" in body or "lentap-drawing" in body:
        app.add_js_file("lentap.js", priority=900)


def add_choices(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:  # noqa: ARG001
    """Put what a reader can choose into the finished page: megabytes that Markdown and search have no use for."""
    file = Path(app.srcdir) / CHOICES / f"{pagename}.json"
    if file.is_file():
        data = file.read_text(encoding="utf-8")
        context["body"] += f'<script type="application/json" id="lentap-variants">{data}</script>'


def add_switch(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:  # noqa: ARG001
    """Tell the header's template which editions hold this page, and the way to it in each."""
    switch = app.config.lentap_results["switch"]
    context["lentap_here"] = switch.get("here", "")
    context["lentap_editions"] = [
        {**edition, "page": pagename if pagename in edition["pages"] else "chapters/index"}
        for edition in switch.get("editions", [])
    ]


def escape_title(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:  # noqa: ARG001
    """Escape a trial's title once, wherever the theme prints it: some of its templates print it as it stands."""
    context.update({name: markupsafe.escape(context[name]) for name in ("docstitle", "project") if name in context})


def copy_vendored(app: Sphinx, exception: Exception | None) -> None:
    """Copy what pages load from elsewhere on the web in other books: Plotly, and MathJax with its fonts."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / "vendor").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(str(files("plotly") / "package_data" / "plotly.min.js"), static / "vendor" / "plotly.min.js")
    mathjax = Path(str(distribution("sphinx-mathjax-offline").locate_file(MATHJAX)))
    for part in MATHJAX_PARTS:
        source, target = mathjax / part, static / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("lentap_results", {}, "")
    app.add_role("result", ResultRole())
    app.connect("config-inited", read_results)
    app.connect("html-page-context", add_choices)
    app.connect("html-page-context", add_plotly)
    app.connect("html-page-context", add_switch)
    app.connect("html-page-context", escape_title)
    app.connect("build-finished", copy_vendored)
    app.add_css_file("lentap.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
