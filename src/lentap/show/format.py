"""Numbers as they are printed everywhere: one way to write each kind of quantity."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from lentap.errors import ParameterError
from lentap.results import Result

Part = Literal["full", "estimate", "interval", "p", "counts"]
NOT_REACHED = "not reached"
NOT_ESTIMABLE = "not estimable"


def number(value: float, decimals: int = 1) -> str:
    """A number with a true minus sign; a value that rounds to zero has none."""
    if not math.isfinite(value):
        return NOT_ESTIMABLE
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """A share between -1 and 1 in percent, one decimal, without the sign."""
    return number(100 * share)


def ratio(value: float) -> str:
    """A ratio, two decimals."""
    return number(value, 2)


def duration(time: float, unit: str) -> str:
    """A chosen time with its unit, without idle decimals: ``18 months``; days are whole."""
    decimals = {"days": 0, "years": 2}.get(unit, 1)
    return f"{number(time, decimals).removesuffix('.0')} {unit}"


def p_value(p: float) -> str:
    """A p-value to two significant digits, or ``< 0.001``."""
    if not math.isfinite(p):
        return NOT_ESTIMABLE
    return "< 0.001" if p < 0.001 else f"{p:#.2g}"


def p_phrase(p: float) -> str:
    """``p = 0.012`` or ``p < 0.001``."""
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def interval(
    value: float | None,
    low: float | None,
    high: float | None,
    write: Callable[[float], str] = number,
    *,
    absent: str = NOT_ESTIMABLE,
) -> str:
    """``40.8 (25.2 to 53.8)``; ``absent`` stands for what could not be estimated."""

    def shown(x: float | None) -> str:
        return absent if x is None or not math.isfinite(x) else write(x)

    if low is high is None:
        return shown(value)
    limits = (shown(low), shown(high))
    return f"{shown(value)} ({absent if limits == (absent, absent) else ' to '.join(limits)})"


def estimable(low: npt.ArrayLike, high: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Limits along a curve, not-a-number where they leave no width: with no event yet, the variance is unknown."""
    below, above = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    return np.where(below < above, below, np.nan), np.where(below < above, above, np.nan)


def limits(low: float, high: float, write: Callable[[float], str] = number) -> str:
    """``25.2 to 53.8``, or ``not estimable`` where neither limit is."""
    return NOT_ESTIMABLE if math.isnan(low) and math.isnan(high) else f"{write(low)} to {write(high)}"


def writer(result: Result) -> Callable[[float], str]:
    """How numbers on the scale of a result are written."""
    decimals = {"ratio": 2, "count": 0, "number": 2}.get(result.scale, 1)
    if result.scale == "time" and result.unit == "days":
        decimals = 0
    factor = 100 if result.scale in ("proportion", "difference") else 1
    return lambda value: number(factor * value, decimals)


def unit(result: Result) -> str:
    """What follows an estimate in running text: a percent sign, ``percentage points`` or the unit of a time."""
    return {"proportion": "%", "difference": " percentage points"}.get(
        result.scale, f" {result.unit}" if result.unit else ""
    )


def absent(result: Result) -> str:
    """The word for a value that could not be estimated: a time is ``not reached``, unless it is a mean."""
    return NOT_REACHED if result.scale == "time" and "mean" not in result.name else NOT_ESTIMABLE


def quote(result: Result, show: str = "full") -> str:
    """A recorded result in running text.

    Parameters
    ----------
    show
        ``full``: estimate with unit and interval; or one part of it: ``estimate``, ``interval``, ``p``, ``counts``.

    Raises
    ------
    ParameterError
        There is no such part.
    """
    if show not in get_args(Part):
        msg = f"show {show!r} is not one of {', '.join(get_args(Part))}"
        raise ParameterError(msg)
    write, missing = writer(result), absent(result)
    if show == "counts":
        derived = " (derived from the percentage)" if result.labels.get("counts_are") == "derived" else ""
        return "; ".join(f"{arm} {count}" for arm, count in result.counts.items()) + derived
    if show == "p" or (result.p_value is not None and result.p_value == result.estimate):
        return p_value(math.nan if result.p_value is None else result.p_value)
    if show == "interval":
        if result.low is result.high is None:
            return missing
        missing = "unbounded" if result.estimate is not None and result.scale != "time" else missing
        return " to ".join(missing if end is None else write(end) for end in (result.low, result.high))
    estimate = missing if result.estimate is None else write(result.estimate) + unit(result)
    if show == "estimate" or result.level is None:
        return estimate
    return f"{estimate} ({quote(result, 'interval')})"


def without_unit(result: Result) -> str:
    """An estimate with its interval, without the unit, which stands in a table's heading."""
    return quote(result).removesuffix(unit(result)).replace(f"{unit(result)} (", " (")


def confidence(result: Result) -> str:
    """``95% CI``, for the level of a result's interval."""
    return f"{100 * (result.level or math.nan):g}% CI"


def within(label: str) -> str:
    """A label inside a sentence: its first letter small, unless it is an abbreviation."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def many(count: int, what: str) -> str:
    """``1 patient``, ``2 patients``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def one_or_experimental(arms: Iterable[str]) -> str:
    """Name of the only experimental arm shown, or that it is any of several."""
    names = set(arms)
    return names.pop() if len(names) == 1 else "experimental"


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def slug(*words: str) -> str:
    """A name for an element of a page or a file: small letters, digits and hyphens."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in " ".join(words).lower())
    return "-".join(filter(None, kept.split("-")))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as dictionaries."""
    return [{str(column): value for column, value in row.items()} for row in frame.to_dict("records")]


def escaped(text: str) -> str:
    """Text from data, so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>#|&$~{}])", r"\\\1", " ".join(str(text).split()))
