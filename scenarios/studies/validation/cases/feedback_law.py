"""Price feedback of one hedger: variances, autocorrelation and loop gain of the sequential law."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import textbook
from sim.estimate import Estimate

DEPTH, IMPACT = 1e9, 0.01  # $, and relative move per depth traded
SPOT, VOL, STEPS, WINDOW = 100.0, 0.01, 364, 26  # $, a year, a year, steps
SECOND_ORDER = 1e-4  # vol^2: what is left out where the gain moves with the spot, relative
STRONG = (-0.3, 0.3)
CURVE = (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3)
STRONG_PATHS, CURVE_PATHS = 768, 1536
Returns = npt.NDArray[np.float64]


# The law: a shock u_t of variance 1 moves the price, the hedger trades at once on all it saw since its last trade, and
# its impact y_t = a (u_t + y_{t-1}) is seen at its next one. The step's return is r_t = u_t + y_t.


def step_variance(a: float) -> float:
    """E r_t^2 = 1 + 2 a + a^2 / (1 - a^2)."""
    return (1 + 2 * a - 2 * a**3) / (1 - a * a)


def covariance(a: float, lag: int) -> float:
    """E r_t r_{t+lag} = a^{lag-1} (a^2 + a^3 / (1 - a^2)), lag 1 and more."""
    return float(a ** (lag - 1) * (a**2 + a**3 / (1 - a * a)))


def window_variance(a: float, steps: int) -> float:
    """Variance of the sum over so many steps, a step; 1 / (1 - a)^2 in the long run."""
    tail = sum((steps - k) * covariance(a, k) for k in range(1, steps))
    return step_variance(a) + 2 * tail / steps


def scenario(a: float, paths: int) -> Scenario:
    """One hedger of constant dollar gamma, every tick, on a venue whose impact stays; loop gain a."""
    claim = {"kind": "gamma_claim", "strike": SPOT, "expiry": "2021-12-31", "quantity": -a * DEPTH / IMPACT / SPOT}
    return textbook(
        book=[claim],
        steps=STEPS,
        vol=VOL,
        asset={"impact": IMPACT, "depth": DEPTH, "permanent_share": 1.0},
        feedback={"impact": 1.0},
        run={"paths": paths, "witnesses": paths},
    )


def returns_and_gain(lab: Lab, a: float, paths: int) -> tuple[Returns, Returns]:
    """Returns in units of the step's fundamental sd (paths, steps), and the logged loop gain (paths, ticks)."""
    market = lab.run(scenario(a, paths)).market.filter(pl.col("venue") == "asset")
    frame = market.sort("path", "time").select("mid", "loop_gain").collect()
    mid, gain = (frame[name].to_numpy().reshape(paths, -1) for name in ("mid", "loop_gain"))
    return np.diff(np.log(mid), axis=1) / (VOL / np.sqrt(STEPS)), gain


def estimates_of(lab: Lab, a: float, paths: int) -> dict[str, Estimate]:
    """The four readings at one gain; averages over a path are one sample.

    The first window, in which feedback builds up, is left out.
    """
    returns, gain = returns_and_gain(lab, a, paths)
    settled = returns[:, WINDOW:]
    windows = settled[:, : settled.shape[1] // WINDOW * WINDOW].reshape(paths, -1, WINDOW).sum(axis=2)
    squares = (settled**2).mean(axis=1)
    products = (settled[:, 1:] * settled[:, :-1]).mean(axis=1)
    return {
        key("variance of a step", a): Estimate.mean(squares),
        key(f"variance of {WINDOW} steps, a step", a): Estimate.mean((windows**2).mean(axis=1) / WINDOW),
        key("autocorrelation at lag 1", a): Estimate.jackknife(lambda p, s: p.mean() / s.mean(), products, squares),
        key("loop gain", a): Estimate.mean(gain.mean(axis=1)),
    }


def key(what: str, a: float) -> str:
    """The reading's name."""
    return f"{what}, a = {a:+.1f}"


def expected(gains: Sequence[float]) -> tuple[Expected, ...]:
    """The law at these gains, in units of the fundamental variance."""
    found: list[Expected] = []
    for a in gains:
        law = {
            "variance of a step": step_variance(a),
            f"variance of {WINDOW} steps, a step": window_variance(a, WINDOW),
            "autocorrelation at lag 1": covariance(a, 1) / step_variance(a),
            "loop gain": a,
        }
        for what, value in law.items():
            found.append(Expected(what=key(what, a), value=value, rounding=SECOND_ORDER * abs(value)))
    return tuple(found)


def measure(lab: Lab, gains: Sequence[float], paths: int) -> Measured:
    """Every reading at every gain."""
    found: dict[str, Estimate] = {}
    for a in gains:
        found.update(estimates_of(lab, a, paths))
    return Measured(estimates=found, picture=curve(found, gains) if len(gains) > 2 else None)


def curve(found: dict[str, Estimate], gains: Sequence[float]) -> object:
    """Variances over the gain, with the law."""
    from analysis.charts.validation import lines

    longer = partial(window_variance, steps=WINDOW)
    laws: dict[str, Callable[[float], float]] = {
        "variance of a step": step_variance,
        f"variance of {WINDOW} steps, a step": longer,
    }
    rows = [(what, a, found[key(what, a)].value, found[key(what, a)].error) for what in laws for a in gains]
    fine = np.linspace(-0.32, 0.32, 65)
    theory = [(what, float(a), law(float(a))) for what, law in laws.items() for a in fine]
    return lines(
        pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row"),
        curve=pl.DataFrame(theory, schema=["series", "x", "y"], orient="row"),
        title="Hedging moves the price it hedges against",
        said="Points: measured. Dashed: the sequential law. Right of zero the hedger is short gamma and adds variance; "
        "a step shows less of it than the long run, as part of the impact comes a step later.",
        x="loop gain a (short gamma > 0)",
        y="variance, multiple of the fundamental one",
        rule=0.0,
    )


SOURCE = (
    "Frey and Stremme (1997), Platen and Schweizer (1998): linear price feedback; with the engine's order of events "
    "(shock, hedge, own impact hedged a step later) it is an AR(1), solved exactly. Long run 1/(1-a)^2, as theirs."
)
INPUTS = (
    "One hedger of constant dollar gamma, every step, permanent impact 1 % per $1bn; fundamental vol 1 %, 364 steps "
    "of a day; loop gain a = impact x gamma S^2 / depth."
)
STATISTIC = (
    "Of log returns of mid at every tick (table market, all paths): variance of a step and of 26 steps, "
    "autocorrelation; path average of loop_gain."
)

CASES: tuple[Case, ...] = (
    Case(
        name="feedback-law",
        title="One hedger's feedback, strong: variance, autocorrelation and loop gain",
        chapter="Feedback",
        source=SOURCE,
        inputs=f"{INPUTS} {STRONG_PATHS:,} paths a gain.",
        statistic=STATISTIC,
        expected=expected(STRONG),
        measure=partial(measure, gains=STRONG, paths=STRONG_PATHS),
        fast=True,
        seconds=4,
    ),
    Case(
        name="feedback-curve",
        title="One hedger's feedback over the loop gain",
        chapter="Feedback",
        source=SOURCE,
        inputs=f"{INPUTS} {CURVE_PATHS:,} paths a gain.",
        statistic=STATISTIC,
        expected=expected(CURVE),
        measure=partial(measure, gains=CURVE, paths=CURVE_PATHS),
        seconds=20,
    ),
)
