"""Market parameters as frozen values; the state is in `markets.factors` and `markets.venues`."""

from __future__ import annotations

from markets.specs.anchor import MOST_ANCHORS, OUTSIDE, Anchor
from markets.specs.asset import AssetAnchor, AssetSpec
from markets.specs.bond import BondSpec
from markets.specs.bond_future import BondFutureSpec
from markets.specs.calibration import CalibrationSpec, ExplainedSpec, RiseSpec
from markets.specs.clock import ClockSpec
from markets.specs.credit import CreditSpec
from markets.specs.credit_name import CreditNameSpec
from markets.specs.currencies import CurrencyNodeSpec, CurrencySpec
from markets.specs.curve_law import DriversSpec, HullWhiteSpec
from markets.specs.feedback import FeedbackSpec
from markets.specs.fx import FxSpec
from markets.specs.haircut import HaircutSpec
from markets.specs.jumps import JumpSpec
from markets.specs.market import MarketSpec
from markets.specs.rates import RateSpec
from markets.specs.rates_vol import RatesVolSpec
from markets.specs.repo import RepoSpec
from markets.specs.shock import ShockSpec
from markets.specs.spreads import SpreadNodeSpec, SpreadSpec
from markets.specs.storyline import StorylineSpec
from markets.specs.variance_swap import VarianceSwapSpec
from markets.specs.venue import VenueSpec, VenuesSpec, asset_venue, us2y_venue, us10y_venue
from markets.specs.vol_future import VolFutureSpec

__all__ = [
    "MOST_ANCHORS",
    "OUTSIDE",
    "Anchor",
    "AssetAnchor",
    "AssetSpec",
    "BondFutureSpec",
    "BondSpec",
    "CalibrationSpec",
    "ClockSpec",
    "CreditNameSpec",
    "CreditSpec",
    "CurrencyNodeSpec",
    "CurrencySpec",
    "DriversSpec",
    "ExplainedSpec",
    "FeedbackSpec",
    "FxSpec",
    "HaircutSpec",
    "HullWhiteSpec",
    "JumpSpec",
    "MarketSpec",
    "RateSpec",
    "RatesVolSpec",
    "RepoSpec",
    "RiseSpec",
    "ShockSpec",
    "SpreadNodeSpec",
    "SpreadSpec",
    "StorylineSpec",
    "VarianceSwapSpec",
    "VenueSpec",
    "VenuesSpec",
    "VolFutureSpec",
    "asset_venue",
    "us2y_venue",
    "us10y_venue",
]
