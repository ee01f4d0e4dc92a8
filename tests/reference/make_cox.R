source("reference.R")
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 100)
lung <- dataset("lung")
gbsg2 <- dataset("gbsg2")
rossi <- dataset("rossi")
heart <- dataset("heart")

fitted <- function(model, level = 0.95) {
  x <- summary(model, conf.int = level)
  robust <- "robust se" %in% colnames(x$coefficients)
  list(coefficient = I(unname(coef(model))), error = I(unname(sqrt(diag(vcov(model))))),
       hazard_ratio = I(unname(exp(coef(model)))), low = I(unname(x$conf.int[, 3])), high = I(unname(x$conf.int[, 4])),
       p_value = I(unname(x$coefficients[, ncol(x$coefficients)])), covariance = I(c(vcov(model))),
       log_likelihood = model$loglik, likelihood_ratio = unname(x$logtest[1]), wald = unname(model$wald.test),
       score = if (robust) unname(model$rscore) else unname(model$score),
       test_p = c(unname(x$logtest[3]), pchisq(unname(model$wald.test), length(coef(model)), lower.tail = FALSE),
                  pchisq(if (robust) model$rscore else model$score, length(coef(model)), lower.tail = FALSE)),
       n = model$n, events = model$nevent)
}
in_gbsg2 <- list(data = "gbsg2", time = "time", event = "cens", covariates = c("horTh", "age", "menostat", "tgrade", "pnodes"))
in_heart <- list(data = "heart", time = "stop", event = "event", entry = "start",
                 covariates = c("age", "year", "surgery", "transplant"))
in_lung <- list(data = "lung", time = "time", event = "event", covariates = c("age", "sex", "ph.ecog"))
in_rossi <- list(data = "rossi", time = "week", event = "arrest",
                 covariates = c("fin", "age", "race", "wexp", "mar", "paro", "prio"))

# --- coefficients and tests
ties_note <- "SAS PROC PHREG and Stata take Breslow's method for ties by default, R and lifelines Efron's, and so do we."
for (ties in c("efron", "breslow")) {
  answer(paste0("rossi-", ties), paste0("Cox model, 432 prisoners, ", ties, " ties"), "fit", c(in_rossi, ties = ties),
         fitted(coxph(Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio, rossi, ties = ties, control = tight)), note = ties_note)
  answer(paste0("gbsg2-", ties), paste0("Cox model with categories, 686 patients, ", ties, " ties"), "fit", c(in_gbsg2, ties = ties),
         fitted(coxph(Surv(time, cens) ~ horTh + age + menostat + tgrade + pnodes, gbsg2, ties = ties, control = tight)))
  answer(paste0("heart-", ties), paste0("Cox model with time-varying transplantation, ", ties, " ties"), "fit", c(in_heart, ties = ties),
         fitted(coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, ties = ties, control = tight)))
  answer(paste0("heart-strata-", ties), paste0("Cox model with strata and late entry, ", ties, " ties"), "fit",
         c(modifyList(in_heart, list(covariates = c("age", "year", "transplant"))), ties = ties, strata = "surgery"),
         fitted(coxph(Surv(start, stop, event) ~ age + year + transplant + strata(surgery), heart, ties = ties, control = tight)))
  answer(paste0("lung-strata-", ties), paste0("Cox model stratified by sex, ", ties, " ties"), "fit",
         c(modifyList(in_lung, list(covariates = c("age", "ph.ecog"))), strata = "sex", ties = ties),
         fitted(coxph(Surv(time, event) ~ age + ph.ecog + strata(sex), lung, ties = ties, control = tight)))
  answer(paste0("gbsg2-weights-", ties), paste0("Weighted Cox model, robust variance, ", ties, " ties"), "fit",
         c(in_gbsg2, weights = "age / 50", ties = ties),
         fitted(coxph(Surv(time, cens) ~ horTh + age + menostat + tgrade + pnodes, gbsg2, weights = age / 50, robust = TRUE, ties = ties, control = tight)),
         note = "Weights that are not whole numbers are no counts: R's coxph turns to the robust variance, and so do we.")
  answer(paste0("heart-cluster-", ties), paste0("Time-varying Cox model, robust variance by patient, ", ties, " ties"), "fit",
         c(in_heart, cluster = "id", ties = ties),
         fitted(coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, cluster = id, ties = ties, control = tight)))
}
answer("lung-level", "Cox model, 90 % interval", "fit", c(in_lung, level = 0.9),
       fitted(coxph(Surv(time, event) ~ age + sex + ph.ecog, lung, control = tight), 0.9))
