"""Win ratio, net benefit and win odds: all pairs of subjects of two arms compared over a hierarchy of outcomes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, Integers, choice, labels, numbers, refuse
from lentap.stats.pair_counts import Outcome, PairSums, count_pairs
from lentap.stats.pair_weights import weighted_pairs
from lentap.stats.risk_sets import follow_up, two_arms
from lentap.stats.wald import WaldEstimate, wald_estimate

PAIR_VARIANCES = ("projection", "null")
CENSORED_PAIRS = ("undecided", "weighted", "weighted as WINS")

_UNKNOWN = "no pair is won, or none is lost, or all alike, or an arm of a stratum has one subject"


def time_outcome(time: ArrayLike, event: ArrayLike, *, threshold: float = 0.0, better: str = "later") -> Outcome:
    """Time to an event, as an outcome of ``compare_pairs``.

    A subject beats another who had the event if it was followed without for more than the threshold longer; an event at
    just the time of another's last follow-up leaves a tie.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``.
    threshold
        Difference, 0 or more, that leaves a tie; only a greater one decides. (In BuyseTest the threshold decides.)
    better
        "later" where a late event wins, "sooner" where an early one does, such as a response.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; a negative threshold, or an unknown ``better``.
    """
    choice("better", better, ("later", "sooner"))
    times, events = follow_up(time, event)
    return Outcome(times, events, _margin(threshold), better == "sooner", timed=True)


def measured_outcome(value: ArrayLike, *, threshold: float = 0.0, better: str = "higher") -> Outcome:
    """Measure, score, count or yes (1) and no (0), as an outcome of ``compare_pairs``.

    Parameters
    ----------
    value
        A finite number a subject.
    threshold
        Difference, 0 or more, that leaves a tie; only a greater one decides.
    better
        "higher" or "lower": which value wins.

    Raises
    ------
    StatisticsError
        Values that are missing or not finite, a negative threshold, or an unknown ``better``.
    """
    choice("better", better, ("higher", "lower"))
    values = numbers("value", value)
    return Outcome(values, np.ones(values.size, dtype=bool), _margin(threshold), better == "lower", timed=False)


@dataclass(frozen=True, eq=False)
class WinStatistics:
    """All pairs of a treated and a control subject, compared.

    ``win_ratio`` is pairs won by the treated over pairs lost, ``win_odds`` the same with half of the ties added to
    either, ``net_benefit`` the probability of winning less that of losing. ``win``, ``loss`` and ``tie`` are those
    probabilities. ``by_outcome`` counts the pairs (not weighted) that each outcome decided: outcome, reached, wins,
    losses, ties.
    """

    win_ratio: WaldEstimate
    net_benefit: WaldEstimate
    win_odds: WaldEstimate
    win: float
    loss: float
    tie: float
    pairs: int
    by_outcome: pd.DataFrame


def compare_pairs(
    outcomes: Mapping[str, Outcome],
    treated: ArrayLike,
    *,
    strata: object = None,
    censored: str = "undecided",
    variance: str = "projection",
    level: float = 0.95,
) -> WinStatistics:
    """Compare every treated subject with every control by the first outcome that tells them apart.

    Buyse (2010), Pocock, Ariti, Collier and Wang (2012); win odds of Dong and others (2020).

    Parameters
    ----------
    outcomes
        By name, the most important first: each a ``time_outcome`` or ``measured_outcome`` of all subjects.
    treated
        True or 1 for the experimental arm, false or 0 for the control.
    strata
        Label of each subject's stratum: pairs are made within strata, and those of a stratum of N subjects count 1 / N
        each (Dong, Qiu, Wang and Vandemeulebroecke 2018). Strata without one of the arms are left out.
    censored
        What becomes of pairs that censoring keeps from being compared by an outcome: "undecided" goes on to the next
        one, so that the answer depends on the censoring. "weighted" lets the pairs seen count for those that were not,
        by the inverse probability of being seen (Cui and others 2025), within arm and stratum; all outcomes must be
        times with "later" the better. Follow-up of a subject is taken to end for all outcomes at once, independent of
        them: at the largest of its times, where any is censored (so what death prevents is to count as an event at
        death). Curves of censoring are not followed below 0.1, and wins and losses of more than all pairs are scaled to
        all. "weighted as WINS" is that R package's "ipcw_tau", for which whoever is censored at the time of an event
        has left before it: with coarse times its weights are too great.
    variance
        One of ``PAIR_VARIANCES``. "projection" is the sampling variance, from how often each subject wins (Bebu and
        Lachin 2016; of one measure that of DeLong 1988), and where pairs are weighted also from how much it moves the
        curve of censoring. "null" takes a win and a loss for equally probable (Dong and others 2016), as R's
        WINS does: right for a test, too wide for an interval of a strong effect.
    level
        Coverage of the intervals: of the ratio and the odds on the log scale, of the net benefit on its own.

    Raises
    ------
    StatisticsError
        No outcome, outcomes of different lengths, an empty arm, missing strata or none with both arms, an unknown
        option, or an option that the outcomes do not allow.
    """
    choice("variance", variance, PAIR_VARIANCES)
    count: Callable[..., PairSums] = count_pairs
    if choice("censored", censored, CENSORED_PAIRS) != "undecided":
        _weightable(outcomes, variance)
        count = partial(weighted_pairs, censored_first=censored == "weighted as WINS")
    arm = _arms(outcomes, treated)
    found = [count(tuple(outcomes.values()), *sides) for sides in _strata(strata, arm)]
    weight = np.array([1 / (len(one.treated) + len(one.control)) for one in found])
    weight /= weight @ [one.pairs for one in found]
    chances = np.einsum("s,sk->k", weight, [one.treated.sum(axis=0) for one in found])
    moment = _null_covariance if variance == "null" else _covariance
    covariance = np.einsum("s,sij->ij", weight**2, [moment(one) for one in found])
    scale = max(1.0, float(chances.sum()))
    win, loss = (chances / scale).tolist()
    method = (
        f"{'stratified ' if strata is not None else ''}pairwise comparison of {', '.join(outcomes)}, "
        f"censored pairs {censored}, {variance} variance"
    )
    ratio, benefit, odds = _estimates(win, loss, covariance / scale**2, variance, method, level)
    pairs = sum(one.pairs for one in found)
    by_outcome = _by_outcome(list(outcomes), np.sum([one.outcomes for one in found], axis=0), pairs)
    return WinStatistics(ratio, benefit, odds, win, loss, 1 - win - loss, pairs, by_outcome)


def _margin(threshold: float) -> float:
    if not 0 <= threshold < np.inf:
        refuse("threshold", threshold, "a finite number of 0 or more")
    return float(threshold)


def _arms(outcomes: Mapping[str, Outcome], treated: ArrayLike) -> Bools:
    if not outcomes:
        refuse("outcomes", "empty", "one outcome or more, by name")
    arm = two_arms(treated, np.size(treated))
    for name, outcome in outcomes.items():
        if outcome.value.size != arm.size:
            refuse("outcomes", f"{name} of {outcome.value.size} subjects", f"as long as treated ({arm.size})")
    return arm


def _weightable(outcomes: Mapping[str, Outcome], variance: str) -> None:
    unfit = [name for name, outcome in outcomes.items() if not outcome.timed or outcome.lower_wins]
    if unfit:
        refuse(
            "censored", f"weighted, with {', '.join(unfit)}", "undecided, unless all outcomes are times, later better"
        )
    if variance == "null":
        refuse("variance", variance, "projection, where pairs are weighted")


def _strata(strata: object, arm: Bools) -> Iterator[tuple[Integers, Integers]]:
    """Yield the positions of the treated and of the controls of each stratum that has both."""
    stratum = np.zeros(arm.size, dtype=np.intp)
    if strata is not None:
        _, stratum = labels("strata", strata, arm.size)
    both = np.intersect1d(stratum[arm], stratum[~arm])
    if not both.size:
        refuse("strata", "each of one arm", "at least one stratum with subjects of both arms")
    for position in both:
        members = stratum == position
        yield np.flatnonzero(members & arm), np.flatnonzero(members & ~arm)


def _covariance(sums: PairSums) -> Floats:
    """Covariance of the numbers of pairs won and lost, from the spread among subjects of either arm."""
    total = np.zeros((2, 2))
    for each in (sums.treated, sums.control):
        apart = each - each.mean(axis=0)
        total += apart.T @ apart * (len(each) / (len(each) - 1) if len(each) > 1 else np.nan)
    return total


def _null_covariance(sums: PairSums) -> Floats:
    """Covariance of the numbers of pairs won and lost if both are as probable, from pairs that share a subject."""
    wins, losses = sums.treated.sum(axis=0)
    chance = (wins + losses) / (2 * sums.pairs)
    same_pair = np.diag([wins, losses]) - chance * np.add.outer([wins, losses], [wins, losses])
    same_pair += chance**2 * sums.pairs
    total = np.zeros((2, 2))
    for each, opponents in ((sums.treated, len(sums.control)), (sums.control, len(sums.treated))):
        apart = each - opponents * chance
        total += (apart.T @ apart - same_pair) * (opponents / (opponents - 1) if opponents > 1 else np.nan)
    return total


def _estimates(
    win: float, loss: float, covariance: Floats, variance: str, method: str, level: float
) -> tuple[WaldEstimate, WaldEstimate, WaldEstimate]:
    null = variance == "null"
    chance = np.full(2, (win + loss) / 2) if null else np.array([win, loss])
    nan, benefit = float("nan"), win - loss
    decided = min(win, loss) > 0
    slope = np.array([1.0, -1.0]) / chance if decided else np.full(2, nan)
    ratio_error, error = _error(slope, covariance), _error(np.array([1.0, -1.0]), covariance)
    odds_error = error * 2 / (1 - (0 if null else benefit) ** 2) if abs(benefit) < 1 else nan
    ratio = win / loss if loss > 0 else (float("inf") if win > 0 else nan)
    odds = (1 + benefit) / (1 - benefit) if benefit < 1 else float("inf")
    difference = wald_estimate(benefit, error, f"net benefit, {method}", level=level, unknown=_UNKNOWN)
    return (
        wald_estimate(ratio, ratio_error, f"win ratio, {method}", level=level, scale="log", unknown=_UNKNOWN),
        replace(difference, low=max(difference.low, -1.0), high=min(difference.high, 1.0)),
        wald_estimate(odds, odds_error, f"win odds, {method}", level=level, scale="log", unknown=_UNKNOWN),
    )


def _error(slope: Floats, covariance: Floats) -> float:
    """Standard error of a combination; not-a-number where few subjects leave a variance that is not above 0."""
    variance = float(slope @ covariance @ slope)
    return float(np.sqrt(variance)) if variance > 0 else float("nan")


def _by_outcome(names: list[str], decided: Integers, pairs: int) -> pd.DataFrame:
    ties = pairs - decided.sum(axis=1).cumsum()
    reached = np.insert(ties[:-1], 0, pairs)
    columns = {"outcome": names, "reached": reached, "wins": decided[:, 0], "losses": decided[:, 1], "ties": ties}
    return pd.DataFrame(columns)
