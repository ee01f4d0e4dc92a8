source("reference.R")
suppressPackageStartupMessages({library(sandwich); library(survey); library(metafor); library(numDeriv)})

# GBSG 2: hormone therapy as the treatment, an event seen within three years as the outcome.
data <- dataset("gbsg2")
data$treated <- as.integer(data$horTh == "yes")
data$outcome <- as.integer(data$time <= 1095 & data$cens == 1)
formula <- treated ~ age + menostat + tsize + tgrade + pnodes
tight <- glm.control(epsilon = 1e-15, maxit = 100)
propensity <- glm(formula, binomial, data, control = tight)
e <- fitted(propensity)
estimands <- list(
  ate = function(e, t) t / e + (1 - t) / (1 - e),
  att = function(e, t) t + (1 - t) * e / (1 - e),
  overlap = function(e, t) t * (1 - e) + (1 - t) * e,
  matching = function(e, t) pmin(e, 1 - e) * (t / e + (1 - t) / (1 - e))
)
effective <- function(w) sum(w)^2 / sum(w^2)

answer("propensity", "Propensity scores of 686 subjects: logistic regression", "propensity", setNames(list(), character()), {
  model <- glm(treated ~ age + menostat + tsize + tgrade + pnodes, binomial, data, control = tight)
  list(coefficient = unname(coef(model)), error = unname(sqrt(diag(vcov(model)))), score = unname(fitted(model)[1:8]))
})
for (name in names(estimands)) local({
  weigh <- estimands[[name]]
  answer(paste0("weights-", name), paste0("Propensity weights, ", name, ", and effective sample sizes"), "propensity_weights",
         list(estimand = name), {
    w <- weigh(e, data$treated)
    list(weights = unname(w[1:8]), total = sum(w), effective_n = c(effective(w[data$treated == 1]), effective(w[data$treated == 0])))
  })
})
answer("weights-stabilised", "Inverse probability weights, stabilised", "propensity_weights", list(estimand = "ate", stabilised = TRUE), {
  share <- ifelse(data$treated == 1, mean(data$treated), 1 - mean(data$treated))
  w <- share * estimands$ate(e, data$treated)
  list(weights = unname(w[1:8]), total = sum(w))
})
answer("weights-truncated", "Inverse probability weights, truncated at the 2nd and 98th percentile", "propensity_weights",
       list(estimand = "ate", truncate = 0.02), {
  w <- estimands$ate(e, data$treated)
  ends <- quantile(w, c(0.02, 0.98))
  cut <- pmin(pmax(w, ends[1]), ends[2])
  list(total = sum(cut), truncated = sum(w != cut), effective_n = c(effective(cut[data$treated == 1]), effective(cut[data$treated == 0])))
}, note = "Quantiles of R's type 7, which is also NumPy's; WeightIt's trim takes type 3.")
answer("weights-truncated-att", "Weights for the treated, the controls' truncated at the 5th and 95th percentile", "propensity_weights",
       list(estimand = "att", truncate = 0.05), {
  w <- estimands$att(e, data$treated)
  controls <- data$treated == 0
  ends <- quantile(w[controls], c(0.05, 0.95))
  cut <- ifelse(controls, pmin(pmax(w, ends[1]), ends[2]), w)
  list(total = sum(cut), truncated = sum(w != cut))
})

