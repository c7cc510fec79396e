"""Defaults of names: when they happen on each path, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import default_key, name_key
from markets.factors.law import STILL, Law, Moved
from markets.factors.other_curves import in_dollars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from markets.factors.credit_spread import CreditSpread
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]
MOST_RECOVERED = 0.99  # of notional


class Defaults(Law):
    """A name defaults when its cumulative hazard rate has reached an exponential variable of its own.

        hazard rate = h(0) m exp(contagion x stress of the lenders)

    h(0): of the shortest quote at the start, m: the present spread over that at the start, at the tick before. In
    calendar time. An auction finds what is recovered: recovery (credit index / that at the start)^(-auction).
    """

    def __init__(self, setting: Setting, credit: CreditSpread, hazards: Mapping[str, float]) -> None:
        """hazards: hazard rate at the start by name, of those that may default."""
        specs = {name: setting.market.credits[name] for name in hazards}
        self.keys = tuple(default_key(name) for name in specs)
        self._names, self._specs, self._credit = tuple(specs), tuple(specs.values()), credit
        self._hazard = tuple(hazards.values())
        self._start = [np.log(spec.quotes[spec.quoted]) for spec in self._specs]
        self._years = np.diff(setting.clock.calendar_years, prepend=0.0).tolist()
        streams = [setting.streams.stream(f"market/defaults/{name}") for name in self._names]
        self._left = np.stack([-np.log1p(-stream.uniform()) for stream in streams])  # of each path's threshold
        self._lost = np.zeros_like(self._left)
        self._fresh = np.zeros(self._left.shape, dtype=bool)

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Let names default between the tick before and this one."""
        alive = self._lost == 0.0
        for k, (name, spec) in enumerate(zip(self._names, self._specs, strict=True)):
            rise = now.row(name_key(name)) - self._start[k] + spec.contagion * self._credit.stress
            self._left[k] -= self._hazard[k] * self._years[tick] * in_dollars(rise)
        self._fresh = alive & (self._left <= 0.0)
        if not self._fresh.any():
            return STILL
        for k, spec in enumerate(self._specs):
            self._lost[k] = np.where(self._fresh[k], 1.0 - self._recovered(spec.recovery, spec.auction), self._lost[k])
        return self.levels()

    def _recovered(self, recovery: float, power: float) -> Vector:
        """Share of notional that an auction finds now, (paths,)."""
        risen = in_dollars(-power * self._credit.risen)
        return np.minimum(recovery * risen, MOST_RECOVERED)

    def levels(self) -> Moved:
        """What has been lost."""
        return Moved({key: row.copy() for key, row in zip(self.keys, self._lost, strict=True)})

    def fresh(self) -> Iterator[tuple[str, NDArray[np.bool_], Vector]]:
        """Defaults of this step: name, paths, recovery (paths,)."""
        for name, mask, lost in zip(self._names, self._fresh, self._lost, strict=True):
            if mask.any():
                yield name, mask, 1.0 - lost
