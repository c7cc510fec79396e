"""Credit for long listed options: what options that are paid for in full count for in a desk's margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple
from sim.vectors import total

if TYPE_CHECKING:
    from collections.abc import Iterable

Vector = NDArray[np.float64]


class OptionCredit(NamedTuple):
    """What of a requirement is not called, as options stand for it, (paths,) $ each."""

    whole: Vector
    initial: Vector  # the part of it that stands for initial margin


def option_credit(share: float, liquidating: Vector, owed: Vector, initial: Vector) -> OptionCredit:
    """`share` of what the options would fetch, as far as the requirement goes: first what is owed, then initial margin.

    No cash is paid for it, so that gains on other positions are still paid out in full.
    liquidating, owed, initial: $; owed is negative where it is owed to the desk.
    """
    debt = np.maximum(owed, 0.0)
    whole = np.minimum(share * liquidating, debt + initial)
    return OptionCredit(whole, np.maximum(whole - debt, 0.0))


def together(credits: Iterable[OptionCredit | None]) -> OptionCredit | None:
    """Of several netting sets, one beside the other; None where none gives any."""
    given = [each for each in credits if each is not None]
    if not given:
        return None
    return OptionCredit(total(each.whole for each in given), total(each.initial for each in given))
