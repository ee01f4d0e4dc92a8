source("reference.R")
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 100)
heart <- dataset("heart")
nothing <- setNames(list(), character())

# One row a patient: end of follow-up, death, and day of transplantation, missing where there was none.
patients <- do.call(rbind, lapply(split(heart, heart$id), function(rows) data.frame(
  id = rows$id[1], time = max(rows$stop), event = max(rows$event),
  change = if (any(rows$transplant == 1)) min(rows$start[rows$transplant == 1]) else NA)))

# Subjects whose status changes at 0, at the end, after the end or never; two without any follow-up.
odd <- data.frame(time = c(6, 4, 5, 8, 9, 2, 7, 0, 0, 10, 3, 8, 12, 11), event = c(1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1),
                  change = c(0, 4, 2, 8, 11, NA, 3, NA, 0, 4, 3, 9, 6, NA))
in_odd <- function(...) list(data = as.list(odd), ...)
# Rows by hand, as for the Stanford data: a change on the last day is put half a day earlier, or not at all.
rows_of <- function(data, half) {
  rows <- lapply(seq_len(nrow(data)), function(i) {
    subject <- data[i, ]
    change <- subject$change
    if (subject$time == 0) return(NULL)
    if (!is.na(change) && change == subject$time) change <- if (half) change - 0.5 else NA
    if (is.na(change) || change > subject$time) return(data.frame(subject = i - 1, entry = 0, time = subject$time, event = subject$event, changed = 0))
    later <- data.frame(subject = i - 1, entry = change, time = subject$time, event = subject$event, changed = 1)
    if (change == 0) later else rbind(data.frame(subject = i - 1, entry = 0, time = change, event = 0, changed = 0), later)
  })
  do.call(rbind, rows)
}
counts <- list(n = 14, moved = 8, at_the_end = 3, too_late = 2)
answer("split-odd", "Follow-up split where the status changes, changes on the last day before it", "split_follow_up", in_odd(),
       c(as.list(rows_of(odd, TRUE)), counts))
answer("split-odd-unchanged", "Follow-up split where the status changes, changes on the last day after it", "split_follow_up",
       in_odd(at_the_end = "unchanged"), c(as.list(rows_of(odd, FALSE)), list(n = 14, moved = 5, at_the_end = 0, too_late = 2)))

# Mantel-Byar: the score test of the exact partial likelihood has the hypergeometric variance of the log-rank test.
mantel <- function(rows) {
  model <- coxph(Surv(entry, time, event) ~ changed, rows, ties = "exact", control = tight)
  at <- sort(unique(rows$time[rows$event == 1]))
  expected <- sapply(at, function(t) {
    risk <- rows$entry < t & t <= rows$time
    sum(rows$event == 1 & rows$time == t) * c(sum(risk & rows$changed == 0), sum(risk & rows$changed == 1)) / sum(risk)
  })
  list(statistic = unname(model$score), df = 1, p_value = pchisq(unname(model$score), 1, lower.tail = FALSE),
       observed.unchanged = sum(rows$event[rows$changed == 0]), observed.changed = sum(rows$event[rows$changed == 1]),
       expected.unchanged = sum(expected[1, ]), expected.changed = sum(expected[2, ]))
}
varying <- function(rows, n, formula = Surv(entry, time, event) ~ changed, level = 0.95) {
  found <- summary(coxph(formula, rows, control = tight), conf.int = level)
  last <- nrow(found$conf.int)
  list(value = unname(found$conf.int[last, 1]), low = unname(found$conf.int[last, 3]), high = unname(found$conf.int[last, 4]),
       p_value = unname(found$coefficients[last, 5]), events = found$nevent, n = n)
}
stanford <- transform(heart, entry = start, time = stop, changed = transplant)
ties <- "A death on the day of the change counts as one after it, as in the Stanford data; Mantel and Byar do not say."
answer("mantel-byar-heart", "Mantel-Byar test, Stanford heart transplants", "mantel_byar", nothing, mantel(stanford))
answer("mantel-byar-odd", "Mantel-Byar test, changes on the day of the event before it", "mantel_byar", in_odd(), mantel(rows_of(odd, TRUE)), note = ties)
answer("mantel-byar-odd-unchanged", "Mantel-Byar test, changes on the day of the event after it", "mantel_byar", in_odd(at_the_end = "unchanged"),
       mantel(rows_of(odd, FALSE)))
