"""Least squares between bounds by a trust region (Branch, Coleman and Li 1999, SIAM J. Sci. Comput. 21(1), 1-23).

Step by step as SciPy's `least_squares(bounds=...)`, whose package takes 0.3 s to import. (SciPy is under the BSD
licence, copyright 2001 Enthought and the SciPy developers.) For a few unknowns.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.linalg import norm, svd
from numpy.typing import ArrayLike, NDArray

from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]
Errors = Callable[[Floats], Floats]

EPS = float(np.finfo(np.float64).eps)
A_PARAMETER = 100  # evaluations of the errors at most, for each unknown, without those of derivatives
DAMPINGS = 10  # that are tried for one step
NEAR_RADIUS = 0.01  # relative: how near a damped step's length is to the radius
BACK = 0.995  # of the way to a bound


class Fit(NamedTuple):
    """Where the errors are least, and half the sum of their squares."""

    x: Floats
    cost: float


class _Box(NamedTuple):
    """Bounds of the unknowns."""

    low: Floats
    high: Floats

    def holds(self, x: Floats) -> bool:
        return bool(np.all((x >= self.low) & (x <= self.high)))

    def inside(self, x: Floats) -> Floats:
        """x, off the bounds by one double at least."""
        return np.clip(x, np.nextafter(self.low, self.high), np.nextafter(self.high, self.low))

    def room(self, x: Floats, along: Floats) -> tuple[float, Floats]:
        """How many times `along` fits between x and the bounds, and where it then touches one."""
        with np.errstate(all="ignore"):
            times = np.where(along == 0, np.inf, np.maximum((self.low - x) / along, (self.high - x) / along))
        return float(times.min()), times == times.min()

    def distances(self, x: Floats, gradient: Floats) -> tuple[Floats, Floats]:
        """Distance to the bound that descent leads to, and its derivative by x."""
        down, up = gradient > 0, gradient < 0
        return np.where(up, self.high - x, np.where(down, x - self.low, 1.0)), down * 1.0 - up * 1.0


class _Step(NamedTuple):
    """A step, the same in scaled unknowns, and by how much it should lower the cost."""

    real: Floats
    scaled: Floats
    gain: float


class _Model:
    """The cost around x as a quadratic of scaled unknowns: less far the nearer a bound is."""

    def __init__(self, x: Floats, errors: Floats, jacobian: Floats, gradient: Floats, box: _Box) -> None:
        distances, slopes = box.distances(x, gradient)
        self.x, self.box = x, box
        self.size = float(norm(gradient * distances, ord=np.inf))
        self.scale = distances**0.5
        self.gradient = self.scale * gradient
        self.diagonal = gradient * slopes
        stacked = np.empty((len(errors) + len(x), len(x)))
        stacked[: len(errors)], stacked[len(errors) :] = jacobian * self.scale, np.diag(self.diagonal**0.5)
        self.jacobian, self.count = stacked[: len(errors)], len(errors)
        left, self.values, right = svd(stacked, full_matrices=False)
        left, right = np.asfortranarray(left), np.asfortranarray(right)  # as SciPy's: products are to its last bit
        self.turned, self.right = left.T.dot(np.concatenate([errors, np.zeros(len(x))])), right.T

    def within(self, radius: float, damping: float) -> tuple[Floats, float]:
        """The best scaled step of at most this length, without bounds, and its damping (More 1977)."""
        weighed = self.values * self.turned
        full_rank = self.count >= len(self.x) and self.values[-1] > EPS * self.count * self.values[0]
        if full_rank:
            step = -self.right.dot(self.turned / self.values)
            if norm(step) <= radius:
                return step, 0.0

        def excess(damping: float) -> tuple[float, float]:
            under = self.values**2 + damping
            length = float(norm(weighed / under))
            return length - radius, -float(np.sum(weighed**2 / under**3)) / length

        low, high = 0.0, float(norm(weighed)) / radius
        if full_rank:
            over, slope = excess(0.0)
            low = -over / slope
        if not full_rank and damping == 0:
            damping = max(0.001 * high, (low * high) ** 0.5)
        for _ in range(DAMPINGS):
            if not low <= damping <= high:
                damping = max(0.001 * high, (low * high) ** 0.5)
            over, slope = excess(damping)
            if over < 0:
                high = damping
            low = max(low, damping - over / slope)
            damping -= (over + radius) * (over / slope) / radius
            if abs(over) < NEAR_RADIUS * radius:
                break
        step = -self.right.dot(weighed / (self.values**2 + damping))
        return step * (radius / norm(step)), damping

    def bounded(self, scaled: Floats, radius: float) -> _Step:
        """The best of three: a step cut at the bounds, reflected there, or straight down."""
        real = self.scale * scaled
        if self.box.holds(self.x + real):
            return _Step(real, scaled, -self._value(scaled))
        back = max(BACK, 1 - self.size)
        share, hits = self.box.room(self.x, real)
        turned = np.where(hits, -scaled, scaled)
        scaled = scaled * share
        reflected = self._reflected(scaled, turned, share, radius, back, self.x + real * share)
        cut = _Step(real * share * back, scaled * back, -self._value(scaled * back))
        down = self._down(radius, back)
        if cut.gain > reflected.gain and cut.gain > down.gain:
            return cut
        return reflected if reflected.gain > cut.gain and reflected.gain > down.gain else down

    def _reflected(
        self, cut: Floats, turned: Floats, share: float, radius: float, back: float, touching: Floats
    ) -> _Step:
        to_radius, (to_bound, _) = _to_radius(cut, turned, radius), self.box.room(touching, self.scale * turned)
        least, most = 0.0, -1.0
        if (room := min(to_bound, to_radius)) > 0:
            least, most = (1 - back) * share / room, back * to_bound if room == to_bound else to_radius
        if not least <= most:
            return _Step(cut, cut, -math.inf)
        times, value = _least(*self._along(turned, cut), least, most)
        scaled = turned * times + cut
        return _Step(scaled * self.scale, scaled, -value)

    def _down(self, radius: float, back: float) -> _Step:
        scaled = -self.gradient
        to_radius, (to_bound, _) = radius / float(norm(scaled)), self.box.room(self.x, self.scale * scaled)
        most = back * to_bound if to_bound < to_radius else to_radius
        bend, slope, _ = self._along(scaled, np.zeros_like(scaled))
        times, value = _least(bend, slope, 0.0, 0.0, most)
        return _Step(self.scale * scaled * times, scaled * times, -value)

    def _value(self, step: Floats) -> float:
        along = self.jacobian.dot(step)
        return 0.5 * float(np.dot(along, along) + np.dot(step * self.diagonal, step)) + float(
            np.dot(step, self.gradient)
        )

    def _along(self, step: Floats, start: Floats) -> tuple[float, float, float]:
        """Quadratic, linear and constant part of the cost at start + t step."""
        along, before = self.jacobian.dot(step), self.jacobian.dot(start)
        bend = 0.5 * (np.dot(along, along) + np.dot(step * self.diagonal, step))
        slope = np.dot(self.gradient, step) + np.dot(before, along) + np.dot(start * self.diagonal, step)
        level = 0.5 * np.dot(before, before) + np.dot(self.gradient, start)
        return float(bend), float(slope), float(level + 0.5 * np.dot(start * self.diagonal, start))


def bounded_fit(errors: Errors, start: ArrayLike, low: ArrayLike, high: ArrayLike, *, tolerance: float) -> Fit:
    """Where the sum of the squares of errors is least between bounds, from a start well inside.

    tolerance: relative, of the fall of the cost and of the step, and absolute of the scaled slope, at which the search
    ends.
    """
    x, box = np.array(start, dtype=np.float64), _Box(*(np.array(each, dtype=np.float64) for each in (low, high)))
    now = errors(x)
    cost, asked, damping, done = 0.5 * float(np.dot(now, now)), 1, 0.0, False
    jacobian = _jacobian(errors, x, now, box)
    radius = float(norm(x / box.distances(x, jacobian.T.dot(now))[0] ** 0.5)) or 1.0
    while True:
        model = _Model(x, now, jacobian, jacobian.T.dot(now), box)
        if done or model.size < tolerance or asked == A_PARAMETER * len(x):
            return Fit(x, cost)
        fall = -1.0
        while fall <= 0 and not done and asked < A_PARAMETER * len(x):
            free, damping = model.within(radius, damping)
            step = model.bounded(free, radius)
            there = box.inside(x + step.real)
            tried, length = errors(there), float(norm(step.scaled))
            asked += 1
            if not np.all(np.isfinite(tried)):
                radius = 0.25 * length
                continue
            fall = cost - 0.5 * float(np.dot(tried, tried))
            ratio = fall / step.gain if step.gain > 0 else float(step.gain == fall == 0)
            before, radius = radius, _next_radius(radius, ratio, length)
            short = norm(step.real) < tolerance * (tolerance + norm(x))
            done = bool(short or (fall < tolerance * cost and ratio > 0.25))
            damping *= 1.0 if done else before / radius
        if fall > 0:
            x, now, cost = there, tried, 0.5 * float(np.dot(tried, tried))
            jacobian = _jacobian(errors, x, now, box)


def _next_radius(radius: float, ratio: float, length: float) -> float:
    """Smaller where the cost fell by much less than the model says, larger where it fell so and the radius bound."""
    if ratio < 0.25:
        return 0.25 * length
    return 2.0 * radius if ratio > 0.75 and length > 0.95 * radius else radius


def _jacobian(errors: Errors, x: Floats, now: Floats, box: _Box) -> Floats:
    """By differences to one side, (errors, unknowns)."""
    steps = EPS**0.5 * np.where(x >= 0, 1.0, -1.0) * np.maximum(1.0, np.abs(x))
    below, above = x - box.low, box.high - x
    fits = np.abs(steps) <= np.maximum(below, above)
    over = (x + steps < box.low) | (x + steps > box.high)
    steps = np.where(fits, np.where(over, -steps, steps), np.where(above >= below, above, -below))
    columns = np.empty((len(x), len(now)))
    for i, step in enumerate(steps):
        there = x.copy()
        there[i] = x[i] + step
        columns[i] = (errors(there) - now) / (there[i] - x[i])
    return columns.T


def _to_radius(start: Floats, along: Floats, radius: float) -> float:
    """How many times `along` fits between a start within the radius and its end."""
    a, b, c = float(np.dot(along, along)), float(np.dot(start, along)), float(np.dot(start, start)) - radius**2
    q = -(b + math.copysign(math.sqrt(max(b * b - a * c, 0.0)), b))
    return max(q / a, c / q)


def _least(bend: float, slope: float, level: float, low: float, high: float) -> tuple[float, float]:
    """Where between two ends a quadratic is least, and its value there."""
    places = [low, high]
    if bend != 0 and low < (middle := -0.5 * slope / bend) < high:
        places.append(middle)
    values = [t * (bend * t + slope) + level for t in places]
    best = values.index(min(values))
    return places[best], values[best]
