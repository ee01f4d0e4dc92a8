# Answers of R, written to r_answers.json beside this script.
#   Rscript tests/reference/make_reference.R
# Debian: r-base-core, r-cran-survival, r-cran-jsonlite.
library(survival)
library(jsonlite)

intervals <- c(log = "log", `log-log` = "log-log", plain = "plain", arcsine = "arcsin")

curve <- function(data, type, probs = c(0.25, 0.5, 0.75)) {
  fit <- survfit(Surv(time, event) ~ 1, data, conf.type = type)
  q <- quantile(fit, probs)
  list(
    time = fit$time, at_risk = fit$n.risk, events = fit$n.event, survival = fit$surv, low = fit$lower,
    high = fit$upper, probs = probs, quantile = unname(q$quantile), quantile_low = unname(q$lower),
    quantile_high = unname(q$upper)
  )
}

log_rank <- function(data) {
  test <- survdiff(Surv(time, event) ~ group, data)
  list(
    groups = sub("group=", "", names(test$n)), statistic = test$chisq, p_value = 1 - pchisq(test$chisq, length(test$n) - 1),
    observed = test$obs, expected = test$exp
  )
}

cox <- function(data, reference) {
  data$group <- relevel(factor(data$group), reference)
  fit <- summary(coxph(Surv(time, event) ~ group, data, ties = "efron", control = coxph.control(eps = 1e-11, iter.max = 50)))
  list(
    reference = reference, groups = sub("group", "", rownames(fit$coefficients)), value = unname(fit$conf.int[, 1]),
    low = unname(fit$conf.int[, 3]), high = unname(fit$conf.int[, 4]), p_value = unname(fit$coefficients[, 5])
  )
}

# Two groups, leukaemia maintenance (Miller 1997); the same numbers as survival::aml.
leukaemia <- data.frame(time = aml$time, event = aml$status, group = as.character(aml$x))
# Heavy ties, an event at time 0, a curve that lies exactly on one half, three groups.
tied <- data.frame(
  time = c(0, 1, 1, 2, 2, 2, 3, 4, 4, 6, 1, 2, 3, 3, 5, 5, 6, 7, 8, 8, 2, 4, 4, 5, 6, 6, 7, 9, 9, 10),
  event = c(1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0),
  group = rep(c("A", "B", "C"), each = 10)
)
flat <- data.frame(time = c(1, 2, 3, 4, 5, 6), event = c(1, 1, 1, 0, 1, 1))
flat_to_the_end <- data.frame(time = c(1, 2, 3, 4, 5, 6), event = c(1, 1, 1, 0, 0, 0))
# One death links the groups: Newton's method overshoots.
one_link <- data.frame(
  time = c(11, 19, 23, 27, 3, 3, 14, 28), event = c(0, 1, 0, 1, 1, 1, 0, 1), group = ifelse(1:8 == 5, "B", "A")
)
lungs <- data.frame(time = lung$time, event = lung$status == 2, group = as.character(lung$sex))

rank_tests <- function(exact, ...) {
  test <- wilcox.test(..., conf.int = TRUE, exact = exact)
  list(estimate = unname(test$estimate), low = test$conf.int[1], high = test$conf.int[2], p_value = test$p.value)
}
# Hollander & Wolfe (1973): depression scores before and after, p. 29; permeability of membranes, p. 69.
before <- c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
after <- c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)
term <- c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)
early <- c(1.15, 0.88, 0.90, 0.74, 1.21)
# Too many for the exact distribution: deterministic sequences without ties.
many <- (((1:60) * 37) %% 101 - 40) / 10
others <- (((1:55) * 53) %% 103 - 47) / 9 + 0.001
fine <- round(many + sin(1:60), 6)
with_ties <- c(1, 1, 2, -1, 3, 3, 5, -2, 4, 2)
with_ties_too <- c(0, 1, 1, -2, 2, 0, -1, 1)

smd <- function(p, q) {
  multinomial <- function(x) (diag(x) - outer(x, x))[-1, -1]
  sqrt(mahalanobis(p[-1], q[-1], (multinomial(p) + multinomial(q)) / 2))
}

answers <- list(
  source = paste(R.version.string, "survival", packageVersion("survival"), "tests/reference/make_reference.R"),
  data = list(leukaemia = leukaemia, tied = tied, flat = flat, flat_to_the_end = flat_to_the_end, one_link = one_link),
  curves = list(
    leukaemia = lapply(intervals, function(type) curve(subset(leukaemia, group == "Maintained"), type)),
    tied = lapply(intervals, function(type) curve(tied, type)),
    flat = lapply(intervals, function(type) curve(flat, type)),
    flat_to_the_end = lapply(intervals, function(type) curve(flat_to_the_end, type))
  ),
  lung_quantiles = lapply(intervals, function(type) {
    fit <- survfit(Surv(time, event) ~ 1, lungs, conf.type = type, conf.int = 0.9)
    q <- quantile(fit, c(0.25, 0.5, 0.75))
    at <- summary(fit, times = c(100, 365, 730))
    list(
      quantile = unname(q$quantile), low = unname(q$lower), high = unname(q$upper), times = at$time,
      at_risk = at$n.risk, survival = at$surv, survival_low = at$lower, survival_high = at$upper
    )
  }),
  log_rank = list(leukaemia = log_rank(leukaemia), tied = log_rank(tied), lung = log_rank(lungs)),
  cox = list(
    leukaemia = cox(leukaemia, "Nonmaintained"), tied = cox(tied, "C"), lung = cox(lungs, "1"),
    one_link = cox(one_link, "A"),
    tied_pair = cox(subset(tied, group != "B"), "C")
  ),
  rank_tests = list(
    paired = c(list(change = after - before), rank_tests(NULL, after - before)),
    paired_many = c(list(change = many), rank_tests(FALSE, many)),
    paired_fine = c(list(change = fine), rank_tests(FALSE, fine)),
    paired_with_ties = c(list(change = with_ties), rank_tests(FALSE, with_ties)),
    groups = c(list(first = early, second = term), rank_tests(NULL, early, term)),
    groups_many = c(list(first = many, second = others), rank_tests(FALSE, many, others)),
    groups_with_ties = c(list(first = with_ties, second = with_ties_too), rank_tests(FALSE, with_ties, with_ties_too))
  ),
  proportions = lapply(list(c(81, 263), c(15, 148), c(0, 20), c(1, 29), c(20, 20), c(42, 71)), function(x) {
    list(
      events = x[1], n = x[2], wilson = as.numeric(prop.test(x[1], x[2], correct = FALSE)$conf.int),
      `clopper-pearson` = as.numeric(binom.test(x[1], x[2])$conf.int)
    )
  }),
  fisher = lapply(list(c(7, 34, 1, 34), c(42, 71, 13, 71), c(0, 10, 0, 20), c(10, 10, 0, 20), c(5, 56, 0, 29)), function(x) {
    list(counts = x, p_value = fisher.test(matrix(c(x[1], x[2] - x[1], x[3], x[4] - x[3]), 2))$p.value)
  }),
  standardised_difference = list(
    first = c(10, 20, 30), second = c(25, 25, 10), value = smd(c(10, 20, 30) / 60, c(25, 25, 10) / 60)
  )
)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
write(toJSON(answers, digits = I(10), auto_unbox = TRUE, na = "null", dataframe = "columns"), file.path(here, "r_answers.json"))
