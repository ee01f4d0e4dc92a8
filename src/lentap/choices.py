"""The choices an analyst of a trial has, endpoint by endpoint, read from ``data/choices.yml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lentap.errors import DataError
from lentap.files import data_dir
from lentap.forms import Form, read_words

TIMED = "time to event"  # the kind of every endpoint that trial.yml declares
KNOWN = {
    "definition": ("any", "R0"),
    "confirmation": ("none",),
    "not_evaluable": ("failure", "absent"),
    "events": ("all", "disease"),
    "window": ("all",),
    "follow_up": ("all", "tail"),
    "analysis": ("crude", "stratified", "adjusted", "weighted", "overlap"),
}
NUMBERS = ("window", "follow_up", "confirmation")  # choices that may also be numbers
FROM_TRIAL = ("populations", "criteria")


@dataclass(frozen=True)
class Choice:
    """One choice: its levels by name, with the words for each, or the part of ``trial.yml`` that gives ``most``."""

    label: str
    why: str
    levels: Mapping[str, str]
    trial: str = ""
    most: int = 0


@dataclass(frozen=True)
class Exclusion:
    """Levels that make no sense together, and why not."""

    when: Mapping[str, tuple[str, ...]]
    why: str

    def holds(self, levels: Mapping[str, str]) -> bool:
        """Whether a combination of levels is one of these."""
        return all(levels.get(choice) in among for choice, among in self.when.items())


@dataclass(frozen=True)
class Multiverse:
    """The choices for one kind of endpoint, what is excluded of their combinations, and what is no choice at all."""

    label: str
    choices: Mapping[str, Choice]
    excluded: tuple[Exclusion, ...]
    left_out: Mapping[str, str]


@dataclass(frozen=True)
class Choices:
    """All that ``choices.yml`` says; ``covariates`` holds columns of ADSL by set, none for every declared one."""

    flags: tuple[str, ...]
    covariates: Mapping[str, tuple[str, ...]]
    endpoints: Mapping[str, Multiverse]


def load_choices(path: Path | None = None) -> Choices:
    """Read the choices; the shipped ones by default.

    Raises
    ------
    DataError
        An entry is missing, unknown or not legal; every one is named.
    """
    file = path or data_dir() / "choices.yml"
    form = Form()
    top = form.entry(read_words(file), "", ("flags", "covariates", "endpoints"))
    sets = form.named(top, "covariates", ("label",), ("columns",))
    words = {name: form.text(entry, "label", f"covariates.{name}") for name, entry in sets.items()}
    endpoints = form.named(top, "endpoints", ("label", "choices", "excluded", "left_out"))
    found = Choices(
        form.listed(top.get("flags"), "flags"),
        {name: form.listed(entry.get("columns"), f"covariates.{name}.columns") for name, entry in sets.items()},
        {kind: _multiverse(form, kind, entry, words) for kind, entry in endpoints.items()},
    )
    form.complain(file)
    return found


def _multiverse(form: Form, kind: str, entry: Mapping[str, Any], sets: Mapping[str, str]) -> Multiverse:
    where = f"endpoints.{kind}"
    choices = {
        name: _choice(form, name, about, f"{where}.choices.{name}", sets)
        for name, about in form.mapping(entry.get("choices"), f"{where}.choices").items()
    }
    excluded = []
    for place, found in enumerate(form.entries(entry.get("excluded"), f"{where}.excluded"), 1):
        at = f"{where}.excluded[{place}]"
        one = form.entry(found, at, ("when", "why"))
        when = {
            name: form.listed(levels, f"{at}.when.{name}")
            for name, levels in form.mapping(one.get("when"), f"{at}.when").items()
        }
        for name, levels in when.items():
            legal = choices[name].levels if name in choices else {}
            form.problems += [
                f"{at}.when.{name} is {level!r}; legal: {', '.join(legal) or 'a choice with levels'}"
                for level in levels
                if level not in legal
            ]
        excluded.append(Exclusion(when, form.text(one, "why", at)))
    left_out = form.words(entry.get("left_out"), f"{where}.left_out")
    return Multiverse(form.text(entry, "label", where), choices, tuple(excluded), left_out)


def _choice(form: Form, name: str, about: Any, where: str, sets: Mapping[str, str]) -> Choice:
    entry = form.entry(about, where, ("label", "why"), ("levels", "trial", "most"))
    levels = form.words(entry.get("levels"), f"{where}.levels")
    legal = ("none", *sets) if name == "covariates" else KNOWN.get(name, ())
    for level in levels:
        if level not in legal and not (name in NUMBERS and level.isdigit() and int(level)):
            numbers = " or a whole number" if name in NUMBERS else ""
            form.problems.append(f"{where}.levels has {level!r}; legal: {', '.join(legal) or 'none'}{numbers}")
    trial = form.text(entry, "trial", where, FROM_TRIAL)
    most = form.text(entry, "most", where)
    if bool(trial) == bool(levels) or bool(trial) != most.isdigit():
        form.problems.append(f"{where} has neither levels alone nor trial and most; legal: the one or the others")
    levels = {level: words or sets.get(level, level) for level, words in levels.items()}
    return Choice(form.text(entry, "label", where), form.text(entry, "why", where), levels, trial, int(most or 0))


def multiverse_of(choices: Choices, outcome: str) -> Multiverse:
    """The choices for an outcome: ``SLR`` (resection), ``ORR`` (response), or an endpoint that ``trial.yml`` declares.

    Raises
    ------
    DataError
        ``choices.yml`` has nothing for endpoints of that kind.
    """
    kind = outcome if outcome in choices.endpoints else TIMED
    if kind not in choices.endpoints:
        msg = f"choices.yml has no choices for {kind!r}; it has: {', '.join(choices.endpoints)}"
        raise DataError(msg)
    return choices.endpoints[kind]
