source("reference.R")
suppressPackageStartupMessages({library(pROC); library(epiR); library(rms)})

# --- areas: DeLong's data on intestinal obstruction, as SAS prints them (example Comparing ROC Curves of PROC LOGISTIC)
ovarian <- list(
  albumin = c(3, 3.2, 3.9, 2.8, 3.2, 0.9, 2.5, 1.6, 3.8, 3.7, 3.2, 3.8, 4.1, 3.6, 4.3, 3.6, 2.3, 4.2, 4, 3.5, 3.8, 3, 4.5,
              3.7, 3.1, 4.1, 4.3, 4.3, 3.2, 2.6, 3.3, 1.7, 3.7, 3.3, 4.2, 3.5, 2.9, 2.1, 2.8, 4, 3.3, 3.7, 3.6),
  protein = c(5.8, 6.3, 6.8, 4.8, 5.8, 4, 5.7, 5.6, 5.7, 6.7, 5.4, 6.6, 6.6, 5.7, 7, 6.7, 4.4, 7.6, 6.6, 5.8, 6.8, 4.7, 7.4,
              7.4, 6.6, 8.2, 7, 6.5, 5.1, 4.7, 6.8, 4, 6.1, 6.3, 7.7, 6.2, 5.7, 4.8, 6.2, 7, 5.7, 6.9, 6.6),
  score = 10 - c(10, 5, 3, 6, 3, 5, 8, 5, 5, 6, 4, 6, 5, 5, 4, 4, 6, 4, 6, 6, 7, 8, 5, 5, 6, 6, 5, 4, 5, 6, 6, 7, 5, 7, 6, 5,
                 9, 7, 8, 7, 6, 5, 6),
  benefit = c(0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0,
              1, 0, 1, 1, 1, 1)
)
curve <- function(marker, disease, direction = "<") roc(disease, marker, direction = direction, levels = 0:1, quiet = TRUE)
sas <- c(albumin = "0.7366, standard error 0.0927", protein = "0.6478, standard error 0.1000", score = "0.7258, standard error 0.1028")
for (name in c("albumin", "protein", "score")) local({
  marker <- ovarian[[name]]
  given <- list(marker = marker, disease = ovarian$benefit)
  answer(paste0("area-", name), paste0("Area under the ROC curve, DeLong: ", name), "area_under_curve", given, {
    found <- curve(marker, ovarian$benefit); ends <- ci.auc(found, method = "delong")
    list(value = as.numeric(auc(found)), low = ends[1], high = ends[3], error = sqrt(var(found, method = "delong")))
  }, note = paste0("Data of DeLong and others (1988) as SAS/STAT documents them; PROC LOGISTIC gives ", sas[[name]], "."))
  answer(paste0("area-logit-", name), paste0("Area under the ROC curve, DeLong on the logit scale: ", name), "area_under_curve",
         c(given, list(method = "delong-logit")), {
    found <- curve(marker, ovarian$benefit); a <- as.numeric(auc(found))
    error <- sqrt(var(found, method = "delong")) / (a * (1 - a))
    list(value = a, low = plogis(qlogis(a) - qnorm(0.975) * error), high = plogis(qlogis(a) + qnorm(0.975) * error),
         p_value = 2 * pnorm(-abs(qlogis(a) / error)))
  })
})
newcombe_limits <- function(a, m, n) {
  beyond <- function(t) {
    inflation <- 1 + ((m + n) / 2 - 1) * ((1 - t) / (2 - t) + t / (1 + t))
    (a - t)^2 - qnorm(0.975)^2 * t * (1 - t) * inflation / (m * n)
  }
  c(if (a == 0) 0 else uniroot(beyond, c(0, a - 1e-9 * (a == 1)), tol = 1e-14)$root,
    if (a == 1) 1 else uniroot(beyond, c(a, 1), tol = 1e-14)$root)
}
answer("area-newcombe", "Area under the ROC curve, Newcombe's score interval", "area_under_curve",
       list(marker = ovarian$albumin, disease = ovarian$benefit, method = "newcombe"), {
  ends <- newcombe_limits(as.numeric(auc(curve(ovarian$albumin, ovarian$benefit))), sum(ovarian$benefit), sum(1 - ovarian$benefit))
  list(low = ends[1], high = ends[2])
})
perfect <- list(marker = c(1:6, 8:11), disease = rep(0:1, c(6, 4)))
answer("area-perfect", "Area of 1: 4 diseased apart from 6 healthy", "area_under_curve", perfect, {
  list(value = 1, low = newcombe_limits(1, 4, 6)[1], high = 1)
}, note = "R's pROC and SAS print an interval from 1 to 1, as DeLong's variance is 0; we give Newcombe's (2006) method 5 and say so.")
answer("area-none", "Area of 0: 4 diseased apart from 6 healthy", "area_under_curve", list(marker = -perfect$marker, disease = perfect$disease), {
  list(value = 0, low = 0, high = 1 - newcombe_limits(1, 4, 6)[1])
})
pairs <- list(c("albumin", "score"), c("protein", "score"), c("albumin", "protein"))
for (pair in pairs) local({
  one <- ovarian[[pair[1]]]; two <- ovarian[[pair[2]]]
  answer(paste("areas", pair[1], pair[2], sep = "-"), paste("Two areas compared, DeLong:", pair[1], "less", pair[2]), "compare_areas",
         list(first = one, second = two, disease = ovarian$benefit), {
    a <- curve(one, ovarian$benefit); b <- curve(two, ovarian$benefit)
    test <- roc.test(a, b, method = "delong", paired = TRUE)
    list(difference.value = as.numeric(auc(a) - auc(b)), difference.low = test$conf.int[1], difference.high = test$conf.int[2],
         difference.p_value = test$p.value, second.error = sqrt(var(b)))
  })
})

