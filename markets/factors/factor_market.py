"""The market of factors: laws, stepped in order, and their levels."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.asset_law import AssetLaw
from markets.factors.bond_basis import BondBasis
from markets.factors.credit_spread import CreditSpread
from markets.factors.defaults import Defaults
from markets.factors.equity import Equity
from markets.factors.haircuts import Haircuts
from markets.factors.key import (
    CREDIT,
    HAIRCUT,
    MAIN,
    OVERNIGHT,
    RATES_VOL,
    SPOT,
    US2Y,
    US10Y,
    USD,
    VOL,
    FactorKey,
    basis_key,
    margin_key,
)
from markets.factors.law import Law
from markets.factors.leverage_vol import LeverageVol
from markets.factors.memory.path_laws import PathLaws
from markets.factors.noise import Noise
from markets.factors.other_asset import OtherAsset
from markets.factors.other_curves import OtherCurves
from markets.factors.path_vol import PathVol
from markets.factors.rates_vol import RatesVol
from markets.factors.realised import RealisedVol
from markets.factors.repo_market import RepoMarket
from markets.factors.snapshot import Snapshot
from markets.factors.surface import surfaces
from markets.factors.zero_rates import ZeroRates
from markets.specs.bond_future import future_columns
from sim.errors import BugError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markets.factors.asset_vol import AssetVol
    from markets.factors.implied_vol import ImpliedVol
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Paths
    from markets.spec import RepoSpec

Vector = NDArray[np.float64]


FURTHER: list[Callable[[Setting], Law]] = []  # makers of laws besides those of the default market; they step last


RATE_VOL = 0.01  # decimal a year, of a rate at base implied vol


_is_finite = attrgetter("is_finite")


class ShortName:
    """A factor of the default market as an attribute, (paths,)."""

    def __init__(self, key: FactorKey) -> None:
        self.key = key

    def __get__(self, market: FactorMarket, _: type[FactorMarket]) -> Vector:
        return market.snapshot.row(self.key)


class FactorMarket:
    """All factors of one world, by typed key. `snapshot` is the present market; it is immutable, and every change of a
    level makes a new one.
    """

    spot = ShortName(SPOT)  # $/unit
    vol = ShortName(VOL)  # 30-day implied vol, decimal
    overnight = ShortName(OVERNIGHT)  # zero rates, decimal
    us2y = ShortName(US2Y)
    us10y = ShortName(US10Y)
    credit = ShortName(CREDIT)  # cash spread, decimal

    def __init__(self, setting: Setting) -> None:
        """Raises UserError if correlations are impossible."""
        line, paths = setting.storyline, setting.streams.paths
        path = PathLaws(setting)
        ratio, premium = setting.market.realised_ratio, lambda: self._displaced(VOL)
        self.equity = Equity(setting, RealisedVol(line.realised, ratio, path.vol, premium), path)
        self.vol_law: ImpliedVol = LeverageVol(setting, self.equity) if path.vol is None else PathVol(setting, path.vol)
        self.rates = ZeroRates(setting)
        self.credit_law = CreditSpread(setting, self.vol_law, path.credit)
        others = [OtherAsset(setting, spec, self.vol_law.base) for spec in setting.assets]
        vol_specs = setting.market.rates.vol.values()
        price, displaced = self.equity.price, self._displaced
        self.rates_vol: RatesVol | None = next((RatesVol(setting, spec, price, displaced) for spec in vol_specs), None)
        self.other_curves = OtherCurves(setting, self.rates, self.credit_law) if setting.market.further else None
        rates = setting.market.rates
        first: list[Law] = [] if self.rates_vol is None else [self.rates_vol]  # it looks at the tick before
        own: list[Law] = [] if self.other_curves is None else [self.other_curves]
        self.defaults = Defaults(setting, self.credit_law, setting.hazards) if setting.hazards else None
        own += [] if self.defaults is None else [self.defaults]
        own += [BondBasis(setting, name, spec) for name, spec in rates.futures.items()]
        self.haircuts = Haircuts(setting, self._margin_ratio) if rates.repo or rates.futures else None
        own += [] if self.haircuts is None else [self.haircuts]
        self.repo: RepoMarket | None = next((_repo_market(setting, spec) for spec in rates.repo.values()), None)
        further = [*own, *surfaces(setting, self.vol_law.base), *(make(setting) for make in FURTHER)]
        self.asset_vols = {law.keys[0].name: law.vol for law in others if law.vol is not None}  # by asset
        usual = (self.equity, *others, self.vol_law, *self.asset_vols.values(), self.rates, self.credit_law)
        self.laws: tuple[Law, ...] = (*first, *usual, *further)
        self._steps = [law.step for law in self.laws]
        self._law_of = _owners(self.laws)
        self.assets: dict[FactorKey, AssetLaw] = {SPOT: self.equity} | {law.keys[0]: law for law in others}
        self.storyline = line
        self._noise = Noise(setting.streams, setting.assets)
        self._margin = setting.feedback.margin
        self._correlations = {spec.name: spec.correlation.get(MAIN, 0.0) for spec in setting.assets}
        self._lending = {"haircut": HAIRCUT} if rates.repo else {}
        for name in rates.futures:
            self._lending |= zip(future_columns(name), (basis_key(name), margin_key(name)), strict=True)
        self._spread_line: Vector = np.exp(line.spread.level)  # outside multiples, (ticks,)
        self._depth_line: Vector = np.exp(line.depth.level)
        self.tick = 0
        self.snapshot = Snapshot(dict.fromkeys(self._law_of, np.zeros(paths)))
        self.refresh()

    def step(self, tick: int) -> None:
        """Carry every factor into `tick`."""
        now = self.snapshot
        self._noise.draw()
        noise = self._noise
        moved = [step(tick, noise, now) for step in self._steps]
        self.tick = tick
        self.snapshot = now.with_moves(moved)

    def refresh(self) -> None:
        """Read all levels again. Raises BugError if a law has nodes of a curve one by one: the curve would not move."""
        levels = [law.levels() for law in self.laws]
        for rows, _ in levels:
            for key in rows:
                if key.node:
                    raise BugError(f"{key} is a node of a curve: its law gives all nodes together, as a block")
        self.snapshot = self.snapshot.with_moves(levels)

    @property
    def is_finite(self) -> bool:
        """Whether all levels are numbers."""
        return False not in map(_is_finite, self.laws)

    # --- impact of trades --------------------------------------------------------------------------------------------
    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace a factor. resilience: 1/trading day. Raises BugError if trades cannot move it."""
        self._law_of[key].let_move(key, permanent_share, resilience)

    def displace(self, key: FactorKey, move: Vector) -> None:
        """Displace a factor by (paths,) ln S or decimal rate, now; other factors respond at the next step."""
        now = self.snapshot
        self.snapshot = now.with_level(key, self._law_of[key].displace(key, move, now.row(key)))

    def impact(self, key: FactorKey, paths: Paths = slice(None)) -> Vector:
        """Displacement of a factor by trades, (paths,): on all, or on some."""
        return self._law_of[key].impact[key].on(paths)

    def _displaced(self, key: FactorKey) -> Vector | None:
        """The same; None of a factor that trades cannot move."""
        impact = self._law_of[key].impact.get(key)
        return None if impact is None else impact.total

    def if_price_moved(self, key: FactorKey, displacement: Vector) -> Snapshot:
        """The market as it would be with the price of an asset displaced by (paths,) ln S."""
        return self.snapshot.with_rows({key: self.assets[key].price.moved(self.snapshot.row(key), displacement)})

    def vol_of(self, key: FactorKey) -> AssetVol | None:
        """The vol of the further asset whose price or vol a factor is, where it has one of its own."""
        return self.asset_vols.get(key.name) if key.family in ("spot", "vol") else None

    # --- vol that drives quotes -------------------------------------------------------------------------------------
    def quoting_vol(self, key: FactorKey) -> tuple[FactorKey, float]:
        """The vol by which spread and depth of a venue on this factor scale, and its base.

        The vol of rates for a rate and for itself, where the scenario declares one, and a further asset's own for its
        price and for itself; else implied vol of the main asset.
        """
        own = self.vol_of(key)
        if own is not None:
            return own.key, own.base
        if self.rates_vol is not None and ((key.family, key.name) == USD or key == RATES_VOL):
            return RATES_VOL, self.rates_vol.base
        return VOL, self.vol_law.base

    def rate_vol(self) -> Vector:
        """Normal vol of rates, (paths,) decimal a year; without a factor of its own 1 % at base implied vol."""
        if self.rates_vol is not None:
            return self.snapshot.row(RATES_VOL)
        return RATE_VOL * self.vol / self.vol_law.base

    def _margin_ratio(self, now: Snapshot) -> Vector:
        """Vol of rates over its start as margins follow it, (paths,): that of the storyline if the loop is cut."""
        if self.rates_vol is not None:
            told: Vector = self._margin_rates_vol(now, self.rates_vol) / self.rates_vol.base
            return told
        return self.vol_law.margin(now) / self.vol_law.base

    def _margin_rates_vol(self, now: Snapshot, law: RatesVol) -> Vector:
        told = law.told(self.tick)
        vol: Vector = told * (now.row(RATES_VOL) / told) ** self._margin
        return vol

    @property
    def lending(self) -> dict[str, Vector]:
        """Haircut of bonds in repo; basis and margin of each bond future; by the names of their columns."""
        return {column: self.snapshot.row(key) for column, key in self._lending.items()}

    # --- derived from the levels ------------------------------------------------------------------------------
    def realised_vol(self, key: FactorKey = SPOT) -> Vector:
        """Vol of an asset's noise from this tick to the next, (paths,) a year."""
        return self.assets[key].realised_vol(self.snapshot)

    @property
    def credit_index(self) -> Vector:
        """The index spread, (paths,) decimal: it responds at once; the cash spread follows it with a lag."""
        return self.credit_index_on(slice(None))

    def credit_index_on(self, paths: Paths) -> Vector:
        """The same on some paths."""
        return self.credit_law.index(self.snapshot, paths)

    @property
    def leverage(self) -> Vector:
        """Elasticity of vol to the price now: fall of ln s per unit of ln S, (paths,)."""
        return self.vol_law.elasticity(self.snapshot)

    def elasticity(self, asset: str) -> Vector:
        """The same of an asset's vol to its own price, (paths,)."""
        law = self.asset_vols.get(asset, self.vol_law)
        return law.elasticity(self.snapshot)

    def vol_answer(self, asset: str) -> tuple[Vector, float]:
        """Elasticity of an asset's vol to its price now, (paths,), and that vol at the start."""
        return self.elasticity(asset), self.base_vol(asset)

    def base_vol(self, asset: str) -> float:
        """An asset's vol at the start."""
        own = self.asset_vols.get(asset)
        return float(self.vol_law.base if own is None else own.base)

    @property
    def margin_vol(self) -> Vector:
        """Vol for initial margin, (paths,)."""
        return self.vol_law.margin(self.snapshot)

    def margin_vol_of(self, asset: str) -> Vector:
        """The same of an asset."""
        own = self.asset_vols.get(asset)
        if own is None:
            return self.margin_vol
        line = self.vol_law.line
        told = own.told(line[self.tick] - line[0])
        vol: Vector = told * (self.snapshot.row(own.key) / told) ** self._margin
        return vol

    def correlation_with_main(self, asset: str) -> float:
        """Of a further asset's noise."""
        return float(self._correlations.get(asset, 0.0))

    @property
    def margin_rates_vol(self) -> Vector | None:
        """Vol of rates for initial margin, (paths,) decimal a year; None where no vol of rates is declared."""
        return None if self.rates_vol is None else self._margin_rates_vol(self.snapshot, self.rates_vol)

    def half_spreads(self, base: float) -> list[float]:
        """Half-spreads with the outside multiple, at base vol, at every tick."""
        told: list[float] = (base * self._spread_line).tolist()
        return told

    def depths(self, base: float, share: float = 1.0) -> list[Vector]:
        """A share of the depth likewise, (1,) each."""
        return list(share * (base * self._depth_line[:, None]))


def _repo_market(setting: Setting, spec: RepoSpec) -> RepoMarket:
    line = setting.storyline
    assert line.repo_spread is not None and line.repo_tail is not None
    return RepoMarket(spec, line.repo_spread, line.repo_tail)


def _owners(laws: Iterable[Law]) -> dict[FactorKey, Law]:
    """The law of each factor. Raises BugError if two laws have the same factor."""
    found: dict[FactorKey, Law] = {}
    for law in laws:
        for key in law.keys:
            if key in found:
                raise BugError(f"two things of the market are called {str(key)!r}")
            found[key] = law
    return found
