"""Tumour response over visits: best overall response and responders."""

from collections.abc import Collection, Iterable

import pandas as pd

from lentap.stats.arguments import columns, one_parameter, refuse

RESPONSES = ("CR", "PR", "SD", "PD", "NE")  # from best to worst


def best_overall_response(visits: pd.DataFrame, subjects: Iterable[str] | None = None) -> pd.Series:
    """Best overall response per subject, unconfirmed: CR, PR, SD, PD, then NE.

    Assessments after the first progression do not count (RECIST 1.1, section 4.4.1; mRECIST likewise).

    Parameters
    ----------
    visits
        Rows of ADRS for one criterion: USUBJID, AVISITN (the order of visits) and AVALC, one of ``RESPONSES``.
    subjects
        Identifiers to report, in this order; those without an assessment are NE. By default those in ``visits``.

    Returns
    -------
    pandas.Series
        Ordered categorical ``best_response`` with categories ``RESPONSES``, indexed by USUBJID.

    Raises
    ------
    StatisticsError
        A column is missing, AVALC holds another word, AVISITN is missing, or there is more than one criterion.
    """
    columns("visits", visits, "USUBJID", "AVISITN", "AVALC")
    one_parameter("visits", visits)
    illegal = visits.loc[~visits["AVALC"].isin(RESPONSES), "AVALC"]
    if len(illegal):
        refuse("AVALC", illegal.iloc[0], f"one of {', '.join(RESPONSES)}")
    if visits["AVISITN"].isna().any():
        refuse("AVISITN", "missing in some rows", "a number in every row")
    ordered = visits.sort_values("AVISITN", kind="stable")
    progressions = ordered["AVALC"].eq("PD").astype(int)
    before = progressions.groupby(ordered["USUBJID"]).cumsum() - progressions == 0
    rank = ordered.loc[before, "AVALC"].map({name: rank for rank, name in enumerate(RESPONSES)})
    best = rank.groupby(ordered["USUBJID"]).min()
    if subjects is not None:
        best = best.reindex(pd.Index(subjects, name="USUBJID")).fillna(len(RESPONSES) - 1)
    codes = best.astype(int).tolist()
    named = pd.Categorical.from_codes(codes, categories=pd.Index(RESPONSES), ordered=True)
    return pd.Series(named, index=best.index, name="best_response")


def responders(best: pd.Series, responses: Collection[str] = ("CR", "PR")) -> pd.Series:
    """Whether each subject's best overall response is one of ``responses``; NE is not.

    Raises
    ------
    StatisticsError
        ``responses`` holds a word that is not in ``RESPONSES``.
    """
    for name in responses:
        if name not in RESPONSES:
            refuse("responses", name, f"among {', '.join(RESPONSES)}")
    return best.isin(list(responses)).rename("responder")
