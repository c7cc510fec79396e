"""A swaption cube: vols by expiry, length of the swap and strike, with a SABR smile in each cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.rate_vols.arbitrage import Breach, density_breaches, strike_breaches
from markets.rate_vols.black import bachelier, black
from markets.rate_vols.sabr import Kind, Sabr
from markets.rate_vols.smile_grid import GridPoint, SmileGrid
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.figure_text import tenor
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]


class CellQuotes(NamedTuple):
    """What the market quotes at one expiry into one length."""

    expiry: float  # years
    tenor: float  # years, of the swap
    forward: float  # decimal
    strikes: tuple[float, ...]  # decimal
    vols: tuple[float, ...]  # decimal, of the cube's kind

    @property
    def name(self) -> str:
        """5Y into 10Y."""
        return f"{tenor(self.expiry)} into {tenor(self.tenor)}"


class Cell(NamedTuple):
    """Quotes and the smile that was fitted to them."""

    quotes: CellQuotes
    smile: Sabr

    @property
    def errors(self) -> Floats:
        """Smile less quote at each strike, decimal of vol."""
        return np.asarray(self.smile.vol(self.quotes.strikes) - np.array(self.quotes.vols))

    @property
    def quoted_breaches(self) -> list[Breach]:
        """Arbitrage among the quotes themselves."""
        quotes, smile = self.quotes, self.smile
        if smile.kind == "normal":
            calls = bachelier(quotes.forward, quotes.strikes, quotes.vols, quotes.expiry)
        else:
            calls = black(quotes.forward, quotes.strikes, quotes.vols, quotes.expiry, shift=smile.shift)
        return strike_breaches(quotes.strikes, calls.value)

    @property
    def fitted_breaches(self) -> list[Breach]:
        """Strikes at which the smile implies a negative density."""
        return density_breaches(self.smile, min(self.quotes.strikes), max(self.quotes.strikes))


@dataclass(frozen=True)
class Cube:
    """Cells with their smiles, and smiles between them; see `markets.rate_vols.smile_grid`."""

    cells: tuple[Cell, ...]

    @classmethod
    def fit(
        cls, quotes: Sequence[CellQuotes], *, kind: Kind = "normal", beta: float | None = None, shift: float = 0.0
    ) -> Cube:
        """A smile for each cell, alpha, rho and nu by least squares in vol.

        beta: of lognormal smiles (default 0.5); normal ones have 0. Raises UserError for a cell with fewer than three
        strikes, or for two cells of one name.
        """
        chosen = (0.0 if kind == "normal" else 0.5) if beta is None else beta
        names = [each.name for each in quotes]
        if not quotes or len(set(names)) < len(names):
            raise UserError("a cube has cells, each once", value=", ".join(names) or "none")
        cells = []
        for each in quotes:
            try:
                smile = Sabr.fit(
                    each.strikes,
                    each.vols,
                    forward=each.forward,
                    years=each.expiry,
                    beta=chosen,
                    kind=kind,
                    shift=shift,
                )
            except UserError as error:
                raise UserError(error.rule, value=error.value, place=each.name, remedy=error.remedy) from None
            cells.append(Cell(each, smile))
        return cls(tuple(sorted(cells, key=lambda cell: (cell.quotes.expiry, cell.quotes.tenor))))

    @property
    def grid(self) -> SmileGrid:
        """What a smile between the cells is made from."""
        like = self.cells[0].smile
        points = tuple(
            GridPoint(*cell.quotes[:2], float(cell.smile.vol(cell.smile.forward)), cell.smile.rho, cell.smile.nu)
            for cell in self.cells
        )
        return SmileGrid(points, beta=like.beta, kind=like.kind, shift=like.shift)

    def smile(self, expiry: float, tenor: float, forward: float | None = None) -> Sabr:
        """The smile at any expiry and length, years; on the nearest cell's own forward where none is given."""
        if forward is None:
            near = min(self.cells, key=lambda cell: (abs(cell.quotes.expiry - expiry), abs(cell.quotes.tenor - tenor)))
            forward = near.quotes.forward
        return self.grid.smile(expiry, tenor, forward)

    def vol(self, expiry: float, tenor: float, strike: ArrayLike, forward: float | None = None) -> Floats:
        """Vol at strikes of any shape, decimal."""
        return self.smile(expiry, tenor, forward).vol(strike)
