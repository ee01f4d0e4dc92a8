source("reference.R")
answer("distance-of-proportions", "Standardised difference of a characteristic of three levels", "standardised_difference",
       list(group = c(10, 20, 30), control = c(25, 25, 10)), {
  p <- c(10, 20, 30) / 60
  q <- c(25, 25, 10) / 60
  multinomial <- function(x) (diag(x) - outer(x, x))[-1, -1]
  list(value = sqrt(mahalanobis(p[-1], q[-1], (multinomial(p) + multinomial(q)) / 2)))
}, note = "Yang and Dalton (2012).")
write_references("baseline", "baseline_r.json", character())
