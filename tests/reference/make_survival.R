source("reference.R")
suppressPackageStartupMessages(library(mvtnorm))

lungs <- dataset("lung")
lungs$group <- as.character(lungs$sex)
breast <- dataset("gbsg2")
breast <- transform(breast, event = cens, group = horTh)
remission <- dataset("gehan")

# Leukaemia maintenance (Miller 1997); the same numbers as survival::aml.
leukaemia <- data.frame(time = aml$time, event = aml$status, group = as.character(aml$x))
# Heavy ties, an event at time 0, three groups.
tied <- data.frame(
  time = c(0, 1, 1, 2, 2, 2, 3, 4, 4, 6, 1, 2, 3, 3, 5, 5, 6, 7, 8, 8, 2, 4, 4, 5, 6, 6, 7, 9, 9, 10),
  event = c(1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0),
  group = rep(c("A", "B", "C"), each = 10)
)
tied$stratum <- rep(c("x", "y"), 15)
pair <- subset(tied, group != "B")
# A curve that lies exactly on one half, and one that stays there to the end.
flat <- data.frame(time = c(1, 2, 3, 4, 5, 6), event = c(1, 1, 1, 0, 1, 1))
flat_to_the_end <- data.frame(time = c(1, 2, 3, 4, 5, 6), event = c(1, 1, 1, 0, 0, 0))
# One death links the groups: Newton's method overshoots.
one_link <- data.frame(
  time = c(11, 19, 23, 27, 3, 3, 14, 28), event = c(0, 1, 0, 1, 1, 1, 0, 1), group = ifelse(1:8 == 5, "B", "A")
)

# Ask with the values of loop variables in the code: `code` comes from bquote().
ask <- function(id, quantity, call, inputs, code, ...) do.call(answer, list(id, quantity, call, inputs, code, ...))
rows <- function(data) as.list(data)

# Curves and quantiles -------------------------------------------------------------------------------------------------
intervals <- c(log = "log", `log-log` = "log-log", plain = "plain", arcsine = "arcsin")
FLAT <- "R (survfit, and SAS) gives the middle of a stretch of the curve that lies exactly on 1 - p, lifelines its beginning; we follow R."
DEFAULTS <- "Defaults differ: the interval is on the log scale in R's survfit, on the log-log scale in SAS and lifelines. Ours is log, and named."

