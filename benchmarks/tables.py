"""Two proportions by the thousand, and tables of many adverse events."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import confint_proportions_2indep

from benchmarks.measure import Row, against, seconds
from lentap.stats.adverse_events import compare_incidence, incidence
from lentap.stats.proportions import risk_difference
from lentap.stats.stratified import cochran_mantel_haenszel

TABLES, STRATA, RECORDS, SUBJECTS, TERMS = 1_000, 1_000, 200_000, 5_000, 400


def adverse_events() -> tuple[pd.DataFrame, pd.DataFrame]:
    """200,000 records of 5,000 subjects in two arms, 400 terms of falling frequency."""
    generator = np.random.default_rng(5)
    names = np.array([f"S{number:05}" for number in range(SUBJECTS)])
    subjects = pd.DataFrame({"USUBJID": names, "arm": np.where(generator.random(SUBJECTS) < 0.5, "A", "B")})
    share = 1 / np.arange(1, TERMS + 1)
    terms = np.array([f"Term {number:03}" for number in range(TERMS)])
    events = pd.DataFrame(
        {
            "USUBJID": generator.choice(names, RECORDS),
            "AEDECOD": generator.choice(terms, RECORDS, p=share / share.sum()),
        }
    )
    return events, subjects


def rows() -> Iterator[Row]:
    """Score intervals and the stratified test against statsmodels; incidence against R's table of distinct pairs."""
    generator = np.random.default_rng(4)
    counts = generator.binomial(71, (0.6, 0.2), (TABLES, 2)).tolist()
    spent = seconds(lambda: [risk_difference(a, 71, b, 71, method="miettinen-nurminen") for a, b in counts])
    few = counts[:50]
    peer = seconds(lambda: [confint_proportions_2indep(a, 71, b, 71, method="score") for a, b in few])
    what = f"Miettinen-Nurminen intervals, {TABLES:,} tables"
    yield Row(what, spent, peer=peer * TABLES / len(few), peer_name=f"statsmodels, {len(few)} tables, scaled")

    strata = generator.integers(1, 40, (STRATA, 4))
    events1, n1, events0, n0 = strata[:, 0], strata[:, :2].sum(axis=1), strata[:, 2], strata[:, 2:].sum(axis=1)
    spent = seconds(lambda: cochran_mantel_haenszel(events1, n1, events0, n0))
    peer = seconds(lambda: StratifiedTable(strata.T.reshape(2, 2, STRATA)).test_null_odds())
    yield Row(f"Cochran-Mantel-Haenszel, {STRATA:,} strata", spent, peer=peer, peer_name="statsmodels")

    events, subjects = adverse_events()
    spent = seconds(lambda: incidence(events, subjects))
    arm = events["USUBJID"].map(subjects.set_index("USUBJID")["arm"])
    vectors = {
        "subject": events["USUBJID"].str[1:].astype(int).to_numpy(),
        "term": events["AEDECOD"].str[5:].astype(int).to_numpy(),
        "arm": (arm == "A").to_numpy(),
    }
    code = "# timed\nkept <- unique(data.frame(subject, term, arm)); table(kept$term, kept$arm); table(term, arm)"
    yield against(
        f"AE incidence, {RECORDS:,} records, {TERMS} terms", spent, code, "base, coded as numbers", arrays=vectors
    )
    table = incidence(events, subjects)
    yield Row(f"AE differences with intervals, {TERMS} terms", seconds(lambda: compare_incidence(table, "A")))
