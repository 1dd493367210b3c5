# lme4 on the same marks, one BLAS thread: variances, effects and standard errors, CPU and memory.
# Called by benchmarks/calibration.py: Rscript calibration.R marks.bin rows out_folder effects|fit
suppressMessages(library(lme4))
given <- commandArgs(TRUE)
n <- as.integer(given[2])
x <- matrix(readBin(given[1], "integer", 5 * n, 4), ncol = 5, byrow = TRUE)
d <- data.frame(o = factor(x[, 1]), r = factor(x[, 2]), g = factor(x[, 3]), s = factor(x[, 4]), y = x[, 5])
rm(x)
# the time is that of the default call, measured first
fit <- system.time(m <- lmer(y ~ 1 + (1 | o) + (1 | r) + (1 | g) + (1 | s), d,
                             control = lmerControl(calc.derivs = FALSE)))
errors <- c(0, 0)
if (given[4] == "effects") {
  errors <- system.time(ranef(m, condVar = TRUE))
  # lme4 searches by function values, which are flat to rounding within about 1e-5 of the top: from there
  # Newton's steps on its own criterion, by differences wide enough to stand clear of that rounding
  dev <- lmer(y ~ 1 + (1 | o) + (1 | r) + (1 | g) + (1 | s), d, devFunOnly = TRUE)
  theta <- getME(m, "theta"); k <- length(theta); wide <- 5e-3 * theta
  moved <- function(i, by) replace(theta, i, theta[i] + by * wide[i])
  slope <- function() sapply(1:k, function(i)
    (dev(moved(i, -2)) - 8 * dev(moved(i, -1)) + 8 * dev(moved(i, 1)) - dev(moved(i, 2))) / (12 * wide[i]))
  both <- function(i, j, a, b) { at <- moved(i, a); at[j] <- at[j] + b * wide[j]; dev(at) }
  bend <- matrix(0, k, k)
  for (i in 1:k) for (j in i:k) bend[i, j] <- bend[j, i] <- (both(i, j, 1, 1) - both(i, j, 1, -1) -
    both(i, j, -1, 1) + both(i, j, -1, -1)) / (4 * wide[i] * wide[j])
  for (round in 1:3) theta <- theta - solve(bend, slope())
  # nothing is searched any more: the model at this theta
  m <- update(m, start = theta, control = lmerControl(optimizer = NULL, calc.derivs = FALSE))
  u <- ranef(m, whichel = "o", condVar = TRUE)$o
  # condVar holds the fixed effects known; RZX and RX add what is not known about them
  L <- getME(m, "L"); RZX <- getME(m, "RZX"); RX <- getME(m, "RX")
  B <- solve(L, solve(L, RZX, system = "Lt"), system = "Pt") %*% solve(RX)
  at <- getME(m, "Gp"); which <- which(names(getME(m, "flist")) == "o")
  rows <- (at[which] + 1):at[which + 1]
  theta <- getME(m, "theta")[which]
  more <- (sigma(m) * theta)^2 * rowSums(as.matrix(B[rows, , drop = FALSE])^2)
  se <- sqrt(as.numeric(attr(u, "postVar")) + more)
  write.csv(data.frame(o = as.integer(rownames(u)), effect = u[, 1], se = se), file.path(given[3], "effects.csv"))
}
v <- as.data.frame(VarCorr(m))
memory <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE)))
write.csv(data.frame(name = c(v$grp, "cpu_fit", "cpu_errors", "kib"),
                     value = c(v$vcov, sum(fit[1:2]), sum(errors[1:2]), memory)),
          file.path(given[3], "found.csv"))
