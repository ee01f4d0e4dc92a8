"""Why a model has no answer, in words for those who read the page rather than the model."""

from collections.abc import Mapping

from lentap.errors import ArgumentError, ConvergenceError, StatisticsError
from lentap.show.format import listed

NO_ANSWER = "so this model has no finite answer"
PLAIN = {
    "separate outcome": f"{{at}} everybody or nobody had the outcome, {NO_ANSWER}",
    "separate treated": "{at} all patients are of one arm, and nobody can stand for the other",
    "infinite": f"{{at}} nobody had an event, or all had theirs first, {NO_ANSWER}",
    "determined": "among these patients {factors} follows from other factors, or one of its levels from the rest, "
    "so their parts cannot be told apart",
    "constant": "{factors} is the same in all patients compared",
    "constant outcome": "everybody had the outcome, or nobody",
    "constant treated": "all patients are of one arm",
    "no event": "nobody had the event",
    "few rows": "these are too few patients for so many factors",
}
ARM = "the arm"
OWN = {"treated": ARM, "arm": ARM}  # columns that a page gives to a model beside those of a trial


def plain_reason(error: StatisticsError, labels: Mapping[str, str] | None = None) -> str:
    """Why there is no answer, without the terms of the model.

    Parameters
    ----------
    labels
        Words for the names of covariates; their levels (``BCLC C``) are known by the name they begin with.
    """
    if isinstance(error, ConvergenceError):
        return "the model came to no answer"
    if not isinstance(error, ArgumentError) or error.fault not in PLAIN:
        return str(error)
    known = {**OWN, **(labels or {})}
    factors = listed(list(dict.fromkeys(_factor(column, known) for column in error.columns)))
    at = "on one arm" if factors == ARM else f"at some values of {factors}"
    return PLAIN[error.fault].format(factors=factors, at=at)


def _factor(column: str, labels: Mapping[str, str]) -> str:
    begins = [name for name in labels if f"{column} ".startswith(f"{name} ")]
    return labels[max(begins, key=len)] if begins else column