# --- curves and cut-points: lung cancer, death within a year
data <- dataset("lung")
data$dead <- as.integer(data$time <= 365 & data$event == 1)
directions <- c(age = "<", ph.ecog = "<", ph.karno = ">", wt.loss = "<")
words_for <- c(`<` = "higher", `>` = "lower")
for (name in names(directions)) local({
  known <- data[!is.na(data[[name]]), ]; marker <- known[[name]]; ill <- known$dead; direction <- directions[[name]]
  answer(paste0("area-lung-", name), paste0("Area under the ROC curve with ties: ", name, ", death within a year"), "area_in_lung_cancer",
         list(marker = name, direction = words_for[[direction]]), {
    found <- curve(marker, ill, direction); ends <- ci.auc(found, method = "delong")
    list(value = as.numeric(auc(found)), low = ends[1], high = ends[3], error = sqrt(var(found, method = "delong")))
  })
  answer(paste0("roc-", name), paste0("ROC curve: ", name, ", death within a year"), "roc_curve",
         list(marker = name, direction = words_for[[direction]]), {
    cuts <- sort(unique(marker), decreasing = direction == "<")
    positive <- function(cut) if (direction == "<") marker >= cut else marker <= cut
    list(threshold = cuts, sensitivity = c(0, sapply(cuts, function(cut) mean(positive(cut)[ill == 1]))),
         specificity = c(1, sapply(cuts, function(cut) mean(!positive(cut)[ill == 0]))))
  })
  for (rule in c("youden", "closest")) local({
    method <- c(youden = "youden", closest = "closest.topleft")[[rule]]
    answer(paste("cut-point", rule, name, sep = "-"), paste0("Cut-point, ", rule, ": ", name), "cut_point",
           list(marker = name, direction = words_for[[direction]], rule = rule, replicates = 0), {
      best <- coords(curve(marker, ill, direction), "best", best.method = method, ret = c("threshold", "sensitivity", "specificity"))
      stopifnot(nrow(best) == 1)
      list(sensitivity.value = best$sensitivity, specificity.value = best$specificity, youden = best$sensitivity + best$specificity - 1,
           threshold = if (direction == "<") min(marker[marker >= best$threshold]) else max(marker[marker <= best$threshold]))
    }, note = "pROC prints the middle between two neighbouring markers; we the marker from which on subjects are positive.")
  })
})
answer("cut-point-sensitivity", "Cut-point with a sensitivity of 0.8 or more: age", "cut_point",
       list(marker = "age", rule = "sensitivity", target = 0.8, replicates = 0), {
  all <- coords(curve(data$age, data$dead), "all", ret = c("sensitivity", "specificity"))
  best <- all[all$sensitivity >= 0.8, ]; best <- best[which.max(best$specificity), ]
  list(sensitivity.value = best$sensitivity, specificity.value = best$specificity)
})
for (rule in c("youden", "closest")) local({
  answer(paste0("optimism-", rule), paste0("Optimism of a cut-point in 40 given resamples, ", rule, ": ph.karno"), "optimism",
         list(marker = "ph.karno", replicates = 40, direction = "lower", rule = rule, level = 0.9), {
    known <- data[!is.na(data$ph.karno), ]; n <- nrow(known); cuts <- c(-Inf, sort(unique(known$ph.karno)))
    accuracy <- function(d, cut) c(mean(d$ph.karno[d$dead == 1] <= cut), mean(d$ph.karno[d$dead == 0] > cut))
    found <- sapply(1:40, function(b) {
      i <- 1:n
      sample <- known[(7 * i^2 + 13 * b * i + 31 * b^2) %% 10007 %% n + 1, ]
      each <- sapply(cuts, function(cut) accuracy(sample, cut))
      merit <- if (rule == "youden") colSums(each) else -colSums((1 - each)^2)
      cut <- cuts[which(merit > max(merit) - 1e-12)[1]]
      c(accuracy(sample, cut) - accuracy(known, cut), cut)
    })
    each <- sapply(cuts, function(cut) accuracy(known, cut))
    merit <- if (rule == "youden") colSums(each) else -colSums((1 - each)^2)
    corrected <- each[, which.max(merit)] - rowMeans(found[1:2, ])
    ends <- quantile(found[3, ], c(0.05, 0.95), type = 1, names = FALSE)
    list(sensitivity = found[1, ], specificity = found[2, ], thresholds = found[3, ], corrected_sensitivity = corrected[1],
         corrected_specificity = corrected[2], corrected_youden = sum(corrected) - 1, threshold_low = ends[1], threshold_high = ends[2])
  })
})

