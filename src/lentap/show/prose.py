"""Sentences whose truth depends on a result: each is chosen by the numbers it quotes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lentap.adam import Problem
from lentap.design import Design, Endpoint, Marker
from lentap.results import Result
from lentap.show.format import confidence, escaped, listed, p_phrase, quote, ratio
from lentap.show.proportions import HEADINGS
from lentap.show.record import NEGLIGIBLE, Balance, Comparison, Survival
from lentap.show.samples import Samples
from lentap.sources import BADGES, Source, combine

CAVEATS: dict[Source, str] = {
    "published": "Where each published number comes from stands in the claims ledger.",
    "synthetic": "Synthetic numbers show the method and say nothing about LEN-TAP or any other real trial.",
    "yours": "Computed from the tables you brought, with the definitions in their trial.yml.",
}
FEW_EVENTS = 10
REPORTS = {"abstract": "the abstract of the paper", "digest": "a digest of the paper by others"}


@dataclass(frozen=True)
class Prose:
    """Markdown for a page."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def key_points(points: Iterable[str], *, source: Source | tuple[Source, ...], caveat: str = "") -> Prose:
    """Frame sentences as the box of key points, with a badge and a caveat for each kind of number, or the one given."""
    sources = combine(*((source,) if isinstance(source, str) else source))
    badges = " ".join(f'<span class="lentap-badge lentap-{s}">{BADGES[s]}</span>' for s in sources)
    lines = [f"- {point}" for point in points if point]
    caveats = caveat or " ".join(CAVEATS[s] for s in sources)
    return Prose(
        "\n".join(
            [
                '<div class="lentap-key-points">',
                "",
                f"**Key points** {badges}",
                "",
                *lines,
                "",
                f"*{caveats}*",
                "",
                "</div>",
            ]
        )
    )


def with_interval(result: Result) -> str:
    """``59.2% (95% CI 47.5 to 69.8)``, or the estimate alone where it has no interval."""
    if result.estimate is None or result.level is None:
        return quote(result, "estimate")
    return f"{quote(result, 'estimate')} ({confidence(result)} {quote(result, 'interval')})"


def shares(rates: Mapping[str, Result], outcome: str) -> str:
    """How many patients of each arm had the outcome."""
    parts = [
        f"{_of(rate.counts[arm])} patients on {escaped(arm)} ({quote(rate, 'estimate')})" for arm, rate in rates.items()
    ]
    return f"{outcome[:1].upper()}{outcome[1:]}: {listed(parts)}."


def difference(comparison: Comparison, arm: str) -> str:
    """What the interval of a risk difference does and does not exclude, with the p-value of the exact test."""
    contrast = comparison.contrasts[arm]
    found = contrast.risk_difference
    control = escaped(found.labels["control"])
    words = f"{escaped(arm)} minus {control}: {with_interval(found)}; Fisher's exact test {_p(contrast.fisher_p)}."
    match side(found):
        case "above":
            return f"{words} The interval lies on the side of more with {escaped(arm)}."
        case "below":
            return f"{words} The interval lies on the side of more with {control}."
    return f"{words} The interval includes no difference: these counts alone do not tell the two arms apart."


def side(result: Result) -> str:
    """Where the interval lies from the value of no effect: above, below or across it."""
    if result.null is None or result.low is None or result.high is None:
        if result.null is not None and result.low is not None and result.low > result.null:
            return "above"
        return "across"
    return "above" if result.low > result.null else "below" if result.high < result.null else "across"


