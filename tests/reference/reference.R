# What every make_<family>.R shares: answers are collected with the code that gave them, and written as one JSON file.
suppressPackageStartupMessages({library(survival); library(jsonlite)})

DATA <- Sys.getenv("LENTAP_DATA")  # folder of CSV files, written by make.py from lentap.validation.datasets
dataset <- function(name) read.csv(file.path(DATA, paste0(name, ".csv")), stringsAsFactors = FALSE)

.references <- list()

# Keep one answer. `answers` is R code: it is run, and stands beside its result as the code that computed it; what it
# needs beyond the packages and `data` should be visible in it. `inputs` are the arguments of our own call.
answer <- function(id, quantity, call, inputs, answers, data = NULL, decimals = NULL, relative = NULL, note = NULL) {
  code <- paste(deparse(substitute(answers), width.cutoff = 120), collapse = "\n")
  entry <- list(id = id, quantity = quantity, call = call, inputs = inputs, answers = answers, code = code)
  if (!is.null(decimals)) entry$decimals <- decimals
  if (!is.null(relative)) entry$relative <- relative
  if (!is.null(note)) entry$note <- note
  .references[[length(.references) + 1]] <<- entry
  invisible(answers)
}

write_references <- function(family, file, packages) {
  versions <- vapply(packages, function(name) paste(name, packageVersion(name)), "")
  source <- paste0(sub(" \\(.*", "", R.version.string), if (length(versions)) ", " else "", paste(versions, collapse = ", "))
  text <- toJSON(list(family = family, source = source, references = .references),
                 auto_unbox = TRUE, digits = NA, na = "null", null = "null", pretty = 2)
  writeLines(text, file, useBytes = TRUE)
}
