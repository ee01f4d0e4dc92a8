source("reference.R")
suppressPackageStartupMessages(library(cmprsk))

# The sets that lifelines ships have one cause: events of every third or second row are taken for another.
lungs <- dataset("lung")
lungs <- transform(lungs, time = ceiling(time / 30), cause = event * ifelse(seq_along(time) %% 3 == 0, 2, 1),
                   group = as.character(sex), stratum = as.integer(age >= 63))
breast <- dataset("gbsg2")
breast <- transform(breast, cause = cens * ifelse(seq_along(time) %% 2 == 0, 2, 1), group = horTh, stratum = tgrade,
                    treated = as.integer(horTh == "yes"))
# Three causes, ties of events of all causes with each other and with censoring, an event at time 0, all followed to the end.
tied <- data.frame(
  time = c(0, 1, 1, 2, 2, 2, 3, 4, 4, 6, 1, 2, 3, 3, 5, 5, 6, 7, 8, 8, 2, 4, 4, 5, 6, 6, 7, 9, 9, 10),
  cause = c(1, 2, 1, 3, 0, 1, 2, 1, 1, 0, 2, 1, 0, 1, 2, 1, 1, 0, 3, 2, 0, 2, 1, 3, 0, 1, 2, 1, 2, 1),
  group = rep(c("A", "B", "C"), each = 10)
)
tied$stratum <- rep(c("x", "y"), 15)

ask <- function(id, quantity, call, inputs, code, ...) do.call(answer, list(id, quantity, call, inputs, code, ...))

# Curves ---------------------------------------------------------------------------------------------------------------
VARIANCE <- "R's cmprsk (and SAS, by default) has Aalen's variance, R's survfit Greenwood's of multinomial events, which is ours by default: Allignol, Schumacher and Beyersmann (2010) found it nearer to the truth."
SCALE <- "The interval is on the log scale in R's survfit by default, on the log-log scale in SAS, Stata and tidycmprsk; ours is log-log."
sets <- list(lung = list(quote(lungs), c(2, 6.5, 12, 24, 34)), gbsg2 = list(quote(breast), c(100, 365, 1000, 2000, 2600)),
             tied = list(quote(tied), c(0, 1, 2, 4.5, 8, 10)))
for (name in names(sets)) {
  data <- sets[[name]][[1]]
  times <- sets[[name]][[2]]
  input <- if (name == "tied") as.list(tied) else name
  for (cause in if (name == "tied") 1:3 else 1:2) {
    ask(paste0(name, "-", cause, "-aalen"), paste0("Cumulative incidence, Aalen's variance: ", name, ", cause ", cause), "incidence",
        list(data = input, of = cause, times = times, variance = "aalen"), bquote({
      f <- timepoints(with(.(data), cuminc(time, cause)), .(times))
      list(incidence = f$est[.(paste(1, cause)), ], variance = f$var[.(paste(1, cause)), ])
    }), note = VARIANCE)
    for (interval in c("log-log", "log", "plain")) {
      ask(paste0(name, "-", cause, "-", interval), paste0("Cumulative incidence, ", interval, " interval: ", name, ", cause ", cause), "incidence",
          list(data = input, of = cause, times = times, interval = interval), bquote({
        f <- summary(survfit(Surv(time, factor(cause)) ~ 1, .(data), conf.type = .(interval)), times = .(times))
        known <- f$pstate[, .(cause + 1)] > 0
        list(incidence = f$pstate[, .(cause + 1)], standard_error = f$std.err[, .(cause + 1)],
             low = ifelse(known, f$lower[, .(cause + 1)], 0), high = ifelse(known, f$upper[, .(cause + 1)], 0),
             at_risk = f$n.risk[, 1], events = cumsum(f$n.event[, .(cause + 1)]))
      }), note = SCALE)
    }
  }
}
ask("lung-complementary", "Cumulative incidence, complementary log-log interval, 90%: lung", "incidence",
    list(data = "lung", of = 1, times = c(2, 6.5, 12, 24), interval = "complementary log-log", level = 0.9), quote({
  s <- summary(survfit(Surv(time, factor(cause)) ~ 1, lungs), times = c(2, 6.5, 12, 24))
  free <- 1 - s$pstate[, 2]
  power <- exp(qnorm(0.95) * s$std.err[, 2] / (free * log(free)))
  list(low = 1 - free^power, high = 1 - free^(1 / power))
}), note = "Of one cause alone this is one less the log-log interval of the Kaplan-Meier curve; R's etm calls it cloglog.")
ask("lung-one-cause", "Cumulative incidence where there is one cause, and the Kaplan-Meier curve: lung", "incidence",
    list(data = "lung, one cause", of = 1, times = c(3, 10, 20), interval = "complementary log-log"), quote({
  s <- summary(survfit(Surv(time, event) ~ 1, lungs, conf.type = "log-log"), times = c(3, 10, 20))
  list(incidence = 1 - s$surv, standard_error = s$std.err, low = 1 - s$upper, high = 1 - s$lower)
}))
ask("lung-beyond", "Cumulative incidence beyond the last follow-up: lung", "incidence",
    list(data = "lung", of = 1, times = c(34, 36), only = "2"), quote({
  list(incidence = timepoints(with(subset(lungs, group == "2"), cuminc(time, cause)), c(34, 36))$est["1 1", ])
}))
ask("tied-event-free", "Proportion without any event: tied", "event_free", list(data = as.list(tied), times = c(0, 1, 4, 6, 9)), quote({
  list(event_free = summary(survfit(Surv(time, factor(cause)) ~ 1, tied), times = c(0, 1, 4, 6, 9))$pstate[, 1])
}))
for (variance in c("greenwood", "aalen")) {
  ask(paste0("gbsg2-compare-", variance), paste0("Cumulative incidence of two arms at two years, ", variance, " variance"), "compare_cumulative_incidence",
      list(data = "gbsg2", treated = "yes", of = 1, landmark = 730, variance = variance), bquote({
    rates <- sapply(c("yes", "no"), function(arm) {
      rows <- subset(breast, group == arm)
      if (.(variance) == "aalen") {
        f <- timepoints(cuminc(rows$time, rows$cause), 730)
        c(f$est["1 1", ], f$var["1 1", ])
      } else {
        f <- summary(survfit(Surv(time, factor(cause)) ~ 1, rows), times = 730)
        c(f$pstate[2], f$std.err[2]^2)
      }
    })
    difference <- rates[1, "yes"] - rates[1, "no"]
    error <- sqrt(sum(rates[2, ]))
    logs <- sqrt(sum(rates[2, ] / rates[1, ]^2))
    list(treated.value = rates[[1, "yes"]], control.value = rates[[1, "no"]], difference.value = difference[[1]],
         difference.low = difference[[1]] - qnorm(0.975) * error, difference.high = difference[[1]] + qnorm(0.975) * error,
         difference.p_value = 2 * pnorm(-abs(difference[[1]] / error)), ratio.value = rates[[1, "yes"]] / rates[[1, "no"]],
         ratio.low = exp(log(rates[[1, "yes"]] / rates[[1, "no"]]) - qnorm(0.975) * logs),
         ratio.high = exp(log(rates[[1, "yes"]] / rates[[1, "no"]]) + qnorm(0.975) * logs))
  }))
}

