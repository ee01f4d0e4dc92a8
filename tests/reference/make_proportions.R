source("reference.R")
answer("wilson-81-of-263", "Proportion, Wilson interval", "proportion", list(events = 81, n = 263, method = "wilson"), {
  limits <- prop.test(81, 263, correct = FALSE)$conf.int
  list(value = 81 / 263, low = limits[1], high = limits[2])
})
write_references("proportions", "proportions_r.json", character())
