"""Coefficients of `markets.kernels.normal`: least relative error on their whole domain (Lawson 1961), by mpmath.

`python -m tests.fit_normal` prints them with their errors, the lowest power first.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

DIGITS = 40
TOP = 40  # of x, where Mills' ratio is needed
DEGREE = 9  # of its denominator; the numerator's is one less
POWERS = 10  # degree of e^r


def least(
    rows: Callable[[list[mp.mpf]], tuple[mp.matrix, mp.matrix]],
    error: Callable[[list[mp.mpf]], list[mp.mpf]],
    points: int,
) -> list[mp.mpf]:
    """Coefficients whose largest error is least: least squares, in which points of large errors weigh ever more.

    rows: equations at each point, given weights. error: of each point, given coefficients.
    """
    weights: list[mp.mpf] = [mp.mpf(1)] * points
    best: tuple[mp.mpf, list[mp.mpf]] = (mp.inf, [])
    for _ in range(40):
        found = list(mp.lu_solve(*rows(weights)))
        errors = error(found)
        best = min(best, (max(errors), found), key=lambda pair: pair[0])
        weights = [w * (e + max(errors) / 50) for w, e in zip(weights, errors, strict=True)]
        mean = sum(weights) / points
        weights = [w / mean for w in weights]
    return best[1]


def cosines(points: int) -> list[mp.mpf]:
    """From 1 to -1, dense at the ends (Chebyshev)."""
    return [mp.cos(mp.pi * (i + mp.mpf(1) / 2) / points) for i in range(points)]


def system(points: list[list[mp.mpf]], aims: list[mp.mpf], weights: list[mp.mpf]) -> tuple[mp.matrix, mp.matrix]:
    """Weighted equations."""
    roots = [mp.sqrt(w) for w in weights]
    left = [[root * each for each in row] for root, row in zip(roots, points, strict=True)]
    return mp.matrix(left), mp.matrix([root * aim for root, aim in zip(roots, aims, strict=True)])


def exponential() -> tuple[list[mp.mpf], mp.mpf]:
    """e^r = 1 + r + c2 r^2 + ... for |r| < ln 2 / 2: all coefficients, and the largest relative error."""
    edge = mp.log(2) / 2 * mp.mpf("1.0001")
    xs = [edge * x for x in cosines(60)]
    rows = [[x**n / mp.exp(x) for n in range(2, POWERS + 1)] for x in xs]
    aims = [1 - (1 + x) / mp.exp(x) for x in xs]

    def error(found: list[mp.mpf]) -> list[mp.mpf]:
        return [abs(mp.fdot(row, found) - aim) for row, aim in zip(rows, aims, strict=True)]

    found = least(lambda weights: system(rows, aims, weights), error, len(xs))
    return [mp.mpf(1), mp.mpf(1), *found], max(error(found))


def mills() -> tuple[list[mp.mpf], list[mp.mpf], mp.mpf]:
    """Numerator and denominator of N(-x) e^(x^2 / 2), 1/2 and 1 at 0, and the largest relative error up to TOP."""
    shares = [(1 - x) / 2 for x in cosines(90)]
    xs = [3 * t / (1 - t * (1 - mp.mpf(3) / TOP)) for t in shares]  # half of them below 3
    true = [mp.erfc(x / mp.sqrt(2)) * mp.exp(x * x / 2) / 2 for x in xs]
    lower = [mp.mpf(1)] * len(xs)  # the denominator at each point, as last found: P - f Q is divided by it

    def rows(weights: list[mp.mpf]) -> tuple[mp.matrix, mp.matrix]:
        scaled = [w / (y * q) ** 2 for w, y, q in zip(weights, true, lower, strict=True)]
        left = [
            [*(x**n for n in range(1, DEGREE)), *(-y * x**n for n in range(1, DEGREE + 1))]
            for x, y in zip(xs, true, strict=True)
        ]
        return system(left, [y - mp.mpf(1) / 2 for y in true], scaled)

    def error(found: list[mp.mpf]) -> list[mp.mpf]:
        above, below = split(found)
        lower[:] = [mp.polyval(below[::-1], x) for x in xs]
        return [abs(mp.polyval(above[::-1], x) / q / y - 1) for x, q, y in zip(xs, lower, true, strict=True)]

    found = least(rows, error, len(xs))
    return *split(found), max(error(found))


def split(found: list[mp.mpf]) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """Both polynomials, the lowest power first."""
    return [mp.mpf(1) / 2, *found[: DEGREE - 1]], [mp.mpf(1), *found[DEGREE - 1 :]]


if __name__ == "__main__":
    mp.mp.dps = DIGITS
    for each in (*exponential(), *mills()):
        print([float(c) for c in each] if isinstance(each, list) else mp.nstr(each, 4))
