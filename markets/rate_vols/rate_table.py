"""A function of one normal factor, known at Chebyshev's points: its values between them, turns and exact quantiles."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from markets.kernels.quantile import normal_quantiles
from sim.dataclass import dataclass
from sim.errors import UserError

Floats = NDArray[np.float64]

NODES = 33  # of a table, if nothing else is said
WIDE = 6.0  # standard deviations that a table covers on either side: beyond lies 2e-9
CELLS = 128  # of the grid on which a quantile is looked for
GRID, FINE = 8192, 512  # cells of functions that are too bent for a table: of a formula, of a book in a run
HALVINGS = 45  # of the bracket of a quantile on that grid
RESOLVED, CONVERGED = 1e-7, 1e-3  # of a table's largest coefficient: its last ones, likewise
STILL = 1e-11  # of the largest value: moves that are rounding
NEAR = np.array([-1e-3, 0.0, 1e-3])  # standard deviations, of moves by which derivatives are taken beside corners
TURNING = 2048  # points between which a sign of the slope is looked for


def points(low: float, high: float, nodes: int = NODES) -> Floats:
    """Chebyshev's points of the second kind from `low` to `high`, ends included, rising: (nodes,)."""
    angles = np.pi * np.arange(nodes) / (nodes - 1)
    return np.asarray(0.5 * (low + high) - 0.5 * (high - low) * np.cos(angles))


@dataclass(frozen=True, eq=False)
class RateTable:
    """Functions on [low, high] as the polynomials through their values at `points(low, high, nodes)`.

    Trefethen, Approximation Theory and Approximation Practice (2013): such a polynomial converges geometrically for a
    function that is analytic, as values of swaps and of options ahead of their expiry are.
    """

    low: float
    high: float
    values: Floats  # (nodes, functions)

    def at(self, where: ArrayLike) -> Floats:
        """Values at points of any shape (...): (functions, ...)."""
        unit = self._unit(where)
        basis = chebyshev.chebvander(unit.reshape(-1), len(self.values) - 1)  # (points, nodes), one for all functions
        return np.asarray((basis @ self._coefficients()).T.reshape(-1, *unit.shape))

    def slope(self, where: ArrayLike, order: int = 1) -> Floats:
        """Derivatives of an order at points of any shape (...): (functions, ...)."""
        scale = (2.0 / (self.high - self.low)) ** order
        return np.asarray(scale * chebyshev.chebval(self._unit(where), chebyshev.chebder(self._coefficients(), order)))

    def turns(self, number: int = 0) -> Floats:
        """Where a function turns, inside (low, high), rising."""
        grid = np.linspace(self.low, self.high, TURNING)
        found = self.slope(grid)[number]
        cross = np.flatnonzero(found[:-1] * found[1:] < 0)
        inside = grid[cross] - found[cross] * (grid[cross + 1] - grid[cross]) / (found[cross + 1] - found[cross])
        return self.turns_near(inside, number)

    def turns_near(self, inside: Floats, number: int = 0) -> Floats:
        """Where a function turns, from points close to it."""
        for _ in range(3):  # Newton
            bend = self.slope(inside, 2)[number]
            inside = inside - self.slope(inside)[number] / np.where(bend == 0, 1.0, bend)
        return np.asarray(inside)

    def quantile(self, level: float) -> Floats:
        """The least q with P(f(Z) <= q) >= level for Z standard normal, (functions,); low and high in its units."""
        from scipy.special import ndtri

        check_level(level)
        out = np.empty(self.values.shape[1])
        step = (self.high - self.low) / CELLS
        rows, transform = _weights(len(self.values), step), _transform(len(self.values))
        z = self._unit(np.array([-ndtri(level), ndtri(level)]))
        sides = chebyshev.chebvander(z, len(self.values) - 1) @ transform
        normal_quantiles(np.ascontiguousarray(self.values), rows, sides, self.low, step, level, out)
        return out

    def resolved(self, share: float = RESOLVED) -> NDArray[np.bool_]:
        """Whether the last coefficients are below a share of the largest, (functions,).

        The polynomials have then converged. Those of payoffs with a corner never do.
        """
        sizes = np.abs(self._coefficients()[1:])
        return np.asarray(sizes[-4:].max(axis=0) <= share * sizes.max(axis=0))

    def _unit(self, where: ArrayLike) -> Floats:
        return np.asarray((2.0 * np.asarray(where, dtype=np.float64) - self.low - self.high) / (self.high - self.low))

    def _coefficients(self) -> Floats:
        return np.asarray(_transform(len(self.values)) @ self.values)


