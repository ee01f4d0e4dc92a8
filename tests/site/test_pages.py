"""The built site in a real browser: from disk and over loopback, on screens large and small, light and dark."""

import re
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from docx import Document
from playwright.sync_api import Browser, Page

from lentap.book.build import Request
from lentap.book.project import Project
from tests.conftest import built
from tests.site.browser import Watched, chromium, pages, served

pytestmark = pytest.mark.browser

DRAWN = "[...document.querySelectorAll('.lentap-plot')].every((plot) => plot._fullData)"
SEEN = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const there = (v) => v !== null && v !== undefined && v !== "" && !(typeof v === "number" && !Number.isFinite(v));
  const ofData = (t) => t._input.meta && t._input.meta.role === "data";
  const within = (plot) => plot._fullData.filter((t) => ofData(t) && (t.visible || plot._fullLayout.sliders.length));
  const points = (plot) => within(plot).map((t) => {
    const held = t.visible ? t : t._input;  // what a slider reaches was not laid out yet
    const x = Array.from(held.x), y = Array.from(held.y);
    return x.filter((v, i) => there(v) && there(y[i])).length;
  }).reduce((a, b) => a + b, 0);
  const figures = all(".lentap-figure").map((figure) => {
    const plot = figure.querySelector(".lentap-plot"), rows = Number(figure.querySelector("table").dataset.rows);
    return { name: figure.dataset.name, rows, points: points(plot), words: plot.getAttribute("aria-label") };
  });
  const ofWords = (table) => !table.querySelector("td.gt_right") || table.innerText.includes("Data dictionary");
  const tables = all(".cell_output > .output > .lentap-table").filter((table) => !ofWords(table));
  const numbers = [...all(".lentap-figure, .lentap-key-points"), ...tables];
  const quotes = all("a.lentap-quote.lentap-synthetic").filter((quote) => !quote.textContent.includes("(synthetic)"));
  const silent = [...numbers.filter((element) => !element.querySelector(".lentap-badge")), ...quotes];
  const bare = all(".lentap-figure, .lentap-drawing, .cell_output .lentap-table[id]").filter(
    (one) => !(one.matches("figure") ? one : one.parentElement).querySelector(".lentap-downloads"));
  const shown = (elements) => elements.map((element) => element.textContent.slice(0, 80));
  return { figures, silent: shown(silent), bare: shown(bare), width: document.documentElement.scrollWidth };
}"""
PIXEL = """async (png) => {
  const image = new Image(), canvas = document.createElement("canvas").getContext("2d");
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  canvas.drawImage(image, 0, 0);
  return [image.width, ...canvas.getImageData(0, 0, 1, 1).data];
}"""


Seen = dict[str, dict[str, Any]]  # by page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module", params=["book", "CDISC pilot"])
def edition(request: pytest.FixtureRequest, checkout: Project) -> Path:
    """The site of the book, and the site of a real trial."""
    if request.param == "book":
        return request.getfixturevalue("site")
    return built(checkout, Request(str(request.getfixturevalue("pilot"))))


@pytest.fixture(scope="module")
def seen(edition: Path, browser: Browser) -> Seen:
    """What one visit to each page showed, from disk without a network and on a phone."""
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    found = {}
    for name in pages(edition):
        watched = Watched(context.new_page())
        watched.page.goto((edition.resolve() / name).as_uri(), wait_until="load")
        if name.startswith("chapters/"):
            watched.page.wait_for_function(DRAWN)
        watched.page.wait_for_timeout(150)
        shown = watched.page.evaluate(SEEN) if name.startswith("chapters/") else {}
        found[name] = {"problems": watched.problems, **shown}
        watched.page.close()
    context.close()
    return found


def test_every_page_opens_from_disk_without_complaint_or_outside_request(seen: Seen) -> None:
    assert not {name: shown["problems"] for name, shown in seen.items() if shown["problems"]}


def test_every_page_opens_over_loopback_without_complaint_or_outside_request(edition: Path, browser: Browser) -> None:
    problems, context = {}, browser.new_context()
    with served(edition) as address:
        for name in pages(edition):
            watched = Watched(context.new_page())
            watched.page.goto(f"{address}/{name}", wait_until="load")
            watched.page.wait_for_timeout(50)
            if watched.problems:
                problems[name] = watched.problems
            watched.page.close()
    context.close()
    assert not problems


def test_every_figure_draws_as_many_finite_points_as_its_table_has_rows(seen: Seen) -> None:
    figures = [(name, figure) for name in of_chapters(seen) for figure in seen[name]["figures"]]
    assert len(figures) >= 3
    assert not [(name, figure) for name, figure in figures if not 0 < figure["rows"] == figure["points"]]


def test_every_figure_is_described_in_words(seen: Seen) -> None:
    assert not [
        (name, figure["name"]) for name in of_chapters(seen) for figure in seen[name]["figures"] if not figure["words"]
    ]


def test_every_number_says_which_kind_it_is(seen: Seen) -> None:
    assert not {name: seen[name]["silent"] for name in of_chapters(seen) if seen[name]["silent"]}


def test_every_figure_and_every_table_can_be_downloaded(seen: Seen) -> None:
    assert not {name: seen[name]["bare"] for name in of_chapters(seen) if seen[name]["bare"]}


def test_no_page_is_wider_than_a_phone(seen: Seen) -> None:
    assert not {name: width for name in of_chapters(seen) if (width := seen[name]["width"]) > 390}


def of_chapters(seen: Seen) -> list[str]:
    return [name for name in seen if name.startswith("chapters/")]


@pytest.mark.parametrize("where", ["disk", "loopback"])
def test_search_finds_resection(where: str, site: Path, browser: Browser) -> None:
    page = browser.new_page()
    with served(site) as address:
        start = site.resolve().as_uri() if where == "disk" else address
        page.goto(f"{start}/search.html?q=resection")
        page.wait_for_selector("#search-results li a")
        found = page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.getAttribute('href'))")
    page.close()
    assert any("efficacy/resection" in link for link in found)


def test_figures_take_the_colours_of_the_theme(site: Path, browser: Browser) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto((site.resolve() / "chapters/efficacy/survival-os.html").as_uri())
        page.wait_for_function("document.querySelector('.lentap-plot')._fullLayout")
        text = page.evaluate("document.querySelector('.lentap-plot')._fullLayout.font.color")
        colours[scheme] = (text, page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert colours["light"] != colours["dark"]
    for text, background in colours.values():
        assert contrast(text, background) >= 7


def test_another_value_chosen_on_a_page_changes_what_it_shows_and_back(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    watched = Watched(page)
    page.goto((site.resolve() / "chapters/efficacy/resection.html").as_uri())
    page.wait_for_function("document.querySelector('.lentap-plot')._fullData")
    before = page.inner_text("article")
    population = page.query_selector(".lentap-explore select")
    population.select_option(label="PP")
    page.wait_for_function("document.querySelector('.lentap-plot')._fullData")
    after = page.inner_text("article")
    assert "41 of 69 patients" in after
    assert "lentap run efficacy/resection -p population=PP" in after
    figure = page.evaluate(SEEN)["figures"][0]
    assert figure["points"] == figure["rows"]
    population.select_option(label="ITT")
    page.wait_for_function("document.querySelector('.lentap-plot')._fullData")
    assert page.inner_text("article").split() == before.split()
    assert watched.problems == []
    page.close()


@pytest.fixture
def resection(site: Path, browser: Browser) -> Iterator[Page]:
    """A page with a figure, a table and values to choose, from disk without a network, in the dark."""
    context = browser.new_context(offline=True, color_scheme="dark", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto((site.resolve() / "chapters/efficacy/resection.html").as_uri())
    page.wait_for_function(DRAWN)
    yield page
    context.close()


def downloaded(page: Page, what: str) -> bytes:
    """A file, from the link or button that names it, pressed on the keyboard."""
    place, _, word = what.partition(" ")
    row = {"figure": ".lentap-figure .lentap-downloads", "table": ".lentap-table + .lentap-downloads"}[place]
    with page.expect_download() as download:
        page.locator(row).first.get_by_text(word, exact=True).press("Enter")
    assert download.value.suggested_filename.startswith("resection")
    return Path(download.value.path()).read_bytes()


def test_a_figure_becomes_an_image_for_print_with_what_it_shows_and_its_kind_of_number(resection: Page) -> None:
    width, *colour = resection.evaluate(PIXEL, b64encode(downloaded(resection, "figure PNG")).decode())
    assert width == 2400
    assert colour == [255, 255, 255, 255], "white also in the dark"
    words = " ".join(ElementTree.fromstring(downloaded(resection, "figure SVG")).itertext())
    assert "SYNTHETIC" in words
    assert "Patients with salvage resection by arm, and differences from control" in words
    assert "Kind of number: Published, Synthetic. For research and teaching, not for treatment decisions." in words


def test_the_numbers_of_a_figure_and_a_table_are_downloaded_as_shown(resection: Page) -> None:
    rows = int(resection.get_attribute(".lentap-figure table", "data-rows"))
    assert len(pd.read_csv(BytesIO(downloaded(resection, "figure CSV")), comment="#")) == rows
    shown = resection.locator(".cell_output > .output > .lentap-table").first
    printed = shown.locator("tbody :is(td, th)").all_inner_texts()
    cells = [text.strip().replace("\N{NO-BREAK SPACE}", " ") for text in printed]
    assert "40.8 (25.2 to 53.8)" in cells
    (table,) = Document(BytesIO(downloaded(resection, "table DOCX"))).tables
    found = [cell.text for row in table.rows for cell in row.cells]
    assert [text for text in cells if text not in found] == []
    values = pd.read_csv(BytesIO(downloaded(resection, "table CSV")), comment="#").to_numpy().ravel()
    assert [text for text in cells if text not in values] == []


def test_another_value_chosen_brings_its_own_downloads(resection: Page) -> None:
    before = downloaded(resection, "table CSV")
    resection.select_option(".lentap-explore select", label="PP")
    resection.wait_for_function(DRAWN)
    assert b"41/69" not in before
    assert b"41/69" in downloaded(resection, "table CSV")
    assert b"41/69" in downloaded(resection, "figure SVG")


def test_what_can_be_downloaded_is_not_printed(resection: Page) -> None:
    row = resection.locator(".lentap-downloads").first
    assert row.is_visible()
    resection.emulate_media(media="print")
    assert row.is_hidden()


def test_no_page_weighs_more_than_two_megabytes_beyond_plotly(edition: Path) -> None:
    heavy = {name: size for name in pages(edition) if (size := (edition / name).stat().st_size) > 2_200_000}
    assert not heavy


def test_nothing_in_the_pages_points_at_scripts_styles_or_images_elsewhere(edition: Path) -> None:
    outside = re.compile(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=[\"'](?:https?:)?//[^\"']+", re.IGNORECASE)
    found = {n: m for n in pages(edition) if (m := outside.findall((edition / n).read_text(encoding="utf-8")))}
    assert not found


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two CSS colours (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        if colour.startswith("#"):
            parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        else:
            parts = [float(v) for v in re.findall(r"[\d.]+", colour)[:3]]
        linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
