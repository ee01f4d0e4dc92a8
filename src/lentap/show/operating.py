"""What simulated trials show of an analysis: how often it rejects, how far off it is, how often its interval holds."""

from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import listed, number, percent
from lentap.show.record.operating import Situations
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES
from lentap.sources import Source
from lentap.stats.estimate import Estimate

NOTABLE = 0.01  # distance of a coverage from its level that is worth a word
STYLES = dict(enumerate((CONTROL_STYLE, EXPERIMENTAL_STYLES[0], EXPERIMENTAL_STYLES[1], EXPERIMENTAL_STYLES[2])))


def rejections(found: Situations, *, alpha: float, source: Source, name: str = "rejections") -> Figure:
    """Share of simulated trials whose log-rank test rejects, by situation."""
    rows = [
        _row(situation, one.rejected, 100, detail=f"{number(one.events, 0)} events a trial", style=i)
        for i, (situation, one) in enumerate(found.items())
    ]
    return forest(
        rows,
        name=name,
        title="Trials whose log-rank test rejects (%)",
        what=f"Share of simulated trials that reject at the two-sided level {alpha:g}, with the error of simulating.",
        source=source,
        reference=100 * alpha,
        span=(0, 100),
    )


def coverage(found: Situations, *, level: float, source: Source, name: str = "coverage") -> Figure:
    """Share of simulated trials whose interval holds the truth, by measure and situation."""
    rows = [
        _row(situation, one.coverage[measure], 100, group=measure.capitalize(), style=i)
        for measure in next(iter(found.values())).coverage
        for i, (situation, one) in enumerate(found.items())
    ]
    return forest(
        rows,
        name=name,
        title=f"Trials whose {100 * level:g}% interval holds the truth (%)",
        what="Coverage of the intervals of three effect measures in simulated trials.",
        source=source,
        reference=100 * level,
    )


def bias(found: Situations, *, source: Source, name: str = "bias") -> Figure:
    """Mean distance of the log hazard ratio from the truth, by situation."""
    rows = [
        _row(situation, one.bias["log hazard ratio"], 1, detail=f"truth {number(truth, 3)}", style=i)
        for i, (situation, one) in enumerate(found.items())
        for truth in [one.truth["log hazard ratio"]]
    ]
    return forest(
        rows,
        name=name,
        title="Mean log hazard ratio minus the truth",
        what="Bias of the Cox model's log hazard ratio in simulated trials, with the error of simulating.",
        source=source,
        reference=0.0,
        decimals=3,
    )


def operating_points(found: Situations, *, alpha: float, level: float) -> list[str]:
    """Key points: rejections by situation, and where bias or coverage stand apart from what they should be."""
    shares = [f"{situation}: {_percent(one.rejected)}" for situation, one in found.items()]
    apart = [
        f"{situation} ({measure}, {percent(share.value)}%)"
        for situation, one in found.items()
        for measure, share in one.coverage.items()
        if (share.high < level or share.low > level) and abs(share.value - level) > NOTABLE
    ]
    biased = [
        f"{situation} ({number(off.value, 3)})"
        for situation, one in found.items()
        for off in [one.bias["log hazard ratio"]]
        if off.low > 0 or off.high < 0
    ]
    trials = next(iter(found.values())).trials
    return [
        f"Of {trials:,} simulated trials in each situation the log-rank test at {100 * alpha:g}% rejects in: "
        f"{'; '.join(shares)}. Without an effect every rejection is an error.",
        f"The log hazard ratio is off the truth by more than simulation error explains in: {listed(biased) or 'none'}.",
        f"{100 * level:g}% intervals hold the truth more or less often than they say, by over a point, in: "
        f"{listed(apart) or 'none'}.",
    ]


def _percent(share: Estimate) -> str:
    return f"{percent(share.value)}% ({percent(share.low)} to {percent(share.high)})"


def _row(label: str, found: Estimate, factor: float, *, detail: str = "", group: str = "", style: int) -> Row:
    return Row(
        label,
        factor * found.value,
        factor * found.low,
        factor * found.high,
        detail=detail,
        group=group,
        style=STYLES[style % len(STYLES)],
    )
