source("reference.R")
suppressPackageStartupMessages(library(epiR))

# Rates of one group -------------------------------------------------------------------------------------------------
for (x in list(c(15, 400), c(0, 8.5), c(1, 120), c(247, 1534.25))) {
  tag <- paste(x[1], "in", x[2])
  answer(paste0("garwood-", x[1]), paste("Rate, exact,", tag), "rate", list(events = x[1], person_time = x[2]), {
    test <- poisson.test(x[1], x[2])
    list(value = unname(test$estimate), low = test$conf.int[1], high = test$conf.int[2])
  })
}
answer("garwood-90", "Rate, exact at 90 %, 15 in 400", "rate", list(events = 15, person_time = 400, level = 0.9), {
  limits <- cipoisson(15, 400, p = 0.9)
  list(low = limits[["lower"]], high = limits[["upper"]])
})
answer("byar-15", "Rate, Byar, 15 in 400", "rate", list(events = 15, person_time = 400, method = "byar"), {
  found <- epi.conf(matrix(c(15, 400), 1), ctype = "inc.rate", method = "byar")
  list(value = found$est, low = found$lower, high = found$upper)
}, note = paste("With events + 1/2 in both limits, as epiR, DescTools and Rothman (2002): near the mid-P limits. Others take",
                "events for the lower and events + 1 for the upper limit, near the exact ones."))
answer("score-15", "Rate, score, 15 in 400", "rate", list(events = 15, person_time = 400, method = "score"), {
  excess <- function(rate) (15 - 400 * rate)^2 / (400 * rate) - qnorm(0.975)^2
  list(low = uniroot(excess, c(1e-3, 15 / 400), tol = 1e-14)$root, high = uniroot(excess, c(15 / 400, 1), tol = 1e-14)$root)
})

# Two groups: Stampfer et al. (1985), as every program's example ------------------------------------------------------
pairs <- list(stampfer = c(60, 51.4775, 30, 54.3087), few = c(3, 40, 1, 25), none = c(0, 30, 4, 20), many = c(212, 310.5, 180, 295.25))
for (name in names(pairs)) {
  x <- pairs[[name]]
  inputs <- list(events1 = x[1], time1 = x[2], events0 = x[3], time0 = x[4])
  tag <- paste(x[1], "in", x[2], "v", x[3], "in", x[4])
  answer(paste0("difference-score-", name), paste("Rate difference, Miettinen-Nurminen,", tag), "rate_difference", inputs, {
    rates <- function(d) {  # most likely rates when group 1's is higher by d: where the likelihood has no slope, or the edge
      slope <- function(rate) x[1] / (rate + d) + x[3] / rate - x[2] - x[4]
      least <- max(0, -d) + 1e-13
      rate <- if (slope(least) <= 0) least else uniroot(slope, c(least, 1e3), tol = 1e-15)$root
      c(rate + d, rate)
    }
    difference <- x[1] / x[2] - x[3] / x[4]
    excess <- function(d) (difference - d)^2 - qnorm(0.975)^2 * sum(rates(d) / x[c(2, 4)])
    list(value = difference, low = uniroot(excess, difference - c(3, 1e-9), tol = 1e-14)$root,
         high = uniroot(excess, difference + c(1e-9, 3), tol = 1e-14)$root)
  })
  answer(paste0("difference-wald-", name), paste("Rate difference, Wald,", tag), "rate_difference",
         c(inputs, method = "wald"), {
    found <- epi.2by2(x, method = "cohort.time", units = 1)$massoc.detail$ARate.strata.wald
    list(value = found$est, low = found$lower, high = found$upper)
  })
  answer(paste0("ratio-exact-", name), paste("Rate ratio, exact,", tag), "rate_ratio", c(inputs, method = "exact"), {
    test <- poisson.test(x[c(1, 3)], x[c(2, 4)])
    list(value = unname(test$estimate), low = test$conf.int[1], high = test$conf.int[2])
  })
  answer(paste0("ratio-score-", name), paste("Rate ratio, score,", tag), "rate_ratio", inputs, {
    share <- prop.test(x[1], x[1] + x[3], correct = FALSE)$conf.int  # score interval of group 1's share of all events
    odds <- share / (1 - share) * x[4] / x[2]
    list(low = odds[1], high = odds[2])
  })
  answer(paste0("equal-rates-", name), paste("Exact test of equal rates,", tag), "equal_rates", inputs,
         list(p_value = poisson.test(x[c(1, 3)], x[c(2, 4)])$p.value))
  if (all(x > 0)) answer(paste0("ratio-wald-", name), paste("Rate ratio, Wald on the log scale,", tag), "rate_ratio",
                         c(inputs, method = "wald-log"), {
    fit <- glm(x[c(1, 3)] ~ c(1, 0) + offset(log(x[c(2, 4)])), family = poisson, control = list(epsilon = 1e-14))
    limits <- exp(confint.default(fit)[2, ])
    list(value = exp(coef(fit)[[2]]), low = limits[[1]], high = limits[[2]])
  })
}

