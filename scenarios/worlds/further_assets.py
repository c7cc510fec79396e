"""Further assets with a vol of their own, as options on them see the starting market."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from markets.factors.key import MAIN
from markets.factors.underlying import MAIN_ASSET, OtherUnderlying, Underlying

if TYPE_CHECKING:
    from markets.products.start import Start
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
    return replace(start, snapshot=start.snapshot.with_rows(levels), assets={each.name: each for each in known})


def seen_by(start: Start, asset: str) -> tuple[Start, Underlying]:
    """The starting market as options on an asset see it, and the asset."""
    return start.of(asset), MAIN_ASSET if asset == MAIN else start.assets[asset]
