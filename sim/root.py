"""A root by Brent's method (Brent 1973, chapter 4), step by step as SciPy's `brentq`: `scipy.optimize` takes 0.4 s."""

from __future__ import annotations

from collections.abc import Callable

from sim.errors import BugError

MOST = 100  # steps; halving alone needs 60 for any interval of doubles


def root(
    f: Callable[[float], float], low: float, high: float, *, xtol: float, rtol: float = 8.881784197001252e-16
) -> float:
    """x between `low` and `high`, where f has different signs, with f(x) = 0 to within xtol + rtol |x|."""
    before, x, across = float(low), float(high), 0.0
    f_before, f_x, f_across = float(f(low)), float(f(high)), 0.0
    last = step = 0.0
    if f_before == 0:
        return before
    if f_x != 0 and (f_before < 0) == (f_x < 0):
        raise BugError(f"a root is looked for where a function has one sign: {f_before} at {low}, {f_x} at {high}")
    for _ in range(MOST):
        if f_before != 0 and f_x != 0 and (f_before < 0) != (f_x < 0):
            across, f_across, last, step = before, f_before, x - before, x - before
        if abs(f_across) < abs(f_x):
            before, x, across = x, across, x
            f_before, f_x, f_across = f_x, f_across, f_x
        near, half = (xtol + rtol * abs(x)) / 2, (across - x) / 2
        if f_x == 0 or abs(half) < near:
            return x
        last, step = _step(before, x, across, f_before, f_x, f_across, last, step, near, half)
        before, f_before = x, f_x
        x += step if abs(step) > near else near if half > 0 else -near
        f_x = float(f(x))
    raise BugError(f"no root after {MOST} steps, at {x}")


def _step(
    before: float, x: float, across: float, f_before: float, f_x: float, f_across: float,
    last: float, step: float, near: float, half: float,
) -> tuple[float, float]:  # fmt: skip
    """The last step and the next: by the secant or the inverse parabola where that is short, else half the way."""
    if not (abs(last) > near and abs(f_x) < abs(f_before)):
        return half, half
    try:
        if before == across:
            tried = -f_x * (x - before) / (f_x - f_before)
        else:
            to_before, to_across = (f_before - f_x) / (before - x), (f_across - f_x) / (across - x)
            over = f_across * to_across - f_before * to_before
            tried = -f_x * over / (to_across * to_before * (f_across - f_before))
    except ZeroDivisionError:
        return half, half
    return (step, tried) if 2 * abs(tried) < min(abs(last), 3 * abs(half) - near) else (half, half)