# --- balance
moments <- function(x, w) { found <- cov.wt(matrix(x), w / sum(w)); c(found$center, found$cov) }
continuous <- function(x, t, w, spread = w) {
  a <- moments(x[t == 1], w[t == 1]); b <- moments(x[t == 0], w[t == 0])
  va <- moments(x[t == 1], spread[t == 1])[2]; vb <- moments(x[t == 0], spread[t == 0])[2]
  list(treated = I(a[1]), control = I(b[1]), smd = (a[1] - b[1]) / sqrt((va + vb) / 2), variance_ratio = a[2] / b[2])
}
categorical <- function(x, t, w, spread = w) {
  shares <- function(arm, w) { found <- tapply(w[t == arm], x[t == arm], sum) / sum(w[t == arm]); as.vector(found) }
  p <- shares(1, w); q <- shares(0, w); ps <- shares(1, spread); qs <- shares(0, spread)
  covariance <- function(p) diag(p[-1], length(p) - 1) - outer(p[-1], p[-1])
  d <- p[-1] - q[-1]
  list(treated = p, control = q, smd = sqrt(drop(d %*% solve((covariance(ps) + covariance(qs)) / 2) %*% d)))
}
flat <- function(parts) {
  found <- list()
  for (outer in names(parts)) for (inner in names(parts[[outer]])) found[[paste(outer, inner, sep = ".")]] <- parts[[outer]][[inner]]
  found
}
for (name in c("ate", "att", "matching")) local({
  weigh <- estimands[[name]]
  answer(paste0("balance-", name), paste0("Balance before and after weighting, ", name), "balance", list(estimand = name), {
    w <- weigh(e, data$treated); one <- rep(1, nrow(data)); t <- data$treated
    flat(list(age_unweighted = continuous(data$age, t, one), age_weighted = continuous(data$age, t, w),
              pnodes_weighted = continuous(data$pnodes, t, w), tgrade_unweighted = categorical(data$tgrade, t, one),
              tgrade_weighted = categorical(data$tgrade, t, w), menostat_weighted = categorical(data$menostat, t, w)))
  }, note = paste("Weighted variances as cov.wt has them, which cobalt takes for variance ratios; cobalt divides weighted",
                  "differences by the standard deviation before weighting (spread = unweighted), and for the effect in the treated by",
                  "that of the treated alone."))
})
answer("balance-spread", "Balance after weighting, over the spread before it", "balance", list(estimand = "ate", spread = "unweighted"), {
  w <- estimands$ate(e, data$treated); one <- rep(1, nrow(data)); t <- data$treated
  flat(list(age_weighted = continuous(data$age, t, w, one), tgrade_weighted = categorical(data$tgrade, t, w, one)))
})

# --- weighted risks
wald <- function(prefix, value, centre, error, back = identity)
  setNames(list(value, back(centre - qnorm(0.975) * error), back(centre + qnorm(0.975) * error), error),
           paste(prefix, c("value", "low", "high", "error"), sep = "."))
sandwich_risks <- function(w) {
  t <- data$treated; y <- data$outcome
  robust <- function(model) sqrt(diag(vcovHC(model, type = "HC0")))
  plain <- lm(y ~ t, weights = w)
  by_log <- glm(y ~ t, quasipoisson, weights = w, control = tight)
  by_logit <- glm(y ~ t, quasibinomial, weights = w, control = tight)
  of_treated <- glm(y ~ I(1 - t), quasibinomial, weights = w, control = tight)
  c(wald("difference", coef(plain)[[2]], coef(plain)[[2]], robust(plain)[[2]]),
    wald("ratio", exp(coef(by_log)[[2]]), coef(by_log)[[2]], robust(by_log)[[2]], exp),
    wald("odds_ratio", exp(coef(by_logit)[[2]]), coef(by_logit)[[2]], robust(by_logit)[[2]], exp),
    wald("risk0", plogis(coef(by_logit)[[1]]), coef(by_logit)[[1]], robust(by_logit)[[1]], plogis),
    wald("risk1", plogis(coef(of_treated)[[1]]), coef(of_treated)[[1]], robust(of_treated)[[1]], plogis))
}
for (name in c("ate", "overlap")) local({
  weigh <- estimands[[name]]
  answer(paste0("weighted-risks-", name), paste0("Weighted risks, robust variance, ", name), "weighted_risks", list(estimand = name),
         sandwich_risks(weigh(e, data$treated)),
         note = "sandwich's HC0. R's survey gives the same times sqrt(n / (n - 1)), SAS's GENMOD with REPEATED gives HC0 as well.")
})
answer("weighted-risks-survey", "Weighted risk difference, variance of R's survey less its factor n/(n - 1)", "weighted_risks", list(estimand = "att"), {
  design <- svydesign(~1, weights = ~w, data = transform(data, w = estimands$att(e, treated)))
  model <- svyglm(outcome ~ treated, design)
  n <- nrow(data)
  wald("difference", coef(model)[[2]], coef(model)[[2]], SE(model)[[2]] * sqrt((n - 1) / n))
})

