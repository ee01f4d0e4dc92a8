source("reference.R")
suppressPackageStartupMessages({library(metafor); library(epiR)})

# --- one proportion
one <- function(events, n, method, answers, level = 0.95, ...) {
  inputs <- list(events = events, n = n, method = method, level = level)
  id <- paste("r", method, events, "of", n, 100 * level, sep = "-")
  title <- c(wilson = "Wilson interval", "wilson-continuity" = "Wilson interval, continuity-corrected",
             "clopper-pearson" = "Clopper-Pearson interval", jeffreys = "Jeffreys interval", "mid-p" = "mid-P interval",
             blaker = "Blaker interval", wald = "Wald interval")[[method]]
  eval(bquote(answer(id, paste0("Proportion ", events, "/", n, ", ", 100 * level, "%, ", title), "proportion", inputs,
                     .(substitute(answers)), ...)))
}
limits <- function(interval) list(low = interval[1], high = interval[2])
root <- function(f) uniroot(f, c(0, 1), tol = 1e-15, maxiter = 10000)$root
half <- function(x, n, p) pbinom(x - 1, n, p) + dbinom(x, n, p) / 2  # P(X < x) + P(X = x) / 2
for (counts in list(c(81, 263), c(0, 20), c(20, 20), c(42, 71), c(1, 1))) {
  x <- counts[1]
  n <- counts[2]
  one(x, n, "wilson", limits(suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int))
  one(x, n, "wilson-continuity", limits(suppressWarnings(prop.test(x, n))$conf.int))
  one(x, n, "clopper-pearson", limits(binom.test(x, n)$conf.int))
  one(x, n, "jeffreys", list(low = if (x > 0) qbeta(0.025, x + 0.5, n - x + 0.5) else 0,
                             high = if (x < n) qbeta(0.975, x + 0.5, n - x + 0.5) else 1))
  one(x, n, "mid-p", list(low = if (x > 0) root(function(p) half(x, n, p) - 0.975) else 0,
                          high = if (x < n) root(function(p) half(x, n, p) - 0.025) else 1), relative = 1e-8)
  one(x, n, "wald", limits(pmin(1, pmax(0, x / n + c(-1, 1) * qnorm(0.975) * sqrt(x / n * (1 - x / n) / n)))))
}
one(10, 20, "mid-p", list(low = root(function(p) half(10, 20, p) - 0.95), high = root(function(p) half(10, 20, p) - 0.05)),
    level = 0.9, relative = 1e-8, note = "DescTools (and tern) print 0.3200831 to 0.6799169, as their root finder stops early.")
acceptability <- Vectorize(function(x, n, p) {  # Blaker (2000), appendix
  above <- 1 - pbinom(x - 1, n, p)
  below <- pbinom(x, n, p)
  min(above + pbinom(qbinom(above, n, p) - 1, n, p), below + 1 - pbinom(qbinom(1 - below, n, p), n, p))
}, "p")
for (counts in list(c(0, 20, 0.95), c(1, 29, 0.95), c(81, 263, 0.95), c(10, 20, 0.9), c(10, 10, 0.99))) {
  x <- counts[1]
  n <- counts[2]
  level <- counts[3]
  one(x, n, "blaker", level = level, {
    p <- seq(0, 1, by = 1e-6)
    accepted <- range(p[acceptability(x, n, p) > 1 - level])
    list(low = accepted[1], high = accepted[2])
  }, decimals = 5, note = "Acceptability of every rate from 0 to 1 in steps of 0.000001; DescTools and tern print 0.3217139 to 0.6782861 for 10/20 at 90%.")
}

