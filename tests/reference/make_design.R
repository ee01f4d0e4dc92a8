source("reference.R")
suppressPackageStartupMessages(library(rpact))

# --- two proportions: normal approximation
answer("two-proportions-size", "Patients per arm, 0.4 v 0.2", "proportions_sample_size", list(p1 = 0.4, p0 = 0.2), {
  size <- getSampleSizeRates(pi1 = 0.4, pi2 = 0.2, alpha = 0.05, sided = 2, beta = 0.2)
  list(n1 = size$nFixed1, n0 = size$nFixed2)
}, note = "rpact and most programs pool the variance under the null hypothesis; some (SAS's unpooled option) do not: method says which.")
answer("two-proportions-size-0.3-v-0.1", "Patients per arm, 0.3 v 0.1", "proportions_sample_size", list(p1 = 0.3, p0 = 0.1), {
  list(n1 = getSampleSizeRates(pi1 = 0.3, pi2 = 0.1, alpha = 0.05, sided = 2, beta = 0.2)$nFixed1)
})
answer("two-proportions-size-2-to-1", "Patients per arm, 0.4 v 0.2, two to one, one-sided", "proportions_sample_size",
       list(p1 = 0.4, p0 = 0.2, alpha = 0.025, alternative = "greater", ratio = 2, power = 0.9), {
  size <- getSampleSizeRates(pi1 = 0.4, pi2 = 0.2, alpha = 0.025, sided = 1, beta = 0.1, allocationRatioPlanned = 2)
  list(n1 = size$nFixed1, n0 = size$nFixed2)
})
answer("two-proportions-size-less", "Patients per arm, 0.2 v 0.4, lower is better", "proportions_sample_size",
       list(p1 = 0.2, p0 = 0.4, alpha = 0.025, alternative = "less"), {
  list(n1 = getSampleSizeRates(pi1 = 0.2, pi2 = 0.4, alpha = 0.025, sided = 1, beta = 0.2)$nFixed1)
})
answer("two-proportions-size-unpooled", "Patients per arm, 0.4 v 0.2, unpooled variance", "proportions_sample_size",
       list(p1 = 0.4, p0 = 0.2, method = "unpooled"), {
  list(n1 = (qnorm(0.975) + qnorm(0.8))^2 * (0.4 * 0.6 + 0.2 * 0.8) / (0.4 - 0.2)^2)
})
answer("two-proportions-power-two-sided", "Power, 0.4 v 0.2 with 71 an arm", "proportions_power",
       list(p1 = 0.4, p0 = 0.2, n1 = 71, n0 = 71), {
  list(value = power.prop.test(n = 71, p1 = 0.2, p2 = 0.4, strict = TRUE)$power)
}, note = "Rejections in the wrong direction count, as in R with strict = TRUE; rpact approximates that tail (0.7441601).")
answer("two-proportions-power-one-sided", "Power, 0.4 v 0.2 with 94 and 47, one-sided", "proportions_power",
       list(p1 = 0.4, p0 = 0.2, n1 = 94, n0 = 47, alpha = 0.025, alternative = "greater"), {
  list(value = getPowerRates(pi1 = 0.4, pi2 = 0.2, maxNumberOfSubjects = 141, alpha = 0.025, sided = 1,
                             allocationRatioPlanned = 2)$overallReject)
})
answer("two-proportions-power-less", "Power, 0.2 v 0.4 with 71 an arm, lower is better", "proportions_power",
       list(p1 = 0.2, p0 = 0.4, n1 = 71, n0 = 71, alpha = 0.025, alternative = "less"), {
  list(value = power.prop.test(n = 71, p1 = 0.2, p2 = 0.4)$power)
})
answer("two-proportions-power-unpooled", "Power, 0.4 v 0.2 with 71 an arm, unpooled variance", "proportions_power",
       list(p1 = 0.4, p0 = 0.2, n1 = 71, n0 = 71, alpha = 0.025, alternative = "greater", method = "unpooled"), {
  list(value = pnorm(0.2 / sqrt((0.24 + 0.16) / 71) - qnorm(0.975)))
})
answer("detectable-difference", "Difference from 0.2 detectable with 71 an arm", "detectable_difference",
       list(p0 = 0.2, n1 = 71, n0 = 71, alpha = 0.025), {
  list(value = power.prop.test(n = 71, p1 = 0.2, power = 0.8, tol = 1e-14)$p2 - 0.2)
})

