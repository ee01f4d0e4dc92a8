"""A million patients with tied times: Kaplan-Meier, log-rank and Cox, in time and in memory."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test

from benchmarks.measure import Row, against, peak_megabytes, seconds
from lentap.stats.cox import cox
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.log_rank import log_rank
from lentap.stats.survival import cox_hazard_ratio

PATIENTS = 1_000_000


def patients() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Follow-up in whole days, events and arm: about 2,700 distinct times."""
    generator = np.random.default_rng(3)
    treated = generator.random(PATIENTS) < 0.5
    time = np.ceil(generator.exponential(np.where(treated, 330.0, 300.0)))
    return time, generator.random(PATIENTS) < 0.7, treated


def ours() -> None:
    """All analyses, for their memory."""
    time, event, treated = patients()
    kaplan_meier(time, event)
    log_rank(time, event, treated)
    cox_hazard_ratio(time, event, treated)
    cox(time, event, pd.DataFrame({"treated": treated.astype(float)}))


def theirs() -> None:
    """The same with lifelines."""
    time, event, treated = patients()
    KaplanMeierFitter().fit(time, event)
    logrank_test(time[treated], time[~treated], event[treated], event[~treated])
    CoxPHFitter().fit(pd.DataFrame({"time": time, "event": event, "treated": treated}), "time", "event")


def rows() -> Iterator[Row]:
    """Each analysis against lifelines and R, then the memory of all."""
    time, event, treated = patients()
    table = pd.DataFrame({"time": time, "event": event, "treated": treated})
    vectors = {"time": time, "event": event, "treated": treated}
    survival = "library(survival); d <- data.frame(time, event, treated)\n# timed\n"

    what = "Kaplan-Meier, 1,000,000 with ties"
    spent = seconds(lambda: kaplan_meier(time, event))
    peer = seconds(lambda: KaplanMeierFitter().fit(time, event))
    yield Row(what, spent, peer=peer, peer_name="lifelines", least_ratio=1)
    yield against(what, spent, survival + "survfit(Surv(time, event) ~ 1, d)", "survival", arrays=vectors)

    what = "log-rank, 1,000,000 with ties"
    spent = seconds(lambda: log_rank(time, event, treated))
    peer = seconds(lambda: logrank_test(time[treated], time[~treated], event[treated], event[~treated]))
    yield Row(what, spent, peer=peer, peer_name="lifelines", least_ratio=1)
    yield against(what, spent, survival + "survdiff(Surv(time, event) ~ treated, d)", "survival", arrays=vectors)

    what = "Cox, two arms, 1,000,000 with ties"
    spent = seconds(lambda: cox_hazard_ratio(time, event, treated))
    peer = seconds(lambda: CoxPHFitter().fit(table, "time", "event"), repeats=1)
    yield Row(what, spent, peer=peer, peer_name="lifelines", least_ratio=1)
    code = survival + "coxph(Surv(time, event) ~ treated, d)"
    yield against(what, spent, code, "survival", least_ratio=1, repeats=1, arrays=vectors)

    what = "Cox, three covariates, 1,000,000 with ties"
    generator = np.random.default_rng(4)
    wider = table.assign(age=generator.normal(60, 10, PATIENTS).round(), marker=generator.normal(size=PATIENTS))
    covariates = wider[["treated", "age", "marker"]].astype(float)
    spent = seconds(lambda: cox(time, event, covariates))
    peer = seconds(lambda: CoxPHFitter().fit(wider, "time", "event"), repeats=1)
    yield Row(what, spent, peer=peer, peer_name="lifelines", least_ratio=1)
    code = (
        survival.replace("treated)", "treated, age, marker)") + "coxph(Surv(time, event) ~ treated + age + marker, d)"
    )
    more = vectors | {name: wider[name].to_numpy() for name in ("age", "marker")}
    yield against(what, spent, code, "survival", least_ratio=1, repeats=1, arrays=more)

    yield Row("memory of these four", peak_megabytes(ours), "MB", peak_megabytes(theirs), "lifelines", most=2048)