# Adverse events per person-time: six subjects an arm, days --------------------------------------------------------------
subjects <- data.frame(USUBJID = sprintf("s%02d", 1:12), arm = rep(c("new", "old"), each = 6),
                       exposure = c(200, 150, 90, 365, 30, 300, 365, 180, 240, 365, 60, 365))
events <- data.frame(USUBJID = sprintf("s%02d", c(1, 1, 2, 3, 3, 3, 4, 5, 6, 7, 7, 9, 10, 11)),
                     ASTDY = c(10, 50, 20, 5, 80, 100, 300, 30, 7, 11, 40, 100, 365, 70),
                     AEDECOD = "Nausea", stringsAsFactors = FALSE)  # days 100 of s03 and 70 of s11 are after the exposure
within <- merge(events, subjects)
within <- within[within$ASTDY <= within$exposure, ]
for (counting in c("first", "all")) {
  answer(paste0("exposure-", counting), paste("Rate of nausea per 100 person-years,", counting, "events"),
         "adjusted_for_exposure", list(events = events, subjects = subjects, term = "Nausea", counting = counting), {
    first <- aggregate(ASTDY ~ USUBJID, within, min)
    time <- merge(subjects, first, all.x = TRUE)
    days <- if (counting == "first") ifelse(is.na(time$ASTDY), time$exposure, time$ASTDY) else time$exposure
    years <- tapply(days, time$arm, sum) / 365.25
    count <- c(if (counting == "first") table(time$arm[!is.na(time$ASTDY)]) else table(within$arm))
    limits <- mapply(function(x, t) poisson.test(x, t)$conf.int, count, years / 100)
    list(count = unname(count), outside = c(1, 1), person_years = c(years), rate = unname(count / years * 100),
         low = limits[1, ], high = limits[2, ])
  })
}
answer("exposure-compared", "Rates of nausea compared, first events", "rates_compared",
       list(events = events, subjects = subjects, term = "Nausea", control = "old", method = "wald", ratio_method = "exact"), {
  first <- aggregate(ASTDY ~ USUBJID, within, min)
  time <- merge(subjects, first, all.x = TRUE)
  years <- tapply(ifelse(is.na(time$ASTDY), time$exposure, time$ASTDY), time$arm, sum) / 365.25
  count <- c(table(time$arm[!is.na(time$ASTDY)]))
  wald <- epi.2by2(c(count[1], years[1] / 100, count[2], years[2] / 100), method = "cohort.time", units = 1)
  exact <- poisson.test(count, c(years))
  list(rate_difference = I(wald$massoc.detail$ARate.strata.wald$est), low = I(wald$massoc.detail$ARate.strata.wald$lower),
       high = I(wald$massoc.detail$ARate.strata.wald$upper), rate_ratio = I(unname(exact$estimate)),
       ratio_low = I(exact$conf.int[1]), ratio_high = I(exact$conf.int[2]), p_value = I(exact$p.value))
})

# Mean cumulative function ------------------------------------------------------------------------------------------------
recur <- dataset("recur")
times <- c(50, 100, 200, 300)
curve <- function(fit, times, interval) {
  row <- findInterval(times, fit$time)
  mean <- fit$cumhaz[row]
  error <- fit$std.chaz[row]
  margin <- qnorm(0.975) * error
  if (interval == "plain") list(mean = mean, error = error, low = mean - margin, high = mean + margin)
  else list(mean = mean, error = error, low = mean * exp(-margin / mean), high = mean * exp(margin / mean))
}
for (interval in c("log", "plain")) {
  answer(paste0("mean-recur-", interval), paste("Mean cumulative function,", interval, "interval, 939 events of 400 subjects"),
         "mean_counts_of_recur", list(times = times, interval = interval),
         curve(survfit(Surv(TIME0, TIME1, CENSOR) ~ 1, recur, id = ID), times, interval),
         note = "Variance of Lawless and Nadeau (1995), as R; SAS PROC RELIABILITY has Nelson's (1995) instead.")
}
answer("mean-recur-treated", "Mean cumulative function, the treated alone", "mean_counts_of_recur",
       list(times = times, treated = 1), curve(survfit(Surv(TIME0, TIME1, CENSOR) ~ 1, subset(recur, TREAT == 1), id = ID), times, "log"))
