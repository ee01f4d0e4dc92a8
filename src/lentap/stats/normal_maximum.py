"""Tail of the largest of correlated normal variables.

SciPy's multivariate normal distribution gives the complement, by random points: too few digits of a small p-value.
"""

import numpy as np
from scipy.special import gammaincc, ndtri
from scipy.stats import qmc

from lentap.stats.arguments import Floats

_ANGLES = 180  # by twice as many: relative error below 1e-5
_POINTS = 2**16  # relative error below 1e-3


def normal_maximum(bound: float, correlation: Floats, *, two_sided: bool) -> float:
    """Probability that the largest of standard normal variables (of their absolute values) exceeds ``bound``.

    Along a direction u of the r-dimensional standard normal distribution behind the variables, the largest of them
    grows as h(u) times the radius, so the probability is the mean over all u of P(chi(r) > bound / h(u)): a smooth sum
    over the sphere without cancellation, and without random numbers.

    Parameters
    ----------
    bound
        Observed maximum.
    correlation
        Correlation matrix, of any rank r of at least 1.
    two_sided
        True for the largest absolute value.
    """
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-9
    loadings = vectors[:, kept] * np.sqrt(values[kept])
    rank = int(kept.sum())
    directions, share = _sphere(rank)
    reach = directions @ loadings.T
    reach = np.abs(reach).max(axis=1) if two_sided else reach.max(axis=1)
    if bound < 0:  # a one-sided maximum below 0: the complement is that all are below the bound
        inside = _tail(bound / np.where(reach < 0, reach, -np.inf), rank)
        return float(1 - np.where(reach < 0, inside, 0.0) @ share)
    return float(np.where(reach > 0, _tail(bound / np.where(reach > 0, reach, np.inf), rank), 0.0) @ share)


def _tail(radius: Floats, rank: int) -> Floats:
    return np.asarray(gammaincc(rank / 2, radius**2 / 2), dtype=float)


def _sphere(rank: int) -> tuple[Floats, Floats]:
    """Return unit vectors spread over the sphere, and the share of it that each stands for."""
    if rank == 1:
        return np.array([[1.0], [-1.0]]), np.full(2, 0.5)
    angle = (np.arange(2 * _ANGLES) + 0.5) * np.pi / _ANGLES
    if rank == 2:
        angle = (np.arange(2 * _ANGLES**2) + 0.5) * np.pi / _ANGLES**2
        return np.column_stack([np.cos(angle), np.sin(angle)]), np.full(angle.size, 1 / angle.size)
    if rank == 3:
        height, width = np.polynomial.legendre.leggauss(_ANGLES)
        ring = np.sqrt(1 - height**2)
        points = [np.outer(ring, np.cos(angle)), np.outer(ring, np.sin(angle)), np.outer(height, np.ones(angle.size))]
        return np.stack(points, axis=-1).reshape(-1, 3), np.repeat(width / 2 / angle.size, angle.size)
    cube = qmc.Sobol(rank, scramble=False).random(_POINTS) + 0.5 / _POINTS
    normal = ndtri(cube)
    return normal / np.linalg.norm(normal, axis=1, keepdims=True), np.full(_POINTS, 1 / _POINTS)
