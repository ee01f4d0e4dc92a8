"""The built site in a real browser: from disk and over loopback, on screens large and small, light and dark."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lentap.book.build import Request
from lentap.book.project import Project
from tests.conftest import built
from tests.site.browser import Watched, chapters, chromium, pages, served

pytestmark = pytest.mark.browser

FINITE_POINTS = """(plot) => {
  const there = (v) => v !== null && v !== undefined && v !== "" && !(typeof v === "number" && !Number.isFinite(v));
  return plot._fullData.filter((t) => t.meta && t.meta.role === "data").map((t) => {
    const x = Array.from(t.x), y = Array.from(t.y);
    return x.filter((v, i) => there(v) && there(y[i])).length;
  }).reduce((a, b) => a + b, 0);
}"""


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


def test_every_page_opens_from_disk_without_complaint_or_outside_request(edition: Path, browser: Browser) -> None:
    context = browser.new_context(offline=True)
    problems = {}
    for name in pages(edition):
        watched = Watched(context.new_page())
        watched.page.goto((edition.resolve() / name).as_uri(), wait_until="load")
        watched.page.wait_for_timeout(150)
        if watched.problems:
            problems[name] = watched.problems
        watched.page.close()
    context.close()
    assert not problems


def test_every_page_opens_over_loopback_without_complaint_or_outside_request(edition: Path, browser: Browser) -> None:
    problems = {}
    with served(edition) as address:
        for name in pages(edition):
            watched = Watched(browser.new_page())
            watched.page.goto(f"{address}/{name}", wait_until="load")
            watched.page.wait_for_timeout(150)
            if watched.problems:
                problems[name] = watched.problems
            watched.page.close()
    assert not problems


def test_every_figure_draws_as_many_finite_points_as_its_table_has_rows(edition: Path, browser: Browser) -> None:
    page, figures = browser.new_page(), 0
    for name in chapters(edition):
        page.goto((edition.resolve() / name).as_uri())
        for figure in page.query_selector_all(".lentap-figure"):
            figures += 1
            plot, table = figure.query_selector(".lentap-plot"), figure.query_selector("table")
            page.wait_for_function("(plot) => plot._fullData", arg=plot)
            rows = int(table.get_attribute("data-rows"))
            assert rows > 0, f"{name}: {figure.get_attribute('data-name')} has no data"
            assert plot.evaluate(FINITE_POINTS) == rows, f"{name}: {figure.get_attribute('data-name')}"
            assert plot.get_attribute("aria-label"), f"{name}: a figure without alternative text"
    page.close()
    assert figures >= 3


def test_every_number_says_which_kind_it_is(edition: Path, browser: Browser) -> None:
    page = browser.new_page()
    for name in chapters(edition):
        page.goto((edition.resolve() / name).as_uri())
        for figure in page.query_selector_all(".lentap-figure, .lentap-key-points"):
            assert figure.query_selector(".lentap-badge"), f"{name}: {figure.inner_text()[:80]}"
        for table in page.query_selector_all(".cell_output > .output > .lentap-table"):
            of_words = table.query_selector("td.gt_right") is None or "Data dictionary" in table.inner_text()
            assert of_words or table.query_selector(".lentap-badge"), f"{name}: {table.inner_text()[:80]}"
        for quote in page.query_selector_all("a.lentap-quote.lentap-synthetic"):
            assert "(synthetic)" in quote.text_content(), f"{name}: {quote.text_content()}"
    page.close()


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


def test_no_page_is_wider_than_a_phone(edition: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    wide = {}
    for name in chapters(edition):
        page.goto((edition.resolve() / name).as_uri())
        page.wait_for_timeout(200)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[name] = width
    page.close()
    assert not wide


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
    figure = page.query_selector(".lentap-figure")
    rows = int(figure.query_selector("table").get_attribute("data-rows"))
    assert figure.query_selector(".lentap-plot").evaluate(FINITE_POINTS) == rows
    population.select_option(label="ITT")
    page.wait_for_function("document.querySelector('.lentap-plot')._fullData")
    assert page.inner_text("article").split() == before.split()
    assert watched.problems == []
    page.close()


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
