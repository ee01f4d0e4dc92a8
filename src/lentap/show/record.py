"""Numbers that always go together, computed by one call and recorded under their stable names."""

from collections.abc import Mapping
from dataclasses import dataclass

from lentap.results import Result, record
from lentap.sources import Source
from lentap.stats.proportions import fisher_exact, odds_ratio, proportion, risk_difference, risk_ratio


@dataclass(frozen=True)
class Contrast:
    """An experimental arm against control: difference, ratios and exact test of one outcome."""

    risk_difference: Result
    risk_ratio: Result
    odds_ratio: Result
    fisher_p: Result

    @property
    def results(self) -> tuple[Result, ...]:
        return self.risk_difference, self.risk_ratio, self.odds_ratio, self.fisher_p


@dataclass(frozen=True)
class Comparison:
    """Rates by arm (control last), and a contrast for each experimental arm."""

    rates: dict[str, Result]
    contrasts: dict[str, Contrast]


def record_comparison(
    name: str,
    counts: Mapping[str, tuple[int, int]],
    *,
    control: str,
    level: float,
    rate_interval: str,
    difference_interval: str,
    rate_name: str = "rate",
    source: Source,
    **labels: str,
) -> Comparison:
    """Compare an outcome between arms and record every number as ``name.rate``, ``name.risk_difference`` and so on.

    Parameters
    ----------
    counts
        Patients with the outcome and patients in all, by arm.
    level
        Level of all intervals.
    """
    written = {arm: f"{events}/{n}" for arm, (events, n) in counts.items()}
    rates = {
        arm: record(
            f"{name}.{rate_name}",
            proportion(events, n, level=level, method=rate_interval),
            source=source,
            scale="proportion",
            counts={arm: written[arm]},
            arm=arm,
            **labels,
        )
        for arm, (events, n) in counts.items()
    }
    contrasts = {}
    for arm in counts:
        if arm == control:
            continue
        table = (*counts[arm], *counts[control])
        p = fisher_exact(*table)
        about = {
            "counts": {arm: written[arm], control: written[control]},
            "direction": f"above: more with {arm}",
            "arm": arm,
            "control": control,
            **labels,
        }
        contrasts[arm] = Contrast(
            record(
                f"{name}.risk_difference",
                risk_difference(*table, level=level, method=difference_interval),
                source=source, scale="difference", null=0.0, **about,
            ),
            record(f"{name}.risk_ratio", risk_ratio(*table, level=level), source=source, scale="ratio", null=1.0, **about),
            record(f"{name}.odds_ratio", odds_ratio(*table, level=level), source=source, scale="ratio", null=1.0, **about),
            record(
                f"{name}.fisher_p",
                p, source=source, scale="number", p_value=p, method="Fisher's exact test, two-sided", **about,
            ),
        )  # fmt: skip
    return Comparison(rates, contrasts)