# --- two proportions: intervals. Restricted likelihood by its derivative, limits by root finding: no cubic.
two <- function(call, x1, n1, x0, n0, answers, method = NULL, title = method, ...) {
  inputs <- c(list(events1 = x1, n1 = n1, events0 = x0, n0 = n0), if (!is.null(method)) list(method = method))
  id <- paste(c("r", gsub("_", "-", call), method, x1, n1, x0, n0), collapse = "-")
  eval(bquote(answer(id, paste0(title, ", ", x1, "/", n1, " v ", x0, "/", n0), call, inputs, .(substitute(answers)), ...)))
}
slope <- function(x, n, p) (if (x > 0) x / p else 0) - (if (x < n) (n - x) / (1 - p) else 0)
zero <- function(f, low, high) {  # root of a falling function, or the end it lies beyond
  low <- low + 1e-15
  high <- high - 1e-15
  if (f(low) <= 0) low else if (f(high) >= 0) high else uniroot(f, c(low, high), tol = 1e-16, maxiter = 10000)$root
}
difference_score <- function(x1, n1, x0, n0, d) {
  p0 <- zero(function(p) slope(x1, n1, p + d) + slope(x0, n0, p), max(0, -d), min(1, 1 - d))
  p1 <- p0 + d
  (x1 / n1 - x0 / n0 - d)^2 / (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * (n1 + n0 - 1) / (n1 + n0)
}
ratio_score <- function(x1, n1, x0, n0, ratio, factor = (n1 + n0) / (n1 + n0 - 1)) {
  p0 <- zero(function(p) ratio * slope(x1, n1, ratio * p) + slope(x0, n0, p), 0, min(1, 1 / ratio))
  p1 <- ratio * p0
  (x1 / n1 - ratio * x0 / n0)^2 / (p1 * (1 - p1) / n1 + ratio^2 * p0 * (1 - p0) / n0) / factor
}
odds_score <- function(x1, n1, x0, n0, ratio) {
  m <- zero(function(m) ratio * (n1 - m) * (x1 + x0 - m) - m * (n0 - x1 - x0 + m), max(0, x1 + x0 - n0), min(n1, x1 + x0))
  v1 <- m * (n1 - m) / n1
  v0 <- (x1 + x0 - m) * (n0 - x1 - x0 + m) / n0
  (x1 - m)^2 * (1 / v1 + 1 / v0) * (n1 + n0 - 1) / (n1 + n0)
}
reach <- function(score, inside, outside)
  uniroot(function(t) score(t) - qchisq(0.95, 1), c(inside, outside), tol = 1e-14, maxiter = 10000)$root
STATSMODELS <- "statsmodels 0.15 confint_proportions_2indep(method = \"score\") gives other limits and raises where a cell is empty or full."
for (counts in list(c(56, 70, 48, 80), c(0, 10, 0, 20), c(5, 56, 0, 29), c(42, 71, 13, 71), c(1, 9, 8, 9))) {
  x1 <- counts[1]; n1 <- counts[2]; x0 <- counts[3]; n0 <- counts[4]
  two("risk_difference", x1, n1, x0, n0, {
    score <- function(d) difference_score(x1, n1, x0, n0, d)
    list(low = reach(score, x1 / n1 - x0 / n0, -1 + 1e-9), high = reach(score, x1 / n1 - x0 / n0, 1 - 1e-9))
  }, "miettinen-nurminen", "Risk difference, Miettinen-Nurminen", note = STATSMODELS)
}
two("risk_difference", 10, 10, 0, 20, list(low = reach(function(d) difference_score(10, 10, 0, 20, d), 1 - 1e-9, 0), high = 1),
    "miettinen-nurminen", "Risk difference, Miettinen-Nurminen", note = STATSMODELS)
for (counts in list(c(42, 71, 13, 71), c(10, 10, 20, 20), c(0, 10, 0, 20), c(1, 1, 0, 1))) {
  x1 <- counts[1]; n1 <- counts[2]; x0 <- counts[3]; n0 <- counts[4]
  two("risk_difference", x1, n1, x0, n0, {
    ci1 <- suppressWarnings(prop.test(x1, n1, correct = FALSE))$conf.int
    ci0 <- suppressWarnings(prop.test(x0, n0, correct = FALSE))$conf.int
    d <- x1 / n1 - x0 / n0
    list(value = d, low = d - sqrt((x1 / n1 - ci1[1])^2 + (ci0[2] - x0 / n0)^2),
         high = d + sqrt((ci1[2] - x1 / n1)^2 + (x0 / n0 - ci0[1])^2))
  }, "newcombe", "Risk difference, Newcombe")
}
two("risk_difference", 42, 71, 13, 71, limits(prop.test(c(42, 13), c(71, 71), correct = FALSE)$conf.int), "wald", "Risk difference, Wald")
two("risk_difference", 0, 10, 0, 20, limits((1 / 12 - 1 / 22) + c(-1, 1) * qnorm(0.975) * sqrt(11 / 12^3 + 21 / 22^3)),
    "agresti-caffo", "Risk difference, Agresti-Caffo")
for (counts in list(c(42, 71, 13, 71), c(3, 10, 9, 20))) {
  x1 <- counts[1]; n1 <- counts[2]; x0 <- counts[3]; n0 <- counts[4]
  two("risk_ratio", x1, n1, x0, n0, {
    score <- function(t) ratio_score(x1, n1, x0, n0, exp(t))
    seen <- log(x1 / n1 / (x0 / n0))
    list(value = exp(seen), low = exp(reach(score, seen, -10)), high = exp(reach(score, seen, 10)))
  }, "miettinen-nurminen", "Risk ratio, Miettinen-Nurminen")
  two("risk_ratio", x1, n1, x0, n0, {
    score <- function(t) ratio_score(x1, n1, x0, n0, exp(t), factor = 1)
    seen <- log(x1 / n1 / (x0 / n0))
    list(value = exp(seen), low = exp(reach(score, seen, -10)), high = exp(reach(score, seen, 10)))
  }, "koopman", "Risk ratio, Koopman")
  two("odds_ratio", x1, n1, x0, n0, {
    score <- function(t) odds_score(x1, n1, x0, n0, exp(t))
    seen <- log(x1 * (n0 - x0) / (x0 * (n1 - x1)))
    list(value = exp(seen), low = exp(reach(score, seen, -10)), high = exp(reach(score, seen, 10)))
  }, title = "Odds ratio, Miettinen-Nurminen")
}
for (counts in list(c(5, 56, 0, 29), c(10, 10, 0, 20))) {  # no events in the control group: a lower limit only
  x1 <- counts[1]; n1 <- counts[2]
  x0 <- counts[3]; n0 <- counts[4]
  two("risk_ratio", x1, n1, x0, n0,
      list(low = exp(reach(function(t) ratio_score(x1, n1, x0, n0, exp(t)), 12, -10)), high = "Inf"),
      "miettinen-nurminen", "Risk ratio, Miettinen-Nurminen")
  two("odds_ratio", x1, n1, x0, n0,
      list(low = exp(reach(function(t) odds_score(x1, n1, x0, n0, exp(t)), 12, -10)), high = "Inf"),
      title = "Odds ratio, Miettinen-Nurminen")
}

# --- two proportions: exact tests
for (counts in list(c(7, 34, 1, 34), c(42, 71, 13, 71), c(0, 10, 0, 20), c(10, 10, 0, 20), c(5, 56, 0, 29), c(1, 1, 0, 1), c(400, 1000, 460, 1200))) {
  x1 <- counts[1]; n1 <- counts[2]; x0 <- counts[3]; n0 <- counts[4]
  two("fisher_exact", x1, n1, x0, n0, list(p_value = fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2))$p.value), title = "Fisher's exact test")
}
boschloo <- function(x1, n1, x0, n0, alternative) {  # every table, every common proportion on a fine grid
  fisher <- outer(0:n1, 0:n0, Vectorize(function(a, b) fisher.test(matrix(c(a, n1 - a, b, n0 - b), 2), alternative = alternative)$p.value))
  extreme <- fisher <= fisher[x1 + 1, x0 + 1] * (1 + 1e-7)
  rate <- function(p) sum(outer(dbinom(0:n1, n1, p), dbinom(0:n0, n0, p)) * extreme)
  grid <- seq(0.001, 0.999, by = 0.001)
  best <- grid[which.max(sapply(grid, rate))]
  optimize(rate, best + c(-0.001, 0.001), maximum = TRUE, tol = 1e-12)$objective
}
TWO_SIDED <- "Doubled: SciPy, exact2x2, Exact (central). Least likely: tables by Fisher's two-sided p-value, StatXact, Exact (square)."
for (counts in list(c(7, 34, 1, 34), c(42, 71, 13, 71), c(5, 56, 0, 29), c(10, 10, 0, 20))) {
  x1 <- counts[1]; n1 <- counts[2]; x0 <- counts[3]; n0 <- counts[4]
  for (rule in c("doubled", "least-likely")) {
    id <- paste("r-boschloo", rule, x1, n1, x0, n0, sep = "-")
    inputs <- list(events1 = x1, n1 = n1, events0 = x0, n0 = n0, rule = rule)
    answer(id, paste0("Boschloo's test, ", rule, ", ", x1, "/", n1, " v ", x0, "/", n0), "boschloo_exact", inputs, {
      one_sided <- function(alternative) boschloo(x1, n1, x0, n0, alternative)
      list(p_value = if (rule == "doubled") 2 * min(one_sided("greater"), one_sided("less")) else one_sided("two.sided"))
    }, relative = 1e-6, note = TWO_SIDED)
  }
}

