source("reference.R")
names_in_r <- c(bonferroni = "bonferroni", holm = "holm", hochberg = "hochberg", hommel = "hommel",
                `benjamini-hochberg` = "BH", `benjamini-yekutieli` = "BY")
sets <- list(
  four = c(0.011, 0.02, 0.022, 0.09),
  five = c(0.01, 0.02, 0.022, 0.049, 0.3),
  # Benjamini and Hochberg (1995), section 4.1: 15 endpoints of a trial in myocardial infarction.
  infarction = c(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
                 0.7590, 1),
  extremes = c(0.5, 0, 1, 0.04, 0, 0.04, 0.3, 1, 0.011, 0.04),
  one = 0.03,
  missing = c(0.01, NA, 0.02, 0.5, NA, 0.002)
)
for (set in names(sets)) {
  for (method in names(names_in_r)) {
    p <- sets[[set]]
    r_method <- names_in_r[[method]]
    answer(
      paste(method, set, sep = "-"), paste0("P-values adjusted by ", method, ", ", length(p), " tests",
      if (anyNA(p)) ", two of them missing"), "adjust_p_values", list(p_values = I(p), method = method),
      list(adjusted = I(p.adjust(p, r_method)), tests = sum(!is.na(p))),
      note = if (anyNA(p)) paste("R's p.adjust leaves missing p-values out of the number of tests, and so do we;",
      "statsmodels' multipletests returns not-a-number for all.")
    )
  }
}
# The 17 adverse events of the c212 documentation, and example 4.1 of Mehrotra and Adewale (2012).
p <- c(0.135005, 0.01, 0.001, 0.005, 0.153501, 0.02, 0.0013, 0.0023, 0.011, 0.023, 0.016, 0.0109, 0.559111, 0.751986,
       0.308339, 0.837154, 0.325882)
body <- c(1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4)
p2 <- c(0.031, 0.023, 0.029, 0.005, 0.031, 0, 0.874, 0.399, 0.293, 0.077, 0.216, 0.843, 0.864, 1, 0.878, 0.766, 0.598,
        0.011, 0.864, 0.889, 0.557, 0.767, 0.009, 0.644, 1, 0.583, 0.147, 0.789, 0.217, 1, 0.02, 0.784, 0.579, 0.439,
        0.898, 0.619, 0.193, 0.806, 0.611, 0.526, 0.702, 0.196)
body2 <- rep(1:6, c(10, 3, 6, 5, 10, 8))
twice <- function(id, words, p, body, rate) {
  answer(id, words, "double_false_discovery", list(p_values = p, group = body, rate = rate), {
    within <- ave(p, body, FUN = function(x) p.adjust(x, "BH"))
    over <- p.adjust(tapply(within, body, min), "BH")
    selected <- over[as.character(body)] <= rate
    list(group = unname(over), adjusted = p.adjust(ifelse(selected, p, NA), "BH"))
  }, note = paste("As the R package c212; MHTmult instead adjusts within each selected body system on its own.",
                  "Mehrotra and Heyse (2004) took the least raw p-value of a body system, not the least adjusted one."))
}
twice("double-c212", "Double false discovery rate, 17 adverse events", p, body, 0.05)
twice("double-vaccine", "Double false discovery rate, 42 adverse events", p2, body2, 0.1)
write_references("multiplicity", "multiplicity_r.json", character())