# --- two proportions: exact power, all pairs of counts enumerated
exact_power <- function(p1, p0, n1, n0, p_value, alpha) {
  x1 <- rep(0:n1, n0 + 1)
  x0 <- rep(0:n0, each = n1 + 1)
  rejects <- mapply(p_value, x1, x0) <= alpha * (1 + 1e-9)
  sum(dbinom(x1, n1, p1) * dbinom(x0, n0, p0) * rejects)
}
fisher <- function(n1, n0, alternative = "two.sided")
  function(x1, x0) fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2), alternative = alternative)$p.value
score <- function(n1, n0) function(x1, x0) {  # Miettinen and Nurminen's score test of no difference: (N - 1)/N chi-squared
  if (x1 + x0 == 0 || x1 + x0 == n1 + n0) return(1)
  chi <- suppressWarnings(prop.test(c(x1, x0), c(n1, n0), correct = FALSE))$statistic
  pchisq(chi * (n1 + n0 - 1) / (n1 + n0), 1, lower.tail = FALSE)
}
score_greater <- function(n1, n0) function(x1, x0)
  if (x1 / n1 > x0 / n0) score(n1, n0)(x1, x0) / 2 else 1 - score(n1, n0)(x1, x0) / 2
answer("fisher-power", "Exact power of Fisher's test, 0.6 v 0.2 with 25 and 20", "proportions_power",
       list(p1 = 0.6, p0 = 0.2, n1 = 25, n0 = 20, method = "fisher"),
       list(value = exact_power(0.6, 0.2, 25, 20, fisher(25, 20), 0.05)), note = "All pairs of counts, each tested by fisher.test; a p-value that equals alpha but for rounding rejects.")
answer("fisher-power-greater", "Exact power of Fisher's one-sided test, 0.6 v 0.2 with 25 and 20", "proportions_power",
       list(p1 = 0.6, p0 = 0.2, n1 = 25, n0 = 20, alpha = 0.025, alternative = "greater", method = "fisher"),
       list(value = exact_power(0.6, 0.2, 25, 20, fisher(25, 20, "greater"), 0.025)))
answer("fisher-power-less", "Exact power of Fisher's one-sided test, 0.2 v 0.6 with 25 and 20", "proportions_power",
       list(p1 = 0.2, p0 = 0.6, n1 = 25, n0 = 20, alpha = 0.025, alternative = "less", method = "fisher"),
       list(value = exact_power(0.2, 0.6, 25, 20, fisher(25, 20, "less"), 0.025)))
answer("fisher-type-one-error", "Type I error of Fisher's test at 0.3 with 25 and 20", "proportions_power",
       list(p1 = 0.3, p0 = 0.3, n1 = 25, n0 = 20, method = "fisher"),
       list(value = exact_power(0.3, 0.3, 25, 20, fisher(25, 20), 0.05)))
answer("score-power", "Exact power of the Miettinen-Nurminen test, 0.6 v 0.2 with 25 and 20", "proportions_power",
       list(p1 = 0.6, p0 = 0.2, n1 = 25, n0 = 20, method = "miettinen-nurminen"),
       list(value = exact_power(0.6, 0.2, 25, 20, score(25, 20), 0.05)),
       note = "All pairs of counts, each tested by (N - 1)/N times the chi-squared of prop.test without correction.")
answer("score-power-greater", "Exact power of the one-sided Miettinen-Nurminen test, 0.6 v 0.2 with 25 and 20", "proportions_power",
       list(p1 = 0.6, p0 = 0.2, n1 = 25, n0 = 20, alpha = 0.025, alternative = "greater", method = "miettinen-nurminen"),
       list(value = exact_power(0.6, 0.2, 25, 20, score_greater(25, 20), 0.025)))
answer("score-power-less", "Exact power of the one-sided Miettinen-Nurminen test, 0.2 v 0.6 with 20 and 25", "proportions_power",
       list(p1 = 0.2, p0 = 0.6, n1 = 20, n0 = 25, alpha = 0.025, alternative = "less", method = "miettinen-nurminen"),
       list(value = exact_power(0.6, 0.2, 25, 20, score_greater(25, 20), 0.025)))