def survival_points(endpoint: Endpoint, found: Survival) -> list[str]:
    """Key points on a time to an event: events, medians, log-rank test and hazard ratios."""
    counts = [f"{_of(n.counts[arm])} patients on {escaped(arm)}" for arm, n in found.events.items()]
    times = [f"{escaped(arm)} {with_interval(median)}" for arm, median in found.medians.items()]
    few = [escaped(arm) for arm, count in found.events.items() if (count.estimate or 0) < FEW_EVENTS]
    test = found.log_rank
    return [
        f"{escaped(endpoint.label)}: events in {listed(counts)}.",
        f"Median time to the event: {listed(times)}.",
        *(_hazard(result) for result in found.hazard_ratios.values()),
        f"{_test_name(test)} of {len(counts)} arms: chi-squared {ratio(test.estimate)}, {_p(test)}.{_two_tests(found)}"
        if test.estimate is not None
        else f"{_test_name(test)}: not computable, no event while two arms were under observation.",
        f"Fewer than {FEW_EVENTS} events on {listed(few)}: read the intervals, not the estimates." if few else "",
    ]


def _test_name(test: Result) -> str:
    return "Log-rank test" if test.method.startswith("log-rank") else "Test of the weighted Cox model"


def _two_tests(found: Survival) -> str:
    """Why the test of two arms and the interval of their ratio stand on two sides of one border, where they do."""
    ratios, p = list(found.hazard_ratios.values()), found.log_rank.p_value
    if len(ratios) != 1 or p is None or ratios[0].p_value is None or ratios[0].level is None:
        return ""
    border = 1 - ratios[0].level
    if (ratios[0].p_value < border) == (p < border):
        return ""
    includes, falls = ("excludes", "above") if p >= border else ("includes", "below")
    return (
        f" The interval above {includes} 1 and this p lies {falls} {border:.2g}: they are two tests (Wald's, of the "
        "estimated ratio, and one of events against those expected with no difference), which near the border can fall "
        "on two sides of it; neither overrules the other."
    )


def _hazard(result: Result) -> str:
    arm, control = escaped(result.labels["arm"]), escaped(result.labels["control"])
    if result.estimate is None:
        return f"Hazard ratio of {arm} over {control}: not estimable from these events."
    words = f"Hazard ratio of {arm} over {control}: {with_interval(result)}"
    match side(result):
        case "above":
            return f"{words}; the interval lies above 1, the event coming at a faster rate on {arm}."
        case "below":
            return f"{words}; the interval lies below 1, the event coming at a slower rate on {arm}."
    return f"{words}; the interval includes 1, so neither order of the arms is excluded."


def _of(count: str) -> str:
    """``42/71`` as ``42 of 71``."""
    return count.replace("/", " of ")


def _p(result: Result) -> str:
    return p_phrase(float("nan") if result.p_value is None else result.p_value)


def endpoint_rules(endpoint: Endpoint, design: Design, *, source: Source, longest: float | None = None) -> Prose:
    """What the trial declares about an endpoint, as a list, and where this page ends follow-up, if it does."""
    population = design.populations[endpoint.population]
    rules = {
        "Declared in": f"trial.yml ({BADGES[source].lower()})",
        "Endpoint": f"{endpoint.label} ({endpoint.name}), in {endpoint.unit}",
        "Population": f"{population.label} ({population.name}), by {_arm_words(population.arm)}",
        "Time runs from": endpoint.origin,
        "Event": endpoint.event,
        "Censored": endpoint.censoring,
        "Follow-up": f"ends for everyone at {longest:g} {endpoint.unit}, a choice of this page" if longest else "",
        "Resection": endpoint.resection,
        "Crossover": endpoint.crossover,
        "New therapy": endpoint.new_therapy,
    }
    return Prose("\n".join(f"- **{name}:** {escaped(text)}" for name, text in rules.items() if text))


def _arm_words(column: str) -> str:
    return {"TRT01P": "planned treatment", "TRT01A": "treatment received"}[column]


