"""The scenarios that the book ships: each is legal for its chapters and for the trial it is shown with."""

import pytest

from lentap.book.project import find_project
from lentap.book.request import Request
from lentap.book.run import plan_editions
from lentap.book.scenarios import scenario_names
from lentap.design import load_design, trial_folder

PROJECT = find_project()


@pytest.mark.parametrize("name", scenario_names(PROJECT))
def test_a_scenario_changes_pages_of_the_book(name: str) -> None:
    folder = trial_folder("shipped")
    request = Request("shipped", scenarios=(name,))
    main, edition = plan_editions(PROJECT, request, load_design(folder), folder, lambda _: None)
    before = {page.name: values for page, values in main.pages}
    changed = {page.name for page, values in edition.pages if values != before[page.name]}
    assert edition.scenario is not None
    assert {name.partition("-")[0] for name in changed} == set(edition.scenario.parameters)
