# Answers of R, written to r_answers.json beside this script.
#   Rscript tests/reference/legacy/make_reference.R
# Debian: r-base-core, r-cran-jsonlite.
library(jsonlite)

answers <- list(
  source = paste(R.version.string, "tests/reference/legacy/make_reference.R"),
  proportions = lapply(list(c(81, 263), c(15, 148), c(0, 20), c(1, 29), c(20, 20), c(42, 71)), function(x) {
    list(
      events = x[1], n = x[2], wilson = as.numeric(prop.test(x[1], x[2], correct = FALSE)$conf.int),
      `clopper-pearson` = as.numeric(binom.test(x[1], x[2])$conf.int)
    )
  }),
  fisher = lapply(list(c(7, 34, 1, 34), c(42, 71, 13, 71), c(0, 10, 0, 20), c(10, 10, 0, 20), c(5, 56, 0, 29)), function(x) {
    list(counts = x, p_value = fisher.test(matrix(c(x[1], x[2] - x[1], x[3], x[4] - x[3]), 2))$p.value)
  })
)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
write(toJSON(answers, digits = I(10), auto_unbox = TRUE, na = "null", dataframe = "columns"), file.path(here, "r_answers.json"))
