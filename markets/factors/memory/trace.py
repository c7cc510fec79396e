"""The response of vol to one trade (its trace), to first order, in a market at rest: size and duration.

At rest there is no trend, and realised vol reproduces itself through its squared returns.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.specs.memory import KernelSpec, MemorySpec

Vector = NDArray[np.float64]
LONGEST = 20.0  # trading years: maximum length of a trace


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace:
    """Response of a level to a trade that moves ln S by 1: read . z_n after n returns, z_{n+1} = carry z_n.

    start: (states,) z_0, right after the trade. carry: (states, states). read: (states,). step: trading years a return.
    """

    start: Vector
    carry: Vector
    read: Vector
    step: float

    def after(self, returns: int) -> Vector:
        """The response at once and after each return, (returns + 1,), level per unit of ln S."""
        state, found = self.start, np.empty(returns + 1)
        read, carry = self.read.dot, self.carry.dot  # as `@`, in half the time
        for n in range(returns + 1):
            found[n] = read(state)
            state = carry(state)
        return found

    @property
    def total(self) -> float:
        """Sum of the responses times `step`: level x trading years per unit of ln S; infinite unless the trace
        fades."""
        if not self.fades:
            return np.inf
        return float(self.read @ np.linalg.solve(np.eye(len(self.start)) - self.carry, self.start) * self.step)

    @property
    def fades(self) -> bool:
        """Whether the trace dies out."""
        return bool(np.abs(np.linalg.eigvals(self.carry)).max() < 1)

    @cached_property
    def _answers(self) -> Vector:
        """Sizes of all responses."""
        return np.abs(self.after(int(LONGEST / self.step)))

    def time_to(self, share: float) -> float:
        """Trading years until the response stays below `share` of the first one; infinite if it never does."""
        answers = self._answers
        above = np.flatnonzero(answers > share * answers[0])
        if not self.fades or not len(above) or above[-1] + 1 == len(answers):
            return np.inf
        last = int(above[-1])
        part = (answers[last] - share * answers[0]) / (answers[last] - answers[last + 1])
        return float((last + part) * self.step)


def weights(kernel: KernelSpec) -> tuple[Vector, Vector]:
    """Shares and speeds (1/trading year) of a kernel's two factors, (2,) each."""
    return np.array([1 - kernel.slow_share, kernel.slow_share]), np.array([kernel.fast, kernel.slow])


def mass(kernel: KernelSpec, step: float) -> float:
    """Sum of K(n step) step over n = 0, 1, ...: sum of w lam step / (1 - exp(-lam step)); 1 for short returns."""
    share, speed = weights(kernel)
    return float((share * speed * step / -np.expm1(-speed * step)).sum())


def realised_terms(spec: MemorySpec) -> tuple[float, float, float]:
    """Base, trend and activity of realised vol, times its level."""
    level = spec.realised_level
    return level * spec.realised_base, level * spec.realised_trend, level * spec.realised_activity


def realised_at_rest(spec: MemorySpec, step: float) -> float:
    """Realised vol at rest: base / (1 - activity sqrt(mass of the squares)); infinite if that product is 1 or more.

    R2 is taken at its mean. If only few returns have weight, E sqrt(R2) is below the root of the mean, and so is vol.
    """
    base, _, activity = realised_terms(spec)
    gain = activity * np.sqrt(mass(spec.squares, step))
    return float(base / (1 - gain)) if gain < 1 else np.inf


def implied_at_rest(spec: MemorySpec, step: float) -> float:
    """Implied vol of a market at rest, decimal."""
    activity = np.sqrt(mass(spec.squares, step)) * realised_at_rest(spec, step)
    return float(spec.base + spec.activity * activity)


def implied_trace(spec: MemorySpec, *, step: float, lasting: float = 1.0, resilience: float = 0.0) -> Trace:
    """ln of implied vol after a trade, per unit of ln S.

    d vol = trend dR1 + activity dR2 / (2 sqrt R2), and dR2 follows from the added variance: 2 sigma d sigma at each
    return, sigma being realised vol. lasting: share of the impact that stays; the rest decays at `resilience`,
    1/trading year.
    """
    level = implied_at_rest(spec, step)
    return _path_trace(spec, spec.trend / level, spec.activity / level, step, lasting, resilience)


def leverage_trace(beta: float, kappa: float, *, step: float, lasting: float = 1.0, resilience: float = 0.0) -> Trace:
    """ln implied vol after a trade under the one-factor law, per unit of ln S, at base vol: it decays at `kappa`."""
    stays, left = np.exp(-kappa * step), np.exp(-resilience * step)
    carry = np.array([[stays, left - 1], [0.0, left if resilience > 0 else 0.0]])  # rows: response, decaying impact
    return Trace(start=np.array([1.0, 1 - lasting]), carry=carry, read=np.array([-beta, 0.0]), step=step)


def _path_trace(
    spec: MemorySpec, trend: float, activity: float, step: float, lasting: float, resilience: float
) -> Trace:
    """States: two factors of returns, two of squares (over twice the vol at rest), and the decaying displacement."""
    (v, fast), (w, slow) = weights(spec.returns), weights(spec.squares)
    left, root = np.exp(-resilience * step), np.sqrt(mass(spec.squares, step))
    carry = np.zeros((5, 5))
    carry[:2, :2] = np.diag(np.exp(-fast * step))
    carry[:2, 4] = -fast * (1 - left)
    carry[2:4, 2:4] = np.diag(np.exp(-slow * step))
    _, own_trend, own_activity = realised_terms(spec)
    carry[2:4] += np.outer(slow * step, np.concatenate([own_trend * v, own_activity / root * w, [0.0]]))
    carry[4, 4] = left if resilience > 0 else 0.0
    start = np.concatenate([fast, [0.0, 0.0, 1 - lasting]])
    return Trace(start=start, carry=carry, read=np.concatenate([trend * v, activity / root * w, [0.0]]), step=step)
