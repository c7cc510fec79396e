"""A desk's portfolio as the sensitivities that the standardised approach to market risk looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.capital.default_risk import Issue
from agents.capital.frtb import Positions
from agents.capital.risk_class import VEGA_MATURITIES
from agents.capital.risk_factor import RiskFactor, Sensitivity
from markets.factors.key import SPOT, USD, of_asset
from markets.products.cds import Cds
from markets.products.vega_grid import VegaGrid
from markets.specs.variable import HAZARD

if TYPE_CHECKING:
    from agents.capital.risk_class import RiskClass
    from agents.funding.portfolio import Portfolio
    from markets.factors.key import FactorKey

Vector = NDArray[np.float64]
DOLLAR = USD[1].upper()
SWAP_TENOR = 5.0  # years: where the spread of a name counts
GRID = VegaGrid(VEGA_MATURITIES, VEGA_MATURITIES, relative=True)
MATURITIES = [(expiry, tenor) for expiry in VEGA_MATURITIES for tenor in VEGA_MATURITIES]  # in the order of its keys


class BookSensitivities:
    """Delta, vega and curvature of book and hedges.

    Rates between two tenors of the rules are shared out linearly. Curvature is by full revaluation of book and hedges:
    each class moves by the largest weight of its delta, all nodes of a currency in parallel (MAR21.96 to 21.99).
    """

    def __init__(
        self,
        portfolio: Portfolio,
        classes: dict[str, RiskClass],
        *,
        equity: str = "12",
        others: str = "8",
        names: str = "4",
        rating: str = "BBB",
    ) -> None:
        """equity, others, names: buckets of the main asset, of further ones, of names with credit default swaps.

        rating: of those names.
        """
        self._portfolio, self._classes, self._names, self._rating = portfolio, classes, names, rating
        self._bucket_of = {SPOT: equity}
        self._others = others

    def positions(self) -> Positions:
        """Everything, of the present market."""
        slopes = self._portfolio.slopes_by_factor()
        delta = list(self._delta({key: slope for key, slope in slopes.items() if np.any(slope)}))
        sensitivities = [*delta, *self._vega(), *self._curvature(slopes)]
        return Positions(sensitivities, list(self._issues()), residual=self._portfolio.path_dependent())

    # --- delta -----------------------------------------------------------------------------------------------------
    def _delta(self, slopes: dict[FactorKey, Vector]) -> Iterator[Sensitivity]:
        for key, slope in slopes.items():
            if key.family == "spot":
                factor = RiskFactor(self._equity_bucket(key), key.name)
                yield Sensitivity("equity", "delta", factor, slope * self._portfolio.factors.snapshot.row(key))
            elif key.family == "fx":
                yield Sensitivity("fx", "delta", RiskFactor(self._currency(key), key.name), slope)
            elif key.family == HAZARD:  # the log of the spread, of all maturities together
                factor = RiskFactor(self._names, key.name, SWAP_TENOR, kind="cds")
                yield Sensitivity("credit", "delta", factor, slope / np.exp(self._portfolio.factors.snapshot.row(key)))
            elif key.family in ("zero", "spread"):
                yield from self._at_tenors(key, slope)

    def _at_tenors(self, key: FactorKey, slope: Vector) -> Iterator[Sensitivity]:
        tenors = self._classes["rates"].tenors
        years = self._portfolio.node_years[key]
        for i, tenor in enumerate(tenors):
            share = float(np.interp(years, tenors, np.eye(len(tenors))[i]))
            if share:
                yield Sensitivity("rates", "delta", RiskFactor(self._currency(key), key.name, tenor), share * slope)

    def _currency(self, key: FactorKey) -> str:
        """Of a curve, of the curve that a spread is over, or of an FX rate: the first three letters of its name."""
        over = self._portfolio.spreads_over.get(key.name, key.name) if key.family == "spread" else key.name
        return over.upper()[:3]

    # --- defaults -----------------------------------------------------------------------------------------------------
    def _issues(self) -> Iterator[Issue]:
        """A seller of protection is long of the name's senior debt."""
        for line in self._portfolio.lines:
            if isinstance(line.instrument, Cds):
                sold = -self._portfolio.scale * line.instrument.size
                yield Issue(
                    bucket="corporate",
                    obligor=line.instrument.credit,
                    rating=self._rating,
                    seniority="senior",
                    notional=sold * self._portfolio.living(line.instrument.credit),
                    gain=self._portfolio.scale * line.value(),
                    years=line.years,
                )

        for line in self._portfolio.debts:
            debt: Any = line.instrument
            face = self._portfolio.scale * debt.size * self._portfolio.living(debt.credit)
            yield Issue(
                bucket="corporate",
                obligor=debt.credit,
                rating=self._rating,
                seniority="senior",
                notional=face,
                gain=self._portfolio.scale * line.value() - face,
                years=line.years,
            )

    # --- vega ------------------------------------------------------------------------------------------------------
    def _vega(self) -> Iterator[Sensitivity]:
        for asset in self._portfolio.assets:
            yield from self._vega_of(asset)
        for (expiry, tenor), vega in zip(MATURITIES, self._portfolio.rate_vegas(GRID), strict=False):
            if vega.any():
                yield Sensitivity("rates", "vega", RiskFactor(DOLLAR, "", expiry, tenor), vega)

    def _vega_of(self, asset: str) -> Iterator[Sensitivity]:
        """Of the options on one asset, by maturity."""
        found = np.zeros((len(VEGA_MATURITIES), self._portfolio.paths))
        for years, vega in self._portfolio.option_vegas(asset):
            shares = [np.interp(years, VEGA_MATURITIES, row) for row in np.eye(len(VEGA_MATURITIES))]
            found += np.outer(shares, vega)
        for years, vega in zip(VEGA_MATURITIES, found, strict=True):
            if vega.any():
                factor = RiskFactor(self._equity_bucket(of_asset(SPOT, asset)), asset, years)
                yield Sensitivity("equity", "vega", factor, vega)

    def _equity_bucket(self, key: FactorKey) -> str:
        return self._bucket_of.get(key, self._others)

    # --- curvature ---------------------------------------------------------------------------------------------------
    def _curvature(self, slopes: dict[FactorKey, Vector]) -> Iterator[Sensitivity]:
        """Loss beyond delta of both moves; nothing of a factor without which a book has no options."""
        if not self._portfolio.has_optionality:
            return
        snapshot = self._portfolio.factors.snapshot
        for name, factor, keys in self._moved(slopes):
            weight = max(self._classes[name].weight(f) for f in self._weighted(name, factor))
            losses = []
            for move in (weight, -weight):
                moves = {key: _move(name, snapshot.row(key), move) for key in keys}
                moved = snapshot.with_rows({key: snapshot.row(key) + by for key, by in moves.items()})
                linear = sum((slopes[key] * by for key, by in moves.items() if key in slopes), np.zeros(snapshot.paths))
                losses.append(linear - self._portfolio.gain(moved))
            yield Sensitivity(name, "curvature", factor, *losses)

    def _moved(self, slopes: dict[FactorKey, Vector]) -> Iterator[tuple[str, RiskFactor, list[FactorKey]]]:
        """Class, factor and the levels that move together."""
        for key in (of_asset(SPOT, asset) for asset in self._portfolio.assets):
            if key in slopes:
                yield "equity", RiskFactor(self._equity_bucket(key), key.name), [key]
        currencies = dict.fromkeys(self._currency(key) for key in slopes if key.family == "zero")
        for currency in currencies:
            nodes = [k for k in self._portfolio.node_years if k.family == "zero" and self._currency(k) == currency]
            yield "rates", RiskFactor(currency), nodes
        for key in slopes:
            if key.family == "fx":
                yield "fx", RiskFactor(self._currency(key), key.name), [key]

    def _weighted(self, name: str, factor: RiskFactor) -> list[RiskFactor]:
        """The factors whose largest weight is the move."""
        tenors = self._classes[name].tenors or (0.0,)
        return [factor._replace(tenor=tenor) for tenor in tenors]


def _move(name: str, level: Vector, weight: float) -> Vector:
    """Of a level by a weight, (paths,): relative of prices; FX rates are kept in logs."""
    if name == "equity":
        return level * weight
    return np.full_like(level, np.log1p(weight) if name == "fx" else weight)