for (interval in names(intervals)) {
  ask(paste0("lung-rates-90-", interval), paste0("Survival in lung cancer, 90% interval, ", interval), "rates",
      list(data = "lung", times = c(5, 100, 365, 730, 1022), level = 0.9, interval = interval), bquote({
    s <- summary(survfit(Surv(time, event) ~ 1, lungs, conf.type = .(intervals[[interval]]), conf.int = 0.9), times = c(5, 100, 365, 730, 1022))
    list(survival = s$surv, standard_error = s$std.err, low = s$lower, high = s$upper, at_risk = s$n.risk, events = cumsum(s$n.event))
  }), note = DEFAULTS)
  ask(paste0("aml-rates-", interval), paste0("Survival with maintained chemotherapy, ", interval), "rates",
      list(data = rows(leukaemia), only = "Maintained", times = c(9, 13, 18, 23, 31, 34, 48), interval = interval), bquote({
    s <- summary(survfit(Surv(time, event) ~ 1, subset(leukaemia, group == "Maintained"), conf.type = .(intervals[[interval]])))
    list(survival = s$surv, standard_error = s$std.err, low = s$lower, high = s$upper, at_risk = s$n.risk)
  }))
  ask(paste0("tied-rates-", interval), paste0("Survival with tied times and an event at 0, ", interval), "rates",
      list(data = rows(tied), times = 0:9, interval = interval), bquote({
    s <- summary(survfit(Surv(time, event) ~ 1, tied, conf.type = .(intervals[[interval]])))
    list(survival = s$surv, standard_error = s$std.err, low = s$lower, high = s$upper, at_risk = s$n.risk)
  }))
  ask(paste0("lung-quantiles-90-", interval), paste0("Quartiles of survival in lung cancer, 90% interval, ", interval), "quantiles",
      list(data = "lung", probabilities = c(0.25, 0.5, 0.75), level = 0.9, interval = interval), bquote({
    q <- quantile(survfit(Surv(time, event) ~ 1, lungs, conf.type = .(intervals[[interval]]), conf.int = 0.9), c(0.25, 0.5, 0.75))
    list(value = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
  }))
  ask(paste0("aml-quantiles-", interval), paste0("Quartiles of remission with maintained chemotherapy, ", interval), "quantiles",
      list(data = rows(leukaemia), only = "Maintained", probabilities = c(0.25, 0.5, 0.75), interval = interval), bquote({
    q <- quantile(survfit(Surv(time, event) ~ 1, subset(leukaemia, group == "Maintained"), conf.type = .(intervals[[interval]])), c(0.25, 0.5, 0.75))
    list(value = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
  }))
  for (name in c("tied", "flat", "flat_to_the_end")) {
    ask(paste0(gsub("_", "-", name), "-quantiles-", interval), paste0("Quartiles of ", gsub("_", " ", name), ", ", interval), "quantiles",
        list(data = rows(get(name)), probabilities = c(0.25, 0.5, 0.75), interval = interval), bquote({
      q <- quantile(survfit(Surv(time, event) ~ 1, .(as.name(name)), conf.type = .(intervals[[interval]])), c(0.25, 0.5, 0.75))
      list(value = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
    }), note = FLAT)
  }
  for (robust in c(TRUE, FALSE)) {
    ask(paste0("weighted-rates-", if (robust) "robust-" else "greenwood-", interval),
        paste0("Weighted curve of remission, ", if (robust) "robust" else "Greenwood's", " variance, ", interval), "rates",
        list(data = "gehan", weights = "logWBC", variance = if (robust) "robust" else "greenwood", times = c(1, 4, 10, 22),
             interval = interval), bquote({
      s <- summary(survfit(Surv(time, event) ~ 1, remission, weights = logWBC, robust = .(robust), conf.type = .(intervals[[interval]])),
                   times = c(1, 4, 10, 22))
      list(survival = s$surv, standard_error = s$std.err, low = s$lower, high = s$upper)
    }), note = "R's survfit takes the robust variance where weights are not whole numbers; SAS and lifelines treat weights as numbers of like subjects (Greenwood). Ours is robust by default, and named.")
  }
}
answer("weighted-quantiles", "Quartiles of remission, weighted", "quantiles",
       list(data = "gehan", weights = "logWBC", probabilities = c(0.25, 0.5, 0.75)), {
  q <- quantile(survfit(Surv(time, event) ~ 1, remission, weights = logWBC), c(0.25, 0.5, 0.75))
  list(value = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
})
REVERSE <- "Subjects who have the event when others are censored count as at risk of censoring, as in survfit and SAS; R's prodlim(reverse = TRUE) takes them out first."
answer("follow-up-lung", "Follow-up in lung cancer: reverse Kaplan-Meier quartiles", "follow_up",
       list(data = "lung", probabilities = c(0.25, 0.5, 0.75)), {
  q <- quantile(survfit(Surv(time, 1 - event) ~ 1, lungs), c(0.25, 0.5, 0.75))
  list(value = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
}, note = REVERSE)
answer("follow-up-breast", "Follow-up in breast cancer: reverse Kaplan-Meier quartiles, log-log", "follow_up",
       list(data = "gbsg2", probabilities = c(0.25, 0.5, 0.75), interval = "log-log"), {
  q <- quantile(survfit(Surv(time, 1 - event) ~ 1, breast, conf.type = "log-log"), c(0.25, 0.5, 0.75))
  list(value = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
}, note = REVERSE)

# Landmark rates -------------------------------------------------------------------------------------------------------
answer("landmark-breast", "Event-free at 1000 days with and without hormone therapy: difference and ratio", "landmark_rates",
       list(data = "gbsg2", treated = "yes", landmark = 1000), {
  s <- summary(survfit(Surv(time, event) ~ group, breast), times = 1000)  # no, yes
  d <- diff(s$surv)
  se <- sqrt(sum(s$std.err^2))
  log_se <- sqrt(sum((s$std.err / s$surv)^2))
  ratio <- s$surv[2] / s$surv[1]
  list(control.value = s$surv[1], control.low = s$lower[1], control.high = s$upper[1],
       treated.value = s$surv[2], treated.low = s$lower[2], treated.high = s$upper[2],
       difference.value = d, difference.low = d - qnorm(0.975) * se, difference.high = d + qnorm(0.975) * se,
       difference.p_value = 2 * pnorm(-abs(d / se)), ratio.value = ratio, ratio.low = ratio * exp(-qnorm(0.975) * log_se),
       ratio.high = ratio * exp(qnorm(0.975) * log_se), ratio.p_value = 2 * pnorm(-abs(log(ratio)) / log_se))
})
answer("landmark-weighted", "Event-free at 1000 days with and without hormone therapy, weighted by age", "landmark_rates",
       list(data = "gbsg2", treated = "yes", landmark = 1000, weights = "age"), {
  s <- summary(survfit(Surv(time, event) ~ group, breast, weights = age, robust = TRUE), times = 1000)  # no, yes
  d <- diff(s$surv)
  se <- sqrt(sum(s$std.err^2))
  list(control.value = s$surv[1], treated.value = s$surv[2], difference.value = d,
       difference.low = d - qnorm(0.975) * se, difference.high = d + qnorm(0.975) * se)
})
scales <- list(
  plain = list(quote(s$surv), quote(s$std.err)),
  log = list(quote(log(s$surv)), quote(s$std.err / s$surv)),
  `log-log` = list(quote(log(-log(s$surv))), quote(s$std.err / (s$surv * log(s$surv)))),
  arcsine = list(quote(asin(sqrt(s$surv))), quote(s$std.err / (2 * sqrt(s$surv * (1 - s$surv))))),
  logit = list(quote(log(s$surv / (1 - s$surv))), quote(s$std.err / (s$surv * (1 - s$surv))))
)
for (test in names(scales)) {
  ask(paste0("landmark-test-", test), paste0("Test of remission at 12 weeks, 6-MP and control, ", test), "landmark_rates",
      list(data = "gehan", treated = "6-MP", landmark = 12, test = test, interval = "log-log"), bquote({
    s <- summary(survfit(Surv(time, event) ~ group, remission, conf.type = "log-log"), times = 12)  # 6-MP, control
    chisq <- diff(.(scales[[test]][[1]]))^2 / sum((.(scales[[test]][[2]]))^2)
    list(treated.value = s$surv[1], treated.low = s$lower[1], treated.high = s$upper[1], statistic = chisq,
         p_value = pchisq(chisq, 1, lower.tail = FALSE))
  }), note = "Tests 1 to 5 of Klein et al. (2007), as in R's ComparisonSurv::Fixpoint.test and bpcp::fixtdiff with varpooled = FALSE.")
}

# Log-rank tests -------------------------------------------------------------------------------------------------------
for (name in c("leukaemia", "tied", "lungs", "breast")) {
  ask(paste0("log-rank-", name), paste0("Log-rank test, ", name), "log_rank",
      list(data = switch(name, lungs = "lung", breast = "gbsg2", rows(get(name)))), bquote({
    test <- survdiff(Surv(time, event) ~ group, .(as.name(name)))
    df <- length(test$n) - 1
    list(statistic = test$chisq, df = df, p_value = pchisq(test$chisq, df, lower.tail = FALSE), observed = test$obs,
         expected = test$exp, excess = test$obs - test$exp)
  }))
}
for (rho in c(1, 0.5)) {
  ask(paste0("log-rank-rho-", rho), paste0("Weighted log-rank test of three groups, rho = ", rho), "log_rank", list(data = rows(tied), rho = rho), bquote({
    test <- survdiff(Surv(time, event) ~ group, tied, rho = .(rho))
    list(statistic = test$chisq, p_value = pchisq(test$chisq, 2, lower.tail = FALSE), excess = test$obs - test$exp)
  }), note = "R and SAS take the pooled curve just before each event. Under weights R prints weighted counts; ours stay counts, and `excess` is weighted.")
}
for (rho in c(0, 1)) {
  ask(paste0("log-rank-stratified-rho-", rho), paste0("Stratified log-rank test in breast cancer, grades as strata, rho = ", rho), "log_rank",
      list(data = "gbsg2", strata = "tgrade", rho = rho), bquote({
    test <- survdiff(Surv(time, event) ~ group + strata(tgrade), breast, rho = .(rho))
    list(statistic = test$chisq, df = 1, p_value = pchisq(test$chisq, 1, lower.tail = FALSE), excess = rowSums(test$obs - test$exp))
  }), note = "Weights are computed within strata, as in R's survdiff.")
}
answer("log-rank-stratified-three-groups", "Stratified log-rank test of three groups, tied", "log_rank", list(data = rows(tied), strata = "stratum"), {
  test <- survdiff(Surv(time, event) ~ group + strata(stratum), tied)
  list(statistic = test$chisq, df = 2, p_value = pchisq(test$chisq, 2, lower.tail = FALSE), observed = rowSums(test$obs), expected = rowSums(test$exp))
})

# z and correlation of weighted log-rank tests: term by term over the event times, with the curve just before each.
weighted_tests <- function(time, event, treated, weights) {
  at <- sort(unique(time[event == 1]))
  n <- sapply(at, function(t) sum(time >= t))
  n1 <- sapply(at, function(t) sum(time[treated] >= t))
  d <- sapply(at, function(t) sum(time == t & event == 1))
  d1 <- sapply(at, function(t) sum(time[treated] == t & event[treated] == 1))
  before <- c(1, summary(survfit(Surv(time, event) ~ 1), times = at)$surv)[seq_along(at)]
  w <- apply(weights, 1, function(g) before^g[1] * (1 - before)^g[2])
  v <- ifelse(n > 1, d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1), 0)
  covariance <- t(w) %*% (w * v)
  list(z = colSums(w * (d1 - d * n1 / n)) / sqrt(diag(covariance)), correlation = cov2cor(covariance))
}
for (gamma in list(c(0, 1), c(1, 1), c(0.5, 0.5), c(0.5, 2))) {
  ask(sprintf("log-rank-g-%g-%g", gamma[1], gamma[2]), sprintf("G(%g, %g) weighted log-rank test in lung cancer", gamma[1], gamma[2]), "log_rank",
      list(data = "lung", rho = gamma[1], gamma = gamma[2]), bquote({
    z <- weighted_tests(lungs$time, lungs$event, lungs$group == "2", matrix(c(.(gamma[1]), .(gamma[2])), 1))$z
    list(statistic = z^2, p_value = 2 * pnorm(-abs(z)))
  }))
}
four <- rbind(c(0, 0), c(1, 0), c(0, 1), c(1, 1))
INTEGRAL <- "nph and simtrial integrate with mvtnorm at random points, to 1e-5 or worse; simtrial's p is one-sided. Ours is deterministic; the tolerance here is mvtnorm's."
answer("max-combo-lung", "MaxCombo test of sexes in lung cancer, two-sided", "max_combo",
       list(data = "lung", treated = "2", weights = four), {
  t <- weighted_tests(lungs$time, lungs$event, lungs$group == "2", four)
  set.seed(1)
  list(statistic = t$z[which.max(abs(t$z))], z = t$z,
       p_value = as.numeric(1 - pmvnorm(rep(-max(abs(t$z)), 4), rep(max(abs(t$z)), 4), corr = t$correlation,
                                        algorithm = GenzBretz(2e7, 1e-7, 0))))
}, relative = 1e-4, note = INTEGRAL)
answer("max-combo-pair", "MaxCombo test of tied groups, two-sided", "max_combo", list(data = rows(pair), treated = "A", weights = four), {
  t <- weighted_tests(pair$time, pair$event, pair$group == "A", four)
  set.seed(1)
  list(statistic = t$z[which.max(abs(t$z))], z = t$z,
       p_value = as.numeric(1 - pmvnorm(rep(-max(abs(t$z)), 4), rep(max(abs(t$z)), 4), corr = t$correlation,
                                        algorithm = GenzBretz(2e7, 1e-7, 0))))
}, relative = 5e-6, note = INTEGRAL)
answer("max-combo-one-sided", "MaxCombo test of hormone therapy, one-sided for fewer events, three weights", "max_combo",
       list(data = "gbsg2", treated = "yes", weights = four[1:3, ], alternative = "less"), {
  t <- weighted_tests(breast$time, breast$event, breast$group == "yes", four[1:3, ])
  set.seed(1)
  list(statistic = min(t$z), p_value = as.numeric(1 - pmvnorm(rep(min(t$z), 3), rep(Inf, 3), corr = t$correlation,
                                                              algorithm = GenzBretz(2e7, 1e-7, 0))))
}, relative = 1e-4, note = INTEGRAL)
answer("max-combo-greater", "MaxCombo test of tied groups, one-sided for more events", "max_combo",
       list(data = rows(pair), treated = "C", weights = four, alternative = "greater"), {
  t <- weighted_tests(pair$time, pair$event, pair$group == "C", four)
  set.seed(1)
  list(statistic = max(t$z), p_value = as.numeric(1 - pmvnorm(rep(-Inf, 4), rep(max(t$z), 4), corr = t$correlation,
                                                              algorithm = GenzBretz(2e7, 1e-7, 0))))
}, relative = 5e-6, note = INTEGRAL)
five <- rbind(c(0, 0), c(1, 0), c(0, 2), c(2, 2), c(0.5, 0.5))
answer("max-combo-five", "MaxCombo test of tied groups, five weights that are linearly independent", "max_combo",
       list(data = rows(pair), treated = "A", weights = five), {
  t <- weighted_tests(pair$time, pair$event, pair$group == "A", five)
  set.seed(1)
  list(statistic = t$z[which.max(abs(t$z))], z = t$z,
       p_value = as.numeric(1 - pmvnorm(rep(-max(abs(t$z)), 5), rep(max(abs(t$z)), 5), corr = t$correlation,
                                        algorithm = GenzBretz(2e7, 1e-7, 0))))
}, relative = 1e-3, note = INTEGRAL)

# Restricted means -----------------------------------------------------------------------------------------------------
LIFELINES <- "lifelines' variance of a restricted mean is that of one subject's restricted time, not of the mean: not comparable."
answer("restricted-mean-lung", "Restricted mean survival to 365 days in lung cancer", "restricted_mean", list(data = "lung", horizon = 365), {
  t <- summary(survfit(Surv(time, event) ~ 1, lungs), rmean = 365)$table
  list(value = t[["rmean"]], standard_error = t[["se(rmean)"]], low = t[["rmean"]] - qnorm(0.975) * t[["se(rmean)"]],
       high = t[["rmean"]] + qnorm(0.975) * t[["se(rmean)"]], lost.value = 365 - t[["rmean"]])
}, note = LIFELINES)
answer("restricted-mean-to-the-end", "Restricted mean beyond the last of 21 events, 90% interval", "restricted_mean",
       list(data = "gehan", only = "control", horizon = 30, level = 0.9), {
  t <- summary(survfit(Surv(time, event) ~ 1, subset(remission, group == "control")), rmean = 30)$table
  list(value = t[["rmean"]], standard_error = t[["se(rmean)"]], low = t[["rmean"]] - qnorm(0.95) * t[["se(rmean)"]],
       high = t[["rmean"]] + qnorm(0.95) * t[["se(rmean)"]])
}, note = LIFELINES)
answer("restricted-mean-weighted", "Restricted mean to 365 days in lung cancer, weighted by age", "restricted_mean",
       list(data = "lung", horizon = 365, weights = "age"), {
  curve <- survfit(Surv(time, event) ~ 1, lungs, weights = age, robust = TRUE)
  value <- summary(curve, rmean = 365)$table[["rmean"]]
  error <- sqrt(sum(residuals(curve, times = 365, type = "auc", weighted = TRUE)^2))
  list(value = value, standard_error = error, low = value - qnorm(0.975) * error, high = value + qnorm(0.975) * error)
}, note = "The error of R's summary takes weights for numbers of patients; the infinitesimal jackknife of its residuals does not.")
answer("restricted-means-breast", "Restricted means to 1000 days with and without hormone therapy", "restricted_means",
       list(data = "gbsg2", treated = "yes", horizon = 1000), {
  t <- summary(survfit(Surv(time, event) ~ group, breast), rmean = 1000)$table[, c("rmean", "se(rmean)")]  # no, yes
  m <- t[, 1]
  se <- t[, 2]
  log_interval <- function(a, se_a, b, se_b) a / b * exp(c(-1, 1) * qnorm(0.975) * sqrt((se_a / a)^2 + (se_b / b)^2))
  difference <- m[2] - m[1] + c(-1, 1) * qnorm(0.975) * sqrt(sum(se^2))
  ratio <- log_interval(m[2], se[2], m[1], se[1])
  lost <- log_interval(1000 - m[2], se[2], 1000 - m[1], se[1])
  list(treated.value = m[[2]], treated.standard_error = se[[2]], control.value = m[[1]], control.standard_error = se[[1]],
       difference.value = m[[2]] - m[[1]], difference.low = difference[1], difference.high = difference[2],
       difference.p_value = 2 * pnorm(-abs(m[[2]] - m[[1]]) / sqrt(sum(se^2))), ratio.value = m[[2]] / m[[1]],
       ratio.low = ratio[1], ratio.high = ratio[2], lost_ratio.value = (1000 - m[[2]]) / (1000 - m[[1]]),
       lost_ratio.low = lost[1], lost_ratio.high = lost[2])
}, note = "The formulas of survRM2::rmst2, with the means and standard errors of survfit.")
answer("restricted-means-adjusted", "Difference of restricted means to 1000 days, adjusted for age, nodes and grade", "adjusted_restricted_mean_difference",
       list(data = "gbsg2", treated = "yes", covariates = c("age", "pnodes", "tgrade"), horizon = 1000), {
  d <- transform(breast, y = pmin(time, 1000), known = event == 1 | time >= 1000, arm = as.integer(group == "yes"))
  x <- model.matrix(~ arm + age + pnodes + tgrade, d)
  weight <- numeric(nrow(d))
  for (a in 0:1) {
    censoring <- survfit(Surv(y, !known) ~ 1, subset(d, arm == a))
    weight[d$arm == a] <- summary(censoring, times = d$y[d$arm == a], extend = TRUE)$surv[rank(d$y[d$arm == a], ties.method = "first")]
  }
  weight <- d$known / weight
  fit <- lm(y ~ arm + age + pnodes + tgrade, d, weights = weight)
  score <- x * weight * (d$y - as.vector(x %*% coef(fit)))
  influence <- score
  for (a in 0:1) for (i in which(d$arm == a)) {  # integral of the mean score at risk over each subject's censoring martingale
    at <- which(d$arm == a & !d$known & d$y <= d$y[i])
    for (j in at) {
      risk <- d$arm == a & d$y >= d$y[j]
      influence[i, ] <- influence[i, ] - colSums(score[risk, ]) / sum(risk)^2
    }
    risk <- d$arm == a & d$y >= d$y[i]
    if (!d$known[i]) influence[i, ] <- influence[i, ] + colSums(score[risk, ]) / sum(risk)
  }
  se <- sqrt((solve(crossprod(x)) %*% crossprod(influence) %*% solve(crossprod(x)))[2, 2])
  b <- coef(fit)[["arm"]]
  list(value = b, error = se, low = b - qnorm(0.975) * se, high = b + qnorm(0.975) * se, p_value = 2 * pnorm(-abs(b / se)))
}, note = "Tian, Zhao and Wei (2014), as survRM2::rmst2 with covariates.")

# Parametric fits ------------------------------------------------------------------------------------------------------
answer("piecewise-remission", "Hazard of relapse in three pieces, exact limits", "piecewise_exponential",
       list(data = "gehan", starts = c(0, 5, 10)), {
  split <- survSplit(Surv(time, event) ~ ., remission, cut = c(5, 10), episode = "piece")
  d <- as.vector(tapply(split$event, split$piece, sum))
  t <- as.vector(tapply(split$time - split$tstart, split$piece, sum))
  limits <- sapply(1:3, function(i) poisson.test(d[i], t[i])$conf.int)
  list(events = d, person_time = t, rates = d / t, low = limits[1, ], high = limits[2, ], log_likelihood = sum(d * log(d / t) - d))
})
answer("exponential-remission", "Exponential fit of remission", "piecewise_exponential", list(data = "gehan"), {
  fit <- survreg(Surv(time, event) ~ 1, remission, dist = "exponential")
  list(rates = I(exp(-coef(fit)[[1]])), log_likelihood = fit$loglik[1])
})
tight <- survreg.control(rel.tolerance = 1e-13, maxiter = 100)
answer("weibull-lung", "Weibull fit of lung cancer", "weibull", list(data = "lung"), {
  fit <- survreg(Surv(time, event) ~ 1, lungs, dist = "weibull", control = tight)
  v <- vcov(fit)  # of the intercept, log scale, and Log(scale), minus log shape
  m <- coef(fit)[[1]]
  s <- log(fit$scale)
  k <- log(log(2)) * fit$scale
  se <- sqrt(c(v[2, 2], v[1, 1], v[1, 1] + 2 * k * v[1, 2] + k^2 * v[2, 2]))
  z <- qnorm(0.975)
  list(shape.value = exp(-s), shape.low = exp(-s - z * se[1]), shape.high = exp(-s + z * se[1]),
       shape.p_value = 2 * pnorm(-abs(s / se[1])), scale.value = exp(m), scale.low = exp(m - z * se[2]), scale.high = exp(m + z * se[2]),
       median.value = exp(m + k), median.low = exp(m + k - z * se[3]), median.high = exp(m + k + z * se[3]),
       log_likelihood = fit$loglik[1])
})
answer("weibull-arms", "Weibull regression of remission on 6-MP: hazard and time ratio", "compare_weibull", list(data = "gehan", treated = "6-MP"), {
  fit <- survreg(Surv(time, event) ~ I(group == "6-MP"), remission, dist = "weibull", control = tight)
  v <- vcov(fit)
  b <- coef(fit)[[2]]
  h <- -b / fit$scale
  se <- sqrt(c(v[2, 2], (v[2, 2] - 2 * b * v[2, 3] + b^2 * v[3, 3]) / fit$scale^2, v[3, 3], v[1, 1]))
  z <- qnorm(0.975)
  list(time_ratio.value = exp(b), time_ratio.low = exp(b - z * se[1]), time_ratio.high = exp(b + z * se[1]),
       time_ratio.p_value = 2 * pnorm(-abs(b) / se[1]), hazard_ratio.value = exp(h), hazard_ratio.low = exp(h - z * se[2]),
       hazard_ratio.high = exp(h + z * se[2]), hazard_ratio.p_value = 2 * pnorm(-abs(h) / se[2]), shape.value = 1 / fit$scale,
       shape.low = exp(-z * se[3]) / fit$scale, shape.high = exp(z * se[3]) / fit$scale, scale.value = exp(coef(fit)[[1]]),
       scale.low = exp(coef(fit)[[1]] - z * se[4]), scale.high = exp(coef(fit)[[1]] + z * se[4]), log_likelihood = fit$loglik[2])
}, note = "survreg and Stata's time metric report the log of the time ratio, SAS's LIFEREG too; Stata's default the hazard ratio.")

# Hazard ratios of groups ----------------------------------------------------------------------------------------------
references <- list(leukaemia = "Nonmaintained", tied = "C", lungs = "1", one_link = "A", pair = "C")
for (name in names(references)) {
  ask(paste0("hazard-ratios-", gsub("_", "-", name)), paste0("Hazard ratios of groups, Efron ties, ", gsub("_", " ", name)), "hazard_ratios",
      list(data = if (name == "lungs") "lung" else rows(get(name)), reference = references[[name]]), bquote({
    fit <- summary(coxph(Surv(time, event) ~ relevel(factor(group), .(references[[name]])), .(as.name(name)),
                         control = coxph.control(eps = 1e-11, iter.max = 50)))
    groups <- sub(".*\\)", "", rownames(fit$coefficients))
    as.list(c(setNames(fit$conf.int[, 1], paste0(groups, ".value")), setNames(fit$conf.int[, 3], paste0(groups, ".low")),
              setNames(fit$conf.int[, 4], paste0(groups, ".high")), setNames(fit$coefficients[, 5], paste0(groups, ".p_value"))))
  }), note = "Ties: Efron is R's and lifelines' default, Breslow SAS's; ours is Efron.")
}
write_references("survival", "survival_r.json", c("survival", "mvtnorm"))
