"""Counterparty exposure of a table of trades."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from agents.capital.sa_ccr import exposure
from agents.capital.supervisory import QUALITIES
from scenarios.files.frames import Source
from scenarios.studies.charges.trades_csv import read_netting_sets
from sim.dataclass import dataclass
from sim.lists import Columns, framed

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class CounterpartyExposure:
    """`columns`: a row a netting set, $; `total`: the sum of the exposures at default, $."""

    columns: Columns
    total: float
    notes: tuple[str, ...]

    @property
    def table(self) -> pl.DataFrame:
        """The columns as a frame."""
        return framed(self.columns)


def sa_ccr(trades: Source, sets: Source | None = None) -> CounterpartyExposure:
    """Exposure at default by the standardised approach to counterparty credit risk (CRE52, SA-CCR).

        sa_ccr("trades.csv", "sets.csv").total

    Args:
        trades: CSV or frame with the columns set, class (rates, fx, credit, equity, commodity), name, quality (rating,
            IG or SG of an index; single or index; energy, electricity, metals, agricultural or other), side, notional,
            value, start, end, maturity, and of an option: option, forward, strike, expiry. Times in years. kind: basis
            or volatility, of a trade on the difference of two factors or on the volatility of one; attachment and
            detachment, shares of the pool, of a CDO tranche.
        sets: collateral, and of a set with a margin agreement threshold, minimum_transfer, nica and mpor_days; a set
            that is not in it has neither.

    Raises:
        UserError: a cell that the rules do not know, with its line.
    """
    found, notes = read_netting_sets(trades, sets)
    rows: list[dict[str, Any]] = []
    for name, netting in found.items():
        result = exposure(netting)
        add_ons = {key: float(result.add_ons[key][0]) if key in result.add_ons else 0.0 for key in QUALITIES}
        rows.append(
            {
                "set": name,
                "replacement_cost": float(result.replacement[0]),
                **add_ons,
                "add_on": float(result.add_on[0]),
                "multiplier": float(result.multiplier[0]),
                "exposure": float(result.at_default[0]),
            }
        )
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    return CounterpartyExposure(columns, math.fsum(columns["exposure"]), notes)
