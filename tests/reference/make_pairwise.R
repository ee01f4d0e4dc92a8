source("reference.R")
suppressPackageStartupMessages(library(pROC))

lungs <- dataset("lung")
lungs <- subset(transform(lungs, arm = as.integer(sex == 2)), !is.na(ph.karno) & !is.na(ph.ecog))
# Follow-up of a subject ends for death and progression (or death) at once; ties throughout.
trial <- local({
  suppressWarnings(RNGversion("3.6.0"))
  set.seed(20)
  n <- 36
  arm <- rep(0:1, c(16, 20))
  end <- sample(8:30, n, TRUE)
  death <- ceiling(rexp(n, 1 / (14 + 10 * arm)))
  progression <- pmin(ceiling(rexp(n, 1 / (6 + 3 * arm))), death)
  data.frame(arm = arm, stratum = sample(c("x", "y", "z"), n, TRUE, c(0.4, 0.4, 0.2)), time = pmin(death, end),
             died = as.integer(death <= end), free = pmin(progression, end), progressed = as.integer(progression <= end),
             response = rbinom(n, 1, 0.4 + 0.2 * arm), score = sample(0:10, n, TRUE))
})

# Who wins a pair, from the definition, pair by pair and outcome by outcome.
matrices <- function(data, outcomes) {
  ones <- which(data$arm == 1)
  others <- which(data$arm == 0)
  won <- lost <- level <- matrix(0, length(ones), length(others))
  for (i in seq_along(ones)) for (j in seq_along(others)) for (place in seq_along(outcomes)) {
    o <- outcomes[[place]]
    gap <- if (is.null(o$threshold)) 0 else o$threshold
    timed <- !is.null(o$time)
    value <- data[[if (timed) o$time else o$value]]
    one <- value[ones[i]]
    other <- value[others[j]]
    one_known <- if (timed) data[[o$event]][ones[i]] == 1 else TRUE
    other_known <- if (timed) data[[o$event]][others[j]] == 1 else TRUE
    greater <- other_known && one > other + gap
    smaller <- one_known && other > one + gap
    if (!is.null(o$better) && o$better %in% c("lower", "sooner")) {
      swap <- greater
      greater <- smaller
      smaller <- swap
    }
    if (greater || smaller) {
      won[i, j] <- greater
      lost[i, j] <- smaller
      level[i, j] <- place
      break
    }
  }
  list(won = won, lost = lost, level = level)
}

# Covariance of the numbers of pairs won and lost. "projection": of the sums of each subject; "null" (Dong 2016, as in the
# R package WINS): over pairs that share one subject, each of two chances taken to be their mean.
covariance <- function(m, variance) {
  kernels <- list(m$won, m$lost)
  n1 <- nrow(m$won)
  n0 <- ncol(m$won)
  chance <- (mean(m$won) + mean(m$lost)) / 2
  outer(1:2, 1:2, Vectorize(function(a, b) {
    if (variance == "projection") return(n1 * n0^2 * cov(rowMeans(kernels[[a]]), rowMeans(kernels[[b]])) + n0 * n1^2 * cov(colMeans(kernels[[a]]), colMeans(kernels[[b]])))
    one <- kernels[[a]] - chance
    other <- kernels[[b]] - chance
    rows <- columns <- 0
    for (i in 1:n1) for (j in 1:n0) {
      rows <- rows + one[i, j] * sum(other[i, -j])
      columns <- columns + one[i, j] * sum(other[-i, j])
    }
    rows * n0 / (n0 - 1) + columns * n1 / (n1 - 1)
  }))
}

