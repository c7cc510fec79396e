"""The curve: its nodes, and how their noise moves."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from markets.plausible import RATE, SPEED, YIELD_VOL
from markets.specs.bond import BondSpec
from markets.specs.bond_future import BondFutureSpec
from markets.specs.currencies import CurrencySpec
from markets.specs.curve_law import DriversSpec, HullWhiteSpec
from markets.specs.curves import CurveSpec
from markets.specs.rate_smile import RateSmileSpec
from markets.specs.rates_vol import RatesVolSpec
from markets.specs.repo import RepoSpec
from markets.specs.spreads import SpreadSpec
from markets.specs.straddle import StraddleSpec
from sim.dataclass import dataclass
from sim.figure_text import tenor
from sim.named_tuple import NamedTuple
from sim.params import param

STANDARD_NODES = {"overnight": 0.0, "us2y": 2.0, "us10y": 10.0}  # of every curve, years; they draw their noise together
NORMAL_VOL = 0.0090  # of forward rates, decimal per sqrt(trading year): 90 bp a year
SHOCK = "spot"  # name of the main asset's shock among correlations


class Node(NamedTuple):
    """A node of the zero curve."""

    name: str
    years: float
    vol: float  # of its noise, decimal per sqrt(trading year)
    correlation: Mapping[str, float]  # of its noise with the main asset's shock and with other nodes', by name

    @property
    def label(self) -> str:
        """Its name in words."""
        return f"{tenor(self.years)} zero rate" if self.years else "Overnight rate"

    @property
    def joint(self) -> bool:
        """Whether it is one of the nodes that every curve has."""
        return self.name in STANDARD_NODES


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """A further node of the curve. Correlations that are not given follow from the others."""

    years: float = param(unit="years", help="where it lies on the curve", gt=0, le=100)
    vol: float = param(
        0.010, unit="decimal per sqrt(trading year)", help="noise of its rate", ge=0, plausible=YIELD_VOL
    )
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with other nodes' by name; 'spot' is the main asset's shock"
    )


@dataclass(frozen=True, kw_only=True)
class RateSpec:
    """Mean-reverting noise of the curve nodes around the storyline."""

    vol_overnight: float = param(
        0.0, unit="decimal per sqrt(trading year)", help="noise of the overnight rate", ge=0, plausible=YIELD_VOL
    )
    vol_us2y: float = param(
        0.010, unit="decimal per sqrt(trading year)", help="noise of the 2Y node", ge=0, plausible=YIELD_VOL
    )
    vol_us10y: float = param(
        0.0115, unit="decimal per sqrt(trading year)", help="noise of the 10Y node", ge=0, plausible=YIELD_VOL
    )
    mean_reversion: float = param(12.0, unit="1/trading year", help="pull of the noise to zero", ge=0, plausible=SPEED)
    corr_overnight_us2y: float = param(0.0, help="correlation of O/N and 2Y noise", ge=-1, le=1)
    corr_overnight_us10y: float = param(0.0, help="correlation of O/N and 10Y noise", ge=-1, le=1)
    corr_us2y_us10y: float = param(0.8, help="correlation of 2Y and 10Y noise", ge=-1, le=1)
    corr_spot_overnight: float = param(0.0, help="correlation of the spot shock and O/N noise", ge=-1, le=1)
    corr_spot_us2y: float = param(0.2, help="correlation of the spot shock and 2Y noise", ge=-1, le=1)
    corr_spot_us10y: float = param(0.2, help="correlation of the spot shock and 10Y noise", ge=-1, le=1)
    drivers: DriversSpec | None = param(
        None,
        help="noise of the nodes from level, slope, curvature and a residual: a table, `{}` for the record's",
        sparse=True,
    )
    hull_white: HullWhiteSpec | None = param(
        None, help="one-factor Hull-White as the law of the curve, from its first day on: a table", sparse=True
    )
    normal_vol: float = param(
        NORMAL_VOL,
        unit="decimal per sqrt(trading year)",
        help="implied normal vol of swaptions, caps and floors whose position gives none",
        ge=0,
        plausible=YIELD_VOL,
    )
    smiles: dict[str, RateSmileSpec] = param(
        factory=dict, help="smiles of options on rates, in place of `normal_vol`, one table each", sparse=True
    )
    nodes: dict[str, NodeSpec] = param(factory=dict, help="further nodes of the curve, one table each", sparse=True)
    curves: dict[str, CurveSpec] = param(
        factory=dict, help="curves solved from quotes at the start, one table each", sparse=True
    )
    discount: str = param(
        "", help="the one of `curves` that all is discounted on; a single one needs no choice", longest=40, sparse=True
    )
    projection: str = param(
        "",
        help="the one of `curves` or `spreads` that floating rates are read from; else `discount`",
        longest=40,
        sparse=True,
    )
    spreads: dict[str, SpreadSpec] = param(
        factory=dict, help="spreads over a curve that move on their own, one table each", sparse=True
    )
    currencies: dict[str, CurrencySpec] = param(
        factory=dict, help="curves of other currencies, one table each", sparse=True
    )
    fixings: dict[str, float] = param(
        factory=dict,
        unit="decimal",
        help="overnight rates of days before the first, by date, for swaps that are under way",
        plausible=RATE,
        sparse=True,
    )
    bonds: dict[str, BondSpec] = param(factory=dict, help="zero-coupon bonds in venues of their own", sparse=True)
    straddles: dict[str, StraddleSpec] = param(
        factory=dict, help="swaption straddles in venues of their own, one table each", sparse=True
    )
    futures: dict[str, BondFutureSpec] = param(factory=dict, help="futures on those bonds, one table each", sparse=True)
    repo: dict[str, RepoSpec] = param(
        factory=dict, help="market in which bonds are financed, by currency, `usd`", sparse=True
    )
    vol: dict[str, RatesVolSpec] = param(
        factory=dict, help="vol of rates by currency, `usd`: it drives spread and depth of swaps and bonds", sparse=True
    )

    @property
    def curve(self) -> tuple[Node, ...]:
        """All nodes, the shortest first."""
        further = (Node(name, spec.years, spec.vol, spec.correlation) for name, spec in self.nodes.items())
        nodes = sorted((*self._joint(), *further), key=lambda node: node.years)
        return tuple(node._replace(vol=self._vol(node)) for node in nodes)

    def _vol(self, node: Node) -> float:
        """Of a node's noise: its own key's, or what the law of the curve says."""
        if self.hull_white is not None:
            return self.hull_white.sigma * self.hull_white.loading(node.years)
        if self.drivers is not None and self.drivers.vols == "record" and node.years > 0:
            return self.drivers.vol(node.years)
        return node.vol

    def _joint(self) -> list[Node]:
        """The nodes of every curve, each with its correlations to the main asset's shock and to the nodes before it."""
        given: dict[str, dict[str, float]] = {name: {} for name in STANDARD_NODES}
        for before, name in combinations((SHOCK, *STANDARD_NODES), 2):
            given[name][before] = getattr(self, f"corr_{before}_{name}")
        return [Node(name, years, getattr(self, f"vol_{name}"), given[name]) for name, years in STANDARD_NODES.items()]