# --- stacked estimating equations: the same for any estimator, bread by numerical derivatives
stacked <- function(equations, theta) {
  n <- nrow(data)
  bread <- solve(jacobian(function(theta) colMeans(equations(theta)), theta) )
  bread %*% crossprod(equations(theta)) %*% t(bread) / n^2
}
contrasts <- function(p, q, v) {
  at <- function(g) sqrt(drop(g %*% v %*% g))
  dp <- 1 / (p * (1 - p)); dq <- 1 / (q * (1 - q))
  c(wald("risk1", p, qlogis(p), at(c(dp, 0)), plogis), wald("risk0", q, qlogis(q), at(c(0, dq)), plogis),
    wald("difference", p - q, p - q, at(c(1, -1))), wald("ratio", p / q, log(p / q), at(c(1 / p, -1 / q)), exp),
    wald("odds_ratio", exp(qlogis(p) - qlogis(q)), qlogis(p) - qlogis(q), at(c(dp, -dq)), exp))
}
columns <- model.matrix(formula, data)
half <- e < 0.5  # which side of the kink of matching weights a subject is on stays, whatever numerical derivatives try
stacked_weights <- c(estimands[1:3], list(matching = function(e, t) ifelse(half, e, 1 - e) * (t / e + (1 - t) / (1 - e))))
for (name in names(stacked_weights)) local({
  weigh <- stacked_weights[[name]]
  answer(paste0("propensity-weighted-", name), paste0("Weighted risks, variance with estimated scores, ", name),
         "propensity_weighted_risks", list(estimand = name), {
    y <- data$outcome; t <- data$treated; k <- ncol(columns)
    scale <- c(apply(abs(columns), 2, max))
    equations <- function(theta) {
      score <- plogis(drop(columns %*% (theta[1:k] / scale)))
      w <- weigh(score, t)
      cbind(columns / rep(scale, each = nrow(columns)) * (t - score), w * t * (y - theta[k + 1]), w * (1 - t) * (y - theta[k + 2]))
    }
    w <- weigh(e, t)
    p <- weighted.mean(y[t == 1], w[t == 1]); q <- weighted.mean(y[t == 0], w[t == 0])
    v <- stacked(equations, c(coef(propensity) * scale, p, q))[k + 1:2, k + 1:2]
    contrasts(p, q, v)
  }, relative = 1e-6)
})

answer("propensity-weighted-stabilised", "Weighted risks, variance with estimated scores, stabilised weights", "propensity_weighted_risks",
       list(estimand = "ate", stabilised = TRUE), {
  y <- data$outcome; t <- data$treated; k <- ncol(columns); scale <- c(apply(abs(columns), 2, max))
  stabilised <- function(score) estimands$ate(score, t) * ifelse(t == 1, mean(t), 1 - mean(t))
  equations <- function(theta) {
    score <- plogis(drop(columns %*% (theta[1:k] / scale)))
    w <- stabilised(score)
    cbind(columns / rep(scale, each = nrow(columns)) * (t - score), w * t * (y - theta[k + 1]), w * (1 - t) * (y - theta[k + 2]))
  }
  p <- weighted.mean(y[t == 1], stabilised(e)[t == 1]); q <- weighted.mean(y[t == 0], stabilised(e)[t == 0])
  contrasts(p, q, stacked(equations, c(coef(propensity) * scale, p, q))[k + 1:2, k + 1:2])
}, note = "Stabilising multiplies all weights of an arm alike, and changes no risk.")

# --- standardised risks
adjusted <- outcome ~ treated + age + menostat + tsize + tgrade + pnodes
crossed <- outcome ~ treated * (age + menostat + tsize + tgrade + pnodes)
predicted <- function(model, value) predict(model, transform(data, treated = value), type = "response")
answer("standardised-ge", "Standardised risks, delta method (Ge and others 2011)", "standardised_risks", list(variance = "ge"), {
  model <- glm(adjusted, binomial, data, control = tight)
  p <- predicted(model, 1); q <- predicted(model, 0)
  gradient <- rbind(colMeans(model.matrix(adjusted, transform(data, treated = 1)) * p * (1 - p)),
                    colMeans(model.matrix(adjusted, transform(data, treated = 0)) * q * (1 - q)))
  contrasts(mean(p), mean(q), gradient %*% vcov(model) %*% t(gradient))
}, note = paste("The macro of Ge and others (2011) and R's margins give this; it takes the covariates as given. The robust",
                "variance (the default here) counts them as a sample; R's RobinCar does so by a formula that differs in small samples."))