answer("time-varying-heart", "Hazard ratio of transplantation as a time-varying status", "time_varying_hazard_ratio", nothing, varying(stanford, 103))
answer("time-varying-heart-90", "Hazard ratio of transplantation as a time-varying status, 90 % interval", "time_varying_hazard_ratio",
       list(level = 0.9), varying(stanford, 103, level = 0.9))
answer("time-varying-heart-adjusted", "Hazard ratio of transplantation as a time-varying status, adjusted", "time_varying_hazard_ratio",
       list(covariates = c("age", "year", "surgery")),
       varying(stanford, 103, Surv(entry, time, event) ~ age + year + surgery + changed))
answer("time-varying-odd", "Hazard ratio of a time-varying status, changes on the day of the event before it", "time_varying_hazard_ratio",
       in_odd(), varying(rows_of(odd, TRUE), 14))
answer("time-varying-odd-unchanged", "Hazard ratio of a time-varying status, changes on the day of the event after it",
       "time_varying_hazard_ratio", in_odd(at_the_end = "unchanged"), varying(rows_of(odd, FALSE), 14))

# Simon-Makuch curves
states <- c("unchanged", "changed")
curves <- function(rows, times, interval = "log", landmark = 0, level = 0.95) {
  rows <- rows[rows$time > landmark, ]
  rows$entry <- pmax(rows$entry - landmark, 0)
  rows$time <- rows$time - landmark
  found <- lapply(0:1, function(state) {
    own <- rows[rows$changed == state, ]
    fit <- survfit(Surv(entry, time, event) ~ 1, own, conf.type = interval, conf.int = level)
    at <- summary(fit, times = times, extend = TRUE)
    beyond <- times > max(own$time) & min(fit$surv) > 0
    known <- function(x) ifelse(beyond, NA, x)
    median <- quantile(fit, 0.5)
    list(survival = known(at$surv), low = known(at$lower), high = known(at$upper), standard_error = known(at$std.err),
         at_risk = sapply(times, function(t) if (t == 0) sum(own$entry == 0) else sum(own$entry < t & t <= own$time)),
         events = sapply(times, function(t) sum(own$event == 1 & own$time <= t)),
         censored = sapply(times, function(t) sum(own$event == 0 & own$time <= t)),
         median.value = unname(median$quantile), median.low = unname(median$lower), median.high = unname(median$upper),
         n = length(unique(own$subject)))
  })
  names(found) <- states
  unlist(found, recursive = FALSE)
}
stanford$subject <- stanford$id
times <- c(0, 10, 50, 51, 100, 365, 1000)
for (interval in c("log", "log-log", "plain")) local({
  type <- interval
  answer(paste0("simon-makuch-heart-", type), paste0("Simon-Makuch curves, Stanford heart transplants, ", type, " interval"), "simon_makuch",
         list(times = times, interval = type), curves(stanford, times, type))
})
answer("simon-makuch-heart-90", "Simon-Makuch curves, Stanford heart transplants, 90 % interval", "simon_makuch", list(times = times, level = 0.9),
       curves(stanford, times, level = 0.9))
answer("simon-makuch-heart-landmark", "Simon-Makuch curves from day 30 on", "simon_makuch", list(times = c(0, 20, 100, 335), landmark = 30),
       c(curves(stanford, c(0, 20, 100, 335), landmark = 30), list(excluded = sum(patients$time <= 30))))
answer("simon-makuch-odd", "Simon-Makuch curves, changes at 0, on the last day and never", "simon_makuch", in_odd(times = c(0, 1, 4, 5, 9)),
       curves(rows_of(odd, TRUE), c(0, 1, 4, 5, 9)))

