"""What a smile implies: digitals, density, a truncated put; and a path-dependent claim on an ensemble."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.integrate import quad

from analysis import payoffs
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.products.option import Option
from markets.products.start import Start
from markets.vols.density import ImpliedLaw, SkewSmile
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from scenarios.worlds.clock import make_clock
from sim.estimate import Estimate

Floats = NDArray[np.float64]
S0 = 100.0
RATE, YEARS = 0.04, 1.0
DIGITALS = {60: 0.85517, 80: 0.71510, 100: 0.52761, 120: 0.32376, 140: 0.15028}
PUT_BELOW = 8.83615  # strike 100, paid below 75
SKEW, VOL = 0.4, 0.25  # of the engine's own smile
HALF_SPREAD = 0.02  # $ either side of the strike, of the call spreads on the engine's book
ASIAN = {"rate": 0.05, "dividend_yield": 0.01, "vol": 0.3}
ASIAN_YEARS, CLOSES, MINUTES = 0.5, 180, 1456  # 180 ticks of 1,456 minutes are 182 days, half a year of 364


def quadratic(strike: Floats) -> Floats:
    """0.025 x^2 - 0.23 x + 0.55, x = K / S0."""
    x = strike / S0
    return 0.025 * x * x - 0.23 * x + 0.55


def quadratic_law() -> ImpliedLaw:
    """A year at 4 %, no dividends."""
    return ImpliedLaw(
        smile=quadratic, forward=S0 * math.exp(RATE * YEARS), years=YEARS, discount=math.exp(-RATE * YEARS)
    )


def read_smile(lab: Lab) -> Measured:
    """Digitals and the truncated put by derivatives of the smile; the density by quadrature."""
    law = quadratic_law()
    low, high = (float(x) for x in law.strikes()[[0, -1]])

    def integral(power: int, upto: float = high) -> float:
        return float(quad(lambda k: k**power * float(law.density(k)), low, upto, epsabs=1e-12, limit=400)[0])

    found = {f"digital, strike {k}": law.discount * float(law.above(k)) for k in DIGITALS}
    found["put struck at 100, paid below 75"] = float(law.put_below(100.0, 75.0))
    found["the same put by integrating the density"] = law.discount * (100 * integral(0, 75.0) - integral(1, 75.0))
    found["integral of the density"] = integral(0)
    found["mean of the density"] = integral(1)
    found["digitals of the engine's smile against call spreads of its book, worst difference"] = spread_error()
    return Measured(estimates={what: Estimate(value) for what, value in found.items()}, picture=law_picture(law))


def spread_error() -> float:
    """-dC/dK of the implied law less the slope of compiled options' values, at strikes from 60 to 160.

    The slope is by differences of order four; its own error is of order (half-spread)^4 and rounding / half-spread.
    """
    scenario = textbook(steps=12, vol=VOL, rate=RATE, market={"skew": SKEW})
    clock = make_clock(scenario)
    now = Snapshot.named(spot=S0, vol=VOL, overnight=RATE, us2y=RATE, us10y=RATE)
    start = Start(day=scenario.start, snapshot=now, skew=SKEW)

    def value(strike: float) -> float:
        option = Option(kind="call", strike=strike, expiry=scenario.end, quantity=1.0)
        book = Book((option,)).compile(clock, start)
        return float(book.value(0, now, book.new_fixings(1))[0])

    smile = SkewSmile(level=VOL, spot=S0, skew=SKEW, years=YEARS)
    law = ImpliedLaw(smile=smile, forward=S0 * math.exp(RATE), years=YEARS, discount=math.exp(-RATE))
    worst, h = 0.0, HALF_SPREAD
    for strike in np.arange(60.0, 161.0, 5.0):
        near, far = ((value(strike + j * h) - value(strike - j * h)) / (2 * j * h) for j in (1, 2))
        worst = max(worst, abs(law.discount * float(law.above(strike)) + (4 * near - far) / 3))
    return worst


def law_picture(law: ImpliedLaw) -> Any:
    """Digitals and density over the strike, beside the digitals of a flat vol; dashed: what is known."""
    from analysis.charts.validation import lines

    strikes = np.arange(20.0, 221.0, 5.0)
    flat = ImpliedLaw(smile=lambda k: quadratic(np.full_like(k, S0)), forward=law.forward, years=YEARS)
    curves = {
        "digital": law.discount * law.above(strikes),
        "digital, flat vol": law.discount * flat.above(strikes),
        "density, per 50 $": 50 * law.density(strikes),
    }
    frame = pl.concat([pl.DataFrame({"x": strikes, "y": y, "series": name}) for name, y in curves.items()])
    known = pl.DataFrame({"x": [float(k) for k in DIGITALS], "y": list(DIGITALS.values()), "series": "digital"})
    said = (
        "A digital is worth N(d2) - K n(d2) sqrt(T) sigma'(K): where the smile falls, more than N(d2) at the same vol."
    )
    said += " Dashed: the known digitals."
    title, x, y = "What the smile implies", "strike, $", "$ now per $1; density per 50 $"
    return lines(frame, title=title, said=said, x=x, y=y, curve=known)


def read_asian(lab: Lab) -> Measured:
    """8,192 paths through the engine; the geometric mean as control."""
    law = payoffs.Lognormal.risk_neutral(spot=S0, **ASIAN)
    level = {"vol": law.vol, "credit": 0.0} | dict.fromkeys(("overnight", "us2y", "us10y"), ASIAN["rate"])
    ends = {"2020-01-01": S0, "2020-07-01": S0 * math.exp(law.drift * ASIAN_YEARS)}
    anchors = [{"date": day, "spot": spot, **level} for day, spot in ends.items()]
    run = lab.run(textbook(anchors=anchors, minutes=MINUTES, agents={"maker": MAKER}, run={"paths": 8192, "seed": 3}))
    discount = math.exp(-ASIAN["rate"] * ASIAN_YEARS)
    price = payoffs.asian(run, strike=S0, discount=discount, law=law)
    closes = payoffs.closes(run)
    geometric = np.exp(np.log(closes.spot).mean(axis=1))
    plain = payoffs.price(np.maximum(geometric - S0, 0.0), discount, "geometric Asian")
    european = payoffs.european(run, strike=S0, discount=discount)
    found = {
        "arithmetic, with the geometric control": price.number,
        "arithmetic, without control": price.plain,
        "geometric, without control": plain.number,
        "European, without control": european.number,
        "variance without control over variance with it": Estimate(price.reduction),
    }
    return Measured(estimates=found, picture=control_picture(closes.spot.mean(axis=1), geometric))


def control_picture(arithmetic: Floats, geometric: Floats) -> Any:
    """Why the control works: the two means lie on a line."""
    from analysis.charts.validation import scatter

    cloud = pl.DataFrame({"x": np.maximum(geometric - S0, 0), "y": np.maximum(arithmetic - S0, 0)})
    said = "A dot a path: the payoff on the geometric mean, whose price is known, tells nearly all of the other."
    title, x, y = "The geometric control", "payoff on the geometric mean, $", "payoff on the arithmetic mean, $"
    return scatter(cloud, title=title, said=said, x=x, y=y)


def geometric_price() -> float:
    """Exact discounted price of the geometric Asian on the same closes."""
    times = np.arange(1, CLOSES + 1) * ASIAN_YEARS / CLOSES
    law = payoffs.Lognormal.risk_neutral(spot=S0, **ASIAN)
    return math.exp(-ASIAN["rate"] * ASIAN_YEARS) * law.geometric(times, S0, "call")


def european_price() -> float:
    """Exact discounted price of the European."""
    law = payoffs.Lognormal.risk_neutral(spot=S0, **ASIAN)
    return math.exp(-ASIAN["rate"] * ASIAN_YEARS) * law.terminal(ASIAN_YEARS, S0, "call")


HALF_DIGIT = 0.5e-5
PUBLISHED = "exact, given to 5 digits"
CASES: tuple[Case, ...] = (
    Case(
        name="smile-density",
        title="Digitals, density and a truncated put that a smile implies",
        chapter="Pricing",
        source="Breeden and Litzenberger (1978); exact derivatives of Black's price along the smile",
        inputs="sigma(x) = 0.025 x^2 - 0.23 x + 0.55, x = K/S0; S0 = 100 $, r = 4 %, T = 1 year, no dividends. Of the "
        "engine's smile: skew 0.4, vol 25 %",
        statistic="discounted P(S_T > K); discounted E[(100 - S_T)+; S_T < 75]; integrals of the density; -dC/dK of "
        "options in compiled books",
        expected=(
            *(
                Expected(what=f"digital, strike {k}", value=v, unit="$", rounding=HALF_DIGIT, exact=PUBLISHED)
                for k, v in DIGITALS.items()
            ),
            Expected(
                what="put struck at 100, paid below 75",
                value=PUT_BELOW,
                unit="$",
                rounding=HALF_DIGIT,
                exact=PUBLISHED,
            ),
            Expected(
                what="the same put by integrating the density",
                value=PUT_BELOW,
                unit="$",
                rounding=HALF_DIGIT,
                exact=PUBLISHED,
            ),
            Expected(what="integral of the density", value=1.0, rounding=1e-9),
            Expected(what="mean of the density", value=S0 * math.exp(RATE * YEARS), unit="$", rounding=1e-6),
            Expected(
                what="digitals of the engine's smile against call spreads of its book, worst difference",
                value=1e-10,
                unit="$",
                relation="<",
                exact="bound: differences of order four",
            ),
        ),
        measure=read_smile,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="asian",
        title="An arithmetic Asian call with the geometric control",
        chapter="Pricing",
        source="Kemna and Vorst (1990); value simulated with the same control",
        inputs="S0 = K = 100 $, r = 5 %, q = 1 %, sigma = 30 %, T = 0.5 year, mean of 180 closes without S0; storyline "
        "drift r - q - sigma^2/2, no bridges, no feedback, 8,192 paths",
        statistic="discounted mean payoffs on `closes`; the control's slope by least squares",
        expected=(
            Expected(
                what="arithmetic, with the geometric control",
                value=5.32126,
                unit="$",
                se=0.00011,
                exact="simulated, se 0.00011",
            ),
            Expected(
                what="arithmetic, without control", value=5.32126, unit="$", se=0.00011, exact="simulated, se 0.00011"
            ),
            Expected(what="geometric, without control", value=geometric_price(), unit="$"),
            Expected(what="European, without control", value=european_price(), unit="$"),
            Expected(
                what="variance without control over variance with it", value=500.0, relation=">", exact="ordering only"
            ),
        ),
        measure=read_asian,
        fast=True,
        seconds=4.0,
    ),
)
