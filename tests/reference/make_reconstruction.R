source("reference.R")
# The original data's own answers: what a reconstruction from their curve and numbers at risk should give back.
lung <- dataset("lung"); gbsg2 <- dataset("gbsg2")
for (one in list(c(1, "men"), c(2, "women"))) local({
  code <- as.numeric(one[1])
  answer(paste0("lung-", one[2]), paste("Reconstruction from a curve and numbers at risk: lung,", one[2]), "reconstructed",
         list(data = "lung", every = 100, rows = list(sex = code), events = TRUE), {
    fit <- summary(survfit(Surv(time, event) ~ 1, data = lung[lung$sex == code, ]))$table
    list(n = fit[["records"]], events = fit[["events"]], median.value = fit[["median"]],
         median.low = fit[["0.95LCL"]], median.high = fit[["0.95UCL"]])
  }, note = "The median's interval is on the log scale, R's default.")
})
cox <- function(model) {
  fit <- summary(model)
  list(value = fit$coefficients[1, "exp(coef)"], sampling_error = fit$coefficients[1, "se(coef)"], events = fit$nevent,
       n = fit$n)
}
near <- "The answer is that of the original data, which a reconstruction can only come near: half a per cent is allowed."
answer("lung-hazard-ratio", "Hazard ratio from two reconstructed arms: lung, women v men", "reconstructed_pair",
       list(data = "lung", group = "sex", treated = 2, control = 1),
       cox(coxph(Surv(time, event) ~ sex, data = lung)), relative = 0.005, note = near)
answer("gbsg2-hazard-ratio", "Hazard ratio from two reconstructed arms: breast cancer, hormones v none",
       "reconstructed_pair", list(data = "gbsg2", group = "horTh", treated = "yes", control = "no"),
       cox(coxph(Surv(time, cens) ~ (horTh == "yes"), data = gbsg2)), relative = 0.005, note = near)
write_references("reconstruction", "reconstruction_r.json", c("survival"))