# Landmark analyses
landmark <- function(data, at, times, interval = "log", level = 0.95) {
  kept <- data$time > at
  beyond <- data[kept, ]
  beyond$changed <- as.numeric(!is.na(beyond$change) & beyond$change <= at)
  later <- sum(beyond$changed == 0 & !is.na(beyond$change) & beyond$change <= beyond$time)
  beyond <- data.frame(subject = seq_len(nrow(beyond)), entry = 0, time = beyond$time - at, event = beyond$event, changed = beyond$changed)
  test <- survdiff(Surv(time, event) ~ changed, beyond)
  ratio <- varying(beyond, nrow(beyond), Surv(time, event) ~ changed, level)
  names(ratio) <- paste0("hazard_ratio.", names(ratio))
  c(curves(beyond, times, interval, level = level), ratio,
    list(log_rank.statistic = test$chisq, log_rank.expected.changed = test$exp[2], log_rank.observed.changed = test$obs[2],
         excluded_events = sum(data$event[!kept]), excluded_censored = sum(!kept) - sum(data$event[!kept]), changed_later = later))
}
for (day in c(30, 60)) local({
  at <- day
  answer(paste0("landmark-heart-", at), paste("Landmark analysis at day", at, "of the Stanford heart transplants"), "landmark_analysis",
         list(landmark = at, times = c(0, 50, 365)), landmark(patients, at, c(0, 50, 365)))
})
answer("landmark-heart-options", "Landmark analysis at day 45, 90 % log-log interval", "landmark_analysis",
       list(landmark = 45, times = c(0, 50, 365), interval = "log-log", level = 0.9), landmark(patients, 45, c(0, 50, 365), "log-log", 0.9))
answer("landmark-odd", "Landmark analysis, changes and ends at the landmark itself", "landmark_analysis", in_odd(landmark = 3, times = c(0, 2, 5)),
       landmark(odd, 3, c(0, 2, 5)), note = "Who has the event or is censored at the landmark itself is left out; a change at it counts.")

# Immortal time
bias <- function(data, rows, half, level = 0.95) {
  ever <- !is.na(data$change) & (if (half) data$change <= data$time else data$change < data$time)
  data$ever <- as.numeric(ever)
  part <- function(model, name) {
    found <- varying(model$data, nrow(data), model$formula, level)
    setNames(found, paste(name, names(found), sep = "."))
  }
  simple <- coxph(Surv(time, event) ~ ever, data, control = tight)
  status <- coxph(Surv(entry, time, event) ~ changed, rows, control = tight)
  influence <- numeric(nrow(data))
  by_subject <- rowsum(resid(status, "dfbeta"), rows$place)
  influence[as.integer(rownames(by_subject))] <- by_subject
  error <- sqrt(sum((resid(simple, "dfbeta") - influence)^2))
  log_bias <- unname(coef(simple) - coef(status))
  z <- qnorm((1 + level) / 2)
  c(part(list(data = data, formula = Surv(time, event) ~ ever), "naive"), part(list(data = rows, formula = Surv(entry, time, event) ~ changed), "time_varying"),
    list(log_bias = log_bias, bias.value = exp(log_bias), bias.low = exp(log_bias - z * error), bias.high = exp(log_bias + z * error),
         bias.error = error, bias.p_value = 2 * pnorm(-abs(log_bias / error)), misallocated = sum(data$change[ever]),
         naive_person_time = sum(data$time[ever]), person_time = sum(data$time), share = sum(data$change[ever]) / sum(data$time[ever])))
}
stanford$place <- match(stanford$id, patients$id)
odd_rows <- function(half) transform(rows_of(odd, half), place = subject + 1)
note <- "The interval of the bias takes both hazard ratios for estimates from the same subjects, by their dfbeta residuals."
answer("immortal-heart", "Immortal time bias of transplantation, Stanford heart transplants", "immortal_time_bias", nothing,
       bias(patients, stanford, TRUE), note = note)
answer("immortal-heart-90", "Immortal time bias of transplantation, 90 % interval", "immortal_time_bias", list(level = 0.9),
       bias(patients, stanford, TRUE, 0.9))
answer("immortal-odd", "Immortal time bias, changes on the last day before it", "immortal_time_bias", in_odd(), bias(odd, odd_rows(TRUE), TRUE))
answer("immortal-odd-unchanged", "Immortal time bias, changes on the last day after it", "immortal_time_bias", in_odd(at_the_end = "unchanged"),
       bias(odd, odd_rows(FALSE), FALSE))
