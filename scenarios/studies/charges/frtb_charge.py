"""The standardised approach to market risk on a table of sensitivities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.capital.aggregation import SCENARIOS
from agents.capital.frtb import HOME, Frtb, frtb
from scenarios.files.frames import Source
from scenarios.studies.charges.sensitivities_csv import currency, read_sensitivities
from sim.dataclass import dataclass
from sim.lists import Columns, framed

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class MarketCharge:
    """`columns`: class, measure and $ in each correlation scenario, the sum last; `total`: $; `scenario`: largest."""

    columns: Columns
    total: float
    scenario: str
    notes: tuple[str, ...]

    @property
    def table(self) -> pl.DataFrame:
        """The columns as a frame."""
        return framed(self.columns)


def frtb_charge(sensitivities: Source, *, home: str = HOME) -> MarketCharge:
    """Capital for market risk by the standardised approach of Basel III (MAR20 to MAR23).

        frtb_charge("sensitivities.csv").total

    Args:
        sensitivities: CSV or frame with the columns measure (delta, vega, curvature, default, exotic, residual), class
            (rates, credit, equity, commodity, fx), bucket, name, tenor, underlying, amount, down, kind, location,
            rating, seniority, gain.
        home: the currency in which the bank reports.

    Raises:
        UserError: a cell that the rules do not know, with its line.
    """
    positions, notes = read_sensitivities(sensitivities, home=currency(home, "home"))
    return described(frtb(positions, home=currency(home, "home")), notes)


def described(found: Frtb, notes: tuple[str, ...] = ()) -> MarketCharge:
    """Charges of one path as a table."""
    charges = {(part.risk_class, str(part.measure)): amounts[:, 0] for part, amounts in found.parts.items()}
    for name, amount in (("default", found.default), ("residual", found.residual)):
        charges[name, ""] = np.full(len(SCENARIOS), amount[0])
    charges["total", ""] = sums = np.sum([*charges.values()], axis=0)
    rows = [(*which, *map(float, amounts)) for which, amounts in charges.items()]
    names, cells = ("class", "measure", *SCENARIOS), map(list, zip(*rows, strict=True))
    columns = dict(zip(names, cells, strict=True))
    return MarketCharge(columns, float(found.total[0]), SCENARIOS[int(np.argmax(sums))], notes)
