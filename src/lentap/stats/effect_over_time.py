"""A log hazard ratio over time: scaled Schoenfeld residuals smoothed, as R's plot of cox.zph shows them."""

from dataclasses import dataclass

import numpy as np

from lentap.stats.arguments import Floats, normal_quantile, refuse
from lentap.stats.cox import CoxModel
from lentap.stats.proportional_hazards import proportional_hazards


@dataclass(frozen=True, eq=False)
class EffectOverTime:
    """Smoothed log hazard ratio at each distinct event ``time``, with pointwise limits where it is constant.

    ``residuals`` (scaled, the coefficient added) belong to ``event_time``, one an event.
    """

    time: Floats
    value: Floats
    low: Floats
    high: Floats
    event_time: Floats
    residuals: Floats
    level: float
    method: str


def effect_over_time(
    model: CoxModel, *, transform: str = "km", df: int = 4, level: float = 0.95
) -> dict[str, EffectOverTime]:
    """Natural cubic spline of the scaled Schoenfeld residuals of each numeric column (Grambsch and Therneau 1994).

    The spline's interior knots are quantiles of the transformed event times, as R's ns has them; the variance of a
    residual is the covariance of the coefficients times the number of events.

    Parameters
    ----------
    model
        A model without strata.
    transform
        Scale of time on which the spline is fitted, as in ``proportional_hazards``.
    df
        Degrees of freedom of the spline, its constant among them, 2 or more.

    Raises
    ------
    StatisticsError
        As ``proportional_hazards``; fewer distinct event times than ``df``, or a ``df`` below 2.
    """
    z = normal_quantile(level)
    found = proportional_hazards(model, transform=transform, by_column=True)
    x = found.transformed
    distinct, first = np.unique(x, return_index=True)
    if not 2 <= df <= distinct.size:
        refuse("df", df, f"2 or more, at most {distinct.size}, the distinct event times")
    knots = np.quantile(x, np.linspace(0, 1, df))
    basis = natural_spline(x, knots)
    q, r = np.linalg.qr(basis)
    ahead = natural_spline(distinct, knots)
    spread = np.linalg.norm(np.linalg.solve(r.T, ahead.T), axis=0)
    variances = np.diag(model.model_covariance) * model.events
    method = f"natural spline of scaled Schoenfeld residuals, {df} degrees of freedom, {transform} transform"
    effects = {}
    for name, variance in zip(model.names, variances.tolist(), strict=True):
        residuals = found.residuals[name].to_numpy(float)
        value = ahead @ np.linalg.solve(r, q.T @ residuals)
        margin = z * np.sqrt(variance) * spread
        effects[name] = EffectOverTime(
            found.time[first], value, value - margin, value + margin, found.time, residuals, level, method
        )
    return effects


def natural_spline(x: Floats, knots: Floats) -> Floats:
    """Columns that span cubic splines with these knots, linear beyond the first and the last (as many as knots).

    The truncated powers of Hastie, Tibshirani and Friedman (2009), equations 5.4 and 5.5.
    """
    low, high = knots[0], knots[-1]
    at, inner = (x - low) / (high - low), (knots - low) / (high - low)

    def bend(knot: float) -> Floats:
        powers = np.maximum(at - knot, 0) ** 3 - np.maximum(at - 1, 0) ** 3
        return np.asarray(powers / (1 - knot))

    last = bend(float(inner[-2])) if knots.size > 2 else None
    bends = [] if last is None else [bend(float(knot)) - last for knot in inner[:-2]]
    return np.column_stack([np.ones(x.size), at, *bends])
