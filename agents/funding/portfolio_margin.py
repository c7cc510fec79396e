"""Portfolio margin: the worst loss of book and hedges over a grid of moves of each asset's price and implied vol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel
from agents.funding.parametric_margin import beside_assets
from markets.factors.key import SPOT, VOL, of_asset
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio
    from sim.place import Place

Vector = NDArray[np.float64]
MOST = 10  # the largest move, share of a level


@dataclass(frozen=True, kw_only=True)
class MoveRange:
    """How far one asset is moved."""

    up: float = param(0.15, unit="share of the price", help="largest rise", ge=0, le=MOST)
    down: float = param(0.15, unit="share of the price", help="largest fall", ge=0, le=0.99)


@dataclass(frozen=True, kw_only=True)
class PortfolioMargin(MarginModel):
    """The worst loss over a grid of moves, asset by asset, revalued in full; all else asks for what `parametric` asks.

    Each asset's price moves by `steps` equal steps up to `up` and as many down to `down`, or not at all, and its
    implied vol by each of `vol_moves`, all else unchanged. Losses of two assets do not meet. Ranges: FINRA rule
    4210(g): ten equidistant points, broad-based index of high capitalisation +6 % and -8 %, other broad-based index
    10 %, single stocks 15 %, vols unchanged, as in the theoretical intermarket margin system of the Options Clearing
    Corporation (User Guide of customer portfolio margin, 2021). SPAN of the Chicago Mercantile Exchange moves vols too.
    """

    kind: ClassVar[str] = "portfolio"
    up: float = param(0.06, unit="share of the price", help="largest rise", ge=0, le=MOST)
    down: float = param(0.08, unit="share of the price", help="largest fall", ge=0, le=0.99)
    steps: int = param(5, unit="moves", help="of the price, each way", ge=1, le=50)
    vol_moves: tuple[float, ...] = param(
        (0.0,),
        unit="share of implied vol",
        help="with each of which every move of the price is tried",
        longest=50,
        plausible=(-1.0, 3.0),
    )
    assets: dict[str, MoveRange] = param(factory=dict, help="ranges of further assets, by name", sparse=True)

    def check(self, cast: Cast, at: Place) -> None:
        if not self.vol_moves:
            raise at.at("vol_moves").error("there is no move", remedy="write [0.0] for vols that stay as they are")
        for i, move in enumerate(self.vol_moves):
            if not -1 < move <= MOST:
                rule = f"a share of implied vol lies above -1 and is at most {MOST}"
                raise at.at("vol_moves", i).error(rule, value=move, remedy="0.25 is a quarter higher")
        for name in self.assets:
            cast.check_asset(name, at.at("assets", name))

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        margin = beside_assets(portfolio, terms)
        for asset in self._moving(portfolio):
            margin = margin + self.worst(portfolio, asset)
        return margin

    def worst(self, portfolio: Portfolio, asset: str) -> Vector:
        """Largest loss over the grid of one asset, (paths,) $, at least 0."""
        now, key, vol = portfolio.factors.snapshot, of_asset(SPOT, asset), of_asset(VOL, asset)
        loss = np.zeros(portfolio.paths)
        for by, vol_by in self.grid(asset, vols=vol in now.keys):
            rows = {key: now.row(key) * (1.0 + by)} if by else {}
            rows |= {vol: now.row(vol) * (1.0 + vol_by)} if vol_by else {}
            np.maximum(loss, -portfolio.gain(now.with_rows(rows)), out=loss)
        return loss

    def grid(self, asset: str, *, vols: bool = True) -> Iterator[tuple[float, float]]:
        """Moves of price and vol that are tried, shares of the level; but for none at all."""
        own = self.assets.get(asset, self)
        shares = [step / self.steps for step in range(1, self.steps + 1)]
        prices = [*(-own.down * share for share in reversed(shares)), 0.0, *(own.up * share for share in shares)]
        moves = ((by, vol_by) for vol_by in (self.vol_moves if vols else (0.0,)) for by in prices)
        return (move for move in moves if any(move))

    def _moving(self, portfolio: Portfolio) -> Iterator[str]:
        yield from portfolio.assets
        yield from (asset.name for asset, _ in portfolio.other_assets())
