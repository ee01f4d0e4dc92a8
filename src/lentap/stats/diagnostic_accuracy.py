"""Accuracy of a test with two results: sensitivity, specificity, predictive values and likelihood ratios."""

from dataclasses import dataclass
from math import isinf, nan

from lentap.stats.arguments import real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import odds_ratio, proportion, risk_ratio


@dataclass(frozen=True)
class DiagnosticAccuracy:
    """What a fourfold table says of a test; counts in ``n`` (diseased, healthy)."""

    sensitivity: Estimate
    specificity: Estimate
    positive_predictive_value: Estimate
    negative_predictive_value: Estimate
    positive_likelihood_ratio: Estimate
    negative_likelihood_ratio: Estimate
    diagnostic_odds_ratio: Estimate
    accuracy: Estimate
    n: tuple[int, int]


def diagnostic_accuracy(
    true_positives: int,
    false_negatives: int,
    false_positives: int,
    true_negatives: int,
    *,
    prevalence: float | None = None,
    level: float = 0.95,
    method: str = "wilson",
    ratio_method: str = "koopman",
) -> DiagnosticAccuracy:
    """Accuracy of a test against who is diseased.

    Likelihood ratios are ratios of two proportions with their score interval (recommended by Gart and Nam 1988, Altman
    and others 2000); zero cells leave a limit at 0 or infinite.

    Parameters
    ----------
    true_positives, false_negatives
        Positive and negative tests of the diseased.
    false_positives, true_negatives
        Positive and negative tests of the healthy.
    prevalence
        Of the population the predictive values are for, strictly between 0 and 1: they then follow from the likelihood
        ratios by Bayes' theorem, with those limits. By default they are those of the sample, which must then not have
        been drawn by disease. Not-a-number where nobody was positive (or negative).
    level, method
        Interval of proportions, as in ``proportions.proportion``.
    ratio_method
        Interval of likelihood ratios, as in ``proportions.risk_ratio``.

    Raises
    ------
    StatisticsError
        Counts that are no whole numbers of 0 or more, nobody diseased or nobody healthy, an illegal prevalence, or an
        unknown method.
    """
    cells = {
        "true_positives": true_positives,
        "false_negatives": false_negatives,
        "false_positives": false_positives,
        "true_negatives": true_negatives,
    }
    for argument, found in cells.items():
        if not real(found).is_integer() or found < 0:
            refuse(argument, found, "a whole number of 0 or more")
    if prevalence is not None and not 0 < real(prevalence) < 1:
        refuse("prevalence", prevalence, "a number strictly between 0 and 1")
    tp, fn, fp, tn = (int(count) for count in cells.values())
    for argument, diseased in (("true_positives", tp + fn), ("true_negatives", fp + tn)):
        if diseased == 0:
            refuse(argument, 0, "one diseased and one healthy subject or more")

    def share(part: int, whole: int) -> Estimate:
        if whole == 0:
            return Estimate(nan, nan, nan, level, "not estimable: no test with this result")
        return proportion(part, whole, level=level, method=method)

    positive = risk_ratio(tp, tp + fn, fp, fp + tn, level=level, method=ratio_method)
    negative = risk_ratio(fn, tp + fn, tn, fp + tn, level=level, method=ratio_method)
    if prevalence is None:
        predictive = share(tp, tp + fp), share(tn, tn + fn)
    else:
        odds = prevalence / (1 - prevalence)
        ill = _after(negative, odds)
        spared = Estimate(1 - ill.value, 1 - ill.high, 1 - ill.low, level, ill.method)
        predictive = _after(positive, odds), spared
    return DiagnosticAccuracy(
        share(tp, tp + fn),
        share(tn, fp + tn),
        *predictive,
        positive,
        negative,
        odds_ratio(tp, tp + fn, fp, fp + tn, level=level),
        share(tp + tn, tp + fn + fp + tn),
        (tp + fn, fp + tn),
    )


def _after(likelihood_ratio: Estimate, odds: float) -> Estimate:
    """Probability of disease after a result with this likelihood ratio."""

    def probability(ratio: float) -> float:
        return 1.0 if isinf(ratio) else ratio * odds / (1 + ratio * odds)

    value, low, high = (
        probability(ratio) for ratio in (likelihood_ratio.value, likelihood_ratio.low, likelihood_ratio.high)
    )
    method = f"Bayes at prevalence {odds / (1 + odds):.3g}, {likelihood_ratio.method}"
    return Estimate(value, low, high, likelihood_ratio.level, method)