# Gray's test ----------------------------------------------------------------------------------------------------------
for (name in names(sets)) for (cause in 1:2) for (rho in c(0, 1)) for (strata in c(FALSE, TRUE)) {
  data <- sets[[name]][[1]]
  inputs <- list(data = if (name == "tied") as.list(tied) else name, of = cause, rho = rho)
  if (strata) inputs$strata <- "stratum"
  stratum <- if (strata) quote(stratum) else 1
  ask(paste0(name, "-gray-", cause, if (strata) "-stratified", if (rho) "-rho"),
      paste0("Gray's test", if (strata) ", stratified", if (rho) ", rho 1", ": ", name, ", cause ", cause), "gray_test", inputs, bquote({
    test <- with(.(data), cuminc(time, cause, group, rep_len(.(stratum), length(time)), rho = .(rho)))$Tests
    list(statistic = test[.(cause), "stat"], df = test[.(cause), "df"], p_value = test[.(cause), "pv"])
  }))
}

# Regression -----------------------------------------------------------------------------------------------------------
fit <- function(data, cause, covariates, groups = NULL, level = 0.95) {
  group <- if (is.null(groups)) rep(1, nrow(data)) else data[[groups]]
  found <- crr(data$time, data$cause, as.matrix(data[covariates]), cengroup = group, failcode = cause, gtol = 1e-13, maxiter = 50)
  error <- sqrt(diag(found$var))
  margin <- qnorm((1 + level) / 2) * error
  c(list(coefficients = I(unname(found$coef)), log_likelihood = c(found$loglik.null, found$loglik)), if (is.null(groups)) list(
    covariance = I(c(found$var)), error = I(error), hazard_ratio = I(unname(exp(found$coef))), low = I(unname(exp(found$coef - margin))),
    high = I(unname(exp(found$coef + margin))), p_value = I(unname(2 * pnorm(-abs(found$coef / error))))))
}
FITTED <- "SAS (PROC PHREG, eventcode=) and crr have Breslow's ties and count the estimated censoring in; survival::finegray with coxph has a robust variance that does not."
ask("gbsg2-fine-gray-arm", "Fine-Gray model of treatment: gbsg2", "fine_gray",
    list(data = "gbsg2", of = 1, covariates = I("treated")), quote(fit(breast, 1, "treated")), note = FITTED)
