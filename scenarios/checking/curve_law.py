"""Laws of the curve's noise: one at a time, with loadings that fit together, and nothing told that they ignore."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from markets.specs.curve_law import DRIVERS
from markets.specs.rates import STANDARD_NODES, NodeSpec, RateSpec

if TYPE_CHECKING:
    from markets.specs.curve_law import DriversSpec
    from scenarios.scenario import Scenario
    from sim.place import Place

CORRELATIONS = tuple(name for name in RateSpec.__dataclass_fields__ if name.startswith("corr_"))
VOLS = tuple(f"vol_{name}" for name in STANDARD_NODES)


def check_curve_law(scenario: Scenario, place: Place) -> None:
    """Raise UserError for keys that the chosen law does not read, or that contradict one another."""
    rates, at = scenario.market.rates, place.at("market", "rates")
    if rates.drivers is not None:
        if rates.hull_white is not None:
            raise at.at("hull_white").error("the curve moves by drivers", value="both", remedy="leave one of them out")
        _check_drivers(rates.drivers, at.at("drivers"))
        ignored = [*CORRELATIONS, *(() if rates.drivers.vols == "nodes" else VOLS[1:])]
        _check_unread(rates, ignored, "drivers", rates.drivers.vols == "nodes", at)
    if rates.hull_white is not None:
        _check_unread(rates, [*CORRELATIONS, *VOLS, "mean_reversion"], "hull_white", False, at)
        _check_start_alone(scenario, place)


def _check_drivers(drivers: DriversSpec, at: Place) -> None:
    """Tenors rise, each driver has a loading at each, and correlations with spot are possible."""
    years = drivers.years
    if not years or any(b <= a for a, b in pairwise(years)) or years[0] < 0:
        raise at.at("years").error("tenors rise, from 0 years on", value=list(years))
    for name in DRIVERS:
        if len(getattr(drivers, name)) != len(years):
            rule = f"a driver has a loading at each of the {len(years)} tenors"
            raise at.at(name).error(rule, value=len(getattr(drivers, name)))
    if len(drivers.spot) != len(DRIVERS):
        raise at.at("spot").error("has a correlation for each driver", value=len(drivers.spot), remedy="give three")
    if sum(rho**2 for rho in drivers.spot) > 1:
        rule = "squares of the drivers' correlations with spot add up to at most 1"
        raise at.at("spot").error(rule, value=list(drivers.spot))


def _check_unread(rates: RateSpec, keys: list[str], law: str, own_vols: bool, at: Place) -> None:
    """Keys of correlated nodes that this law does not read are not given."""
    usual = RateSpec()
    for key in keys:
        if getattr(rates, key) != getattr(usual, key):
            raise at.at(key).error(f"is not read where `{law}` moves the curve", remedy="leave it out")
    for name, spec in rates.nodes.items():
        unread = {"correlation": spec.correlation != {}}
        unread |= {} if own_vols else {"vol": spec.vol != NodeSpec(years=spec.years).vol}
        for key, given in unread.items():
            if given:
                raise at.at("nodes", name, key).error(
                    f"is not read where `{law}` moves the curve", remedy="leave it out"
                )


def _check_start_alone(scenario: Scenario, place: Place) -> None:
    """A Hull-White curve follows from its first day: later anchors tell no rates."""
    names = [node.name for node in scenario.market.rates.curve]
    for row in scenario.storyline.anchor[1:]:
        for name in names:
            if row.level(name) is not None:
                where = place.at("storyline", "anchor", str(row.date), name)
                raise where.error("a Hull-White curve follows from its first day", remedy="leave the rates out")
