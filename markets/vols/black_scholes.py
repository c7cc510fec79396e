"""Price and Greeks of many different European options at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.kernels.european import european_options
from sim.errors import UserError
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]


class Priced(NamedTuple):
    """Arrays of the arguments' common shape."""

    value: Floats  # $
    delta: Floats  # units
    gamma: Floats  # units per $
    vega: Floats  # $ per 1.00 of vol


def black_scholes(
    spot: ArrayLike,
    strike: ArrayLike,
    vol: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike = 0.0,
    *,
    dividend_yield: ArrayLike = 0.0,
    kind: ArrayLike = "call",
) -> Priced:
    """Value, delta, gamma and vega of European calls and puts, each argument a number or an array.

    spot, strike: $. vol: decimal, a year. years: to expiry. rate, dividend_yield: continuous, a year. kind: "call" or
    "put". Errors are below 1e-12 of spot + strike (1 for delta). At zero time or vol: the limits (delta 1/2 at the
    money). NaN if spot, vol or years is negative or strike is not positive. Raises UserError for another kind, and for
    shapes that do not broadcast.
    """
    given = (signs_of(kind), spot, strike, vol, years, rate, dividend_yield)
    columns = [np.asarray(each, dtype=np.float64) for each in given]
    try:
        shape = np.broadcast_shapes(*(each.shape for each in columns))
    except ValueError:
        shapes = ", ".join(str(each.shape) for each in columns[1:])
        raise UserError("the shapes of the arguments go together", value=shapes) from None
    out = np.empty((4, *shape))
    sign, s, k, v, t, r, q = (_column(each, shape) for each in columns)
    if out.size:
        european_options(sign, s, k, v, t, r, q, out.reshape(4, -1))
    return Priced(*out)


def signs_of(kind: ArrayLike) -> Floats:
    """+1 for calls, -1 for puts. Raises UserError for another kind."""
    kinds = np.asarray(kind)
    calls = kinds == "call"
    wrong = kinds[~(calls | (kinds == "put"))]
    if wrong.size:
        raise UserError("an option is a call or a put", value=str(wrong.flat[0]), place="kind")
    return np.where(calls, 1.0, -1.0)


def _column(each: Floats, shape: tuple[int, ...]) -> Floats:
    """One number, or all of them in a row."""
    return each.reshape(1) if each.size == 1 else np.ascontiguousarray(np.broadcast_to(each, shape)).reshape(-1)