for (cause in 1:2) {
  ask(paste0("gbsg2-fine-gray-", cause), paste0("Fine-Gray model of three covariates, cause ", cause, ": gbsg2"), "fine_gray",
      list(data = "gbsg2", of = cause, covariates = c("age", "tsize", "pnodes"), level = 0.9),
      bquote(fit(breast, .(cause), c("age", "tsize", "pnodes"), level = 0.9)), note = FITTED)
  ask(paste0("lung-fine-gray-", cause), paste0("Fine-Gray model with heavy ties, cause ", cause, ": lung"), "fine_gray",
      list(data = "lung", of = cause, covariates = c("sex", "age")), bquote(fit(lungs, .(cause), c("sex", "age"))), note = FITTED)
}
ask("lung-fine-gray-groups", "Fine-Gray model, censoring by group: lung", "fine_gray",
    list(data = "lung", of = 1, covariates = c("sex", "age"), censoring_groups = "stratum"), quote(fit(lungs, 1, c("sex", "age"), "stratum")))

# Fine and Gray's equations 7 and 8 term by term, in loops: eta and psi, psi of a group from that group alone.
sandwich <- function(data, cause, covariates, groups = NULL) {
  group <- if (is.null(groups)) rep(1, nrow(data)) else data[[groups]]
  found <- crr(data$time, data$cause, as.matrix(data[covariates]), cengroup = group, failcode = cause, gtol = 1e-13, maxiter = 50)
  x <- as.matrix(data[covariates])
  risk <- exp(drop(x %*% found$coef))
  own <- which(data$cause == cause)
  other <- data$cause != 0 & data$cause != cause
  uncensored <- function(g, t) {  # just before t
    curve <- survfit(Surv(time, cause == 0) ~ 1, data[group == g, ])
    ifelse(t > max(data$time[group == g]), 0, c(1, curve$surv)[findInterval(t, curve$time, left.open = TRUE) + 1])
  }
  weight <- sapply(own, function(e) {
    t <- data$time[e]
    later <- mapply(function(g, x) uncensored(g, t) / uncensored(g, x), group, data$time)
    ifelse(data$time >= t, 1, ifelse(other, later, 0))
  })
  total <- colSums(weight * risk)
  mean <- t(weight * risk) %*% x / total
  influence <- matrix(0, nrow(data), ncol(x))
  for (e in seq_along(own)) {
    influence[own[e], ] <- influence[own[e], ] + x[own[e], ] - mean[e, ]
    influence <- influence - weight[, e] * risk / total[e] * sweep(x, 2, mean[e, ])
  }
  q <- function(g, u) {
    sum <- numeric(ncol(x))
    for (j in which(group == g & other & data$time < u)) for (e in which(data$time[own] >= u))
      sum <- sum + weight[j, e] * risk[j] / total[e] * (x[j, ] - mean[e, ])
    sum
  }
  for (c in which(data$cause == 0)) {
    members <- group == group[c] & data$time >= data$time[c]
    part <- q(group[c], data$time[c]) / sum(members)
    influence[c, ] <- influence[c, ] + part
    influence[members, ] <- sweep(influence[members, , drop = FALSE], 2, part / sum(members))
  }
  inverse <- solve(found$inf)
  list(ours = inverse %*% crossprod(influence) %*% inverse, crr = found$var)
}
one <- sandwich(lungs, 1, c("sex", "age"))
stopifnot(all.equal(one$ours, one$crr, tolerance = 1e-9))  # with one group the loops are crr
ask("lung-fine-gray-groups-variance", "Fine-Gray model, censoring by group, covariance: lung", "fine_gray",
    list(data = "lung", of = 1, covariates = c("sex", "age"), censoring_groups = "stratum"),
    quote(list(covariance = I(c(sandwich(lungs, 1, c("sex", "age"), "stratum")$ours)))),
    note = paste("With several groups crr adds to each group's part the subjects of all others, whose weights do not depend on",
                 "that group's censoring; we, and the loops of sandwich(), do not. The errors differ by less than 0.1 %."))
for (ties in c("efron", "breslow")) {
  ask(paste0("lung-cause-specific-", ties), paste0("Cause-specific Cox model, ", ties, " ties: lung"), "cause_specific_cox",
      list(data = "lung", of = 2, covariates = c("sex", "age"), ties = ties), bquote({
    s <- summary(coxph(Surv(time, cause == 2) ~ sex + age, lungs, ties = .(ties)))
    list(coefficient = I(s$coefficients[, "coef"]), error = I(s$coefficients[, "se(coef)"]), low = I(s$conf.int[, 3]),
         high = I(s$conf.int[, 4]), p_value = I(s$coefficients[, 5]))
  }))
}
write_references("competing_risks", "competing_risks_r.json", c("cmprsk", "survival"))
