"""The inputs of compiling a book."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.credit.name import CreditName
from markets.curves.curve import Curve, usd_curve
from markets.curves.quoted_curve import QuotedCurve
from markets.factors.key import MAIN, SPOT, VOL, VOL_SLOPE
from markets.factors.snapshot import Snapshot
from markets.products.foreign import Foreign
from markets.products.projection import Projection
from markets.rate_vols.smile_grid import SmileGrid
from markets.specs.heston import HestonSpec
from markets.specs.rates import NORMAL_VOL
from markets.vols.moving_smile import MovingSmile
from markets.vols.smile import Form
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

if TYPE_CHECKING:
    from markets.curves.conventions import Convention
    from markets.factors.underlying import OtherUnderlying
    from sim.clock import Clock

Value = TypeVar("Value")
MOST_ASKED = 256  # items of a book of which something is kept


@dataclass(frozen=True, kw_only=True)
class Start:
    """The starting market, the same on all paths, and the shape of smile and curves."""

    day: date
    snapshot: Snapshot  # one path
    curve: Curve = field(default_factory=usd_curve)  # that all is discounted on
    projection: QuotedCurve | None = None  # that floating rates are read from at the start; None: `curve`
    convention: Convention | None = None  # of the market of floating rates, where its curve is quoted
    skew: float = 0.0  # see markets.vols.smile
    form: Form = "linear"  # of the smile
    stickiness: float = 1.0  # 1: a vol stays with its strike; 0: with its moneyness
    term_reversion: float = 0.0  # 1/year
    dividend_yield: float = 0.0  # decimal a year, continuous
    projection_spread: float = 0.0  # decimal, on the projection zero curve
    currencies: Mapping[str, Foreign] = field(default_factory=dict)  # beside the dollar, by name
    credits: Mapping[str, CreditName] = field(default_factory=dict)  # names with quotes
    projections: Mapping[str, Projection] = field(default_factory=dict)  # by name; "": the market's, where it moves
    normal_vol: float = NORMAL_VOL  # decimal per sqrt(trading year), of forward swap rates
    fixings: Mapping[date, float] = field(default_factory=dict)  # overnight rates of days before the first, decimal
    heston: HestonSpec = field(default_factory=HestonSpec)  # of options that are valued by it
    smiles: SmileGrid | None = None  # the same by expiry, length and strike, in its place
    assets: Mapping[str, OtherUnderlying] = field(default_factory=dict)  # further ones with a vol, by name

    def __post_init__(self) -> None:
        for name in ("spot0", "vol_base"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise UserError("the starting spot and vol are positive", value=getattr(self, name), place=name)
        if not self.term_reversion >= 0:
            raise UserError("a reversion is not negative", value=self.term_reversion, place="term_reversion")

    @property
    def spot0(self) -> float:
        """$, to which strikes' vol multiples refer."""
        return float(self.snapshot.row(SPOT)[0])

    @property
    def vol_base(self) -> float:
        """Decimal, 30-day implied vol."""
        return float(self.snapshot.row(VOL)[0])

    @property
    def slides(self) -> bool:
        """Whether the smile moves with spot."""
        return self.stickiness != 1.0

    @property
    def moving_smile(self) -> MovingSmile | None:
        """The smile, where it moves with spot or by factors of its own."""
        if not (self.slides or VOL_SLOPE in self.snapshot.keys):
            return None
        return MovingSmile(skew=self.skew, form=self.form, stickiness=self.stickiness)

    def of(self, asset: str) -> Start:
        """The starting market as options on an asset see it. Raises UserError."""
        if asset == MAIN:
            return self
        if asset not in self.assets:
            known = [*self.assets]
            remedy = nearest(asset, known) if known else f"write [assets.{asset}.implied]"
            raise UserError("no further asset with a vol of its own", value=asset, place="asset", remedy=remedy)
        own = self.assets[asset].implied
        return replace(
            self,
            snapshot=self.assets[asset].seen(self.snapshot),
            skew=own.skew,
            form=own.smile,
            stickiness=own.stickiness,
            term_reversion=own.term_reversion,
            dividend_yield=own.dividend_yield,
        )

    def log_discount(self, begin: float, end: float) -> float:
        """ln DF(begin) - ln DF(end) on the starting curve, times in years."""
        found = self._log_discounts.get((begin, end))
        if found is None:
            found = self._log_discounts[begin, end] = self._log_discount(begin, end)
        return found

    @cached_property
    def _log_discounts(self) -> dict[tuple[float, float], float]:
        """Those that were asked for: swaps of one date share nearly all of theirs."""
        return {}

    def _log_discount(self, begin: float, end: float) -> float:
        weights = self.curve.weights([begin, end])
        excess = self.curve.excess([begin, end], weights)
        rates = self.snapshot.block(self.curve.block)[:, 0]
        return float((weights[1] - weights[0]) @ rates + (excess[1] - excess[0]))

    def projected(self, name: str = "") -> Projection:
        """The curve of that name that floating rates are read from. Raises UserError."""
        found = self.projections.get(name)
        if found is not None:
            return found
        if name:
            remedy = nearest(name, [known for known in self.projections if known])
            raise UserError("no such curve of floating rates", value=name, remedy=remedy)
        return Projection(self.projection, self.projection_spread)

    def currency(self, name: str) -> Foreign:
        """A currency beside the dollar. Raises UserError."""
        if name not in self.currencies:
            known = [*self.currencies]
            remedy = nearest(name, known) if known else "write [market.fx.eur] and [market.rates.currencies.eur]"
            raise UserError("no such currency", value=name, remedy=remedy)
        return self.currencies[name]

    def credit(self, name: str) -> CreditName:
        """A name with quotes. Raises UserError."""
        if name not in self.credits:
            known = [*self.credits]
            remedy = nearest(name, known) if known else f"quote it in [market.credits.{name}]"
            raise UserError("no such name", value=name, place="credit", remedy=remedy)
        return self.credits[name]

    def basis(self, begin: ArrayLike, end: ArrayLike, name: str = "") -> NDArray[np.float64]:
        """What ln P falls from `begin` to `end` beyond ln DF, P the quoted projection curve; times of any shape.

        0 without one. It stays what it is for every period while the curves move.
        """
        first, last = np.asarray(begin, dtype=np.float64), np.asarray(end, dtype=np.float64)
        quoted = self.projected(name).quoted
        if quoted is None or self.curve.quoted is None:
            return np.zeros(np.broadcast_shapes(first.shape, last.shape))
        outer, inner = (self.curve.quoted.log_discount(years) - quoted.log_discount(years) for years in (last, first))
        return np.asarray(outer - inner)

    def spread_growth(self, begin: float, end: float, name: str = "") -> float:
        """What the spread of a projection curve adds at the start to ln P(begin) / P(end) beyond the quotes."""
        return float(np.sum(self.projected(name).growth(begin, end, self.snapshot)))

    def discount(self, years: float) -> float:
        """Discount factor on the starting curve, $ per $."""
        return float(np.exp(-self.log_discount(0.0, years)))

    def forward_rate(self, begin: float, end: float, name: str = "") -> float:
        """P(begin) / P(end) - 1 on the starting projection curve, times in years."""
        found = self._forward_rates.get((begin, end, name))
        if found is None:
            growth = self.log_discount(begin, end) + self.projected(name).flat * (end - begin)
            growth = growth + float(self.basis(begin, end, name)) + self.spread_growth(begin, end, name)
            found = self._forward_rates[begin, end, name] = float(np.expm1(growth))
        return found

    @cached_property
    def _forward_rates(self) -> dict[tuple[float, float, str], float]:
        """Those that were asked for: a swap is compiled with its book and as a position."""
        return {}

    def asked(self, item: object, clock: Clock, find: Callable[[Clock, Self], Value]) -> Value:
        """What `find` says of an item of a book; kept of the first: a book is compiled whole and by position."""
        known = self._asked.get(id(item))
        if known is not None and known[0] is item and known[1] is clock:
            kept: Value = known[2]
            return kept
        found = find(clock, self)
        if len(self._asked) < MOST_ASKED:
            self._asked[id(item)] = item, clock, found
        return found

    @cached_property
    def _asked(self) -> dict[int, tuple[object, Clock, Any]]:
        """By identity, with the items, so that no other gets theirs."""
        return {}

    def rate_vol(self, expiry: float, tenor: float, strike: float, forward: float) -> float:
        """Normal vol of an option on a rate, decimal per sqrt(trading year); it stays with the strike."""
        if self.smiles is None:
            return self.normal_vol
        return float(self.smiles.smile(expiry, tenor, forward).vol(strike))

    def forward_price(self, years: float) -> float:
        """S e^((z - q) t) on the starting curve, $."""
        return float(self.spot0 * np.exp(self.log_discount(0.0, years) - self.dividend_yield * years))
