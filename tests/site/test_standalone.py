"""A rerun chapter as one HTML file, in a real browser."""

from pathlib import Path

import pytest

from lentap.book.project import Project
from lentap.book.single import run_one
from tests.site.browser import Watched, chromium

pytestmark = pytest.mark.browser


def opened(file: Path) -> tuple[list[str], str, int]:
    """What a browser without a network complains of or asks for, the page's text, and how many curves it draws."""
    with chromium() as browser:
        watched = Watched(browser.new_context(offline=True).new_page())
        asked: list[str] = []
        watched.page.on("request", lambda r: None if r.url.startswith("data:") else asked.append(r.url))
        watched.page.goto(file.as_uri(), wait_until="load")
        watched.page.wait_for_timeout(300)
        drawn = len(watched.page.query_selector_all(".lentap-plot .main-svg .trace"))
        text = watched.page.inner_text("body")
    return [*watched.problems, *asked[1:]], text, drawn


def test_one_file_holds_all_a_page_needs(book: Project) -> None:
    file = book.root / "deaths.html"
    run_one(book, "part/deaths", {}, "trial", file, None)
    problems, text, drawn = opened(file)
    assert problems == []
    assert drawn > 0
    assert "OS: How many events?" in text
    assert "It occurred 3 (synthetic) times." in text
    assert "lentap run part/deaths --data trial -p endpoint=OS" in text
    assert "executed notebook" not in text
    assert sorted(path.name for path in book.build.iterdir()) == ["cache", "ipython"], "nothing else is left behind"


def test_what_a_page_quotes_of_others_comes_from_the_last_build(book: Project) -> None:
    from lentap.book.build import Request, build

    file = book.root / "index.html"
    run_one(book, "index", {}, "trial", file, None)
    assert "There are not available here subjects." in opened(file)[1]
    build(book, Request("trial"), lambda line: None)
    run_one(book, "index", {}, "trial", file, None)
    problems, text, _ = opened(file)
    assert problems == []
    assert "There are 6 (synthetic) subjects." in text