statistics <- function(chances, variance, null, level = 0.95) {
  z <- qnorm((1 + level) / 2)
  chance <- if (null) rep(mean(chances), 2) else chances
  ratio <- chances[1] / chances[2]
  benefit <- chances[1] - chances[2]
  odds <- (chances[1] + (1 - sum(chances)) / 2) / (chances[2] + (1 - sum(chances)) / 2)
  slope <- c(1, -1) / chance
  share <- chance[1] - chance[2]
  error <- c(sqrt(slope %*% variance %*% slope), sqrt(c(1, -1) %*% variance %*% c(1, -1)))
  error[3] <- error[2] * (1 / (1 + share) + 1 / (1 - share))
  on <- c(log(ratio), benefit, log(odds))
  p <- 2 * pnorm(-abs(on / error))
  list(win = chances[1], loss = chances[2], win_ratio.value = ratio, win_ratio.low = exp(on[1] - z * error[1]), win_ratio.high = exp(on[1] + z * error[1]),
       net_benefit.value = benefit, net_benefit.low = on[2] - z * error[2], net_benefit.high = on[2] + z * error[2],
       win_odds.value = odds, win_odds.low = exp(on[3] - z * error[3]), win_odds.high = exp(on[3] + z * error[3]),
       win_ratio.p_value = p[1], net_benefit.p_value = p[2], win_odds.p_value = p[3])
}

pairs <- function(data, outcomes, variance = "projection", strata = NULL, level = 0.95) {
  groups <- if (is.null(strata)) list(data) else Filter(function(rows) all(0:1 %in% rows$arm), split(data, data[[strata]]))
  found <- lapply(groups, matrices, outcomes)
  weight <- sapply(groups, function(rows) 1 / nrow(rows))
  all <- sum(weight * sapply(found, function(m) length(m$won)))
  chances <- c(sum(weight * sapply(found, function(m) sum(m$won))), sum(weight * sapply(found, function(m) sum(m$lost)))) / all
  spread <- Reduce(`+`, Map(function(m, w) w^2 * covariance(m, variance), found, weight)) / all^2
  decided <- function(kernel) sapply(seq_along(outcomes), function(place) sum(sapply(found, function(m) sum(m[[kernel]][m$level == place]))))
  c(statistics(chances, spread, variance == "null", level), list(wins = I(decided("won")), losses = I(decided("lost"))))
}

hierarchy <- list(
  death = list(time = "time", event = "died", threshold = 2), progression = list(time = "free", event = "progressed"),
  response = list(value = "response"), score = list(value = "score", threshold = 1, better = "lower")
)
single <- list(death = list(time = "time", event = "event", threshold = 30))
sooner <- list(death = list(time = "time", event = "event", better = "sooner"), ecog = list(value = "ph.ecog", better = "lower"))

ask <- function(id, quantity, inputs, code, ...) do.call(answer, list(id, quantity, "compare_pairs", inputs, code, ...))
KINDS <- "R's WINS has the variance under equal chances (Dong and others 2016) also in its intervals; they are too wide for strong effects. Ours by default is the sampling variance (Bebu and Lachin 2016), as in R's BuyseTest."
for (variance in c("projection", "null")) {
  ask(paste0("trial-", variance), paste0("Death, progression, response and score, ", variance, " variance"),
      list(data = as.list(trial), outcomes = hierarchy, variance = variance), bquote(pairs(trial, hierarchy, .(variance))), note = KINDS)
  ask(paste0("trial-stratified-", variance), paste0("Death, progression, response and score in strata, ", variance, " variance"),
      list(data = as.list(trial), outcomes = hierarchy, strata = "stratum", variance = variance),
      bquote(pairs(trial, hierarchy, .(variance), "stratum")),
      note = "Pairs of a stratum of N subjects count 1 / N each (Dong and others 2018), WINS's stratum.weight = \"MH-type\".")
  ask(paste0("lung-threshold-", variance), paste0("Survival in lung cancer, a month's threshold, ", variance, " variance"),
      list(data = "lung", outcomes = single, variance = variance, level = 0.9), bquote(pairs(lungs, single, .(variance), level = 0.9)), note = KINDS)
}
ask("lung-sooner", "Early death and low ECOG as wins: lung", list(data = "lung", outcomes = sooner), quote(pairs(lungs, sooner)))

# Of one measure the net benefit is twice the area under the ROC curve, less 1, and the sampling variance DeLong's.
for (measure in c("age", "ph.karno")) {
  ask(paste0("lung-delong-", measure), paste0("Net benefit of ", measure, " and DeLong's interval: lung"),
      list(data = "lung", outcomes = setNames(list(list(value = measure)), measure)), bquote({
    area <- ci.auc(roc(lungs$arm, lungs[[.(measure)]], levels = c(0, 1), direction = "<", quiet = TRUE), method = "delong")
    list(net_benefit.low = 2 * area[1] - 1, net_benefit.value = 2 * area[2] - 1, net_benefit.high = 2 * area[3] - 1,
         win_odds.value = area[2] / (1 - area[2]))
  }))
}

