"""Mean payoffs of claims on the closes of a run: European, digital, Asian, lookback and barrier.

    from analysis import open_run, payoffs

    run = open_run("runs/textbook")
    law = payoffs.Lognormal.risk_neutral(spot=100.0, rate=0.05, dividend_yield=0.01, vol=0.3)
    price = payoffs.asian(run, strike=100.0, discount=0.975, law=law)
    print(price.number, price.reduction)

The averages are over the run's paths as they are. They are prices where the scenario is risk neutral (its storyline, a
median, drifts at rate - dividends - vol^2 / 2); in a crisis they are expected payoffs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np
import polars as pl

from analysis import frames, numbers
from analysis.calendar_days import day_of, days_a_year, is_continuous
from analysis.numbers import FloatArray, Number
from sim.clock import CONTINUOUS_DAYS
from sim.dataset import Run
from sim.errors import UserError
from sim.figure_text import fixed, significant
from sim.named_tuple import NamedTuple

Kind = Literal["call", "put"]
SIGNS: dict[Kind, float] = {"call": 1.0, "put": -1.0}
FAR = 6.0  # standard errors between a control's mean and its exact value: beyond, the law does not fit
DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class Price:
    """A discounted mean payoff, with and without its control variate."""

    number: Number
    plain: Number
    reduction: float  # variance without the control over variance with it; 1 where there is none


class Closes(NamedTuple):
    """Closes of the asset after the start. years: (closes,) of trading time; spot: (paths, closes), $."""

    years: FloatArray
    spot: FloatArray


@dataclass(frozen=True, kw_only=True)
class Lognormal:
    """The law of a geometric Brownian motion: ln S_t is normal, mean ln spot + drift t, variance vol^2 t."""

    spot: float  # $ at the start
    drift: float  # of ln S, per trading year
    vol: float  # decimal

    def __post_init__(self) -> None:
        for name in ("spot", "vol"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise UserError(f"{name} is a positive number", value=getattr(self, name), place=name)

    @classmethod
    def risk_neutral(cls, *, spot: float, rate: float, dividend_yield: float, vol: float) -> Lognormal:
        """Under which the asset earns `rate` (decimals a trading year, continuous)."""
        return cls(spot=spot, drift=rate - dividend_yield - 0.5 * vol * vol, vol=vol)

    def terminal(self, years: float, strike: float, kind: Kind) -> float:
        """E (S_T - K)+ or E (K - S_T)+, $ undiscounted (Black 1976)."""
        return self._expected(self.drift * years, self.vol**2 * years, strike, kind)

    def geometric(self, years: FloatArray, strike: float, kind: Kind) -> float:
        """E (G - K)+ or E (K - G)+, G the geometric mean at these times, ascending (Kemna and Vorst 1990).

        ln G is normal; its variance is vol^2 / n^2 times the sum of min(t_i, t_j) over all pairs.
        """
        n = years.size
        later = 2 * np.arange(n, 0, -1) - 1  # pairs in which t_i is the earlier one
        variance = self.vol**2 * float(years @ later) / n**2
        return self._expected(self.drift * float(years.mean()), variance, strike, kind)

    def _expected(self, mean: float, variance: float, strike: float, kind: Kind) -> float:
        from scipy.special import ndtr

        sign, sd = SIGNS[kind], math.sqrt(variance)
        centre = math.log(self.spot / strike) + mean
        forward = self.spot * math.exp(mean + 0.5 * variance)
        return float(sign * (forward * ndtr(sign * (centre / sd + sd)) - strike * ndtr(sign * centre / sd)))


def closes(run: Run, *, until: date | None = None, world: str = "actual") -> Closes:
    """The asset's closes after the start, to the last one not after `until`. Raises UserError if there are none."""
    start = datetime.fromisoformat(run.manifest["clock"]["first"])
    wanted = (pl.col("world") == frames.check_world(run, world)) & (pl.col("venue") == frames.ASSET)
    if until is not None:
        wanted &= day_of(run) <= until
    found = run.table("closes").filter(wanted & (pl.col("time") > start)).sort("path", "time")
    frame = found.select("path", "time", "mid").collect()
    if not frame.height:
        raise UserError(
            "there are no closes by then", value=str(until), place=str(run.path), remedy="choose a later day"
        )
    times = frame["time"].unique().sort()
    return Closes(_trading_years(run, times, start), frame["mid"].to_numpy().reshape(-1, times.len()))


def _trading_years(run: Run, times: pl.Series, start: datetime) -> FloatArray:
    """Of each close: whole days over those of a year, or on the continuous calendar seconds of a year of 364 days."""
    if not is_continuous(run):
        return np.arange(1, times.len() + 1) / days_a_year(run)
    elapsed = (times.to_numpy() - np.datetime64(start, "us")) / np.timedelta64(1, "s")
    return np.asarray(elapsed / (CONTINUOUS_DAYS * DAY_SECONDS))


def european(
    run: Run, *, strike: float, kind: Kind = "call", discount: float = 1.0, until: date | None = None,
    world: str = "actual",
) -> Price:  # fmt: skip
    """(S_T - K)+ or (K - S_T)+ at the last close."""
    last = closes(run, until=until, world=world).spot[:, -1]
    return price(_intrinsic(last, strike, kind), discount, f"European {kind}, strike {significant(strike)}")