def grid_quantile(values: Floats, level: float) -> Floats:
    """As `RateTable.quantile`, of functions that are straight between points of an even grid over `WIDE`.

    values: (points, functions).
    """
    from sim.normal import ndtr

    check_level(level)
    bounds = ndtr(np.linspace(-WIDE, WIDE, len(values)))
    bounds[0], bounds[-1] = 0.0, 1.0
    chance = np.diff(bounds)[:, None]
    low, high = np.minimum(values[:-1], values[1:]), np.maximum(values[:-1], values[1:])
    width = np.where(high > low, high - low, 1.0)
    below, above = values.min(axis=0), values.max(axis=0)
    for _ in range(HALVINGS):  # bisection: the probability rises with q
        q = 0.5 * (below + above)
        inside = np.where(high > low, np.clip((q - low) / width, 0.0, 1.0), q >= low)
        enough = (chance * inside).sum(axis=0) >= level
        below, above = np.where(enough, below, q), np.where(enough, q, above)
    return np.asarray(above)


def line_quantiles(where: Floats, values: Floats, centres: Floats, sd: float, level: float) -> Floats:
    """The least q with P(f(X) <= q) >= level, X normal about each of `centres`, (centres,).

    f is straight between `where` (points,), rising, with `values` there, and as at its ends beyond them. It is cut
    where it turns: of each piece, what lies below q is known.
    """
    from sim.normal import ndtr

    check_level(level)
    cuts = [0, *_turning(values, 0.0).tolist(), values.size - 1]
    inner = [ndtr((where[cut] - centres) / sd) for cut in cuts[1:-1]]
    bounds = [np.zeros(centres.shape), *inner, np.ones(centres.shape)]
    pieces = [(where[a : b + 1], values[a : b + 1]) for a, b in pairwise(cuts)]
    below, above = np.full(centres.shape, values.min()), np.full(centres.shape, values.max())
    for _ in range(HALVINGS):  # bisection: the probability rises with q
        q, chance = 0.5 * (below + above), np.zeros(centres.shape)
        for (x, y), first, last in zip(pieces, bounds[:-1], bounds[1:], strict=True):
            rises = bool(y[-1] >= y[0])
            inside = ndtr(((np.interp(q, y, x) if rises else np.interp(q, y[::-1], x[::-1])) - centres) / sd)
            own = inside - first if rises else last - inside
            chance += np.where(q >= max(y[0], y[-1]), last - first, np.where(q < min(y[0], y[-1]), 0.0, own))
        enough = chance >= level
        below, above = np.where(enough, below, q), np.where(enough, q, above)
    return np.asarray(above)


def line_turns(where: Floats, values: Floats) -> Floats:
    """Where a function that is known at `where` (points,), evenly spaced, turns: at the top of a parabola there.

    For functions with corners or level stretches, about which a table swings; moves of the size of rounding are none.
    """
    at = _turning(values, STILL * float(np.abs(values).max()))
    below, above = values[at] - values[at - 1], values[at + 1] - values[at]
    bend = above - below
    shift = np.where(bend == 0, 0.0, -0.5 * (above + below) / np.where(bend == 0, 1.0, bend))
    return np.asarray(where[at] + np.clip(shift, -1.0, 1.0) * (where[1] - where[0]))


def _turning(values: Floats, still: float) -> NDArray[np.int_]:
    """Points at which values turn; moves of at most `still` are none, and belong to what is before them."""
    moves = np.diff(values)
    moving = np.flatnonzero(np.abs(moves) > still)
    rises = moves[moving] > 0
    return np.asarray(moving[1:][rises[1:] != rises[:-1]])


def differences(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Value, slope and second derivative at no move, by values (3, functions) at the moves `NEAR`.

    For functions with corners, of which a table does not know on which side of one it is.
    """
    below, still, above = values
    step = float(NEAR[-1])
    return still, (above - below) / (2 * step), (above - 2 * still + below) / step**2


def check_level(level: float) -> None:
    """Raise UserError for a level that is no probability strictly between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise UserError("a quantile's level lies between 0 and 1", value=level, place="level", remedy="write 0.99")


@cache
def _transform(nodes: int) -> Floats:
    """Values at the points to coefficients of Chebyshev's polynomials, (nodes, nodes)."""
    return np.asarray(np.linalg.inv(chebyshev.chebvander(points(-1.0, 1.0, nodes), nodes - 1)))


@cache
def _weights(nodes: int, step: float) -> Floats:
    """Values and slopes times `step` at the ends of the cells from values at the points, (2, CELLS + 1, nodes)."""
    grid, transform = np.linspace(-1.0, 1.0, CELLS + 1), _transform(nodes)
    values = chebyshev.chebvander(grid, nodes - 1) @ transform
    slopes = np.stack([chebyshev.chebval(grid, chebyshev.chebder(one)) for one in transform.T], axis=1)
    return np.ascontiguousarray([values, slopes * 2.0 / CELLS])
