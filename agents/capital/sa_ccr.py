"""The standardised approach to counterparty credit risk (CRE52; BCBS 279)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agents.capital.netting_set import NettingSet, Trade
from agents.capital.supervisory import BASIS, MULTIPLES, QUALITIES, group_of
from sim.dataclass import dataclass

Vector = NDArray[np.float64]
ALPHA, FLOOR = 1.4, 0.05
BUCKETS = (1.0, 5.0)  # years: ends of the first two maturity buckets of rates
NEXT, APART = 0.7, 0.3  # correlation of neighbouring buckets, of the first with the last


@dataclass(frozen=True)
class Exposure:
    """Of a netting set, (paths,) $ each; `multiplier` is a number. add_ons: by asset class."""

    replacement: Vector
    add_ons: dict[str, Vector]
    multiplier: Vector

    @property
    def add_on(self) -> Vector:
        """Sum over the asset classes."""
        return sum(self.add_ons.values(), np.zeros_like(self.replacement))

    @property
    def at_default(self) -> Vector:
        """EAD = 1.4 (RC + multiplier x add-on) (CRE52.1)."""
        ead: Vector = ALPHA * (self.replacement + self.multiplier * self.add_on)
        return ead


def exposure(netting: NettingSet) -> Exposure:
    """Of a netting set; one with margin counts for no more than without it (CRE52.2)."""
    free = _exposure(netting, margined=False)
    if netting.margining is None:
        return free
    held = _exposure(netting, margined=True)
    less = held.at_default <= free.at_default
    return Exposure(
        np.where(less, held.replacement, free.replacement),
        {name: np.where(less, held.add_ons[name], free.add_ons[name]) for name in held.add_ons},
        np.where(less, held.multiplier, free.multiplier),
    )


def multiplier(excess: Vector, add_on: Vector) -> Vector:
    """min(1, 5 % + 95 % exp((V - C) / (2 x 95 % x add-on))), (paths,); 1 where there is no add-on (CRE52.23)."""
    share = np.divide(excess, 2 * (1 - FLOOR) * add_on, out=np.zeros_like(add_on), where=add_on > 0)
    return np.minimum(FLOOR + (1 - FLOOR) * np.exp(np.minimum(share, 0.0)), 1.0)


def _exposure(netting: NettingSet, *, margined: bool) -> Exposure:
    paths = netting.collateral.shape
    excess = sum((trade.value for trade in netting.trades), np.zeros(paths)) - netting.collateral
    replacement, scale = np.maximum(excess, 0.0), None
    if margined and netting.margining is not None:
        replacement = np.maximum(replacement, netting.margining.uncalled)
        scale = netting.margining.scale
    add_ons = {}
    for name in QUALITIES:
        own = [trade for trade in netting.trades if trade.asset_class == name]
        if own:
            add_ons[name] = _add_on(RULES[name], own, scale)
    total = sum(add_ons.values(), np.zeros(paths))
    return Exposure(replacement, add_ons, multiplier(excess, total))


def _add_on(rule: Rule, trades: Sequence[Trade], scale: float | None) -> Vector:
    """Of an asset class, (paths,) $: each basis, and all that is on volatilities, apart from the rest."""
    apart: dict[tuple[str, str], list[Trade]] = {}
    for trade in trades:
        apart.setdefault((trade.kind, trade.name if trade.kind == BASIS else ""), []).append(trade)
    total = np.zeros_like(trades[0].value)
    for (kind, _), own in apart.items():
        total = total + MULTIPLES[kind] * rule(own, [_effective(trade, scale) for trade in own])
    return total


def _effective(trade: Trade, scale: float | None) -> Vector:
    """Effective notional D = delta x adjusted notional x maturity factor, (paths,) $."""
    effective: Vector = trade.delta * trade.adjusted * (trade.scale if scale is None else scale)
    return effective


def _rates(trades: Sequence[Trade], effective: Sequence[Vector]) -> Vector:
    """By currency and maturity bucket (CRE52.57), (paths,) $."""
    found: dict[str, list[Vector]] = {}
    for trade, own in zip(trades, effective, strict=True):
        sums = found.setdefault(trade.name, [np.zeros_like(own) for _ in range(len(BUCKETS) + 1)])
        bucket = int(trade.end >= BUCKETS[0]) + int(trade.end > BUCKETS[1])
        sums[bucket] = sums[bucket] + own
    total = np.zeros_like(effective[0])
    for one, two, three in found.values():
        pairs = 2 * NEXT * (one * two + two * three) + 2 * APART * one * three
        total = total + trades[0].parameters.factor * np.sqrt(np.maximum(one**2 + two**2 + three**2 + pairs, 0.0))
    return total


def _fx(trades: Sequence[Trade], effective: Sequence[Vector]) -> Vector:
    """By pair of currencies (CRE52.59), (paths,) $."""
    found: dict[str, Vector] = {}
    for trade, own in zip(trades, effective, strict=True):
        found[trade.name] = found.get(trade.name, 0.0) + own
    return sum((trades[0].parameters.factor * np.abs(own) for own in found.values()), np.zeros_like(effective[0]))


def _entities(trades: Sequence[Trade], effective: Sequence[Vector]) -> Vector:
    """sqrt((sum rho A)^2 + sum (1 - rho^2) A^2), A the add-on of an entity (CRE52.61 and 52.66), (paths,) $."""
    found: dict[tuple[str, str], Vector] = {}
    for trade, own in zip(trades, effective, strict=True):
        key = (trade.name, trade.quality)
        found[key] = found.get(key, 0.0) + trade.parameters.factor * own
    rho = [QUALITIES[trades[0].asset_class][quality].correlation for _, quality in found]
    common = sum(r * own for r, own in zip(rho, found.values(), strict=True))
    apart = sum((1 - r**2) * own**2 for r, own in zip(rho, found.values(), strict=True))
    return np.sqrt(np.asarray(common) ** 2 + apart)


def _commodities(trades: Sequence[Trade], effective: Sequence[Vector]) -> Vector:
    """As entities, by type, in each of the four hedging sets (CRE52.69), (paths,) $."""
    total = np.zeros_like(effective[0])
    for group in dict.fromkeys(group_of(trade.quality) for trade in trades):
        mine = [i for i, trade in enumerate(trades) if group_of(trade.quality) == group]
        total = total + _entities([trades[i] for i in mine], [effective[i] for i in mine])
    return total


Rule = Callable[[Sequence[Trade], Sequence[Vector]], Vector]
RULES: dict[str, Rule] = {
    "rates": _rates,
    "fx": _fx,
    "credit": _entities,
    "equity": _entities,
    "commodity": _commodities,
}