# --- strata
as_inputs <- function(x, ...) list(events1 = x[1, 1, ], n1 = x[1, 1, ] + x[1, 2, ], events0 = x[2, 1, ], n0 = x[2, 1, ] + x[2, 2, ], ...)
ucb <- aperm(UCBAdmissions, c(2, 1, 3))  # men and women in rows, admitted in column 1
rabbits <- array(c(0, 0, 6, 5, 3, 0, 3, 6, 6, 2, 0, 4, 5, 6, 1, 0, 2, 5, 0, 0), dim = c(2, 2, 5))
smoking <- array(c(647, 2, 622, 27, 41, 19, 28, 32), c(2, 2, 2))
sets <- list(ucb = ucb, rabbits = rabbits, smoking = smoking)
titles <- c(ucb = "Berkeley admissions by department", rabbits = "penicillin in rabbits by dose", smoking = "smoking and lung cancer by sex")
CORRECTION <- "R and metafor correct for continuity by default, SAS and tern do not: ours does on request."
SAME <- "R takes off half, or nothing where the excess is smaller than that; so do we."
for (set in names(sets)) {
  x <- sets[[set]]
  for (correct in c(TRUE, FALSE)) {
    answer(paste0("r-cmh-", set, if (correct) "-corrected" else ""),
           paste0("Cochran-Mantel-Haenszel", if (correct) ", corrected" else "", ", ", titles[set]), "cochran_mantel_haenszel",
           as_inputs(x, continuity_correction = correct), {
      test <- mantelhaen.test(x, correct = correct)
      list(statistic = test$statistic[[1]], df = 1, p_value = test$p.value)
    }, note = if (correct) SAME else CORRECTION)
  }
  answer(paste0("r-exact-test-", set), paste0("Exact conditional test, ", titles[set]), "exact_odds_ratio", as_inputs(x),
         list(p_value = mantelhaen.test(x, exact = TRUE)$p.value))
  answer(paste0("r-exact-odds-ratio-", set), paste0("Exact common odds ratio, ", titles[set]), "exact_odds_ratio", as_inputs(x), {
    weight <- 1  # of each sum of events in row 1, given the margins: convolution over the strata
    for (k in seq_len(dim(x)[3])) {
      m <- sum(x[1, , k]); n <- sum(x[2, , k]); t <- sum(x[, 1, k])
      one <- dhyper(max(0, t - n):min(m, t), m, n, t)
      sums <- outer(seq_along(weight), seq_along(one), "+")
      weight <- tapply(outer(weight, one), sums, sum)
    }
    least <- sum(pmax(0, x[1, 1, ] + x[2, 1, ] - x[2, 1, ] - x[2, 2, ]))
    s <- least + seq_along(weight) - 1
    tilted <- function(t) { w <- log(weight) + s * t; w <- exp(w - max(w)); w / sum(w) }
    seen <- sum(x[1, 1, ])
    at <- function(f) exp(uniroot(f, c(-10, 10), tol = 1e-14, maxiter = 10000)$root)
    list(value = at(function(t) sum(tilted(t) * s) - seen), low = at(function(t) sum(tilted(t)[s >= seen]) - 0.025),
         high = at(function(t) sum(tilted(t)[s <= seen]) - 0.025))
  }, relative = 1e-8, note = "mantelhaen.test(exact = TRUE) and fisher.test solve the same equations, for ratios above 1 for the reciprocal, to 1.2e-4 only: R prints 529.8 for the rabbits' upper limit of 531.5.")
}
for (set in c("ucb", "smoking")) {
  x <- sets[[set]]
  answer(paste0("r-mh-odds-ratio-", set), paste0("Mantel-Haenszel odds ratio, ", titles[set]), "mantel_haenszel_odds_ratio", as_inputs(x), {
    test <- mantelhaen.test(x)
    list(value = test$estimate[[1]], low = test$conf.int[1], high = test$conf.int[2])
  })
  answer(paste0("r-breslow-day-", set), paste0("Breslow-Day test, ", titles[set]), "odds_ratio_homogeneity", as_inputs(x, method = "breslow-day"), {
    pooled <- rma.mh(measure = "OR", ai = x[1, 1, ], bi = x[1, 2, ], ci = x[2, 1, ], di = x[2, 2, ])
    list(statistic = pooled$BD, df = pooled$k - 1, p_value = pooled$BDp)
  })
  answer(paste0("r-tarone-", set), paste0("Breslow-Day test with Tarone's correction, ", titles[set]), "odds_ratio_homogeneity",
         as_inputs(x, method = "tarone"), {
    pooled <- rma.mh(measure = "OR", ai = x[1, 1, ], bi = x[1, 2, ], ci = x[2, 1, ], di = x[2, 2, ])
    list(statistic = pooled$TA, df = pooled$k - 1, p_value = pooled$TAp)
  })
  answer(paste0("r-sato-", set), paste0("Stratified risk difference, Sato variance, ", titles[set]), "stratified_risk_difference",
         as_inputs(x, method = "sato"), {
    pooled <- rma.mh(measure = "RD", ai = x[1, 1, ], bi = x[1, 2, ], ci = x[2, 1, ], di = x[2, 2, ])
    list(value = pooled$beta[1], low = pooled$ci.lb, high = pooled$ci.ub)
  }, note = "metafor, SAS (COMMONRISKDIFF) and Cochrane's RevMan 5.4 differ in the variance: the first two take Sato's, RevMan Greenland and Robins'.")
}
answer("r-mh-odds-ratio-rabbits", "Mantel-Haenszel odds ratio, penicillin in rabbits by dose", "mantel_haenszel_odds_ratio", as_inputs(rabbits), {
  list(value = mantelhaen.test(rabbits)$estimate[[1]])
})
WOOLF <- "The example of R's mantelhaen.test always adds one half (17.644 for the admissions), vcd only where a cell is empty: so do we."
woolf <- function(x) {
  log_ratio <- apply(x, 3, function(x) log(x[1, 1] * x[2, 2] / (x[1, 2] * x[2, 1])))
  weight <- apply(x, 3, function(x) 1 / sum(1 / x))
  sum(weight * (log_ratio - weighted.mean(log_ratio, weight))^2)
}
answer("r-woolf-ucb", "Woolf's test, Berkeley admissions by department", "odds_ratio_homogeneity", as_inputs(ucb, method = "woolf"), {
  list(statistic = woolf(ucb), df = 5, p_value = pchisq(woolf(ucb), 5, lower.tail = FALSE))
}, note = WOOLF)
sparse <- rabbits[, , 2:4]
answer("r-woolf-rabbits", "Woolf's test with empty cells, penicillin in rabbits by dose", "odds_ratio_homogeneity",
       as_inputs(sparse, method = "woolf"), {
  list(statistic = woolf(sparse + 0.5), df = 2, p_value = pchisq(woolf(sparse + 0.5), 2, lower.tail = FALSE))
}, note = WOOLF)
for (set in names(sets)) {
  x <- sets[[set]][, , apply(sets[[set]], 3, function(x) all(rowSums(x) > 0)), drop = FALSE]
  answer(paste0("r-stratified-score-", set), paste0("Stratified risk difference, Miettinen-Nurminen, ", titles[set]),
         "stratified_risk_difference", as_inputs(x, method = "miettinen-nurminen"), {
    n1 <- colSums(x[1, , ]); n0 <- colSums(x[2, , ]); p1 <- x[1, 1, ] / n1; p0 <- x[2, 1, ] / n0
    weight <- n1 * n0 / (n1 + n0) / sum(n1 * n0 / (n1 + n0))
    seen <- sum(weight * (p1 - p0))
    score <- function(d) {
      variance <- mapply(function(x1, n1, x0, n0) {
        q0 <- zero(function(p) slope(x1, n1, p + d) + slope(x0, n0, p), max(0, -d), min(1, 1 - d))
        ((q0 + d) * (1 - q0 - d) / n1 + q0 * (1 - q0) / n0) * (n1 + n0) / (n1 + n0 - 1)
      }, x[1, 1, ], n1, x[2, 1, ], n0)
      (seen - d)^2 / sum(weight^2 * variance)
    }
    list(value = seen, low = reach(score, seen, -1 + 1e-9), high = reach(score, seen, 1 - 1e-9))
  })
}

