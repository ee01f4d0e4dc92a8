"""A figure whose rows a reader hides by their choices, in a real browser, from disk and without a network."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Page

from lentap.book.downloads import Downloads
from lentap.book.extension import STATIC
from lentap.book.figures import figure_html
from lentap.book.tree import Tree
from lentap.show.figure import DATA, MIME, Figure, Filter
from tests.site.browser import Watched, chromium

pytestmark = pytest.mark.browser

WORDS = "{shown} of {all}: {median}, {smallest} to {largest}; {above} above, {below} below, {apart} apart"
POINTS = """(plot) => {
  const trace = plot._fullData.find((t) => t.meta.role === "data");
  return [trace.x, trace.y, trace.text].map((values) => [...(values || [])]);
}"""


def figure() -> Figure:
    data = pd.DataFrame(
        {
            "Estimate": [-2.0, -1.0, 1.0, 4.0],
            "Low": [-3.0, -2.0, 0.5, -1.0],
            "High": [-1.0, 0.5, 2.0, 9.0],
            "Model": ["plain <b>", "full", "plain <b>", "full"],
            "Cut": ["late", "late", "early", "early"],
        }
    )
    rows = list(range(4))
    drawn = go.Figure()
    drawn.add_trace(
        go.Scatter(
            x=[row for row in rows for _ in range(3)],
            y=[end for row in rows for end in (data["Low"][row], data["High"][row], None)],
            mode="lines",
            meta={"role": "interval", "rows": [row for row in rows for _ in range(3)]},
        )
    )
    drawn.add_trace(
        go.Scatter(
            x=rows, y=data["Estimate"].tolist(), text=list("abcd"), mode="markers", marker={"symbol": ["circle"] * 4},
            meta=DATA | {"rows": rows},
        )
    )  # fmt: skip
    choices = {"Model": ["plain <b>", "full"], "Cut": ["early", "late"]}
    hidden = Filter(choices, "Estimate", "Low", "High", 0.0, 1, WORDS)
    return Figure(drawn, "What it shows.", data, ("yours",), "small", filter=hidden)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    data, about = figure()._repr_mimebundle_()
    scripts = [Path(str(files("plotly") / "package_data" / "plotly.min.js")), STATIC / "lentap.js"]
    tags = "".join(f'<script src="{script.as_uri()}"></script>' for script in scripts)
    file = tmp_path_factory.mktemp("filter") / "page.html"
    style = ":root { --pst-color-text-base: #111; --pst-color-surface: #eee; --pst-color-border: #ccc; }"
    html = figure_html(data[MIME], about[MIME]["lentap"], Downloads(Tree(file.parent), ""))
    file.write_text(f"<!doctype html><style>{style}</style>{html}{tags}", encoding="utf-8")
    with chromium() as browser:
        watched = Watched(browser.new_context(offline=True).new_page())
        watched.page.goto(file.as_uri())
        watched.page.wait_for_function("document.querySelector('.lentap-plot')._fullData")
        yield watched.page
        assert watched.problems == []


def said(page: Page) -> str:
    page.wait_for_timeout(100)
    return page.locator(".lentap-filter output").inner_text()


def points(page: Page) -> list[list[object]]:
    found: list[list[object]] = page.locator(".lentap-plot").evaluate(POINTS)
    return found


def test_a_reader_hides_levels_with_the_keyboard_and_takes_it_back(page: Page) -> None:
    assert said(page) == "4 of 4: 0.0, \N{MINUS SIGN}2.0 to 4.0; 2 above, 2 below, 2 apart"
    box = page.get_by_role("group", name="Model").get_by_role("checkbox", name="plain <b>")
    box.focus()
    page.keyboard.press("Space")
    assert said(page) == "2 of 4: 1.5, \N{MINUS SIGN}1.0 to 4.0; 1 above, 1 below, 0 apart"
    assert points(page) == [[0, 1], [-1, 4], ["b", "d"]], "what is left closes up"
    assert page.locator(".lentap-data tbody tr[hidden]").count() == 2
    assert page.locator(".lentap-plot").get_attribute("aria-label") == "What it shows."
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert said(page).startswith("2 of 4"), "another theme keeps what was chosen"
    assert points(page)[0] == [0, 1]
    page.get_by_role("checkbox", name="full").uncheck()
    assert said(page) == "nothing is left: tick at least one level of each choice."
    assert points(page) == [[], [], []]
    page.get_by_role("button", name="Show all").press("Enter")
    assert said(page).startswith("4 of 4")
    assert points(page) == [[0, 1, 2, 3], [-2, -1, 1, 4], ["a", "b", "c", "d"]]


def test_intervals_go_with_their_points(page: Page) -> None:
    page.reload()
    page.get_by_role("checkbox", name="late").uncheck()
    assert said(page) == "2 of 4: 2.5, 1.0 to 4.0; 2 above, 0 below, 1 apart"
    ends = page.locator(".lentap-plot").evaluate("(plot) => [[...plot._fullData[0].x], [...plot._fullData[0].y]]")
    assert ends == [[0, 0, 0, 1, 1, 1], [0.5, 2, None, -1, 9, None]]
