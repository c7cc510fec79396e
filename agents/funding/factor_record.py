"""A record of the market's factors: dated levels or daily moves, given by a user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.funding.risk_classes import factor_name
from markets.specs.variable import IN_LOGS
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from sim.place import Place

Floats = NDArray[np.float64]
LONGEST = 10_000  # days
DEFAULT = "default"  # family of what names' defaults have cost
FEWEST = 20  # moves: their mean square is the first vol


@dataclass(frozen=True, kw_only=True)
class FactorSeries:
    """One column of a record."""

    values: tuple[float, ...] = param(help="a level or a move a date", longest=LONGEST)


@dataclass(frozen=True, kw_only=True)
class FactorRecord:
    """Dates, and a column a factor: rates, vols and spreads in decimals, prices in $."""

    dates: tuple[date, ...] = param(help="in order", longest=LONGEST)
    factors: dict[str, FactorSeries] = param(help="by the factor's name: us10y, asset, vol, eurusd", longest=2_000)

    def check(self, start: date, at: Place, *, moves: bool) -> None:
        """Raise UserError: dates in order and before the start of the run, a value a date, enough of them."""
        for before, after in pairwise(self.dates):
            if after <= before:
                rule = f"dates must increase ({before} stands before)"
                raise at.at("dates").error(rule, value=str(after), remedy="put the rows in order, one a date")
        if self.dates and self.dates[-1] > start:
            rule = f"a margin model does not know what comes after the start, {start}"
            raise at.at("dates").error(rule, value=str(self.dates[-1]), remedy="end the record there")
        needed = FEWEST + (not moves)
        if len(self.dates) < needed:
            raise at.at("dates").error(f"needs at least {needed} dates", value=len(self.dates))
        for name, series in self.factors.items():
            if len(series.values) != len(self.dates):
                rule = f"a value a date is needed, {len(self.dates)} in all"
                raise at.at("factors", name).error(rule, value=len(series.values))

    def moves(self, keys: Sequence[FactorKey], logs: NDArray[np.bool_], at: Place, *, moves: bool) -> Floats:
        """Daily moves of the factors, (days, factors): of logs or differences.

        moves: whether the record has them, or levels. Names and FX rates are factors in logs, of which a record has the
        spread and the price. A name's default has not happened in it, as in a drawn history.
        Raises UserError for a factor without a column, and for a level without a log.
        """
        found, none = [], np.zeros(len(self.dates) - (not moves))
        for key, log in zip(keys, logs, strict=True):
            name = factor_name(key)
            if key.family == DEFAULT and name not in self.factors:
                found.append(none)
                continue
            if name not in self.factors:
                rule = "the record has no column for a factor of the book or its hedges"
                raise at.error(rule, value=name, remedy=nearest(name, list(self.factors)))
            values = np.array(self.factors[name].values)
            log = bool(log) or key.family in IN_LOGS
            if log and not moves and (values <= 0).any():
                rule = "a price, a vol or a name has returns only above 0"
                raise at.at(name).error(rule, value=float(values.min()))
            found.append(values if moves else np.diff(np.log(values) if log else values))
        return np.stack(found, axis=1)

    def within(self, first: date, last: date, *, moves: bool) -> NDArray[np.bool_]:
        """Which of its moves end on a day from one to another, (days,) bool."""
        ends = self.dates if moves else self.dates[1:]
        return np.array([first <= day <= last for day in ends], dtype=bool)
