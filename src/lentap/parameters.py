"""The named types a chapter's parameters are declared with.

Each is an ordinary Python type with a rule attached, so a notebook reads ``endpoint: Endpoint = "OS"``, a type checker
sees a string, and the book refuses a value outside the rule before any kernel starts. The rule of some types depends on
the loaded trial (its endpoints, populations, arms).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

from lentap.design import UNITS, Design
from lentap.errors import ParameterError
from lentap.event_groups import load_event_groups
from lentap.files import files_of
from lentap.forms import nearest

Value = str | int | float | bool


@dataclass(frozen=True)
class Choice:
    """One of a few words, fixed or taken from the trial."""

    words: Callable[[Design], tuple[str, ...]]

    def legal(self, design: Design) -> str:
        return " | ".join(self.words(design)) or "none: the trial declares no such thing"

    def accepts(self, value: Value, design: Design) -> bool:
        return value in self.words(design)


@dataclass(frozen=True)
class Range:
    """A number between two limits; ``open_ends`` excludes the limits themselves, ``zero`` says what 0 stands for."""

    low: float
    high: float
    open_ends: bool = False
    zero: str = ""

    def legal(self, design: Design) -> str:
        low, high = (f"{int(end):,}" if float(end).is_integer() else f"{end:g}" for end in (self.low, self.high))
        return f"between {low} and {high}" if self.open_ends else f"from {low} to {high}"

    def accepts(self, value: Value, design: Design) -> bool:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return False
        return self.low < value < self.high if self.open_ends else self.low <= value <= self.high


@dataclass(frozen=True)
class Switch:
    """Yes or no."""

    def legal(self, design: Design) -> str:
        return "true | false"

    def accepts(self, value: Value, design: Design) -> bool:
        return isinstance(value, bool)


@dataclass(frozen=True)
class Folder:
    """The trial to read; the folder itself is checked when it is opened."""

    def legal(self, design: Design) -> str:
        return "shipped | a folder with a trial.yml"

    def accepts(self, value: Value, design: Design) -> bool:
        return isinstance(value, str) and bool(value)


@dataclass(frozen=True)
class Files:
    """Files that the reader brings, or ``word`` for none; a run depends on what is in them, not on their names."""

    word: str
    described: str
    suffixes: tuple[str, ...] = (".csv",)

    def legal(self, design: Design) -> str:
        return f"{self.word} | {self.described}"

    def accepts(self, value: Value, design: Design) -> bool:
        return value == self.word or (isinstance(value, str) and bool(value) and Path(value).expanduser().exists())

    def brought(self, value: Value) -> list[Path]:
        """The files a value stands for: itself, or those of the suffixes in a folder; none for ``word``."""
        place = Path(str(value)).expanduser()
        if value == self.word:
            return []
        return files_of(place, self.suffixes) if place.is_dir() else [place]


@dataclass(frozen=True)
class Words:
    """Any text, such as a name that only the reader's files know."""

    described: str

    def legal(self, design: Design) -> str:
        return self.described

    def accepts(self, value: Value, design: Design) -> bool:
        return isinstance(value, str) and bool(value.strip())


Rule = Choice | Range | Switch | Folder | Files | Words


def _fixed(*words: str) -> Choice:
    return Choice(lambda _: words)


