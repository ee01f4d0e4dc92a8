"""Events of several causes, of which a subject has at most one: follow-up and cause of each subject, checked."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, Integers, choice, refuse
from lentap.stats.risk_sets import follow_up

_CODES = "whole numbers of 0 or more, or labels"


@dataclass(frozen=True, eq=False)
class CompetingEvents:
    """Follow-up of subjects, with ``code`` 0 for the censored and the position among ``causes``, from 1, for others."""

    time: Floats
    code: Integers
    causes: tuple[str, ...]

    def code_of(self, cause: object) -> int:
        """Return the code of a cause; refuse what is none."""
        return self.causes.index(choice("of", str(cause), self.causes)) + 1


def competing_events(time: ArrayLike, cause: object, censored: object = 0) -> CompetingEvents:
    """Check the follow-up and the causes of all subjects.

    Parameters
    ----------
    time
        Follow-up of each subject, 0 or more, in any unit.
    cause
        What ended it: a whole number or a label a subject. The causes are those that occur, by number or alphabet;
        those of a categorical are its categories, in their order, whether they occur or not.
    censored
        The number or label of the censored.

    Raises
    ------
    StatisticsError
        No subjects, or nobody has an event and no cause is known; a negative, missing or infinite time; a missing
        cause, a negative or broken number; labels without that of the censored.
    """
    column = pd.Series(cause)
    if pd.api.types.is_numeric_dtype(column):
        column = _whole(column)
    found = pd.Categorical(column)
    times, _ = follow_up(time, np.zeros(np.size(time)))
    if len(found) != times.size:
        refuse("cause", f"array of {len(found)}", f"as long as the other arguments ({times.size})")
    if (found.codes < 0).any():
        refuse("cause", "missing in some rows", f"{_CODES}, one in every row")
    names = [str(name) for name in found.categories]
    numeric = pd.api.types.is_numeric_dtype(found.categories)
    if not numeric and str(censored) not in names:
        refuse("censored", censored, f"the label of the censored, here one of {', '.join(names)}")
    causes = tuple(name for name in names if name != str(censored))
    if not causes:
        refuse("cause", f"{censored} in every row", "a cause in one row or more")
    recoded = np.array([causes.index(name) + 1 if name in causes else 0 for name in names], dtype=np.intp)
    return CompetingEvents(times, recoded[found.codes], causes)


def _whole(codes: pd.Series) -> pd.Series:
    known = codes.dropna().astype(float)
    illegal = known[(known < 0) | (known % 1 != 0)]
    if not illegal.empty:
        refuse("cause", illegal.iloc[0], _CODES)
    return codes.astype("Int64")
