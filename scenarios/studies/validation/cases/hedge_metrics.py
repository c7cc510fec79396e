"""Figures of how well a hedge answers its book, on twenty days of known gains."""

from __future__ import annotations

import numpy as np

from analysis.hedge import FIGURES, Hedge, value_at_risk
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate

BOOK = (0, 30, -27, -89, -45, -99, 6, 134, -49, -62, 49, 36, 11, -93, -3, 70, -134, -46, -190, -129)  # $ a day
HEDGE = (-33, -31, 1, 85, 43, 86, -51, -130, 43, 58, -72, -41, -28, 69, 22, -78, 120, 57, 160, 114)
KNOWN = {
    "value at risk 95 % of the book": (134.0, 1e-9),
    "value at risk 95 % with the hedge": (33.0, 1e-9),
    "hedge_var_reduction": (0.75373134328, 6e-12),
    "hedge_tracking_error": (19.1494125236, 6e-11),
    "hedge_dollar_offset": (0.6253968254, 6e-11),
    "hedge_r2": (0.96077808, 6e-9),
    "hedge_slope": (-0.95769983701, 6e-12),
    "hedge_least_variance": (1.0032142025, 6e-11),
}


def read(lab: Lab) -> Measured:
    """Both values at risk, then every figure."""
    book, hedge = np.array(BOOK, dtype=np.float64), np.array(HEDGE, dtype=np.float64)
    risks = value_at_risk(book), value_at_risk(book + hedge)
    found = dict(zip((*list(KNOWN)[:2], *FIGURES), (*risks, *Hedge(book, hedge).figures()), strict=True))
    return Measured(estimates={name: Estimate(float(value)) for name, value in found.items()})


CASES: tuple[Case, ...] = (
    Case(
        name="hedge-metrics",
        title="How well a hedge answers its book",
        chapter="Hedging",
        source="twenty days by hand; value at risk is the second worst of twenty, with no interpolation",
        inputs=f"book {', '.join(map(str, BOOK))}; hedge {', '.join(map(str, HEDGE))}",
        statistic="figures of `analysis.hedge`: VaR reduction, tracking error, dollar offset, R2, slope, multiple",
        expected=tuple(
            Expected(what=name, value=value, rounding=rounding) for name, (value, rounding) in KNOWN.items()
        ),
        measure=read,
        fast=True,
        seconds=0.1,
    ),
)
