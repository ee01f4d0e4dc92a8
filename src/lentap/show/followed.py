"""A comparison of times in print: its key points in order, curves and table, or that there is nothing to show."""

from collections.abc import Mapping

from lentap.design import Design
from lentap.results import Result
from lentap.show.absolute import NOT_SHOWN, absolute_points
from lentap.show.figure import Figure
from lentap.show.format import escaped
from lentap.show.prose import Prose, survival_points
from lentap.show.ratios import ratio_points
from lentap.show.record.absolute import Absolute
from lentap.show.record.followed import Followed
from lentap.show.record.ratios import Ratios
from lentap.show.record.survival import Survival
from lentap.show.survival import survival_curves
from lentap.show.table import Table
from lentap.show.tables import survival_table
from lentap.show.verdict import short_verdicts
from lentap.stats.kaplan_meier import KaplanMeier


def comparison_points(
    group: Followed,
    found: Survival | None,
    absolute: Absolute,
    ratios: Mapping[str, Ratios],
    tests: Mapping[str, Result],
) -> list[str]:
    """Key points of the page that compares the arms: what is shown, the ratio, in percent and time, and its verdict."""
    if found is None:
        return [*group.notes, f"The arms cannot be compared: {escaped(group.gap)}."]
    return [
        *group.notes,
        *survival_points(group.endpoint, found),
        *absolute_points(absolute),
        *ratio_points(ratios),
        *short_verdicts(group, tests, absolute),
        f"Nothing else can be compared: {escaped(group.gap)}." if group.gap else "",
    ]


def followed_curves(group: Followed, curves: Mapping[str, KaplanMeier], *, design: Design) -> Figure | Prose:
    """Curves of the arms that have patients."""
    if not curves:
        return NOT_SHOWN
    return survival_curves(curves, endpoint=group.endpoint, design=design, source=group.source)


def followed_table(
    group: Followed, curves: Mapping[str, KaplanMeier], found: Survival | None, absolute: Absolute
) -> Table | Prose:
    """Patients, events, medians, rates at the landmarks and hazard ratios by arm."""
    if found is None:
        return NOT_SHOWN
    return survival_table(curves, found, endpoint=group.endpoint, source=group.source, landmarks=[*absolute.rates])
