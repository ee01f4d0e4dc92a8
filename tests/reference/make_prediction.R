source("reference.R")
# Counts of a new arm: the binomial probabilities, integrated over a rate whose logit is normal.
predictive <- function(count, n, mean, sd)
  vapply(count, function(k) integrate(function(z) dbinom(k, n, plogis(mean + sd * z)) * dnorm(z), -12, 12,
                                      rel.tol = 1e-12, abs.tol = 0, subdivisions = 1000L)$value, 0)
cases <- list(c(0.10, 0.08, 0.12, 71, 0), c(0.12, 0.09, 0.15, 71, 0.5), c(0.5, 0.2, 0.7, 10, 1))
for (case in cases) {
  inputs <- list(rate = case[1], low = case[2], high = case[3], n = case[4], spread = case[5])
  answer(sprintf("prediction-%g-%g-%g", case[1], case[4], case[5]),
         sprintf("Events of a new arm of %g, pooled rate %g (%g to %g), spread %g", case[4], case[1], case[2], case[3], case[5]),
         "predicted_counts", inputs, {
    error <- (qlogis(inputs$high) - qlogis(inputs$low)) / (2 * qnorm(0.975))
    p <- predictive(0:inputs$n, inputs$n, qlogis(inputs$rate), sqrt(error^2 + inputs$spread^2))
    list(probabilities = p, thirteen_or_more = sum(p[0:inputs$n >= 13]))
  })
}
write_references("design", "prediction_r.json", character())