answer("fisher-detectable-difference", "Difference from 0.2 detectable by Fisher's test with 25 and 20", "detectable_difference",
       list(p0 = 0.2, n1 = 25, n0 = 20, alpha = 0.025, method = "fisher"), {
  p_values <- outer(0:25, 0:20, Vectorize(fisher(25, 20, "greater")))
  power <- function(p1) sum(outer(dbinom(0:25, 25, p1), dbinom(0:20, 20, 0.2)) * (p_values <= 0.025))
  list(value = uniroot(function(p1) power(p1) - 0.8, c(0.2, 1), tol = 1e-12)$root - 0.2)
})

# --- events
answer("schoenfeld-0.6", "Events for a hazard ratio of 0.6", "required_events", list(hazard_ratio = 0.6), {
  list(value = getSampleSizeSurvival(hazardRatio = 0.6, lambda2 = 0.05, accrualTime = 24, followUpTime = 18, alpha = 0.05,
                                     sided = 2, beta = 0.2)$eventsFixed)
}, note = "Schoenfeld's formula, the default of rpact; Freedman's, which SAS and PASS also offer, gives other numbers.")
answer("schoenfeld-0.7", "Events for a hazard ratio of 0.7", "required_events", list(hazard_ratio = 0.7), {
  list(value = getSampleSizeSurvival(hazardRatio = 0.7, lambda2 = 0.05, accrualTime = 24, followUpTime = 18, alpha = 0.05,
                                     sided = 2, beta = 0.2)$eventsFixed)
})
answer("schoenfeld-2-to-1", "Events for a hazard ratio of 0.6, two to one", "required_events", list(hazard_ratio = 0.6, ratio = 2), {
  list(value = getSampleSizeSurvival(hazardRatio = 0.6, lambda2 = 0.05, accrualTime = 24, followUpTime = 18, alpha = 0.05,
                                     sided = 2, beta = 0.2, allocationRatioPlanned = 2)$eventsFixed)
})
answer("log-rank-power", "Power of the log-rank test, hazard ratio 0.6, 100 events", "log_rank_power",
       list(hazard_ratio = 0.6, events = 100, alpha = 0.025, alternative = "less"), {
  list(value = getPowerSurvival(hazardRatio = 0.6, maxNumberOfEvents = 100, maxNumberOfSubjects = 200, lambda2 = 0.05, alpha = 0.025,
                                sided = 1, directionUpper = FALSE, accrualTime = 24)$overallReject)
})
answer("log-rank-power-2-to-1", "Power of the log-rank test, hazard ratio 1.5, 100 events, two to one", "log_rank_power",
       list(hazard_ratio = 1.5, events = 100, alpha = 0.025, alternative = "greater", ratio = 2), {
  list(value = getPowerSurvival(hazardRatio = 1.5, maxNumberOfEvents = 100, maxNumberOfSubjects = 200, lambda2 = 0.05, alpha = 0.025,
                                sided = 1, directionUpper = TRUE, accrualTime = 24, allocationRatioPlanned = 2)$overallReject)
})
answer("log-rank-power-two-sided", "Power of the two-sided log-rank test, hazard ratio 0.9, 100 events", "log_rank_power",
       list(hazard_ratio = 0.9, events = 100), {
  drift <- log(0.9) * sqrt(100) / 2
  list(value = pnorm(drift - qnorm(0.975)) + pnorm(-drift - qnorm(0.975)))
})
answer("detectable-hazard-ratio", "Hazard ratio detectable with 120 events", "detectable_hazard_ratio", list(events = 120), {
  events <- function(hr) getSampleSizeSurvival(hazardRatio = hr, lambda2 = 0.05, accrualTime = 24, followUpTime = 18, alpha = 0.05,
                                               sided = 2, beta = 0.2)$eventsFixed
  list(value = uniroot(function(hr) events(hr) - 120, c(0.4, 0.8), tol = 1e-12)$root)
})
answer("event-probability", "Event by the cut: exponential, accrual 24, follow-up 18, dropout", "event_probability",
       list(rates = 0.6 * log(2) / 12, starts = 0, accrual = 24, follow_up = 18, dropout = -log(0.9) / 12), {
  list(value = getEventProbabilities(time = 42, accrualTime = 24, dropoutRate1 = 0.1, dropoutRate2 = 0.1, dropoutTime = 12,
                                     lambda2 = log(2) / 12, hazardRatio = 0.6)$eventProbabilities1)
})
answer("event-probability-delayed", "Event by the cut: delayed effect, accrual 24, follow-up 18, dropout", "event_probability",
       list(rates = c(0.1, 0.02), starts = c(0, 6), accrual = 24, follow_up = 18, dropout = -log(0.9) / 12), {
  list(value = getEventProbabilities(time = 42, accrualTime = 24, dropoutRate1 = 0.1, dropoutRate2 = 0.1, dropoutTime = 12,
                                     piecewiseSurvivalTime = c(0, 6), lambda2 = c(0.1, 0.05), lambda1 = c(0.1, 0.02))$eventProbabilities1)
})
answer("event-probability-piecewise", "Event by the cut: three rates, accrual 24, follow-up 18, dropout", "event_probability",
       list(rates = c(0.1, 0.02, 0.04), starts = c(0, 6, 20), accrual = 24, follow_up = 18, dropout = -log(0.9) / 12), {
  rate <- function(t) ifelse(t < 6, 0.1, ifelse(t < 20, 0.02, 0.04))
  hazard <- function(t) 0.1 * pmin(t, 6) + 0.02 * pmin(pmax(t - 6, 0), 14) + 0.04 * pmax(t - 20, 0)
  density <- function(t) rate(t) * exp(-hazard(t) + log(0.9) / 12 * t) * pmin(1, (42 - t) / 24)
  list(value = sum(mapply(function(a, b) integrate(density, a, b, rel.tol = 1e-12)$value, c(0, 6, 18, 20), c(6, 18, 20, 42))))
}, note = "rpact 3.3.4 gives 0.6612431: where a rate changes after the shortest follow-up, its integral is approximate.")
answer("survival-size", "Patients for a hazard ratio of 0.6: median 12, accrual 24, follow-up 18, dropout", "survival_sample_size",
       list(hazard_ratio = 0.6, rates = log(2) / 12, starts = 0, accrual = 24, follow_up = 18, dropout = -log(0.9) / 12), {
  size <- getSampleSizeSurvival(lambda2 = log(2) / 12, hazardRatio = 0.6, accrualTime = 24, followUpTime = 18,
                                dropoutRate1 = 0.1, dropoutRate2 = 0.1, dropoutTime = 12, alpha = 0.05, sided = 2, beta = 0.2)
  list(events = size$eventsFixed, n1 = size$nFixed1, n0 = size$nFixed2)
})
answer("survival-size-2-to-1", "Patients for a hazard ratio of 0.7, two to one, no dropout", "survival_sample_size",
       list(hazard_ratio = 0.7, rates = log(2) / 12, starts = 0, accrual = 24, follow_up = 18, ratio = 2, power = 0.9), {
  size <- getSampleSizeSurvival(lambda2 = log(2) / 12, hazardRatio = 0.7, accrualTime = 24, followUpTime = 18,
                                alpha = 0.05, sided = 2, beta = 0.1, allocationRatioPlanned = 2)
  list(events = size$eventsFixed, n1 = size$nFixed1, n0 = size$nFixed2)
})

