"""A gating tree as data (``data/gates.yml``, or a laboratory's own file): which events belong to which population."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lentap.files import data_dir
from lentap.forms import Form, nearest, read_words
from lentap.stats.arguments import Floats

ALL = "all"
RULES = ("valley", "mixture", "control", "fixed")
SIGNS = ("positive", "negative")


@dataclass(frozen=True)
class Scale:
    """The logicle scale (Moore and Parks 2012): ``decades`` M, ``linear`` W and ``negative`` A, in decades."""

    decades: float
    linear: float
    negative: float


@dataclass(frozen=True)
class Rule:
    """How a marker's threshold is set: ``rule`` is one of ``RULES``, ``fixed`` an intensity, compensated."""

    rule: str
    fixed: float
    why: str


@dataclass(frozen=True, eq=False)
class Gate:
    """A population within its parent: inside a polygon of two channels, or positive or negative for markers.

    ``axes`` names the channels, ``polygon`` has a vertex a row (linear scale), ``markers`` says for each marker
    whether it is to be positive; one of the two is empty.
    """

    name: str
    label: str
    parent: str
    axes: tuple[str, ...]
    polygon: Floats
    markers: Mapping[str, bool]


@dataclass(frozen=True, eq=False)
class GatingTree:
    """Gates by name, each after its parent; ``names`` holds other names of a marker, ``target`` is reported.

    ``adim`` is the PARAMCD of the target's share in ADIM, empty where it has none.
    """

    target: str
    adim: str
    scale: Scale
    control_quantile: float
    names: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[str, Rule]
    gates: Mapping[str, Gate]

    def label(self, gate: str) -> str:
        """What a gate is called; the events that were recorded belong to ``ALL``."""
        return "All events" if gate == ALL else self.gates[gate].label

    @property
    def parent(self) -> str:
        """Parent of the gate reported."""
        return self.gates[self.target].parent

    @property
    def target_markers(self) -> tuple[str, ...]:
        return tuple(self.gates[self.target].markers)


def load_gates(file: str = "shipped") -> GatingTree:
    """Read a gating tree: the shipped one, or a file of the same form.

    Raises
    ------
    DataError
        The file cannot be read, or an entry is missing, unknown or not legal; every one is named.
    """
    path = data_dir() / "gates.yml" if file == "shipped" else Path(file).expanduser()
    form = Form()
    top = form.entry(
        read_words(path), "", ("target", "scale", "control_quantile", "markers", "thresholds", "gates"), ("adim",)
    )
    names = {marker: form.listed(words, f"markers.{marker}") for marker, words in _pairs(form, top, "markers")}
    thresholds = {
        marker: Rule(
            form.text(entry, "rule", f"thresholds.{marker}", RULES),
            form.number(str(entry.get("fixed", "")), f"thresholds.{marker}.fixed"),
            form.text(entry, "why", f"thresholds.{marker}"),
        )
        for marker, entry in form.named(top, "thresholds", ("rule", "fixed"), ("why",)).items()
    }
    gates = {
        name: _gate(form, name, entry)
        for name, entry in form.named(top, "gates", ("label", "parent"), ("polygon", "markers")).items()
    }
    scale = form.entry(top.get("scale"), "scale", ("decades", "linear", "negative"))
    tree = GatingTree(
        form.text(top, "target", "", tuple(gates)),
        form.text(top, "adim"),
        Scale(*(form.number(str(scale.get(key, "")), f"scale.{key}") for key in ("decades", "linear", "negative"))),
        form.number(str(top.get("control_quantile", "")), "control_quantile"),
        names,
        thresholds,
        gates,
    )
    if not form.problems:
        form.problems += _contradictions(tree)
    form.complain(path)
    return tree


def _pairs(form: Form, top: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    return list(form.mapping(top.get(key), key).items())


def _gate(form: Form, name: str, entry: dict[str, Any]) -> Gate:
    where = f"gates.{name}"
    corners = form.mapping(entry.get("polygon"), f"{where}.polygon")
    sides = [
        [form.number(word, f"{where}.polygon.{axis}") for word in form.listed(words, f"{where}.polygon.{axis}")]
        for axis, words in corners.items()
    ]
    whole = len(sides) == 2 and len(sides[0]) == len(sides[1]) >= 3
    if sides and not whole:
        form.problems.append(f"{where}.polygon: legal: two channels with as many corners, three or more")
    signs = form.mapping(entry.get("markers"), f"{where}.markers")
    if bool(sides) == bool(signs):
        form.problems.append(f"{where}: legal: either a polygon or markers")
    return Gate(
        name,
        form.text(entry, "label", where),
        form.text(entry, "parent", where),
        tuple(corners),
        np.array(sides, dtype=float).T if whole else np.empty((0, 2)),
        {marker: form.text(signs, marker, f"{where}.markers", SIGNS) == "positive" for marker in signs},
    )


def _contradictions(tree: GatingTree) -> list[str]:
    """What cannot be in a tree whose entries are legal one by one."""
    problems = []
    known = [ALL]
    for name, gate in tree.gates.items():
        if gate.parent not in known:
            hint = nearest(gate.parent, known)
            problems.append(
                f"gates.{name}.parent is {gate.parent!r}{hint}; legal: {', '.join(known)}, which precede it"
            )
        known.append(name)
        problems += [
            f"gates.{name}: {marker} is not among markers"
            for marker in (*gate.axes, *gate.markers)
            if marker not in tree.names
        ]
        problems += [
            f"gates.{name}: {marker} has no threshold" for marker in gate.markers if marker not in tree.thresholds
        ]
    if not tree.gates[tree.target].markers:
        problems.append(f"target is {tree.target!r}; legal: a gate on markers")
    if not 0 < tree.control_quantile < 1:
        problems.append(f"control_quantile is {tree.control_quantile:g}; legal: between 0 and 1")
    scale = tree.scale
    if not (scale.decades > 0 and 0 <= 2 * scale.linear <= scale.decades and -scale.linear <= scale.negative):
        problems.append("scale: legal: decades above 0, linear from 0 to half of them, negative at least -linear")
    return problems