answer("gbsg2-counts", "Cox model weighted with counts", "fit", c(in_gbsg2, weights = "pnodes % 3 + 1"),
       fitted(coxph(Surv(time, cens) ~ horTh + age + menostat + tgrade + pnodes, gbsg2, weights = pnodes %% 3 + 1, control = tight)))
answer("gbsg2-strata-weights-cluster", "Cox model with strata, weights and clusters", "fit",
       c(modifyList(in_gbsg2, list(covariates = c("horTh", "age", "pnodes"))), weights = "age / 50", strata = "tgrade", cluster = "tsize"),
       fitted(coxph(Surv(time, cens) ~ horTh + age + pnodes + strata(tgrade), gbsg2, weights = age / 50, cluster = tsize, control = tight)))
answer("gbsg2-robust", "Cox model, robust variance (Lin and Wei 1989)", "fit", c(in_gbsg2, robust = TRUE),
       fitted(coxph(Surv(time, cens) ~ horTh + age + menostat + tgrade + pnodes, gbsg2, robust = TRUE, control = tight)))

# --- hazard ratios of groups from counts
grades <- coxph(Surv(time, cens) ~ tgrade, gbsg2, control = tight)
answer("groups-grade", "Hazard ratios of tumour grades II and III over I", "groups",
       list(data = "gbsg2", time = "time", event = "cens", group = "tgrade", reference = "I"), {
  x <- summary(grades)
  setNames(as.list(c(t(cbind(x$conf.int[, c(1, 3, 4)], x$coefficients[, 5])))),
           paste(rep(c("II", "III"), each = 4), c("value", "low", "high", "p_value"), sep = "."))
})

# --- appendix E of Therneau and Grambsch (2000): closed forms in r = exp(coefficient)
data1 <- list(time = c(1, 1, 6, 6, 8, 9), event = c(1, 0, 1, 1, 0, 1), x = c(1, 1, 1, 0, 0, 0))
data2 <- list(start = c(1, 2, 5, 2, 1, 7, 3, 4, 8, 8), time = c(2, 3, 6, 7, 8, 9, 9, 9, 14, 17),
              event = c(1, 1, 1, 1, 1, 1, 1, 0, 0, 0), x = c(1, 0, 0, 1, 0, 1, 1, 1, 0, 0))
data3 <- list(time = c(1, 1, 2, 2, 2, 2, 3, 4, 5), event = c(1, 0, 1, 1, 1, 0, 0, 1, 0), x = c(2, 0, 1, 1, 0, 1, 0, 1, 0),
              weight = c(1, 2, 3, 4, 3, 2, 1, 2, 1))
