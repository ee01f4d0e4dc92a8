"""A grid of parameter values: how it is typed, how many runs it asks for, and the runs one by one."""

import itertools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lentap.book.chapter import Chapter
from lentap.book.project import digest
from lentap.design import Design
from lentap.errors import ParameterError
from lentap.parameters import Files, Value, rule_of

NUMBER = r"-?\d+(?:\.\d+)?"
RANGE = re.compile(rf"({NUMBER}):({NUMBER})(?::({NUMBER}))?")
MOST = 10_000  # runs that need no confirmation
LONGEST = 10_000_000  # values of one parameter

Axis = range | list[str]


@dataclass(frozen=True)
class Run:
    """One point of a grid: the values that vary, all values of the chapter, and a name made from their content."""

    id: str
    varied: dict[str, Value]
    values: dict[str, Value]


@dataclass(frozen=True)
class Grid:
    """Every combination of the values typed for some parameters of a chapter."""

    chapter: Chapter
    axes: dict[str, Axis]
    key: str  # content of everything else a run depends on

    def __len__(self) -> int:
        return math.prod(len(axis) for axis in self.axes.values())

    def runs(self, data: str, design: Design) -> Iterator[Run]:
        """The runs, the last parameter varying fastest; none is made before it is asked for.

        Raises
        ------
        ParameterError
            A value is not legal for this trial.
        """
        fixed: dict[str, Value] = {"data": data} if "data" in self.chapter.parameters else {}
        for texts in itertools.product(*self.axes.values()):
            varied = {name: self.chapter.read(name, str(text)) for name, text in zip(self.axes, texts, strict=True)}
            values = self.chapter.resolve({**fixed, **varied}, design)
            varied = {name: values[name] for name in varied}
            content = {name: value for name, value in values.items() if name != "data"}  # the key knows its tables
            yield Run(digest(self.key, json.dumps(content, sort_keys=True))[:16], varied, values)

    def check(self, data: str, design: Design) -> None:
        """Look at every value of every parameter once, so that no run fails for a value that is not legal.

        Raises
        ------
        ParameterError
            A value is not legal; chapter, parameter, value and legal values are named.
        """
        fixed: dict[str, Value] = {"data": data} if "data" in self.chapter.parameters else {}
        for name, axis in self.axes.items():
            ends = [axis[0], axis[-1]] if isinstance(axis, range) else axis
            for text in ends:
                self.chapter.resolve({**fixed, name: self.chapter.read(name, str(text))}, design)


def parse(chapter: Chapter, texts: list[str]) -> dict[str, Axis]:
    """The values typed for each parameter: ``name=v1,v2,...`` or ``name=first:last[:step]``.

    Raises
    ------
    ParameterError
        A text is of another form, a parameter is unknown, typed twice or is the trial, or there is no value.
    """
    axes: dict[str, Axis] = {}
    for text in texts:
        name, found, words = text.partition("=")
        if not found or not name:
            msg = f"-g {text!r} is not of the form name=v1,v2 or name=first:last"
            raise ParameterError(msg)
        chapter.read(name, "")
        if name in axes or name == "data":
            why = "stands twice" if name in axes else "is the trial, which is chosen with --data"
            msg = f"-g {text!r}: {name} {why}"
            raise ParameterError(msg)
        if isinstance(rule_of(chapter.parameters[name].type_name)[1], Files):
            msg = f"-g {text!r}: {name} names files, which do not travel to the workers; use 'lentap run'"
            raise ParameterError(msg)
        axes[name] = _axis(text, words)
    if not axes:
        msg = f"{chapter.name}: no parameter varies; name one with -g name=v1,v2 or -g name=first:last"
        raise ParameterError(msg)
    return axes


def _axis(text: str, words: str) -> Axis:
    if span := RANGE.fullmatch(words.strip()):
        first, last, step = (Decimal(1 if number is None else number) for number in span.groups())
        if step <= 0 or last < first or (last - first) / step >= LONGEST:
            msg = f"-g {text!r} asks for no value, or too many; legal: FIRST:LAST:STEP, up to {LONGEST:,} steps upwards"
            raise ParameterError(msg)
        steps = range(int((last - first) / step) + 1)
        whole = first == int(first) and step == int(step)
        axis: Axis = (
            range(int(first), int(last) + 1, int(step)) if whole else [str(first + number * step) for number in steps]
        )
    else:
        axis = list(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))
    if not axis:
        msg = f"-g {text!r} asks for no value"
        raise ParameterError(msg)
    return axis