# --- number needed to treat
NNT <- "epiR prints -8.2 to 4.2 for 7/34 v 5/34, which leaves out all it holds: NNTB 4.2 to infinity to NNTH 8.2 (Altman 1998)."
answer("r-number-needed-5-34", "Number needed to treat, 7/34 v 5/34, through infinity", "number_needed_of_counts",
       list(events1 = 7, n1 = 34, events0 = 5, n0 = 34, method = "wald", event = "good"), {
  found <- epi.2by2(matrix(c(7, 27, 5, 29), 2, byrow = TRUE), method = "cohort.count")$massoc.detail$NNT.strata.wald
  list(estimate.patients = found$est, best.patients = found$upper, worst.patients = -found$lower, through_infinity = 1)
}, note = NNT)
answer("r-number-needed-1-34", "Number needed to treat, 7/34 v 1/34", "number_needed_of_counts",
       list(events1 = 7, n1 = 34, events0 = 1, n0 = 34, method = "wald", event = "good"), {
  found <- epi.2by2(matrix(c(7, 27, 1, 33), 2, byrow = TRUE), method = "cohort.count")$massoc.detail$NNT.strata.wald
  list(estimate.patients = found$est, best.patients = found$lower, worst.patients = found$upper, through_infinity = 0)
})

# --- Bayesian: by R's adaptive quadrature, and by Altham's (1969) identity with Fisher's one-sided p-value
exceeds <- function(margin, a1, b1, a0, b0) {  # P(rate 1 - rate 0 > margin), in p = sin^2: no poles
  f <- function(angle) {
    p <- sin(angle)^2
    2 * exp((2 * a0 - 1) * log(sin(angle)) + (2 * b0 - 1) * log(cos(angle)) - lbeta(a0, b0)) * pbeta(p + margin, a1, b1, lower.tail = FALSE)
  }
  low <- max(0, -margin)
  high <- min(1, 1 - margin)
  ends <- asin(sqrt(unique(sort(c(low, high, pmin(high, pmax(low, qbeta(c(0.001, 0.1, 0.5, 0.9, 0.999), a0, b0))))))))
  piece <- function(from, to) integrate(f, from, to, rel.tol = 1e-12, abs.tol = 0, stop.on.error = FALSE)$value
  pbeta(low, a0, b0) + sum(mapply(piece, head(ends, -1), tail(ends, -1)))
}
beta_limit <- function(above, ...) uniroot(function(d) exceeds(d, ...) - above, c(-0.999, 0.999), tol = 1e-13, maxiter = 10000)$root
for (counts in list(c(42, 71, 13, 71), c(0, 10, 0, 20), c(10, 10, 0, 20), c(5, 56, 0, 29), c(1, 1, 0, 1))) {
  x1 <- counts[1]; n1 <- counts[2]; x0 <- counts[3]; n0 <- counts[4]
  for (prior in c("jeffreys", "uniform")) {
    inputs <- list(events1 = x1, n1 = n1, events0 = x0, n0 = n0, prior1 = prior, prior0 = prior)
    answer(paste("r-posterior", prior, x1, n1, x0, n0, sep = "-"),
           paste0("Posterior difference, ", prior, " prior, ", x1, "/", n1, " v ", x0, "/", n0), "posterior_difference", inputs, {
      k <- if (prior == "jeffreys") 0.5 else 1
      a1 <- x1 + k; b1 <- n1 - x1 + k; a0 <- x0 + k; b0 <- n0 - x0 + k
      list(value = a1 / (a1 + b1) - a0 / (a0 + b0), low = beta_limit(0.975, a1, b1, a0, b0), high = beta_limit(0.025, a1, b1, a0, b0),
           superiority = exceeds(0, a1, b1, a0, b0), rate1.low = qbeta(0.025, a1, b1), rate1.high = qbeta(0.975, a1, b1),
           rate0.value = a0 / (a0 + b0))
    }, relative = 1e-7)
  }
}
answer("r-altham", "Posterior probability that one rate is higher, uniform priors", "posterior_difference",
       list(events1 = 41, n1 = 70, events0 = 13, n0 = 70, prior1 = "uniform", prior0 = "uniform"), {
  list(superiority = 1 - fisher.test(matrix(c(42, 29, 13, 58), 2), alternative = "greater")$p.value)
}, note = "Exact: Altham (1969) showed that the opposite probability is Fisher's one-sided p-value with one event more here and one non-event more there.")
answer("r-altham-other", "Posterior probability that one rate is higher, uniform priors, small numbers", "posterior_difference",
       list(events1 = 2, n1 = 8, events0 = 4, n0 = 10, prior1 = "uniform", prior0 = "uniform"), {
  list(superiority = 1 - fisher.test(matrix(c(3, 6, 4, 7), 2), alternative = "greater")$p.value)
})
answer("r-posterior-rate", "Posterior of a rate, 16/23, prior Beta(0.6, 0.4)", "posterior_rate", list(events = 16, n = 23, prior = c(0.6, 0.4)), {
  list(value = 16.6 / 24, low = qbeta(0.025, 16.6, 7.4), high = qbeta(0.975, 16.6, 7.4))
})
answer("r-posterior-rate-empty", "Posterior of a rate, 0/20, Jeffreys' prior", "posterior_rate", list(events = 0, n = 20), {
  list(value = 0.5 / 21, low = qbeta(0.025, 0.5, 20.5), high = qbeta(0.975, 0.5, 20.5))
}, note = "As a confidence interval Jeffreys' limits are 0 where none had the event; a posterior's are not.")

write_references("proportions", "proportions_r.json", c("metafor", "epiR"))