book <- function(data, ...) list(data = data, time = "time", event = "event", covariates = I("x"), ...)
one_or_many <- function(r, at_risk, x, steps_of, event, weight, step_weight) {
  # at_risk: rows by steps, the share of each row in each step's risk set; steps_of: rows by steps, where events count
  risk <- r^x
  total <- colSums(weight * risk * at_risk)
  mean <- colSums(weight * risk * at_risk * x) / total
  hazard <- step_weight / total
  dm <- steps_of - t(t(risk * at_risk) * hazard)
  list(mean = mean, hazard = hazard, martingale = rowSums(dm), score = rowSums(dm * outer(x, mean, "-")),
       information = sum(step_weight * (colSums(weight * risk * at_risk * x^2) / total - mean^2)),
       log_likelihood = sum(weight * event * x) * log(r) - sum(step_weight * log(total)))
}
appendix <- function(found, x, event_rows, step_of_event, weight = 1) {
  schoenfeld <- mapply(function(row, steps) x[row] - mean(found$mean[steps]), event_rows, step_of_event)
  list(martingale = found$martingale, score = found$score, dfbeta = weight * found$score / found$information, schoenfeld = schoenfeld)
}
book_source <- "Therneau and Grambsch (2000), appendix E: closed forms"
answer("book-1-breslow-residuals", "Residuals of six subjects, Breslow ties (closed form)", "residuals", book(data1, ties = "breslow"), {
  r <- (3 + sqrt(33)) / 2
  at_risk <- cbind(1, c(0, 0, 1, 1, 1, 1), c(0, 0, 0, 0, 0, 1))
  found <- one_or_many(r, at_risk, data1$x, cbind(c(1, 0, 0, 0, 0, 0), c(0, 0, 1, 1, 0, 0), c(0, 0, 0, 0, 0, 1)), data1$event, 1, c(1, 2, 1))
  appendix(found, data1$x, c(1, 3, 4, 6), list(1, 2, 2, 3))
}, note = book_source)
answer("book-1-efron-residuals", "Residuals of six subjects, Efron ties (closed form)", "residuals", book(data1), {
  r <- cos(acos((45 / 23) * sqrt(3 / 23)) / 3) * 2 * sqrt(23 / 3)
  at_risk <- cbind(1, c(0, 0, 1, 1, 1, 1), c(0, 0, 0.5, 0.5, 1, 1), c(0, 0, 0, 0, 0, 1))
  steps_of <- cbind(c(1, 0, 0, 0, 0, 0), c(0, 0, 0.5, 0.5, 0, 0), c(0, 0, 0.5, 0.5, 0, 0), c(0, 0, 0, 0, 0, 1))
  found <- one_or_many(r, at_risk, data1$x, steps_of, data1$event, 1, rep(1, 4))
  appendix(found, data1$x, c(1, 3, 4, 6), list(1, 2:3, 2:3, 4))
}, note = book_source)
for (ties in c("efron", "breslow")) {
  answer(paste0("book-2-", ties), paste0("Ten rows with late entry, ", ties, " ties"), "fit", book(data2, entry = "start", ties = ties),
         fitted(coxph(Surv(start, time, event) ~ x, as.data.frame(data2), ties = ties, control = tight)))
  answer(paste0("book-2-", ties, "-residuals"), paste0("Residuals of ten rows with late entry, ", ties, " ties"), "residuals",
         book(data2, entry = "start", ties = ties), {
    model <- coxph(Surv(start, time, event) ~ x, as.data.frame(data2), ties = ties, control = tight)
    setNames(lapply(c("martingale", "score", "dfbeta", "schoenfeld"), function(type) unname(resid(model, type))),
             c("martingale", "score", "dfbeta", "schoenfeld"))
  })
  answer(paste0("book-weights-", ties), paste0("Nine weighted rows, ", ties, " ties"), "fit", book(data3, weights = "weight", ties = ties),
         fitted(coxph(Surv(time, event) ~ x, as.data.frame(data3), weights = weight, ties = ties, control = tight)))
  answer(paste0("book-weights-", ties, "-residuals"), paste0("Residuals of nine weighted rows, ", ties, " ties"), "residuals",
         book(data3, weights = "weight", ties = ties), {
    model <- coxph(Surv(time, event) ~ x, as.data.frame(data3), weights = weight, ties = ties, control = tight)
    list(martingale = unname(resid(model)), score = unname(resid(model, "score")),
         dfbeta = unname(resid(model, "dfbeta", weighted = TRUE)), schoenfeld = unname(resid(model, "schoenfeld")))
  })
  local({
    data <- as.data.frame(data3)
    answer(paste0("book-weights-", ties, "-survival"), paste0("Adjusted survival of nine weighted rows, ", ties, " ties"), "adjusted_survival",
           c(book(data3, weights = "weight", ties = ties), list(row = list(x = 0.3), times = c(1, 2, 4))), {
      curve <- summary(survfit(coxph(Surv(time, event) ~ x, data, weights = weight, ties = ties, control = tight), list(x = 0.3)), times = c(1, 2, 4))
      list(survival = curve$surv, low = curve$lower, high = curve$upper, error = curve$std.err / curve$surv)
    })
  })
}

