"""Lowess, as R's lowess without robustness steps; but all points tied at the edge of a neighbourhood count.

Own code, because statsmodels' divides by zero where many values are equal, as risks from a score are, and R's answer
then depends on the order of the rows.
"""

import numpy as np

from lentap.stats.arguments import Floats


def lowess(x: Floats, y: Floats, *, span: float = 2 / 3, coarseness: float = 0.01) -> Floats:
    """Locally linear regression of ``y`` on ``x`` at each x (Cleveland 1979), tricube weights.

    Parameters
    ----------
    x
        Sorted, finite, (n).
    y
        Any finite numbers, (n).
    span
        Share of the points that count at each x.
    coarseness
        Share of the range of x within which values are interpolated.
    """
    n = x.size
    neighbours = max(min(n, int(span * n + 1e-7)), min(n, 2))
    reach = x[-1] - x[0]
    smooth = np.empty(n)
    left, last, place = 0, -1, 0
    while last < n - 1:
        while left + neighbours < n and x[place] - x[left] > x[left + neighbours] - x[place]:
            left += 1
        smooth[place] = _local(x, y, x[place], max(x[place] - x[left], x[left + neighbours - 1] - x[place]), reach)
        if last < place - 1:
            smooth[last + 1 : place] = np.interp(x[last + 1 : place], x[[last, place]], smooth[[last, place]])
        ties = int(np.searchsorted(x, x[place], side="right"))
        smooth[place:ties] = smooth[place]
        last = ties - 1
        beyond = int(np.searchsorted(x, x[last] + coarseness * reach, side="right"))
        place = max(ties, beyond - 1)
    return smooth


def _local(x: Floats, y: Floats, at: float, width: float, reach: float) -> float:
    """Fit at one x from the points nearer than ``width``."""
    distance = np.abs(x - at)
    near = distance <= 0.999 * width
    distance = distance[near]
    weight = np.ones(distance.size)
    far = distance > 0.001 * width
    ratio = distance[far] / width
    tricube = 1 - ratio * ratio * ratio  # products, because NumPy's power is ten times slower
    weight[far] = tricube * tricube * tricube
    weight /= weight.sum()
    points = x[near]
    centre = weight @ points
    spread = weight @ (points - centre) ** 2
    if width > 0 and np.sqrt(spread) > 0.001 * reach:
        weight = weight * (1 + (at - centre) * (points - centre) / spread)
    return float(weight @ y[near])