# --- admissible two-stage designs, by their definition: for each weight the design with the least w n + (1 - w) EN
answer("admissible-0.2-v-0.4", "Admissible two-stage designs, 0.2 v 0.4, alpha 0.1, power 0.9", "two_stage_designs",
       list(p0 = 0.2, p1 = 0.4, alpha = 0.1, power = 0.9), {
  go <- function(p, r1, n1, r, n) { x <- (r1 + 1):n1; sum(dbinom(x, n1, p) * pbinom(r - x, n - n1, p, lower.tail = FALSE)) }
  kept <- NULL
  for (n in 30:45) for (n1 in 5:(n - 1)) for (r1 in 0:qbinom(0.1, n1, 0.4)) {
    if (r1 >= n1) next
    r <- r1
    while (go(0.2, r1, n1, r, n) > 0.1) r <- r + 1
    if (go(0.4, r1, n1, r, n) >= 0.9) kept <- rbind(kept, c(r1, n1, r, n, n1 + (1 - pbinom(r1, n1, 0.2)) * (n - n1)))
  }
  weights <- seq(0, 0.9999, 1e-4)  # at 1 all designs of the smallest n are as good
  best <- vapply(weights, function(w) which.min(w * kept[, 4] + (1 - w) * kept[, 5]), 1L)
  rows <- kept[rev(unique(best)), , drop = FALSE]
  saved <- -diff(rows[, 5])
  list(r1 = rows[, 1], n1 = rows[, 2], r = rows[, 3], n = rows[, 4], expected_n0 = rows[, 5],
       least_weight = c(saved / (saved + diff(rows[, 4])), 0))
})