# Weighted pairs (Cui and others 2025): wins of arm `one` over arm `other`, subjects counted `count` times. The influence of
# a subject is the derivative by its count, which moves the curves of censoring too: no formula for it is needed.
times <- list(death = list(time = "time", event = "died", threshold = 2), progression = list(time = "free", event = "progressed", threshold = 1))
weighted_wins <- function(data, outcomes, one, count, censored_first) {
  late <- if (censored_first) 0 else 1e-6  # events come first: censoring is a little later
  end <- do.call(pmax, lapply(outcomes, function(o) data[[o$time]]))
  lost <- Reduce(`|`, lapply(outcomes, function(o) data[[o$event]] == 0))
  curve <- function(rows) {
    fit <- survfit(Surv(end[rows] + late * lost[rows], lost[rows]) ~ 1, weights = count[rows], timefix = FALSE)
    kept <- fit$surv >= 0.1
    function(t) c(1, fit$surv[kept])[findInterval(t, fit$time[kept]) + 1]
  }
  ones <- which(data$arm == one)
  others <- which(data$arm != one)
  of_one <- curve(ones)
  of_other <- curve(others)
  total <- 0
  for (i in ones) for (j in others) for (level in seq_along(outcomes)) {
    before <- seq_len(level - 1)
    gap <- sapply(outcomes, function(o) o$threshold)
    value <- function(subject) sapply(outcomes, function(o) data[[o$time]][subject])
    known <- sapply(outcomes, function(o) data[[o$event]][j] == 1)
    if (!all(known[seq_len(level)]) || value(i)[level] <= value(j)[level] + gap[level]) next
    # A tie before is "no earlier than the gap before" less "later than the gap after".
    for (row in seq_len(2^(level - 1)) - 1) {
      terms <- ifelse(bitwAnd(row, 2^(before - 1)) > 0, 1, -1)
      limit <- value(j)[before] + terms * gap[before]
      if (all(ifelse(terms < 0, value(i)[before] >= limit, value(i)[before] > limit))) {
        reach <- max(limit, value(j)[level] + gap[level])
        weight <- of_one(reach + 2 * late) * of_other(max(value(j)[seq_len(level)]))
        total <- total + prod(-terms) * count[i] * count[j] / weight
      }
    }
  }
  total / (sum(count[ones]) * sum(count[others]))
}
weighted <- function(data, outcomes, censored_first) {
  chances <- function(count) sapply(1:0, function(arm) weighted_wins(data, outcomes, arm, count, censored_first))
  step <- 1e-4
  moved <- t(sapply(seq_len(nrow(data)), function(row) {
    unit <- as.numeric(seq_len(nrow(data)) == row)
    (chances(1 + step * unit) - chances(1 - step * unit)) / (2 * step)
  }))
  n <- table(data$arm)
  spread <- Reduce(`+`, lapply(0:1, function(arm) crossprod(moved[data$arm == arm, ]) * n[[arm + 1]] / (n[[arm + 1]] - 1)))
  found <- chances(rep(1, nrow(data)))
  scale <- max(1, sum(found))
  statistics(found / scale, spread / scale^2, FALSE)
}
WEIGHTS <- "The limits of WINS's \"ipcw_tau\" differ: in the part for the control's censoring (and the like for the treated) it divides the wins over each control by another control's weight. Influences here are numerical derivatives."
ask("trial-weighted", "Death and progression, weighted for censoring", list(data = as.list(trial), outcomes = times, censored = "weighted"),
    quote(weighted(trial, times, FALSE)), relative = 1e-5, note = WEIGHTS)
ask("trial-weighted-wins", "Death and progression, weighted for censoring as WINS has it",
    list(data = as.list(trial), outcomes = times, censored = "weighted as WINS"), quote(weighted(trial, times, TRUE)), relative = 1e-5, note = WEIGHTS)
write_references("pairwise", "pairwise_r.json", c("pROC", "survival"))
