"""Patients grouped by what was known of them at the start: the levels of a factor, or the two sides of a median."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lentap.stats.baseline import is_continuous


def groups_of(values: pd.Series) -> pd.Series:
    """Group of each patient by one column of baseline, as an ordered categorical; missing where the value is.

    A column of words or of a few numbers has its levels as groups; a continuous one is cut at the median of the values
    known, which belongs to the lower group.
    """
    if is_continuous(values):
        middle = float(values.median())
        sides = [f"up to {middle:g}", f"above {middle:g}"]
        side = (values > middle).map({False: sides[0], True: sides[1]}).where(values.notna())
        return pd.Series(pd.Categorical(side, categories=sides, ordered=True), index=values.index)
    levels = [f"{level:g}" if isinstance(level, float) else str(level) for level in sorted(values.dropna().unique())]
    words = values.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value), na_action="ignore")
    return pd.Series(pd.Categorical(words, categories=levels, ordered=True), index=values.index)


def pairs(patients: pd.DataFrame, control: str) -> dict[str, pd.DataFrame]:
    """Patients of each experimental arm together with those of the control; none where the control has no patients."""
    present = [str(arm) for arm in patients["arm"].cat.remove_unused_categories().cat.categories]
    arms = [arm for arm in present if arm != control] if control in present else []
    return {arm: patients[patients["arm"].isin([arm, control])] for arm in arms}


def joint_groups(patients: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Combination of the groups of several columns; missing where one of them is. Without columns one group."""
    joint = pd.Series("all", index=patients.index, dtype=object)
    for place, column in enumerate(columns):
        one = groups_of(patients[column]).astype(object)
        joint = one if place == 0 else (joint + ", " + one)
    return joint


def stratifications(
    patients: pd.DataFrame, baseline: Mapping[str, str], joined: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Columns of each stratification by name: every declared factor alone, then those ``joined`` ("none" is no factor).

    Parameters
    ----------
    baseline
        Columns with their labels; those the patients lack are left out.
    """
    known = {column: label for column, label in baseline.items() if column in patients}
    alone = {label: (column,) for column, label in known.items()}
    both = tuple(dict.fromkeys(column for column in joined if column in known))
    return alone | ({" and ".join(known[column] for column in both): both} if len(both) > 1 else {})