# --- group-sequential boundaries
for (sides in 1:2) for (kind in list(c("asOF", "spending", "obrien-fleming"), c("asP", "spending", "pocock"), c("asKD", "spending", "kim-demets"),
                                     c("OF", "shape", "obrien-fleming"), c("P", "shape", "pocock"), c("WT", "shape", "wang-tsiatis"))) {
  extra <- list(asKD = list(gammaA = 2), WT = list(deltaWT = 0.25))[[kind[1]]]
  call <- as.call(c(quote(getDesignGroupSequential), list(kMax = 4, alpha = 0.025 * sides, sided = sides, typeOfDesign = kind[1]), extra))
  label <- c("one-sided", "two-sided")[sides]
  eval(bquote(answer(.(paste("bounds", kind[2], kind[3], label, sep = "-")), .(sprintf("Bounds, 4 looks, %s %s, %s", kind[3], kind[2], label)),
                     .(paste0(sub("shape", "classical", kind[2]), "_design")),
                     .(c(list(fractions = (1:4) / 4, alpha = 0.025 * sides, sided = sides), setNames(list(kind[3]), kind[2]))), {
    design <- .(call)
    list(bounds = design$criticalValues, spent = design$alphaSpent, nominal = .(sides) * design$stageLevels)
  }, relative = 2e-6, note = "rpact integrates and solves to about 1e-7, we to 1e-12.")))
}
answer("bounds-unequal-looks", "Bounds and operating characteristics, looks at 0.3, 0.7 and 1, one-sided", "sequential_characteristics",
       list(fractions = c(0.3, 0.7, 1), alpha = 0.025, sided = 1, spending = "obrien-fleming", power = 0.8), {
  design <- getDesignGroupSequential(informationRates = c(0.3, 0.7, 1), alpha = 0.025, sided = 1, beta = 0.2, typeOfDesign = "asOF")
  found <- getDesignCharacteristics(design)
  list(bounds = design$criticalValues, shift = found$shift, inflation = found$inflationFactor, stopping = found$rejectionProbabilities,
       expected0 = found$averageSampleNumber0, expected1 = found$averageSampleNumber1)
})
answer("bounds-two-sided-characteristics", "Operating characteristics, looks at 0.4 and 1, Kim-DeMets 1.5, two-sided", "sequential_characteristics",
       list(fractions = c(0.4, 1), alpha = 0.05, sided = 2, spending = "kim-demets", gamma = 1.5, power = 0.9), {
  design <- getDesignGroupSequential(informationRates = c(0.4, 1), alpha = 0.05, sided = 2, beta = 0.1, typeOfDesign = "asKD", gammaA = 1.5)
  found <- getDesignCharacteristics(design)
  list(bounds = design$criticalValues, shift = found$shift, inflation = found$inflationFactor,
       expected0 = found$averageSampleNumber0, expected1 = found$averageSampleNumber1)
})

