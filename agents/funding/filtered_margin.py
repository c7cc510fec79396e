"""Filtered historical margin: what a clearing house asks, from past returns of all factors scaled to today's vols."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.funding.factor_record import FactorRecord
from agents.funding.filtered_returns import buffered, tail_count, weighted
from agents.funding.margin import MarginModel
from agents.funding.margin_periods import margin_days
from agents.funding.risk_classes import risk_class
from sim.dataclass import dataclass
from sim.params import param
from sim.place import Place
from sim.vectors import total

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.funding.factor_history import FactorHistory
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio
    from markets.factors.key import FactorKey

Vector = NDArray[np.float64]
Scenarios = tuple[Vector, Vector]  # of a history (n, factors), and of the paths (m, factors, paths)

SPARE = 4  # scenarios of a book without options that are revalued for each in the tail, and some more


@dataclass(frozen=True, kw_only=True)
class FilteredHistorical(MarginModel):
    """The loss that 1 - level of the scenarios exceed, book and hedges revalued in full.

    A scenario is a past day's returns of all factors, each scaled by its vol now over its vol then, and by the root of
    its class's margin period. Of a book without options the worst by delta are revalued, four for each that lies in the
    tail; of one with options all are. Then come the tools against jumps: a floor, a stressed share, a buffer that is
    drawn when margin rises; then add-ons for the venues' spread and depth.
    """

    kind: ClassVar[str] = "filtered_historical"
    level: float = param(0.99, unit="probability", help="that the loss stays below the margin", ge=0.5, le=0.9999)
    shortfall: bool = param(False, help="mean of the losses in the tail, not the least of them")
    days: float | None = param(None, unit="trading days", help="margin period (default: mpor_days)", ge=0.01, le=250)
    lookback: int = param(250, unit="trading days", help="returns that are scenarios", ge=20, le=5000)
    history: int = param(
        250, unit="trading days", help="drawn from the scenario's laws before the start", ge=20, le=5000
    )
    record: FactorRecord | None = param(
        None,
        help="levels of all factors before the start, or a CSV file beside the scenario (default: history)",
        sparse=True,
        file="record",
    )
    record_of: Literal["levels", "moves"] = param(
        "levels", help="what the record has; moves are of logs for prices and vols, else differences"
    )
    stress_period: tuple[date, ...] = param(
        (), help="first and last day of the record's stressed period (default: `stress`)", longest=2, sparse=True
    )
    memory: float = param(0.97, unit="share a day", help="of its vol that a factor keeps", ge=0, le=0.9999)
    floor: float = param(0.0, unit="share", help="of the unscaled history's margin, as the least", ge=0, le=10)
    stress_weight: float = param(0.0, unit="share", help="of the margin that is that of a stressed period", ge=0, le=1)
    stress: float = param(4.0, unit="x vols at the start", help="vols of the stressed period", ge=1, le=100)
    buffer: float = param(0.0, unit="share", help="on top in calm, drawn when margin rises", ge=0, le=10)
    liquidity: float = param(0.0, unit="x half-spread", help="add-on for what closing out costs", ge=0, le=100)
    concentration: float = param(0.0, unit="x impact", help="add-on for the depth that closing out needs", ge=0, le=100)

    @property
    def of_moves(self) -> bool:
        """Whether the record has moves."""
        return self.record_of == "moves"

    def check(self, cast: Cast, at: Place) -> None:
        if self.record is None:
            for key, value in (("stress_period", self.stress_period), ("record_of", self.of_moves)):
                if value:
                    raise at.at(key).error(
                        "belongs to a record, and there is none", remedy="give record, or leave it out"
                    )
            return
        self.record.check(cast.start, at.at("record"), moves=self.of_moves)
        if self.stress_period:
            self._check_period(self.record, at.at("stress_period"))

    def _check_period(self, record: FactorRecord, at: Place) -> None:
        told = " to ".join(map(str, self.stress_period))
        if len(self.stress_period) != 2 or self.stress_period[0] > self.stress_period[1]:
            raise at.error("is a first and a last day", value=told, remedy="write [2008-09-01, 2009-03-31]")
        if not self.stress_weight:
            raise at.error("has no weight", value=told, remedy="give stress_weight, or leave it out")
        if not record.within(*self.stress_period, moves=self.of_moves).any():
            rule = f"no day of the record lies in it, which has {record.dates[0]} to {record.dates[-1]}"
            raise at.error(rule, value=told)

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        past = portfolio.history(lam=self.memory, before=partial(self._before, portfolio))
        root = self._root(past, terms)
        margin = self._worst(portfolio, past, past.scenarios(self.lookback), root * past.vols)
        if self.floor:
            unscaled = self._as_they_were(portfolio, past, past.drawn, root)
            margin = np.maximum(margin, self.floor * unscaled)
        if self.stress_weight:
            stressed = self._stressed(portfolio, past, root)
            margin = weighted(margin, stressed, self.stress_weight)
        if self.buffer:
            scale = portfolio.scale
            first = portfolio.memory.setdefault("calm", margin / np.where(scale > 0, scale, 1.0))
            margin = buffered(margin, first * scale, self.buffer)
        return margin + self._add_ons(portfolio)

    def _before(self, portfolio: Portfolio, keys: Sequence[FactorKey], logs: NDArray[np.bool_]) -> Vector:
        """Returns before the start, (days, factors)."""
        if self.record is None:
            return portfolio.drawn_history(keys, self.history)
        return self.record.moves(keys, logs, Place("margin_model.record"), moves=self.of_moves)

    def _stressed(self, portfolio: Portfolio, past: FactorHistory, root: Vector) -> Vector:
        """Of the stressed period of the record, or of the whole history at vols as high as one's."""
        if self.record is not None and self.stress_period:
            mask = self.record.within(*self.stress_period, moves=self.of_moves)
            return self._as_they_were(portfolio, past, past.drawn[mask], root)
        none = np.zeros((0, len(past.keys), portfolio.paths))
        return self._worst(portfolio, past, (past.common, none), root * self.stress * past.calm)

    def _as_they_were(self, portfolio: Portfolio, past: FactorHistory, returns: Vector, root: Vector) -> Vector:
        """Of returns that are not scaled, (days, factors)."""
        none = np.zeros((0, len(past.keys), portfolio.paths))
        return self._worst(portfolio, past, (returns, none), np.broadcast_to(root, (len(past.keys), 1)))

    def _root(self, past: FactorHistory, terms: MarginTerms) -> Vector:
        """Root of the margin period, of all factors, (), or of each, (factors, 1)."""
        if self.days is not None or terms.margin_days is None:
            return np.asarray(np.sqrt(terms.mpor_days if self.days is None else self.days))
        return np.sqrt([[margin_days(terms, risk_class(key))] for key in past.keys])

    def _worst(self, portfolio: Portfolio, past: FactorHistory, rows: Scenarios, vols: Vector) -> Vector:
        """Loss that 1 - level of the scenarios exceed, (paths,) $, at least 0. vols: (factors, paths or 1)."""
        common, own = rows
        count = tail_count(len(common) + len(own), self.level)
        chosen = self._chosen(portfolio, past, rows, vols, SPARE * (count + 1))
        now, losses = portfolio.factors.snapshot, np.empty(chosen.shape)
        for k, which in enumerate(chosen):
            losses[k] = -portfolio.gain(past.moved(now, vols * _gathered(common, own, which)))
        tail = np.sort(losses, axis=0)[::-1][:count]
        found = total(tail) / count if self.shortfall else tail[-1]
        return np.asarray(np.maximum(found, 0.0))

    def _chosen(
        self, portfolio: Portfolio, past: FactorHistory, rows: Scenarios, vols: Vector, most: int
    ) -> NDArray[np.int64]:
        """Scenarios that are revalued, (some, paths): all of a book with options, whose tail its slopes do not show."""
        count = sum(map(len, rows))
        if portfolio.has_optionality or most >= count:
            return np.broadcast_to(np.arange(count)[:, None], (count, portfolio.paths))
        return np.argpartition(-self._first_order(portfolio, past, rows, vols), most - 1, axis=0)[:most]

    def _first_order(self, portfolio: Portfolio, past: FactorHistory, rows: Scenarios, vols: Vector) -> Vector:
        """Losses by slopes, (scenarios, paths) $."""
        now, (common, own) = portfolio.factors.snapshot, rows
        losses = np.zeros((len(common) + len(own), portfolio.paths))
        for k, (key, slope) in enumerate(zip(past.keys, portfolio.slopes(past.keys), strict=True)):
            if not slope.any():
                continue
            move = np.empty_like(losses)
            move[: len(common)] = common[:, k, None] * vols[k]
            if len(own):
                move[len(common) :] = own[:, k] * vols[k]
            level = now.row(key)
            change = level * np.expm1(move) if past.logs[k] else move
            losses -= slope * change
        return losses

    def _add_ons(self, portfolio: Portfolio) -> Vector:
        """Half-spreads of what must be closed out, and half the impact of trading it at once, (paths,) $."""
        add_on = np.zeros(portfolio.paths)
        if not (self.liquidity or self.concentration):
            return add_on
        for venue, notional in portfolio.to_close():
            size, cost = np.abs(notional), venue.listing.cost_per_notional()
            add_on += self.liquidity * size * cost * venue.half_spread
            share = size / np.where(venue.depth > 0, venue.depth, np.inf)
            add_on += self.concentration * 0.5 * size * cost * venue.spec.impact * share
        return add_on


def _gathered(common: Vector, own: Vector, which: NDArray[np.int64]) -> Vector:
    """Standardised returns of one scenario a path, (factors, paths): of the history, or of the path itself."""
    if not len(own):
        return common[which].T
    number = which - len(common)
    mine = own[np.maximum(number, 0), :, np.arange(which.size)].T
    if not len(common):
        return mine
    return np.where(number >= 0, mine, common[np.minimum(which, len(common) - 1)].T)