standardised <- function(formula) {
  model <- glm(formula, binomial, data, control = tight)
  treated <- model.matrix(formula, transform(data, treated = 1)); control <- model.matrix(formula, transform(data, treated = 0))
  x <- model.matrix(formula, data); k <- ncol(x); scale <- apply(abs(x), 2, max)
  equations <- function(theta) {
    b <- theta[1:k] / scale
    cbind(x / rep(scale, each = nrow(x)) * (data$outcome - plogis(drop(x %*% b))),
          plogis(drop(treated %*% b)) - theta[k + 1], plogis(drop(control %*% b)) - theta[k + 2])
  }
  p <- mean(predicted(model, 1)); q <- mean(predicted(model, 0))
  contrasts(p, q, stacked(equations, c(coef(model) * scale, p, q))[k + 1:2, k + 1:2])
}
answer("standardised-influence", "Standardised risks, robust variance", "standardised_risks", list(variance = "influence"), standardised(adjusted))
answer("standardised-interactions", "Standardised risks, covariates by arm, robust variance", "standardised_risks",
       list(variance = "influence", interactions = TRUE), standardised(crossed))
answer("standardised-bootstrap", "Standardised risks of 60 given resamples, and their percentiles", "resampled_risks",
       list(replicates = 60, level = 0.9), {
  n <- nrow(data)
  risks <- sapply(1:60, function(b) {
    i <- 1:n
    sample <- data[(7 * i^2 + 13 * b * i + 31 * b^2) %% 10007 %% n + 1, ]
    model <- glm(adjusted, binomial, sample, control = tight)
    c(mean(predict(model, transform(sample, treated = 1), type = "response")),
      mean(predict(model, transform(sample, treated = 0), type = "response")))
  })
  p <- risks[1, ]; q <- risks[2, ]; v <- cov(t(risks)); first <- glm(adjusted, binomial, data, control = tight)
  at <- c(mean(predicted(first, 1)), mean(predicted(first, 0)))
  ends <- function(x) quantile(x, c(0.05, 0.95), names = FALSE)
  list(risk1.value = at[1], risk1.low = ends(p)[1], risk1.high = ends(p)[2], risk0.low = ends(q)[1], risk0.high = ends(q)[2],
       difference.value = at[1] - at[2], difference.low = ends(p - q)[1], difference.high = ends(p - q)[2],
       difference.error = sd(p - q), ratio.low = ends(p / q)[1], ratio.high = ends(p / q)[2],
       ratio.error = sqrt(drop(c(1 / at[1], -1 / at[2]) %*% v %*% c(1 / at[1], -1 / at[2]))),
       odds_ratio.low = ends(p / (1 - p) / (q / (1 - q)))[1], odds_ratio.high = ends(p / (1 - p) / (q / (1 - q)))[2])
}, note = "Both sides draw by one formula, so that a bootstrap can be compared to the last digit.")

# --- E-values: formulas as in the tests of R's EValue
threshold <- function(rr, true = 1) { rr <- if (rr < true) true / rr else rr / true; rr + sqrt(rr * (rr - 1)) }
common_hr <- function(hr) (1 - 0.5^sqrt(hr)) / (1 - 0.5^sqrt(1 / hr))
answer("e-value-hazard-common", "E-value, hazard ratio 1.3 of a common outcome, null 1.1", "e_value",
       list(value = 1.3, low = 1.2, high = 1.4, measure = "hazard-ratio", rare = FALSE, null = 1.1), {
  list(value = threshold(common_hr(1.3), common_hr(1.1)), limit = threshold(common_hr(1.2), common_hr(1.1)),
       risk_ratio.value = common_hr(1.3))
})
answer("e-value-hazard-below", "E-value, hazard ratio 0.6 of a common outcome", "e_value",
       list(value = 0.6, low = 0.45, high = 0.8, measure = "hazard-ratio", rare = FALSE),
       list(value = threshold(common_hr(0.6)), limit = threshold(common_hr(0.8)), risk_ratio.low = common_hr(0.45)))
