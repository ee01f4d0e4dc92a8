"""What is believed of a difference after the counts: posteriors under priors that a reader chooses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lentap.results import Result, record
from lentap.show.record.comparison import Comparison
from lentap.show.record.every_method import counts
from lentap.sources import Source
from lentap.stats.bayes import DifferencePosterior, Prior, exceeds, posterior_difference, posterior_rate

HEAVIEST = 100_000  # patients an arm beyond which no weight of a sceptic is sought
CHOSEN = "chosen"


@dataclass(frozen=True)
class Belief:
    """Rates believed before the data, and how many patients an arm that belief weighs."""

    experimental: float
    control: float
    patients: float

    @property
    def priors(self) -> tuple[Prior, Prior]:
        """Beta priors of both rates, the experimental arm's first."""
        rates = self.experimental, self.control
        first, second = ((rate * self.patients, (1 - rate) * self.patients) for rate in rates)
        return first, second


@dataclass(frozen=True, eq=False)
class Posterior:
    """An experimental arm against control under one prior.

    ``above`` is the probability that the difference is above 0, ``worthwhile`` that it is above a difference worth
    having.
    """

    source: Source
    prior: str
    arm: str
    control: str
    found: DifferencePosterior
    difference: Result
    above: Result
    worthwhile: Result


@dataclass(frozen=True, eq=False)
class Posteriors:
    """Posteriors by arm and prior, and how heavy a sceptic would have to be to stay in doubt (None: never)."""

    belief: Belief
    margin: float
    listed: list[Posterior]
    doubt: Mapping[str, Result]


def record_posteriors(
    name: str, comparisons: Sequence[Comparison], *, belief: Belief, margin: float, level: float
) -> list[Posteriors]:
    """Combine the counts of each experimental arm with each prior, and record the numbers.

    Parameters
    ----------
    belief
        The chosen prior, beside Jeffreys' and the uniform one.
    margin
        A difference worth having, between -1 and 1.
    """
    return [_posteriors(name, comparison, belief, margin, level) for comparison in comparisons]


def _posteriors(name: str, comparison: Comparison, belief: Belief, margin: float, level: float) -> Posteriors:
    listed, doubt = [], {}
    priors: dict[str, tuple[Prior, Prior]] = {
        "uniform": ("uniform", "uniform"),
        "Jeffreys": ("jeffreys", "jeffreys"),
        CHOSEN: belief.priors,
    }
    for arm, contrast in comparison.contrasts.items():
        labels, written = contrast.risk_difference.labels, contrast.risk_difference.counts
        cells = (*counts(written[arm]), *counts(written[labels["control"]]))
        about: dict[str, Any] = {"source": comparison.source, "counts": written, **labels}
        listed += [
            _posterior(name, prior, posterior_difference(*cells, prior1=one, prior0=other, level=level), margin, about)
            for prior, (one, other) in priors.items()
        ]
        certain = (1 + level) / 2
        doubt[arm] = record(
            f"{name}.sceptical_weight", _weight_of_doubt(cells, belief.control, certain), scale="number",
            method=f"least weight, in patients an arm, of a belief in {belief.control:g} for both arms that leaves the "
            f"probability of a difference above 0 below {certain:g}", **about,
        )  # fmt: skip
    return Posteriors(belief, margin, listed, doubt)


def _posterior(name: str, prior: str, found: DifferencePosterior, margin: float, about: Mapping[str, Any]) -> Posterior:
    words, arm = "posterior probability of a difference above", about["arm"]
    difference = record(
        f"{name}.posterior_difference", found, scale="difference", null=0.0, direction=f"above: more with {arm}",
        prior=prior, **about,
    )  # fmt: skip
    above, worthwhile = (
        record(f"{name}.{what}", found.above(at), scale="proportion", method=f"{words} {at:g}", prior=prior, **about)
        for what, at in (("posterior_above", 0.0), ("posterior_worthwhile", margin))
    )
    return Posterior(about["source"], prior, arm, about["control"], found, difference, above, worthwhile)


def _weight_of_doubt(cells: tuple[int, int, int, int], rate: float, certain: float) -> float:
    """Least weight, to a fiftieth of it, of a belief in one rate that leaves a difference above 0 uncertain.

    0 where it is uncertain with next to no belief, not-a-number where no weight is enough.
    """

    def convinced(weight: float) -> bool:
        prior = rate * weight, (1 - rate) * weight
        rate1, rate0 = (posterior_rate(*one, prior=prior) for one in (cells[:2], cells[2:]))
        return exceeds(rate1, rate0, 0.0) >= certain

    low, high = 1.0, 2.0
    if not convinced(low):
        return 0.0
    while convinced(high):
        low, high = high, 2 * high
        if high > HEAVIEST:
            return float("nan")
    while high > 1.02 * low:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if convinced(middle) else (low, middle)
    return high
