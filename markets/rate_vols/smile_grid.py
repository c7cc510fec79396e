"""Smiles of options on rates at some expiries and lengths, and between them."""

from __future__ import annotations

import numpy as np

from markets.rate_vols.sabr import Kind, Sabr
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple


class GridPoint(NamedTuple):
    """A SABR smile by its vol at the money."""

    expiry: float  # years
    tenor: float  # years, of the swap
    vol: float  # decimal
    rho: float
    nu: float


@dataclass(frozen=True)
class SmileGrid:
    """Vol at the money, rho and nu: linear in the length of the swap, then in the expiry, and flat outside.

    alpha follows from the vol at the money, so that it is met at every point. Raises UserError without points, or
    where two are of one expiry and length.
    """

    points: tuple[GridPoint, ...]
    beta: float = 0.0
    kind: Kind = "normal"
    shift: float = 0.0

    def __post_init__(self) -> None:
        cells = [point[:2] for point in self.points]
        twice = next((cell for cell in cells if cells.count(cell) > 1), None)
        if twice is not None or not cells:
            rule, remedy = "smiles are given once for each expiry and tenor", "drop one of them"
            raise UserError(rule, value=f"{twice[0]:g}Y into {twice[1]:g}Y" if twice else "none", remedy=remedy)

    def smile(self, expiry: float, tenor: float, forward: float) -> Sabr:
        """The smile at any expiry and length, years, on a forward, decimal."""
        vol, rho, nu = (self._between(column, expiry, tenor) for column in ("vol", "rho", "nu"))
        return Sabr.at_the_money(
            vol, forward=forward, years=expiry, rho=rho, nu=nu, beta=self.beta, kind=self.kind, shift=self.shift
        )

    def _between(self, column: str, expiry: float, tenor: float) -> float:
        rows: dict[float, list[GridPoint]] = {}
        for point in sorted(self.points):
            rows.setdefault(point.expiry, []).append(point)
        along = [np.interp(tenor, [p.tenor for p in row], [getattr(p, column) for p in row]) for row in rows.values()]
        return float(np.interp(expiry, list(rows), along))
