"""Options on a forward rate at a lognormal, shifted lognormal or normal vol, and the vol that a price implies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.kernels.bachelier import normal_options
from markets.vols.black_scholes import Priced, black_scholes
from sim.errors import UserError
from sim.normal import ndtr

Floats = NDArray[np.float64]

SIDES = {"payer": 1.0, "call": 1.0, "cap": 1.0, "receiver": -1.0, "put": -1.0, "floor": -1.0}
STEPS = 60  # of Newton's method at most; it takes 3 to 8
CLOSE = 1e-15  # relative: a step that moves the log of the vol by less ends the search


def black(
    forward: ArrayLike,
    strike: ArrayLike,
    vol: ArrayLike,
    years: ArrayLike,
    annuity: ArrayLike = 1.0,
    *,
    side: ArrayLike = "payer",
    shift: ArrayLike = 0.0,
) -> Priced:
    """Value, delta, gamma and vega of options on a lognormal forward rate (Black 1976), all shifted by `shift`.

    A payer is worth A ((F + s) N(d1) - (K + s) N(d2)), d1, d2 = ln((F + s) / (K + s)) / sd +- sd / 2, sd = vol sqrt(T).
    Each argument is a number or an array of the common shape of the answer.

    Args:
        forward, strike, shift: decimal rates.
        vol: lognormal, decimal a year.
        years: to expiry.
        annuity: years (what one unit of the fixed rate is worth), which scales the value; 1: per unit of annuity.
        side: "payer" ("call", "cap") or "receiver" ("put", "floor").

    Returns: value (decimal of notional), its derivatives by the forward (first and second), and per 1.00 of vol; NaN
    where forward + shift, vol or years is negative, or strike + shift is not positive.
    Raises UserError for another side, and for shapes that do not go together.
    """
    signs, f, k, s, v, t, a = _together(side, forward, strike, shift, vol, years, annuity)
    kinds = np.where(signs > 0, "call", "put")
    return Priced(*(a * each for each in black_scholes(f + s, k + s, v, t, kind=kinds)))


def bachelier(
    forward: ArrayLike,
    strike: ArrayLike,
    vol: ArrayLike,
    years: ArrayLike,
    annuity: ArrayLike = 1.0,
    *,
    side: ArrayLike = "payer",
) -> Priced:
    """Value, delta, gamma and vega of options on a normal forward rate (Bachelier 1900).

    A payer is worth A ((F - K) N(d) + vol sqrt(T) n(d)), d = (F - K) / (vol sqrt(T)). Arguments, answer and errors as
    for `black`, but for `vol`: normal, decimal a year (0.0090 is 90 bp), and rates of any sign.
    """
    signs, f, k, v, t, a = _together(side, forward, strike, vol, years, annuity)
    out = np.empty((4, a.size))
    sign, forwards, strikes, vols, times = (np.ascontiguousarray(each).reshape(-1) for each in (signs, f, k, v, t))
    normal_options(sign, forwards, strikes, vols, times, out)
    return Priced(*(a * each.reshape(a.shape) for each in out))


def implied_normal(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    annuity: ArrayLike = 1.0,
    *,
    side: ArrayLike = "payer",
) -> Floats:
    """The normal vol at which `bachelier` gives a price, decimal a year.

    The time value of the side out of the money, per |F - K|, is h(x) = n(x) / x - N(-x) in x = |F - K| / sd: it falls
    from infinity to 0, and Newton's method in ln h and ln x finds where. NaN where the price is not above what is
    certain, A max(+-(F - K), 0), or years is not positive. Raises as `black` does.
    """
    signs, p, f, k, t, a = _together(side, price, forward, strike, years, annuity)
    gap = np.abs(f - k)
    value = p / a - np.maximum(signs * (f - k), 0.0)
    with np.errstate(all="ignore"):
        at_money = value * np.sqrt(2 * np.pi)
        sd = np.where(gap > 0, gap / _normal_distance(value / gap), at_money)
        return np.asarray(np.where((value > 0) & (t > 0), sd / np.sqrt(t), np.nan))


def implied_black(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    annuity: ArrayLike = 1.0,
    *,
    side: ArrayLike = "payer",
    shift: ArrayLike = 0.0,
) -> Floats:
    """The lognormal vol at which `black` gives a price, decimal a year.

    Newton's method in the log of the time value and of the standard deviation, from its point of inflection. NaN where
    the price is not between what is certain and A (F + s) (payer) or A (K + s) (receiver), or years is not positive.
    Raises as `black` does.
    """
    signs, p, f, k, s, t, a = _together(side, price, forward, strike, shift, years, annuity)
    f, k = f + s, k + s
    value = p / a - np.maximum(signs * (f - k), 0.0)
    with np.errstate(all="ignore"):
        log_moneyness, scale = -np.abs(np.log(f / k)), np.sqrt(f * k)
        sd = _lognormal_sd(value / scale, log_moneyness)
        sound = (value > 0) & (value < np.minimum(f, k)) & (t > 0) & (f > 0) & (k > 0)
        return np.asarray(np.where(sound, sd / np.sqrt(t), np.nan))


def _normal_distance(ratio: Floats) -> Floats:
    """x > 0 with h(x) = n(x) / x - N(-x) = ratio, by Newton's method in logs."""
    from scipy.special import erfcx

    def step(log_x: Floats) -> tuple[Floats, Floats]:
        x = np.exp(log_x)
        mills = np.sqrt(np.pi / 2) * erfcx(x / np.sqrt(2))  # N(-x) / n(x)
        rest = 1 / x - mills
        log_h = -0.5 * x * x - 0.5 * np.log(2 * np.pi) + np.log(rest)
        return log_h - np.log(ratio), -1 / (x * rest)  # d ln h / d ln x = -n(x) / (x h)

    small = np.log(1 / np.sqrt(2 * np.pi)) - np.log(ratio)  # h is about n(0) / x near 0
    large = 0.5 * np.log(np.maximum(-2 * np.log(ratio), 1.0))  # and about n(x) / x^3 far away
    return np.exp(_newton(step, np.where(ratio > 0.5, small, large)))