TrialFolder = Annotated[str, Folder()]
Endpoint = Annotated[str, Choice(lambda trial: tuple(trial.endpoints))]
Population = Annotated[str, Choice(lambda trial: tuple(trial.populations))]
EndpointPopulation = Annotated[str, Choice(lambda trial: ("declared", *trial.populations))]
ExperimentalArm = Annotated[str, Choice(lambda trial: ("all", *(arm.name for arm in trial.experimental)))]
BaselineFactor = Annotated[str, Choice(lambda trial: ("none", *trial.baseline))]
Criterion = Annotated[str, Choice(lambda trial: tuple(trial.criteria))]
ResponseCriterion = Annotated[str, Choice(lambda trial: tuple(trial.criteria) or ("mRECIST", "RECIST 1.1"))]
MarkerName = Annotated[str, Choice(lambda trial: tuple(trial.markers))]
MarkerMeasure = Annotated[str, _fixed("baseline", "expansion")]
MarkerCut = Annotated[float, Range(0.0, 1_000_000.0, zero="chosen by the data")]
VisitNumber = Annotated[int, Range(1, 50)]
Confidence = Annotated[float, Range(0.5, 1.0, open_ends=True)]
ProportionInterval = Annotated[
    str, _fixed("wilson", "wilson-continuity", "clopper-pearson", "jeffreys", "mid-p", "blaker")
]
DifferenceInterval = Annotated[str, _fixed("newcombe", "miettinen-nurminen", "agresti-caffo")]
EffectMeasure = Annotated[str, _fixed("risk-difference", "risk-ratio", "odds-ratio")]
CurveInterval = Annotated[str, _fixed("log", "log-log", "plain", "arcsine")]
FollowUp = Annotated[float, Range(0, 10_000, zero="all there is")]
Horizon = Annotated[float, Range(0, 10_000, zero="longest common follow-up")]
Weighting = Annotated[str, _fixed("none", "iptw", "overlap")]
ToxicityGrade = Annotated[int, Range(1, 5)]
CTCAEVersion = Annotated[str, _fixed("5.0", "6.0")]
InjuryReference = Annotated[str, _fixed("upper limit", "baseline")]
SmallestGroup = Annotated[int, Range(1, 1_000)]
PatientsDrawn = Annotated[int, Range(1, 200)]
Incidence = Annotated[float, Range(0, 100)]
Alpha = Annotated[float, Range(0.0, 1.0, open_ends=True)]
PatientsPerArm = Annotated[int, Range(2, 100_000)]
HazardRatio = Annotated[float, Range(0.01, 100.0)]
ZScore = Annotated[float, Range(-20.0, 20.0)]
LogOddsRatio = Annotated[float, Range(-5.0, 5.0)]
Landmarks = Annotated[int, Range(1, 20)]
Months = Annotated[float, Range(0.0, 600.0)]
Days = Annotated[float, Range(0.0, 1000.0, zero="none")]
PositiveMonths = Annotated[float, Range(0.0, 600.0, open_ends=True)]
PercentPerYear = Annotated[float, Range(0.0, 99.0)]
SimulatedTrials = Annotated[int, Range(2, 1_000_000)]
Seed = Annotated[int, Range(0, 2**31 - 1)]
Rate = Annotated[float, Range(0.0, 1.0, open_ends=True)]
Power = Annotated[float, Range(0.0, 1.0, open_ends=True)]
Spread = Annotated[float, Range(0.0, 5.0)]
Share = Annotated[float, Range(0.0, 1.0)]
MissingOutcomes = Annotated[str, _fixed("failure", "excluded", "worst case")]
Allocation = Annotated[str, _fixed("unresolved", "random", "not random")]
Looks = Annotated[int, Range(1, 20)]
DaysAfter = Annotated[int, Range(0, 365)]
EventOfInterest = Annotated[str, Choice(lambda _: ("any", *load_event_groups()))]
SmallestCell = Annotated[int, Range(0, 1_000, zero="off")]
YesNo = Annotated[bool, Switch()]
CurveFiles = Annotated[str, Files("simulated", "a CSV file of readings, or a folder of them, that exists")]
FlowFiles = Annotated[str, Files("simulated", "a folder of FCS files that exists", (".fcs", ".csv"))]
GateFile = Annotated[str, Files("shipped", "a YAML file of gates that exists")]
ThresholdRule = Annotated[str, _fixed("declared", "valley", "mixture", "control", "fixed")]
Decades = Annotated[float, Range(-2.0, 2.0)]
RiskTableFile = Annotated[str, Files("none", "a CSV file of numbers at risk that exists")]
ControlName = Annotated[str, Words("last | the name of an arm of the curves")]
OutputFolder = Annotated[str, Words("none | a folder to write")]
CurveEndpoint = Annotated[str, _fixed("OS", "PFS", "EFS", "DFS", "RFS")]
CurveUnit = Annotated[str, _fixed("proportion", "percent")]
TimeUnit = Annotated[str, _fixed(*UNITS)]
Tolerance = Annotated[float, Range(0.0, 0.5, open_ends=True)]
ReadingError = Annotated[float, Range(0.0, 0.02)]
PublishedBeside = Annotated[str, _fixed("numbers at risk and events", "numbers at risk", "events", "neither")]
Draws = Annotated[int, Range(2, 10_000)]
ReportedEndpoint = Annotated[
    str,
    _fixed(
        "resection", "ORR", "pCR", "MPR", "R0", "time to surgery", "TRAE", "PFS", "OS", "OS 24 months", "PFS median",
        "OS median",
    ),
]  # fmt: skip
StudiesToPool = Annotated[int, Range(2, 100)]
MeanInterval = Annotated[str, _fixed("hartung-knapp", "modified-hartung-knapp")]
Outcome = Annotated[str, Choice(lambda trial: (*trial.endpoints, *(["ORR"] if trial.criteria else []), "SLR"))]


def types() -> dict[str, tuple[type, Rule]]:
    """The named types: what Python type each holds, and its rule."""
    return {
        name: (get_args(alias)[0], get_args(alias)[1])
        for name, alias in globals().items()
        if not name.startswith("_") and get_args(alias) and isinstance(get_args(alias)[-1], Rule)
    }


def rule_of(type_name: str) -> tuple[type, Rule]:
    """Python type and rule of a named type.

    Raises
    ------
    ParameterError
        There is no such type.
    """
    known = types()
    if type_name not in known:
        msg = f"unknown parameter type {type_name!r}; one of {', '.join(known)}{nearest(type_name, known)}"
        raise ParameterError(msg)
    return known[type_name]


def parse(text: str, python_type: type) -> Value:
    """A command line's text as a value of the type; the text itself where it does not read as one."""
    readers: dict[type, Callable[[str], Any]] = {
        bool: {"true": True, "false": False, "yes": True, "no": False}.__getitem__,
        int: int,
        float: float,
    }
    try:
        value: Value = readers[python_type](text.strip().lower()) if python_type in readers else text
    except (ValueError, KeyError):
        return text
    return value


def check(chapter: str, name: str, value: Value, type_name: str, design: Design) -> Value:
    """The value, converted to the type's own Python type.

    Raises
    ------
    ParameterError
        The value is not legal; the message names chapter, parameter, value and legal values.
    """
    python_type, rule = rule_of(type_name)
    if python_type is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not python_type or not rule.accepts(value, design):
        hint = nearest(str(value), rule.words(design)) if isinstance(rule, Choice) else ""
        msg = f"{chapter}: {name} = {value!r} is not legal; legal: {rule.legal(design)}{hint}"
        raise ParameterError(msg)
    return value