# Clone, censor, weight: clones by hand, logistic ridge regression for who changed in time, coxph with ridge for the change,
# weighted survfit of split rows.
standard <- function(x) apply(as.matrix(x), 2, function(column) (column - mean(column)) / sqrt(mean((column - mean(column))^2)))
logistic_ridge <- function(x, y, penalty) {
  x <- cbind(1, standard(x)); held <- diag(c(0, rep(penalty, ncol(x) - 1))); beta <- rep(0, ncol(x))
  for (i in 1:60) {
    p <- plogis(x %*% beta)[, 1]
    beta <- beta + solve(crossprod(x, x * (p * (1 - p))) + held, crossprod(x, y - p) - held %*% beta)
  }
  plogis(x %*% beta)[, 1]
}
emulated <- function(data, grace, horizon, times, named = character(), penalty = 1) {
  late <- !is.na(data$change) & data$change > data$time; data$change[late] <- NA
  last <- !is.na(data$change) & data$change == data$time; data$change[last] <- data$change[last] - 0.5
  in_time <- !is.na(data$change) & data$change <= grace
  within <- transform(data, stop = ifelse(in_time, time, pmin(time, grace)), done = event == 1 & (in_time | time <= grace), start = 0)
  beyond <- data$time > grace
  within$share <- 1
  if (length(named)) within$share[beyond] <- logistic_ridge(data[beyond, named], in_time[beyond], penalty)
  rows <- survSplit(within, cut = grace, end = "stop", event = "done", start = "start")
  rows$weight <- ifelse(rows$start >= grace, 1 / rows$share, 1)
  one <- survfit(Surv(start, stop, done) ~ 1, rows, weights = weight)
  changes <- !is.na(data$change)
  never <- transform(data, stop = ifelse(changes, change, time), done = as.numeric(event == 1 & !changes), left = as.numeric(changes), start = 0)
  never <- never[never$stop > 0, ]
  theta <- rep(1, nrow(never))
  if (length(named)) {
    x <- standard(never[, named]); stop <- never$stop; left <- never$left
    model <- coxph(Surv(stop, left) ~ ridge(x, theta = penalty, scale = FALSE), ties = "breslow", control = tight)
    theta <- exp(x %*% coef(model))[, 1]
  }
  at_change <- sort(unique(never$stop[never$left == 1]))
  jump <- sapply(at_change, function(t) sum(never$left == 1 & never$stop == t) / sum(theta[never$stop >= t]))
  never$theta <- theta
  split <- survSplit(never, cut = sort(unique(never$stop[never$done == 1])), end = "stop", event = "done", start = "start")
  before <- sapply(split$stop, function(t) sum(jump[at_change < t]))
  split$weight <- exp(before * split$theta)
  two <- survfit(Surv(start, stop, done) ~ 1, split, weights = weight)
  at <- function(curve, t) summary(curve, times = t, extend = TRUE)$surv
  area <- function(curve) unname(summary(curve, rmean = horizon)$table["rmean"])
  list(within = at(one, times), never = at(two, times), difference = at(one, horizon) - at(two, horizon),
       mean_difference = area(one) - area(two), left_within = sum(beyond & !in_time), left_never = sum(changes & data$change <= horizon))
}
covariates <- do.call(rbind, lapply(split(heart, heart$id), function(rows) rows[1, c("age", "year", "surgery")]))
with_covariates <- cbind(patients, covariates)
cases <- list(list("heart", NULL, 30, 365), list("heart-adjusted", c("age", "year", "surgery"), 30, 365), list("heart-late", c("age", "surgery"), 90, 1000))
for (case in cases) local({
  named <- as.character(case[[2]])
  answer(paste0("clone-censor-weight-", case[[1]]), paste0("Transplantation within ", case[[3]], " days against never, cloned", if (length(named)) " and weighted"),
         "clone_censor_weight", list(covariates = as.list(named), grace = case[[3]], horizon = case[[4]], times = c(10, 50, 120, 300)),
         emulated(with_covariates, case[[3]], case[[4]], c(10, 50, 120, 300), named))
})
answer("clone-censor-weight-odd", "Change within 4 against never, changes at 0, at the end and after it", "clone_censor_weight",
       list(data = as.list(odd[odd$time > 0, ]), grace = 4, horizon = 8, times = c(2, 3, 5, 7)),
       emulated(odd[odd$time > 0, ], 4, 8, c(2, 3, 5, 7)))
write_references("timing", "timing_r.json", "survival")