# --- baseline hazard and adjusted survival
for (ties in c("efron", "breslow")) local({
  answer(paste0("lung-baseline-", ties), paste0("Cumulative baseline hazard, ", ties, " ties"), "baseline_hazard", c(in_lung, ties = ties), {
    found <- basehaz(coxph(Surv(time, event) ~ age + sex + ph.ecog, lung, ties = ties, control = tight), centered = FALSE)
    found <- found[c(TRUE, diff(found$hazard) > 0), ]
    list(time = found$time, cumulative_hazard = found$hazard)
  }, note = "R's basehaz centres by default, at means of columns other than 0/1: ours is at covariates of 0 (centered = FALSE).")
})
times <- c(10, 180, 365, 900)
for (interval in c("log", "log-log", "plain")) local({
  type <- interval
  answer(paste0("lung-adjusted-", interval), paste0("Adjusted survival of a woman of 60, ECOG 1, ", interval, " interval"), "adjusted_survival",
         c(in_lung, list(row = list(age = 60, sex = 1, ph.ecog = 1), times = times, interval = interval)), {
    model <- coxph(Surv(time, event) ~ age + sex + ph.ecog, lung, control = tight)
    curve <- summary(survfit(model, data.frame(age = 60, sex = 1, ph.ecog = 1), conf.type = type), times = times)
    list(survival = curve$surv, low = curve$lower, high = curve$upper, error = curve$std.err / curve$surv)
  })
})
answer("gbsg2-adjusted-strata", "Adjusted survival in one stratum, categories, weights", "adjusted_survival",
       c(modifyList(in_gbsg2, list(covariates = c("horTh", "age", "pnodes"))),
         list(strata = "tgrade", weights = "age / 50", row = list(horTh = "yes", age = 55, pnodes = 4), stratum = "II", times = times)), {
  model <- coxph(Surv(time, cens) ~ horTh + age + pnodes + strata(tgrade), gbsg2, weights = age / 50, robust = TRUE, control = tight)
  curve <- summary(survfit(model, data.frame(horTh = "yes", age = 55, pnodes = 4, tgrade = "II")), times = times)
  list(survival = curve$surv, low = curve$lower, high = curve$upper, error = curve$std.err / curve$surv)
})
answer("heart-adjusted", "Adjusted survival with late entry", "adjusted_survival",
       c(in_heart, list(row = list(age = 2, year = 3, surgery = 0, transplant = 1), times = times)), {
  model <- coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, control = tight)
  curve <- summary(survfit(model, data.frame(age = 2, year = 3, surgery = 0, transplant = 1)), times = times)
  list(survival = curve$surv, low = curve$lower, high = curve$upper, error = curve$std.err / curve$surv)
})