def digital(
    run: Run, *, strike: float, kind: Kind = "call", discount: float = 1.0, until: date | None = None,
    world: str = "actual",
) -> Price:  # fmt: skip
    """$1 where the last close is above the strike (call) or below it (put)."""
    last = closes(run, until=until, world=world).spot[:, -1]
    hit = _intrinsic(last, strike, kind) > 0
    return price(hit.astype(np.float64), discount, f"Digital {kind}, strike {significant(strike)}")


def asian(
    run: Run, *, strike: float, kind: Kind = "call", discount: float = 1.0, law: Lognormal | None = None,
    until: date | None = None, world: str = "actual",
) -> Price:  # fmt: skip
    """(A - K)+ or (K - A)+, A the arithmetic mean of the closes after the start.

    With `law`, the run's own, the same claim on the geometric mean is its control (Kemna and Vorst 1990). Raises
    UserError if the run is not of that law.
    """
    found = closes(run, until=until, world=world)
    payoff = _intrinsic(found.spot.mean(axis=1), strike, kind)
    label = f"Asian {kind}, strike {significant(strike)}"
    if law is None:
        return price(payoff, discount, label)
    geometric = _intrinsic(np.exp(np.log(found.spot).mean(axis=1)), strike, kind)
    return price(payoff, discount, label, geometric, law.geometric(found.years, strike, kind))


def lookback(
    run: Run, *, strike: float, kind: Kind = "call", discount: float = 1.0, law: Lognormal | None = None,
    until: date | None = None, world: str = "actual",
) -> Price:  # fmt: skip
    """(highest close - K)+ or (K - lowest close)+, the start left out; the control is the European claim."""
    found = closes(run, until=until, world=world)
    best = found.spot.max(axis=1) if kind == "call" else found.spot.min(axis=1)
    label = f"Lookback {kind}, strike {significant(strike)}"
    return _with_european(_intrinsic(best, strike, kind), found, strike, kind, discount, label, law)


def barrier(
    run: Run, *, strike: float, level: float, knock: Literal["in", "out"] = "out", kind: Kind = "call",
    discount: float = 1.0, law: Lognormal | None = None, until: date | None = None, world: str = "actual",
) -> Price:  # fmt: skip
    """The European claim on paths with (in) or without (out) a close at or beyond `level`; it is the control too.

    A level above the starting spot is touched from below, one below it from above.
    """
    found = closes(run, until=until, world=world)
    up = level > float(run.manifest["base"]["spot"])
    touched = (found.spot >= level if up else found.spot <= level).any(axis=1)
    payoff = _intrinsic(found.spot[:, -1], strike, kind) * (touched if knock == "in" else ~touched)
    kept = f"{'up' if up else 'down'}-and-{knock} at {significant(level)}"
    label = f"Barrier {kind}, strike {significant(strike)}, {kept}"
    return _with_european(payoff, found, strike, kind, discount, label, law)


def _with_european(
    payoff: FloatArray, found: Closes, strike: float, kind: Kind, discount: float, label: str, law: Lognormal | None
) -> Price:
    if law is None:
        return price(payoff, discount, label)
    plain = _intrinsic(found.spot[:, -1], strike, kind)
    return price(payoff, discount, label, plain, law.terminal(float(found.years[-1]), strike, kind))


def _intrinsic(spot: FloatArray, strike: float, kind: Kind) -> FloatArray:
    if kind not in SIGNS:
        raise UserError("an option is a call or a put", value=kind, place="kind")
    if not (math.isfinite(strike) and strike > 0):
        raise UserError("a strike is a positive price", value=strike, place="strike")
    return np.maximum(SIGNS[kind] * (spot - strike), 0.0)


def price(
    payoff: FloatArray, discount: float, label: str, control: FloatArray | None = None, exact: float = math.nan
) -> Price:
    """The discounted mean of any payoff, (paths,) $, and its standard error.

    With `control`, (paths,), of which `exact` is the mean that theory gives: of payoff - b (control - exact), b by
    least squares, whose bias is of order 1 / paths. Raises UserError if the control is FAR off its mean.
    """
    plain = numbers.mean(discount * payoff, "price", label)
    if control is None or payoff.size < 3 or control.std() == 0:
        return Price(number=plain, plain=plain, reduction=1.0)
    _check_law(numbers.mean(control, "price", label), exact)
    slope = float(np.cov(payoff, control)[0, 1] / control.var(ddof=1))
    left = payoff - slope * (control - exact)
    reduction = float(payoff.var() / left.var()) if left.var() > 0 else math.inf
    return Price(number=numbers.mean(discount * left, "price", label), plain=plain, reduction=reduction)


def _check_law(mean: Number, exact: float) -> None:
    if abs(mean.value - exact) > FAR * (mean.error or math.inf):
        raise UserError(
            "the law of a control is that of the run", place="law",
            value=f"the control pays {mean} on average where the law says {fixed(exact, 4)}",
            remedy="leave out `law`, or give the run's own drift and vol",
        )  # fmt: skip
