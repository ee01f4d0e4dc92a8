"""The record of a key number: what a chapter found, named so that everything else can quote it."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, get_args

from lentap.errors import ParameterError
from lentap.sources import SOURCES, Source

MIME = "application/vnd.lentap.result+json"
Scale = Literal["proportion", "difference", "ratio", "time", "count", "number"]


class Interval(Protocol):
    """What an estimator returns: a value, its interval, and how they were obtained."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def level(self) -> float: ...
    @property
    def method(self) -> str: ...


@dataclass(frozen=True)
class Result:
    """One recorded number.

    ``name`` and ``labels`` together identify it. ``estimate`` is on its natural scale: a proportion lies between 0
    and 1 and a difference of proportions between -1 and 1, however they are printed. None stands for "not estimable".
    """

    name: str
    estimate: float | None
    source: Source
    scale: Scale
    labels: dict[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    level: float | None = None
    p_value: float | None = None
    method: str = ""
    unit: str = ""
    counts: dict[str, str] = field(default_factory=dict)
    null: float | None = None
    direction: str = ""
    margin: float | None = None

    @property
    def key(self) -> str:
        """Name, source and labels in one string, as quotations write it."""
        return " ".join([self.name, f"source={self.source}", *(f"{k}={v}" for k, v in sorted(self.labels.items()))])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {MIME: self.to_dict(), "text/plain": self.key}


def record(
    name: str,
    estimate: Interval | float,
    *,
    source: Source,
    scale: Scale,
    p_value: float | None = None,
    method: str = "",
    unit: str = "",
    counts: dict[str, str] | None = None,
    null: float | None = None,
    direction: str = "",
    margin: float | None = None,
    **labels: str,
) -> Result:
    """Record a number so that the book can quote it, and return the record.

    Parameters
    ----------
    name
        Stable dotted name, such as ``efficacy.resection.risk_difference``.
    estimate
        An estimate with its interval, or a bare number; not-a-number means "not estimable".
    scale
        What kind of quantity it is; decides how it is printed.
    unit
        Unit of a time or a number, such as ``months``.
    counts
        What it was computed from, such as ``{"LEN-TAP": "42/71"}``.
    null
        Value of no effect, where there is one.
    direction
        What a value above ``null`` means, in words.
    margin
        A value that matters, such as the smallest difference worth having; comparisons say when an estimate crosses it.
    **labels
        What tells it apart from results of the same name: endpoint, arm, population, criterion.

    Raises
    ------
    ParameterError
        ``source`` or ``scale`` is not a legal word, or ``margin`` no number.
    """
    for argument, found, legal in (("source", source, SOURCES), ("scale", scale, get_args(Scale))):
        if found not in legal:
            msg = f"record({name!r}): {argument} {found!r} is not one of {', '.join(legal)}"
            raise ParameterError(msg)
    if not isinstance(margin, int | float | None):
        msg = f"record({name!r}): margin {margin!r} is not a number; a label needs another name"
        raise ParameterError(msg)
    if isinstance(estimate, (int, float)):
        value, low, high, level = float(estimate), None, None, None
    else:
        value, level = float(estimate.value), estimate.level
        low, high = _finite(float(estimate.low)), _finite(float(estimate.high))
        method = method or estimate.method
    result = Result(
        name,
        _finite(value),
        source,
        scale,
        labels={key: str(label) for key, label in labels.items()},
        low=low,
        high=high,
        level=level,
        p_value=None if p_value is None else _finite(float(p_value)),
        method=method,
        unit=unit,
        counts=counts or {},
        null=null,
        direction=direction,
        margin=margin,
    )
    emit(result)
    return result


def _finite(value: float) -> float | None:
    """The value, or None for not-a-number and infinity, which JSON cannot hold."""
    return value if abs(value) < float("inf") else None


def emit(made: object) -> None:
    """Emit what a chapter made as a cell output, where there is a cell."""
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is not None:
        display(made)  # type: ignore[no-untyped-call]