answer("e-value-hazard-rare", "E-value, hazard ratio 0.3 of a rare outcome, null 0.4", "e_value",
       list(value = 0.3, measure = "hazard-ratio", rare = TRUE, null = 0.4),
       list(value = (1 / 0.3 + sqrt(1 / 0.3 * (1 / 0.3 - 1 / 0.4))) / (1 / 0.4), limit = NULL))
answer("e-value-odds-common", "E-value, odds ratio 5 of a common outcome, null 2", "e_value",
       list(value = 5, low = 3, high = 8, measure = "odds-ratio", rare = FALSE, null = 2),
       list(value = threshold(sqrt(5), sqrt(2)), limit = threshold(sqrt(3), sqrt(2)), risk_ratio.high = sqrt(8)))
answer("e-value-beyond", "E-value, risk ratio 1.3 with a null beyond its interval", "e_value",
       list(value = 1.3, low = 1.1, high = 1.4, null = 1.5), list(value = threshold(1.3, 1.5), limit = threshold(1.4, 1.5)))
answer("e-value-spanning", "E-value, risk ratio 1.3 whose interval holds the null", "e_value",
       list(value = 1.3, low = 0.9, high = 1.9), list(value = threshold(1.3), limit = 1))
koopman <- function(x1, n1, x0, n0, level = 0.95) {
  p1 <- x1 / n1; p0 <- x0 / n0
  excess <- function(log_ratio) {
    r <- exp(log_ratio); a <- (n1 + n0) * r; b <- r * (n1 + x0) + n0 + x1
    q0 <- (b - sqrt(b^2 - 4 * a * (x1 + x0))) / (2 * a); q1 <- r * q0
    (p1 - r * p0)^2 / (q1 * (1 - q1) / n1 + r^2 * q0 * (1 - q0) / n0) - qnorm((1 + level) / 2)^2
  }
  centre <- log(p1 / p0)
  exp(c(uniroot(excess, c(centre - 5, centre), tol = 1e-13)$root, uniroot(excess, c(centre, centre + 5), tol = 1e-13)$root))
}
answer("e-value-risks", "E-value of smoking and lung cancer (Hammond and Horn 1958)", "e_value_of_risks",
       list(events1 = 397, n1 = 78954, events0 = 51, n0 = 108829, method = "koopman"),
       list(value = threshold((397 / 78954) / (51 / 108829)), limit = threshold(koopman(397, 78954, 51, 108829)[1])),
       note = "EValue's evalues.RD takes the limit from a grid over an interval of the difference and prints 15.957.")

# --- missing outcomes
newcombe <- function(x1, n1, x0, n0, level = 0.95) {
  wilson <- function(x, n) prop.test(x, n, conf.level = level, correct = FALSE)$conf.int
  a <- wilson(x1, n1); b <- wilson(x0, n0); p <- x1 / n1; q <- x0 / n0
  c(p - q, p - q - sqrt((p - a[1])^2 + (b[2] - q)^2), p - q + sqrt((a[2] - p)^2 + (q - b[1])^2))
}
tipping <- function(x1, n1, m1, x0, n0, m0, margin, level = 0.95) {
  grid <- expand.grid(events0 = 0:m0, events1 = 0:m1)
  found <- t(mapply(function(a, b) newcombe(x1 + a, n1 + m1, x0 + b, n0 + m0, level), grid$events1, grid$events0))
  code <- function(low, high) ifelse(low > margin, 1, ifelse(high < margin, -1, 0))
  conclusion <- code(found[, 2], found[, 3])
  observed <- newcombe(x1, n1, x0, n0, level)
  kept <- conclusion == code(observed[2], observed[3])
  least <- sapply(0:m1, function(a) suppressWarnings(min(grid$events0[kept & grid$events1 == a])))
  most <- sapply(0:m1, function(a) suppressWarnings(max(grid$events0[kept & grid$events1 == a])))
  c(list(conclusion = conclusion, difference = found[, 1], low = found[, 2], high = found[, 3],
         from = ifelse(is.finite(least), least, NA), to = ifelse(is.finite(most), most, NA)),
    list(least.value = newcombe(x1, n1 + m1, x0 + m0, n0 + m0)[1], most.value = newcombe(x1 + m1, n1 + m1, x0, n0 + m0)[1],
         none.value = newcombe(x1, n1 + m1, x0, n0 + m0)[1], all.value = newcombe(x1 + m1, n1 + m1, x0 + m0, n0 + m0)[1]))
}
tips <- function(id, words, x1, n1, m1, x0, n0, m0, margin)
  answer(id, words, "tipping_points", list(events1 = x1, n1 = n1, missing1 = m1, events0 = x0, n0 = n0, missing0 = m0, margin = margin),
         tipping(x1, n1, m1, x0, n0, m0, margin), note = "The answers are code that goes through all pairs with prop.test's Wilson limits.")