# --- fourfold tables
koopman <- function(x1, n1, x0, n0) {
  excess <- function(log_ratio) {
    r <- exp(log_ratio); a <- (n1 + n0) * r; b <- r * (n1 + x0) + n0 + x1
    q0 <- (b - sqrt(b^2 - 4 * a * (x1 + x0))) / (2 * a); q1 <- r * q0
    (x1 / n1 - r * x0 / n0)^2 / (q1 * (1 - q1) / n1 + r^2 * q0 * (1 - q0) / n0) - qnorm(0.975)^2
  }
  centre <- log(x1 / n1 / (x0 / n0))
  exp(c(uniroot(excess, c(centre - 5, centre), tol = 1e-13)$root, uniroot(excess, c(centre, centre + 5), tol = 1e-13)$root))
}
cells <- list(true_positives = 670, false_negatives = 74, false_positives = 202, true_negatives = 640)
names_in_epi <- c(sensitivity = "se", specificity = "sp", positive_predictive_value = "pv.pos", negative_predictive_value = "pv.neg",
                  accuracy = "diag.ac")
for (method in c("wilson", "clopper-pearson")) local({
  answer(paste0("accuracy-", method), paste0("Sensitivity, specificity, predictive values: ", method), "diagnostic_accuracy",
         c(cells, list(method = method)), {
    found <- epi.tests(c(670, 202, 74, 640), method = if (method == "wilson") method else "exact")$detail
    parts <- list(n = c(670 + 74, 202 + 640))
    for (name in names(names_in_epi)) {
      row <- found[found$statistic == names_in_epi[[name]], ]
      parts[paste(name, c("value", "low", "high"), sep = ".")] <- c(row$est, row$lower, row$upper)
    }
    parts
  })
})
answer("likelihood-ratios", "Likelihood ratios with score intervals", "diagnostic_accuracy", cells, {
  positive <- koopman(670, 744, 202, 842); negative <- koopman(74, 744, 640, 842)
  found <- epi.tests(c(670, 202, 74, 640))$detail
  list(positive_likelihood_ratio.value = found$est[found$statistic == "lr.pos"], positive_likelihood_ratio.low = positive[1],
       positive_likelihood_ratio.high = positive[2], negative_likelihood_ratio.value = found$est[found$statistic == "lr.neg"],
       negative_likelihood_ratio.low = negative[1], negative_likelihood_ratio.high = negative[2],
       diagnostic_odds_ratio.value = found$est[found$statistic == "diag.or"])
}, note = "epiR's limits are Simel's (1991), from the error of the log ratio; they need no empty cell, score limits do not.")
answer("accuracy-prevalence", "Predictive values at a prevalence of 10%", "diagnostic_accuracy", c(cells, list(prevalence = 0.1)), {
  bayes <- function(ratio) ratio * 0.1 / (ratio * 0.1 + 0.9)
  positive <- koopman(670, 744, 202, 842); negative <- koopman(74, 744, 640, 842)
  list(positive_predictive_value.value = bayes(670 / 744 / (202 / 842)), positive_predictive_value.low = bayes(positive[1]),
       positive_predictive_value.high = bayes(positive[2]), negative_predictive_value.value = 1 - bayes(74 / 744 / (640 / 842)),
       negative_predictive_value.low = 1 - bayes(negative[2]), negative_predictive_value.high = 1 - bayes(negative[1]))
})

