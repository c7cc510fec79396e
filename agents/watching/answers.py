"""Checks of what a user's policies return: one number per path, else the run ends with a one-line error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.watching.frames import is_ours
from agents.watching.wrong_answer import WrongAnswer, shown
from markets.venues.order import MOST, NUMBERS

if TYPE_CHECKING:
    from agents.policies import Policy, Situation
    from agents.world import TradingWorld

Vector = NDArray[np.float64]
Answer = Callable[["Situation"], Any]
SEEN = ("spot", "last_spot", "vol", "half_spread", "position", "target")  # vectors of the market, ledger and desk


def desired(policy: Policy, world: TradingWorld) -> Callable[[Situation], Vector]:
    """`policy.desired`; for a user's class with its results checked."""
    return _checked(policy, "desired", world, "return at.target, or at.position where nothing is to be done")


def vol_multiplier(policy: Policy, world: TradingWorld) -> Callable[[Situation], Vector | None]:
    """`policy.vol_multiplier`, likewise; None is allowed."""
    return _checked(policy, "vol_multiplier", world, "return one number a path, or None for `at.vol`", none=True)


def _checked(policy: Policy, name: str, world: TradingWorld, remedy: str, *, none: bool = False) -> Answer:
    method: Answer = getattr(policy, name)
    code = getattr(getattr(type(policy), name), "__code__", None)
    if code is not None and is_ours(code):
        return method

    def answer(at: Situation) -> Any:
        seen = at.but(**{field: _read_only(getattr(at, field)) for field in SEEN})
        got = method(seen)
        if got is None and none:
            return None
        found = vector(got, world, policy, f"{name}()", code, remedy)
        if not none and (worth := float(np.max(np.abs(found * at.spot)))) > MOST:
            raise WrongAnswer(f"{name}() gave a position worth ${worth:.3g}; the most is ${MOST:.0e}", code)
        return found

    return answer


def _read_only(values: Vector) -> Vector:
    """The same numbers, not to be written to: they are the market's."""
    view = values.view()
    view.flags.writeable = False
    return view


def vector(got: Any, world: TradingWorld, by: Policy, what: str, code: Any, remedy: str) -> Vector:
    """A policy's result as (paths,) float64. Raises WrongAnswer if it is anything else, or not finite."""
    paths = (world.paths,)
    plain = isinstance(got, np.ndarray) and not isinstance(got, np.ma.MaskedArray)
    if not plain or got.shape != paths or got.dtype.kind not in NUMBERS:
        raise WrongAnswer(f"{what} gave {shown(got)}, not a vector of one number a path, {paths}; {remedy}", code)
    bad = ~np.isfinite(got)
    if bad.any():
        path = int(np.argmax(bad))
        rule = f"{what} gave {got[path]} on path {int(world.log.paths[path])}; it must be finite on every path"
        raise WrongAnswer(rule, code)
    return np.require(got, np.float64, ["C", "W"])
