"""The credit spread: storyline, and response to vol, to the traded path and to the lenders' stress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import CREDIT
from markets.factors.law import NO_CURVES, STILL, Law, Levels
from markets.kernels.factors import credit_spreads

if TYPE_CHECKING:
    from markets.factors.implied_vol import ImpliedVol
    from markets.factors.memory.credit_law import CreditLaw
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Paths, Snapshot

Vector = NDArray[np.float64]
LEAST = 1e-6  # decimal: a spread of which logs are taken


class CreditSpread(Law):
    """c = L_c ((s/L_vol)^eta exp(psi stress))^switch, or L_c exp(psi stress switch) times the path-dependent law's."""

    keys = (CREDIT,)

    def __init__(self, setting: Setting, vol: ImpliedVol, by_path: CreditLaw | None) -> None:
        """by_path: the path-dependent law, if the scenario has it."""
        line, credit, switch = setting.storyline.credit, setting.credit, setting.feedback.credit
        self._line: list[float] = line.level.tolist()
        self._vol, self._by_path = vol, by_path
        self._to_vol = switch * (credit.elasticity if by_path is None else 0.0)
        self._to_stress = switch * credit.stress_elasticity
        self._moves_outside: list[bool] = (np.diff(line.level, prepend=np.nan) != 0).tolist()
        self._nothing = np.zeros(setting.streams.paths)
        self.stress = self._stress_seen = self._nothing  # (paths,) share of the lenders' lines, set by them
        self._tick = 0
        path = setting.storyline.line if by_path is not None else None
        self._told_lead = [0.0] * len(self._line) if path is None else (path.index - path.cash).tolist()

    @property
    def at_start(self) -> float:
        """Spread at the start, decimal."""
        return self._line[0]

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Levels:
        """Respond to vol, the path and the lenders' stress."""
        self._tick = tick
        if self._by_path is not None or (self._to_vol != 0 and self._vol.moves):  # it answers what moves by itself
            return self.levels()
        stands = self.stress is self._stress_seen and not self._moves_outside[tick]
        return STILL if stands else self.levels()

    def levels(self) -> Levels:
        """The cash spread."""
        self._stress_seen, spread, vol = self.stress, np.empty(self._nothing.size), self._vol
        by_path = self._nothing if self._by_path is None else self._by_path.response
        credit_spreads(
            self._line[self._tick],
            self._to_vol,
            self._to_stress,
            vol.noise,
            vol.led,
            self.stress,
            by_path,
            spread,
        )
        return {CREDIT: spread}, NO_CURVES

    @property
    def gap(self) -> Vector:
        """ln of the index spread less that of the storyline, (paths,): what names follow, without lag."""
        vol, law = self._vol, self._by_path
        gap: Vector = self._to_vol * (vol.noise + vol.led) + self._to_stress * self.stress
        return gap if law is None else gap + law.response + (law.lead - self._told_lead[self._tick])

    @property
    def risen(self) -> Vector:
        """ln of the index spread over that at the start, (paths,)."""
        first, now = max(self._line[0], LEAST), max(self._line[self._tick], LEAST)
        told: float = np.log(now / first) + self._told_lead[self._tick] - self._told_lead[0]
        return self.gap + told

    def index(self, now: Snapshot, paths: Paths) -> Vector:
        """The index spread on some paths, decimal: it responds at once; the cash spread follows it with a lag."""
        cash, law = now.row(CREDIT)[paths], self._by_path
        index: Vector = cash if law is None else cash * np.exp(law.lead_on(paths))
        return index
