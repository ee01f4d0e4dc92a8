"""Ten thousand trials of 142 patients, drawn and analysed in four ways."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test
from lifelines.utils import restricted_mean_survival_time

from benchmarks.measure import Row, against, peak_megabytes, seconds
from lentap.stats.hazards import exponential
from lentap.stats.replicates import TrialAnalyses, analyse_trials
from lentap.stats.trial_draws import Trials, draw_trials

TRIALS, SAMPLE = 10_000, 100
LANDMARK, HORIZON = 24.0, 30.0


def drawn(trials: int) -> Trials:
    """Medians of 30 and 18 months, entry over 24 and a cut 24 after it, some dropout."""
    return draw_trials(
        np.random.default_rng(1),
        trials,
        n1=71,
        n0=71,
        hazard1=exponential(30),
        hazard0=exponential(18),
        accrual=24,
        follow_up=24,
        dropout=0.005,
    )


def ours(trials: int) -> TrialAnalyses:
    """Draw trials and analyse them: log-rank p, hazard ratio, survival at a landmark, restricted means."""
    sample = drawn(trials)
    return analyse_trials(sample.time, sample.event, sample.treated, landmark=LANDMARK, horizon=HORIZON)


def theirs(sample: Trials) -> None:
    """The same analyses by a loop over trials with lifelines."""
    for time, event, treated in zip(sample.time, sample.event, sample.treated, strict=True):
        table = pd.DataFrame({"time": time, "event": event, "treated": treated})
        logrank_test(time[treated], time[~treated], event[treated], event[~treated])
        CoxPHFitter().fit(table, "time", "event")
        for arm in (treated, ~treated):
            curve = KaplanMeierFitter().fit(time[arm], event[arm])
            curve.predict(LANDMARK)
            restricted_mean_survival_time(curve, t=HORIZON)


def rows() -> Iterator[Row]:
    """Against lifelines, R and rpact; the loops run on a sample of the trials and are scaled."""
    spent = seconds(lambda: ours(TRIALS))
    sample = drawn(SAMPLE)
    peer = seconds(lambda: theirs(sample), repeats=1) * TRIALS / SAMPLE
    scaled = f"{SAMPLE} trials, scaled"
    what = "10,000 trials of 142, drawn, four analyses"
    yield Row(what, spent, peer=peer, peer_name=f"lifelines loop, {scaled}", least_ratio=100, most=3)
    loop = f"""library(survival); rows <- function(x) matrix(x, ncol = 142, byrow = TRUE)
    time <- rows(time); event <- rows(event); treated <- rows(treated)
    # timed
    for (i in seq_len(nrow(time))) {{
      d <- data.frame(time = time[i, ], event = event[i, ], treated = treated[i, ])
      survdiff(Surv(time, event) ~ treated, d); coxph(Surv(time, event) ~ treated, d)
      summary(survfit(Surv(time, event) ~ treated, d), times = {LANDMARK}, extend = TRUE)
      summary(survfit(Surv(time, event) ~ treated, d), rmean = {HORIZON})
    }}"""
    vectors = {"time": sample.time, "event": sample.event, "treated": sample.treated}
    yield against(what, spent, loop, f"survival loop, {scaled}", scale=TRIALS / SAMPLE, repeats=1, arrays=vectors)
    code = f"""library(rpact); design <- getDesignInverseNormal(kMax = 1, alpha = 0.025)
    # timed
    getSimulationSurvival(design, lambda1 = log(2) / 30, lambda2 = log(2) / 18, accrualTime = 24,
      maxNumberOfSubjects = 142, plannedEvents = 86, dropoutRate1 = 0.058, dropoutRate2 = 0.058, dropoutTime = 12,
      maxNumberOfIterations = {TRIALS}, directionUpper = FALSE, seed = 1)"""
    yield against(what, spent, code, "rpact: log-rank alone", least_ratio=0.2)
    yield Row("memory of 100,000 such trials", peak_megabytes(ours, 100_000), "MB", most=1024)
