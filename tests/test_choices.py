"""The choices of an analyst, as data: every level has words, every exclusion a reason, and there are not too many."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lentap.choices import TIMED, Choices, load_choices, multiverse_of
from lentap.errors import DataError
from lentap.files import data_dir

MOST = 200


@pytest.fixture(scope="module")
def choices() -> Choices:
    return load_choices()


def test_no_endpoint_has_more_than_two_hundred_defensible_combinations(choices: Choices) -> None:
    for kind, multiverse in choices.endpoints.items():
        levels = {
            name: list(choice.levels) or [f"declared {i}" for i in range(choice.most)]
            for name, choice in multiverse.choices.items()
        }
        formed = [dict(zip(levels, one, strict=True)) for one in itertools.product(*levels.values())]
        kept = [one for one in formed if not any(rule.holds(one) for rule in multiverse.excluded)]
        assert 100 <= len(kept) <= MOST, f"{kind}: {len(kept)}"


def test_the_reference_of_every_endpoint_is_not_excluded(choices: Choices) -> None:
    for multiverse in choices.endpoints.values():
        first = {name: next(iter(choice.levels), "declared") for name, choice in multiverse.choices.items()}
        assert not any(rule.holds(first) for rule in multiverse.excluded)


def test_every_choice_exclusion_and_omission_says_why(choices: Choices) -> None:
    for multiverse in choices.endpoints.values():
        reasons = [choice.why for choice in multiverse.choices.values()]
        reasons += [rule.why for rule in multiverse.excluded]
        reasons += list(multiverse.left_out.values())
        assert all(len(reason.split()) > 3 for reason in reasons)


def test_sets_of_covariates_lend_their_words_to_the_levels(choices: Choices) -> None:
    words = choices.endpoints["ORR"].choices["covariates"].levels
    assert words == {"none": "nothing", "stage": "BCLC stage", "tumour": "stage and tumour", "all": "all declared"}
    assert choices.covariates["all"] == ()


def test_any_endpoint_of_a_trial_is_a_time_to_an_event(choices: Choices) -> None:
    assert multiverse_of(choices, "PFS") is choices.endpoints[TIMED]
    assert multiverse_of(choices, "SLR") is choices.endpoints["SLR"]


Alter = Callable[[dict[str, Any]], None]
BROKEN: dict[str, tuple[Alter, str]] = {
    "a level nobody knows": (
        lambda top: top["endpoints"]["ORR"]["choices"]["not_evaluable"]["levels"].update(imputed="guessed"),
        "not_evaluable.levels has 'imputed'; legal: failure, absent",
    ),
    "a set of covariates that is not there": (
        lambda top: top["endpoints"]["ORR"]["choices"]["covariates"]["levels"].update(liver="liver"),
        "covariates.levels has 'liver'; legal: none, stage, tumour, all",
    ),
    "a time in words": (
        lambda top: top["endpoints"]["SLR"]["choices"]["window"]["levels"].update(soon="soon"),
        "window.levels has 'soon'; legal: all or a whole number",
    ),
    "an exclusion of what is no level": (
        lambda top: top["endpoints"][TIMED]["excluded"][0]["when"].update(analysis=["naive"]),
        "excluded[1].when.analysis is 'naive'; legal: crude, stratified, adjusted, weighted, overlap",
    ),
    "neither levels nor a part of trial.yml": (
        lambda top: top["endpoints"]["SLR"]["choices"]["population"].pop("trial"),
        "choices.population has neither levels alone nor trial and most",
    ),
    "no reason": (
        lambda top: top["endpoints"]["SLR"]["choices"]["window"].pop("why"),
        "key 'endpoints.SLR.choices.window.why' is missing",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_legal_is_named(name: str, tmp_path: Path) -> None:
    alter, message = BROKEN[name]
    top = yaml.safe_load((data_dir() / "choices.yml").read_text(encoding="utf-8"))
    alter(top)
    file = tmp_path / "choices.yml"
    file.write_text(yaml.dump(top, sort_keys=False), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load_choices(file)
    assert message in str(refused.value)


def test_choices_without_times_to_events_are_refused(choices: Choices) -> None:
    known = {kind: multiverse for kind, multiverse in choices.endpoints.items() if kind != TIMED}
    with pytest.raises(DataError, match="no choices for 'time to event'"):
        multiverse_of(Choices(choices.flags, choices.covariates, known), "OS")