# --- proportional hazards
tested <- function(model, transform, terms = TRUE) {
  found <- cox.zph(model, transform, terms = terms)
  if (ncol(model$y) == 3) found$y <- found$y[order(found$time, -seq_along(found$time)), ]  # ties stand in reverse order there
  list(statistic = unname(found$table[, 1]), df = unname(found$table[, 2]), p_value = unname(found$table[, 3]),
       transformed = unname(found$x[1:12]), residuals = c(t(unname(found$y[1:12, ]))), sum = I(unname(colSums(found$y, na.rm = TRUE))))
}
zph_note <- "R's exact score test of survival 3.0 and later; the approximation before it, and lifelines', give other values."
for (transform in c("km", "rank", "identity", "log")) {
  answer(paste0("zph-gbsg2-", transform), paste0("Test of proportional hazards, ", transform, " transform, 686 patients"),
         "proportional_hazards", c(in_gbsg2, transform = transform),
         tested(coxph(Surv(time, cens) ~ horTh + age + menostat + tgrade + pnodes, gbsg2, control = tight), transform), note = zph_note)
  answer(paste0("zph-heart-", transform), paste0("Test of proportional hazards with late entry, ", transform, " transform"),
         "proportional_hazards", c(in_heart, transform = transform),
         tested(coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, control = tight), transform), note = zph_note)
  answer(paste0("zph-rossi-", transform), paste0("Test of proportional hazards, ", transform, " transform, 432 prisoners"),
         "proportional_hazards", c(in_rossi, transform = transform),
         tested(coxph(Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio, rossi, control = tight), transform), note = zph_note)
}
answer("zph-gbsg2-columns", "Test of proportional hazards by column, Breslow ties", "proportional_hazards",
       c(in_gbsg2, list(by_column = TRUE, ties = "breslow")),
       tested(coxph(Surv(time, cens) ~ horTh + age + menostat + tgrade + pnodes, gbsg2, ties = "breslow", control = tight), "km", FALSE))
answer("zph-gbsg2-strata", "Test of proportional hazards, strata and weights", "proportional_hazards",
       c(modifyList(in_gbsg2, list(covariates = c("horTh", "age", "pnodes"))), list(strata = "tgrade", weights = "age / 50")),
       tested(coxph(Surv(time, cens) ~ horTh + age + pnodes + strata(tgrade), gbsg2, weights = age / 50, robust = TRUE, control = tight), "km"))
smoothed <- function(model, transform) {
  found <- cox.zph(model, transform)
  basis <- splines::ns(found$x, df = 4, intercept = TRUE)
  each <- match(unique(found$time), found$time)
  each <- each[seq(1, length(each), 12)]
  error <- sqrt(rowSums((basis %*% chol2inv(qr.R(qr(basis)))) * basis) * vcov(model)[1, 1] * model$nevent)
  fit <- lm.fit(basis, found$y[, 1])$fitted.values
  list(time = found$time[each], value = unname(fit)[each], low = unname(fit - qnorm(0.975) * error)[each])
}
for (transform in c("km", "identity"))
  answer(paste0("effect-over-time-", transform), paste0("Log hazard ratio of sex over time, lung cancer, ", transform, " transform"),
         "effect_over_time", list(data = "lung", time = "time", event = "event", covariates = I("sex"), transform = transform),
         smoothed(coxph(Surv(time, event) ~ sex, lung, control = tight), transform),
         note = "As R's plot of cox.zph with df = 4, but with the knots of ns at quantiles of the event times alone.")
answer("zph-lung", "Test of proportional hazards, lung cancer", "proportional_hazards", in_lung,
       tested(coxph(Surv(time, event) ~ age + sex + ph.ecog, lung, control = tight), "km"))
two <- list(time = c(3, 4, 5, 6, 7, 8, 9, 10, 2, 4, 6, 7, 8, 9, 12, 13), event = c(1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0),
            x = c(1, 0, 1, 0, 2, 1, 3, 0, 2, 1, 0, 3, 1, 2, 0, 1), z = c(rep(0, 8), 1, 0, 1, 0, 0, 1, 1, 0), site = rep(c("a", "b"), each = 8))
answer("zph-constant-in-stratum", "Test of proportional hazards, a covariate that varies in one stratum only", "proportional_hazards",
       list(data = two, time = "time", event = "event", covariates = c("x", "z"), strata = "site"),
       tested(coxph(Surv(time, event) ~ x + z + strata(site), as.data.frame(two), control = tight), "km"))
write_references("cox", "cox_r.json", "survival")