tips("tipping", "Tipping points, 30/64 v 14/62 with 7 and 9 missing", 30, 64, 7, 14, 62, 9, 0)
tips("tipping-margin", "Tipping points against a margin of -0.1, 40/60 v 38/58", 40, 60, 5, 38, 58, 6, -0.1)
tips("tipping-below", "Tipping points of a lower risk, 9/50 v 25/52", 9, 50, 10, 25, 52, 8, 0)
answer("delta-adjusted", "Risk difference with missing outcomes by log odds of delta", "delta_adjusted_differences",
       list(events1 = 30, n1 = 64, missing1 = 7, events0 = 14, n0 = 62, missing0 = 9, delta1 = c(-2, 0, 1), delta0 = c(0, 1.5)), {
  risk <- function(x, n, m, delta) {
    mixed <- function(theta) (1 - theta[2]) * theta[1] + theta[2] * plogis(qlogis(theta[1]) + delta)
    at <- c(x / n, m / (n + m)); g <- grad(mixed, at)
    c(mixed(at), g[1]^2 * at[1] * (1 - at[1]) / n + g[2]^2 * at[2] * (1 - at[2]) / (n + m))
  }
  pairs <- expand.grid(delta0 = c(0, 1.5), delta1 = c(-2, 0, 1))
  one <- sapply(pairs$delta1, function(d) risk(30, 64, 7, d)); none <- sapply(pairs$delta0, function(d) risk(14, 62, 9, d))
  difference <- one[1, ] - none[1, ]; error <- sqrt(one[2, ] + none[2, ])
  list(difference = difference, error = error, low = difference - qnorm(0.975) * error, high = difference + qnorm(0.975) * error)
})

# --- subgroups and pooling
measures <- c(`risk-difference` = "RD", `risk-ratio` = "RR", `odds-ratio` = "OR")
for (measure in names(measures)) for (by in c("tgrade", "menostat")) local({
  code <- measures[[measure]]; column <- by
  answer(paste("subgroups", measure, by, sep = "-"), paste0("Effect by ", by, " and its interaction: ", measure), "subgroup_effects",
         list(by = by, measure = measure), {
    counts <- aggregate(cbind(events = outcome, n = 1) ~ treated + group, transform(data, group = data[[column]]), sum)
    one <- counts[counts$treated == 1, ]; none <- counts[counts$treated == 0, ]
    found <- escalc(code, ai = one$events, n1i = one$n, ci = none$events, n2i = none$n)
    pooled <- rma(yi, vi, data = found, method = "FE")
    effect <- as.vector(found$yi); error <- sqrt(found$vi); back <- if (code == "RD") identity else exp
    list(effect = effect, error = error, value = back(effect), low = back(effect - qnorm(0.975) * error),
         high = back(effect + qnorm(0.975) * error), statistic = pooled$QE, p_value = pooled$QEp, i_squared = pooled$I2 / 100)
  })
})
rd <- c(0.163, -0.114, -0.047, -0.151)
rd_error <- c(0.0788, 0.0689, 0.0614, 0.0547)
answer("gail-simon", "Qualitative interaction in four subgroups (Gail and Simon 1985)", "qualitative_interaction", list(effects = rd, errors = rd_error), {
  positive <- sum((rd / rd_error)[rd > 0]^2); negative <- sum((rd / rd_error)[rd < 0]^2)
  tail <- function(q, k) sum(pchisq(q, 1:k, lower.tail = FALSE) * dbinom(1:k, k, 0.5))
  list(statistic = min(positive, negative), p_value = tail(min(positive, negative), 3), positive = positive, negative = negative,
       p_positive = tail(positive, 4), p_negative = tail(negative, 4))
}, note = "SAS's GAILSIMON swaps the names: its Q- sums the subgroups with differences above 0.")
answer("cochran", "Interaction in four subgroups (Cochran's Q)", "interaction", list(effects = rd, errors = rd_error), {
  pooled <- rma(rd, sei = rd_error, method = "FE")
  list(statistic = pooled$QE, df = pooled$k - 1, p_value = pooled$QEp, i_squared = pooled$I2 / 100)
})
bcg <- escalc("RR", ai = c(4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27),
              bi = c(119, 300, 228, 13536, 5036, 1361, 2537, 87886, 7470, 1699, 50448, 2493, 16886),
              ci = c(11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29),
              di = c(128, 274, 209, 12619, 5761, 1079, 619, 87892, 7232, 1600, 27197, 2338, 17825))
