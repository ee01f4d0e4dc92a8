"""Restricted cubic splines: a number as columns of a regression that may bend between its knots and not beyond."""

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, numbers, refuse

QUANTILES = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.5, 0.725, 0.95)}


def spline_knots(values: ArrayLike, knots: int = 3) -> Floats:
    """Return knots at the quantiles that Harrell (2015, table 2.3) recommends for their number, 3 to 5.

    Raises
    ------
    StatisticsError
        Another number of knots, missing or infinite values, or values so much alike that two knots coincide.
    """
    if knots not in QUANTILES:
        refuse("knots", knots, f"one of {', '.join(map(str, QUANTILES))}")
    found = np.quantile(numbers("values", values), QUANTILES[knots])
    if (np.diff(found) <= 0).any():
        refuse("values", f"numbers with {np.unique(found).size} different knots", f"numbers that vary between {knots}")
    return np.asarray(found, dtype=float)


def restricted_cubic_spline(values: ArrayLike, knots: ArrayLike) -> Floats:
    """Columns (n, knots - 1) of a cubic spline that is linear beyond the outer knots (Stone and Koo 1985).

    The first column is the value itself, so that the others, of which none remains without bends, test linearity.
    Those are divided by the squared distance of the outer knots, as R's Hmisc does.

    Parameters
    ----------
    values
        Finite numbers, (n).
    knots
        Three or more, rising.

    Raises
    ------
    StatisticsError
        Values or knots that are missing, infinite, or not as said above.
    """
    x, at = numbers("values", values), numbers("knots", knots, "three rising numbers or more")
    if at.size < 3 or (np.diff(at) <= 0).any():
        refuse("knots", at.tolist(), "three rising numbers or more")
    last, before = at[-1], at[-2]

    def cubed(knot: float) -> Floats:
        return np.asarray(np.maximum(x - knot, 0.0) ** 3)

    bends = [
        cubed(knot) - cubed(before) * (last - knot) / (last - before) + cubed(last) * (before - knot) / (last - before)
        for knot in at[:-2]
    ]
    return np.column_stack([x, *(bend / (last - at[0]) ** 2 for bend in bends)])
