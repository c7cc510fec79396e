"""Whether smiles and surfaces of a market move, whatever the asset."""

from __future__ import annotations

from collections.abc import Sequence

from markets.specs.asset import AssetSpec
from markets.specs.asset_vol import AssetVolSpec
from markets.specs.market import MarketSpec


def smile_moves(market: MarketSpec, assets: Sequence[AssetSpec]) -> bool:
    """Whether the vol of a strike of any asset moves otherwise than with the vol at the money."""
    return any(smile.smile_moves for smile in _smiles(market, assets))


def surface_moves(market: MarketSpec, assets: Sequence[AssetSpec]) -> bool:
    """Whether slope and skew of any asset are factors."""
    return any(smile.surface is not None for smile in _smiles(market, assets))


def _smiles(market: MarketSpec, assets: Sequence[AssetSpec]) -> list[MarketSpec | AssetVolSpec]:
    return [market, *(asset.implied for asset in assets if asset.implied is not None)]