# --- calibration and decision curves: a formula's risks in GBSG 2
breast <- dataset("gbsg2")
breast$event <- as.integer(breast$time <= 1095 & breast$cens == 1)
breast$risk <- plogis(-1.6 + 0.12 * breast$pnodes + 0.01 * (breast$tsize - 25) - 0.5 * (breast$horTh == "yes"))
tight <- glm.control(epsilon = 1e-15, maxit = 100)
answer("calibration", "Calibration: intercept, slope, Brier score, smooth curve", "calibration", setNames(list(), character()), {
  found <- val.prob(breast$risk, breast$event, pl = FALSE)
  smooth <- lowess(breast$risk, breast$event, iter = 0)
  error <- abs(smooth$x - smooth$y)
  both <- glm(event ~ qlogis(risk), binomial, breast, control = tight)
  large <- glm(event ~ 1, binomial, breast, offset = qlogis(risk), control = tight)
  list(intercept.value = coef(both)[[1]], intercept.error = sqrt(vcov(both)[1, 1]), slope.value = coef(both)[[2]],
       slope.error = sqrt(vcov(both)[2, 2]), slope.p_value = 2 * pnorm(-abs((coef(both)[[2]] - 1) / sqrt(vcov(both)[2, 2]))),
       in_the_large.value = coef(large)[[1]], in_the_large.error = sqrt(vcov(large)[1, 1]), brier = found[["Brier"]],
       scaled_brier = 1 - found[["Brier"]] / (mean(breast$event) * (1 - mean(breast$event))), observed = sum(breast$event),
       expected = sum(breast$risk), mean_error = mean(error), error_90 = quantile(error, 0.9, names = FALSE), largest_error = max(error),
       curve = smooth$y[seq(1, nrow(breast), 100)])
}, note = paste("rms' val.prob fits intercept and slope with lrm; predictions of 0 or 1 it leaves out, and we refuse.",
                "Its smooth curve is R's lowess, and so is ours unless many predictions are equal."))
answer("calibration-val-prob", "Calibration as val.prob prints it", "calibration", setNames(list(), character()), {
  found <- val.prob(breast$risk, breast$event, pl = FALSE)
  list(intercept.value = found[["Intercept"]], slope.value = found[["Slope"]], brier = found[["Brier"]],
       largest_error = found[["Emax"]], error_90 = found[["E90"]], mean_error = found[["Eavg"]])
})
for (size in c(5, 10)) local({
  answer(paste0("calibration-groups-", size), paste0("Calibration in ", size, " groups"), "calibration", list(groups = size), {
    group <- cut(breast$risk, c(0, unique(quantile(breast$risk, (1:(size - 1)) / size)), 1))
    events <- as.vector(tapply(breast$event, group, sum)); n <- as.vector(table(group))
    ends <- mapply(function(x, n) prop.test(x, n, correct = FALSE)$conf.int, events, n)
    list(groups.predicted = as.vector(tapply(breast$risk, group, mean)), groups.n = n, groups.events = events,
         groups.observed = events / n, groups.low = ends[1, ], groups.high = ends[2, ])
  })
})
set.seed(7)
tied <- sort(round(runif(60), 1))
above <- as.numeric(runif(60) < tied)
answer("lowess", "Smooth curve without robustness steps, tied predictions", "lowess", list(x = tied, y = above), list(smooth = lowess(tied, above, iter = 0)$y))
at <- c(0.05, 0.1, 0.2, 0.3, 0.5)
answer("decision-curve", "Net benefit of a formula's risks, of treating all and none", "decision_curve", list(thresholds = at), {
  benefit <- function(treated, t) mean(treated & breast$event == 1) - mean(treated & breast$event == 0) * t / (1 - t)
  model <- sapply(at, function(t) benefit(breast$risk >= t, t)); all <- sapply(at, function(t) benefit(TRUE, t))
  list(model.net_benefit = model, model.standardised = model / mean(breast$event), treat_all.net_benefit = all,
       model.avoided = 100 * (model - all) / (at / (1 - at)), treat_none.net_benefit = rep(0, 5), treat_none.avoided = 100 * -all / (at / (1 - at)))
}, note = "Treated are those at the threshold or above, as in dcurves; rmda takes those above.")
answer("decision-replicates", "Net benefit in 60 given resamples: percentiles", "decision_replicates", list(thresholds = c(0.1, 0.3), replicates = 60, level = 0.9), {
  n <- nrow(breast); i <- 1:n
  found <- sapply(1:60, function(b) {
    d <- breast[(7 * i^2 + 13 * b * i + 31 * b^2) %% 10007 %% n + 1, ]
    sapply(c(0.1, 0.3), function(t) mean(d$risk >= t & d$event == 1) - mean(d$risk >= t & d$event == 0) * t / (1 - t))
  })
  list(low = apply(found, 1, quantile, 0.05, names = FALSE), high = apply(found, 1, quantile, 0.95, names = FALSE))
})

