"""Daily returns of the market's factors as a clearing house has them: those of a history, then those of each path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.funding.filtered_returns import ReturnFilter
from markets.factors.key import RATES_VOL, SPOT, USD, VOL, FactorKey, of_asset

if TYPE_CHECKING:
    from markets.factors.factor_market import FactorMarket
    from markets.factors.snapshot import Snapshot
    from markets.spec import MarketSpec
    from sim.streams import Stream

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

STREAM = "margin/history"
SEED_DAYS = 20  # of a history: their mean square is its first vol


def in_logs(keys: Sequence[FactorKey], factors: FactorMarket) -> Mask:
    """Factors whose returns are those of their log, (factors,) bool; of others they are differences."""
    prices = {key for key, law in factors.assets.items() if not law.price.normal}
    return np.array([key in prices or key.family == VOL.family or key == RATES_VOL for key in keys], dtype=bool)


class FactorHistory:
    """Standardised returns, (scenarios, factors, paths), and the vols that they are scaled to now.

    The history before the start is one for all paths: `days` draws from the laws of the scenario as they are at the
    start. After that each path adds its own closes, impact of trades included.
    """

    def __init__(self, keys: Sequence[FactorKey], logs: Mask, drawn: Floats, lam: float, now: Snapshot) -> None:
        """logs: see `in_logs`. drawn: (days, factors) daily returns before the start."""
        self.keys, self.logs, self.drawn = tuple(keys), logs, drawn
        first = ReturnFilter(drawn[:SEED_DAYS, :, None], lam)
        self.common: Floats = first.standardised(drawn[:, :, None])[:, :, 0]
        self.calm: Floats = first.vol  # (factors, 1), at the start
        self.own: list[Floats] = []  # (factors, paths) a day
        self._lam, self._square = lam, first.square  # before the latest return
        self._filter, self._tick, self._before, self._last = first, 0, now, now

    def look(self, tick: int, now: Snapshot) -> None:
        """At a close: take the day's return in; in place of the one of an earlier look at the same close."""
        if tick == 0:
            return
        if tick != self._tick:
            self._tick, self._before, self._square = tick, self._last, self._filter.square
            self.own.append(np.zeros(0))
        self._last = now
        self._filter = ReturnFilter(np.zeros(1), self._lam)
        self._filter.square = self._square
        self.own[-1] = self._filter.standardised(self._returns(now)[None])[0]

    def _returns(self, now: Snapshot) -> Floats:
        """Since the close before, (factors, paths)."""
        rows = []
        for key, log in zip(self.keys, self.logs, strict=True):
            old, new = self._before.row(key), now.row(key)
            rows.append(np.log(new / old) if log else new - old)
        return np.array(rows)

    def moved(self, now: Snapshot, moves: Floats) -> Snapshot:
        """The market after moves of the factors, (factors, paths)."""
        rows = {
            key: now.row(key) * np.exp(move) if log else now.row(key) + move
            for key, log, move in zip(self.keys, self.logs, moves, strict=True)
        }
        return now.with_rows(rows)

    @property
    def vols(self) -> Floats:
        """Known for the next day, (factors, paths) or (factors, 1)."""
        return self._filter.vol

    def scenarios(self, lookback: int) -> tuple[Floats, Floats]:
        """The last returns, standardised: those of the history (n, factors), and of the paths (m, factors, paths)."""
        own = self.own[-lookback:]
        kept = max(lookback - len(own), 0)
        return self.common[len(self.common) - kept :] if kept else self.common[:0], np.array(own)


def draw_history(
    factors: FactorMarket,
    market: MarketSpec,
    keys: Sequence[FactorKey],
    *,
    days: int,
    days_a_year: float,
    draws: Stream,
) -> Floats:
    """Daily returns of the factors by their laws at the start, (days, factors): the same ones for all paths.

    Normal: assets with their realised vols, nodes of the curve with their vols and correlations, implied vols by their
    answer to the asset, spreads, other currencies and FX rates with vols of their own. Further assets with a vol of
    their own have their correlation with the main one. A factor whose law has no vol of its own has no history: it
    enters with what a path shows.
    draws: a stream of one path.
    """
    scale = 1 / np.sqrt(days_a_year)
    common = draws.normals(days)[:, 0]
    weights = factors.rates.weights
    shocks = np.column_stack([common, *(draws.normals(days)[:, 0] for _ in range(weights.shape[1] - 1))])
    nodes = {
        key: node.vol * scale * (shocks @ row)
        for key, node, row in zip(factors.rates.keys, market.rates.curve, weights, strict=True)
    }
    further = {FactorKey(*each.block, each.name): each.vol * scale for each in market.further}
    out = np.zeros((days, len(keys)))
    sizes = {key: law.price.spot0 if law.price.normal else 1.0 for key, law in factors.assets.items()}
    spot = float(factors.realised_vol()[0]) * scale * common
    alone: dict[str, Floats] = {}  # noise of further assets with a vol of their own
    for k, key in enumerate(keys):
        own = draws.normals(days)[:, 0]
        if key == SPOT:
            out[:, k] = sizes[key] * spot
        elif key == VOL:
            out[:, k] = -float(factors.leverage[0]) * spot
        elif (key.family, key.name) == USD and key in nodes:
            out[:, k] = nodes[key]
        elif key in further:
            out[:, k] = further[key] * own
        elif factors.vol_of(key) is not None:
            noise = _with_main(factors, key.name, common, alone.setdefault(key.name, own))
            moved = float(factors.realised_vol(of_asset(SPOT, key.name))[0]) * scale * noise
            out[:, k] = sizes[key] * moved if key.family == SPOT.family else _vol_moved(factors, key.name, moved, spot)
        elif key in factors.assets:
            out[:, k] = sizes[key] * float(factors.realised_vol(key)[0]) * scale * own
    return out


def _with_main(factors: FactorMarket, asset: str, common: Floats, own: Floats) -> Floats:
    """Standard noise of a further asset, (days,), with its correlation with the main one's."""
    rho = factors.correlation_with_main(asset)
    found: Floats = rho * common + np.sqrt(1 - rho**2) * own
    return found


def _vol_moved(factors: FactorMarket, asset: str, moved: Floats, main: Floats) -> Floats:
    """Returns of a further asset's vol, (days,), by those of its price and of the main one's."""
    elasticity, _ = factors.vol_answer(asset)
    followed = -factors.asset_vols[asset].power * float(factors.leverage[0]) * main
    found: Floats = followed - float(elasticity[0]) * moved
    return found
