"""Whether losses exceed their value at risk as often as they should: traffic light, Kupiec, Christoffersen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
YEAR = 250  # days of the traffic light
GREEN, YELLOW, RED = "green", "yellow", "red"
YELLOW_FROM, RED_FROM = 0.95, 0.9999  # probability of so many exceptions or fewer, were the model right
# Added to the multiple of capital by exceptions in 250 days: 5 to 9, then 10 and more.
PLUS = {5: 0.40, 6: 0.50, 7: 0.65, 8: 0.75, 9: 0.85}
MOST_PLUS = 1.0


@dataclass(frozen=True)
class Likelihood:
    """A likelihood ratio, chi-squared where the model is right, and the probability of a larger one."""

    ratio: float
    degrees: int

    @property
    def p_value(self) -> float:
        from scipy.special import chdtrc

        return float(chdtrc(self.degrees, self.ratio))


def zone(exceptions: int, days: int = YEAR, level: float = 0.99) -> str:
    """Zone of the traffic light: green, yellow from a cumulative probability of 95 %, red from 99.99 %.

    With 250 days at 99 %: green up to 4 exceptions, yellow 5 to 9, red from 10. Basel Committee, Supervisory framework
    for the use of backtesting (January 1996), table 2.
    """
    from scipy.special import bdtr  # scipy.stats takes half a second to import

    fewer = float(bdtr(exceptions, days, 1 - level))
    return RED if fewer >= RED_FROM else YELLOW if fewer >= YELLOW_FROM else GREEN


def plus_factor(exceptions: int) -> float:
    """What 250 days with so many exceptions at 99 % add to the multiple of 3 (the same table)."""
    return MOST_PLUS if exceptions > max(PLUS) else PLUS.get(exceptions, 0.0)


def kupiec(hits: Hits, level: float = 0.99) -> Likelihood:
    """Proportion of failures (Kupiec 1995): -2 ln[(1-p)^(n-x) p^x / ((1-x/n)^(n-x) (x/n)^x)]. hits: any shape."""
    from scipy.special import xlogy

    days, found, p = hits.size, int(hits.sum()), 1 - level
    share = found / days
    told = xlogy(days - found, 1 - p) + xlogy(found, p)
    seen = xlogy(days - found, 1 - share) + xlogy(found, share)
    return Likelihood(max(float(2 * (seen - told)), 0.0), 1)


def independence(hits: Hits) -> Likelihood:
    """Whether an exception makes the next day's likelier (Christoffersen 1998), against a Markov chain of one step.

    hits: (paths, days), or (days,); transitions are counted within paths.
    """
    from scipy.special import xlogy

    days = np.atleast_2d(hits)
    before, after = days[:, :-1], days[:, 1:]
    counts = np.array([[np.sum((before == i) & (after == j)) for j in (False, True)] for i in (False, True)], float)
    left = counts.sum(axis=1)
    shares = np.divide(counts[:, 1], left, out=np.zeros(2), where=left > 0)
    share = counts[:, 1].sum() / max(counts.sum(), 1.0)
    free = np.sum(xlogy(counts[:, 0], 1 - shares) + xlogy(counts[:, 1], shares))
    bound = xlogy(counts[:, 0].sum(), 1 - share) + xlogy(counts[:, 1].sum(), share)
    return Likelihood(max(float(2 * (free - bound)), 0.0), 1)


def conditional(hits: Hits, level: float = 0.99) -> Likelihood:
    """Coverage and independence together (Christoffersen 1998): the sum of both ratios."""
    return Likelihood(kupiec(hits, level).ratio + independence(hits).ratio, 2)