answer("mean-recur-difference", "Difference of mean cumulative functions at 200", "mean_difference_of_recur", list(time = 200), {
  one <- lapply(1:0, function(arm) curve(survfit(Surv(TIME0, TIME1, CENSOR) ~ 1, subset(recur, TREAT == arm), id = ID), 200, "log"))
  difference <- one[[1]]$mean - one[[2]]$mean
  margin <- qnorm(0.975) * sqrt(one[[1]]$error^2 + one[[2]]$error^2)
  list(value = difference, low = difference - margin, high = difference + margin)
})

# Mean count with death: the estimator with a weight a subject, its variance from numerical derivatives by the weights.
people <- data.frame(id = 1:12, end = c(10, 14, 9, 20, 7, 16, 18, 5, 12, 20, 11, 15),
                     died = c(TRUE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE, FALSE, TRUE, FALSE, TRUE, FALSE))
when <- data.frame(id = c(1, 1, 2, 2, 2, 3, 4, 4, 5, 6, 6, 7, 9, 10, 10, 10, 11, 12), time = c(3, 10, 2, 6, 9, 9, 4, 15, 7, 5, 12, 11, 6, 1, 8, 19, 4, 13))
mean_count <- function(weight, times) {
  alive <- 1
  mean <- 0
  steps <- c()
  all_times <- sort(unique(c(people$end, when$time)))
  for (t in all_times) {
    at_risk <- sum(weight[people$end >= t])
    mean <- mean + alive * sum(weight[when$id[when$time == t]]) / at_risk
    alive <- alive * (1 - sum(weight[people$end == t & people$died]) / at_risk)
    steps <- c(steps, mean)
  }
  steps[findInterval(times, all_times)]
}
at <- c(4, 9, 12, 20)
answer("mean-death", "Mean count with death, 18 events of 12 subjects, 6 of whom died", "mean_counts", list(
  subject = people$id, end = people$end, died = people$died, event_subject = when$id, event_time = when$time, times = at), {
  mean <- mean_count(rep(1, 12), at)
  influence <- sapply(1:12, function(i) {
    step <- 1e-5 * (1:12 == i)
    (mean_count(1 + step, at) - mean_count(1 - step, at)) / 2e-5
  })
  error <- sqrt(rowSums(influence^2))
  list(mean = mean, error = error, low = mean * exp(-qnorm(0.975) * error / mean), high = mean * exp(qnorm(0.975) * error / mean))
}, note = paste("Ghosh and Lin's (2000) own variance, as in the R package mets, leaves out a factor 1 - hazard at each death",
                "that the exact influence has: the two agree for many subjects."))

# Liver tests of two subjects of the CDISC pilot study (redacted), limits of normal 32, 34 and 21 ----------------------------------
labs <- data.frame(
  USUBJID = rep(c("01-705-1186", "01-705-1310"), c(18, 6)),
  PARAMCD = c(rep(c("ALT", "AST", "BILI"), 6), rep(c("ALT", "AST", "BILI"), 2)),
  ADY = c(rep(c(-5, 16, 19, 22, 25, 31), each = 3), rep(c(-6, 55), each = 3)),
  AVAL = c(50, 54, 25.65, 104, 118, 116.28, 95, 115, 124.83, 107, 135, 124.83, 92, 114, 99.18, 73, 92, 71.82, 20, 25, 8.55, 129, 114, 15.39),
  ANRHI = rep(c(32, 34, 21), 8), stringsAsFactors = FALSE)
for (reference in c("upper limit", "baseline")) {
  answer(paste0("liver-", sub(" ", "-", reference)), paste("Liver tests, multiples of", reference), "liver",
         list(labs = labs, reference = reference), {
    base <- aggregate(AVAL / ANRHI ~ USUBJID + PARAMCD, subset(labs, ADY <= 1), tail, 1)
    names(base)[3] <- "base"
    later <- merge(subset(labs, ADY > 1), base)
    later$limit <- later$AVAL / later$ANRHI
    later$multiple <- later$limit / if (reference == "baseline") pmax(later$base, 1) else 1
    peak <- function(codes, what) c(tapply(later[[what]][later$PARAMCD %in% codes], later$USUBJID[later$PARAMCD %in% codes], max))
    enzyme <- peak(c("ALT", "AST"), "multiple")
    yellow <- peak("BILI", "limit")
    list(alt = peak("ALT", "limit"), ast = peak("AST", "limit"), bilirubin = yellow, aminotransferase = enzyme,
         quadrant = 1 + (enzyme >= 3) + 2 * (yellow >= 2), hys_law = as.numeric(enzyme >= 3 & yellow >= 2))
  })
}
write_references("adverse_events", "adverse_events_r.json", c("survival", "epiR"))
