"""Further assets with a vol of their own, as options on them see the starting market."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from markets.factors.key import MAIN
from markets.factors.underlying import MAIN_ASSET, OtherUnderlying, Underlying
from markets.products.start import FurtherAsset, Start

if TYPE_CHECKING:
    from scenarios.scenario import Scenario


def with_assets(start: Start, scenario: Scenario) -> Start:
    """A starting market with the levels of further assets that have a vol, and how their options see it."""
    known = [OtherUnderlying(spec) for spec in scenario.assets if spec.implied is not None]
    if not known:
        return start
    levels = {each.spot: np.array([each.spec.spot]) for each in known}
    levels |= {each.vol: np.array([each.implied.start]) for each in known}
    for each in known:
        if each.implied.surface is not None:
            levels |= zip((each.slope, each.skew), np.array(each.implied.surface_start)[:, None], strict=True)
    whole = replace(start, snapshot=start.snapshot.with_rows(levels))
    return replace(whole, assets={each.name: FurtherAsset(_seen(whole, each), each) for each in known})


def seen_by(start: Start, asset: str) -> tuple[Start, Underlying]:
    """The starting market as options on an asset see it, and the asset."""
    return (start, MAIN_ASSET) if asset == MAIN else start.assets[asset]


def _seen(start: Start, underlying: OtherUnderlying) -> Start:
    own = underlying.implied
    return replace(
        start,
        snapshot=underlying.seen(start.snapshot),
        skew=own.skew,
        form=own.smile,
        stickiness=own.stickiness,
        term_reversion=own.term_reversion,
        dividend_yield=own.dividend_yield,
    )