# --- agreement
tables <- list(
  marriage = rbind(c(7, 7, 2, 3), c(2, 8, 3, 7), c(1, 5, 4, 9), c(2, 8, 9, 14)),
  radiologists = rbind(c(21, 12, 0, 0), c(4, 17, 1, 0), c(3, 9, 15, 2), c(0, 0, 0, 1)),
  two = rbind(c(31, 12), c(4, 58))
)
kappa_by <- function(counts, weighting) {
  n <- sum(counts); p <- counts / n; k <- nrow(p); apart <- abs(outer(1:k, 1:k, "-")) / (k - 1)
  w <- switch(weighting, unweighted = diag(k), linear = 1 - apart, quadratic = 1 - apart^2)
  r <- rowSums(p); s <- colSums(p); po <- sum(w * p); pe <- sum(w * outer(r, s))
  margin <- outer(drop(w %*% s), drop(r %*% w), "+")
  error <- sqrt((sum(p * (w * (1 - pe) - margin * (1 - po))^2) - (po * pe - 2 * pe + po)^2) / (n * (1 - pe)^4))
  under <- sqrt((sum(outer(r, s) * (w - margin)^2) - pe^2) / (n * (1 - pe)^2))
  kappa <- (po - pe) / (1 - pe)
  list(value = kappa, error = error, low = kappa - qnorm(0.975) * error, high = kappa + qnorm(0.975) * error, p_value = 2 * pnorm(-abs(kappa) / under))
}
for (set in names(tables)) for (weighting in c("unweighted", "linear", "quadratic")) local({
  counts <- tables[[set]]; by <- weighting
  answer(paste("kappa", by, set, sep = "-"), paste0("Kappa, ", by, ", ", nrow(counts), " categories"), "cohen_kappa",
         list(table = counts, weights = by), kappa_by(counts, by),
         note = "Formulas of Fleiss, Cohen and Everitt (1969), as in irr, psych, vcd and SAS's AGREE.")
})
answer("kappa-epi", "Kappa and its test as epiR has them", "cohen_kappa", list(table = tables$two), {
  found <- epi.kappa(tables$two, method = "fleiss")
  list(value = found$kappa$est, p_value = found$z$p.value)
}, note = "epiR's interval takes the error under chance agreement, which is meant for the test; we take the other one.")
for (set in names(tables)) local({
  counts <- tables[[set]]
  answer(paste0("ac1-", set), paste0("Gwet's AC1, ", nrow(counts), " categories"), "gwet_ac1", list(table = counts), {
    n <- sum(counts); k <- nrow(counts)
    ratings <- cbind(row(counts)[rep(seq_along(counts), counts)], col(counts)[rep(seq_along(counts), counts)])
    used <- rowMeans(sapply(1:2, function(rater) tabulate(ratings[, rater], k))) / n
    agree <- as.numeric(ratings[, 1] == ratings[, 2]); chance <- sum(used * (1 - used)) / (k - 1)
    ac1 <- (mean(agree) - chance) / (1 - chance)
    by_subject <- (agree - chance) / (1 - chance)
    chance_by <- apply(ratings, 1, function(pair) sum(1 - used[pair]) / 2 / (k - 1))
    star <- by_subject - 2 * (1 - ac1) * (chance_by - chance) / (1 - chance)
    error <- sqrt(sum((star - ac1)^2) / n / (n - 1))
    list(value = ac1, error = error, low = ac1 - qnorm(0.975) * error, high = ac1 + qnorm(0.975) * error)
  }, note = "Subject by subject, as irrCAC, whose interval takes Student's t where ours takes the normal distribution.")
  answer(paste0("agreement-", set), paste0("Per cent agreement, ", nrow(counts), " categories"), "percent_agreement", list(table = counts), {
    found <- prop.test(sum(diag(counts)), sum(counts), correct = FALSE)
    list(value = found$estimate[[1]], low = found$conf.int[1], high = found$conf.int[2])
  })
})
judges <- rbind(c(9, 2, 5, 8), c(6, 1, 3, 2), c(8, 4, 6, 8), c(7, 1, 2, 6), c(10, 5, 6, 9), c(6, 2, 4, 7))
squares <- function(x) {
  long <- data.frame(y = as.vector(x), subject = factor(row(x)), rater = factor(col(x)))
  setNames(summary(aov(y ~ subject + rater, long))[[1]][["Mean Sq"]], c("subject", "rater", "rest"))
}
answer("icc-consistency", "Intraclass correlation ICC(3,1) of four judges", "intraclass_correlation", list(ratings = judges, kind = "consistency"), {
  ms <- squares(judges); n <- nrow(judges); k <- ncol(judges); free <- (n - 1) * (k - 1); f <- ms[["subject"]] / ms[["rest"]]
  low <- f / qf(0.975, n - 1, free); high <- f * qf(0.975, free, n - 1)
  list(value = (f - 1) / (f + k - 1), low = (low - 1) / (low + k - 1), high = (high - 1) / (high + k - 1))
})
answer("icc-agreement", "Intraclass correlation ICC(2,1) of four judges", "intraclass_correlation", list(ratings = judges, kind = "agreement"), {
  ms <- squares(judges); n <- nrow(judges); k <- ncol(judges); bs <- ms[["subject"]]; js <- ms[["rater"]]; es <- ms[["rest"]]
  icc <- (bs - es) / (bs + (k - 1) * es + k * (js - es) / n)
  a <- k * icc / (n * (1 - icc)); b <- 1 + k * icc * (n - 1) / (n * (1 - icc))
  v <- (a * js + b * es)^2 / ((a * js)^2 / (k - 1) + (b * es)^2 / ((n - 1) * (k - 1)))
  upper <- qf(0.975, n - 1, v); lower <- qf(0.975, v, n - 1)
  list(value = icc, low = n * (bs - upper * es) / (upper * (k * js + (k * n - k - n) * es) + n * bs),
       high = n * (lower * bs - es) / (k * js + (k * n - k - n) * es + n * lower * bs))
})
wright <- c(494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
mini <- c(512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
for (method in c("approximate", "exact")) local({
  kind <- method
  answer(paste0("bland-altman-", kind), paste0("Limits of agreement of two peak flow meters, ", kind, " intervals"), "limits_of_agreement",
         list(first = wright, second = mini, method = kind), {
    d <- wright - mini; n <- length(d); m <- mean(d); s <- sd(d); z <- qnorm(0.975)
    reach <- if (kind == "exact") qt(c(0.025, 0.975), n - 1, z * sqrt(n)) / sqrt(n) else
      z + qt(c(0.025, 0.975), n - 1) * sqrt(1 / n + z^2 / (2 * (n - 1)))
    list(bias.value = m, bias.low = t.test(d)$conf.int[1], bias.high = t.test(d)$conf.int[2], sd = s, upper.value = m + z * s,
         upper.low = m + s * reach[1], upper.high = m + s * reach[2], lower.value = m - z * s, lower.low = m - s * reach[2],
         lower.high = m - s * reach[1])
  }, note = "Bland and Altman (1986) took 2 for 1.96 and sqrt(3/n) for the error, and print -79.7 and 75.5; since 1999 they take this one.")
})
write_references("diagnosis", "diagnosis_r.json", c("pROC", "epiR", "rms"))
