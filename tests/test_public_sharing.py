"""The edition for public sharing: it sets every page that can hide small cells, and no hidden count can be worked out."""

from lentap.book.chapter import find_chapters
from lentap.book.project import Project
from lentap.book.scenarios import load_scenario


def test_the_scenario_hides_small_cells_on_every_page_that_can(checkout: Project) -> None:
    chapters = find_chapters(checkout.chapters, checkout.package)
    able = {name for name, chapter in chapters.items() if "smallest_cell" in chapter.parameters}
    scenario = load_scenario(checkout, "public_sharing", chapters)
    assert scenario.parameters == {name: {"smallest_cell": 5} for name in able}