pooling <- c(reml = "REML", `dersimonian-laird` = "DL", common = "FE")
sets <- list(bcg = list(effects = as.vector(bcg$yi), errors = sqrt(bcg$vi)), subgroups = list(effects = rd, errors = rd_error),
             alike = list(effects = c(0.1, 0.12, 0.09, 0.11), errors = c(0.1, 0.2, 0.15, 0.1)))
for (set in names(sets)) for (method in names(pooling)) local({
  given <- sets[[set]]; code <- pooling[[method]]
  answer(paste("pooled", method, set, sep = "-"), paste0("Effects pooled and shrunken, ", method, ", ", set), "pool_effects",
         c(given, list(method = method)), {
    model <- rma(given$effects, sei = given$errors, method = code, control = if (code == "REML") list(threshold = 1e-14, maxiter = 1000) else list())
    c(list(mean.value = model$beta[[1]], mean.error = model$se, mean.low = model$ci.lb, mean.high = model$ci.ub,
           mean.p_value = model$pval, tau_squared = model$tau2, q = model$QE),
      if (code != "FE") { found <- blup(model); list(shrunken = found$pred, shrunken_error = found$se, low = found$pi.lb, high = found$pi.ub) })
  })
})
knapp <- c(`hartung-knapp` = "knha", `modified-hartung-knapp` = "adhoc")
sets$orr <- list(effects = qlogis(c(38, 23, 50, 37, 20, 30) / c(56, 30, 62, 64, 45, 36)),
                 errors = sqrt(1 / c(38, 23, 50, 37, 20, 30) + 1 / (c(56, 30, 62, 64, 45, 36) - c(38, 23, 50, 37, 20, 30))))
for (set in names(sets)) for (interval in names(knapp)) local({
  given <- sets[[set]]; code <- knapp[[interval]]
  answer(paste("meta-analysis", interval, set, sep = "-"), paste0("Mean of few studies and a new one's effect, ", interval, ", ", set),
         "meta_analysis", c(given, list(interval = interval)), {
    model <- suppressWarnings(rma(given$effects, sei = given$errors, method = "REML", test = code, control = list(threshold = 1e-14, maxiter = 1000)))
    reach <- qt(0.975, model$k - 2) * sqrt(model$tau2 + model$se^2)
    list(mean.value = model$beta[[1]], mean.low = model$ci.lb, mean.high = model$ci.ub, error = model$se, tau_squared = model$tau2,
         prediction.low = model$beta[[1]] - reach, prediction.high = model$beta[[1]] + reach,
         heterogeneity.statistic = model$QE, heterogeneity.p_value = model$QEp)
  }, note = "A new study's effect: metafor takes one degree of freedom less than studies; the book takes two less, as Higgins, Thompson and Spiegelhalter.")
})
write_references("adjustment", "adjustment_r.json", c("sandwich", "survey", "metafor", "numDeriv"))
