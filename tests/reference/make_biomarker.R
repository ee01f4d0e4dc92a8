source("reference.R")

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

APPROXIMATE <- "Without the exact distribution R finds the estimate, too, by a root of the test; ours stays the median of pairwise means or differences (Hodges and Lehmann), so only limits and p-values are set beside R's."
ask <- function(id, quantity, call, inputs, code, ...) do.call(answer, list(id, quantity, call, inputs, code, ...))

answer("paired", "Shift of depression scores, exact", "paired_shift", list(change = after - before), {
  test <- wilcox.test(after - before, conf.int = TRUE)
  list(value = unname(test$estimate), low = test$conf.int[1], high = test$conf.int[2], p_value = test$p.value)
})
answer("groups", "Shift of permeability between groups, exact", "shift_between", list(first = early, second = term), {
  test <- wilcox.test(early, term, conf.int = TRUE)
  list(value = unname(test$estimate), low = test$conf.int[1], high = test$conf.int[2], p_value = test$p.value)
})
changes <- c(many = "60 changes, normal approximation", fine = "60 changes of many digits, normal approximation", with_ties = "changes with ties")
for (name in names(changes)) {
  ask(paste0("paired-", gsub("_", "-", name)), paste0("Shift of ", changes[[name]]), "paired_shift", list(change = get(name)), bquote({
    test <- wilcox.test(.(as.name(name)), exact = FALSE, conf.int = TRUE, tol.root = 1e-12)
    list(low = test$conf.int[1], high = test$conf.int[2], p_value = test$p.value)
  }), note = APPROXIMATE)
}
pairs <- list(many = "others", with_ties = "with_ties_too")
for (name in names(pairs)) {
  ask(paste0("groups-", gsub("_", "-", name)), paste0("Shift between groups, normal approximation, ", gsub("_", " ", name)), "shift_between",
      list(first = get(name), second = get(pairs[[name]])), bquote({
    test <- wilcox.test(.(as.name(name)), .(as.name(pairs[[name]])), exact = FALSE, conf.int = TRUE, tol.root = 1e-12)
    list(low = test$conf.int[1], high = test$conf.int[2], p_value = test$p.value)
  }), note = APPROXIMATE)
}
# Splines, and the optimism of models with a ridge penalty in given resamples.
data <- dataset("lung")
for (k in 3:5) {
  answer(paste0("spline-", k), paste0("Restricted cubic spline of ", k, " knots: lung, age"), "spline", list(knots = k, ages = c(39, 50, 58.5, 63, 70, 82)), {
    knots <- as.numeric(attr(Hmisc::rcspline.eval(data$age, nk = k), "knots"))
    list(knots = knots, columns = as.numeric(Hmisc::rcspline.eval(c(39, 50, 58.5, 63, 70, 82), knots = knots, inclx = TRUE)))
  })
}
answer("model-optimism", "Optimism of a penalised logistic model in 12 given resamples: lung, death within a year", "model_optimism",
       list(covariates = c("age", "sex", "ph.karno"), replicates = 12, penalty = 1), {
  known <- data[complete.cases(data[, c("age", "sex", "ph.karno")]), ]; n <- nrow(known); i <- 1:n
  dead <- as.numeric(known$time <= 365 & known$event == 1); x <- as.matrix(known[, c("age", "sex", "ph.karno")])
  performance <- function(p, y) c(mean(outer(round(qlogis(p[y == 1]), 10), round(qlogis(p[y == 0]), 10), function(a, b) (a > b) + (a == b) / 2)), mean((p - y)^2),
                                  coef(glm(y ~ qlogis(p), family = binomial, control = list(epsilon = 1e-14)))[2])
  found <- sapply(1:12, function(b) {
    drawn <- (7 * i^2 + 13 * b * i + 31 * b^2) %% 10007 %% n + 1; y <- dead[drawn]
    mean <- colMeans(x[drawn, ]); sd <- sqrt(colMeans(sweep(x[drawn, ], 2, mean)^2))
    z <- cbind(1, scale(x, mean, sd)); beta <- rep(0, 4)
    for (step in 1:50) {  # Newton's method, the penalty 1 on all but the intercept
      p <- as.vector(plogis(z[drawn, ] %*% beta)); held <- c(0, 1, 1, 1)
      beta <- beta + solve(t(z[drawn, ]) %*% (z[drawn, ] * p * (1 - p)) + diag(held), t(z[drawn, ]) %*% (y - p) - held * beta)
    }
    p <- as.vector(plogis(z %*% beta))
    performance(p[drawn], y) - performance(p, dead)
  })
  list(area = as.numeric(found[1, ]), brier = as.numeric(found[2, ]), slope = as.numeric(found[3, ]))
}, relative = 1e-6)
# Repeated measurements: dental growth of Potthoff and Roy (1964), and made ones with gaps and hardly any likeness.
growth <- nlme::Orthodont
made <- data.frame(patient = rep(1:12, each = 4), visit = rep(0:3, 12), x = ((1:48) * 29) %% 31 / 10)[-c(3, 8, 21, 22, 40), ]
fit <- function(data, formula, group) {
  model <- nlme::lme(formula, random = group, data = data, method = "REML", control = nlme::lmeControl(tolerance = 1e-12, msTol = 1e-12))
  table <- summary(model)$tTable
  list(coefficients = unname(table[, 1]), errors = unname(table[, 2]), between = as.numeric(nlme::VarCorr(model)[1, 2]),
       within = model$sigma, log_likelihood = as.numeric(logLik(model)))
}
answer("mixed-growth", "Random intercepts of 27 children: distance by age", "random_intercept",
       list(outcome = growth$distance, covariates = list(growth$age), patient = as.character(growth$Subject)),
       fit(as.data.frame(growth), distance ~ age, ~ 1 | Subject), relative = 1e-6)
answer("mixed-growth-sex", "Random intercepts of 27 children: distance by age and sex", "random_intercept",
       list(outcome = growth$distance, covariates = list(growth$age, as.numeric(growth$Sex == "Female")), patient = as.character(growth$Subject)),
       fit(as.data.frame(growth), distance ~ age + I(Sex == "Female"), ~ 1 | Subject), relative = 1e-6)
answer("mixed-gaps", "Random intercepts of 12 patients with missing visits", "random_intercept",
       list(outcome = made$x + made$patient / 3, covariates = list(made$visit), patient = paste(made$patient)),
       fit(transform(made, y = x + patient / 3), y ~ visit, ~ 1 | patient), relative = 1e-5)
write_references("biomarker", "biomarker_r.json", c("Hmisc", "nlme"))