def participant_points(enrolled: Mapping[str, Result], balance: Mapping[str, Balance], design: Design) -> list[str]:
    """Key points on who took part: numbers by arm, allocation, and balance against what chance gives."""
    total = sum(int(count.estimate or 0) for count in enrolled.values())
    arms = [f"{int(count.estimate or 0)} on {escaped(arm)}" for arm, count in enrolled.items()]
    allocation = escaped(design.allocation).rstrip(".") or "not declared in trial.yml"
    allocation = allocation[:1].upper() + allocation[1:]
    return [
        f"{total} patients were enrolled: {listed(arms)}.",
        f"**Allocation.** {allocation}.",
        *(
            f"Balance of {escaped(arm)} and {escaped(design.control.name)}: the largest standardised difference is "
            f"{quote(found.largest, 'estimate')} ({escaped(found.largest.counts['variable'])}); "
            f"{_of(found.beyond.counts['variables'])} are beyond {NEGLIGIBLE:g}, where randomising arms "
            f"of this size would by chance put {quote(found.by_chance, 'estimate')} of continuous variables."
            for arm, found in balance.items()
        ),
    ]


def comparison_points(comparisons: Sequence[Comparison], outcome: str) -> list[str]:
    """Key points on one outcome: how many had it, and what separates the arms, for each kind of number."""
    points = []
    for comparison in comparisons:
        points.append(f"**{HEADINGS[comparison.source]}{_origin(comparison)}.** {shares(comparison.rates, outcome)}")
        points += [difference(comparison, arm) for arm in comparison.contrasts]
    return points


def _origin(comparison: Comparison) -> str:
    """Say where published counts were reported, and whether they were derived; empty for other numbers."""
    labels = next(iter(comparison.rates.values())).labels
    reported = labels.get("reported_in")
    derived = ", derived from the percentages" if labels.get("counts_are") == "derived" else ""
    return f", as reported in {REPORTS.get(reported, reported)}{derived}" if reported else ""


def event_words(*, minimum_grade: int, related_only: bool) -> str:
    """Name what counts as an event on this page."""
    grade = f" of grade {minimum_grade} or above" if minimum_grade > 1 else ""
    return f"at least one adverse event{grade}{' held to be related to treatment' if related_only else ''}"


def marker_points(
    marker: Marker, changes: Sequence[Result], differences: Sequence[Result], samples: Samples, smallest: int = 0
) -> list[str]:
    """Key points on a marker: the change by response in each arm, and whether it differs between the groups.

    How many are left out is not said where that, or a group, is of fewer than ``smallest`` patients.
    """
    before, after = (escaped(name) for name in samples.names)
    points = []
    for arm in dict.fromkeys(change.labels["arm"] for change in changes):
        by_group = [
            f"{with_interval(change)} in {change.counts[arm]} {change.labels['response'].lower()}s"
            for change in changes
            if change.labels["arm"] == arm
        ]
        points.append(
            f"{escaped(arm)}, change of {escaped(marker.label)} from {before} to {after}: {listed(by_group)}."
        )
        points += [_marker_difference(found) for found in differences if found.labels["arm"] == arm]
    pairs = samples.pairs(samples.after)
    left_out = len(samples.patients) - len(pairs)
    groups = pairs.groupby(["arm", "response"], observed=True).size()
    if any(0 < count < smallest for count in (left_out, *groups)):
        points.append("Some patients are left out, or groups of them not shown, as they are few.")
    elif left_out:
        points.append(
            f"{left_out} of {len(samples.patients)} patients are left out: without one of the two samples, or without "
            "an evaluable response."
        )
    return points


def _marker_difference(found: Result) -> str:
    arm = escaped(found.labels["arm"])
    words = f"Responders minus non-responders on {arm}: {with_interval(found)}, {_p(found)}"
    match side(found):
        case "above":
            return f"{words}; the interval lies on the side of a larger rise in responders."
        case "below":
            return f"{words}; the interval lies on the side of a larger rise in non-responders."
    return f"{words}; the interval includes no difference between the groups."


def data_notes(problems: Sequence[Problem], *, source: Source) -> Prose:
    """What the check of the tables found worth knowing."""
    if not problems:
        return Prose(f"{BADGES[source]}: the check of the tables found nothing to report.")
    lines = [f"- {escaped(str(problem))}" for problem in problems]
    return Prose("\n".join([f"{BADGES[source]}: what the check of the tables found.", "", *lines]))