# --- chances of a trial
answer("conditional-power-design", "Conditional power under the planned effect, z 1.5 at half of the information", "conditional_power",
       list(z = 1.5, fraction = 0.5, drift = 0.3 * sqrt(50), critical = 1.96859564632), {
  design <- getDesignInverseNormal(kMax = 2, alpha = 0.025, informationRates = c(0.5, 1), typeOfDesign = "asOF")
  data <- getDataset(n1 = 50, n2 = 50, means1 = 0.3, means2 = 0, stDevs1 = 1, stDevs2 = 1)
  stage <- getStageResults(design, dataInput = data, thetaH0 = 0, stage = 1, normalApproximation = TRUE)
  list(value = getConditionalPower(stage, nPlanned = 100, thetaH1 = 0.3, assumedStDev = 1)$conditionalPower[2])
})
answer("predictive-power-flat", "Predictive power, z 1.5 at half of the information, flat prior", "predictive_power", list(z = 1.5, fraction = 0.5, critical = 1.96), {
  given <- function(drift) pnorm((1.5 * sqrt(0.5) + drift * 0.5 - 1.96) / sqrt(0.5)) * dnorm(drift, 1.5 / sqrt(0.5), sqrt(1 / 0.5))
  list(value = integrate(given, -Inf, Inf, rel.tol = 1e-10)$value)
})
answer("predictive-power-prior", "Predictive power, z 1.2 at 0.4 of the information, drift N(2, 1)", "predictive_power",
       list(z = 1.2, fraction = 0.4, critical = 2, prior_mean = 2, prior_sd = 1), {
  posterior <- function(drift) dnorm(drift, 2, 1) * dnorm(1.2, drift * sqrt(0.4), 1)
  given <- function(drift) pnorm((1.2 * sqrt(0.4) + drift * 0.6 - 2) / sqrt(0.6)) * posterior(drift)
  list(value = integrate(given, -10, 12, rel.tol = 1e-10)$value / integrate(posterior, -10, 12, rel.tol = 1e-10)$value)
})
answer("assurance-log-rank", "Assurance, 120 events, log hazard ratio N(-0.4, 0.2)", "log_rank_assurance", list(events = 120, mean = -0.4, sd = 0.2), {
  power <- function(b) pnorm(-b * sqrt(120) / 2 - qnorm(0.975))
  list(value = integrate(function(b) power(b) * dnorm(b, -0.4, 0.2), -2, 2, rel.tol = 1e-10)$value)
})
answer("assurance-proportions", "Assurance, 71 an arm, response Beta(20, 20) v 0.2", "proportions_assurance", list(n1 = 71, n0 = 71, prior1 = c(20, 20), p0 = 0.2), {
  power <- function(p) pnorm((p - 0.2 - qnorm(0.975) * sqrt((p + 0.2) / 2 * (1 - (p + 0.2) / 2) * 2 / 71)) / sqrt((p * (1 - p) + 0.16) / 71))
  list(value = integrate(function(p) power(p) * dbeta(p, 20, 20), 0, 1, rel.tol = 1e-10)$value)
})
answer("assurance-fisher", "Assurance of Fisher's test, 20 an arm, response Beta(8, 4) v Beta(2, 8)", "proportions_assurance",
       list(n1 = 20, n0 = 20, prior1 = c(8, 4), prior0 = c(2, 8), method = "fisher"), {
  counts <- function(a, b) choose(20, 0:20) * beta(0:20 + a, 20 - 0:20 + b) / beta(a, b)  # beta-binomial
  rejects <- outer(0:20, 0:20, Vectorize(fisher(20, 20, "greater"))) <= 0.025
  list(value = sum(outer(counts(8, 4), counts(2, 8)) * rejects))
})

# --- many trials at once: one of them is known
answer("replicates-lung", "Lung cancer by sex as one of the simulated trials: all four analyses", "one_of_many_trials", list(landmark = 365, horizon = 600), {
  lung <- dataset("lung")
  treated <- lung$sex == 2
  test <- survdiff(Surv(time, event) ~ treated, lung)
  cox <- coxph(Surv(time, event) ~ treated, lung, control = coxph.control(eps = 1e-12, toler.chol = 1e-13))
  at <- summary(survfit(Surv(time, event) ~ treated, lung), times = 365)
  mean <- summary(survfit(Surv(time, event) ~ treated, lung), rmean = 600)$table
  list(chi_squared = test$chisq, log_rank_p = pchisq(test$chisq, 1, lower.tail = FALSE), log_hazard_ratio = unname(coef(cox)),
       log_hazard_ratio_error = sqrt(vcov(cox)[1, 1]), survival = at$surv, survival_error = at$std.err,
       restricted_mean = unname(mean[, "rmean"]), restricted_mean_error = unname(mean[, "se(rmean)"]))
})
write_references("design", "design_r.json", c("survival", "rpact"))
