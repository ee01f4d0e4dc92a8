"""Where positive begins: thresholds on one marker's logicle scale, from its events or from a control's."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import brentq
from scipy.signal import find_peaks
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from lentap.stats.arguments import Floats

FEWEST = 100  # events from which a threshold is taken
BINS = 512
BANDWIDTH = 0.02  # standard deviation of the smoothing kernel, of the whole scale
PROMINENCE, RISE = 0.005, 20  # a peak's least height above the valley: of the highest peak, and in events at one place
MOST = 20_000  # events a mixture is fitted to
ASHMAN = 2.0  # least distance of two components (Ashman, Bird and Zepf 1994)


@dataclass(frozen=True)
class Threshold:
    """A threshold on the logicle scale, the rule that set it, and ``note``: why another rule had to step in."""

    position: float
    rule: str
    note: str = ""


def valley(positions: Floats) -> float | None:
    """Least dense place between the two most prominent peaks of the smoothed density; None where there is one peak."""
    if positions.size < FEWEST:
        return None
    low, high = float(positions.min()) - 0.1, float(positions.max()) + 0.1
    counts, edges = np.histogram(positions, BINS, (low, high))
    width = BANDWIDTH * BINS / (high - low)
    density = gaussian_filter1d(counts.astype(float), width, mode="constant")
    one_event = 1 / (np.sqrt(2 * np.pi) * width)
    peaks, about = find_peaks(density, prominence=max(PROMINENCE * density.max(), RISE * one_event))
    if peaks.size < 2:
        return None
    first, second = sorted(peaks[np.argsort(about["prominences"])[-2:]])
    deepest = first + int(np.argmin(density[first : second + 1]))
    return float(edges[deepest : deepest + 2].mean())


def mixture(positions: Floats) -> float | None:
    """Place between the means of two normal components where either is as likely; None where they are not two.

    Components count as two from a distance of ``ASHMAN`` on. At most ``MOST`` events are used, evenly spread.
    """
    if positions.size < FEWEST:
        return None
    used = positions[:: -(-positions.size // MOST)].reshape(-1, 1)
    start = np.quantile(used, [0.1, 0.9]).reshape(-1, 1)
    if not start[1, 0] > start[0, 0]:
        return None
    model = GaussianMixture(
        2, weights_init=[0.5, 0.5], means_init=start, precisions_init=np.full((2, 1, 1), 1 / used.var()),
        init_params="random_from_data", random_state=0,
    ).fit(used)  # fmt: skip
    order = np.argsort(model.means_[:, 0])
    mean, sd = model.means_[order, 0], np.sqrt(model.covariances_[order, 0, 0])
    if np.sqrt(2) * (mean[1] - mean[0]) < ASHMAN * np.hypot(*sd):
        return None
    log_weight = np.log(model.weights_[order])

    def excess(x: float) -> float:
        one, two = log_weight + norm.logpdf(x, mean, sd)
        return float(two - one)

    if excess(mean[0]) >= 0 or excess(mean[1]) <= 0:
        return None
    return float(brentq(excess, mean[0], mean[1]))


def control(positions: Floats, quantile: float) -> float | None:
    """Quantile of the events of a fluorescence-minus-one control; None where they are too few."""
    return float(np.quantile(positions, quantile)) if positions.size >= FEWEST else None
