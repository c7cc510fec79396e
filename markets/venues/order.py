"""Orders and fills."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import drop_dust
from sim.errors import SpiralError
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    import simpy

Vector = NDArray[np.float64]
Demand = Callable[[Vector], Vector]  # displacement (paths,), ln S or decimal rate -> signed quantity (paths,)

FLOAT = np.dtype(np.float64)
DUST = 1e-4  # $: a smaller order is the rounding of a position, not a decision
MOST = 1e30  # $: sums and squares of larger ones leave the range of numbers
NUMBERS = "fiu"  # kinds of dtype: a mask or an object is no number


class Named(Protocol):
    """Anything with an account."""

    @property
    def name(self) -> str:
        """Its account."""


class Order(NamedTuple):
    """The quantity that a taker wants to trade at any displacement of the price, and the event that gets the fill."""

    taker: str
    quantity: Demand
    answer: simpy.Event


class Fill:
    """The result of an order, (paths,) each."""

    def __init__(
        self, ordered: Vector, quantity: Vector, price: Callable[[], Vector], *, in_full: bool = False
    ) -> None:
        """price: a function that computes the price at the first read. in_full: known to be so; False: look."""
        self._price, self.in_full = price, in_full  # whether all of something was filled on every path
        self.ordered, self.quantity = ordered, quantity  # signed; what was ordered, and what was filled

    @cached_property
    def unfilled(self) -> Vector:
        """Signed, returned to the taker."""
        return self.ordered - self.quantity

    @cached_property
    def price(self) -> Vector:
        """Execution price, $/unit or decimal rate."""
        return self._price()


def tradable(quantity: Vector | float, unit_notional: Vector) -> tuple[Vector, bool]:
    """A quantity as ordered, (paths,), with dust (at `unit_notional` $ per unit) set to 0; and whether it is sound.

    Sound: finite, and worth at most `MOST` $. Raises TypeError unless it is a number or one number per path.
    """
    ordered = np.empty(unit_notional.shape)
    if not (
        type(quantity) is np.ndarray
        and quantity.shape == ordered.shape
        and quantity.flags.carray
        and quantity.dtype is FLOAT
    ):
        quantity = _one_a_path(quantity, ordered.shape)
    return ordered, drop_dust(quantity, unit_notional, DUST, MOST, ordered)


def numbers(given: Any) -> Vector:
    """Numbers as an array of them. Raises TypeError for masks, masked arrays, and what is no number."""
    found = np.asarray(given)
    if found.dtype.kind not in NUMBERS or isinstance(given, np.ma.MaskedArray):
        raise TypeError(f"{type(given).__name__} of {found.dtype}")
    return found.astype(np.float64, copy=False)


def check_size(what: str, notional: Vector) -> None:
    """Raise SpiralError for a notional, (paths,) $, above `MOST`."""
    largest = float(np.max(np.abs(notional)))
    if largest > MOST:
        raise SpiralError(f"{what} is worth ${largest:.3g}; the most is ${MOST:.0e}")


def _one_a_path(quantity: Vector | float, paths: tuple[int, ...]) -> Vector:
    try:
        return np.array(np.broadcast_to(numbers(quantity), paths))
    except (TypeError, ValueError) as error:
        shape = getattr(quantity, "shape", None)
        got = repr(quantity)[:60] if shape is None else str(error) if shape == paths else shape
        raise TypeError(f"an order is a number or one number a path, {paths}, got {got}") from None
