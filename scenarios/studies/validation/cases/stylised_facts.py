"""The measuring tools of stylised facts on processes whose facts are known.

What is tried here is `analysis.stylised_facts` itself, so the series do not come from the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis import stylised_facts as sf
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.processes import garch
from sim.estimate import Estimate

GARCH = {"omega": 0.05, "alpha": 0.10, "beta": 0.85}
GJR = {"omega": 0.05, "alpha": 0.03, "beta": 0.88, "gamma": 0.10}
BATCHES = 12  # of the processes with heavy tails; their errors are added in squares
TAILS = {3: 2.9775, 4: 3.8892, 5: 4.7080}  # degrees of freedom -> Hill at the top 1,000 of 1e6
NORMAL = 7.7047  # Hill at the top 1 % of a normal law
DRAWS, REPEATS = 1_000_000, 40


def pooled(readings: Sequence[Estimate]) -> Estimate:
    """Mean of independent readings; its error from theirs."""
    errors = [r.error or 0.0 for r in readings]
    return Estimate(float(np.mean([r.value for r in readings])), math.sqrt(sum(e * e for e in errors)) / len(errors))


def read_garch(lab: Lab) -> Measured:
    """Kurtosis and the autocorrelation of r^2 of GARCH(1,1), three times 4,000 independent paths of 2,000 steps."""
    rng = lab.generator(11)
    found: dict[str, list[Estimate]] = {}
    for _ in range(3):
        r = garch(rng, **GARCH, paths=4000, steps=2000)
        excess = sf.kurtosis(r)
        found.setdefault("kurtosis", []).append(excess + 3)
        for lag in (1, 10):
            found.setdefault(f"autocorrelation of r^2, lag {lag}", []).append(sf.autocorrelation(r * r, lag))
    return Measured(estimates={name: pooled(readings) for name, readings in found.items()})


def read_leverage(lab: Lab) -> Measured:
    """The leverage moment and correlation of GJR-GARCH, and no leverage in a symmetric GARCH."""
    rng = lab.generator(12)
    moments, correlations = [], []
    for _ in range(BATCHES):
        r = garch(rng, **GJR, paths=4000, steps=2000)
        moments.append(sf.leverage_moment(r, 1))
        correlations.append(sf.leverage_correlation(r, [1]))
    even = garch(rng, **GARCH, paths=4000, steps=2000)
    return Measured(
        estimates={
            "E[r_t r_{t+1}^2]": pooled(moments),
            "corr(r_t, r_{t+1}^2)": pooled(correlations),
            "corr(r_t, r_{t+1}^2), symmetric GARCH": pooled([sf.leverage_correlation(even, [1])]),
        }
    )


def read_tails(lab: Lab) -> Measured:
    """Hill's index of |r| for Student t draws, mean of 40 samples of a million."""
    rng = lab.generator(13)
    found = {}
    for degrees in TAILS:
        draws = (np.abs(rng.standard_t(degrees, (1000, DRAWS // 1000))) for _ in range(REPEATS))
        found[f"{degrees} degrees"] = Estimate.mean([sf.tail_index(d, share=0.001).value for d in draws])
    return Measured(estimates=found)


def read_normal(lab: Lab) -> Measured:
    """Every fact on independent normal returns, 2,500 paths of 1,000 steps."""
    r = lab.generator(14).standard_normal((2500, 1000))
    readings = {
        "skewness": sf.skewness(r),
        "excess kurtosis": sf.kurtosis(r),
        "excess kurtosis of sums of 5": sf.kurtosis(sf.aggregated(r, 5)),
        "autocorrelation of r, lag 1": sf.autocorrelation(r, 1),
        "autocorrelation of |r|, lag 1": sf.autocorrelation(np.abs(r), 1),
        "autocorrelation of r^2, lag 20": sf.autocorrelation(r * r, 20),
        "leverage correlation, lags 1 to 5": sf.leverage_correlation(r, range(1, 6)),
        "variance ratio of 5": sf.variance_ratio(r, 5),
        "worst 5 % over best 5 %": sf.gain_loss(r),
        "tail index, top 1 %": sf.tail_index(r),
    }
    return Measured(estimates={name: pooled([reading]) for name, reading in readings.items()})


def _zero(*names: str) -> tuple[Expected, ...]:
    return tuple(Expected(what=name, value=0.0) for name in names)


CASES: tuple[Case, ...] = (
    Case(
        name="facts-normal",
        title="Independent normal returns have no stylised facts",
        chapter="Stylised facts",
        source="Cont 2001; the tail index is 1 / E[ln(x/u) | x > u] at the 99 % quantile u, by quadrature",
        inputs="2,500 paths of 1,000 independent standard normal returns",
        statistic="every figure of analysis.stylised_facts",
        expected=(
            *_zero("skewness", "excess kurtosis", "excess kurtosis of sums of 5"),
            *_zero("autocorrelation of r, lag 1", "autocorrelation of |r|, lag 1", "autocorrelation of r^2, lag 20"),
            *_zero("leverage correlation, lags 1 to 5"),
            Expected(what="variance ratio of 5", value=1.0),
            Expected(what="worst 5 % over best 5 %", value=1.0),
            Expected(what="tail index, top 1 %", value=NORMAL, rounding=1e-4, exact="exact, quadrature"),
        ),
        measure=read_normal,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="facts-garch",
        title="Kurtosis and memory of GARCH(1,1)",
        chapter="Stylised facts",
        source="Bollerslev 1986, section 3; his 1988 autocorrelations of r^2",
        inputs="omega 0.05, alpha 0.10, beta 0.85, normal shocks; 12,000 paths of 2,000 steps in their long run",
        statistic="fourth moment over squared variance, 3 (1 - (a + b)^2) / (1 - (a + b)^2 - 2 a^2), and corr(r_t^2, "
        "r_{t+k}^2) = a (1 - a b - b^2) / (1 - 2 a b - b^2) (a + b)^(k - 1). The eighth moment exists, E[(b + a z^2)^4]"
        " = 0.959 < 1, so the errors do; the sixteenth does not, so they are rough",
        expected=(
            Expected(what="kurtosis", value=3.77419, rounding=5e-6),
            Expected(what="autocorrelation of r^2, lag 1", value=0.17907, rounding=5e-6),
            Expected(what="autocorrelation of r^2, lag 10", value=0.112859, rounding=5e-6),
        ),
        measure=read_garch,
        fast=True,
        seconds=4.0,
    ),
    Case(
        name="facts-leverage",
        title="Falls raise the volatility of GJR-GARCH",
        chapter="Stylised facts",
        source="Glosten, Jagannathan and Runkle 1993: E[r_t r_{t+1}^2] = -gamma sqrt(2/pi) E[sigma^3]",
        inputs="omega 0.05, alpha 0.03, beta 0.88, gamma 0.10, normal shocks; 48,000 paths of 2,000 steps",
        statistic="the moment, the correlation with the next squared return, and the same of a symmetric GARCH. "
        "The sixth moment exists, E[(b + a_z z^2)^3] = 0.954 < 1, so the moment has an error; the eighth does not "
        "(1.016), so the error is rough. The correlation, which divides by the pool's own moments, reads sharper",
        expected=(
            Expected(what="E[r_t r_{t+1}^2]", value=-0.12327, rounding=1e-5, exact="exact, quadrature of E[sigma^3]"),
            Expected(what="corr(r_t, r_{t+1}^2)", value=-0.05052, rounding=5e-6, exact="exact, quadrature"),
            *_zero("corr(r_t, r_{t+1}^2), symmetric GARCH"),
        ),
        measure=read_leverage,
        seconds=12.0,
    ),
    Case(
        name="facts-tails",
        title="Hill's index of Student t, with its bias",
        chapter="Stylised facts",
        source="Hill 1975; expected value of the estimator, 1,000/999 times the mean of 1 / E[ln(x/u) | x > u] over "
        "the law of the threshold u, by quadrature",
        inputs="a million draws of Student t with 3, 4 and 5 degrees of freedom, 40 times",
        statistic="tail index of |r| from the largest 0.1 %; not the degrees of freedom, for the tail is not yet a "
        "pure power there, and a right tool must read the bias too",
        expected=tuple(
            Expected(what=f"{degrees} degrees", value=value, rounding=1e-4, exact="exact, quadrature")
            for degrees, value in TAILS.items()
        ),
        measure=read_tails,
        seconds=14.0,
    ),
)