def _lognormal_sd(value: Floats, x: Floats) -> Floats:
    """sd > 0 at which an option out of the money, ln(F / K) = -|x|, is worth `value` sqrt(F K)."""

    def step(log_sd: Floats) -> tuple[Floats, Floats]:
        sd = np.exp(log_sd)
        d1, d2 = x / sd + 0.5 * sd, x / sd - 0.5 * sd
        worth = np.exp(0.5 * x) * ndtr(d1) - np.exp(-0.5 * x) * ndtr(d2)
        vega = np.exp(0.5 * x - 0.5 * d1 * d1) / np.sqrt(2 * np.pi)
        return np.log(worth) - np.log(value), sd * vega / worth

    inflection = np.sqrt(np.maximum(2 * np.abs(x), np.pi * value**2))
    return np.exp(_newton(step, np.log(inflection)))


def _newton(step: Callable[[Floats], tuple[Floats, Floats]], start: Floats) -> Floats:
    """Where a rising or falling function of many numbers, each of its own, is 0. step: its value and slope."""
    at = start
    for _ in range(STEPS):
        gap, slope = step(at)
        move = np.clip(np.where(np.isfinite(gap / slope), gap / slope, 0.0), -1.0, 1.0)
        at = at - move
        if np.all(np.abs(move) <= CLOSE * np.maximum(np.abs(at), 1.0)):
            break
    return at


def _together(side: ArrayLike, *given: ArrayLike) -> tuple[Any, ...]:
    """Signs of the sides and the other arguments as arrays of one shape. Raises UserError."""
    sides = np.asarray(side)
    wrong = [each for each in np.unique(sides).tolist() if each not in SIDES]
    if wrong:
        raise UserError("an option on a rate is a payer or a receiver", value=wrong[0], place="side")
    signs = np.vectorize(SIDES.__getitem__, otypes=[float])(sides)
    columns = [signs, *(np.asarray(each, dtype=np.float64) for each in given)]
    try:
        return tuple(np.broadcast_arrays(*columns))
    except ValueError:
        shapes = ", ".join(str(each.shape) for each in columns[1:])
        raise UserError("the shapes of the arguments go together", value=shapes) from None
